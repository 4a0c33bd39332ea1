"""An SMTP server for the tests: it accepts mail on loopback and shows what it got over HTTP.

Start it with two ports; 0 lets the system choose. The first line of its output is a JSON object
with the ports in use, and by the time it is printed both of them answer:

    $ python server.py --smtp-port 0 --http-port 0
    {"smtp": 40001, "http": 40002}

Over HTTP:

    GET    /messages          every accepted mail, oldest first: [{"from", "to", "data"}, ...]
    GET    /messages?to=ADDR  only mail with ADDR among its recipients, so that tests which run at
                              the same time do not see each other's mail
    DELETE /messages          forget all of them

What it refuses depends on the recipient's domain and never on a switch, for the same reason:

    refused.example           550 after RCPT TO: the mailbox does not exist
    later.example             451 after RCPT TO: try again later
    refused-data.example      554 after DATA: the message itself is not wanted
    dropped.example           the connection is closed after RCPT TO, without an answer

There is no TLS and no authentication: it is only for loopback.
"""

import argparse
import http.server
import json
import signal
import threading
import urllib.parse

from aiosmtpd.controller import Controller

HOST = "127.0.0.1"


class Mailbox:
    """Keeps accepted mail; two threads use it, hence the lock."""

    def __init__(self):
        self._lock = threading.Lock()
        self._messages = []

    def add(self, message):
        with self._lock:
            self._messages.append(message)

    def sent_to(self, address):
        with self._lock:
            return [m for m in self._messages if address is None or address in m["to"]]

    def clear(self):
        with self._lock:
            self._messages.clear()


class Receiver:
    """The SMTP side. aiosmtpd calls these methods by name."""

    def __init__(self, mailbox):
        self._mailbox = mailbox

    async def handle_RCPT(self, server, session, envelope, address, options):
        domain = address.rpartition("@")[2].lower()
        if domain == "refused.example":
            return "550 5.1.1 No such mailbox"
        if domain == "later.example":
            return "451 4.3.0 Try again later"
        if domain == "dropped.example":
            server.transport.abort()
            return "421 4.3.2 Closing"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if any(a.lower().endswith("@refused-data.example") for a in envelope.rcpt_tos):
            return "554 5.6.0 Message refused"
        self._mailbox.add(
            {
                "from": envelope.mail_from,
                "to": list(envelope.rcpt_tos),
                # A mail is bytes. Those that are not UTF-8 are escaped rather than lost.
                "data": envelope.content.decode("utf-8", "backslashreplace"),
            }
        )
        return "250 OK"


def http_server(mailbox, port):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            url = urllib.parse.urlsplit(self.path)
            if url.path != "/messages":
                return self._answer(404, {"error": "there is only /messages"})
            to = urllib.parse.parse_qs(url.query).get("to", [None])[0]
            return self._answer(200, mailbox.sent_to(to))

        def do_DELETE(self):
            if self.path != "/messages":
                return self._answer(404, {"error": "there is only /messages"})
            mailbox.clear()
            return self._answer(200, [])

        def _answer(self, status, body):
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            """The tests print what matters; one line per request would bury it."""

    return http.server.ThreadingHTTPServer((HOST, port), Handler)


class LoopbackController(Controller):
    """A controller that may listen on port 0.

    The original connects to the port it was given in order to see that the server is up; with
    port 0 that would be a connection to nowhere, so the real port is filled in first.
    """

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def main():
    parser = argparse.ArgumentParser(description="An SMTP server for tests, on loopback only.")
    parser.add_argument("--smtp-port", type=int, default=0)
    parser.add_argument("--http-port", type=int, default=0)
    arguments = parser.parse_args()

    # Blocked before any thread exists, so that sigwait below is the only one to get them.
    stop_signals = {signal.SIGINT, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop_signals)

    mailbox = Mailbox()
    smtp = LoopbackController(
        Receiver(mailbox), hostname=HOST, port=arguments.smtp_port, server_hostname="localhost"
    )
    smtp.start()
    web = http_server(mailbox, arguments.http_port)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    print(json.dumps({"smtp": smtp.port, "http": web.server_port}), flush=True)

    signal.sigwait(stop_signals)
    web.shutdown()
    smtp.stop()


if __name__ == "__main__":
    main()
