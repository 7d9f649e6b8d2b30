"""Finds Debian's etcd, Patroni and PostgreSQL, and installs them where this process may."""

import os
from dataclasses import dataclass
from pathlib import Path

from tools.support.debian import install, which
from tools.torture.tracer import MissingToolError

_SERVERS = Path("/usr/lib/postgresql")
_ETCD_CLIENT = Path("/usr/lib/python3/dist-packages/etcd")
_NEEDED = ("initdb", "pg_ctl", "pg_basebackup", "pg_rewind")
_OLDEST = 14
_ACCOUNT = "postgres"


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
    if _missing():
        failed = install(_missing)
        if left := _missing():
            packages = " ".join(left)
            raise MissingToolError(
                f"Debian's packages {packages} are missing on this host: apt-get install {packages}{failed}"
            )
    account = _ACCOUNT if os.geteuid() == 0 else ""
    return Programs(which("etcd"), which("patroni"), _postgresql() or Path(), account)


def _missing() -> list[str]:
    found = {
        "etcd-server": which("etcd"),
        "patroni": which("patroni"),
        "python3-etcd": _ETCD_CLIENT.exists(),
        "postgresql": _postgresql(),
        "util-linux": which("setpriv"),
    }
    return [package for package, place in found.items() if not place]


def _postgresql() -> Path | None:
    """Return the newest installed server's programs."""
    versions = [int(each.name) for each in _SERVERS.glob("[0-9]*") if each.name.isdecimal()]
    for version in sorted(versions, reverse=True):
        folder = _SERVERS / str(version) / "bin"
        if version >= _OLDEST and all((folder / name).exists() for name in _NEEDED):
            return folder
    return None
