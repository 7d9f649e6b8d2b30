"""PostgreSQL without idvault: bare connections of the driver, and the CPU time of the server's processes."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

from tools.support import processes
from tools.support.databases import Databases


@dataclass(slots=True)
class Used:
    """CPU seconds that were used within a block; known when it has ended."""

    seconds: float = 0.0


async def connect(url: str) -> Any:
    """Open a connection of the driver."""
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    return await asyncpg.connect(plain)


async def postmaster(databases: Databases) -> int:
    """Return the process id of the server on this host."""
    connection = await connect(databases.main_url)
    try:
        backend = await connection.fetchval("SELECT pg_backend_pid()")
        fields = Path(f"/proc/{backend}/stat").read_text("ascii")  # noqa: ASYNC240 - not a file on a disk
        return int(fields.rpartition(")")[2].split()[1])
    finally:
        await connection.close()


def backend_seconds(pid: int) -> float:
    """Return the CPU seconds of a server's connections to the nanosecond; each process has one thread."""
    return sum(map(_nanoseconds, processes.children(pid))) / 1e9


def _nanoseconds(pid: int) -> int:
    """Return a connection's CPU time, 0 for other processes; a connection's title names its client."""
    folder = Path(f"/proc/{pid}")
    try:
        title = (folder / "cmdline").read_bytes().decode("utf-8", "replace")
        used = (folder / "schedstat").read_text("ascii").split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return 0
    return int(used) if re.search(r"\[local\]|(127\.0\.0\.1|::1)\(", title) else 0


@contextmanager
def cpu_of(pid: int) -> Iterator[Used]:
    """Measure the CPU time of a server and its processes."""
    used = Used()
    before = processes.cpu_seconds(pid)
    yield used
    used.seconds = processes.cpu_seconds(pid) - before
