"""Rows of persons, found by blind index: their slots, sanctions of scope PERSON, and followers."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    Integer,
    case,
    delete,
    func,
    insert,
    literal_column,
    or_,
    select,
    tuple_,
    update,
)

from idvault.account import rules as account_rules
from idvault.account.rules import DueFollower, Facts, Follower, Mark, PersonSanction, Slot
from idvault.account.store import forgetting
from idvault.account.store import rows as account_rows
from idvault.account.store.forgetting import BY_ID
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among
from idvault.core.db.statement import (
    Statement,
    by_index,
    for_change,
    lock_of_number,
    param,
    scalar,
    statement,
    to_micros,
    upsert,
)
from idvault.core.tables.claim import persons
from idvault.core.tables.notice import person_marks
from idvault.core.tables.sanction import follower_closings, followers, sanctions
from idvault.sealing.ports import PersonKey
from idvault_verify.notice import NoticeKind
from idvault_verify.sanction import Degree, SanctionState

_MICROSECOND = timedelta(microseconds=1)


def _of_person(row: Any) -> PersonSanction:
    return PersonSanction(row.sanction_id, row.account_token, Degree(row.degree), row.started_at, row.end_at)


def _follower(row: Any) -> Follower:
    return Follower(row.sanction_id, Degree(row.degree), row.end_at)


_OF_PERSON: Statement[PersonSanction] = statement(
    select(
        sanctions.c.sanction_id,
        sanctions.c.account_token,
        sanctions.c.degree,
        sanctions.c.started_at,
        sanctions.c.end_at,
    ).where(
        sanctions.c.relying_party == param("party"),
        sanctions.c.person_id == param("person"),
        sanctions.c.state == literal_column(f"'{SanctionState.IN_FORCE.value}'"),
    ),
    _of_person,
)
_OF_ACCOUNT: Statement[Follower] = statement(
    select(followers)
    .where(followers.c.account_token == param("token"))
    .order_by(followers.c.account_token, followers.c.sanction_id),
    _follower,
)
_ADD = statement(insert(followers))
_MINE = (followers.c.account_token == param("token")) & (followers.c.sanction_id == param("sanction"))
_REMOVE = statement(delete(followers).where(_MINE))
_REMOVE_DUE = statement(delete(followers).where(_MINE, followers.c.due_at <= param("now")))
_CLOSED = statement(insert(follower_closings))
_CLOSED_UNTIL = statement(
    update(follower_closings)
    .where(
        follower_closings.c.account_token == param("token"),
        follower_closings.c.sanction_id == param("sanction"),
    )
    .values(ended_at=param("now"))
)
_DELAYED = followers.c.delay + param("lifted", BigInteger)
_LIFTED = statement(
    update(followers)
    .where(followers.c.relying_party == param("party"), followers.c.sanction_id == param("sanction"))
    .values(
        due_at=case(
            (or_(followers.c.due_at.is_(None), followers.c.due_at > _DELAYED), _DELAYED),
            else_=followers.c.due_at,
        )
    )
)
DUE: Statement[DueFollower] = statement(
    select(followers.c.account_token, followers.c.sanction_id)
    .where(followers.c.due_at <= param("now"))
    .order_by(followers.c.due_at)
    .limit(param("limit", Integer)),
    lambda row: DueFollower(row.account_token, row.sanction_id),
)


async def sanctions_in_force(
    connection: Connection, *, relying_party: str, person_id: str, now: datetime
) -> list[PersonSanction]:
    """Return the sanctions of a person, whose row this act has locked, that are in force now."""
    found = await connection.all(_OF_PERSON, party=relying_party, person=person_id)
    return [each for each in found if each.end_at is None or each.end_at > now]


async def follow(
    connection: Connection,
    *,
    relying_party: str,
    account_token: str,
    in_force: Sequence[PersonSanction],
    delay: timedelta,
    now: datetime,
) -> str | None:
    """Let a locked account follow these sanctions, and no others; return what it follows if that is new."""
    wanted = {
        each.sanction_id: each
        for each in account_rules.followers(sanctions=in_force, account_token=account_token)
    }
    former = {each.sanction_id: each for each in await connection.all(_OF_ACCOUNT, token=account_token)}
    if wanted.keys() == former.keys():
        return None
    for sanction_id in former.keys() - wanted.keys():
        await connection.run(_REMOVE, token=account_token, sanction=sanction_id)
        await _end(connection, account_token, former[sanction_id], now)
    for sanction_id in sorted(wanted.keys() - former.keys()):
        await _add(connection, relying_party, account_token, wanted[sanction_id], delay)
        await _begin(connection, account_token, wanted[sanction_id], now)
    return await followed(connection, account_token)


async def _add(
    connection: Connection, relying_party: str, account_token: str, follower: Follower, delay: timedelta
) -> None:
    await connection.run(
        _ADD,
        account_token=account_token,
        sanction_id=follower.sanction_id,
        relying_party=relying_party,
        degree=follower.degree.value,
        end_at=follower.end_at,
        delay=delay // _MICROSECOND,
        due_at=follower.end_at,
    )


async def _begin(connection: Connection, account_token: str, follower: Follower, now: datetime) -> None:
    """Keep for the filings of the past since when an account is closed."""
    if follower.degree is not Degree.CLOSE:
        return
    await connection.run(
        _CLOSED,
        account_token=account_token,
        sanction_id=follower.sanction_id,
        started_at=now,
        end_at=follower.end_at,
        ended_at=None,
    )


async def _end(connection: Connection, account_token: str, follower: Follower, now: datetime) -> None:
    if follower.degree is Degree.CLOSE:
        await connection.run(_CLOSED_UNTIL, token=account_token, sanction=follower.sanction_id, now=now)


async def followed(connection: Connection, account_token: str) -> str:
    """Return the standings that an account follows, as its log entry has them."""
    found = await connection.all(_OF_ACCOUNT, token=account_token)
    return account_rows.pack_periods(tuple(each.period for each in found)) or ""


async def lifted(connection: Connection, *, relying_party: str, sanction_id: str, now: datetime) -> None:
    """Let every follower of a lifted sanction end after its own delay, unless it ends before."""
    await connection.run(_LIFTED, party=relying_party, sanction=sanction_id, lifted=to_micros(now))


async def due(connection: Connection, *, now: datetime, limit: int) -> list[DueFollower]:
    """Return accounts whose standing must no longer follow a sanction, the longest due first."""
    return await connection.all(DUE, now=now, limit=limit)


async def remove_due(connection: Connection, due: DueFollower, *, now: datetime) -> bool:
    """Remove a follower of a locked account if it is due."""
    key = {"token": due.account_token, "sanction": due.sanction_id}
    if await connection.run(_REMOVE_DUE, **key, now=now) == 0:
        return False
    await connection.run(_CLOSED_UNTIL, **key, now=now)
    return True


_TWO = 2
_PARTY = persons.c.relying_party == param("party")
_ID = persons.c.person_id == param("person_id")

_LOCK = statement(
    for_change(
        select(persons)
        .where(_PARTY, persons.c.person_index.in_([param("index"), param("other")]))
        .order_by(BY_ID)
    )
)
# During two rotations at once; the usual number of versions has a statement without a list.
_LOCK_ANY = statement(
    for_change(select(persons).where(_PARTY, among(persons.c.person_index, "indexes")).order_by(BY_ID))
)
_LOCK_NUMBER = statement(select(lock_of_number(param("number", BigInteger))))
_MOVE = statement(
    update(persons)
    .where(_PARTY, persons.c.person_index == param("previous"))
    .values(person_index=param("index"), index_version=param("version"))
)
PRESENT_ID = func.coalesce(persons.c.joined_id, persons.c.person_id).label("person_id")
"""Whose row it is: under a former number, the person with whom this one was made one."""
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
        withdrawals=0,
        marked=None,
        joined_id=None,
    )
    .on_conflict_do_update(
        index_elements=[persons.c.relying_party, persons.c.person_index],
        set_={"accounts": persons.c.accounts},
    )
    .returning(PRESENT_ID),
    scalar,
)
_TAKE_SLOT = statement(
    update(persons)
    .where(
        _PARTY,
        _ID,
        persons.c.sanctions == 0,
        persons.c.withdrawals == 0,
        persons.c.marked.is_(None),
        persons.c.accounts < param("limit", Integer),
    )
    .values(accounts=persons.c.accounts + 1)
)
_LOCK_ONE = statement(
    for_change(
        select(persons.c.sanctions, persons.c.accounts, persons.c.withdrawals, persons.c.marked).where(
            _PARTY, _ID
        )
    )
)
_TAKE_LOCKED = statement(update(persons).where(_PARTY, _ID).values(accounts=persons.c.accounts + 1))
_COUNT_SANCTION = statement(
    update(persons).where(_PARTY, _ID).values(sanctions=persons.c.sanctions + param("by", Integer))
)
_LEAVE = statement(update(persons).where(_PARTY, _ID).values(accounts=persons.c.accounts - 1))
_WITHDRAW = statement(
    update(persons)
    .where(_PARTY, _ID)
    .values(accounts=persons.c.accounts - 1, withdrawals=persons.c.withdrawals + 1)
)
_FREE = statement(update(persons).where(_PARTY, _ID).values(withdrawals=persons.c.withdrawals - 1))


def _reached() -> CTE:
    """Return the persons whose number a person's replaced, and the person itself."""
    start = select(persons.c.relying_party, persons.c.person_id).where(_PARTY, _ID)
    reached = start.cte("reached", recursive=True)
    return reached.union(
        # A former person that is null leads nowhere; a condition that it is not would mislead SQLite.
        select(person_marks.c.relying_party, person_marks.c.former_id).where(
            person_marks.c.relying_party == reached.c.relying_party,
            person_marks.c.person_id == reached.c.person_id,
        )
    )


