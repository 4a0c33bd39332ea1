"""Runs the suites in the order of the table, and sums up."""

import shutil
import time

from . import checks
from .process import Failed, NotRun, what_failed
from .suites import suite
from .targets import run_build, run_target


# What the target directory and the tools of all suites take up, in GB.
DISK = 15


def run_suite(c, s):
    if s.target:
        run_target(c, s)
    elif s.name == "build":
        run_build(c, s)
    else:
        getattr(checks, f"run_{s.name}")(c, s)
    if s.target or s.name == "unit":
        ignored_here = any(part.startswith(s.name + ":") for part, _ in c.ignored)
        if not c.counts[s.name] and not ignored_here:
            raise Failed("no test ran" + (f"; is there one named {' '.join(c.filters)}?" if c.filters else ""))


def run_all(c, selected, left_out, ci):
    """Runs the suites in the order of the table and prints the summary; returns the exit status."""
    plan = list(selected)
    with_target = tuple(s for s in plan if s.target)
    if with_target:
        # Compilation is a row of its own: its time is nobody's fault, its failure everybody's.
        first = plan.index(with_target[0])
        plan.insert(first, suite("build", "", needs=with_target, limit=25))

    free = shutil.disk_usage(c.target).free / 2**30
    if free < DISK:
        c.note(f"{free:.0f} GB of disk are free; a build from nothing and its tests take some {DISK}")
    results = []  # (suite, "ok" | "FAILED" | "NOT RUN", seconds, reason)
    spent = []  # (suite, seconds of building, of installing, of the rest)
    began = time.monotonic()
    for s in plan:
        print(f"==> {s.name}", flush=True)
        since, installed = time.monotonic(), c.installed
        state, reason = "ok", ""
        try:
            run_suite(c, s)
        except Failed as failure:
            state, reason = "FAILED", str(failure)
            if not c.show and c.log(s.name).exists():
                tail = c.log(s.name).read_text(errors="replace").splitlines()[-100:]
                print("\n".join("    " + line for line in tail), flush=True)
        except NotRun as missing:
            state, reason = "NOT RUN", str(missing)
        took = time.monotonic() - since
        count = f", {counted(c.counts[s.name])}" if s.name in c.counts else ""
        print(f"    {s.name}: {state}, {duration(took)}{count}" + (f": {reason}" if reason else ""), flush=True)
        results.append((s, state, took, reason))
        built, installed = c.built.get(s.name, 0.0), c.installed - installed
        spent.append((s.name, built, installed, max(took - built - installed, 0.0)))

    print_minutes(spent)
    print(f"\nSummary, after {duration(time.monotonic() - began)}; logs are in {c.logs}\n")
    for wanted in ("ok", "FAILED"):
        for s, state, took, reason in results:
            if state == wanted:
                tests = counted(c.counts[s.name]) if s.name in c.counts else ""
                print(f"  {state:7} {s.name:21} {duration(took):>12}  {tests:>10}  {reason}".rstrip())
    for text in c.notes:
        print(f"NOTE: {text}")
    if left_out:
        print(f"left to ./test --all because slow: {', '.join(s.name for s in left_out)}")
    missing = [(s.name, reason) for s, state, _, reason in results if state == "NOT RUN"] + c.ignored
    for name, reason in missing:
        print(f"NOT RUN {name}: {reason}" + (" (a failure, because CI is set)" if ci else ""))

    # A record of a run may keep no more than its end, which then says what went wrong as well.
    for s, state, _, _ in results:
        if state == "FAILED" and ci and c.log(s.name).exists():
            print(f"\n{s.name} failed:\n" + "\n".join(what_failed(c.log(s.name).read_text(errors="replace"))), flush=True)

    passed = sum(state == "ok" for _, state, _, _ in results)
    failed = sum(state == "FAILED" for _, state, _, _ in results) + (len(missing) if ci else 0)
    print(f"{passed} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def print_minutes(spent):
    """Where the time of a run went, the largest share first."""
    totals = [sum(row[column] for row in spent) for column in (1, 2, 3)]
    print(f"\n  {'minutes':22} {'all':>6} {'build':>6} {'install':>8} {'tests':>6}")
    rows = sorted(spent, key=lambda row: -sum(row[1:]))
    for name, *parts in [("all of it", *totals), *(row for row in rows if sum(row[1:]) >= 3)]:
        shown = [f"{seconds / 60:.1f}" for seconds in (sum(parts), *parts)]
        print(f"  {name:22} {shown[0]:>6} {shown[1]:>6} {shown[2]:>8} {shown[3]:>6}")


def counted(number):
    return f"{number} test" + ("" if number == 1 else "s")


def duration(seconds):
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds) // 60} min {int(seconds) % 60:02} s"
