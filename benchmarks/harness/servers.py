"""The servers that are measured: Jeton and the floors, each a process of its own on the server's core."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

from . import machine


class Server:
    """A process that listens on a free port."""

    def __init__(self, name, command_for, folder, env=None):
        self.name = name
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"{name}.log"
        with open(self.log, "wb") as out:
            self.process = machine.start(
                command_for(self.port), machine.SERVER_CORE, cwd=folder, env={**os.environ, **(env or {})},
                stdout=out, stderr=out,
            )
        until = time.monotonic() + 60
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None or time.monotonic() > until:
                raise SystemExit(f"{name} does not start: {self.log.read_text()[-500:]}")
            time.sleep(0.05)

    def spent(self):
        return machine.spent(self.process.pid)

    def pause(self, paused):
        """One that is not measured must not use the core."""
        os.kill(self.process.pid, 19 if paused else 18)

    def end(self):
        self.pause(False)
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()


def jeton(program, folder, store=None, env=None):
    """`jeton serve` on a new file, or on a store that is named, with the log of requests off."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    settings = {"JETON_LOG": "warn", **({"JETON_STORE": store} if store else {}), **(env or {})}
    return Server(
        "jeton", lambda port: ["env", f"JETON_LISTEN=127.0.0.1:{port}", program, "serve"], folder, settings
    )


def floor(program, kind, folder, arguments=()):
    """A floor of this kind, in a new folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return Server(f"floor-{kind}", lambda port: [program, kind, port, *arguments], folder)


def redis(program, folder, socket):
    """Redis that answers a write once it is on the disk, at a socket of the file system."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return Server("redis", lambda port: [
        program, "--port", port, "--bind", "127.0.0.1", "--unixsocket", socket, "--dir", folder, "--save", "",
        "--appendonly", "yes", "--appendfsync", "always", "--auto-aof-rewrite-percentage", 0, "--loglevel", "warning",
    ], folder)


def make_tokens(server, folder, count):
    """Makes tokens with a few rights each; their strings are in the file this answers with."""
    # It listens before it has made its first token, and answers after.
    first = http.client.HTTPConnection("127.0.0.1", server.port)
    first.request("GET", "/")
    first.getresponse().read()
    master = (folder / "jeton-master-token").read_text().strip()
    wish = json.dumps({
        "description": "made to be measured", "canReadAllFileUploads": True,
        "bucketPermissions": {"in.c-main": "write", "out.c-main": "read"},
        "componentAccess": ["keboola.ex-db-mysql"],
    })

    def make(number):
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        made = []
        for _ in range(number):
            headers = {"X-StorageApi-Token": master, "Content-Type": "application/json"}
            connection.request("POST", "/v2/storage/tokens", wish, headers)
            made.append(json.loads(connection.getresponse().read())["token"])
        return made

    lanes = 32
    with ThreadPoolExecutor(lanes) as pool:
        tokens = [token for made in pool.map(make, [count // lanes] * lanes) for token in made]
    file = folder / "tokens"
    file.write_text("\n".join(tokens) + "\n")
    return file
