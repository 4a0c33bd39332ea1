#!/usr/bin/env python3
"""What Jeton costs on AWS, and what its table does under a load that no single machine can make.

A calculation and a simulation, not a measurement: prices and limits are the public ones named below, how DynamoDB
divides its partitions is modelled. Prints the tables of docs/explanation/scale.md and infra/README.md; `--check` holds them against these
files, `--write` puts them there. `--days N` prints what questions cost when their events are kept so long. Only the standard library is
used, and the same numbers come out each time.
"""

import random
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "docs" / "explanation" / "scale.md", ROOT / "infra" / "README.md"]

# US dollars, us-east-1, on demand, as public in 2025.
READ_UNIT, WRITE_UNIT = 0.125e-6, 0.625e-6
LAMBDA_CALL, LAMBDA_GB_SECOND = 0.20e-6, 0.0000133334
GATEWAY_CALL = 1.00e-6
# Taken in, and kept for a month.
LOG_GB = 0.50 + 0.03
# The table, and its recovery.
STORED_GB_MONTH = 0.25 + 0.20

# Assumed of one call: 10 ms at 256 MB. One in a thousand starts an environment first, whose initialisation is billed, too.
BUSY, MEMORY_GB = 0.010, 0.25
STARTS, STARTING = 1 / 1_000, 0.080
CALL = LAMBDA_CALL + (BUSY + STARTS * STARTING) * MEMORY_GB * LAMBDA_GB_SECOND
# Bytes of log lines: Jeton's own line, which is its metrics as well, and the three of Lambda (START, END and REPORT). CloudWatch adds 26
# bytes to each line.
OWN_LINE, LINES_OF_LAMBDA, ADDED = 480, (65, 53, 160), 26
LOGGED = (OWN_LINE + sum(LINES_OF_LAMBDA) + 4 * ADDED) / 1e9 * LOG_GB
# An event of 1 KB, and the 100 bytes that DynamoDB adds to each item.
EVENT_GB = (1_000 + 100) / 1e9
# For how long events are kept, in days: six months.
KEPT = 183
MONTH = 30 * 86_400

# Units per second that one partition takes.
READS, WRITES = 3_000, 1_000

# What a new table on demand is ready for: 4,000 writes and 12,000 reads a second.
PARTITIONS_AT_FIRST = 4

# How long a partition has to be too busy until it is divided. AWS says "minutes"; modelled as this many.
MINUTES_TO_DIVIDE = 5
SHARDS = 64
# The most replicas of a verify item.
REPLICAS = 16


def main():
    if "--days" in sys.argv:
        days = int(sys.argv[sys.argv.index("--days") + 1])
        print(cost_of_keeping([days]))
        return
    tables = {
        "million": cost_of_a_million_in_parts(), "keeping": cost_of_keeping([KEPT, 90, 30, 7]), "cost": cost_of_a_million(), "month": cost_of_a_month(), "partitions": partitions_under_load(),
        "token": one_hot_token(), "shards": questions_of_one(1, "token"),
        "bucket": questions_of_one(8, "bucket"),
    }
    placed = dict.fromkeys(tables, 0)
    for document in DOCUMENTS:
        text = written = document.read_text()
        for name, table in tables.items():
            written, count = re.subn(
                rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", lambda found, table=table: f"{found[1]}{table}\n{found[2]}", written,
                flags=re.DOTALL,
            )
            placed[name] += count
        if "--write" in sys.argv:
            document.write_text(written)
        elif "--check" in sys.argv and written != text:
            sys.exit(f"the tables in {document.name} are others; run {Path(__file__).name} --write and look at what changed")
    for name, table in tables.items():
        print(f"{name}\n\n{table}\n")
        if placed[name] != 1:
            sys.exit(f"there is no place for the table `{name}`")


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(str(cell) for cell in line) + " |" for line in lines)


def units(kind):
    """Units to read and to write of one call."""
    return {"verify": (1, 0), "question about no object": (1, 1), "question about a bucket": (1, 2)}[kind]


KINDS = ("verify", "question about no object", "question about a bucket")


def stored(kind, days):
    """What the events of one call cost while they are kept."""
    # One unit for the event in each of its feeds.
    feeds = units(kind)[1]
    return feeds * EVENT_GB * STORED_GB_MONTH * days / 30.5


def table_cost(kind):
    reads, writes = units(kind)
    return reads * READ_UNIT + writes * WRITE_UNIT


def cost_of_a_million():
    rows = []
    for kind in KINDS:
        called = table_cost(kind) + CALL + GATEWAY_CALL + LOGGED
        rows.append([
            kind, *units(kind), f"{table_cost(kind) * 1e6:.3f}", f"{called * 1e6:.2f}", f"{stored(kind, KEPT) * 1e6:.2f}",
            f"{(called + stored(kind, KEPT)) * 1e6:.2f}",
        ])
    return table(
        ["a million", "read units", "write units", "table, $", "table, function, gateway and logs, $", "events kept 6 months, $", "all of it, $"],
        rows,
    )


def cost_of_a_million_in_parts():
    """The same by the service that bills it."""
    rows = []
    for kind in KINDS:
        parts = (GATEWAY_CALL, CALL, table_cost(kind), LOGGED, stored(kind, KEPT))
        rows.append([kind, *(f"{part * 1e6:.2f}" for part in parts), f"{sum(parts) * 1e6:.2f}"])
    return table(["a million", "gateway", "Lambda", "DynamoDB", "logs", "events kept", "sum"], rows)


