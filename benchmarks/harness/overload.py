"""`jeton serve` when four times as much is asked of it as it can answer, for a minute each time.

What it does at its best is measured in between, by 64 callers that ask again at once. Too much is asked in two ways: by four
times as many callers who do the same; and by thousands, each of whom pauses between an answer and the next question, so that
together they would ask four times as much if every answer came at once. An answer of 503 counts as none. The minute is
divided into rounds, and each is compared with the best right before and after it, for the speed of a machine drifts.

More connections cost a server, and the one core that asks, time that has nothing to do with the answers: theirs is
memory that no cache holds. How much, a server that answers at once shows, the floor of both ways: it is asked four times
as much as it can answer, too.
"""

import resource
import statistics

from . import load, servers
from .rows import Row

VERIFY = "/v2/storage/tokens/verify"
QUESTION = '{"operation":"storage.tableImported","bucket":"in.c-main","access":"write"}'
AT_BEST, TIMES, THOUSANDS, ROUNDS = 64, 4, 4096, 3

# A request waits a second for a place at most, and those that have one must be done with.
LONGEST = 1500


def measure(programs, folder, quick):
    """All rows of this part."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    seconds = (12 if quick else 60) / ROUNDS
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
            found = load.run(programs["wrk"], folder, server.url, path, tokens, callers, seconds, body, wait=wait)
            found["good"] = (found["requests"] - found["refused"]) / found["seconds"]
            return found

        def best(server=jeton, path=VERIFY, body=body, asked=asked):
            return asked(server, path, AT_BEST, max(2, seconds / 4), body)["good"]

        def thousands(best, server=jeton, path=VERIFY, body=body, asked=asked):
            return asked(server, path, THOUSANDS, seconds, body, wait=THOUSANDS / best / TIMES)

        rounds = []
        try:
            noop.pause(True)
            best()
            for _ in range(ROUNDS):
                one = {"before": best(), "more": asked(jeton, VERIFY, TIMES * AT_BEST, seconds), "between": best()}
                one["thousands"] = thousands(one["between"])
                one["after"] = best()
                jeton.pause(True)
                noop.pause(False)
                bare = best(noop, "/", None)
                one["bare"] = {
                    "more": asked(noop, "/", TIMES * AT_BEST, seconds, None)["good"] / bare,
                    "thousands": thousands(bare, noop, "/", None)["good"] / bare,
                }
                noop.pause(True)
                jeton.pause(False)
                rounds.append(one)
        finally:
            jeton.end()
        for way in ("more", "thousands"):
            print(
                f"{name}: {sum(one[way]['requests'] for one in rounds):,} answered, "
                f"{sum(one[way]['refused'] for one in rounds):,} of them by 503, "
                f"{sum(one[way]['broken'] for one in rounds)} not at all", flush=True,
            )
        rows += [
            compared(f"{name} verify, {TIMES * AT_BEST:,} callers: answered in full", rounds, "more", "before", "between"),
            beside_bare(rounds, "more", "before", "between"),
            longest(rounds, "more"),
            compared(
                f"{name} verify, {THOUSANDS:,} callers with pauses: answered in full", rounds, "thousands", "between", "after",
            ),
            beside_bare(rounds, "thousands", "between", "after"),
            longest(rounds, "thousands"),
            compared(f"{name} verify right after", rounds, "after", "between"),
        ]
    return rows


def compared(name, rounds, way, *bests):
    """Medians of what was answered in full, of the best around it, and of their ratio in each round."""
    good = [one[way]["good"] if isinstance(one[way], dict) else one[way] for one in rounds]
    best = [statistics.mean(one[when] for when in bests) for one in rounds]
    ratio = statistics.median(value / least for value, least in zip(good, best))
    value, floor = statistics.median(good), statistics.median(best)
    return Row(name, value, floor, "/s", 0.95, "at least", ratio, "the best of 64 callers around it")


def beside_bare(rounds, way, *bests):
    """The ratio of what was answered in full to the best, beside the same ratio of a bare server."""
    own = [100 * one[way]["good"] / statistics.mean(one[when] for when in bests) for one in rounds]
    bare = [100 * one["bare"][way] for one in rounds]
    ratio = statistics.median(value / floor for value, floor in zip(own, bare))
    return Row(
        "the same, as a part of the best, beside a bare server", statistics.median(own), statistics.median(bare), "%", 0.95,
        "at least", ratio, "a bare server asked as much",
    )


def longest(rounds, way):
    return Row("the same: p99 of all answers", max(one[way]["p99"] for one in rounds), None, "ms", LONGEST, "at most")
