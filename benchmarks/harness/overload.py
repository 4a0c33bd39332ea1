"""`jeton serve` when four times as much is asked of it as it can answer, for a minute each time.

What it does at its best is measured before and after, by 64 callers that ask again at once. Too much is asked in two ways:
by four times as many callers who do the same; and by thousands, each of whom pauses between an answer and the next question,
so that together they would ask four times as much if every answer came at once. An answer of 503 counts as none.

Thousands of connections cost a server time that has nothing to do with what it answers: theirs is memory that no cache
holds. How much, a server that answers at once shows, the floor of the second way.
"""

import resource
import statistics

from . import load, servers
from .rows import Row

VERIFY = "/v2/storage/tokens/verify"
QUESTION = '{"operation":"storage.tableImported","bucket":"in.c-main","access":"write"}'
AT_BEST, TIMES, THOUSANDS = 64, 4, 4096

# A request waits a second for a place at most, and those that have one must be done with.
LONGEST = 1500


def measure(programs, folder, quick):
    """All rows of this part."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    seconds = 10 if quick else 60
    noop = servers.floor(programs["floor"], "noop", folder / "noop")
    try:
        return beside(noop, programs, folder, seconds)
    finally:
        noop.end()


def beside(noop, programs, folder, seconds):
    """The same, beside a bare server that runs."""
    rows = []
    for name, body in (("GET", None), ("POST", QUESTION)):
        home = folder / name.lower()
        jeton = servers.jeton(programs["jeton"], home)
        tokens = servers.make_tokens(jeton, home, 1024)

        def asked(server, path, callers, seconds, body=body, wait=None, tokens=tokens):
            before = server.spent()
            found = load.run(programs["wrk"], folder, server.url, path, tokens, callers, seconds, body, wait=wait)
            found["each"] = (server.spent() - before) / 100 / found["requests"]
            found["good"] = (found["requests"] - found["refused"]) / found["seconds"]
            return found

        def best(jeton=jeton, asked=asked):
            return [asked(jeton, VERIFY, AT_BEST, seconds / 8)["good"] for _ in range(2)]

        try:
            noop.pause(True)
            before = best()
            more = asked(jeton, VERIFY, TIMES * AT_BEST, seconds)
            between = best()
            wait = THOUSANDS / statistics.mean(between) / TIMES
            thousands = asked(jeton, VERIFY, THOUSANDS, seconds, wait=wait)
            after = best()
            jeton.pause(True)
            noop.pause(False)
            # For as long, so that to connect weighs no more.
            few, many = (asked(noop, "/", callers, seconds, None) for callers in (AT_BEST, THOUSANDS))
        finally:
            jeton.end()
        for found in (more, thousands):
            print(
                f"{name}: {found['rate']:,.0f}/s answered, {found['refused']:,} of {found['requests']:,} by 503, "
                f"{found['broken']} not at all", flush=True,
            )
        dearer = many["each"] - few["each"]
        print(f"a bare server: {few['each'] * 1e6:.0f} µs for {AT_BEST} callers, {many['each'] * 1e6:.0f} for {THOUSANDS}")
        rows += [
            compared(f"{name} verify, {TIMES * AT_BEST:,} callers: answered in full", more["good"], before + between),
            Row("the same: p99 of all answers", more["p99"], None, "ms", LONGEST, "at most"),
            compared(f"{name} verify, {THOUSANDS:,} callers with pauses: answered in full", thousands["good"], between + after),
            compared(
                "the same, the best less what the connections cost a bare server", thousands["good"],
                [1 / (1 / rate + dearer) for rate in between + after],
            ),
            Row("the same: p99 of all answers", thousands["p99"], None, "ms", LONGEST, "at most"),
            compared(f"{name} verify right after", statistics.mean(after), between),
        ]
    return rows


def compared(name, good, best):
    """Against what is the best, which varies from one minute to the next: before and after."""
    best = statistics.mean(best)
    return Row(name, good, best, "/s", 0.9, "at least", good / best)
