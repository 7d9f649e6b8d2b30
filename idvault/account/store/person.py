"""Rows of persons: found by blind index, with the slots they use and the sanctions that concern them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Integer, delete, exists, literal_column, select, update

from idvault.account.rules import person as sanction_rules
from idvault.account.rules.person import PersonSanction
from idvault.account.rules.slot import Facts, Slot
from idvault.account.store import follower as sanctions
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among
from idvault.core.db.locking import for_change, lock_of_number
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.claim import claims, persons
from idvault.sealing.ports import PersonKey
from idvault.verify.claim import ClaimState

_TWO = 2
_PARTY = persons.c.relying_party == param("party")
_ID = persons.c.person_id == param("person_id")

# An expression, so that rows are sorted: to use an index for the order, SQLite would read the whole party.
_BY_ID = persons.c.person_id + literal_column("''")
_LOCK = statement(
    for_change(
        select(persons)
        .where(_PARTY, persons.c.person_index.in_([param("index"), param("other")]))
        .order_by(_BY_ID)
    )
)
# During two rotations at once; the usual number of versions has a statement without a list.
_LOCK_ANY = statement(
    for_change(select(persons).where(_PARTY, among(persons.c.person_index, "indexes")).order_by(_BY_ID))
)
_LOCK_NUMBER = statement(select(lock_of_number(param("number", BigInteger))))
_MOVE = statement(
    update(persons)
    .where(_PARTY, persons.c.person_index == param("previous"))
    .values(person_index=param("index"), index_version=param("version"))
)
# The update changes nothing; it locks a stored person as it finds it.
_MEET: Statement[str] = statement(
    upsert(persons)
    .values(
        relying_party=param("party"),
        person_index=param("index"),
        index_version=param("version"),
        person_id=param("person_id"),
        accounts=0,
        sanctions=0,
    )
    .on_conflict_do_update(
        index_elements=[persons.c.relying_party, persons.c.person_index],
        set_={"accounts": persons.c.accounts},
    )
    .returning(persons.c.person_id),
    scalar,
)
_TAKE_SLOT = statement(
    update(persons)
    .where(
        _PARTY,
        _ID,
        persons.c.sanctions == 0,
        persons.c.accounts < param("limit", Integer),
    )
    .values(accounts=persons.c.accounts + 1)
)
_LOCK_ONE = statement(for_change(select(persons.c.sanctions, persons.c.accounts).where(_PARTY, _ID)))
_TAKE_LOCKED = statement(update(persons).where(_PARTY, _ID).values(accounts=persons.c.accounts + 1))
_COUNT_SANCTION = statement(
    update(persons).where(_PARTY, _ID).values(sanctions=persons.c.sanctions + param("by", Integer))
)
_LEAVE = statement(update(persons).where(_PARTY, _ID).values(accounts=persons.c.accounts - 1))
# An open claim that names the person needs the row to settle; the act that stored it had locked the row.
_FORGET = statement(
    delete(persons).where(
        _PARTY,
        _ID,
        persons.c.accounts == 0,
        persons.c.sanctions == 0,
        ~exists().where(
            claims.c.state == literal_column(f"'{ClaimState.PENDING.value}'"),
            claims.c.relying_party == param("party"),
            claims.c.person_id == param("person_id"),
        ),
    )
)


async def find(connection: Connection, *, relying_party: str, key: PersonKey, known: bool) -> str:
    """Lock the person of a key and return the id.

    A person found by the index of an older version is moved; a missing one is created.

    known: whether the person probably exists; if not, the first try creates it.
    """
    if known or key.others:
        found = await _lock(connection, relying_party, key)
        if found is None and key.others:
            await connection.all(_LOCK_NUMBER, number=_number(key))
            found = await _lock(connection, relying_party, key)
        if found is not None:
            return found
    return await connection.only(
        _MEET, party=relying_party, index=key.index, version=key.index_version, person_id=key.person_id
    )


async def lock_by_id(connection: Connection, *, relying_party: str, person_id: str, now: datetime) -> bool:
    """Lock a person and return whether the person is closed, or suspended by a sanction in force.

    Sanctions are read in any case, so that the number of statements does not tell whether there are any.
    """
    who = {"relying_party": relying_party, "person_id": person_id}
    await connection.only(_LOCK_ONE, party=relying_party, person_id=person_id)
    return sanction_rules.bars(await sanctions.in_force(connection, **who, now=now))


async def _lock(connection: Connection, relying_party: str, key: PersonKey) -> str | None:
    indexes = (key.index, *key.others)
    if len(indexes) > _TWO:
        rows = await connection.all(_LOCK_ANY, party=relying_party, indexes=indexes)
    else:
        rows = await connection.all(_LOCK, party=relying_party, index=indexes[0], other=indexes[-1])
    # A process writes under a version only when all processes look under it, and one at a time creates a
    # person. Two rows are from before this was so; the newer one is the person that others have found.
    row: Any = max(rows, key=lambda each: each.index_version, default=None)
    if row is not None and row.index_version < key.index_version:
        await connection.run(
            _MOVE,
            party=relying_party,
            previous=bytes(row.person_index),
            index=key.index,
            version=key.index_version,
        )
    return None if row is None else str(row.person_id)


def _number(key: PersonKey) -> int:
    """Return what two processes lock when they look for one person, whichever version each writes under.

    Every process knows the index under the first version.
    """
    first = key.others[-1] if key.index_version else key.index
    return int.from_bytes(first[:8], "big", signed=True)


async def take_slot(
    connection: Connection,
    *,
    relying_party: str,
    person_id: str,
    owner_id: str | None,
    limit: int,
    now: datetime,
) -> tuple[Facts, Sequence[PersonSanction]]:
    """Return the facts that confirm a match, and the sanctions of the person that are in force.

    Takes a slot unless the account has one of this person. owner_id: the person that the account, which this
    act has locked, belongs to.
    """
    if owner_id is not None and owner_id != person_id:
        return Facts(Slot.FULL, person_closed=False, different_owner=True), ()
    who = {"party": relying_party, "person_id": person_id}
    if owner_id is None and await connection.run(_TAKE_SLOT, **who, limit=limit):
        return Facts(Slot.TAKEN, person_closed=False, different_owner=False), ()
    found = await connection.only(_LOCK_ONE, **who)
    in_force: Sequence[PersonSanction] = ()
    if found.sanctions:
        in_force = await sanctions.in_force(
            connection, relying_party=relying_party, person_id=person_id, now=now
        )
    closed = sanction_rules.closes(in_force)
    slot = Slot.FULL if owner_id is None else Slot.OWNED
    # Without sanctions, the first statement has refused the slot already.
    if slot is Slot.FULL and found.sanctions and not closed and found.accounts < limit:
        await connection.run(_TAKE_LOCKED, **who)
        slot = Slot.TAKEN
    return Facts(slot, person_closed=closed, different_owner=False), in_force


async def count_sanction(connection: Connection, *, relying_party: str, person_id: str, by: int) -> None:
    """Count a sanction of a person that comes into force, or ends."""
    await connection.run(_COUNT_SANCTION, party=relying_party, person_id=person_id, by=by)


async def release(connection: Connection, *, relying_party: str, person_id: str) -> None:
    """Give back the slot of an account, and delete the person if nothing else is known of them."""
    who = {"party": relying_party, "person_id": person_id}
    await connection.run(_LEAVE, **who)
    await connection.run(_FORGET, **who)
