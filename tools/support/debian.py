"""Debian's packages, installed where this process may."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

LOCK = Path(tempfile.gettempdir()) / "idvault-debian-install.lock"
# apt-get waits for its lock of packages, which somebody else may hold; for that of its lists it does not.
_WAIT = "DPkg::Lock::Timeout=120"


def which(name: str) -> str:
    """Return the path of a program, also of one that only root has in its path; empty if there is none."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or ""


def install(missing: Callable[[], Sequence[str]]) -> str:
    """Install packages, one process at a time; return why not, in brackets; empty if there is nothing to add.

    missing: returns the packages that are still missing.
    """
    apt = which("apt-get")
    if not apt or os.geteuid() != 0:
        return " (only root can have it installed by this command)" if apt else ""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Without an update first: a host's lists may be fresh, and an old one only costs another try.
        for words in (["install"], ["update"], ["install"]):
            if not (packages := missing()):
                return ""
            wanted = ["--yes", "--no-install-recommends", *packages] if words == ["install"] else []
            command = [apt, "-q", "-o", _WAIT, *words, *wanted]
            done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
    lines = done.stderr.strip().splitlines()
    return f" (apt-get: {lines[-1]})" if done.returncode and lines else ""
