"""The stolen data: every row, all bytes below the rows, and every key of every process."""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]

from idvault.processes.bootstrap.base import ENTROPY
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import HOLDINGS, Holder, KeySet, Purpose
from tools.support.databases import Databases

Row = Mapping[str, Any]
_SQLITE = "sqlite:///"
_WAL_PAGE, _WAL_HEADER, _WAL_LONG_HEADER = 8192, 24, 40
_LONG_HEADER = 0x0002


@dataclass(frozen=True, slots=True)
class Loot:
    """Both databases and all keys. raw: the bytes of each stolen file, by a readable name."""

    tables: Mapping[str, list[Row]]
    raw: Mapping[str, bytes] = field(repr=False)
    keys: Mapping[Purpose, KeySet] = field(repr=False)

    def every_key(self) -> set[bytes]:
        return {key for keys in self.keys.values() for key in keys.versions.values()}


def take(databases: Databases, *, keys: Path, passphrase: bytes, since: float, copies: Path) -> Loot:
    """Steal from a running deployment.

    keys: the folder of the key files. since: the time (seconds since 1970) before which a shared server wrote
    nothing for this deployment. copies: a folder for the stolen files.
    """
    tables, raw = (
        _sqlite(databases, copies) if databases.kind == "sqlite" else asyncio.run(_postgres(databases, since))
    )
    return Loot(tables, raw, take_keys(keys, passphrase=passphrase))


def take_keys(folder: Path, *, passphrase: bytes) -> dict[Purpose, KeySet]:
    """Return every key of the three files."""
    found: dict[Purpose, KeySet] = {}
    for holder in Holder:
        provider = LocalKeyProvider.load(
            folder / f"{holder.value}.keys", passphrase=passphrase, entropy=ENTROPY
        )
        found |= {purpose: provider.keys(purpose) for purpose in HOLDINGS[holder]}
    return found


def _sqlite(databases: Databases, copies: Path) -> tuple[dict[str, list[Row]], dict[str, bytes]]:
    """Copy each file with the files beside it; the rows are read from the copies."""
    raw: dict[str, bytes] = {}
    tables: dict[str, list[Row]] = {}
    copies.mkdir(parents=True, exist_ok=True)
    for url in (databases.main_url, databases.shred_url):
        file = Path(url.removeprefix(_SQLITE))
        for path in sorted(file.parent.glob(f"{file.name}*")):
            raw[path.name] = path.read_bytes()
            (copies / path.name).write_bytes(raw[path.name])
        with closing(sqlite3.connect(copies / file.name)) as connection:
            connection.row_factory = sqlite3.Row
            names = connection.execute("select name from sqlite_master where type = 'table'").fetchall()
            for (name,) in names:
                rows = connection.execute(f"select * from {name}")  # noqa: S608 - the vault's own tables
                tables.setdefault(name, []).extend(dict(row) for row in rows)
    return tables, raw


async def _postgres(databases: Databases, since: float) -> tuple[dict[str, list[Row]], dict[str, bytes]]:
    raw: dict[str, bytes] = {}
    tables: dict[str, list[Row]] = {}
    for url in (databases.main_url, databases.shred_url):
        connection = await asyncpg.connect(url)
        try:
            names = await connection.fetch("select tablename from pg_tables where schemaname = 'public'")
            for (name,) in names:
                rows = await connection.fetch(f'select * from "{name}"')  # noqa: S608 - the vault's own tables
                tables.setdefault(name, []).extend(dict(row) for row in rows)
            # Data in the server's memory would be on disk soon: flush it now.
            await connection.execute("checkpoint")
            data = Path(await connection.fetchval("show data_directory"))
            number = await connection.fetchval(
                "select oid from pg_database where datname = current_database()"
            )
        finally:
            await connection.close()
        raw |= _files(data / "base" / str(number), lambda _path: True)
        raw |= _files(data / "pg_wal", lambda path: path.stat().st_mtime >= since)
    raw |= {
        f"{name}, joined": _joined(content) for name, content in raw.items() if len(Path(name).name) == 24
    }
    return tables, raw


def _files(folder: Path, wanted: Callable[[Path], bool]) -> dict[str, bytes]:
    found = {}
    for path in sorted(folder.iterdir()):
        # The server removes files of its own while they are read.
        with suppress(FileNotFoundError):
            if path.is_file() and wanted(path):
                found[f"{folder.name}/{path.name}"] = path.read_bytes()
    return found


def _joined(segment: bytes) -> bytes:
    """Return a segment of the write-ahead log without its page headers, which split long values."""
    pages = (segment[start : start + _WAL_PAGE] for start in range(0, len(segment), _WAL_PAGE))
    return b"".join(page[_header(page) :] for page in pages)


def _header(page: bytes) -> int:
    return _WAL_LONG_HEADER if int.from_bytes(page[2:4], "little") & _LONG_HEADER else _WAL_HEADER
