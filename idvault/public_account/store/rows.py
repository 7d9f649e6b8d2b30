"""Rows of public accounts, owners and operators; disputes, and what bars a person from another one.

- Nobody escapes a dispute about an account, or about one of its public accounts.
- A sanction in force that closed one keeps its person from another one.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, delete, func, insert, literal_column, select, union_all, update

from idvault.account.store import rows as account_rows
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among, one_of
from idvault.core.db.statement import Micros, Statement, for_change, param, scalar, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.public_account import (
    public_account_operators,
    public_account_versions,
    public_accounts,
)
from idvault.core.tables.sanction import appeals, sanctions
from idvault.public_account.rules.owner import Closing, Owned
from idvault.public_account.rules.public_account import LIVE, PublicAccount, TransferOffer
from idvault_verify.account import Account, Standing
from idvault_verify.error import NotFoundError, Reason, UnavailableError
from idvault_verify.public_account import (
    Licence,
    PublicAccountCategory,
    PublicAccountKind,
    PublicAccountState,
    RejectReason,
)
from idvault_verify.sanction import AppealState, Degree, SanctionState

# Both tables have columns of the same names.
_PREFIX = "own_"
_CLOSED: ColumnElement[str] = literal_column(f"'{PublicAccountState.CLOSED.value}'")
# An edge of before schema 0080, which serves while it is replaced, closes without a time. A closing by the
# owner is final: the first version that has it tells when it was.
_CLOSED_AT = case(
    (
        public_accounts.c.state == _CLOSED,
        func.coalesce(
            public_accounts.c.closed_at,
            select(func.min(public_account_versions.c.changed_at))
            .where(
                public_account_versions.c.account_token == public_accounts.c.account_token,
                public_account_versions.c.public_account_id == public_accounts.c.public_account_id,
                public_account_versions.c.state == _CLOSED,
            )
            .correlate(public_accounts)
            .scalar_subquery(),
        ),
    )
)
_READ = {"closed_at": _CLOSED_AT}
COLUMNS = (
    *(_READ.get(each.name, each).label(_PREFIX + each.name) for each in public_accounts.c),
    *accounts.c,
)
OWNED = select(*COLUMNS).join_from(
    public_accounts, accounts, accounts.c.account_token == public_accounts.c.account_token
)


def owned(row: Any) -> Owned:
    """Return the public account and the owner in a row of `OWNED`."""
    return Owned(_public_account(row), account_rows.from_row(row))


def _public_account(row: Any) -> PublicAccount:
    return PublicAccount(
        public_account_id=row.own_public_account_id,
        relying_party=row.own_relying_party,
        account_token=row.own_account_token,
        person_id=row.own_person_id,
        kind=PublicAccountKind(row.own_kind),
        owner_category=PublicAccountCategory(row.own_owner_category),
        state=PublicAccountState(row.own_state),
        revision=row.own_revision,
        applied_at=row.own_applied_at,
        closed_at=row.own_closed_at,
        licence=_licence(row),
        reject_reason=None if row.own_reject_reason is None else RejectReason(row.own_reject_reason),
        since=row.own_since,
        expire_date=row.own_expire_date,
        owner_changed_on=row.own_owner_changed_on,
        offer=None if row.own_offered_to is None else TransferOffer(row.own_offered_to, row.own_offered_at),
        standing=Standing(row.own_standing),
        standing_until=row.own_standing_until,
        later_standings=account_rows.unpack_periods(row.own_later_standings),
    )


def _licence(row: Any) -> Licence | None:
    if row.own_licence_category is None:
        return None
    return Licence(
        PublicAccountCategory(row.own_licence_category),
        row.own_licence_reference,
        row.own_licence_expire_date,
    )


_OF_PARTY = public_accounts.c.relying_party == param("party")
_MINE = public_accounts.c.public_account_id == param("public")
_OF_OWNER = public_accounts.c.account_token == param("token")
_GET: Statement[Owned] = statement(OWNED.where(_OF_PARTY, _MINE), owned)
# Both rows are locked: an act that has one has its owner's account, too.
_LOCK: Statement[Owned] = statement(for_change(OWNED.where(_OF_OWNER, _MINE)), owned)
IS_LIVE = one_of(public_accounts.c.state, sorted(state.value for state in LIVE))
# Those that have ended for good may be many.
_OF_PERSON: Statement[Owned] = statement(
    OWNED.where(_OF_PARTY, public_accounts.c.person_id == param("person_id"), IS_LIVE), owned
)
_ADD = statement(insert(public_accounts))
_PUT = statement(
    update(public_accounts)
    .where(_OF_OWNER, _MINE)
    .values(
        {
            column: param(column.name)
            for column in public_accounts.c
            if column.name not in ("public_account_id", "relying_party")
        }
    )
)
_ADD_VERSION = statement(insert(public_account_versions))


async def get(connection: Connection, relying_party: str, public_account_id: str) -> Owned:
    """Return a relying party's public account; raises NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND)."""
    found = await connection.one(_GET, party=relying_party, public=public_account_id)
    if found is None:
        raise NotFoundError(Reason.PUBLIC_ACCOUNT_NOT_FOUND)
    return found


