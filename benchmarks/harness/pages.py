"""The pages of the console, in a project of 5,007 tokens, with 20,000 events of one of them, and then of a hundred others."""

import email
import email.policy
import http.client
import json
import re
import statistics
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from . import servers
from .rows import Row
from .serve import QUESTION, VERIFY

TOKENS, EVENTS = 5_000, 20_000
LANES = 32
# As many tokens as the summary reads.
BUSY = 100

# What one waits for without noticing it, in milliseconds.
REACH = 100


def measure(programs, folder, quick):
    """A row for each page: the median of so many requests, one after the other."""
    home = folder / "jeton"
    jeton = servers.jeton(programs["jeton"], home)
    try:
        tokens = servers.make_tokens(jeton, home, TOKENS // LANES * LANES + LANES).read_text().split()
        busy = tokens[0]
        act(jeton, busy, EVENTS)
        visitor = Visitor(jeton.port)
        visitor.sign_in(home / "outbox", "admin@localhost")
        at = visitor.get("/console").headers["location"].removesuffix("/tokens")
        token = f"{at}/tokens/{busy.split('-')[1]}"
        pages = {
            "tokens": f"{at}/tokens",
            "tokens by last use": f"{at}/tokens?sort=-lastUsed",
            "tokens unused for 90 days": f"{at}/tokens?unused=90",
            "tokens: a search that finds all": f"{at}/tokens?search=measured",
            "tokens: a search that finds none": f"{at}/tokens?search=no-such-thing",
            "new token": f"{at}/tokens/new",
            "a token": token,
            "its usage": f"{token}/usage",
            "its events": f"{token}/events",
            "its events: a search that finds none": f"{token}/events?q=no-such-thing",
            "events of the project": f"{at}/events",
            "events of the project: a search that finds none": f"{at}/events?q=no-such-thing",
            "members": f"{at}/members",
            "summary": f"{at}/summary",
        }
        rounds = 7 if quick else 31
        rows = [row(visitor, name, path, rounds) for name, path in pages.items()]
        for busy in tokens[1 : BUSY + 1]:
            act(jeton, busy, EVENTS // BUSY)
        return [*rows, row(visitor, "summary of a hundred busy tokens", f"{at}/summary", rounds)]
    finally:
        jeton.end()


def row(visitor, name, path, rounds):
    visitor.get(path)
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        visitor.get(path)
        taken.append((time.perf_counter() - begun) * 1000)
    return Row(f"page: {name}", statistics.median(taken), None, "ms", REACH, "at most")


def act(jeton, token, events):
    """Asks so many questions with a token."""
    headers = {"X-StorageApi-Token": token, "Content-Type": "application/json"}

    def ask(number):
        connection = http.client.HTTPConnection("127.0.0.1", jeton.port)
        for _ in range(number):
            connection.request("POST", VERIFY, QUESTION, headers)
            answer = connection.getresponse()
            if (answer.read(), answer.status)[1] != 200:
                raise SystemExit(f"a question is answered with {answer.status}")

    with ThreadPoolExecutor(LANES) as pool:
        list(pool.map(ask, [events // LANES] * LANES))


class Visitor:
    """A browser without a window: it keeps cookies, and follows no redirect."""

    def __init__(self, port):
        self.origin = f"http://127.0.0.1:{port}"
        self.connection = http.client.HTTPConnection("127.0.0.1", port)
        self.cookies = {}

    def sign_in(self, outbox, address):
        self.send("POST", "/console/sign-in", {"email": address})
        mail = next(outbox.glob("*.eml")).read_bytes()
        text = email.message_from_bytes(mail, policy=email.policy.default).get_body(("plain",)).get_content()
        path, secret = re.search(r"http://[^/]*(/console/sign-in/\S+)#(\S+)", text).groups()
        code = re.search(r"this code: (\d+) (\d+)", text)
        self.send("POST", path, {"secret": secret, "code": "".join(code.groups())})

    def get(self, path):
        return self.send("GET", path)

    def send(self, method, path, fields=None):
        headers = {"Origin": self.origin, "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if fields is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, fields and urllib.parse.urlencode(fields), headers)
        answer = self.connection.getresponse()
        answer.read()
        if answer.status >= 400:
            raise SystemExit(f"{method} {path} is answered with {answer.status}")
        for cookie in answer.headers.get_all("set-cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            self.cookies[name] = value
        return answer
