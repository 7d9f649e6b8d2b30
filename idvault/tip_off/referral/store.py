"""Rows of referrals, as an authority finds them: by its own actor id, never by a platform's name."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Integer, String, and_, select, tuple_, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Micros, Statement, param, scalar, statement, upsert
from idvault.core.tables.tip_off import tip_off_referrals as referrals
from idvault.core.tables.tip_off import tip_offs
from idvault.tip_off.referral.rules import NewReferral, Referral
from idvault_verify.error import FieldCode, InvalidError, NotFoundError, Reason, Violation
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import ReferralState, TargetKind, TipOff, TipOffTarget


def from_row(row: Any) -> Referral:
    """Return the referral in a row with category and target of its report."""
    return Referral(
        referral_id=row.referral_id,
        authority_id=row.authority_id,
        relying_party=row.relying_party,
        tip_off_id=row.tip_off_id,
        referred_at=row.referred_at,
        until=row.until,
        salt=None if row.salt is None else bytes(row.salt),
        accepted=row.accepted,
        answered_at=row.answered_at,
        answer=bytes(row.answer or b""),
        category=SanctionCategory(row.category),
        target=TipOffTarget(TargetKind(row.target_kind), row.target),
    )


_REPORT = and_(
    tip_offs.c.relying_party == referrals.c.relying_party, tip_offs.c.tip_off_id == referrals.c.tip_off_id
)
_QUERY = select(referrals, tip_offs.c.category, tip_offs.c.target_kind, tip_offs.c.target).join(
    tip_offs, _REPORT
)
_OF_AUTHORITY = referrals.c.authority_id == param("authority")
_MINE = _OF_AUTHORITY & (referrals.c.referral_id == param("referral"))
_ORDER = (referrals.c.referred_at, referrals.c.referral_id)
_FIRST: dict[str, Any] = {"at": datetime(1970, 1, 1, tzinfo=UTC), "after": ""}
_GET: Statement[Referral] = statement(_QUERY.where(_MINE), from_row)
_PLACE: Statement[datetime] = statement(select(referrals.c.referred_at).where(_MINE), scalar)
_PAGE = (
    _QUERY.where(_OF_AUTHORITY, tuple_(*_ORDER) > tuple_(param("at", Micros), param("after", String)))
    .order_by(*_ORDER)
    .limit(param("limit", Integer))
)
OF_AUTHORITY: Statement[Referral] = statement(_PAGE, from_row)
_UNANSWERED, _NOW = referrals.c.accepted.is_(None), param("now", Micros)
IN_STATE: dict[ReferralState, Statement[Referral]] = {
    state: statement(_PAGE.where(condition), from_row)
    for state, condition in {
        ReferralState.OPEN: and_(_UNANSWERED, referrals.c.until > _NOW),
        ReferralState.ACCEPTED: referrals.c.accepted.is_(True),
        ReferralState.DECLINED: referrals.c.accepted.is_(False),
        ReferralState.LAPSED: and_(_UNANSWERED, referrals.c.until <= _NOW),
    }.items()
}
_BY_TIME = (ReferralState.OPEN, ReferralState.LAPSED)
_ADD = statement(upsert(referrals))
_ANSWER = statement(
    update(referrals)
    .where(_MINE)
    .values(accepted=param("accepted"), answered_at=param("now"), answer=param("signed"))
)
FORGET = statement(
    update(referrals)
    .where(referrals.c.relying_party == param("party"), referrals.c.tip_off_id == param("tip_off"))
    .values(salt=None)
)


async def add(
    connection: Connection, made: NewReferral, tip_off: TipOff, *, salt: bytes, now: datetime
) -> None:
    """Insert a referral of a report that this act has locked."""
    await connection.later(
        _ADD,
        authority_id=made.authority_id,
        referral_id=made.referral_id,
        relying_party=tip_off.relying_party,
        tip_off_id=tip_off.tip_off_id,
        referred_at=now,
        until=made.until,
        salt=salt,
        accepted=None,
        answered_at=None,
        answer=None,
    )


async def get(connection: Connection, authority_id: str, referral_id: str) -> Referral:
    """Return a referral; raises NotFoundError (REFERRAL_NOT_FOUND), also for another authority's."""
    found = await connection.all(_GET, authority=authority_id, referral=referral_id)
    if not found:
        raise NotFoundError(Reason.REFERRAL_NOT_FOUND)
    return found[0]


async def answer(
    connection: Connection, referral: Referral, *, accepted: bool, signed: bytes, now: datetime
) -> None:
    """Store the answer to a referral whose report this act has locked."""
    await connection.later(
        _ANSWER,
        authority=referral.authority_id,
        referral=referral.referral_id,
        accepted=accepted,
        signed=signed,
        now=now,
    )


async def forget(connection: Connection, tip_off: TipOff) -> None:
    """Delete with what the target of a report was marked in answers."""
    await connection.run(FORGET, party=tip_off.relying_party, tip_off=tip_off.tip_off_id)


async def page(
    connection: Connection,
    authority_id: str,
    *,
    state: ReferralState | None,
    after: str,
    limit: int,
    now: datetime,
) -> Sequence[Referral]:
    """Return up to limit referrals after the one named `after`, in the order in which they were made.

    Raises InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`.
    """
    place = _FIRST
    if after:
        found = await connection.one(_PLACE, authority=authority_id, referral=after)
        if found is None:
            raise InvalidError(Reason.INVALID_MESSAGE, Violation("page_token", FieldCode.CHARACTER))
        place = {"at": found, "after": after}
    query = OF_AUTHORITY if state is None else IN_STATE[state]
    time = {"now": now} if state in _BY_TIME else {}
    return await connection.all(query, authority=authority_id, **place, limit=limit, **time)
