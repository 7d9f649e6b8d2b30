"""Rows of reports and their sealed texts, and the tries of those who follow one, counted by day."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.listing import among, one_of
from idvault.core.db.statement import Statement, by_index, for_change, param, scalar, statement, upsert
from idvault.core.tables.account import accounts
from idvault.core.tables.tip_off import tip_off_texts, tip_off_tries, tip_offs
from idvault.sealing.ports import SealedModerationText
from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.rules import MOST_NOTES
from idvault_verify.error import FieldCode, InvalidError, NotFoundError, Reason, Violation
from idvault_verify.sanction import SanctionCategory
from idvault_verify.statement import DIGEST_SIZE
from idvault_verify.tip_off import (
    REFERENCE_DIGITS,
    Dismissal,
    ReferralState,
    Reminder,
    TargetKind,
    TipOff,
    TipOffChannel,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
)


class ReferenceTakenError(Exception):
    """Another report of the platform has the reference; the caller must try another id."""


@dataclass(frozen=True, slots=True)
class TipOffText:
    """A sealed text of a report. name: what it is bound to. moderator_id: who wrote a note, else None."""

    name: str
    sealed: SealedModerationText
    moderator_id: str | None = None
    written_at: datetime | None = None


def from_row(row: Any) -> TipOff:
    """Return the report in a row that holds every column of `tip_offs`."""
    evidence = bytes(row.evidence)
    return TipOff(
        tip_off_id=row.tip_off_id,
        relying_party=row.relying_party,
        reference=row.reference,
        channel=TipOffChannel(row.channel),
        target=TipOffTarget(TargetKind(row.target_kind), row.target),
        category=SanctionCategory(row.category),
        evidence=tuple(evidence[at : at + DIGEST_SIZE] for at in range(0, len(evidence), DIGEST_SIZE)),
        reporter_id=row.reporter_id,
        trusted=row.trusted,
        filed_at=row.filed_at,
        due_at=row.due_at,
        secret_hash=bytes(row.secret_hash),
        secret_key=row.secret_key,
        state=TipOffState(row.state),
        assignee=row.assignee,
        answered_at=row.answered_at,
        resolved_at=row.resolved_at,
        outcome=TipOffOutcome(row.outcome) if row.outcome else None,
        dismissal=Dismissal(row.dismissal) if row.dismissal else None,
        merged_into=row.merged_into,
        sanction_id=row.sanction_id,
        reminder=Reminder(row.reminder) if row.reminder else None,
        deleted_at=row.deleted_at,
        operation_id=row.operation_id,
        flooded=row.flooded,
        proposal_id=row.proposal_id,
        proposal_until=row.proposal_until,
        measure_id=row.measure_id,
        referral_id=row.referral_id,
        authority=row.authority,
        authority_id=row.authority_id,
        referral_state=ReferralState(row.referral_state) if row.referral_state else None,
        referral_until=row.referral_until,
        supplemented_at=row.supplemented_at,
    )


_OF_PARTY = tip_offs.c.relying_party == param("party")
_MINE = tip_offs.c.tip_off_id == param("tip_off")
_GET: Statement[TipOff] = statement(select(tip_offs).where(_OF_PARTY, _MINE), from_row)
_LOCK: Statement[TipOff] = statement(for_change(select(tip_offs).where(_OF_PARTY, _MINE)), from_row)
# In one order, so that two acts that lock several reports never wait for each other.
_LOCK_MANY: Statement[TipOff] = statement(
    for_change(
        select(tip_offs)
        .where(_OF_PARTY, among(tip_offs.c.tip_off_id, "tip_offs"))
        .order_by(tip_offs.c.tip_off_id)
    ),
    from_row,
)
_LOCK_REFERENCE: Statement[TipOff] = statement(
    for_change(select(tip_offs).where(_OF_PARTY, tip_offs.c.reference == param("reference"))), from_row
)
_LOCK_MERGED: Statement[TipOff] = statement(
    for_change(
        by_index(
            select(tip_offs)
            .where(_OF_PARTY, among(tip_offs.c.merged_into, "leading"))
            .order_by(tip_offs.c.tip_off_id),
            tip_offs,
            "ix_tip_offs_merged_into",
        )
    ),
    from_row,
)
_OF_REFERENCE: Statement[TipOff] = statement(
    select(tip_offs).where(_OF_PARTY, tip_offs.c.reference == param("reference")), from_row
)
_ADD = statement(
    upsert(tip_offs)
    .on_conflict_do_nothing(index_elements=[tip_offs.c.relying_party, tip_offs.c.reference])
    .returning(tip_offs.c.tip_off_id)
)
_LIFE = (
    "queue",
    "state",
    "assignee",
    "answered_at",
    "resolved_at",
    "outcome",
    "dismissal",
    "merged_into",
    "sanction_id",
    "reminder",
    "remind_at",
    "deleted_at",
    "reporter_id",
    "target",
    "proposal_id",
    "proposal_until",
    "measure_id",
    "referral_id",
    "authority",
    "authority_id",
    "referral_state",
    "referral_until",
    "supplemented_at",
)
_PUT = statement(update(tip_offs).where(_OF_PARTY, _MINE).values({name: param(name) for name in _LIFE}))


async def get(connection: Connection, relying_party: str, tip_off_id: str) -> TipOff:
    """Return a platform's report; raises NotFoundError (TIP_OFF_NOT_FOUND)."""
    return _found(await connection.all(_GET, party=relying_party, tip_off=tip_off_id))


