"""The services and programs that suites need: each is set up and started when a suite asks for it first."""

import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

from .install import debian, installed, npm_manifests, npm_packages, packages, setup_step, tool, unpacked
from .process import NotRun, ROOT, end, last_line, start

# The stand-ins check no signature but want one. These values cannot open anything real, and they
# take the place of whatever the person running the tests is signed in to; None takes a variable away.
FAKE_AWS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_SESSION_TOKEN": None,
    "AWS_PROFILE": None,
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def answers(url):
    """Whether an HTTP server answers there; which status it answers with does not matter."""
    try:
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=2).close()
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False
    return True


def serve(context, name, command_for, seconds=60):
    """Starts a server on a free port and waits until it answers; returns its URL.

    Between choosing the port and listening on it another program may take it, hence three tries.
    """
    log = context.log(f"service-{name}")
    for _ in range(3):
        port = free_port()
        url = f"http://127.0.0.1:{port}"
        with open(log, "ab") as out:
            process = start(command_for(port), stdout=out, stderr=out, cwd=context.scratch)
        until = time.monotonic() + seconds
        while process.poll() is None and time.monotonic() < until:
            if answers(url):
                return url
            time.sleep(0.1)
        end(process)
    text = log.read_text(errors="replace")
    raise NotRun(f"{name} does not start: {last_line(text)}")


def service_dynamodb(context):
    if endpoint := os.environ.get("DYNAMODB_ENDPOINT"):
        return {"DYNAMODB_ENDPOINT": endpoint}
    here = ROOT / "infra" / "dynamodb-local"

    def install(directory):
        setup_step(context, "dynamodb-local", [
            "mvn", "-q", "-B", "-f", here / "pom.xml", "dependency:copy-dependencies",
            f"-DoutputDirectory={directory}",
        ], 8)

    try:
        if shutil.which("java") is None:
            raise NotRun("DynamoDB Local needs `java`, which is not installed")
        jars = tool(context, "dynamodb-local", [here / "pom.xml"], install)
        # The library path is for the native SQLite that DynamoDB Local keeps its tables in. One
        # shared database makes tables visible to every key and region a test may sign with.
        url = serve(context, "dynamodb-local", lambda port: [
            "java", "-Xmx512m", f"-Djava.library.path={jars}", "-cp", f"{jars}/*",
            here / "Loopback.java",
            "-inMemory", "-sharedDb", "-disableTelemetry", "-port", port,
        ])
    except NotRun as reason:
        context.note(
            f"{reason}. The DynamoDB suites run on dynoxide {DYNOXIDE_VERSION} instead, another "
            "implementation of the same interface: what they prove there is less."
        )

        def install_dynoxide(directory):
            setup_step(context, "dynoxide", [
                "cargo", "install", "--locked", "dynoxide-rs", "--version", DYNOXIDE_VERSION,
                "--no-default-features", "--features", "native-sqlite,http-server,cli",
                "--root", directory,
            ], 20)

        home = tool(context, "dynoxide", [DYNOXIDE_VERSION], install_dynoxide)
        url = serve(context, "dynoxide", lambda port: [
            home / "bin" / "dynoxide", "--host", "127.0.0.1", "--port", port,
        ])
    return {"DYNAMODB_ENDPOINT": url, **FAKE_AWS}


def service_ses(context):
    """aws-ses-v2-local, which speaks version 1 of the SES interface as well.

    It keeps what was sent: GET {SES_ENDPOINT}/store answers {"emails": [...], "templates": {}},
    each mail with messageId, from, replyTo, destination {to, cc, bcc}, subject, body {text, html},
    attachments, and at (seconds); ?since=SECONDS leaves out older ones. POST /clear-store forgets.
    """
    if endpoint := os.environ.get("SES_ENDPOINT"):
        return {"SES_ENDPOINT": endpoint}
    here = ROOT / "tests" / "services" / "ses"
    if shutil.which("node") is None:
        raise NotRun("ses needs `node`, which is not installed")
    home = tool(context, "ses", npm_manifests(here), npm_packages(context, "ses", here))
    program = home / "node_modules" / "aws-ses-v2-local" / "dist" / "cli.js"
    url = serve(context, "ses", lambda port: ["node", program, "--host", "127.0.0.1", "--port", port])
    return {"SES_ENDPOINT": url, **FAKE_AWS}


