"""Database addresses, as an operator writes them."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from idvault.core.config import database
from idvault.core.config.database import PostgresqlAddress

_REFUSED = "a database address must be sqlite:///path or postgresql://user@host/database"
_OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True)
class Address:
    """A file of SQLite, or the servers of PostgreSQL; the text may hold a password."""

    text: str = field(repr=False)
    file: Path | None = None
    servers: PostgresqlAddress | None = None


def parse(text: str) -> Address:
    """Parse sqlite:///path or postgresql://…; raises ValueError for anything else.

    The error never repeats the address, which may hold a password.
    """
    if text.startswith("sqlite:"):
        return Address(text, file=_file(text))
    name = text.partition("://")[2].partition("?")[0].partition("/")[2]
    if not text.startswith("postgresql://") or not name:
        raise ValueError(_REFUSED)
    try:
        return Address(text, servers=database.parse(text))
    except ValueError as error:
        raise ValueError(f"a database address {error}") from None


def _file(text: str) -> Path:
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        url = None
    if url is None or not url.database:
        raise ValueError(_REFUSED)
    if url.database == ":memory:":
        raise ValueError("an in-memory database is not supported")
    return Path(url.database)


def is_sqlite(address: Address) -> bool:
    """Tell whether the address is a SQLite file."""
    return address.file is not None


def is_missing(address: Address) -> bool:
    """Tell whether the address is a SQLite file that does not exist."""
    return address.file is not None and not address.file.is_file()


def create_file(path: Path) -> None:
    """Create a missing SQLite file, readable by its owner only; its -wal and -shm files copy that mode."""
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, _OWNER_ONLY))
