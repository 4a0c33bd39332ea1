"""`jeton serve` on SQLite under load, each figure beside the floor that was measured in turns with it."""

import contextlib
import statistics

from . import load, machine, servers
from .rows import Row

TOKENS = 10_000
QUESTION = '{"operation":"storage.tableImported","bucket":"in.c-main","access":"write","objectId":"in.c-main.orders"}'
VERIFY = "/v2/storage/tokens/verify"


def measure(programs, folder, quick):
    """All rows of this part."""
    seconds, rounds = (2, 3) if quick else (8, 7)
    with contextlib.ExitStack() as stack:
        def up(server):
            stack.callback(server.end)
            return server

        home = folder / "jeton"
        jeton = up(servers.jeton(programs["jeton"], home))
        tokens = servers.make_tokens(jeton, home, TOKENS)
        keys = folder / "keys"
        keys.write_text("".join(f"1-{number}\n" for number in range(1, TOKENS + 1)))
        # As long as an event is when it is stored.
        event = "x" * event_length(home / "jeton.db", jeton, tokens, programs, folder)
        floors = {kind: up(servers.floor(programs["floor"], kind, folder / kind)) for kind in ("noop", "lookup", "append")}
        everyone = [jeton, *floors.values()]

        def against(kind, connections, body=None, sent=tokens, bare=keys):
            def one(server, path, names, content):
                for other in everyone:
                    other.pause(other is not server)
                before = server.spent()
                measured = load.run(
                    programs["wrk"], folder, server.url, path, names, connections, seconds, content, one.seed
                )
                one.seed += 1
                others = measured["ticks"] - (server.spent() - before)
                measured["quiet"] = others < machine.BUSY * 100 * measured["seconds"]
                return measured

            one.seed = 1
            pairs = []
            for _ in range(rounds * 3):
                pair = (one(floors[kind], "/", bare, event if body else None), one(jeton, VERIFY, sent, body))
                if all(measured["quiet"] for measured in pair):
                    pairs.append(pair)
                if len(pairs) == rounds:
                    break
            if not pairs:
                raise SystemExit("somebody else keeps this machine busy: no round could be used")
            return pairs

        rows = []
        for connections in (16, 64):
            rows.append(rate(f"GET verify, SQLite, {connections} connections", against("lookup", connections), 0.60))
        for connections in (16, 64):
            pairs = against("append", connections, QUESTION)
            rows.append(rate(f"POST verify, SQLite, {connections} connections", pairs, 0.65))
            rows.append(later(f"the same: p99, {connections} connections", pairs, "p99", 1.5))
        alone = against("append", 1, QUESTION)
        rows.append(later("POST verify, SQLite, 1 connection: median", alone, "p50", 1.3))
        memory = machine.anonymous_memory(jeton.process.pid) / 1e6
        rows.append(Row("anonymous memory after the load", memory, None, "MB", 30, "at most"))
        for name, wrong in (("malformed", "not-a-token"), ("checksum-failing", mistyped(tokens))):
            file = folder / "wrong"
            file.write_text(wrong + "\n")
            rows.append(rate(f"{name} tokens, 64 connections", against("noop", 64, sent=file), 0.9, refused=True))
        return rows


def mistyped(tokens):
    """A token of which one character is another."""
    token = tokens.read_text().splitlines()[0]
    return token[:-1] + ("a" if token[-1] != "a" else "b")


def event_length(database, jeton, tokens, programs, folder):
    """How long the event of a question is as it is stored."""
    import sqlite3

    load.run(programs["wrk"], folder, jeton.url, VERIFY, tokens, 1, 1, QUESTION)
    with contextlib.closing(sqlite3.connect(database)) as reading:
        return reading.execute("SELECT length(body) FROM events ORDER BY seq DESC LIMIT 1").fetchone()[0]


def rate(name, pairs, reach, refused=False):
    """Requests per second, as a part of those of the floor."""
    for _, ours in pairs:
        if ours["broken"] or bool(ours["refused"]) != refused:
            raise SystemExit(f"{name}: {ours['refused']} answers were refusals, {ours['broken']} did not come")
    floor, value = (statistics.median(measured[side]["rate"] for measured in pairs) for side in (0, 1))
    ratio = statistics.median(ours["rate"] / bare["rate"] for bare, ours in pairs)
    return Row(name, value, floor, "/s", reach, "at least", ratio)


def later(name, pairs, what, reach):
    """A time, as a multiple of that of the floor."""
    floor, value = (statistics.median(measured[side][what] for measured in pairs) for side in (0, 1))
    ratio = statistics.median(ours[what] / bare[what] for bare, ours in pairs)
    return Row(name, value, floor, "ms", reach, "at most", ratio)