def service_smtp(context):
    """tests/services/smtp/server.py; its own text says how mail is read and what it refuses."""
    ready = {name: os.environ.get(name) for name in ("SMTP_ENDPOINT", "SMTP_MESSAGES")}
    if all(ready.values()):
        return ready
    if any(ready.values()):
        raise NotRun("SMTP_ENDPOINT and SMTP_MESSAGES have to be set together")
    here = ROOT / "tests" / "services" / "smtp"
    requirements = here / "requirements.txt"

    home = tool(context, "smtp", [requirements, sys.version], packages(context, "smtp", requirements))
    log = context.log("service-smtp")
    with open(log, "ab") as errors:
        process = start(
            [sys.executable, "-u", here / "server.py"], stdout=subprocess.PIPE, stderr=errors,
            cwd=context.scratch, env={**os.environ, "PYTHONPATH": str(home / "packages")},
        )
    # It prints its ports once it listens; ending it ends the wait below, too.
    timer = threading.Timer(60, end, [process])
    timer.start()
    line = process.stdout.readline()
    timer.cancel()
    if not line:
        end(process)
        raise NotRun(f"smtp does not start: {last_line(log.read_text(errors='replace'))}")
    ports = json.loads(line)
    return {
        "SMTP_ENDPOINT": f"smtp://127.0.0.1:{ports['smtp']}",
        "SMTP_MESSAGES": f"http://127.0.0.1:{ports['http']}",
    }


def service_nginx(context):
    """A program rather than a server: tests start it themselves, since its configuration is theirs."""
    nginx = os.environ.get("NGINX") or debian(context, "nginx", "usr/sbin/nginx")
    js = os.environ.get("NGINX_JS") or nginx_js(context)
    return {"NGINX": nginx, "NGINX_JS": js}


def nginx_js(context):
    """The module of nginx that runs JavaScript, from Debian's package of it; its path."""
    name, module = "libnginx-mod-http-js", "usr/lib/nginx/modules/ngx_http_js_module.so"
    if Path("/", module).exists():
        return f"/{module}"

    def install(directory):
        unpacked(context, name, directory)

    return str(tool(context, name, ["debian"], install) / module)


def service_strace(context):
    return {"STRACE": os.environ.get("STRACE") or debian(context, "strace", "usr/bin/strace")}


def service_cargo_lambda(context):
    """A program rather than a server: every test starts one that runs on a table of its own."""
    if path := os.environ.get("CARGO_LAMBDA"):
        return {"CARGO_LAMBDA": path}
    here = ROOT / "tests" / "services" / "cargo-lambda"
    requirements = here / "requirements.txt"
    home = tool(context, "cargo-lambda", [requirements, sys.version], packages(context, "cargo-lambda", requirements))
    return {"CARGO_LAMBDA": str(home / "packages" / "bin" / "cargo-lambda")}


def service_wrk(context):
    """A program rather than a server: what puts load on a server, for `./bench`."""
    return {"WRK": os.environ.get("WRK") or installed(context, "wrk")}


def service_redis(context):
    """A program rather than a server: `./bench` starts it, as a floor. Debian's package redis-tools has it under another
    name, and, unlike redis-server, starts nothing when it is installed."""
    if path := os.environ.get("REDIS_SERVER"):
        return {"REDIS_SERVER": path}
    if found := shutil.which("redis-server"):
        return {"REDIS_SERVER": found}
    same = installed(context, "redis-check-rdb", "redis-tools")
    home = tool(context, "redis", [same], lambda directory: (directory / "redis-server").symlink_to(same))
    return {"REDIS_SERVER": str(home / "redis-server")}


def service_valgrind(context):
    """A program rather than a server: it counts instructions."""
    return {"VALGRIND": os.environ.get("VALGRIND") or installed(context, "valgrind")}


def service_verify_alone(context):
    """`verify` with the features that it is deployed with, and in a release build with --long. A link with optimisation across
    all crates takes minutes, so it is the only function of which tests ask that."""
    profile = "release" if context.long else "alone"
    context.cargo("verify-alone", "build", "--profile", profile, "-p", "functions", "--bin", "verify", *context.locked, limit=30)
    return {"VERIFY_ALONE": str(context.target / profile / "verify")}


def service_keboola(context):
    """Programs rather than a server: Keboola's own clients, with what holds Jeton's answers against them.

    The Go client is built with the tests that use it into one program; go.sum says what it is made of, to
    the letter.
    """
    found = {}
    if path := os.environ.get("KEBOOLA_GO"):
        found["KEBOOLA_GO"] = path
    else:
        here = ROOT / "tests" / "clients" / "keboola" / "go"
        sources = [here / "go.mod", here / "go.sum", here / "keboola_test.go"]

        def build(directory):
            setup_step(context, "keboola-go", [
                "go", "test", "-c", "-mod=readonly", "-o", directory / "keboola.test", ".",
            ], 10, cwd=here)

        found["KEBOOLA_GO"] = str(tool(context, "keboola-go", sources, build) / "keboola.test")
    if path := os.environ.get("KEBOOLA_PYTHON"):
        return {**found, "KEBOOLA_PYTHON": path}
    requirements = ROOT / "tests" / "clients" / "keboola" / "python" / "requirements.txt"
    install = packages(context, "keboola-python", requirements)
    home = tool(context, "keboola-python", [requirements, sys.version], install)
    return {**found, "KEBOOLA_PYTHON": str(home / "packages")}