async def lock(connection: Connection, relying_party: str, tip_off_id: str) -> TipOff:
    """Return a platform's report as it is stored now, locked; raises NotFoundError (TIP_OFF_NOT_FOUND)."""
    return _found(await connection.all(_LOCK, party=relying_party, tip_off=tip_off_id))


async def lock_many(
    connection: Connection, relying_party: str, tip_off_ids: Sequence[str]
) -> dict[str, TipOff]:
    """Return reports by id, locked; raises NotFoundError (TIP_OFF_NOT_FOUND) if one is missing."""
    found = await connection.all(_LOCK_MANY, party=relying_party, tip_offs=sorted(tip_off_ids))
    if len(found) != len(set(tip_off_ids)):
        raise NotFoundError(Reason.TIP_OFF_NOT_FOUND)
    return {each.tip_off_id: each for each in found}


async def lock_merged(connection: Connection, relying_party: str, leading: Sequence[str]) -> list[TipOff]:
    """Return the reports that were merged into any of these, locked; those must be locked before."""
    return await connection.all(_LOCK_MERGED, party=relying_party, leading=list(leading))


async def of_reference(connection: Connection, relying_party: str, reference: str) -> TipOff | None:
    """Return the report with a reference."""
    return await connection.one(_OF_REFERENCE, party=relying_party, reference=reference)


async def lock_reference(connection: Connection, relying_party: str, reference: str) -> TipOff | None:
    """Return the report with a reference, locked."""
    return await connection.one(_LOCK_REFERENCE, party=relying_party, reference=reference)


async def add(connection: Connection, tip_off: TipOff) -> None:
    """Insert a report; raises ReferenceTakenError."""
    if await connection.one(_ADD, **_fixed(tip_off), **_life(tip_off)) is None:
        raise ReferenceTakenError


async def put(connection: Connection, tip_off: TipOff) -> None:
    """Store the state of a report whose row this act has locked."""
    await connection.later(_PUT, party=tip_off.relying_party, tip_off=tip_off.tip_off_id, **_life(tip_off))


def _found(rows: Sequence[TipOff]) -> TipOff:
    if not rows:
        raise NotFoundError(Reason.TIP_OFF_NOT_FOUND)
    return rows[0]


def _fixed(tip_off: TipOff) -> dict[str, object]:
    return {
        "relying_party": tip_off.relying_party,
        "tip_off_id": tip_off.tip_off_id,
        "reference": tip_off.reference,
        "channel": tip_off.channel.value,
        "target_kind": tip_off.target.kind.value,
        "category": tip_off.category.value,
        "evidence": b"".join(tip_off.evidence),
        "trusted": tip_off.trusted,
        "filed_at": tip_off.filed_at,
        "due_at": tip_off.due_at,
        "secret_hash": tip_off.secret_hash,
        "secret_key": tip_off.secret_key,
        "operation_id": tip_off.operation_id,
        "flooded": tip_off.flooded,
    }


