"""`jeton serve` when four times as much is asked of it as it can answer, for a minute.

What it does at its best is measured first, by 64 callers that ask again at once. Then there are more callers, each of
whom waits between an answer and the next question so that together they would ask four times as much if every answer
came at once. An answer of 503 is one.
"""

import resource

from . import load, servers
from .rows import Row

VERIFY = "/v2/storage/tokens/verify"
QUESTION = '{"operation":"storage.tableImported","bucket":"in.c-main","access":"write"}'
TIMES, CALLERS = 4, 4096


def measure(programs, folder, quick):
    """All rows of this part."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    seconds = 10 if quick else 60
    rows = []
    for name, body in (("GET", None), ("POST", QUESTION)):
        home = folder / name.lower()
        jeton = servers.jeton(programs["jeton"], home)
        tokens = servers.make_tokens(jeton, home, 1024)

        def asked(callers, seconds, wait=None, body=body, jeton=jeton, tokens=tokens):
            found = load.run(programs["wrk"], folder, jeton.url, VERIFY, tokens, callers, seconds, body, wait=wait)
            found["good"] = (found["requests"] - found["refused"]) / found["seconds"]
            return found

        try:
            peak = max(asked(64, seconds / 4)["good"] for _ in range(3))
            found = asked(CALLERS, seconds, wait=CALLERS / peak / TIMES)
            after = asked(64, seconds / 4)["good"]
        finally:
            jeton.end()
        print(f"{name}: {found['rate']:,.0f}/s answered, {found['refused']:,} of {found['requests']:,} by 503, {found['broken']} not at all", flush=True)
        what = f"{name} verify, SQLite, {TIMES} times what it can do"
        rows.append(Row(f"{what}: answered in full", found["good"], peak, "/s", 0.9, "at least", found["good"] / peak))
        rows.append(Row("the same: p99 of all answers", found["p99"], None, "ms", 1000, "at most"))
        rows.append(Row(f"{name} verify right after", after, peak, "/s", 0.9, "at least", after / peak))
    return rows
