"""The table of suites: what there is to run, with what, and when.

A bare ./test runs the suites that are not slow. Together with building everything once they take at most 15 minutes on two cores. On
DynamoDB it runs the behaviours of the store, the model and the authorizer; the long suites on DynamoDB are left to --all.
"""

from collections import namedtuple


Suite = namedtuple("Suite", "name about target store needs slow limit left_out only then")


def suite(name, about, target=None, store=None, needs=(), slow=False, limit=20, left_out=(), only=(), then=None):
    """A row of the table.

    target  the cargo test target in tests/; None for a function `run_{name}` in checks.py
    store   what the tests find in JETON_TEST_STORE
    needs   services from SERVICES that have to be up
    slow    left to --all; "long" when it is left to --long
    limit   minutes after which the suite is stopped and has failed: only against hanging, and few enough that the others still have their turn
    left_out  files that name the tests of the target that cannot run in this suite, with the reasons
    only    files that name the tests of the target that this suite runs; with --long it runs all
    then    a cargo test target that is run afterwards, and finds in JETON_TEST_CALLED what was called
    """
    return Suite(name, about, target, store, needs, slow, limit, left_out, only, then)


SUITES = [
    suite("format", "rustfmt has nothing to change"),
    suite("clippy", "no lint fires in any target"),
    suite("doc", "the documentation builds without a warning"),
    suite("deny", "licences, bans and sources of all dependencies", slow=True),
    suite("release", "the archive of ./release for this machine has what it says, and the same bytes each time", slow="long"),
    suite("sbom", "the bill of materials has every crate that is linked", slow="long"),
    suite("tree", "the Lambda binaries link no SQLite"),
    suite("template", "cfn-lint and sam find nothing wrong with the templates in infra/"),
    suite("deploy", "the commands of infra/README.md ask nothing, and come as far as an account", slow=True),
    suite("rehearsal", "the stacks of infra/ are created, updated and deleted on a stand-in of AWS", slow=True),
    suite("sam", "cargo lambda build and sam build, as infra/README.md has them", slow="long", limit=60),
    suite("scale", "the tables in docs/explanation/scale.md equal the simulation"),
    suite("generated", "generated files and tables in documents are current", "generated"),
    suite("infra", "the templates agree with the functions and the table", "infra"),
    suite("unit", "unit tests and examples in the documentation of every crate"),
    suite("fuzz", "parsers of untrusted input, given random bytes", "fuzz"),
    suite("fuzzing", "the same for a minute each, guided by coverage", slow="long"),
    suite("store-sqlite", "the behaviours of the storage port, on SQLite", "store-sqlite"),
    suite("store-dynamodb", "the same on DynamoDB", "store-dynamodb", needs=("dynamodb",)),
    suite("http-sqlite", "every endpoint over HTTP, on SQLite", "http", "sqlite"),
    suite("http-dynamodb", "the same on DynamoDB", "http", "dynamodb", ("dynamodb",), slow=True),
    suite("authorizer-sqlite", "the Lambda authorizer, on SQLite", "authorizer", "sqlite"),
    suite("authorizer-dynamodb", "the same on DynamoDB", "authorizer", "dynamodb", ("dynamodb",)),
    suite("stories-sqlite", "user stories from start to end, on SQLite", "stories", "sqlite"),
    suite("stories-dynamodb", "the same on DynamoDB", "stories", "dynamodb", ("dynamodb",), slow=True),
    suite("model-sqlite", "random stories against a model of the rules, on SQLite", "model", "sqlite"),
    suite("model-dynamodb", "the same on DynamoDB", "model", "dynamodb", ("dynamodb",)),
    suite("model-replicas", "the same with replicas of every verify item that is read often", "model", "replicas", ("dynamodb",), slow=True),
    suite("concurrency-sqlite", "concurrent callers, on SQLite", "concurrency", "sqlite"),
    suite("concurrency-dynamodb", "the same on DynamoDB", "concurrency", "dynamodb", ("dynamodb",), slow=True),
    suite("concurrency-replicas", "the same with replicas of every verify item that is read often", "concurrency", "replicas", ("dynamodb",), slow=True, only=("tests/concurrency/with-replicas.txt",)),
    suite("sqlite", "behaviours of SQLite only, such as two processes on one file", "sqlite", "sqlite"),
    suite("faults", "DynamoDB behind a proxy that injects faults", "faults", "dynamodb", ("dynamodb",), slow=True),
    suite("mail", "mail through SES and SMTP", "mail", needs=("ses", "smtp")),
    suite("cli", "the jeton command", "cli"),
    suite("keyring", "tokens of jeton login in a real keyring", "keyring", needs=("keyring",)),
    suite("client", "the typed client, and the layer that guards a service", "client", "sqlite"),
    suite("gateways", "the gateways of docs/how-to/gateways.md, with a real nginx", "gateways", "sqlite", ("nginx",)),
    suite("relocation", "a project moves from store to store", "relocation", "sqlite", ("dynamodb",)),
    suite("telemetry", "log, metrics and traces", "telemetry"),
    suite("readme", "the commands in README, the tutorial and the guides", "readme"),
    suite("crash", "kill -9 at any moment loses nothing", "crash", needs=("dynamodb",), slow=True),
    suite("functions", "the Lambda binaries behind a gateway", "functions", needs=("dynamodb", "ses"), slow=True),
    suite("runtimes", "the same binaries as HTTP servers behind nginx", "runtimes", needs=("dynamodb", "nginx"), slow=True),
    suite("http-functions", "the HTTP suite on these servers", "http", "functions", ("dynamodb", "nginx"), slow=True, left_out=("tests/http/left-out.txt",), only=("tests/http/on-functions.txt",), then="rows"),
    suite("watch", "the sweep and the authorizer by cargo lambda invoke", "watch", needs=("dynamodb", "ses", "cargo-lambda"), slow=True),
    suite("dev", "./dev starts the functions, and the call that it prints is answered", needs=("dynamodb", "ses", "cargo-lambda"), slow=True),
    suite("http-watch", "the HTTP suite on cargo lambda watch", "http", "watch", ("dynamodb", "ses", "cargo-lambda"), slow=True, left_out=("tests/http/left-out.txt", "tests/http/left-out-watch.txt"), only=("tests/http/on-functions.txt",), then="rows"),
    suite("stories-watch", "user stories, on cargo lambda watch", "stories", "watch", ("dynamodb", "ses", "cargo-lambda"), slow="long", left_out=("tests/stories/left-out-watch.txt",)),
    suite("clients-sqlite", "Keboola's own clients and generated ones, on SQLite", "clients", "sqlite", ("keboola", "openapi"), slow=True),
    suite("clients-dynamodb", "the same on DynamoDB", "clients", "dynamodb", ("dynamodb", "keboola", "openapi"), slow="long"),
    suite("clients-functions", "the same on the binaries of the functions", "clients", "functions", ("dynamodb", "nginx", "keboola", "openapi"), slow=True, only=("tests/clients/on-functions.txt",)),
    suite("start", "system calls and size of a function at its start", "start", needs=("dynamodb", "strace", "verify-alone"), slow=True, only=("tests/start/without-release.txt",)),
    suite("memory", "the memory that cached tokens take", "memory"),
    suite("sealing", "a long day is sealed by runs that are cut off, in simulated time", "sealing"),
    suite("costs", "the cost of each call is linear in its bytes", slow="long", limit=60),
    suite("instructions", "the number of instructions of verify and other calls", slow=True),
    suite("container", "the container files match the code", "container"),
    suite("helm", "the Helm chart is the Kubernetes manifest, and its schema refuses mistakes", slow="long"),
    suite("browser", "the pages and the mails in Chromium, with axe-core", "browser", "sqlite", ("browser", "oidc"), slow=True),
]

# What --long runs: the suites that are left to it, those of which --all runs a choice, the instructions of the optimised build,
# kill -9 a thousand times, a day of ten million events, and hundreds of changes of tokens with replicas.
LONG = [s.name for s in SUITES if s.slow == "long" or s.only or s.name in ("instructions", "crash", "sealing", "faults")]

# What --write runs, each with the tests that it runs of it: those that hold a copy against the table that it is made from.
WRITES = {
    "generated": [],
    "http-sqlite": ["the_report_on_authorisation_says_what_is_tested"],
    "cli": ["the_reference_has_the_help_of_every_command"],
}

# What --fast runs: no service, nothing to install.
FAST = ["unit", "http-sqlite"]


def suites_named(word):
    """The suites that a word on the command line stands for: `store` means both of its stores."""
    exact = [s for s in SUITES if s.name == word]
    return exact or [s for s in SUITES if s.name.startswith(word + "-")]
