"""The same calls in a small store and in a large one; the small one is the floor."""

import json
import shutil
import subprocess

from .rows import Row


def measure(program, folder, quick):
    """All rows of this part."""
    tokens, events = (20_000, 100_000) if quick else (1_000_000, 10_000_000)
    folder.mkdir()
    output = subprocess.run([program, folder, str(tokens), str(events)], check=True, stdout=subprocess.PIPE).stdout
    shutil.rmtree(folder)
    measured = json.loads(output)
    swept = measured.pop("tokens in a sweep") / measured["sweep"][1] * 1e6
    searched = [
        Row("a search that finds nothing, up to 10,000 tokens", measured.pop("search of 10000")[1] / 1e3, None, "ms", 250, "at most"),
        Row("tokens by last use, up to 100,000 tokens", measured.pop("sort of 100000")[1] / 1e3, None, "ms", 2_500, "at most"),
    ]
    large = {"append": f"{events:,} events", "page of events": f"{events:,} events"}
    rows = [
        Row(f"{call}, {large.get(call, f'{tokens:,} tokens')}", after / 1e3, before / 1e3, "ms", 1.25, "at most", after / before)
        for call, (before, after) in measured.items()
    ]
    return [*rows, *searched, Row("expired tokens removed, SQLite", swept, None, "/s", 20_000, "at least")]