def cost_of_keeping(choices):
    """What a thousand questions a second cost a month, by how long their events are kept."""
    rows = []
    for days in choices:
        rows.append([days, *(f"{1_000 * MONTH * stored(kind, days):,.0f}" for kind in KINDS[1:])])
    return table(["days that events are kept", *(f"1,000 {kind.replace('question', 'questions')} a second, $ a month" for kind in KINDS[1:])], rows)


def cost_of_a_month():
    """The same at a steady rate, and how many functions run at a time."""
    rows = []
    for rate in (1_000, 100_000, 1_000_000):
        calls = rate * MONTH
        reads = calls * READ_UNIT
        functions = calls * (CALL + LOGGED)
        rows.append([
            f"{rate:,}", f"{rate * 0.010:,.0f}", f"{reads:,.0f}", f"{functions:,.0f}", f"{calls * GATEWAY_CALL:,.0f}",
            f"{calls * (WRITE_UNIT + stored(KINDS[1], KEPT)):,.0f}", f"{calls * (4 * WRITE_UNIT + stored(KINDS[2], KEPT)):,.0f}",
        ])
    return table(
        ["verifies a second", "functions at a time", "reads, $ a month", "functions and logs, $", "gateway, $",
         "were all of them questions about no object, in addition, $", "about a bucket, $"],
        rows,
    )


def partitions_under_load():
    """Verifies of many tokens, of which some are asked for far more than others, against a new table."""
    rows = []
    for rate in (1_000, 100_000, 1_000_000):
        for tokens, skew in ((100_000, 0.0), (100_000, 0.6), (100_000, 1.0)):
            first, minutes, count, last, hottest = divide(rate, tokens, skew)
            rows.append([
                f"{rate:,}", "alike" if skew == 0 else f"Zipf {skew}", f"{hottest:,.0f}", f"{first:.1%}", minutes,
                count, f"{last:.1%}",
            ])
    return table(
        ["verifies a second", "tokens are asked for", "of the hottest, a second", "refused at first",
         "minutes until none, or no fewer", "partitions then", "still refused"],
        rows,
    )


def divide(rate, tokens, skew):
    """Simulates minute by minute how a table divides partitions that are too busy.

    Keys lie in the order of their hashes. A partition that was over its limit for some minutes is divided where its
    load is halved; one with a single item cannot be.
    """
    chance = random.Random(1)
    weights = [1 / (place + 1) ** skew for place in range(tokens)]
    chance.shuffle(weights)
    whole = sum(weights)
    load = [rate * weight / whole for weight in weights]
    borders = [tokens * part // PARTITIONS_AT_FIRST for part in range(PARTITIONS_AT_FIRST + 1)]
    parts = [(borders[n], borders[n + 1], 0) for n in range(PARTITIONS_AT_FIRST)]
    # A prefix sum tells the load of a range at once.
    sums = [0.0]
    for one in load:
        sums.append(sums[-1] + one)

    def of(start, end):
        return sums[end] - sums[start]

    def refused():
        return sum(max(0.0, of(start, end) - READS) for start, end, _ in parts) / rate

    first, minute, last_change = refused(), 0, 0
    while minute - last_change <= MINUTES_TO_DIVIDE:
        minute += 1
        following = []
        for start, end, busy in parts:
            if of(start, end) <= READS:
                following.append((start, end, 0))
            elif busy + 1 < MINUTES_TO_DIVIDE or end - start == 1:
                following.append((start, end, busy + 1))
            else:
                middle = halved(sums, start, end)
                following += [(start, middle, 0), (middle, end, 0)]
                last_change = minute
        parts = following
    return first, last_change, len(parts), refused(), max(load)


def halved(sums, start, end):
    """Where the load of a range is halved; at least one item lies on each side."""
    goal, low, high = (sums[start] + sums[end]) / 2, start + 1, end - 1
    while low < high:
        middle = (low + high) // 2
        if sums[middle] < goal:
            low = middle + 1
        else:
            high = middle
    return low


def one_hot_token():
    """One token verified ever more often: what its one item allows."""
    rows = []
    for rate in (1_000, 3_000, 10_000, 50_000, 100_000):
        functions = min(rate, READS)
        # Two requests are under way at a time in a process, each a few milliseconds on the way.
        reads = min(rate, 2 / 0.005)
        spread = min(rate, READS * (REPLICAS + 1))
        rows.append([
            f"{rate:,}", f"{functions:,}", f"{1 - functions / rate:.0%}", f"{spread:,}", f"{1 - spread / rate:.0%}",
            f"{reads:,.0f}", f"{READS // 400}",
        ])
    return table(
        ["verifies of one token a second", "answered by functions", "refused", f"answered with {REPLICAS} replicas", "refused then",
         "reads by one `jeton serve`",
         "processes that one item has room for"],
        rows,
    )


def questions_of_one(least, what):
    """Questions of one token, or about one bucket: how many shards the events get until their partitions keep up."""
    rows = []
    for rate in (500, 1_000, 5_000, 10_000, 50_000, 100_000):
        shards, throttled = least, []
        while shards < SHARDS and rate / shards > WRITES:
            throttled.append(1 - WRITES * shards / rate)
            shards *= 2
        left = max(0.0, 1 - WRITES * shards / rate)
        worst = f"{throttled[0]:.0%}" if throttled else "0%"
        rows.append([f"{rate:,}", shards, len(throttled), worst, f"{left:.0%}"])
    return table(
        [f"questions {'of' if what == 'token' else 'about'} one {what} a second", "shards", "times doubled", "sent again at first", "refused in the end"], rows
    )


if __name__ == "__main__":
    main()
