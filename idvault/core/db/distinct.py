"""Checks that two addresses name different databases, however they are spelled."""

import os
import secrets
from pathlib import Path

from idvault.core.config.database import PostgresqlAddress
from idvault.core.db.postgresql_connection import Servers
from idvault.core.db.url import Address

_LOCK = "SELECT pg_advisory_xact_lock($1)"
_TRY_LOCK = "SELECT pg_try_advisory_xact_lock($1)"


class SameDatabaseError(Exception):
    """Both addresses name one database."""


async def check(first: Address, second: Address) -> None:
    """Raise SameDatabaseError if both are one database, and a driver's exception if one cannot be reached."""
    if first == second:
        raise SameDatabaseError
    if first.file and second.file:
        _check_files(str(first.file), str(second.file))
    elif first.servers and second.servers:
        await _check_servers(first.servers, second.servers)


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


async def _check_servers(first: PostgresqlAddress, second: PostgresqlAddress) -> None:
    """An advisory lock belongs to one database: one that is taken in the first is free in every other."""
    key = secrets.randbits(63)
    one = await Servers(first).connect()
    try:
        other = await Servers(second).connect()
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
