"""Database addresses: what an operator writes, and what SQLAlchemy needs."""

import os
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
_OWNER_ONLY = 0o600


def parse(text: str) -> URL:
    """Return the address with its asynchronous driver.

    Takes sqlite:///path and postgresql://…; raises ValueError, which never repeats the address: it may hold
    a password.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        url = None
    if url is None or url.drivername not in _DRIVERS or not url.database:
        raise ValueError("a database address is sqlite:///path or postgresql://user@host/database")
    if url.drivername == "sqlite" and url.database == ":memory:":
        raise ValueError("a database in memory keeps nothing")
    return _with_asyncpg_names(url.set(drivername=_DRIVERS[url.drivername]))


def is_sqlite(url: URL) -> bool:
    """Tell whether the address is a file of SQLite."""
    return url.get_backend_name() == "sqlite"


def is_missing(url: URL) -> bool:
    """Tell whether the address is a file of SQLite that nobody has made."""
    return is_sqlite(url) and not Path(url.database or "").is_file()


def create_file(url: URL) -> None:
    """Make a missing SQLite file readable by its owner only; its -wal and -shm files copy that mode."""
    if is_sqlite(url) and url.database:
        os.close(os.open(Path(url.database), os.O_RDWR | os.O_CREAT, _OWNER_ONLY))


def _with_asyncpg_names(url: URL) -> URL:
    # libpq calls it sslmode; asyncpg takes the same values under the name ssl.
    mode = url.query.get("sslmode")
    if mode is None:
        return url
    return url.difference_update_query(["sslmode"]).update_query_dict({"ssl": mode})