def _kin() -> CTE:
    """Return the persons that replacements connect with a person in either direction, and the person."""
    start = select(persons.c.relying_party, persons.c.person_id).where(_PARTY, _ID)
    kin = start.cte("kin", recursive=True)
    of_party = person_marks.c.relying_party == kin.c.relying_party
    is_former = person_marks.c.former_id == kin.c.person_id
    return kin.union(
        select(
            person_marks.c.relying_party,
            case((is_former, person_marks.c.person_id), else_=person_marks.c.former_id),
            # The platform is in each part, so that SQLite uses an index for each.
        ).where(or_(of_party & is_former, of_party & (person_marks.c.person_id == kin.c.person_id)))
    )


def _marks_of() -> Statement[Mark]:
    reached = _reached()
    columns = (
        person_marks.c.person_id,
        person_marks.c.kind,
        person_marks.c.former_id,
        person_marks.c.contested_at,
    )
    is_reached = tuple_(person_marks.c.relying_party, person_marks.c.person_id).in_(
        select(reached.c.relying_party, reached.c.person_id)
    )
    return statement(
        select(*columns).where(is_reached),
        lambda row: Mark(
            row.person_id, NoticeKind(row.kind), row.former_id, contested=row.contested_at is not None
        ),
    )


def _closings() -> Statement[PersonSanction]:
    kin = _kin()
    is_kin = tuple_(sanctions.c.relying_party, sanctions.c.person_id).in_(
        select(kin.c.relying_party, kin.c.person_id)
    )
    found = select(
        sanctions.c.sanction_id,
        sanctions.c.account_token,
        sanctions.c.degree,
        sanctions.c.started_at,
        sanctions.c.end_at,
    ).where(
        is_kin,
        sanctions.c.person_id.is_not(None),
        sanctions.c.state == literal_column(f"'{SanctionState.IN_FORCE.value}'"),
        sanctions.c.degree == literal_column(f"'{Degree.CLOSE.value}'"),
    )
    # SQLite has no statistics, and would read every sanction of the platform that is in force.
    return statement(by_index(found, sanctions, "ix_sanctions_person"), _of_person)