def service_openapi(context):
    """Programs rather than a server: what reads Jeton's API description to make calls up, or a client."""
    here = ROOT / "tests" / "clients" / "generated"
    found = {}
    if path := os.environ.get("SCHEMATHESIS"):
        found["SCHEMATHESIS"] = path
    else:
        requirements = here / "schemathesis" / "requirements.txt"
        install = packages(context, "schemathesis", requirements)
        found["SCHEMATHESIS"] = str(tool(context, "schemathesis", [requirements, sys.version], install) / "packages")
    # What the generated client of Go needs, so that only its compilation is left to the test.
    setup_step(context, "generated-go", ["go", "mod", "download"], 5, cwd=here / "go")
    if path := os.environ.get("OPENAPI_GENERATOR"):
        return {**found, "OPENAPI_GENERATOR": path}
    pom = here / "openapi-generator" / "pom.xml"

    def fetch(directory):
        setup_step(context, "openapi-generator", [
            "mvn", "-q", "-B", "-f", pom, "dependency:copy-dependencies", f"-DoutputDirectory={directory}",
            "-Dmdep.stripVersion=true",
        ], 8)

    home = tool(context, "openapi-generator", [pom], fetch)
    return {**found, "OPENAPI_GENERATOR": str(home / "openapi-generator-cli.jar")}


def service_keyring(context):
    """Programs rather than a server: every test starts a D-Bus and a keyring of its own."""
    for program, package in [("dbus-daemon", None), ("dbus-send", "dbus-bin"), ("gnome-keyring-daemon", "gnome-keyring")]:
        installed(context, program, package)
    return {}


def service_browser(context):
    """Programs rather than a server: every test starts a browser of its own, through ChromeDriver.

    Chromium wants dozens of libraries, so unpacking its package would not be enough: Debian's
    packages are installed where they are absent and this is root.
    """
    names = {"CHROMIUM": "chromium", "CHROMEDRIVER": "chromedriver"}

    def programs():
        return {name: os.environ.get(name) or shutil.which(program) for name, program in names.items()}

    if not all(programs().values()):
        missing = " and ".join(f"`{names[name]}`" for name, program in programs().items() if not program)
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise NotRun(f"the browser needs {missing}, of Debian's packages chromium and chromium-driver")
        print("    setting up browser ...", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        setup_step(context, "browser", ["apt-get", "-q", "update"], 5, env=quiet)
        setup_step(context, "browser", [
            "apt-get", "-q", "-y", "install", "--no-install-recommends", "chromium", "chromium-driver",
        ], 10, env=quiet)
    found = programs()
    if not all(found.values()):
        raise NotRun("the browser is still absent after its packages were installed")
    if axe := os.environ.get("AXE"):
        return {**found, "AXE": axe}
    here = ROOT / "tests" / "services" / "browser"
    home = tool(context, "browser", npm_manifests(here), npm_packages(context, "browser", here))
    return {**found, "AXE": str(home / "node_modules" / "axe-core" / "axe.min.js")}


def service_oidc(context):
    """A program rather than a server: every test starts an identity provider whose client it is."""
    if folder := os.environ.get("OIDC_PROVIDER"):
        return {"OIDC_PROVIDER": folder}
    here = ROOT / "tests" / "services" / "oidc"
    if shutil.which("node") is None:
        raise NotRun("oidc needs `node`, which is not installed")
    return {"OIDC_PROVIDER": str(tool(context, "oidc", npm_manifests(here), npm_packages(context, "oidc", here)))}


SERVICES = {
    "dynamodb": service_dynamodb,
    "ses": service_ses,
    "smtp": service_smtp,
    "nginx": service_nginx,
    "strace": service_strace,
    "cargo-lambda": service_cargo_lambda,
    "verify-alone": service_verify_alone,
    "wrk": service_wrk,
    "redis": service_redis,
    "valgrind": service_valgrind,
    "keboola": service_keboola,
    "openapi": service_openapi,
    "browser": service_browser,
    "oidc": service_oidc,
    "keyring": service_keyring,
}

# What `./test --services` leaves out unless it is named, since it is only for a suite or for ./bench.
NOT_OFFERED = ["verify-alone", "wrk", "redis", "valgrind", "keyring", "oidc"]

DYNOXIDE_VERSION = "3.2.0"
