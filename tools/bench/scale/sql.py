"""A database for the loader: plain SQL on both drivers, with functions that make values from a number."""

import asyncio
import hashlib
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from typing import Any, Protocol

from sqlalchemy.engine import make_url

from tools.bench import bare_database
from tools.support.databases import Databases

POOL_SIZE = 1 << 20
"""Bytes from which every blob is cut: they are random, so nothing compresses."""
_POSTGRES_FUNCTIONS = (
    "CREATE OR REPLACE FUNCTION bench_hash(t text) RETURNS bytea LANGUAGE sql IMMUTABLE "
    "RETURN sha256(convert_to(t, 'UTF8'))",
    "CREATE OR REPLACE FUNCTION bench_leaf(leaf bytea, t text) RETURNS bytea LANGUAGE sql IMMUTABLE "
    "RETURN substr(leaf, 1, length(leaf) - 32) || sha256(convert_to(t, 'UTF8'))",
)
_POSTGRES_SIZES = """
    SELECT relname, pg_table_size(oid), pg_indexes_size(oid) FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
"""
_SQLITE_SIZES = """
    SELECT m.tbl_name, sum(CASE WHEN m.type = 'table' THEN pgsize ELSE 0 END),
        sum(CASE WHEN m.type = 'index' THEN pgsize ELSE 0 END)
    FROM dbstat JOIN sqlite_master AS m ON m.name = dbstat.name
    WHERE dbstat.aggregate = TRUE GROUP BY m.tbl_name
"""
_CACHE_KIB = 1 << 20


class Loader(Protocol):
    """Runs statements in which {pool} stands for the random bytes."""

    def run(self, text: str) -> None:
        """Run one statement, and commit."""
        ...

    def insert(self, text: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows; ? stands for each value."""
        ...

    def settle(self) -> None:
        """Bring statistics up to date and write everything to the disk."""
        ...

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Return the bytes of each table and of its indexes."""
        ...

    def close(self) -> None: ...


class SqliteLoader:
    """Writes a file without waiting for the disk until `settle`."""

    def __init__(self, url: str) -> None:
        """Open the file."""
        self._file = sqlite3.connect(str(make_url(url).database), isolation_level=None)
        self._file.execute("PRAGMA synchronous = OFF")
        self._file.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._file.create_function("md5", 1, _md5, deterministic=True)
        self._file.create_function("bench_hash", 1, _hash, deterministic=True)
        self._file.create_function("bench_leaf", 2, _leaf, deterministic=True)
        self._pool = os.urandom(POOL_SIZE)

    def run(self, text: str) -> None:
        """Run one statement, and commit."""
        pool = [self._pool] if "{pool}" in text else []
        self._file.execute(text.replace("{pool}", "?1"), pool)

    def insert(self, text: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows."""
        self._file.execute("BEGIN")
        self._file.executemany(text, rows)
        self._file.execute("COMMIT")

    def settle(self) -> None:
        """Write everything; the product uses no statistics on SQLite."""
        self._file.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Return the bytes of each table and of its indexes."""
        return {name: (table, index) for name, table, index in self._file.execute(_SQLITE_SIZES)}

    def close(self) -> None:
        self._file.close()


class PostgresLoader:
    """One connection without idvault's time limits."""

    def __init__(self, url: str) -> None:
        """Connect and create the functions."""
        self._runner = asyncio.Runner()
        self._connection: Any = self._runner.run(bare_database.connect(url))
        self._pool = os.urandom(POOL_SIZE)
        for function in _POSTGRES_FUNCTIONS:
            self._do(self._connection.execute(function))
        self._do(self._connection.execute("SET synchronous_commit = off"))

    def run(self, text: str) -> None:
        """Run one statement, and commit."""
        pool = [self._pool] if "{pool}" in text else []
        self._do(self._connection.execute(text.replace("{pool}", "$1::bytea"), *pool))

    def insert(self, text: str, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert rows."""
        head, *rest = text.split("?")
        numbered = head + "".join(f"${place}{part}" for place, part in enumerate(rest, 1))
        self._do(self._connection.executemany(numbered, rows))

    def settle(self) -> None:
        """Do what autovacuum and the checkpointer would do in the next minutes."""
        self._do(self._connection.execute("VACUUM ANALYZE"))
        self._do(self._connection.execute("CHECKPOINT"))

    def sizes(self) -> dict[str, tuple[int, int]]:
        """Return the bytes of each table, TOAST included, and of its indexes."""
        rows = self._do(self._connection.fetch(_POSTGRES_SIZES))
        return {name: (table, index) for name, table, index in rows}

    def close(self) -> None:
        self._do(self._connection.close())
        self._runner.close()

    def _do(self, work: Any) -> Any:
        return self._runner.run(work)


def loaders(databases: Databases) -> tuple[closing[Any], closing[Any]]:
    """Open the main and the shred database."""
    kind = PostgresLoader if databases.kind == "postgres" else SqliteLoader
    return closing(kind(databases.main_url)), closing(kind(databases.shred_url))


def _md5(text: object) -> str:
    return hashlib.md5(str(text).encode(), usedforsecurity=False).hexdigest()


def _hash(text: object) -> bytes:
    return hashlib.sha256(str(text).encode()).digest()


def _leaf(leaf: bytes, text: object) -> bytes:
    return leaf[:-32] + _hash(text)
