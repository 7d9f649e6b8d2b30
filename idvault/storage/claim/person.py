"""Rows of persons: found by blind index, with the slots they use and their mismatches."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, delete, insert, literal_column, select, update

from idvault.ports.claim import PersonKey
from idvault.storage.base.connection import Connection
from idvault.storage.base.locking import for_change
from idvault.storage.base.statement import Statement, param, scalar, statement, upsert
from idvault.storage.claim.tables import mismatches, persons

_LIMITER_WINDOW = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class StoredPerson:
    """A person at one relying party, whose row this act has locked.

    took_slot: whether the person was found by taking one of its slots.
    """

    person_id: str
    closed: bool
    took_slot: bool = False


_PARTY = persons.c.relying_party == param("party")
_ID = persons.c.person_id == param("person_id")

# An expression, so that rows are sorted: to use an index for the order, SQLite would read the whole party.
_BY_ID = persons.c.person_id + literal_column("''")


def _locked(*indexes: Any) -> Statement[Any]:
    found = persons.c.person_index.in_(indexes)
    return statement(for_change(select(persons).where(_PARTY, found).order_by(_BY_ID)))


_OTHER = persons.alias()
# Also found by person_index: for `OR person_id = …` SQLite would read every person of the party.
_ALSO = (
    select(_OTHER.c.person_index)
    .where(_OTHER.c.relying_party == param("party"), _OTHER.c.person_id == param("also"))
    .scalar_subquery()
)
_LOCK = _locked(param("index"), param("previous"))
_LOCK_TWO = _locked(param("index"), param("previous"), _ALSO)
_MOVE = statement(
    update(persons)
    .where(_PARTY, persons.c.person_index == param("previous"))
    .values(person_index=param("index"), index_version=param("version"))
)
_HAS_ROOM = persons.c.accounts < param("limit", Integer)
_TAKE: Statement[StoredPerson] = statement(
    upsert(persons)
    .values(
        relying_party=param("party"),
        person_index=param("index"),
        index_version=param("version"),
        person_id=param("person_id"),
        accounts=1,
        closed=False,
    )
    .on_conflict_do_update(
        index_elements=[persons.c.relying_party, persons.c.person_index],
        set_={"accounts": persons.c.accounts + 1},
        where=_HAS_ROOM,
    )
    .returning(persons.c.person_id, persons.c.closed),
    lambda row: StoredPerson(row.person_id, row.closed, took_slot=True),
)
_TAKE_SLOT = statement(update(persons).where(_PARTY, _ID, _HAS_ROOM).values(accounts=persons.c.accounts + 1))
_FREE_SLOT = statement(
    update(persons).where(_PARTY, _ID, persons.c.accounts > 0).values(accounts=persons.c.accounts - 1)
)
_MISMATCHES: Statement[datetime] = statement(
    select(mismatches.c.happened_at)
    .where(
        mismatches.c.relying_party == param("party"),
        mismatches.c.limiter_key.in_([param("today"), param("yesterday")]),
        mismatches.c.happened_at > param("after"),
    )
    .order_by(mismatches.c.happened_at),
    scalar,
)
_COUNT = statement(insert(mismatches))
_FORGET = statement(delete(mismatches).where(mismatches.c.happened_at <= param("until")))


async def find(
    connection: Connection, *, relying_party: str, key: PersonKey, also: str | None, known: bool, limit: int
) -> StoredPerson:
    """Lock and return the person of a key; moves one found by its previous index, and creates a missing one.

    also: another person whose slot this act may free; both rows are locked in id order to prevent deadlocks.
    known: whether the person probably exists; if not, the first try is an upsert that takes a slot. limit:
    how many slots a person has. A missing person is created with one slot taken.
    """
    look = known or key.previous is not None
    while True:
        if look:
            found = await _lock(connection, relying_party, key, also)
        else:
            found = await _take(connection, relying_party, key, limit)
        if found is not None:
            return found
        look = not look


async def _lock(
    connection: Connection, relying_party: str, key: PersonKey, also: str | None
) -> StoredPerson | None:
    where = {"party": relying_party, "index": key.index, "previous": key.previous or key.index}
    found = await (
        connection.all(_LOCK, **where) if also is None else connection.all(_LOCK_TWO, also=also, **where)
    )
    rows: dict[bytes, Any] = {row.person_index: row for row in found}
    row = rows.get(key.index)
    if row is None and key.previous is not None:
        row = rows.get(key.previous)
        if row is not None:
            await connection.run(_MOVE, version=key.index_version, **where)
    return None if row is None else StoredPerson(row.person_id, row.closed)


async def _take(
    connection: Connection, relying_party: str, key: PersonKey, limit: int
) -> StoredPerson | None:
    """Create a person with one slot taken, or take a slot of a stored one; None if no slot is left."""
    return await connection.one(
        _TAKE,
        party=relying_party,
        index=key.index,
        version=key.index_version,
        person_id=key.person_id,
        limit=limit,
    )


async def take_slot(connection: Connection, *, relying_party: str, person_id: str, limit: int) -> bool:
    """Take one of the person's slots; False if all are taken."""
    return await connection.run(_TAKE_SLOT, party=relying_party, person_id=person_id, limit=limit) == 1


async def free_slot(connection: Connection, *, relying_party: str, person_id: str) -> None:
    """Free a slot that a claim took."""
    await connection.run(_FREE_SLOT, party=relying_party, person_id=person_id)


async def mismatches_of(
    connection: Connection, *, relying_party: str, key: PersonKey, now: datetime
) -> list[datetime]:
    """Return the times of the person's definite mismatches in the last day, oldest first."""
    return await connection.all(
        _MISMATCHES,
        party=relying_party,
        today=key.limiter_key,
        yesterday=key.yesterday_key,
        after=now - _LIMITER_WINDOW,
    )


async def count_mismatch(
    connection: Connection, *, relying_party: str, limiter_key: bytes, claim_id: str, now: datetime
) -> None:
    """Record a definite mismatch for a limiter key."""
    await connection.run(
        _COUNT, relying_party=relying_party, limiter_key=limiter_key, claim_id=claim_id, happened_at=now
    )


async def forget_mismatches(connection: Connection, *, now: datetime) -> None:
    """Delete the mismatches older than the limiter's window."""
    await connection.run(_FORGET, until=now - _LIMITER_WINDOW)
