# [setup]
# With Python 3 alone: python3 first_calls.py
import json
import os
from urllib.request import Request, urlopen


def call(method, path, token, body=None):
    headers = {"X-StorageApi-Token": token, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = Request(os.environ["JETON_URL"] + path, data, headers, method=method)
    with urlopen(request) as answer:
        text = answer.read()
    return json.loads(text) if text else None


# [authenticate]
master = os.environ["JETON_TOKEN"]
print(call("GET", "/v2/storage/tokens/verify", master)["owner"]["name"])
# [create]
wish = {"description": "Nightly import", "bucketPermissions": {"in.c-main": "write"}, "expiresIn": 7_776_000}
created = call("POST", "/v2/storage/tokens", master, wish)
print(created["id"], created["expires"])
# [verify]
known = call("GET", "/v2/storage/tokens/verify", created["token"])
print(known["description"], known["bucketPermissions"])
# [share]
call("POST", f"/v2/storage/tokens/{created['id']}/share", master, {"recipientEmail": "colleague@example.org"})
# [refresh]
refreshed = call("POST", f"/v2/storage/tokens/{created['id']}/refresh", created["token"])
print(refreshed["refreshed"])
