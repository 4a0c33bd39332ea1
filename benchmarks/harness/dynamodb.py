"""`jeton serve` on DynamoDB, beside a server that does the bare calls of the SDK to the same table."""

import http.client
import json
import os
import subprocess
import urllib.request
from pathlib import Path

from . import load, machine, servers
from .rows import Row
from .serve import QUESTION, VERIFY, compared

TOKENS = 1_000
EVENT = 900

# Writes to each partition per second, where they are limited: so few that this machine asks for more.
LIMIT = 100


def measure(programs, folder, endpoint, definition, quick):
    """All rows of this part."""
    seconds, rounds = (2, 3) if quick else (8, 7)
    table = make_table(endpoint, definition)
    pin(listener(endpoint), machine.LOAD_CORE)
    home = folder / "jeton-dynamodb"
    floor = servers.floor(programs["floor"], "dynamodb", folder / "floor", [endpoint, table])
    jeton = serving(programs, home, table, endpoint)
    try:
        tokens = servers.make_tokens(jeton, home, TOKENS)
        keys = folder / "keys"
        keys.write_text("".join("-".join(token.split("-")[:2]) + "\n" for token in tokens.read_text().split()))

        def one(server, path, sent, connections, body, seed):
            for other in (floor, jeton):
                other.pause(other is not server)
            measured = load.run(programs["wrk"], folder, server.url, path, sent, connections, seconds, body, seed)
            if measured["refused"] or measured["broken"]:
                raise SystemExit(f"{measured['refused']} refusals, {measured['broken']} answers did not come")
            return measured

        def pairs(connections, body):
            def bare(seed):
                return one(floor, "/", keys, connections, body and "x" * EVENT, seed)

            def ours(seed):
                return one(jeton, VERIFY, tokens, connections, body, seed)

            # A program on a JVM is slow at first, and the day of first use is noted for each token.
            ours(0), bare(0)
            return [{"floor": bare(seed), "jeton": ours(seed)} for seed in range(1, rounds + 1)]

        def rate(name, found, reach):
            beside = "axum with the calls of the SDK"
            return compared(name, found, "floor", "jeton", "rate", "/s", reach, "at least", beside)

        # The first call of a token on a day writes that day; one connection would take long to use them all.
        one(jeton, VERIFY, tokens, 64, None, 0)
        rows = [
            rate("GET verify, DynamoDB, 1 connection", pairs(1, None), 0.95),
            rate("POST verify, DynamoDB, 1 connection", pairs(1, QUESTION), 0.95),
            rate("POST verify, DynamoDB, 64 connections", pairs(64, QUESTION), 3),
        ]
    finally:
        jeton.end()
        floor.end()
    return rows + counted(programs, folder, table, endpoint, tokens, seconds)


def counted(programs, folder, table, endpoint, tokens, seconds):
    """What 64 callers cost in requests, which repeats where rates do not: through a proxy that counts and throttles."""
    one = folder / "one"
    one.write_text(tokens.read_text().split()[-1] + "\n")
    proxy = machine.start(
        [programs["proxy"]], machine.LOAD_CORE, env={**os.environ, "DYNAMODB_ENDPOINT": endpoint},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    )
    jeton = serving(programs, folder / "jeton-proxied", table, proxy.stdout.readline().strip())

    def asked(sent, body=None):
        measured = load.run(programs["wrk"], folder, jeton.url, VERIFY, sent, 64, seconds, body)
        if measured["refused"] or measured["broken"]:
            raise SystemExit(f"{measured['refused']} refusals, {measured['broken']} answers did not come")
        proxy.stdin.write("count\n")
        return {**measured, **json.loads(proxy.stdout.readline())}

    try:
        asked(one)
        reading = asked(one)
        # The day of first use is noted for each token.
        asked(tokens), asked(tokens)
        everyone = asked(tokens, QUESTION)
        before = history(jeton, one)
        proxy.stdin.write("count\n")
        proxy.stdout.readline()
        free = asked(one, QUESTION)
        proxy.stdin.write(f"limit 3000 {LIMIT}\n")
        rising = [asked(one, QUESTION) for _ in range(3)]
        after = history(jeton, one)
    finally:
        jeton.end()
        proxy.terminate()
        proxy.wait()
    answered = sum(measured["requests"] for measured in [free, *rising])
    # Those under way when the load ended were stored and not answered.
    if not 0 <= len(after) - len(before) - answered <= 4 * 64:
        raise SystemExit(f"{answered} questions were answered, and {len(after) - len(before)} are in the history")
    if len(set(after)) != len(after) or after != sorted(after, reverse=True):
        raise SystemExit("the history is not in order, or has something twice")
    raised = rising[-1]
    shards = " -> ".join(str(measured["shards"]) for measured in [free, *rising])
    print(f"partitions of one token's events: {shards}, {LIMIT} writes/s to each but the first time", flush=True)
    return [
        each("reads for each GET verify, one token, 64 connections", reading, "reads", 0.1),
        each("reads for each question, 64 connections", everyone, "reads", 0.1),
        each("writes for each question, 64 connections", everyone, "writes", 0.15),
        each("throttled for each question, one token, after its shards were raised", raised, "throttled", 0.05),
        Row(
            f"partitions of one token's events, {LIMIT} writes/s to each", raised["shards"], raised["rate"] / LIMIT, "",
            1, "at least", raised["shards"] * LIMIT / raised["rate"], "as many as its rate needs",
        ),
    ]


def each(name, measured, what, reach):
    return Row(f"{name} ({measured['rate']:,.0f}/s)", measured[what] / measured["requests"], None, "", reach, "at most")


def history(jeton, file):
    """The uuids of all that a token did, newest first."""
    token = file.read_text().strip()
    connection, uuids, last = http.client.HTTPConnection("127.0.0.1", jeton.port), [], ""
    while True:
        path = f"/v2/storage/tokens/{token.split('-')[1]}/events?limit=1000{last}"
        connection.request("GET", path, headers={"X-StorageApi-Token": token})
        answer = connection.getresponse()
        body = json.loads(answer.read())
        if answer.status != 200:
            raise SystemExit(f"the history of a token cannot be read: {body}")
        if not body:
            return uuids
        uuids += [event["uuid"] for event in body]
        last = f"&maxId={uuids[-1]}"


def serving(programs, home, table, endpoint):
    return servers.jeton(programs["jeton"], home, **store(table, endpoint))


def store(table, endpoint):
    return {"store": f"dynamodb:{table}", "env": {
        "AWS_ENDPOINT_URL_DYNAMODB": endpoint, "AWS_REGION": "eu-central-1",
        "AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local",
    }}


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
        machine.keep(int(thread), core)
