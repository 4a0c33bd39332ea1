"""Load by wrk: keep-alive connections, each request with a random token of a file."""

import json
import os
import subprocess

from . import machine

SCRIPT = """
local tokens = {}
for line in io.lines(os.getenv("TOKENS")) do tokens[#tokens + 1] = line end
local body = os.getenv("BODY")
math.randomseed(tonumber(os.getenv("SEED")))
wrk.method = body and "POST" or "GET"
local path = os.getenv("TARGET")
local headers = { ["X-StorageApi-Token"] = "", ["Content-Type"] = body and "application/json" or nil }
request = function()
    headers["X-StorageApi-Token"] = tokens[math.random(#tokens)]
    return wrk.format(nil, path, headers, body)
end
local wait = tonumber(os.getenv("WAIT"))
if wait then delay = function() return math.floor(wait * (0.5 + math.random()) + 0.5) end end
done = function(summary, latency)
    local e = summary.errors
    io.write(string.format('\\n{"requests":%d,"seconds":%f,"p50":%f,"p99":%f,"max":%f,"refused":%d,"broken":%d}\\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        latency.max / 1e3, e.status, e.connect + e.read + e.write + e.timeout))
end
"""


def run(wrk, folder, url, path, tokens, connections, seconds, body=None, seed=1, wait=None):
    """What a load comes to: rate in requests per second, p50 and p99 in milliseconds. With `wait`, each connection waits
    that many seconds on average before it asks again."""
    script = folder / "load.lua"
    script.write_text(SCRIPT)
    env = {**os.environ, "TOKENS": str(tokens), "TARGET": path, "SEED": str(seed)}
    if body is not None:
        env["BODY"] = body
    if wait is not None:
        env["WAIT"] = str(wait * 1000)
    command = [wrk, "-t1", f"-c{connections}", f"-d{round(seconds)}s", "--timeout", "30s", "-s", script, url]
    process = machine.start(command, machine.LOAD_CORE, env=env, stdout=subprocess.PIPE, text=True)
    output, _ = process.communicate()
    if process.returncode != 0:
        raise SystemExit(f"wrk ended with {process.returncode}: {output}")
    measured = json.loads(output.strip().splitlines()[-1])
    measured["rate"] = measured["requests"] / measured["seconds"]
    return measured
