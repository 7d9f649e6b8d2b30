"""Lists of public accounts: pages that follow each other, and those of a time in the past."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Integer,
    String,
    Table,
    and_,
    exists,
    func,
    literal_column,
    not_,
    or_,
    select,
    tuple_,
)

from idvault.account.store import rows as account_rows
from idvault.core.db.connection import Connection
from idvault.core.db.listing import one_of
from idvault.core.db.statement import Day, Micros, Statement, param, scalar, statement
from idvault.core.tables.account import accounts, withdrawals
from idvault.core.tables.erasure import erasures
from idvault.core.tables.public_account import public_account_versions as versions
from idvault.core.tables.public_account import public_accounts
from idvault.core.tables.sanction import follower_closings, sanctions
from idvault.public_account.rules.owner import Owned, Present, Version
from idvault.public_account.rules.public_account import GONE, GRACE_DAYS, PublicAccount
from idvault.public_account.store.rows import IS_LIVE, OWNED, joined, owned
from idvault_verify.account import Standing
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.public_account import (
    Licence,
    PublicAccountCategory,
    PublicAccountKind,
    PublicAccountState,
)
from idvault_verify.sanction import Degree

_columns = public_accounts.c
_FIRST_DAY = date(1970, 1, 1)
_FIRST: dict[str, Any] = {"at": datetime(1970, 1, 1, tzinfo=UTC), "after": ""}
_OF_PARTY = _columns.relying_party == param("party")
_LATER = tuple_(_columns.applied_at, _columns.public_account_id) > tuple_(
    param("at", Micros), param("after", String)
)
_LIMIT = param("limit", Integer)
_PLACE: Statement[datetime] = statement(
    select(_columns.applied_at).where(_OF_PARTY, _columns.public_account_id == param("public")), scalar
)
_PAGE = OWNED.where(_OF_PARTY, _LATER).order_by(_columns.applied_at, _columns.public_account_id).limit(_LIMIT)
OF_PARTY: Statement[Owned] = statement(_PAGE, owned)
# An owner has few public accounts: the act leaves out those in another state.
OF_OWNER: Statement[Owned] = statement(_PAGE.where(_columns.account_token == param("token")), owned)


def _is_closed(table: Table) -> ColumnElement[bool]:
    until = table.c.standing_until
    in_force = until.is_(None) | (until > param("now", Micros))
    return and_(table.c.standing == Standing.CLOSED.value, in_force)


# Closed by a sanction, or with its owner's account.
_ENDED = or_(
    one_of(accounts.c.state, sorted(state.value for state in GONE)),
    _is_closed(accounts),
    _is_closed(public_accounts),
)
_NOT_DUE = _columns.expire_date > param("today", Day)
# lapsed: whose grace began on this day is EXPIRED today.
_NOT_LAPSED = _columns.expire_date > param("lapsed", Day)


def _stored(state: PublicAccountState) -> ColumnElement[bool]:
    return _columns.state == literal_column(f"'{state.value}'")


# Steps that are due count even if they are not stored, and so does the closing of the owner's account.
_IN_STATE: dict[PublicAccountState, tuple[ColumnElement[bool], tuple[str, ...]]] = {
    PublicAccountState.APPLIED: (_stored(PublicAccountState.APPLIED), ()),
    PublicAccountState.REJECTED: (_stored(PublicAccountState.REJECTED), ()),
    PublicAccountState.ACTIVE: (
        and_(_stored(PublicAccountState.ACTIVE), _NOT_DUE, not_(_ENDED)),
        ("today", "now"),
    ),
    PublicAccountState.GRACE: (
        and_(IS_LIVE, not_(_NOT_DUE), _NOT_LAPSED, not_(_ENDED)),
        ("today", "lapsed", "now"),
    ),
    PublicAccountState.EXPIRED: (
        or_(_stored(PublicAccountState.EXPIRED), and_(IS_LIVE, not_(_NOT_LAPSED))),
        ("lapsed",),
    ),
    PublicAccountState.CLOSED: (
        or_(_stored(PublicAccountState.CLOSED), and_(IS_LIVE, _NOT_LAPSED, _ENDED)),
        ("lapsed", "now"),
    ),
}
IN_STATE: dict[PublicAccountState, Statement[Owned]] = {
    state: statement(_PAGE.where(condition), owned) for state, (condition, _) in _IN_STATE.items()
}
OFFERED: Statement[Owned] = statement(
    OWNED.where(
        _OF_PARTY,
        # Worded like the index, so that it is used.
        _columns.offered_to.is_not(None),
        _columns.offered_to == param("token"),
        _columns.offered_at > param("since", Micros),
    )
    .order_by(_columns.offered_at)
    .limit(_LIMIT),
    owned,
)
EXPIRING: Statement[Owned] = statement(
    OWNED.where(
        _OF_PARTY,
        # Worded like the index, so that it is used: term_end is set exactly while a public account is live.
        _columns.term_end.is_not(None),
        _columns.expire_date <= param("until", Day),
        _NOT_LAPSED,
        not_(_ENDED),
        tuple_(_columns.expire_date, _columns.public_account_id)
        > tuple_(param("day", Day), param("after", String)),
    )
    .order_by(_columns.expire_date, _columns.public_account_id)
    .limit(_LIMIT),
    owned,
)
DUE: Statement[Owned] = statement(
    OWNED.where(_columns.due_on <= param("today")).order_by(_columns.due_on).limit(_LIMIT), owned
)


async def page(
    connection: Connection,
    party: str,
    *,
    account_token: str | None,
    state: PublicAccountState | None,
    after: str,
    limit: int,
    present: Present,
) -> list[Owned]:
    """Return up to limit public accounts after the one `after` (empty: from the first), oldest first.

    account_token: only of this owner, in whatever state; else state: only in this one as of now. Raises
    InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`. An application moves no other one.
    """
    common = {"party": party, **await _place_of(connection, party, after), "limit": limit}
    if account_token is not None:
        found = await connection.all(OF_OWNER, **common, token=account_token)
    elif state is None:
        found = await connection.all(OF_PARTY, **common)
    else:
        found = await connection.all(IN_STATE[state], **common, **_dates(state, present))
    return await joined(connection, found)


async def expiring(
    connection: Connection,
    party: str,
    *,
    until: date,
    after: tuple[date, str] | None,
    limit: int,
    present: Present,
) -> list[Owned]:
    """Return live public accounts whose expire_date comes by a day, the first to expire first.

    after: the expire_date and id of the last one of the page before.
    """
    day, last = after or (_FIRST_DAY, "")
    place = {"party": party, "until": until, "day": day, "after": last, "limit": limit}
    found = await connection.all(EXPIRING, **place, lapsed=_lapsed(present), now=present.time)
    return await joined(connection, found)


async def offered(
    connection: Connection, party: str, *, account_token: str, since: datetime, limit: int
) -> Sequence[Owned]:
    """Return public accounts that were offered to an account after a time, the oldest offer first."""
    return await connection.all(OFFERED, party=party, token=account_token, since=since, limit=limit)


async def due(connection: Connection, *, today: date, limit: int) -> list[Owned]:
    """Return public accounts with a step that is due and not stored, the longest due first."""
    return await connection.all(DUE, today=today, limit=limit)


def _dates(state: PublicAccountState, present: Present) -> dict[str, Any]:
    """Return the time parameters of a list by state."""
    known = {"today": present.today, "lapsed": _lapsed(present), "now": present.time}
    return {name: known[name] for name in _IN_STATE[state][1]}


def _lapsed(present: Present) -> date:
    """Return the newest expire_date whose grace is over today."""
    return present.today - timedelta(days=GRACE_DAYS)


async def _place_of(connection: Connection, relying_party: str, after: str) -> dict[str, Any]:
    """Return the place from which a list continues; raises InvalidError (INVALID_MESSAGE, page_token)."""
    if not after:
        return _FIRST
    found = await connection.one(_PLACE, party=relying_party, public=after)
    if found is None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("page_token", FieldCode.CHARACTER))
    return {"at": found, "after": after}


_filing_columns = versions.c
_later = versions.alias("later")
_AT = param("at", Micros)
_LAST = (
    select(func.max(_later.c.revision))
    .where(
        _later.c.relying_party == _filing_columns.relying_party,
        _later.c.public_account_id == _filing_columns.public_account_id,
        _later.c.changed_at <= _AT,
    )
    .scalar_subquery()
)


def _in_force_until(column: Any) -> Any:
    return or_(column.is_(None), column > _AT)


# A sanction of the owner's account that was in force then, whatever happened to it, or one of its owner that
# it followed; or its erasure; or the withdrawal of its verification.
_OWNER_CLOSED = or_(
    exists().where(
        sanctions.c.account_token == _filing_columns.account_token,
        sanctions.c.public_account_id.is_(None),
        sanctions.c.degree == literal_column(f"'{Degree.CLOSE.value}'"),
        sanctions.c.started_at <= _AT,
        _in_force_until(sanctions.c.ended_at),
        _in_force_until(sanctions.c.end_at),
    ),
    exists().where(
        follower_closings.c.account_token == _filing_columns.account_token,
        follower_closings.c.started_at <= _AT,
        _in_force_until(follower_closings.c.ended_at),
        _in_force_until(follower_closings.c.end_at),
    ),
    exists().where(erasures.c.account_token == _filing_columns.account_token, erasures.c.erased_at <= _AT),
    exists().where(
        withdrawals.c.account_token == _filing_columns.account_token,
        withdrawals.c.withdrawn_at <= _AT,
        _in_force_until(withdrawals.c.ended_at),
    ),
)


def _version(row: Any) -> Version:
    licence = row.licence_category and Licence(
        PublicAccountCategory(row.licence_category), row.licence_reference, row.licence_expire_date
    )
    public_account = PublicAccount(
        row.public_account_id,
        row.relying_party,
        row.account_token,
        row.person_id,
        PublicAccountKind(row.kind),
        PublicAccountCategory(row.owner_category),
        PublicAccountState(row.state),
        row.revision,
        row.applied_at,
        licence or None,
        closed_at=None,  # it was live then
        since=row.since,
        expire_date=row.expire_date,
        owner_changed_on=row.owner_changed_on,
        standing=Standing(row.standing),
        standing_until=row.standing_until,
        later_standings=account_rows.unpack_periods(row.later_standings),
    )
    return Version(public_account, bool(row.owner_closed))


VERSIONS: Statement[Version] = statement(
    select(versions, _OWNER_CLOSED.label("owner_closed"))
    .where(
        _filing_columns.relying_party == param("party"),
        _filing_columns.public_account_id > param("after", String),
        _filing_columns.changed_at <= _AT,
        _filing_columns.revision == _LAST,
        one_of(_filing_columns.state, (PublicAccountState.ACTIVE.value, PublicAccountState.GRACE.value)),
    )
    .order_by(_filing_columns.public_account_id)
    .limit(param("limit", Integer)),
    _version,
)


async def filings(
    connection: Connection, party: str, *, at: datetime, after: str, limit: int
) -> Sequence[Version]:
    """Return public accounts as the last act until a time (included) left them, in the order of their ids.

    Only those that it left ACTIVE or in GRACE. No later act changes the answer.
    """
    return await connection.all(VERSIONS, party=party, at=at, after=after, limit=limit)
