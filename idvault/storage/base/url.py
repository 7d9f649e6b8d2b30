"""Database addresses, as an operator writes them."""

import os
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_KINDS = ("sqlite", "postgresql")
_OWNER_ONLY = 0o600


def parse(text: str) -> URL:
    """Parse sqlite:///path or postgresql://…; raises ValueError for anything else.

    The error never repeats the address, which may hold a password.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.drivername not in _KINDS or not url.database:
        raise ValueError("a database address must be sqlite:///path or postgresql://user@host/database")
    if is_sqlite(url) and url.database == ":memory:":
        raise ValueError("an in-memory database is not supported")
    return url


def is_sqlite(url: URL) -> bool:
    """Tell whether the address is a SQLite file."""
    return url.drivername == "sqlite"


def is_missing(url: URL) -> bool:
    """Tell whether the address is a SQLite file that does not exist."""
    return is_sqlite(url) and not Path(url.database or "").is_file()


def dsn(url: URL) -> str:
    """Return the address of PostgreSQL as libpq and asyncpg read it, its password included."""
    return url.render_as_string(hide_password=False)


def create_file(url: URL) -> None:
    """Create a missing SQLite file, readable by its owner only; its -wal and -shm files copy that mode."""
    if is_sqlite(url) and url.database:
        os.close(os.open(Path(url.database), os.O_RDWR | os.O_CREAT, _OWNER_ONLY))
