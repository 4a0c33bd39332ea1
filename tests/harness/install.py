"""Installs the tools that suites need, into the target directory where that is possible."""

import fcntl
import hashlib
import os
import shutil
import sys
import time
from pathlib import Path

from .process import Failed, NotRun, ROOT, last_line, run


def tool(context, name, sources, install):
    """A directory under the target directory that holds an installed tool.

    Its name carries a hash of what was asked for, so a changed pin installs anew. It is filled
    under another name and renamed, so an interrupted installation is never taken for a whole one;
    the lock lets two runs share a target directory.
    """
    digest = hashlib.sha256()
    for source in sources:
        digest.update(source.read_bytes() if isinstance(source, Path) else source.encode())
    tools = context.target / "tools"
    tools.mkdir(parents=True, exist_ok=True)
    home = tools / f"{name}-{digest.hexdigest()[:12]}"
    with open(tools / f"{name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not home.exists():
            print(f"    setting up {name} ...", flush=True)
            part = home.with_name(home.name + ".part")
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir()
            install(part)
            part.rename(home)
    return home


def setup_step(context, name, command, minutes, cwd=ROOT, env=None):
    """One command of an installation. Its failure means that the suites cannot run here."""
    if shutil.which(str(command[0])) is None:
        raise NotRun(f"{name} needs `{command[0]}`, which is not installed")
    since = time.monotonic()
    try:
        status, output = run(command, context.log(f"setup-{name}"), minutes, cwd=cwd, env=env)
    except Failed as failure:
        raise NotRun(f"{name} could not be set up: {failure}") from None
    finally:
        context.installed += time.monotonic() - since
    if status != 0:
        raise NotRun(f"{name} could not be set up: {last_line(output)}")


def packages(context, name, requirements):
    """Installs Python packages for `tool`, into a folder to name in PYTHONPATH.

    They go beside, not into, a virtual environment: that may not be moved after it is made, and
    `tool` renames. The environment is only there to have a pip of its own.
    """
    def install(directory):
        maker = directory / "venv"
        setup_step(context, name, [sys.executable, "-m", "venv", maker], 3)
        setup_step(context, name, [
            maker / "bin" / "python", "-m", "pip", "--quiet", "--disable-pip-version-check",
            "install", "--no-deps", "--target", directory / "packages", "-r", requirements,
        ], 5)
        shutil.rmtree(maker)

    return install


def npm_manifests(here):
    return [here / "package.json", here / "package-lock.json"]


def npm_packages(context, name, here):
    """Installs the npm packages of a folder for `tool`, to the letter of their lock file."""
    def install(directory):
        for manifest in npm_manifests(here):
            shutil.copy(manifest, directory)
        setup_step(context, name, ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], 5, cwd=directory)

    return install


def unpacked(context, name, directory):
    """Unpacks Debian's package of this name into a directory."""
    download = ["apt-get", "-q", "download", name]
    try:
        setup_step(context, name, download, 3, cwd=directory)
    except NotRun:
        # A fresh machine has no list of packages yet, and only root can get one.
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise
        setup_step(context, name, ["apt-get", "-q", "update"], 5)
        setup_step(context, name, download, 3, cwd=directory)
    package = next(directory.glob(f"{name}_*.deb"))
    setup_step(context, name, ["dpkg", "-x", package, directory], 1)
    package.unlink()


def debian(context, name, program):
    """A program of Debian's package of this name; its path.

    Where it is not installed, the package is unpacked into the target directory and not installed:
    installing one may start a server on this machine.
    """
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    if found := shutil.which(name, path=path):
        return found

    def install(directory):
        unpacked(context, name, directory)
        # It may want libraries that are not here.
        setup_step(context, name, [directory / program, "-V"], 1)

    return str(tool(context, name, ["debian"], install) / program)


def installed(context, name, package=None):
    """A program of Debian's package of this name, or of another, which cannot be unpacked beside its libraries: it is
    installed where it is absent and this is root; its path."""
    if found := shutil.which(name):
        return found
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise NotRun(f"`{name}` is not installed")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    setup_step(context, name, ["apt-get", "-q", "update"], 5, env=quiet)
    setup_step(context, name, ["apt-get", "-q", "-y", "install", "--no-install-recommends", package or name], 5, env=quiet)
    if found := shutil.which(name):
        return found
    raise NotRun(f"`{name}` is still absent after its package was installed")