def _life(tip_off: TipOff) -> dict[str, object]:
    return {
        "queue": tip_off_rules.queue_place(
            state=tip_off.state, trusted=tip_off.trusted, flooded=tip_off.flooded
        ),
        "state": tip_off.state.value,
        "assignee": tip_off.assignee,
        "answered_at": tip_off.answered_at,
        "resolved_at": tip_off.resolved_at,
        "outcome": tip_off.outcome and tip_off.outcome.value,
        "dismissal": tip_off.dismissal and tip_off.dismissal.value,
        "merged_into": tip_off.merged_into,
        "sanction_id": tip_off.sanction_id,
        "reminder": tip_off.reminder and tip_off.reminder.value,
        "remind_at": tip_off_rules.next_reminder(tip_off),
        "deleted_at": tip_off.deleted_at,
        "reporter_id": tip_off.reporter_id,
        "target": tip_off.target.key,
        "proposal_id": tip_off.proposal_id,
        "proposal_until": tip_off.proposal_until,
        "measure_id": tip_off.measure_id,
        "referral_id": tip_off.referral_id,
        "authority": tip_off.authority,
        "authority_id": tip_off.authority_id,
        "referral_state": tip_off.referral_state and tip_off.referral_state.value,
        "referral_until": tip_off.referral_until,
        "supplemented_at": tip_off.supplemented_at,
    }


TEXT, SUPPLEMENT = "text", "supplement"
REPLY, DECISION_REPLY = "reply", "proposed-reply"
"""A text that is bound to its name stays under it: the reply of a decision counts once that decides."""
CONTACT, PROVED_CONTACT = "contact", "proved-contact"
"""What a text is called is sealed with it: nobody with the database makes a filed contact a proved one."""
SALT = "salt-"
"""Before the name of a text: the salt with which it was signed."""


def _from_row(row: Any) -> TipOffText:
    sealed = SealedModerationText(row.key_version, bytes(row.data))
    return TipOffText(row.name, sealed, row.moderator_id, row.written_at)


_OF_REPORT = (tip_off_texts.c.relying_party == param("party")) & (
    tip_off_texts.c.tip_off_id == param("tip_off")
)
_ALL: Statement[TipOffText] = statement(
    select(tip_off_texts).where(_OF_REPORT).order_by(tip_off_texts.c.written_at, tip_off_texts.c.name),
    _from_row,
)
_REPLIES: Statement[TipOffText] = statement(
    select(tip_off_texts).where(_OF_REPORT, one_of(tip_off_texts.c.name, [REPLY, DECISION_REPLY])), _from_row
)
_FOLLOWED: Statement[TipOffText] = statement(
    select(tip_off_texts).where(
        _OF_REPORT, one_of(tip_off_texts.c.name, [TEXT, REPLY, DECISION_REPLY, SUPPLEMENT])
    ),
    _from_row,
)
_NOTES: Statement[int] = statement(
    select(func.count())
    .select_from(tip_off_texts)
    .where(_OF_REPORT, tip_off_texts.c.moderator_id.is_not(None)),
    scalar,
)
_ADD_TEXT = upsert(tip_off_texts)
_PUT_TEXT = statement(
    _ADD_TEXT.on_conflict_do_update(
        index_elements=[
            tip_off_texts.c.relying_party,
            tip_off_texts.c.tip_off_id,
            tip_off_texts.c.name,
        ],
        set_={
            name: _ADD_TEXT.excluded[name] for name in ("key_version", "data", "moderator_id", "written_at")
        },
    )
)
_DELETE = statement(delete(tip_off_texts).where(_OF_REPORT))
_DELETE_PROPOSED = statement(
    delete(tip_off_texts).where(
        _OF_REPORT, one_of(tip_off_texts.c.name, [DECISION_REPLY, SALT + DECISION_REPLY])
    )
)


async def put_text(connection: Connection, tip_off: TipOff, text: TipOffText, *, now: datetime) -> None:
    """Store a text; one of the same name is replaced."""
    await connection.later(
        _PUT_TEXT,
        relying_party=tip_off.relying_party,
        tip_off_id=tip_off.tip_off_id,
        name=text.name,
        key_version=text.sealed.key_version,
        data=text.sealed.data,
        moderator_id=text.moderator_id,
        written_at=now,
    )


async def check_room(connection: Connection, tip_off: TipOff) -> None:
    """Raise InvalidError (TOO_MANY_ITEMS, note) if a report has as many notes as it may."""
    if await connection.only(_NOTES, **_key(tip_off)) >= MOST_NOTES:
        raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("note", FieldCode.LENGTH))


async def texts(connection: Connection, party: str, tip_off_id: str) -> list[TipOffText]:
    """Return the texts of a report, oldest first."""
    return await connection.all(_ALL, party=party, tip_off=tip_off_id)


