"""Rows of persons: found by blind index, with the slots they hold and the mismatches counted against them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update

from idvault.ports.verification import PersonKey
from idvault.storage.base.connection import Connection
from idvault.storage.base.locking import for_change
from idvault.storage.claim.tables import mismatches, persons
from idvault.storage.dialect import insert_if_absent

_LIMITER_WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Person:
    """A person at one relying party, whose row this act has locked."""

    person_id: str
    closed: bool


async def find(connection: Connection, *, relying_party: str, key: PersonKey, also: str | None) -> Person:
    """Lock and return the person of a key, made if there is none; moves one found by its former index.

    also: another person whose slot this act may free. Both rows are locked in the order of their ids, so
    that no two acts wait for each other.
    """
    while True:
        found = await _lock(connection, relying_party, key, also)
        if found is not None:
            return found
        if await _make(connection, relying_party, key):
            return Person(key.person_id, closed=False)


async def _lock(
    connection: Connection, relying_party: str, key: PersonKey, also: str | None
) -> Person | None:
    wanted = [persons.c.person_index == index for index in (key.index, key.previous) if index is not None]
    if also is not None:
        wanted.append(persons.c.person_id == also)
    query = (
        select(persons)
        .where(persons.c.relying_party == relying_party, or_(*wanted))
        .order_by(persons.c.person_id)
    )
    rows = {row.person_index: row for row in await connection.execute(for_change(query))}
    row = rows.get(key.index)
    if row is None and key.previous is not None:
        row = rows.get(key.previous)
        if row is not None:
            await _move(connection, relying_party, key)
    return None if row is None else Person(row.person_id, row.closed)


async def _move(connection: Connection, relying_party: str, key: PersonKey) -> None:
    await connection.execute(
        update(persons)
        .where(persons.c.relying_party == relying_party, persons.c.person_index == key.previous)
        .values(person_index=key.index, index_version=key.index_version)
    )


async def _make(connection: Connection, relying_party: str, key: PersonKey) -> bool:
    return await insert_if_absent(
        connection,
        persons,
        relying_party=relying_party,
        person_index=key.index,
        index_version=key.index_version,
        person_id=key.person_id,
        accounts=0,
        closed=False,
    )


async def take_slot(connection: Connection, *, relying_party: str, person_id: str, limit: int) -> bool:
    """Take one of the person's slots; False if all are taken."""
    result = await connection.execute(
        update(persons)
        .where(
            persons.c.relying_party == relying_party,
            persons.c.person_id == person_id,
            persons.c.accounts < limit,
        )
        .values(accounts=persons.c.accounts + 1)
    )
    return result.rowcount == 1


async def free_slot(connection: Connection, *, relying_party: str, person_id: str) -> None:
    """Give back a slot that a claim took."""
    await connection.execute(
        update(persons)
        .where(
            persons.c.relying_party == relying_party,
            persons.c.person_id == person_id,
            persons.c.accounts > 0,
        )
        .values(accounts=persons.c.accounts - 1)
    )


async def mismatches_of(
    connection: Connection, *, relying_party: str, key: PersonKey, now: datetime
) -> list[datetime]:
    """Return when the person's definite mismatches of the last day happened, oldest first."""
    rows = await connection.execute(
        select(mismatches.c.happened_at)
        .where(
            mismatches.c.relying_party == relying_party,
            mismatches.c.limiter_key.in_([key.limiter_key, key.yesterday_key]),
            mismatches.c.happened_at > now - _LIMITER_WINDOW,
        )
        .order_by(mismatches.c.happened_at)
    )
    return list(rows.scalars())


async def count_mismatch(
    connection: Connection, *, relying_party: str, limiter_key: bytes, claim_id: str, now: datetime
) -> None:
    """Count one definite mismatch of whoever the limiter key is."""
    await connection.execute(
        insert(mismatches).values(
            relying_party=relying_party, limiter_key=limiter_key, claim_id=claim_id, happened_at=now
        )
    )


async def forget_mismatches(connection: Connection, *, now: datetime) -> None:
    """Delete the mismatches that no limit looks at any more."""
    await connection.execute(delete(mismatches).where(mismatches.c.happened_at <= now - _LIMITER_WINDOW))
