"""`jeton serve` on DynamoDB, beside the calls of the bare SDK to the same table."""

import http.client
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
    seconds, rounds = (2, 3) if quick else (8, 7)
    table = make_table(endpoint, definition)
    pin(listener(endpoint), machine.LOAD_CORE)
    home = folder / "jeton-dynamodb"
    jeton = serving(programs, home, table, endpoint)
    try:
        make_project(programs, home, table, endpoint)
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

        rows = [
            rate("GET verify, DynamoDB, 1 connection", pairs(1, None), 0.95),
            rate("POST verify, DynamoDB, 1 connection", pairs(1, QUESTION), 0.95),
            rate("POST verify, DynamoDB, 64 connections", pairs(64, QUESTION), 3),
        ]
    finally:
        jeton.end()
    return rows + one_token(programs, folder, table, endpoint, tokens, seconds)


def rate(name, pairs, reach):
    floor, value = (statistics.median(measured[side]["rate"] for measured in pairs) for side in (0, 1))
    ratio = statistics.median(ours["rate"] / bare["rate"] for bare, ours in pairs)
    return Row(name, value, floor, "/s", reach, "at least", ratio)


def partition(token):
    """The partition of the item that a verify of this token reads."""
    project, number = token.split("-")[:2]
    return f"V#{project}#{number}"


def one_token(programs, folder, table, endpoint, tokens, seconds):
    """What becomes of one token that everybody asks about, through a proxy that counts and throttles."""
    one = folder / "one"
    one.write_text(tokens.read_text().split()[-1] + "\n")
    proxy = machine.start(
        [programs["proxy"]], machine.LOAD_CORE, env={**os.environ, "DYNAMODB_ENDPOINT": endpoint},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
    )
    jeton = serving(programs, folder / "jeton-proxied", table, proxy.stdout.readline().strip())

    def asked(body=None):
        measured = load.run(programs["wrk"], folder, jeton.url, VERIFY, one, 64, seconds, body)
        if measured["refused"] or measured["broken"]:
            raise SystemExit(f"{measured['refused']} refusals, {measured['broken']} answers did not come")
        proxy.stdin.write("count\n")
        return measured, json.loads(proxy.stdout.readline())

    try:
        asked()
        measured, counted = asked()
        hammered = counted["reads"] / measured["requests"]
        # What it is without limits tells what the endpoint can do at all.
        before = history(jeton, one)
        free, _ = asked(QUESTION)
        proxy.stdin.write("limit 3000 1000\n")
        throttled, _ = asked(QUESTION)
        after = history(jeton, one)
    finally:
        jeton.end()
        proxy.terminate()
        proxy.wait()
    answered = free["requests"] + throttled["requests"]
    # Those under way when the load ended were stored and not answered.
    if not 0 <= len(after) - len(before) - answered <= 2 * 64:
        raise SystemExit(f"{answered} questions were answered, and {len(after) - len(before)} are in the history")
    if len(set(after)) != len(after) or after != sorted(after, reverse=True):
        raise SystemExit("the history is not in order, or has something twice")
    return [
        Row("reads of DynamoDB per GET verify, one token, 64 connections", hammered, None, "", 0.1, "at most"),
        # Beside what the endpoint takes without limits. The reach is of the rate itself.
        Row(
            "questions of one token, 1,000 writes/s to a partition",
            throttled["rate"], free["rate"], "/s", 10_000, "at least",
        ),
    ]


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


def make_project(programs, home, table, endpoint):
    """Makes a project in the table; the master token of its member is then in the same file as on SQLite."""
    of = store(table, endpoint)
    env = {**os.environ, **of["env"], "JETON_STORE": of["store"]}
    command = [programs["jeton"], "init", "project", "--name", "Measured", "--email", "admin@example.org"]
    subprocess.run(command, cwd=home, env=env, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


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
