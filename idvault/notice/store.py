"""The rows of notices, the marks that they leave, and the persons and accounts that they concern.

Statements take the persons of all platforms at once: how many there are does not depend on whether anybody is
found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Integer,
    LargeBinary,
    String,
    case,
    cast,
    delete,
    exists,
    literal_column,
    null,
    or_,
    select,
    true,
    tuple_,
    update,
)

from idvault.account.rules import KEPT_FOR, Pairing
from idvault.account.store import forgetting, parting
from idvault.account.store import notice as account_notice
from idvault.account.store.forgetting import BY_ID, Person
from idvault.account.store.person import PRESENT_ID
from idvault.core.db.connection import Connection
from idvault.core.db.listing import listed
from idvault.core.db.statement import (
    Micros,
    Statement,
    by_index,
    for_change,
    lock_of_number,
    param,
    scalar,
    statement,
    upsert,
)
from idvault.core.tables import ID, NAME
from idvault.core.tables.account import accounts, withdrawals
from idvault.core.tables.claim import persons, representatives
from idvault.core.tables.notice import notice_feeds, person_marks, registry_notices
from idvault.notice.rules import KeptNotice, Paired
from idvault_verify.account import AccountState
from idvault_verify.notice import NoticeKind

Marking = tuple[str, str, str | None]
"""A relying party, the id of a person there, and the id of the person whose number was replaced."""


def _kept(row: Any) -> KeptNotice:
    return KeptNotice(row.notice_id, NoticeKind(row.kind), row.day)


_ADD: Statement[str] = statement(
    upsert(registry_notices)
    .on_conflict_do_nothing(index_elements=[registry_notices.c.notice_id])
    .returning(registry_notices.c.notice_id),
    scalar,
)
_GET: Statement[KeptNotice] = statement(
    select(registry_notices).where(registry_notices.c.notice_id == param("notice")), _kept
)
_NEW_FEED = upsert(notice_feeds)
_ADVANCE = statement(
    _NEW_FEED.on_conflict_do_update(
        index_elements=[notice_feeds.c.registry],
        set_={"last_notice_id": _NEW_FEED.excluded.last_notice_id},
    )
)
_CAUGHT_UP = statement(
    _NEW_FEED.on_conflict_do_update(
        index_elements=[notice_feeds.c.registry],
        set_={"caught_up_at": _NEW_FEED.excluded.caught_up_at},
    )
)
_LAST: Statement[str] = statement(
    select(notice_feeds.c.last_notice_id).where(notice_feeds.c.registry == param("registry")), scalar
)
LONGEST_BEHIND: Statement[datetime | None] = statement(
    select(notice_feeds.c.caught_up_at)
    .where(notice_feeds.c.caught_up_at.is_not(None))
    .order_by(notice_feeds.c.caught_up_at)
    .limit(literal_column("1")),
    scalar,
)
"""When the feed that is furthest behind had nothing more (business time)."""


async def add(connection: Connection, notice: KeptNotice) -> bool:
    """Insert a notice; False if one of this id is there."""
    row = {"notice_id": notice.notice_id, "kind": notice.kind.value, "day": notice.day}
    return await connection.one(_ADD, **row) is not None


async def get(connection: Connection, notice_id: str) -> KeptNotice | None:
    """Return what is kept of a notice."""
    return await connection.one(_GET, notice=notice_id)


async def last(connection: Connection, registry: str) -> str:
    """Return the id of the notice that a registry submitted last, "" if there is none."""
    return await connection.one(_LAST, registry=registry) or ""


async def advance(connection: Connection, registry: str, *, notice_id: str) -> None:
    """Store which notice a registry submitted last."""
    await connection.later(_ADVANCE, registry=registry, last_notice_id=notice_id, caught_up_at=None)


async def caught_up(connection: Connection, registry: str, *, now: datetime) -> None:
    """Store that the feed of a registry had nothing more."""
    await connection.later(_CAUGHT_UP, registry=registry, last_notice_id="", caught_up_at=now)


@dataclass(frozen=True, slots=True)
class SoughtPerson:
    """A person at a platform, by one of the indexes of a document. is_new: of the new document."""

    party: str
    index: bytes
    is_new: bool


@dataclass(frozen=True, slots=True)
class FoundPerson:
    """A person that was found, whose row is locked. is_new: by the new document."""

    party: str
    person_id: str
    is_new: bool
    index_version: int = 0


_SOUGHT = listed("sought", party=NAME, person_index=LargeBinary, place=Integer)
_FIND: Statement[FoundPerson] = statement(
    for_change(
        select(persons.c.relying_party, PRESENT_ID, persons.c.index_version, _SOUGHT.c.place)
        .join_from(
            _SOUGHT,
            persons,
            (persons.c.relying_party == _SOUGHT.c.party) & (persons.c.person_index == _SOUGHT.c.person_index),
        )
        .order_by(persons.c.relying_party, BY_ID),
        of=persons,
    ),
    lambda row: FoundPerson(row.relying_party, row.person_id, bool(row.place), row.index_version),
)
_NUMBERS = listed("numbers", number=BigInteger)
_LOCK_NUMBERS = statement(select(lock_of_number(_NUMBERS.c.number)))
_NEW = listed("fresh", party=NAME, person_index=LargeBinary, index_version=Integer, person_id=ID)
_ZERO: Any = literal_column("0")
_MEET: Statement[FoundPerson] = statement(
    upsert(persons)
    .from_select(
        ["relying_party", "person_index", "index_version", "person_id", "accounts", "sanctions"],
        select(_NEW.c.party, _NEW.c.person_index, _NEW.c.index_version, _NEW.c.person_id, _ZERO, _ZERO).where(
            true()
        ),
    )
    # The update changes nothing; it locks a stored person as it finds it.
    .on_conflict_do_update(
        index_elements=[persons.c.relying_party, persons.c.person_index],
        set_={"accounts": persons.c.accounts},
    )
    .returning(persons.c.relying_party, PRESENT_ID),
    lambda row: FoundPerson(row.relying_party, row.person_id, True),
)
_PERSONS = listed("given", party=NAME, person_id=ID)


def _formers() -> Statement[Person]:
    """Build the read of the persons whose number those given replaced, over any uncontested replacements."""
    reached = select(_PERSONS.c.party, _PERSONS.c.person_id).cte("reached", recursive=True)
    reached = reached.union(
        # PostgreSQL compares types with their lengths, which the first part has not. A former person that is
        # null leads nowhere; a condition that it is not would make SQLite take another index.
        select(cast(person_marks.c.relying_party, String), cast(person_marks.c.former_id, String)).where(
            person_marks.c.relying_party == reached.c.party,
            person_marks.c.person_id == reached.c.person_id,
            person_marks.c.contested_at.is_(None),
        )
    )
    is_reached = tuple_(persons.c.relying_party, persons.c.person_id).in_(
        select(reached.c.party, reached.c.person_id)
    )
    return statement(
        for_change(
            select(persons.c.relying_party, persons.c.person_id)
            .where(is_reached)
            .order_by(persons.c.relying_party, BY_ID)
        ),
        tuple,
    )


_WITH_FORMERS = _formers()
_IS_GIVEN = tuple_(persons.c.relying_party, persons.c.person_id).in_(
    select(_PERSONS.c.party, _PERSONS.c.person_id)
)
LOCK_BOTH = statement(
    for_change(select(persons.c.person_id).where(_IS_GIVEN).order_by(persons.c.relying_party, BY_ID))
)
_FLAG = statement(
    update(persons)
    .where(persons.c.relying_party == _PERSONS.c.party, persons.c.person_id == _PERSONS.c.person_id)
    .values(marked=literal_column("TRUE"))
)
_MARKS = listed("marks", party=NAME, person_id=ID, former_id=ID)


def _pairing(row: Any) -> Pairing:
    return Pairing(row.relying_party, row.person_id, row.former_id, row.notice_id)


_FELL = person_marks.alias("fell")
_SIGNER = param("signer", ID)
_SAME_FALLEN = (
    (_FELL.c.relying_party == _MARKS.c.party)
    & (_FELL.c.person_id == _MARKS.c.person_id)
    & (_FELL.c.fallen_id == _MARKS.c.former_id)
)
# A pairing that fell comes back by another key only, and is then confirmed: two keys said so.
COUNTING: Statement[Pairing] = statement(
    select(_MARKS.c.party, _MARKS.c.person_id, _MARKS.c.former_id).where(
        ~exists().where(_SAME_FALLEN, _FELL.c.signer == _SIGNER)
    ),
    lambda row: Pairing(row.party, row.person_id, row.former_id),
)
_AGAIN = case((exists().where(_SAME_FALLEN, _FELL.c.signer != _SIGNER), true()), else_=null())
_OF_PARTY = person_marks.c.relying_party == _MARKS.c.party
STANDING: Statement[Pairing] = statement(
    select(
        person_marks.c.relying_party,
        person_marks.c.person_id,
        person_marks.c.former_id,
        person_marks.c.notice_id,
    ).join_from(
        _MARKS,
        person_marks,
        # The platform is in each part, so that SQLite uses an index for each.
        or_(
            _OF_PARTY & (person_marks.c.former_id == _MARKS.c.former_id),
            _OF_PARTY
            & (person_marks.c.former_id == _MARKS.c.person_id)
            & (person_marks.c.person_id == _MARKS.c.former_id),
        ),
    ),
    _pairing,
)
_ENDED = listed("ended", party=NAME, person_id=ID, notice_id=ID)
END = statement(
    delete(person_marks).where(
        tuple_(person_marks.c.relying_party, person_marks.c.person_id, person_marks.c.notice_id).in_(
            select(_ENDED.c.party, _ENDED.c.person_id, _ENDED.c.notice_id)
        )
    )
)
_NEW_MARK = upsert(person_marks).from_select(
    ["relying_party", "person_id", "notice_id", "kind", "former_id", "signer", "confirmed"],
    # The condition tells SQLite's parser that ON begins no join.
    select(
        _MARKS.c.party,
        _MARKS.c.person_id,
        param("notice", ID),
        param("kind", ID),
        _MARKS.c.former_id,
        _SIGNER,
        _AGAIN,
    ).where(true()),
)
_BY_OTHER_KEY = person_marks.c.signer != _NEW_MARK.excluded.signer
# The same pairing by another key confirms it; by the same key it ends no contest.
_MARK = statement(
    _NEW_MARK.on_conflict_do_update(
        index_elements=[person_marks.c.relying_party, person_marks.c.former_id],
        set_={
            "notice_id": _NEW_MARK.excluded.notice_id,
            "confirmed": case((_BY_OTHER_KEY, true()), else_=person_marks.c.confirmed),
            "contested_at": case((_BY_OTHER_KEY, null()), else_=person_marks.c.contested_at),
        },
    )
)


async def find(
    connection: Connection, sought: Sequence[SoughtPerson], *, numbers: Sequence[int]
) -> list[FoundPerson]:
    """Lock the persons of some indexes and return them, those of newer indexes last.

    A machine that slept can have made two rows of one person; others find the one of the newer index.

    numbers: of the new document, which others lock while they look for its person under several versions of
    the index key.
    """
    if numbers:
        await connection.all(_LOCK_NUMBERS, numbers=[(each,) for each in sorted(set(numbers))])
    rows = [(each.party, each.index, int(each.is_new)) for each in sought]
    return sorted(await connection.all(_FIND, sought=rows), key=lambda one: one.index_version)


async def meet(connection: Connection, fresh: Sequence[tuple[str, bytes, int, str]]) -> list[FoundPerson]:
    """Add persons of new documents, or find those that were added meanwhile; locks them.

    fresh: relying party, index, version of the index key, and the id for a person who is new.
    """
    return await connection.all(_MEET, fresh=fresh)


async def with_formers(connection: Connection, found: Sequence[Person]) -> list[Person]:
    """Return persons and all whose number theirs replaced, unless that is contested; locks them."""
    return await connection.all(_WITH_FORMERS, given=found)


async def mark(connection: Connection, notice: KeptNotice, marks: Sequence[Marking]) -> None:
    """Mark locked persons."""
    concerned = {(party, one) for party, *both in marks for one in both if one is not None}
    await connection.later(_FLAG, given=sorted(concerned))
    await connection.later(
        _MARK, notice=notice.notice_id, kind=notice.kind.value, signer=notice.signer, marks=marks
    )


async def counting(connection: Connection, notice: KeptNotice, pairs: Sequence[Pairing]) -> list[Pairing]:
    """Return which pairings of locked persons a notice makes or repeats: those that fell need another key."""
    return await connection.all(COUNTING, signer=notice.signer, marks=_triples(pairs))


async def standing(connection: Connection, pairs: Sequence[Pairing]) -> list[Pairing]:
    """Return the pairings of the same former persons, and those that say the reverse."""
    return await connection.all(STANDING, marks=_triples(pairs))


def _triples(pairs: Sequence[Pairing]) -> list[Marking]:
    return [(each.party, each.person_id, each.former_id) for each in pairs]


# SQLite has no statistics, and would read every account that is VERIFIED.
_ACCOUNTS = statement(
    by_index(
        select(accounts.c.account_token, accounts.c.relying_party, accounts.c.person_id)
        .join_from(_PERSONS, accounts, accounts.c.person_id == _PERSONS.c.person_id)
        .where(
            accounts.c.relying_party == _PERSONS.c.party,
            accounts.c.state == literal_column(f"'{AccountState.VERIFIED.value}'"),
        )
        .order_by(accounts.c.account_token),
        accounts,
        "ix_accounts_person",
    ),
    lambda row: (row.account_token, (row.relying_party, row.person_id)),
)


_WITHDRAWN = statement(
    by_index(
        select(withdrawals.c.account_token, withdrawals.c.relying_party, withdrawals.c.person_id)
        .join_from(_PERSONS, withdrawals, withdrawals.c.person_id == _PERSONS.c.person_id)
        .where(
            withdrawals.c.relying_party == _PERSONS.c.party,
            withdrawals.c.ended_at.is_(None),
            # What cannot come back any more has no day, although its person is still known.
            withdrawals.c.withdrawn_at > param("since", Micros),
            withdrawals.c.state == literal_column(f"'{AccountState.VERIFIED.value}'"),
        ),
        withdrawals,
        "ix_withdrawals_person",
    ),
    lambda row: (row.account_token, (row.relying_party, row.person_id)),
)


async def verified_accounts(
    connection: Connection, found: Sequence[Person], *, now: datetime
) -> list[tuple[str, Person]]:
    """Return the tokens of the VERIFIED accounts of locked persons, each with its person, in order.

    Also of those that were VERIFIED and are REVOKED, as long as they may get that back
    (session.reinstatement.rules).
    """
    verified = await connection.all(_ACCOUNTS, given=found)
    withdrawn = await connection.all(_WITHDRAWN, given=found, since=now - KEPT_FOR)
    return sorted([*verified, *withdrawn])


# Their sealed records, which nothing leads to any more, end when they would have ended.
_END_WAITS = statement(
    delete(representatives).where(
        representatives.c.due_at.is_not(None),
        tuple_(representatives.c.relying_party, representatives.c.person_id).in_(
            select(_PERSONS.c.party, _PERSONS.c.person_id)
        ),
    )
)


async def end_waits(connection: Connection, found: Sequence[Person]) -> None:
    """Let locked organisations wait for no representative who proves to be present."""
    await connection.later(_END_WAITS, given=found)


_OF_NOTICE = person_marks.c.notice_id == param("notice")
_MARKED: Statement[Person] = statement(
    for_change(
        select(persons.c.relying_party, persons.c.person_id)
        .join_from(
            person_marks,
            persons,
            (persons.c.relying_party == person_marks.c.relying_party)
            & or_(
                persons.c.person_id == person_marks.c.person_id,
                persons.c.person_id == person_marks.c.former_id,
            ),
        )
        .where(_OF_NOTICE)
        .order_by(persons.c.relying_party, BY_ID),
        of=persons,
    ),
    tuple,
)
PAIRED: Statement[Pairing] = statement(
    select(person_marks).where(_OF_NOTICE, person_marks.c.former_id.is_not(None)), _pairing
)
_UNMARK = statement(delete(person_marks).where(_OF_NOTICE))
_HAS_MARK = exists().where(
    person_marks.c.relying_party == persons.c.relying_party,
    or_(person_marks.c.person_id == persons.c.person_id, person_marks.c.former_id == persons.c.person_id),
)
_UNFLAG = statement(
    update(persons)
    .where(
        persons.c.relying_party == _PERSONS.c.party,
        persons.c.person_id == _PERSONS.c.person_id,
        ~_HAS_MARK,
    )
    .values(marked=None)
)


async def unmark(connection: Connection, notice_id: str) -> None:
    """Take away the marks of a notice, what rests on its pairings, and persons of whom nothing is left."""
    found = sorted(set(await connection.all(_MARKED, notice=notice_id)))
    await parting.part(connection, await connection.all(PAIRED, notice=notice_id))
    await connection.run(_UNMARK, notice=notice_id)
    await _part(connection, found)


async def pair(connection: Connection, notice: KeptNotice, paired: Paired) -> None:
    """Pair locked persons, and end the pairings that these replace."""
    ended = [(each.party, each.person_id, each.notice_id) for each in paired.ended]
    await parting.part(connection, paired.ended)
    await connection.run(END, ended=ended)
    await mark(connection, notice, _triples([*paired.made, *paired.again]))
    await account_notice.take_over(connection, notice.notice_id, paired.again)
    await _part(connection, sorted({(party, one) for party, one, _ in ended}))


async def _part(connection: Connection, found: Sequence[Person]) -> None:
    """Leave persons without a pairing that ended, or forget them."""
    await connection.run(_UNFLAG, given=found)
    await forgetting.forget(connection, found)


_IS_PAIRING = (
    (person_marks.c.relying_party == param("party"))
    & (person_marks.c.person_id == param("person_id"))
    & person_marks.c.former_id.is_not(None)
)
_CONTEST = statement(
    update(person_marks)
    .where(_IS_PAIRING, person_marks.c.confirmed.is_(None), person_marks.c.contested_at.is_(None))
    .values(contested_at=param("now"))
)
DUE_PAIRINGS: Statement[Pairing] = statement(
    select(person_marks)
    .where(person_marks.c.contested_at <= param("before"), person_marks.c.former_id.is_not(None))
    .order_by(person_marks.c.contested_at)
    .limit(param("limit", Integer)),
    _pairing,
)
_FALL = statement(
    update(person_marks)
    .where(
        _IS_PAIRING,
        person_marks.c.notice_id == param("notice"),
        person_marks.c.contested_at <= param("before"),
    )
    .values(former_id=None, fallen_id=person_marks.c.former_id, contested_at=None)
)


async def contest(connection: Connection, *, party: str, person_id: str, now: datetime) -> None:
    """Store that the holder of a number denies that it replaced another one, unless two keys said so."""
    await connection.run(_CONTEST, party=party, person_id=person_id, now=now)


async def due_pairings(connection: Connection, *, before: datetime, limit: int) -> list[Pairing]:
    """Return the pairings that have been contested since a time, the longest first."""
    return await connection.all(DUE_PAIRINGS, before=before, limit=limit)


async def fall(connection: Connection, due: Pairing, *, before: datetime) -> bool:
    """End a contested pairing, and what rests on it; False if it was confirmed meanwhile."""
    both = sorted([(due.party, due.person_id), (due.party, due.former_id)])
    await connection.all(LOCK_BOTH, given=both)
    which = {"party": due.party, "person_id": due.person_id, "notice": due.notice_id}
    if not await connection.run(_FALL, **which, before=before):
        return False
    await parting.part(connection, [due])
    await _part(connection, both)
    return True
