"""Rows of persons: found by blind index, with the slots they hold and the mismatches counted against them."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, or_, select, update

from idvault.ports.claim import PersonKey
from idvault.storage.base.connection import Connection
from idvault.storage.base.locking import for_change
from idvault.storage.base.statement import param, scalar, statement, upsert
from idvault.storage.claim.tables import mismatches, persons

_LIMITER_WINDOW = timedelta(days=1)

_OF_PARTY = persons.c.relying_party == param("party")
_BY_ID = persons.c.person_id == param("person_id")
_BY_INDEX = persons.c.person_index.in_([param("index"), param("previous")])
_LOCK = statement(for_change(select(persons).where(_OF_PARTY, _BY_INDEX)))
_LOCK_BOTH = statement(
    for_change(
        select(persons)
        .where(
            _OF_PARTY,
            persons.c.person_id.in_(
                select(persons.c.person_id)
                .where(_OF_PARTY, _BY_INDEX)
                .union_all(select(persons.c.person_id).where(_OF_PARTY, _BY_ID))
            ),
        )
        .order_by(persons.c.person_id)
    )
)
_MOVE = statement(
    update(persons)
    .where(_OF_PARTY, persons.c.person_index == param("previous"))
    .values(person_index=param("index"), index_version=param("version"))
)
_MAKE = statement(
    upsert(persons)
    .on_conflict_do_nothing(index_elements=list(persons.primary_key))
    .returning(persons.c.person_id)
)
_TAKE_SLOT = statement(
    update(persons)
    .where(_OF_PARTY, _BY_ID, persons.c.accounts < param("limit"))
    .values(accounts=persons.c.accounts + 1)
)
_FREE_SLOT = statement(
    update(persons).where(_OF_PARTY, _BY_ID, persons.c.accounts > 0).values(accounts=persons.c.accounts - 1)
)
_MISMATCHES = statement(
    select(mismatches.c.happened_at)
    .where(
        mismatches.c.relying_party == param("party"),
        or_(
            mismatches.c.limiter_key == param("today_key"), mismatches.c.limiter_key == param("yesterday_key")
        ),
        mismatches.c.happened_at > param("since"),
    )
    .order_by(mismatches.c.happened_at),
    scalar,
)
_ADD_MISMATCH = statement(insert(mismatches))
_FORGET_MISMATCHES = statement(delete(mismatches).where(mismatches.c.happened_at <= param("before")))


@dataclass(frozen=True, slots=True)
class StoredPerson:
    """A person at one relying party, whose row this act has locked.

    has_slot: whether the person was made with its first slot taken.
    """

    person_id: str
    closed: bool
    has_slot: bool = False


async def find(
    connection: Connection, *, relying_party: str, key: PersonKey, also: str | None, limit: int
) -> StoredPerson:
    """Lock and return the person of a key, made if there is none; moves one found by its former index.

    also: another person whose slot this act may free. Both rows are locked in the order of their ids, so
    that no two acts wait for each other. limit: how many slots a person has; one who is made takes the first.
    """
    while True:
        found = await _lock(connection, relying_party, key, also)
        if found is not None:
            return found
        if await _make(connection, relying_party, key, slots=min(1, limit)):
            return StoredPerson(key.person_id, closed=False, has_slot=limit > 0)


async def _lock(
    connection: Connection, relying_party: str, key: PersonKey, also: str | None
) -> StoredPerson | None:
    wanted = {"party": relying_party, "index": key.index, "previous": key.previous or key.index}
    if also is None:
        rows = await connection.all(_LOCK, **wanted)
    else:
        rows = await connection.all(_LOCK_BOTH, **wanted, person_id=also)
    found = {row.person_index: row for row in rows}
    row = found.get(key.index)
    if row is None and key.previous is not None:
        row = found.get(key.previous)
        if row is not None:
            await _move(connection, relying_party, key)
    return None if row is None else StoredPerson(row.person_id, row.closed)


async def _move(connection: Connection, relying_party: str, key: PersonKey) -> None:
    await connection.run(
        _MOVE, party=relying_party, previous=key.previous, index=key.index, version=key.index_version
    )


async def _make(connection: Connection, relying_party: str, key: PersonKey, *, slots: int) -> bool:
    made = await connection.one(
        _MAKE,
        relying_party=relying_party,
        person_index=key.index,
        index_version=key.index_version,
        person_id=key.person_id,
        accounts=slots,
        closed=False,
    )
    return made is not None


async def take_slot(connection: Connection, *, relying_party: str, person_id: str, limit: int) -> bool:
    """Take one of the person's slots; False if all are taken."""
    return await connection.run(_TAKE_SLOT, party=relying_party, person_id=person_id, limit=limit) == 1


async def free_slot(connection: Connection, *, relying_party: str, person_id: str) -> None:
    """Give back a slot that a claim took."""
    await connection.run(_FREE_SLOT, party=relying_party, person_id=person_id)


async def mismatches_of(
    connection: Connection, *, relying_party: str, key: PersonKey, now: datetime
) -> list[datetime]:
    """Return when the person's definite mismatches of the last day happened, oldest first."""
    return await connection.all(
        _MISMATCHES,
        party=relying_party,
        today_key=key.limiter_key,
        yesterday_key=key.yesterday_key,
        since=now - _LIMITER_WINDOW,
    )


async def count_mismatch(
    connection: Connection, *, relying_party: str, limiter_key: bytes, claim_id: str, now: datetime
) -> None:
    """Record a definite mismatch for this limiter key."""
    await connection.run(
        _ADD_MISMATCH,
        relying_party=relying_party,
        limiter_key=limiter_key,
        claim_id=claim_id,
        happened_at=now,
    )


async def forget_mismatches(connection: Connection, *, now: datetime) -> None:
    """Delete the mismatches that no limit looks at any more."""
    await connection.run(_FORGET_MISMATCHES, before=now - _LIMITER_WINDOW)
