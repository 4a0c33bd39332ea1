"""`jeton serve` on SQLite under load, each figure beside the floors that were measured in turns with it."""

import contextlib
import json
import statistics
import subprocess
import time

from . import load, machine, servers
from .rows import Row

TOKENS = 10_000
QUESTION = '{"operation":"storage.tableImported","bucket":"in.c-main","access":"write","objectId":"in.c-main.orders"}'
VERIFY = "/v2/storage/tokens/verify"

# With --quick no round begins after so many seconds, so that all of it takes less than five minutes.
QUICK = 200


def measure(programs, folder, quick):
    """All rows of this part."""
    with contextlib.ExitStack() as stack:
        turns = Turns(programs, folder, quick, stack)
        rows = []
        for connections in (16, 64):
            found = turns.take(connections, lookup=turns.get("lookup"), noop=turns.get("noop"), jeton=turns.verify())
            name = f"GET verify, {connections} connections"
            rows.append(rate(name, found, "lookup", "one lookup in SQLite", 1.0))
            rows.append(rate(name, found, "noop", "axum that answers at once", 0.6))
        for connections, of_redis in ((16, 1.0), (64, 0.7)):
            found = turns.take(
                connections, append=turns.append(), redis=turns.append("redis"), bare=turns.bare_redis,
                jeton=turns.verify(QUESTION),
            )
            name = f"POST verify, {connections} connections"
            rows.append(rate(name, found, "append", "one durable row in SQLite", 0.75))
            rows.append(later(f"{name}: p99", found, "p99", 1.5))
            rows.append(rate(name, found, "redis", "axum with redis, GET + XADD, always synced", of_redis))
            rows.append(rate(name, found, "bare", "the same redis without HTTP", of_redis))
        found = turns.take(1, append=turns.append(), jeton=turns.verify(QUESTION))
        rows.append(later("POST verify, 1 connection: median", found, "p50", 1.25))
        rows.append(Row("anonymous memory after the load", turns.memory(), None, "MB", 30, "at most"))
        found = turns.take(
            64, noop=turns.get("noop"), malformed=turns.wrong("not-a-token"), mistyped=turns.wrong(turns.mistyped()),
        )
        for kind, name in (("malformed", "malformed tokens"), ("mistyped", "tokens with a wrong checksum")):
            rows.append(rate(f"{name}, 64 connections", found, "noop", "axum that answers at once", 0.9, kind, True))
        return rows


