"""`jeton serve` on DynamoDB, beside the calls of the bare SDK to the same table."""

import json
import os
import statistics
import subprocess
import urllib.request
from pathlib import Path

from . import load, machine, servers
from .rows import Row
from .serve import QUESTION, VERIFY

TOKENS = 1_000
EVENT = 900


def measure(programs, folder, endpoint, definition, quick):
    """All rows of this part."""
    seconds, rounds = (3, 3) if quick else (8, 7)
    table = make_table(endpoint, definition)
    pin(listener(endpoint), machine.LOAD_CORE)
    home = folder / "jeton-dynamodb"
    jeton = servers.jeton(programs["jeton"], home, f"dynamodb:{table}", {
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint, "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
    })
    try:
        tokens = servers.make_tokens(jeton, home, TOKENS)
        keys = folder / "partitions"
        keys.write_text("".join(partition(token) + "\n" for token in tokens.read_text().split()))

        def pairs(connections, body):
            def bare():
                jeton.pause(True)
                command = [programs["floor"], "calls", endpoint, table, keys, connections, seconds]
                process = machine.start(
                    command + ([EVENT] if body else []), machine.SERVER_CORE, stdout=subprocess.PIPE, text=True
                )
                output, _ = process.communicate()
                if process.returncode != 0:
                    raise SystemExit(f"the bare calls ended with {process.returncode}")
                return json.loads(output)

            def ours(seed):
                jeton.pause(False)
                measured = load.run(
                    programs["wrk"], folder, jeton.url, VERIFY, tokens, connections, seconds, body, seed
                )
                if measured["refused"] or measured["broken"]:
                    raise SystemExit(f"{measured['refused']} refusals, {measured['broken']} answers did not come")
                return measured

            # A program on a JVM is slow at first, and the day of first use is noted for each token.
            ours(0), bare()
            return [(bare(), ours(seed)) for seed in range(1, rounds + 1)]

        return [
            rate("GET verify, DynamoDB, 1 connection", pairs(1, None), 0.95),
            rate("POST verify, DynamoDB, 1 connection", pairs(1, QUESTION), 0.95),
            rate("POST verify, DynamoDB, 64 connections", pairs(64, QUESTION), 3),
        ]
    finally:
        jeton.end()


def rate(name, pairs, reach):
    floor, value = (statistics.median(measured[side]["rate"] for measured in pairs) for side in (0, 1))
    ratio = statistics.median(ours["rate"] / bare["rate"] for bare, ours in pairs)
    return Row(name, value, floor, "/s", reach, "at least", ratio)


def partition(token):
    """The partition of the item that a verify of this token reads."""
    project, number = token.split("-")[:2]
    return f"V#{project}#{number}"


def make_table(endpoint, definition):
    """Makes a table as a deployment has it, by a request that no library is needed for."""
    name = f"bench-{os.getpid()}"
    wanted = json.loads(Path(definition).read_text())
    kept = {key: wanted[key] for key in ("KeySchema", "AttributeDefinitions", "BillingMode")}
    request = urllib.request.Request(endpoint, json.dumps({"TableName": name, **kept}).encode(), {
        "X-Amz-Target": "DynamoDB_20120810.CreateTable", "Content-Type": "application/x-amz-json-1.0",
        "Authorization": "AWS4-HMAC-SHA256 Credential=local/20260101/eu-central-1/dynamodb/aws4_request, "
                         "SignedHeaders=host, Signature=none",
    })
    urllib.request.urlopen(request).read()
    return name


def listener(endpoint):
    """The process that listens there."""
    port = f":{int(endpoint.rsplit(':', 1)[1].strip('/')):04X}"
    sockets = [line.split() for family in ("tcp", "tcp6") for line in Path(f"/proc/net/{family}").read_text().splitlines()]
    inodes = {f"socket:[{line[9]}]" for line in sockets if line[1].endswith(port) and line[3] == "0A"}
    for process in filter(str.isdigit, os.listdir("/proc")):
        try:
            if any(os.readlink(f.path) in inodes for f in os.scandir(f"/proc/{process}/fd")):
                return int(process)
        except OSError:
            continue
    raise SystemExit(f"nobody listens at {endpoint}")


def pin(process, core):
    """Keeps all threads of a process on a core."""
    for thread in os.listdir(f"/proc/{process}/task"):
        os.sched_setaffinity(int(thread), {core})
