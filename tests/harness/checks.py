"""The suites that are no cargo test target. Each is a function `run_NAME`."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

from .install import packages, setup_step, tool
from .process import Failed, ROOT, end, last_line, run, start
from .services import FAKE_AWS, free_port

DENY_VERSION = "0.20.2"
BOLERO_VERSION = "0.13.5"
HELM_VERSION = "v3.18.6"
CYCLONEDX_VERSION = "0.5.9"

# How many times as many instructions as a plain call of its size the worst one may take, and how many make no difference.
COST_OF_PLAIN = 40
COST_FLOOR = 1_000_000
# A range of a history is read by itself: the rest, ninety times as much, costs nothing.
COSTS_OF_PLAIN = {"a day of six months": 2, "an export of a day of six months": 2}


def run_format(c, s):
    c.cargo(s.name, "fmt", "--all", "--", "--check", limit=s.limit)


def run_clippy(c, s):
    # Targets that a plain `cargo test` leaves out are not among --all-targets, and beside it those that are named are not heeded.
    for targets in (["--all-targets"], [word for target in sorted(c.test_targets) for word in ("--test", target)]):
        c.cargo(s.name, "clippy", "--workspace", *targets, *c.locked, "--", "-D", "warnings", limit=s.limit)


def run_doc(c, s):
    c.cargo(s.name, "doc", "--workspace", "--no-deps", *c.locked, limit=s.limit, env={"RUSTDOCFLAGS": "-D warnings"})


def run_deny(c, s):
    # Built without optimisation: compiling it takes longer than it will ever run. Advisories are
    # left out because they need a git server; deny.toml says how to check them.
    def install(directory):
        setup_step(c, "cargo-deny", [
            "cargo", "install", "--locked", "cargo-deny", "--version", DENY_VERSION,
            "--debug", "--root", directory,
        ], s.limit)

    home = tool(c, "cargo-deny", [DENY_VERSION], install)
    path = f"{home / 'bin'}{os.pathsep}{c.env.get('PATH', '')}"
    c.cargo(s.name, "deny", "--all-features", *c.locked, "check", "licenses", "bans", "sources", limit=5, env={"PATH": path})


def cyclonedx(c, s):
    """The environment with cargo-cyclonedx, which makes bills of materials."""
    def install(directory):
        setup_step(c, "cargo-cyclonedx", [
            "cargo", "install", "--locked", "cargo-cyclonedx", "--version", CYCLONEDX_VERSION, "--debug", "--root", directory,
        ], s.limit)

    home = tool(c, "cargo-cyclonedx", [CYCLONEDX_VERSION], install)
    return {"PATH": f"{home / 'bin'}{os.pathsep}{c.env.get('PATH', '')}"}


def crates_of_bill(c, s, package, bill):
    """How many crates a bill of materials has, which must be all that a package links."""
    listed = {(part["name"], part["version"]) for part in bill["components"]}
    tree = c.cargo(s.name, "tree", "-p", package, "-e", "normal", "--prefix", "none", "--format", "{p}", *c.locked, limit=5)
    words = [line.split() for line in tree.splitlines() if line.strip()]
    linked = {(name, version.lstrip("v")) for name, version, *_ in words if name != package}
    if not linked or linked - listed:
        raise Failed(f"the bill of {package} lacks {sorted(linked - listed)[:5]}")
    return len(listed)


def run_release(c, s):
    """Makes the archive of this machine with the debug build, and looks at what somebody finds who unpacks it."""
    env = {**c.env, **cyclonedx(c, s)}
    host = subprocess.run(["rustc", "-vV"], check=True, stdout=subprocess.PIPE, text=True).stdout.split("host: ")[1].split()[0]
    made = c.scratch / "release"

    def done(*command, cwd=ROOT):
        status, output = run(command, c.log(s.name), s.limit, cwd=cwd, env=env, show=c.show)
        if status != 0:
            raise Failed(f"{command[0]}: {last_line(output)}")
        return output

    done(ROOT / "release", "--target", host, "--profile", "dev", "--to", made)
    done("sha256sum", "--check", "--strict", "SHA256SUMS", cwd=made)
    archive, = made.glob("*.tar.gz")
    done("tar", "-xzf", archive.name, cwd=made)
    folder = made / archive.name.removesuffix(".tar.gz")
    version = done(folder / "jeton", "--version", cwd=made).strip()
    if not archive.name.startswith(f"{version.replace(' ', '-')}-{host}"):
        raise Failed(f"{archive.name} has {version}")
    for name in ("README.md", "CHANGELOG.md", "LICENSE", "man/jeton.1", "man/jeton-token-create.1", "completions/bash"):
        if not (folder / name).is_file():
            raise Failed(f"{archive.name} has no {name}")
    crates = crates_of_bill(c, s, "jeton", json.loads((folder / "jeton.cdx.json").read_text()))
    first = archive.read_bytes()
    done(ROOT / "release", "--target", host, "--profile", "dev", "--to", made)
    if archive.read_bytes() != first:
        raise Failed("the same commit gives another archive the second time")
    print(f"    {archive.name}: {len(first):,} bytes, {crates} crates in its bill", flush=True)


def run_sbom(c, s):
    """Makes the bill of materials of docs/how-to/release.md, and holds it against what is linked."""
    env = cyclonedx(c, s)
    c.cargo(s.name, "cyclonedx", "--format", "json", "--spec-version", "1.5", "--no-build-deps", limit=5, env=env)
    # It writes beside each manifest, and there is no place for that in a working copy.
    kept = c.target / "sbom"
    kept.mkdir(exist_ok=True)
    for made in [*ROOT.glob("*/*.cdx.json"), *ROOT.glob("*/*/*.cdx.json")]:
        if c.target not in made.parents:
            shutil.move(made, kept / made.name)
    for package in ("jeton", "functions"):
        crates = crates_of_bill(c, s, package, json.loads((kept / f"{package}.cdx.json").read_text()))
        print(f"    {package}: {crates} crates, in {kept / package}.cdx.json", flush=True)


def run_tree(c, s):
    # Cargo unites the features of everything that is built together, so only the tree of the one
    # package shows what its binaries link when they are built for Lambda.
    output = c.cargo(s.name, "tree", "-p", "functions", "-e", "normal", "--prefix", "none", *c.locked, limit=s.limit)
    crates = {line.split()[0] for line in output.splitlines() if line.strip()}
    if "jeton-service" not in crates:
        raise Failed("the tree of `functions` has no jeton-service; this check looks at the wrong thing")
    if linked := crates & {"rusqlite", "libsqlite3-sys"}:
        raise Failed(f"the Lambda binaries link {', '.join(sorted(linked))}")


def run_scale(c, s):
    status, output = run([sys.executable, ROOT / "benchmarks" / "scale.py", "--check"], c.log(s.name), s.limit, show=c.show)
    if status != 0:
        raise Failed(last_line(output))


def template_tools(c):
    """The folder of the tools for templates, and their environment. None of them calls AWS here, but sam wants to know a region."""
    requirements = ROOT / "infra" / "requirements.txt"
    home = tool(c, "template", [requirements, sys.version], packages(c, "template", requirements)) / "packages"
    env = {**c.env, **FAKE_AWS, "AWS_DEFAULT_REGION": "us-east-1", "PYTHONPATH": str(home), "SAM_CLI_TELEMETRY": "0", "HOME": str(c.scratch)}
    return home, {key: value for key, value in env.items() if value is not None}


def run_deploy(c, s):
    home, env = template_tools(c)
    script = ROOT / "tests" / "rehearsal" / "deploy.py"
    status, output = run([sys.executable, script, home], c.log(s.name), 10, env=env, show=c.show)
    if status != 0:
        raise Failed(last_line(output))


def run_rehearsal(c, s):
    home, env = template_tools(c)
    c.cargo(s.name, "build", "--workspace", "--bins", *c.locked, limit=s.limit)
    script = ROOT / "tests" / "rehearsal" / "rehearse.py"
    status, output = run([sys.executable, script, c.target / "debug"], c.log(s.name), 15, env=env, show=c.show)
    if status != 0:
        raise Failed(last_line(output))


def run_sam(c, s):
    """Builds all functions as they are deployed, with cargo-lambda and zig of PyPI, and has SAM take them up."""
    home, env = template_tools(c)
    requirements = ROOT / "tests" / "services" / "cargo-lambda" / "zig.txt"
    zig = tool(c, "zig", [requirements, sys.version], packages(c, "zig", requirements)) / "packages"
    checkout, programs = c.scratch / "sam" / "jeton", c.scratch / "sam" / "bin"
    shutil.copytree(ROOT / "infra", checkout / "infra")
    programs.mkdir()
    shim = programs / "zig"
    shim.write_text(f'#!/bin/sh\nPYTHONPATH={zig} exec {sys.executable} -m ziglang "$@"\n')
    shim.chmod(0o755)
    cargo_lambda = Path(c.service("cargo-lambda")["CARGO_LAMBDA"]).parent
    path = {"PATH": os.pathsep.join([str(programs), str(cargo_lambda), c.env["PATH"]])}
    libraries = run(["rustc", "--print", "sysroot"], c.log(s.name), 1)[1].strip()
    machine = {"--arm64": 0xB7, "--x86-64": 0x3E}
    architecture, target = "--arm64", "aarch64-unknown-linux-gnu"
    # cargo-lambda does the same, and ends where it cannot.
    installs = shutil.which("rustup") is not None and run(["rustup", "target", "add", target], c.log(s.name), 5)[0] == 0
    if not installs and not (Path(libraries) / "lib" / "rustlib" / target).is_dir():
        architecture = "--x86-64"
        c.note(f"sam: built for x86-64, because the standard library of Rust for arm64 cannot be installed: rustup target add {target}")
    built = checkout / "target" / "lambda"
    command = ["lambda", "build", "--release", architecture, "-p", "functions", "--lambda-dir", built]
    c.cargo(s.name, *command, *c.locked, limit=s.limit, env=path)
    sam = [sys.executable, home / "bin" / "sam", "build", "--template-file", "infra/template.yaml"]
    status, output = run(sam, c.log(s.name), 5, env=env, cwd=checkout, show=c.show)
    if status != 0:
        raise Failed(last_line(output))
    text = (checkout / ".aws-sam" / "build" / "template.yaml").read_text()
    folders = re.findall(r"CodeUri: (\S+)", text)
    names = sorted(re.findall(r'^name = "([a-z-]+)"$', (ROOT / "functions" / "Cargo.toml").read_text(), re.M))
    names.remove("functions")
    if sorted(Path(folder).name for folder in folders) != names:
        raise Failed(f"sam takes up {folders}")
    for folder in folders:
        program = (checkout / ".aws-sam" / "build" / folder / "bootstrap").resolve()
        head = program.read_bytes()[:20]
        if head[:4] != b"\x7fELF" or int.from_bytes(head[18:20], "little") != machine[architecture]:
            raise Failed(f"{program} is no program for {architecture[2:]}")
        if architecture == "--x86-64":
            status, output = run([program], c.log(s.name), 1, env={})
            if status == 0 or "JETON_PUBLIC_URL must be set" not in output:
                raise Failed(f"{program.parent.name} does not start: {last_line(output)}")
    print(f"    {len(folders)} functions, {sum((built / name / 'bootstrap').stat().st_size for name in names) / 2**20:.0f} MB", flush=True)


def run_dev(c, s):
    """Runs the first command of docs/how-to/cargo-lambda.md, and the call that it prints, up to a verified token."""
    page = (ROOT / "docs" / "how-to" / "cargo-lambda.md").read_text()
    first = page.split("```sh\n")[1].split("```")[0].strip()
    if first != "./dev":
        raise Failed(f"the first command of docs/how-to/cargo-lambda.md is {first}")
    found = {name: value for service in s.needs for name, value in c.service(service).items() if value is not None}
    c.cargo(s.name, "build", "--workspace", "--bins", *c.locked, limit=s.limit)
    port = free_port()
    with open(c.log(s.name), "a", encoding="utf-8") as log:
        process = start([ROOT / first, "--port", port], stdout=subprocess.PIPE, stderr=log, text=True, env={**c.env, **found})
        timer = threading.Timer(s.limit * 60, end, [process])
        timer.start()
        try:
            lines = []
            for line in process.stdout:
                log.write(line)
                lines.append(line)
                if line.startswith("curl "):
                    break
            else:
                raise Failed(f"./dev ended: {last_line(''.join(lines))}")
            status, answer = run(["sh", "-c", line], c.log(s.name), 5)
            body = json.loads(answer) if status == 0 else {}
            if not body.get("isMasterToken"):
                raise Failed(f"the call is answered with {answer[:300]}")
            os.kill(process.pid, signal.SIGINT)
            if process.wait(60) != 0:
                raise Failed("./dev does not end as it should")
        finally:
            timer.cancel()
            end(process)


def run_helm(c, s):
    """Renders the chart with helm, built from its Go module, and holds it against kubernetes.yaml, which the suite container checks."""
    def install(directory):
        setup_step(c, "helm", ["go", "install", f"helm.sh/helm/v3/cmd/helm@{HELM_VERSION}"], 20, env={**os.environ, "GOBIN": str(directory)})

    helm = tool(c, "helm", [HELM_VERSION], install) / "helm"
    home, env = template_tools(c)
    chart = ROOT / "infra" / "container" / "helm"
    # One that is built from its module knows no version of Kubernetes.
    version = ["--kube-version", "1.30.0"]

    def rendered(*given):
        return run([helm, "template", "jeton", chart, *version, *given], c.log(s.name), 2, env=env, show=c.show)

    status, output = run([helm, "lint", "--strict", *version, chart], c.log(s.name), 2, env=env, show=c.show)
    if status != 0:
        raise Failed(last_line(output))
    compare = "import sys, yaml; a, b = ({one['kind']: one for one in yaml.safe_load_all(open(name))} for name in sys.argv[1:]); sys.exit(a != b)"
    status, output = rendered()
    made = c.scratch / "jeton.yaml"
    made.write_text(output)
    same, _ = run([sys.executable, "-c", compare, made, ROOT / "infra" / "container" / "kubernetes.yaml"], c.log(s.name), 1, env=env)
    if status != 0 or same != 0:
        raise Failed(f"the chart is not the manifest: {made}")
    digest = "sha256:" + "ab" * 32
    status, output = rendered(
        "--set", f"image.digest={digest}", "--set", "env.JETON_LOG=warn", "--set", "secretEnv.JETON_SEAL_KEY.name=seal",
        "--set", "secretEnv.JETON_SEAL_KEY.key=key",
    )
    if status != 0 or f"jeton@{digest}" not in output or "name: JETON_LOG" not in output or "secretKeyRef" not in output:
        raise Failed(f"the chart does not take its values: {last_line(output)}")
    status, output = rendered("--set", "replicas=1")
    if status != 0 or "PodDisruptionBudget" in output:
        raise Failed("with one replica no node can be drained")
    for mistake in (
        "replicas=0", "publicUrl=http://x", "store=sqlite:x", "image.digest=latest", "env.JETN_LOG=x", "replica=2", "image.tag=",
        "image.tag=a:b", "env.AWS_REGION=eu-west-1", "env.JETON_STORE=dynamodb:x",
        "env.JETON_SEAL_KEY=x,secretEnv.JETON_SEAL_KEY.name=seal,secretEnv.JETON_SEAL_KEY.key=key",
    ):
        status, output = rendered("--set", mistake)
        if status == 0:
            raise Failed(f"the chart takes {mistake}")


def run_template(c, s):
    home, env = template_tools(c)
    # Started by name of the file: the scripts' own first lines name the interpreter of the environment.
    for command in (
        ["cfn-lint", *sorted((ROOT / "infra").glob("*.yaml"))],
        ["sam", "validate", "--lint", "--template", ROOT / "infra" / "template.yaml"],
    ):
        program = [sys.executable, home / "bin" / command[0], *command[1:]]
        status, output = run(program, c.log(s.name), s.limit, env=env, show=c.show)
        if status != 0:
            raise Failed(f"{command[0]}: {last_line(output)}")


def run_instructions(c, s):
    """Counts what one verify costs the processor, and holds it against what it did: a count repeats where a time
    does not.

    What is built for the tests is counted, without optimisation: what does more than before takes more instructions there
    as well, and the optimised build, which takes ten minutes, is left to --long. The workspace has one set of features, so
    nothing is built again for it."""
    valgrind = c.service("valgrind")["VALGRIND"]
    profile = "count" if c.long else "dev"
    build = ["-p", "instructions"] if c.long else ["--workspace", "--bins"]
    c.cargo(s.name, "build", "--profile", profile, *build, *c.locked, limit=s.limit)
    program = c.target / ("count" if c.long else "debug") / "instructions"

    def counted(method, times):
        # Its own counts go nowhere; what it says in the end is what is wanted.
        command = [valgrind, "--tool=callgrind", f"--callgrind-out-file={os.devnull}", program, method, str(times)]
        status, output = run(command, c.log(s.name), 5, cwd=c.scratch)
        found = re.search(r"Collected : (\d+)", output)
        if status != 0 or not found:
            raise Failed(f"valgrind: {last_line(output)}")
        return int(found[1])

    expected = json.loads((ROOT / "benchmarks" / "instructions" / "expected.json").read_text())[profile]
    risen = []
    for method, before in expected.items():
        now = (counted(method, 1200) - counted(method, 200)) // 1000
        print(f"    {method}: {now:,} instructions, {now / before - 1:+.1%}", flush=True)
        if now > before * 1.1:
            risen.append(f"{method} takes {now:,} instructions, {now / before - 1:+.1%}")
    # What a form asks for is bounded by its bytes: none of 64 KB is more than three times the work of a plain one.
    kinds = re.findall(r'\("([a-z0-9-]+)", \|', (ROOT / "benchmarks" / "instructions" / "forms.rs").read_text())
    forms = {kind: counted(f"form-{kind}", 3) - counted(f"form-{kind}", 1) for kind in kinds}
    dearest = max(forms, key=forms.get)
    print(f"    forms: {dearest} takes {forms[dearest] / forms['plain']:.1f} times what a plain one does", flush=True)
    if forms[dearest] > 3 * forms["plain"]:
        raise Failed(f"a form of the kind {dearest} takes {forms[dearest]:,} instructions, a plain one {forms['plain']:,}")
    if risen:
        raise Failed("; ".join(risen) + "; find out why, or put the new counts into benchmarks/instructions/expected.json")


def run_costs(c, s):
    """Calls every endpoint with the worst of each kind, twice as much of it the second time, and holds the instructions that
    it takes against those of half as much and of a plain call of the same size. The program holds the memory by itself."""
    valgrind = c.service("valgrind")["VALGRIND"]
    c.cargo(s.name, "build", "--workspace", "--bins", *c.locked, limit=s.limit)
    program, counts = c.target / "debug" / "costs", c.scratch / "costs"
    shutil.rmtree(counts, ignore_errors=True)
    counts.mkdir(parents=True)
    command = [
        valgrind, "--tool=callgrind", "--dump-before=*cost_boundary_reached*", "--dump-line=no", f"--callgrind-out-file={counts}/out", program,
    ]
    status, output = run(command, c.log(s.name), s.limit, cwd=c.scratch)
    if status != 0:
        raise Failed(last_line(output))
    # The first count is of what sets up, and so is the one before the calls that read a history.
    calls = [line.split("\t") for line in output.splitlines() if line.count("\t") == 6]
    history = next(number for number, call in enumerate(calls) if call[0] == "GET a history")
    taken = {}
    for number, (endpoint, place, kind, size, *_) in enumerate(calls):
        dump = counts / f"out.{number + 2 + (number >= history)}"
        found = re.search(r"^(?:summary|totals): (\d+)", dump.read_text(), re.M)
        taken[endpoint, place, "" if size == "plain" and number < history else kind, size] = int(found[1])
    shutil.rmtree(counts, ignore_errors=True)
    wrong = []
    for (endpoint, place, kind, size), whole in taken.items():
        if size != "whole":
            continue
        plain = taken.get((endpoint, place, "", "plain")) or taken[endpoint, place, kind, "plain"]
        half = taken.get((endpoint, place, kind, "half"), whole)
        if whole > 2.6 * half + COST_FLOOR:
            wrong.append(f"{endpoint} with {kind}: {whole:,} instructions, {half:,} for half as much")
        if whole > COSTS_OF_PLAIN.get(kind, COST_OF_PLAIN) * plain + COST_FLOOR:
            wrong.append(f"{endpoint} with {kind}: {whole:,} instructions, {plain:,} for a plain one of this size")
    print(f"    {len(taken)} calls counted", flush=True)
    if wrong:
        raise Failed("; ".join(wrong))


def run_unit(c, s):
    output = c.cargo(
        s.name, "test", "--workspace", *c.locked, "--no-fail-fast", "--lib", "--bins", "--", *c.filters, limit=s.limit
    )
    output += c.cargo(s.name, "test", "--workspace", *c.locked, "--no-fail-fast", "--doc", "--", *c.filters, limit=s.limit)
    c.tests(s.name, output)


def run_fuzzing(c, s):
    """Gives each fuzz target a minute with libFuzzer, which works with a stable compiler as long as no sanitizer is asked for.
    What it finds on the way is kept in the target directory, and gone on from the next time."""
    def install(directory):
        setup_step(c, "cargo-bolero", [
            "cargo", "install", "--locked", "cargo-bolero", "--version", BOLERO_VERSION, "--root", directory,
        ], s.limit)

    home = tool(c, "cargo-bolero", [BOLERO_VERSION], install)
    env = {"PATH": f"{home / 'bin'}{os.pathsep}{c.env.get('PATH', '')}"}
    listed = c.cargo(s.name, "test", "--workspace", *c.locked, "--test", "fuzz", "--", "--list", limit=s.limit)
    targets = re.findall(r"^(\S+): test$", listed, re.M)
    if not targets:
        raise Failed("there are no fuzz targets")
    for target in targets:
        kept = c.target / "fuzz-corpus" / target.replace("::", "__")
        shutil.copytree(ROOT / "fuzz" / "__fuzz__" / kept.name / "corpus", kept, dirs_exist_ok=True)
        c.cargo(
            s.name, "bolero", "test", "-p", "fuzz", "--engine", "libfuzzer", "--sanitizer", "NONE", "--profile", "dev",
            "-T", "60s", "--corpus-dir", kept, target, limit=20, env=env,
        )
        print(f"    {target}: a minute, {len(list(kept.iterdir()))} inputs are kept", flush=True)