MARKS_OF = _marks_of()
"""The marks of a person, and of every person that it may renew accounts of."""
CLOSINGS_OF_KIN = _closings()
"""The closings of a person, and of every person that replacements connect with it."""


async def lock_or_add(connection: Connection, *, relying_party: str, key: PersonKey, known: bool) -> str:
    """Lock the person of a key and return the id.

    A person found by the index of an older version is moved; a missing one is created.

    known: whether the person probably exists; if not, the first try creates it.
    """
    if known or key.others:
        found = await _lock(connection, relying_party, key)
        if found is None and key.others:
            await connection.all(_LOCK_NUMBER, number=key.number)
            found = await _lock(connection, relying_party, key)
        if found is not None:
            return found
    return await connection.only(
        _MEET, party=relying_party, index=key.index, version=key.index_version, person_id=key.person_id
    )


async def find(connection: Connection, *, relying_party: str, key: PersonKey) -> str | None:
    """Lock the row of a key, and return whose it is; None for nobody whom the platform knows."""
    return await _lock(connection, relying_party, key)


async def lock_is_ended(connection: Connection, *, relying_party: str, key: PersonKey) -> bool:
    """Lock the number of a key, and return whether the registry said that its holder is no more.

    Nobody is added, and as many statements run if nobody is known.
    """
    # Those who charge attempts to somebody who has no row here come one after another.
    await connection.all(_LOCK_NUMBER, number=int.from_bytes(key.limiter_key[:8], "big", signed=True))
    found = await _lock(connection, relying_party, key)
    marks = await connection.all(MARKS_OF, party=relying_party, person_id=found or key.person_id)
    return found is not None and account_rules.is_ended(marks=marks, person_id=found)


