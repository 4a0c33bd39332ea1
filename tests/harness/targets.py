"""The suites that are cargo test targets."""

import re
import tempfile

from .process import Failed, ROOT

CRASH_ROUNDS = 1000
REPLICA_CHANGES = 300


def run_build(c, s):
    """Builds what the selected suites need at once, which is quicker than one after the other."""
    targets = sorted({target for t in s.needs for target in (t.target, t.then) if target in c.test_targets})
    # All binaries only when somebody tests them: linking one per function takes its time.
    of_functions = any(t.target in ("functions", "runtimes", "watch") or t.store in ("functions", "watch") for t in s.needs)
    bins = ["--bins"] if of_functions else ["--bin", "jeton"]
    tests = [argument for target in targets for argument in ("--test", target)]
    c.cargo(s.name, "build", "--workspace", *c.locked, *bins, *tests, limit=s.limit)


def run_target(c, s):
    """A suite that is a cargo test target. What its tests leave behind, which is gigabytes, goes with it."""
    with tempfile.TemporaryDirectory(prefix="jeton-", ignore_cleanup_errors=True) as left:
        run_tests(c, s, {"TMPDIR": left})


def run_tests(c, s, env):
    if s.target not in c.test_targets:
        raise Failed(f"there is no test target `{s.target}` in the workspace")
    if s.store:
        env["JETON_TEST_STORE"] = s.store
    for service in s.needs:
        env.update(c.service(service))
    if c.long and s.name == "crash":
        env["JETON_CRASH_ROUNDS"] = str(CRASH_ROUNDS)
    if c.long and s.name == "faults":
        env["JETON_REPLICA_CHANGES"] = str(REPLICA_CHANGES)
    profile, counts = [], []
    if c.long and s.name == "sealing":
        env["JETON_SEALING_WHOLE"] = "true"
        # Each event is parsed and digested four times.
        profile = ["--profile", "count"]
        counts = ["--nocapture"]
    if s.left_out or s.only:
        # A test that was renamed would silently be run again, or no more.
        listed = c.cargo(s.name, "test", "--workspace", *c.locked, "--test", s.target, "--", "--list", limit=s.limit, env=env)
        tests = re.findall(r"^(\S+): test$", listed, re.M)
        if unknown := [name for name in names_in((*s.left_out, *s.only)) if not any(name in test for test in tests)]:
            raise Failed(f"no test is named {unknown[0]}, which {', '.join((*s.left_out, *s.only))} name")
    skipped = [word for name in names_in(s.left_out) for word in ("--skip", name)]
    chosen = c.filters or c.chosen.get(s.name) or ([] if c.long else names_in(s.only))
    called = c.scratch / f"{s.name}.called"
    if s.then:
        env["JETON_TEST_CALLED"] = str(called)
    # --workspace although one package has the target: with -p, cargo would choose other features
    # and compile the dependencies once more.
    output = c.cargo(
        s.name, "test", "--workspace", *profile, *c.locked, "--test", s.target, "--", *skipped, *chosen, *counts, limit=s.limit, env=env
    )
    if s.then and not c.filters:
        output += c.cargo(s.name, "test", "--workspace", *c.locked, "--test", s.then, limit=s.limit, env=env)
    c.tests(s.name, output)


def names_in(files):
    """The names of tests in files that have one in each line, with comments."""
    lines = [line for file in files for line in (ROOT / file).read_text().splitlines()]
    return [name for line in lines if (name := line.split("#")[0].strip())]