async def lock_of(connection: Connection, *, account_token: str, public_account_id: str) -> Owned | None:
    """Return an owner's public account as it is stored now, locked; None if it is not this owner's."""
    return await connection.one(_LOCK, token=account_token, public=public_account_id)


async def lock(connection: Connection, found: Owned) -> Owned:
    """Return a public account and its owner's account as they are stored now, locked.

    Raises UnavailableError if it has another owner since it was read: a repeated call finds that one.
    """
    stored = await lock_of(
        connection,
        account_token=found.public_account.account_token,
        public_account_id=found.public_account.public_account_id,
    )
    if stored is None:
        raise UnavailableError(Reason.STORE_UNAVAILABLE)
    return stored


async def of_person(connection: Connection, relying_party: str, person_id: str) -> Sequence[Owned]:
    """Return the public accounts of a person or organisation that are stored as live."""
    return await connection.all(_OF_PERSON, party=relying_party, person_id=person_id)


async def add(connection: Connection, public_account: PublicAccount, *, now: datetime) -> None:
    """Insert a public account."""
    await connection.later(
        _ADD,
        account_token=public_account.account_token,
        public_account_id=public_account.public_account_id,
        relying_party=public_account.relying_party,
        **_values(public_account),
    )
    await account_rows.published(connection, account_token=public_account.account_token)
    await _add_version(connection, public_account, now)


async def put(connection: Connection, public_account: PublicAccount, *, token: str, now: datetime) -> None:
    """Store a public account that this act has locked. token: of the owner that it had until now."""
    await connection.later(
        _PUT,
        token=token,
        account_token=public_account.account_token,
        public=public_account.public_account_id,
        **_values(public_account),
    )
    for owner in sorted({token, public_account.account_token}):
        await account_rows.published(connection, account_token=owner)
    await _add_version(connection, public_account, now)


async def _add_version(connection: Connection, public_account: PublicAccount, now: datetime) -> None:
    values = _values(public_account)
    for name in ("closed_at", "reject_reason", "offered_to", "offered_at", "term_end", "due_on"):
        del values[name]
    await connection.later(
        _ADD_VERSION,
        account_token=public_account.account_token,
        public_account_id=public_account.public_account_id,
        relying_party=public_account.relying_party,
        changed_at=now,
        **values,
    )


def _values(public_account: PublicAccount) -> dict[str, object]:
    licence, reason, offer = public_account.licence, public_account.reject_reason, public_account.offer
    return {
        "person_id": public_account.person_id,
        "kind": public_account.kind.value,
        "owner_category": public_account.owner_category.value,
        "state": public_account.state.value,
        "revision": public_account.revision,
        "applied_at": public_account.applied_at,
        "closed_at": public_account.closed_at,
        "licence_category": licence and licence.category.value,
        "licence_reference": licence and licence.reference,
        "licence_expire_date": licence and licence.expire_date,
        "reject_reason": reason and reason.value,
        "since": public_account.since,
        "expire_date": public_account.expire_date,
        "owner_changed_on": public_account.owner_changed_on,
        "offered_to": offer and offer.account_token,
        "offered_at": offer and offer.offered_at,
        "standing": public_account.standing.value,
        "standing_until": public_account.standing_until,
        "later_standings": account_rows.pack_periods(public_account.later_standings),
        "term_end": public_account.term_end,
        "due_on": public_account.due_on,
    }


_columns = public_account_operators.c


class _Row(NamedTuple):
    """An operator of a public account, by token."""

    public_account_id: str
    operator_token: str


# Found by the owners' tokens: an owner has few public accounts. The operators' accounts may be in other
# units, so they are read by themselves.
_OF_OWNERS: Statement[_Row] = statement(
    select(_columns.public_account_id, _columns.operator_token)
    .where(among(_columns.account_token, "tokens"))
    .order_by(_columns.added_at, _columns.operator_token),
    lambda row: _Row(row.public_account_id, row.operator_token),
)
_ACCOUNTS: Statement[Account] = statement(
    select(accounts).where(among(accounts.c.account_token, "tokens")), account_rows.from_row
)
_OF_PUBLIC_ACCOUNT = (_columns.account_token == param("token")) & (
    _columns.public_account_id == param("public")
)
_ADD_OPERATOR = statement(insert(public_account_operators))
_REMOVE = statement(
    delete(public_account_operators).where(_OF_PUBLIC_ACCOUNT, _columns.operator_token == param("operator"))
)
_REMOVE_ALL = statement(delete(public_account_operators).where(_OF_PUBLIC_ACCOUNT))


