"""Copies a SQLite database as it is at one instant, while other processes write to it (sqlite3_backup)."""

import sqlite3
from contextlib import closing
from pathlib import Path

from idvault.core.db import url as address
from idvault.core.db.failure import FOREIGN, DriverError, describe
from idvault.core.db.sqlite_connection import USUAL_WAIT, SqliteConnection
from idvault_verify import durable_file
from idvault_verify.error import Reason, UnavailableError


def copy(source: Path, target: Path) -> None:
    """Write a durable copy that only its owner can read; raises UnavailableError (STORE_UNAVAILABLE)."""
    draft = target.with_name(f".{target.name}.draft")
    failure: DriverError
    try:
        draft.unlink(missing_ok=True)
        address.create_file(draft)
        with (
            closing(SqliteConnection(source, wait=USUAL_WAIT).driver) as origin,
            closing(sqlite3.connect(draft)) as copied,
        ):
            # All pages in one step: after each write of another process, a copy in several would start again.
            origin.backup(copied)
        durable_file.adopt(draft, target)
    except FOREIGN as error:
        failure = describe(error)
    else:
        return
    finally:
        draft.unlink(missing_ok=True)
    raise UnavailableError(Reason.STORE_UNAVAILABLE) from failure


def is_whole(path: Path) -> bool:
    """Tell whether a closed file is a SQLite database in which every page and index is in order."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?immutable=1", uri=True)) as connection:
            return connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]
    except sqlite3.Error:
        return False