class Turns:
    """Jeton and the floors, of which one after the other has the server's core while all others are stopped."""

    def __init__(self, programs, folder, quick, stack):
        self.programs, self.folder = programs, folder
        self.seconds, self.rounds = (2, 3) if quick else (8, 7)
        self.until = time.monotonic() + QUICK if quick else None
        self.servers, self.seed = {}, 0

        def up(name, server):
            stack.callback(server.end)
            self.servers[name] = server

        home = folder / "jeton"
        up("jeton", servers.jeton(programs["jeton"], home))
        self.tokens = servers.make_tokens(self.servers["jeton"], home, TOKENS)
        self.keys = folder / "keys"
        self.keys.write_text("".join(f"1-{number}\n" for number in range(1, TOKENS + 1)))
        # As long as an event is when it is stored.
        self.event = "x" * event_length(home / "jeton.db", self.servers["jeton"], self.tokens, programs, folder)
        for kind in ("noop", "lookup", "append"):
            arguments = [] if kind == "noop" else [f"{kind}.db"]
            up(kind, servers.floor(programs["floor"], kind, folder / kind, arguments))
        self.socket = folder / "redis" / "socket"
        up("store", servers.redis(programs["redis"], folder / "redis", self.socket))
        up("redis", servers.floor(programs["floor"], "redis", folder / "redis-http", [self.socket]))

    def take(self, connections, **sides):
        """Rounds in which each side has its turn; those in which somebody else used the machine do not count."""
        found = []
        for attempt in range(self.rounds * 3):
            if found and self.until and time.monotonic() > self.until:
                break
            self.seed += 1
            measured = {name: side(connections) for name, side in sides.items()}
            if all(one["quiet"] for one in measured.values()):
                found.append(measured)
            if len(found) == self.rounds:
                break
            if not found and self.until and time.monotonic() > self.until + QUICK / 4:
                break
        if not found:
            raise SystemExit("somebody else keeps this machine busy: no round could be used")
        return found

    def get(self, kind):
        return lambda connections: self.by_wrk(connections, [kind], "/", self.keys)

    def append(self, kind="append"):
        running = ["redis", "store"] if kind == "redis" else [kind]
        return lambda connections: self.by_wrk(connections, running, "/", self.keys, self.event)

    def verify(self, body=None):
        return lambda connections: self.by_wrk(connections, ["jeton"], VERIFY, self.tokens, body)

    def wrong(self, token):
        file = self.folder / f"wrong-{len(token)}"
        file.write_text(token + "\n")
        return lambda connections: self.by_wrk(connections, ["jeton"], VERIFY, file)

    def bare_redis(self, connections):
        """Redis speaks no HTTP, so what loads it is a program that does nothing else."""
        def loaded():
            command = [self.programs["floor"], "load", self.socket, connections, self.seconds, len(self.event)]
            process = machine.start(command, machine.LOAD_CORE, stdout=subprocess.PIPE, text=True)
            output, _ = process.communicate()
            if process.returncode != 0:
                raise SystemExit(f"the load of redis ended with {process.returncode}")
            measured = json.loads(output)
            return {**measured, "rate": measured["requests"] / measured["seconds"], "refused": 0, "broken": 0}

        return self.turn(["store"], loaded)

    def by_wrk(self, connections, running, path, sent, body=None):
        url = self.servers[running[0]].url
        return self.turn(running, lambda: load.run(
            self.programs["wrk"], self.folder, url, path, sent, connections, self.seconds, body, self.seed
        ))

    def turn(self, running, loaded):
        for name, server in self.servers.items():
            server.pause(name not in running)
        ours = [self.servers[name] for name in running]
        before = sum(server.spent() for server in ours)
        with machine.Others() as others:
            measured = loaded()
        elsewhere = others.ticks - (sum(server.spent() for server in ours) - before)
        measured["quiet"] = elsewhere < machine.BUSY * 100 * measured["seconds"]
        return measured

    def memory(self):
        return machine.anonymous_memory(self.servers["jeton"].process.pid) / 1e6

    def mistyped(self):
        """A token of which one character is another."""
        token = self.tokens.read_text().splitlines()[0]
        return token[:-1] + ("a" if token[-1] != "a" else "b")


def event_length(database, jeton, tokens, programs, folder):
    """How long the event of a question is as it is stored."""
    import sqlite3

    load.run(programs["wrk"], folder, jeton.url, VERIFY, tokens, 1, 1, QUESTION)
    with contextlib.closing(sqlite3.connect(database)) as reading:
        return reading.execute("SELECT length(body) FROM events ORDER BY seq DESC LIMIT 1").fetchone()[0]


def rate(name, rounds, floor, beside, reach, side="jeton", refused=False):
    """Requests per second, as a part of those of the floor."""
    for one in rounds:
        if one[floor]["broken"] or one[floor]["refused"]:
            raise SystemExit(f"{name}: {one[floor]['refused']} answers of the floor were refusals")
        if one[side]["broken"] or bool(one[side]["refused"]) != refused:
            raise SystemExit(f"{name}: {one[side]['refused']} answers were refusals, {one[side]['broken']} did not come")
    return compared(name, rounds, floor, side, "rate", "/s", reach, "at least", beside)


def later(name, rounds, what, reach):
    """A time, as a multiple of that of the floor."""
    return compared(name, rounds, "append", "jeton", what, "ms", reach, "at most", "one durable row in SQLite")


def compared(name, rounds, floor, side, what, unit, reach, sense, beside):
    """Medians of both, and of their ratio in each round."""
    bare, value = (statistics.median(one[which][what] for one in rounds) for which in (floor, side))
    ratio = statistics.median(one[side][what] / one[floor][what] for one in rounds)
    return Row(name, value, bare, unit, reach, sense, ratio, beside)
