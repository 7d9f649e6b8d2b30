"""Finds Debian's etcd, Patroni and PostgreSQL, and installs them where this process may."""

import fcntl
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.resilience.tracer import MissingToolError

_SERVERS = Path("/usr/lib/postgresql")
_ETCD_CLIENT = Path("/usr/lib/python3/dist-packages/etcd")
_NEEDED = ("initdb", "pg_ctl", "pg_basebackup", "pg_rewind")
_OLDEST = 14
_ACCOUNT = "postgres"
_LOCK = Path(tempfile.gettempdir()) / "idvault-failover-install.lock"
_WAIT = "DPkg::Lock::Timeout=120"


@dataclass(frozen=True, slots=True)
class Programs:
    """etcd, patroni: paths. postgresql: a folder of programs. account: who runs them, "" for this user."""

    etcd: str
    patroni: str
    postgresql: Path
    account: str

    def command(self, *words: str) -> list[str]:
        """Return a command that runs as the account, and is told to stop if this process ends."""
        change = [f"--reuid={self.account}", f"--regid={self.account}", "--init-groups"]
        return ["setpriv", *(change if self.account else []), "--pdeathsig=TERM", *words]


def find() -> Programs:
    """Return the programs, installed now if root may; raises MissingToolError, which names the packages."""
    if missing := _missing():
        failed = _install(missing)
        if left := _missing():
            packages = " ".join(left)
            raise MissingToolError(
                f"Debian's packages {packages} are missing on this host: apt-get install {packages}{failed}"
            )
    account = _ACCOUNT if os.geteuid() == 0 else ""
    return Programs(_which("etcd"), _which("patroni"), _postgresql() or Path(), account)


def _missing() -> list[str]:
    found = {
        "etcd-server": _which("etcd"),
        "patroni": _which("patroni"),
        "python3-etcd": _ETCD_CLIENT.exists(),
        "postgresql": _postgresql(),
        "util-linux": _which("setpriv"),
    }
    return [package for package, place in found.items() if not place]


def _which(name: str) -> str:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") or ""


def _postgresql() -> Path | None:
    """Return the newest installed server's programs."""
    versions = [int(each.name) for each in _SERVERS.glob("[0-9]*") if each.name.isdecimal()]
    for version in sorted(versions, reverse=True):
        folder = _SERVERS / str(version) / "bin"
        if version >= _OLDEST and all((folder / name).exists() for name in _NEEDED):
            return folder
    return None


def _install(packages: list[str]) -> str:
    """Install packages, one process at a time; return why not, "" if there is nothing to add."""
    apt = _which("apt-get")
    if not apt or os.geteuid() != 0:
        return " (only root can have it installed by this command)" if apt else ""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with _LOCK.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Without an update first: a host's lists may be fresh, and an old one only costs another try.
        for words in (["install"], ["update"], ["install"]):
            if not _missing():
                break
            wanted = ["--yes", "--no-install-recommends", *packages] if words == ["install"] else []
            command = [apt, "-q", "-o", _WAIT, *words, *wanted]
            done = subprocess.run(command, env=quiet, capture_output=True, text=True, check=False)
    lines = done.stderr.strip().splitlines()
    return f" (apt-get: {lines[-1]})" if done.returncode and lines else ""
