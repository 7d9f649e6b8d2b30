"""Checks that two addresses name different databases, however they are spelled."""

import os
import secrets
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.engine import URL

from idvault.storage.base import url as address

_LOCK = "SELECT pg_advisory_xact_lock($1)"
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock($1)"
_CONNECT_WAIT = 5.0


class SameDatabaseError(Exception):
    """Both addresses name one database."""


async def check(first: URL, second: URL) -> None:
    """Raise SameDatabaseError if both are one database, and a driver's exception if one cannot be reached."""
    if first == second:
        raise SameDatabaseError
    if address.is_sqlite(first) and address.is_sqlite(second):
        _check_files(str(first.database), str(second.database))
    elif not address.is_sqlite(first) and not address.is_sqlite(second):
        await _check_servers(address.dsn(first), address.dsn(second))


def _check_files(first: str, second: str) -> None:
    """Links lead to one file; files that do not exist yet are compared by their resolved paths."""
    if os.path.realpath(first) == os.path.realpath(second):
        raise SameDatabaseError
    try:
        same = Path(first).samefile(second)
    except FileNotFoundError:
        return
    if same:
        raise SameDatabaseError


async def _check_servers(first: str, second: str) -> None:
    """An advisory lock belongs to one database: one that is taken in the first is free in every other."""
    key = secrets.randbits(63)
    one = await asyncpg.connect(first, timeout=_CONNECT_WAIT)
    try:
        other = await asyncpg.connect(second, timeout=_CONNECT_WAIT)
        try:
            async with one.transaction(), other.transaction():
                await one.execute(_LOCK, key)
                free = await other.fetchval(_TRY_LOCK, key)
        finally:
            await other.close()
    finally:
        await one.close()
    if not free:
        raise SameDatabaseError