async def joined(connection: Connection, found: Sequence[Owned]) -> list[Owned]:
    """Return public accounts with their operators; a person's has none."""
    tokens = {
        each.public_account.account_token
        for each in found
        if each.public_account.kind is not PublicAccountKind.INDIVIDUAL
    }
    if not tokens:
        return list(found)
    rows = await connection.all(_OF_OWNERS, tokens=sorted(tokens))
    named = {row.operator_token for row in rows}
    read = await connection.all(_ACCOUNTS, tokens=sorted(named)) if named else []
    theirs = {each.account_token: each for each in read}
    operators: defaultdict[str, list[Account]] = defaultdict(list)
    for row in rows:
        operators[row.public_account_id].append(theirs[row.operator_token])
    return [
        replace(each, operators=tuple(operators[each.public_account.public_account_id])) for each in found
    ]


async def add_operator(connection: Connection, found: Owned, operator: Account, *, now: datetime) -> None:
    """Insert an operator of a public account that this act has locked."""
    await connection.later(
        _ADD_OPERATOR,
        account_token=found.public_account.account_token,
        public_account_id=found.public_account.public_account_id,
        operator_token=operator.account_token,
        added_at=now,
    )


async def remove(connection: Connection, found: Owned, operator_token: str) -> None:
    """Delete an operator of a public account that this act has locked."""
    await connection.later(_REMOVE, **_key(found), operator=operator_token)


async def remove_all(connection: Connection, found: Owned) -> None:
    """Delete all operators of a public account that this act has locked."""
    await connection.later(_REMOVE_ALL, **_key(found))


def _key(found: Owned) -> dict[str, str]:
    return {
        "token": found.public_account.account_token,
        "public": found.public_account.public_account_id,
    }


_DISPUTED = sanctions.c.public_account_id.is_(None) | (sanctions.c.public_account_id == param("public"))
_DISPUTES: Statement[Any] = statement(
    union_all(
        select(sanctions.c.sanction_id).where(
            sanctions.c.account_token == param("token"),
            sanctions.c.state == literal_column(f"'{SanctionState.PROPOSED.value}'"),
            sanctions.c.due_at > param("now", Micros),
            _DISPUTED,
        ),
        select(appeals.c.sanction_id)
        .join_from(
            appeals,
            sanctions,
            (sanctions.c.account_token == appeals.c.account_token)
            & (sanctions.c.sanction_id == appeals.c.sanction_id),
        )
        .where(
            appeals.c.account_token == param("token"),
            appeals.c.state == literal_column(f"'{AppealState.FILED.value}'"),
            _DISPUTED,
        ),
    ).limit(literal_column("1")),
    scalar,
)


async def is_disputed(connection: Connection, found: Owned, *, now: datetime) -> bool:
    """Return whether a sanction of a public account or of its locked owner is proposed or appealed."""
    which = {"token": found.owner.account_token, "public": found.public_account.public_account_id}
    return await connection.one(_DISPUTES, **which, now=now) is not None


def _closing(row: Any) -> Closing:
    return Closing(
        owned(row).public_account,
        row.closed_alone is not None,
        row.closed_at,
        row.closed_until,
    )


_CLOSINGS: Statement[Closing] = statement(
    select(
        *COLUMNS,
        sanctions.c.public_account_id.label("closed_alone"),
        sanctions.c.started_at.label("closed_at"),
        sanctions.c.end_at.label("closed_until"),
    )
    .join_from(public_accounts, accounts, accounts.c.account_token == public_accounts.c.account_token)
    .join(sanctions, sanctions.c.account_token == public_accounts.c.account_token)
    .where(
        public_accounts.c.relying_party == param("party"),
        public_accounts.c.person_id == param("person_id"),
        sanctions.c.state == literal_column(f"'{SanctionState.IN_FORCE.value}'"),
        sanctions.c.degree == literal_column(f"'{Degree.CLOSE.value}'"),
        sanctions.c.public_account_id.is_(None)
        | (sanctions.c.public_account_id == public_accounts.c.public_account_id),
    ),
    _closing,
)


async def closings(connection: Connection, relying_party: str, person_id: str) -> Sequence[Closing]:
    """Return each CLOSE in force of a person's public accounts and of the accounts that have them."""
    return await connection.all(_CLOSINGS, party=relying_party, person_id=person_id)


async def get_with_operators(connection: Connection, relying_party: str, public_account_id: str) -> Owned:
    """Return a public account with its operators; raises NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND)."""
    found = await get(connection, relying_party, public_account_id)
    return (await joined(connection, [found]))[0]


async def lock_with_operators(connection: Connection, found: Owned) -> Owned:
    """Return a public account, its owner and its operators as they are stored now; both rows are locked."""
    stored = await lock(connection, found)
    return (await joined(connection, [stored]))[0]


async def lock_both(connection: Connection, found: Owned, account_token: str) -> tuple[Owned, Account]:
    """Return the public account, and another account of the platform; all rows are locked.

    Accounts are locked in the order of their tokens, so that two acts never wait for each other. Raises
    NotFoundError (ACCOUNT_NOT_FOUND).
    """
    party, other = found.public_account.relying_party, None
    first = account_token < found.public_account.account_token
    if first:
        other = await account_rows.lock(connection, account_token=account_token, relying_party=party)
    stored = await lock_with_operators(connection, found)
    if not first:
        other = await account_rows.lock(connection, account_token=account_token, relying_party=party)
    if other is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    return stored, other
