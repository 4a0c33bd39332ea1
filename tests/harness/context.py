"""What one run works with: directories, variables, services, and what it has counted."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

from .process import Failed, NotRun, ROOT, failed_tests, last_line, run, strip_colours
from .services import SERVICES

KEPT_LOGS = 10


class Context:
    """What one call of this script works with."""

    def __init__(self, show, filters, locked, long):
        self.show = show
        self.filters = filters
        self.long = long
        self.locked = ["--locked"] if locked else []
        self.notes = []
        self.ignored = []
        self.counts = {}
        # Names of tests by the suite of which only these are run.
        self.chosen = {}
        # Seconds by the suite that needed them: what cargo says that it built for, and what was installed.
        self.built = {}
        self.installed = 0.0
        self._services = {}
        # Also finds a target directory that is set in a cargo configuration file.
        found = subprocess.run(
            ["cargo", "metadata", "--no-deps", "--format-version", "1"],
            cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False,
        )
        if found.returncode != 0:
            sys.exit("cargo cannot read the workspace")
        metadata = json.loads(found.stdout)
        self.target = Path(metadata["target_directory"])
        self.test_targets = {
            target["name"]
            for package in metadata["packages"]
            for target in package["targets"]
            if "test" in target["kind"]
        }
        # A directory for each run, because several checkouts may share one target directory.
        runs = self.target / "test-logs"
        runs.mkdir(parents=True, exist_ok=True)
        for old in sorted(runs.iterdir())[:-KEPT_LOGS]:
            shutil.rmtree(old, ignore_errors=True)
        self.logs = runs / f"{time.strftime('%Y%m%dT%H%M%S')}-{os.getpid()}"
        self.scratch = self.logs / "scratch"
        self.scratch.mkdir(parents=True)

        self.env = {
            name: value for name, value in os.environ.items()
            if not name.startswith("JETON_") and name != "PORT"
        }
        self.env.setdefault("RUST_BACKTRACE", "1")
        if show and sys.stdout.isatty():
            self.env.setdefault("CARGO_TERM_COLOR", "always")
        # Where tests find the command they drive. The suites are not in its package, so cargo
        # does not tell them.
        self.env["JETON_BIN"] = str(self.target / "debug" / "jeton")
        self.env["JETON_BIN_DIR"] = str(self.target / "debug")
        # Where the browser puts what it saw.
        self.env["JETON_SCREENSHOTS"] = str(self.target / "screenshots")

    def log(self, name):
        return self.logs / f"{name}.log"

    def note(self, text):
        print(f"    NOTE: {text}", flush=True)
        self.notes.append(text)

    def service(self, name):
        """The variables of a service, which is started the first time somebody asks."""
        if name not in self._services:
            try:
                self._services[name] = SERVICES[name](self)
            except NotRun as reason:
                self._services[name] = reason
        result = self._services[name]
        if isinstance(result, NotRun):
            raise result
        return result

    def cargo(self, name, *arguments, limit, env=None):
        merged = {**self.env, **(env or {})}
        merged = {key: value for key, value in merged.items() if value is not None}
        status, output = run(["cargo", *arguments], self.log(name), limit, env=merged, show=self.show)
        for minutes, seconds in re.findall(r"^\s*Finished .* in (?:(\d+)m )?([\d.]+)s", strip_colours(output), re.M):
            self.built[name] = self.built.get(name, 0.0) + 60 * int(minutes or 0) + float(seconds)
        if status != 0:
            raise Failed(last_line(output) if "test result:" not in output else failed_tests(output))
        return output

    def tests(self, name, output):
        """Counts the tests in cargo's output; the ignored ones are listed at the end."""
        counts = re.findall(r"^test result: \w+\. (\d+) passed; \d+ failed; (\d+) ignored", output, re.M)
        self.counts[name] = self.counts.get(name, 0) + sum(int(passed) for passed, _ in counts)
        for test in re.findall(r"^test (.+?) \.\.\. ignored", output, re.M):
            self.ignored.append((f"{name}: {test}", "it is marked #[ignore]"))