async def delete_proposed(connection: Connection, tip_off: TipOff) -> None:
    """Delete the reply of a proposal that decides nothing."""
    await connection.later(_DELETE_PROPOSED, **_key(tip_off))


async def delete_all(connection: Connection, tip_off: TipOff) -> None:
    """Delete the texts of a report."""
    await connection.run(_DELETE, **_key(tip_off))


def _key(tip_off: TipOff) -> dict[str, str]:
    return {"party": tip_off.relying_party, "tip_off": tip_off.tip_off_id}


@dataclass(frozen=True, slots=True)
class FollowedReport:
    """A report and the one that it was merged into, and the texts that its reporter may read, by name.

    leading_texts: replies only, because the other report is somebody else's.
    """

    tip_off: TipOff
    leading: TipOff | None
    texts: Mapping[str, TipOffText]
    leading_texts: Mapping[str, TipOffText]


_NEW = upsert(tip_off_tries)
_CHARGE: Statement[int] = statement(
    _NEW.on_conflict_do_update(
        index_elements=[
            tip_off_tries.c.relying_party,
            tip_off_tries.c.reference,
            tip_off_tries.c.day,
        ],
        set_={"count": tip_off_tries.c.count + _NEW.excluded["count"]},
    ).returning(tip_off_tries.c.count),
    scalar,
)
_REFUND = statement(
    update(tip_off_tries)
    .where(
        tip_off_tries.c.relying_party == param("party"),
        tip_off_tries.c.reference == param("reference"),
        tip_off_tries.c.day == param("day"),
    )
    .values(count=tip_off_tries.c["count"] - 1)
)
_FORGET = statement(delete(tip_off_tries).where(tip_off_tries.c.day < param("before")))


async def charge(connection: Connection, *, relying_party: str, reference: str, day: date) -> int:
    """Count a try; return the day's tries with this one."""
    return await connection.only(_CHARGE, relying_party=relying_party, reference=reference, day=day, count=1)


async def take(connection: Connection, *, relying_party: str, moderator_id: str, day: date) -> int:
    """Count a report that a moderator took down; return the day's with this one.

    The count stands among the tries, in a row that no reference can have: it begins with a letter.
    """
    place = f"m{moderator_id}"[:REFERENCE_DIGITS]
    return await charge(connection, relying_party=relying_party, reference=place, day=day)


async def refer(connection: Connection, *, relying_party: str, moderator_id: str, day: date) -> int:
    """Count a report that a moderator referred; return the day's with this one, kept as `take` keeps it."""
    place = f"r{moderator_id}"[:REFERENCE_DIGITS]
    return await charge(connection, relying_party=relying_party, reference=place, day=day)


async def refund(connection: Connection, *, relying_party: str, reference: str, day: date) -> None:
    """Refund one try of a reference on a day."""
    await connection.run(_REFUND, party=relying_party, reference=reference, day=day)


async def forget(connection: Connection, *, before: date) -> int:
    """Delete the counts of the days before one; return how many."""
    return await connection.run(_FORGET, before=before)


_IS_THERE = statement(
    select(accounts.c.account_token).where(
        accounts.c.account_token == param("token"), accounts.c.relying_party == param("party")
    ),
    scalar,
)


async def check_accounts(connection: Connection, party: str, tokens: Sequence[str]) -> None:
    """Raise NotFoundError (ACCOUNT_NOT_FOUND) unless all these accounts are the platform's."""
    for token in tokens:
        if await connection.one(_IS_THERE, token=token, party=party) is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)


async def follow(connection: Connection, party: str, reference: str) -> FollowedReport:
    """Return what the reporter of a report may read; raises NotFoundError (TIP_OFF_NOT_FOUND)."""
    found = await of_reference(connection, party, reference)
    if found is None:
        raise NotFoundError(Reason.TIP_OFF_NOT_FOUND)
    leading, told = None, dict[str, TipOffText]()
    if found.merged_into is not None:
        leading = await get(connection, party, found.merged_into)
        told = await _followed(connection, leading, _REPLIES)
    return FollowedReport(found, leading, await _followed(connection, found, _FOLLOWED), told)


async def _followed(
    connection: Connection, tip_off: TipOff, asked: Statement[TipOffText]
) -> dict[str, TipOffText]:
    """Return texts by name; the reply of a decision only once it decides."""
    found = {each.name: each for each in await connection.all(asked, **_key(tip_off))}
    if tip_off.state is not TipOffState.RESOLVED:
        found.pop(DECISION_REPLY, None)
    return found