async def lock_is_barred(
    connection: Connection, *, relying_party: str, person_id: str, now: datetime
) -> bool:
    """Lock a person and return whether the person is closed, or suspended by a sanction in force.

    Sanctions are read in any case, so that the number of statements does not tell whether there are any.
    """
    who = {"relying_party": relying_party, "person_id": person_id}
    await connection.only(_LOCK_ONE, party=relying_party, person_id=person_id)
    closed = await _is_closed(connection, **who, now=now)
    return account_rules.bars(await sanctions_in_force(connection, **who, now=now)) or closed


async def _is_closed(connection: Connection, *, relying_party: str, person_id: str, now: datetime) -> bool:
    """Return whether a person, or one whose number replaced this one's or was replaced by it, is closed."""
    found = await connection.all(CLOSINGS_OF_KIN, party=relying_party, person_id=person_id)
    return any(each.end_at is None or each.end_at > now for each in found)


async def _lock(connection: Connection, relying_party: str, key: PersonKey) -> str | None:
    indexes = (key.index, *key.others)
    if len(indexes) > _TWO:
        rows = await connection.all(_LOCK_ANY, party=relying_party, indexes=indexes)
    else:
        rows = await connection.all(_LOCK, party=relying_party, index=indexes[0], other=indexes[-1])
    # A process writes under a version only when all processes look under it, and one at a time creates a
    # person. A machine that slept through that hour can still make a second row, in the seconds until it has
    # looked; the newer one is the person that others have found.
    row: Any = max(rows, key=lambda each: each.index_version, default=None)
    if row is not None and row.index_version < key.index_version:
        await connection.run(
            _MOVE,
            party=relying_party,
            previous=bytes(row.person_index),
            index=key.index,
            version=key.index_version,
        )
    return None if row is None else str(row.joined_id or row.person_id)


