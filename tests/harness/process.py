"""Processes: started in groups of their own, with their output in a log, and ended whatever happens."""

import contextlib
import ctypes
import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


class NotRun(Exception):
    """Something a suite needs is missing on this machine; the text says what."""


class Failed(Exception):
    """A suite failed; the text says why in one line."""


running = []  # Every process that this script started and has not yet seen end.


def die_with_parent():
    """Runs in the child: Linux ends it when this script is killed and cannot do it itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def start(command, **options):
    """Starts a process in a group of its own, so that it can be ended together with its children."""
    process = subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent,
        **options,
    )
    running.append(process)
    return process


def end(process, patience=5):
    """Ends a process that `start` started, and whatever is left of its group."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(patience)
            break
    # The leader is gone; a grandchild that ignored the first signal may not be.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    if process in running:
        running.remove(process)


def run(command, log, minutes, env=None, cwd=ROOT, show=False):
    """Runs a command to its end with its output in `log`; returns the exit status and the output."""
    lines = []
    with open(log, "a", encoding="utf-8") as file:
        file.write("$ " + " ".join(str(part) for part in command) + "\n")
        file.flush()
        process = start(
            command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, encoding="utf-8", errors="replace",
        )

        def read():
            for line in process.stdout:
                lines.append(line)
                file.write(line)
                file.flush()
                if show:
                    print("    " + line, end="", flush=True)

        reader = threading.Thread(target=read, daemon=True)
        reader.start()
        try:
            status = process.wait(minutes * 60)
            # A process that was left behind keeps the pipe open: it is ended below, with its group.
            reader.join(5)
        except subprocess.TimeoutExpired:
            raise Failed(f"not finished after {minutes:g} minutes{still_running(lines)}") from None
        finally:
            end(process)
            reader.join(5)
    return status, "".join(lines)


def last_line(output):
    """The line of a failed command that is most likely to say what went wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"(\[ERROR\]|ERROR|npm error|error)\b", line)]
    return (telling or lines or ["no output"])[0 if telling else -1][:300]


def still_running(lines):
    """The tests that a killed run had not finished, as the end of a sentence; Cargo names those of over a minute."""
    output = "".join(lines)
    long = re.findall(r"^test (.+?) has been running for over", output, re.M)
    ended = set(re.findall(r"^test (.+?) \.\.\. ", output, re.M))
    names = [name for name in long if name not in ended]
    return ": " + ", ".join(names[:8]) if names else ""


def strip_colours(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def failed_tests(output):
    names = re.findall(r"^test (.+?) \.\.\. FAILED", output, re.M)
    return "failed: " + ", ".join(names[:8]) + (" ..." if len(names) > 8 else "") if names else last_line(output)


def what_failed(output):
    """The lines of a failed test that say most: around where it panicked, and what a checker lists."""
    lines = output.splitlines()
    marks = [at for at, line in enumerate(lines) if " panicked at " in line or re.match(r"(- [A-Z]|error)", line)]
    around = {mark + step for mark in marks[:3] for step in range(5)}
    return ["    " + line[:200] for at, line in enumerate(lines) if at in around]
