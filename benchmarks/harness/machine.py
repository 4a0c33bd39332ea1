"""The machine: which core a program runs on, how it is scheduled, and who else is busy."""

import ctypes
import os
import platform
import resource
import struct
import subprocess
from pathlib import Path

SERVER_CORE, LOAD_CORE = 0, 1

# A core that somebody else used more than this is not measured on.
BUSY = 0.05

SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}.get(platform.machine())
SLICE = 100_000


def on_core(core):
    """What a child does before it starts."""
    return lambda: keep(0, core)


def keep(thread, core):
    """Keeps a thread, 0 for the own one, on a core, and asks for a short slice.

    Where the kernel ticks every 4 ms, a busy neighbour would otherwise make each wake-up wait that long.
    """
    os.sched_setaffinity(thread, {core})
    if SCHED_SETATTR:
        # size, policy (normal), flags, nice, priority, runtime (the slice, in ns), deadline, period
        attributes = struct.pack("=IIQiIQQQ", 48, 0, 0, 0, 0, SLICE, 0, 0)
        ctypes.CDLL(None, use_errno=True).syscall(SCHED_SETATTR, thread, attributes, 0)


def start(command, core, **options):
    """Starts a program on a core."""
    return subprocess.Popen([str(part) for part in command], preexec_fn=on_core(core), **options)


def ticks():
    """What all programs on all cores have spent so far, in ticks."""
    return sum(int(n) for n in Path("/proc/stat").read_text().split("\n")[0].split()[1:4])


class Others:
    """What all programs spend while it is open, in ticks, except those that were started and ended in it."""

    def __enter__(self):
        self.before, self.children = ticks(), self.ended()
        return self

    def __exit__(self, *_):
        self.ticks = ticks() - self.before - (self.ended() - self.children)

    @staticmethod
    def ended():
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (used.ru_utime + used.ru_stime) * os.sysconf("SC_CLK_TCK")


def spent(pid):
    """What a process has spent on a core so far, in ticks."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def anonymous_memory(pid):
    """The anonymous memory of a process, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    return 0


def facts():
    """The machine in a line."""
    model = next(
        (line.split(":")[1].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line),
        platform.machine(),
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // 1024 // 1024
    return f"{model}, {os.cpu_count()} cores, {memory} GiB, Linux {platform.release().split('-')[0]}"
