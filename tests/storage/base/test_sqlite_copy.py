"""Copies of a SQLite database while others write: whole, private, durable, or not there at all."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from idvault.core.db import sqlite
from idvault.core.db.sqlite_connection import SqliteConnection
from idvault_verify.error import Reason, UnavailableError


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a database of some thousand pages in WAL mode."""
    path = tmp_path / "source.sqlite3"
    path.touch()
    with closing(SqliteConnection(path, wait=1, writable=True).driver) as connection:
        connection.execute("CREATE TABLE pairs (a INTEGER, b BLOB)")
        connection.executemany("INSERT INTO pairs VALUES (?, randomblob(3000))", [(n,) for n in range(500)])
    return path


def count(path: Path) -> int:
    with closing(sqlite3.connect(f"{path.as_uri()}?immutable=1", uri=True)) as connection:
        ((found,),) = connection.execute("SELECT count(*) FROM pairs")
    return int(found)


def test_a_copy_is_of_one_instant_while_a_writer_is_at_work(source: Path, tmp_path: Path) -> None:
    """What is not committed is not in it, and the writer does not wait."""
    target = tmp_path / "copy.sqlite3"
    with closing(SqliteConnection(source, wait=1, writable=True).driver) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("INSERT INTO pairs VALUES (500, x'00')")
        sqlite.copy_file(source, target)
        writer.execute("COMMIT")
    assert (count(target), count(source)) == (500, 501)
    assert sqlite.is_whole(target)
    assert target.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in tmp_path.iterdir() if "copy" in path.name) == ["copy.sqlite3"]


def test_reading_a_copy_leaves_its_bytes_alone(source: Path, tmp_path: Path) -> None:
    """The program's own connections change nothing in it, so its digest stays that of the manifest."""
    target = tmp_path / "copy.sqlite3"
    sqlite.copy_file(source, target)
    before = target.read_bytes()
    with closing(SqliteConnection(target, wait=1).driver) as reader:
        reader.execute("SELECT count(*) FROM pairs").fetchall()
    assert target.read_bytes() == before


def test_a_source_that_is_missing_leaves_nothing(tmp_path: Path) -> None:
    """The error is the store's, and no empty file looks like a copy."""
    with pytest.raises(UnavailableError) as caught:
        sqlite.copy_file(tmp_path / "none.sqlite3", tmp_path / "copy.sqlite3")
    assert caught.value.reason is Reason.STORE_UNAVAILABLE
    assert list(tmp_path.iterdir()) == []


def test_damage_is_found(source: Path) -> None:
    """A file that is no database, and one with overwritten pages, are not whole."""
    content = bytearray(source.read_bytes())
    content[4096 * 20 : 4096 * 40] = b"\xff" * 4096 * 20
    source.write_bytes(content)
    assert not sqlite.is_whole(source)
    source.write_bytes(b"no database" * 1000)
    assert not sqlite.is_whole(source)
