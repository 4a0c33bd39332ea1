"""The command line of ./test."""

import argparse
import os
import signal
import sys

from .context import Context
from .process import NotRun, end, running
from .run import run_all
from .services import NOT_OFFERED, SERVICES
from .suites import FAST, LONG, SUITES, WRITES, suites_named

HELP_TAIL = """
one suite         ./test store            store-sqlite and store-dynamodb
                  ./test store-sqlite     only that one
several           ./test format clippy
one test          ./test store name_of_test
                  ./test store -- sqlite  when the name is also that of a suite
the fast loop     ./test --fast           unit and http-sqlite, nothing to set up
after a change    ./test --write          generate routes, tables in documents and other files from the code
before you push   ./test                  a quarter of an hour at most, building included
everything        ./test --all            what .ci/run does
for the night     ./test --long           a thousand crashes, a minute of libFuzzer for each fuzz target, the release build, and in full
                                          the suites of which --all runs a part
part of the night ./test --long crash     only that one, as long as at night

Services start automatically on free ports of 127.0.0.1 when a suite needs them, and stop at the
end. To use running ones instead, set DYNAMODB_ENDPOINT, SES_ENDPOINT, both of
SMTP_ENDPOINT and SMTP_MESSAGES, NGINX and NGINX_JS, STRACE and CARGO_LAMBDA for the programs, or CHROMIUM, CHROMEDRIVER and AXE
(the file axe.min.js) for those of the browser, with OIDC_PROVIDER (the folder of its packages), KEBOOLA_GO and KEBOOLA_PYTHON for Keboola's clients,
SCHEMATHESIS and OPENAPI_GENERATOR for the API description, VALGRIND, or WRK for ./bench; then set the AWS_* variables, too.
`./test --services` starts all services, prints these variables
and waits, for running cargo test by hand. The setup needs Maven and a JDK for DynamoDB Local, npm for
SES, axe-core and the identity provider, Go for Keboola's client, Python's venv for SMTP and Keboola's packages, for checking templates and for cargo-lambda, and apt for nginx and strace where
they are absent; everything lands in the target directory. Chromium and its driver are Debian's packages
chromium and chromium-driver: as root the script installs them where they are absent, because they need
more libraries than can be unpacked beside them. The browser's screenshots land in the target directory,
under screenshots/.

A suite whose services cannot be set up is NOT RUN, and so is a test marked #[ignore]; the end of
the output lists both with the reason. With CI=true each is a failure. A suite in which no test ran
has failed. The output of every suite is kept in the target directory, under test-logs/.

CARGO_TARGET_DIR is honoured. Variables of your own Jeton (JETON_*, PORT) do not reach the tests.
"""


def main():
    options, named, filters = parse(sys.argv[1:])
    ci = os.environ.get("CI", "").lower() in ("true", "1")
    left_out = []
    if options.services:
        selected = []
    elif options.long:
        selected = [s._replace(limit=120) for s in SUITES if s.name in LONG and (not named or s in named)]
    elif named:
        selected = [s for s in SUITES if s in named]
    elif options.write:
        selected = [s for s in SUITES if s.name in WRITES]
    elif options.fast:
        selected = [s for s in SUITES if s.name in FAST]
    elif options.all:
        selected = [s for s in SUITES if s.slow != "long"]
    else:
        selected = [s for s in SUITES if not s.slow]
        left_out = [s for s in SUITES if s.slow]

    def stop(number, _frame):
        raise SystemExit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        # A lock file that does not match the manifests is somebody's forgotten commit; while
        # working on one suite it is merely not written yet.
        context = Context(options.verbose or bool(named), filters, locked=ci or not (named or options.fast), long=options.long)
        if options.write:
            context.env["JETON_TEST_WRITE"] = "true"
            context.chosen = WRITES
        if options.services:
            return hold_services(context, named)
        return run_all(context, selected, left_out, ci)
    finally:
        # A second Ctrl-C must not leave half of them running.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        for process in list(running):
            end(process)


def parse(arguments):
    table = "\n".join(
        f"  {s.name:21} {s.about}" + (f" (only with --{'long' if s.slow == 'long' else 'all'})" if s.slow else "") for s in SUITES
    )
    parser = argparse.ArgumentParser(
        prog="./test",
        usage="./test [--all | --long | --fast | --write | --services [service ...]] [suite ...] [name of a test] [-- name ...]",
        description="Runs format, lints, documentation and tests, and starts the services they need.",
        epilog=f"suites:\n{table}\n{HELP_TAIL}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    choice = parser.add_mutually_exclusive_group()
    choice.add_argument("--all", action="store_true", help="the slow suites as well; takes half an hour")
    choice.add_argument("--long", action="store_true", help="a thousand crashes, minutes of fuzzing, a release build; takes an hour or more")
    choice.add_argument("--fast", action="store_true", help="unit and http-sqlite only, no setup")
    choice.add_argument("--write", action="store_true", help="write what is made from the tables of the code")
    choice.add_argument("--services", action="store_true", help="start the services, or those that are named, and wait")
    parser.add_argument("-v", "--verbose", action="store_true", help="show output as it comes; so does naming a suite")
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)

    # What follows -- is always the name of a test; argparse alone would not say where that was.
    filters = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, filters = arguments[:at], arguments[at + 1:]
    options = parser.parse_args(arguments)

    words, named = list(options.words), []
    if options.services:
        if unknown := [word for word in words if word not in SERVICES]:
            parser.error(f"there is no service `{unknown[0]}`; there are {', '.join(SERVICES)}")
        return options, words or [name for name in SERVICES if name not in NOT_OFFERED], []
    while words and (found := suites_named(words[0])):
        named += [s for s in found if s not in named]
        words.pop(0)
    filters = words + filters
    if words and not named:
        parser.error(f"there is no suite `{words[0]}`; ./test --help lists them")
    if filters and not named:
        parser.error("name the suite that the test is in: ./test store name_of_test")
    if filters and any(s.target is None and s.name != "unit" for s in named):
        parser.error(f"`{filters[0]}` is no suite, and not all of the named suites have tests to choose from")
    if named and (options.all or options.fast or options.write):
        parser.error("--all, --fast and --write take no suites")
    if options.long and named and not any(s.name in LONG for s in named):
        parser.error(f"--long does no more of `{named[0].name}` than without it; what it does more of is {', '.join(LONG)}")
    return options, named, filters


def hold_services(c, names):
    """Starts services, prints how to reach them, and waits to be interrupted."""
    env = {}
    for name in names:
        try:
            env.update(c.service(name))
        except NotRun as reason:
            print(f"# NOT RUN {name}: {reason}")
    # The names that Jeton reads, beside those of the tests.
    for name in ("DYNAMODB", "SES"):
        if endpoint := env.get(f"{name}_ENDPOINT"):
            env[f"AWS_ENDPOINT_URL_{name}"] = endpoint
    for name, value in env.items():
        print(f"unset {name}" if value is None else f"export {name}={value}")
    print("# Press Ctrl-C to stop them.", flush=True)
    while True:
        signal.pause()