async def take_slot(
    connection: Connection,
    *,
    relying_party: str,
    person_id: str,
    owner_id: str | None,
    is_holder: bool,
    limit: int,
    now: datetime,
) -> tuple[Facts, Sequence[PersonSanction]]:
    """Return the facts that confirm a match, and the sanctions of the account's person that are in force.

    Takes a slot unless the account has one of this person, or of one whose number this person's replaced.
    owner_id: the person that the account, which this act has locked, belongs to. is_holder: whether the
    person proved to be present.
    """
    who = {"party": relying_party, "person_id": person_id}
    if owner_id is None and await connection.run(_TAKE_SLOT, **who, limit=limit):
        return Facts(Slot.TAKEN, person_closed=False, different_owner=False), ()
    marks: Sequence[Mark] = ()
    if owner_id not in {None, person_id}:
        marks = await connection.all(MARKS_OF, **who)
        if owner_id not in account_rules.formers(marks=marks, person_id=person_id):
            ended = account_rules.is_ended(marks=marks, person_id=person_id)
            return Facts(Slot.FULL, person_closed=False, different_owner=True, ended=ended), ()
    owner = {"relying_party": relying_party, "person_id": owner_id or person_id}
    found = await connection.only(_LOCK_ONE, party=relying_party, person_id=owner["person_id"])
    in_force: Sequence[PersonSanction] = ()
    if found.sanctions:
        in_force = await sanctions_in_force(connection, **owner, now=now)
    closed = account_rules.closes(in_force)
    if found.marked:
        marks = marks or await connection.all(MARKS_OF, **who)
        closed = await _is_closed(connection, **owner, now=now) or closed
    ended = account_rules.is_ended(marks=marks, person_id=person_id)
    slot = Slot.FULL if owner_id is None else Slot.OWNED
    withdrawn = slot is Slot.FULL and found.withdrawals > 0 and not is_holder
    # Without sanctions, withdrawals and marks, the first statement has refused the slot already.
    held = found.sanctions or found.withdrawals or found.marked
    refused = closed or withdrawn or (ended and not is_holder)
    if slot is Slot.FULL and held and not refused and found.accounts < limit:
        await connection.run(_TAKE_LOCKED, **who)
        slot = Slot.TAKEN
    return Facts(
        slot, person_closed=closed, different_owner=False, withdrawn=withdrawn, ended=ended
    ), in_force


async def count_sanction(connection: Connection, *, relying_party: str, person_id: str, by: int) -> None:
    """Count a sanction of a person that comes into force, or ends."""
    await connection.run(_COUNT_SANCTION, party=relying_party, person_id=person_id, by=by)


async def withdraw(connection: Connection, *, relying_party: str, person_id: str) -> None:
    """Give back the slot of an account whose verification is withdrawn; the person stays known."""
    await connection.run(_WITHDRAW, party=relying_party, person_id=person_id)


async def take_back(connection: Connection, *, relying_party: str, person_id: str, limit: int) -> bool:
    """Take a slot for an account whose withdrawn verification comes back; False if there is none free.

    What else is known of the person has no part in it: what it would tell concerns other accounts.
    """
    who = {"party": relying_party, "person_id": person_id}
    found = await connection.only(_LOCK_ONE, **who)
    if found.accounts >= limit:
        return False
    await connection.run(_TAKE_LOCKED, **who)
    return True


async def free(connection: Connection, *, relying_party: str, person_id: str) -> None:
    """Count a withdrawal no longer; the person stays known as long as it names them."""
    await connection.run(_FREE, party=relying_party, person_id=person_id)


async def forget(connection: Connection, *, relying_party: str, person_id: str) -> None:
    """Delete a person if nothing is known of them any more."""
    await forgetting.forget(connection, [(relying_party, person_id)])


async def release(connection: Connection, *, relying_party: str, person_id: str) -> None:
    """Give back the slot of an account, and delete the person if nothing else is known of them."""
    who = {"party": relying_party, "person_id": person_id}
    await connection.run(_LEAVE, **who)
    await forgetting.forget(connection, [(relying_party, person_id)])
