"""Rows of accounts."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, insert, literal_column, select, type_coerce, update

from idvault.account.store import feed_rows as feed_row
from idvault.account.store import periods
from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change
from idvault.core.db.statement import param, statement
from idvault.core.db.types import from_micros
from idvault.core.tables.account import accounts
from idvault.verify.account import Account, AccountState, Assurance, Standing, SubjectKind
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.organization import OrganizationCategory

# A look-up in a dict costs a tenth of a call of the enum.
_SUBJECT_KINDS = {kind.value: kind for kind in SubjectKind}
_STATES = {state.value: state for state in AccountState}
_STANDINGS = {standing.value: standing for standing in Standing}
_ASSURANCES = {assurance.value: assurance for assurance in Assurance}


def from_row(row: Any) -> Account:
    """Return the account in a row that holds every column of `accounts`."""
    return Account(
        account_token=row.account_token,
        relying_party=row.relying_party,
        subject_kind=_SUBJECT_KINDS[row.subject_kind],
        state=_STATES[row.state],
        standing=_STANDINGS[row.standing],
        assurance=_ASSURANCES[row.assurance],
        revision=row.revision,
        verify_date=row.verify_date,
        expire_date=row.expire_date,
        person_id=row.person_id,
        open_claim_id=row.open_claim_id,
        organization_category=_category(row.organization_category),
        standing_until=row.standing_until,
        later_standings=periods.unpack(row.later_standings),
        erase_at=row.erase_at,
    )


SHOWN = (
    accounts.c.account_token,
    accounts.c.subject_kind,
    accounts.c.state,
    accounts.c.standing,
    accounts.c.assurance,
    accounts.c.revision,
    accounts.c.verify_date,
    accounts.c.expire_date,
    accounts.c.organization_category,
    accounts.c.standing_until,
    accounts.c.later_standings,
    accounts.c.erase_at,
)
_NUMBERS = ("revision", "standing_until", "erase_at")


def _packed() -> ColumnElement[str]:
    text: ColumnElement[str] = literal_column("''", String)
    for column in SHOWN[1:]:
        shown = cast(column, String) if column.name in _NUMBERS else type_coerce(column, String)
        known = func.coalesce(shown, literal_column("''")) if column.nullable else shown
        text = text + literal_column("'|'", String) + known
    return text


PACKED = _packed().label("shown")
"""What a status shows besides the token, as one text: a row object for each account would cost more than
reading it. NULL in an outer join that finds no account."""


def unpack(packed: str) -> Account:
    """Return the account of its token and `PACKED`; what they do not contain is None or empty."""
    fields = packed.split("|")
    token, kind, state, standing, assurance, revision, verified, expires, category, until, later, erased = (
        fields
    )
    return Account(
        account_token=token,
        relying_party="",
        subject_kind=SubjectKind(kind),
        state=AccountState(state),
        standing=Standing(standing),
        assurance=Assurance(assurance),
        revision=int(revision),
        verify_date=date.fromisoformat(verified) if verified else None,
        expire_date=date.fromisoformat(expires) if expires else None,
        person_id=None,
        open_claim_id=None,
        organization_category=_category(category or None),
        standing_until=from_micros(int(until)) if until else None,
        later_standings=periods.unpack(later or None),
        erase_at=from_micros(int(erased)) if erased else None,
    )


def _category(word: str | None) -> OrganizationCategory | None:
    return None if word is None else OrganizationCategory(word)


_MINE = accounts.c.account_token == param("token")
_LOCK = statement(for_change(select(accounts).where(_MINE)), from_row)
_LOCK_OWN = statement(
    for_change(select(accounts).where(_MINE, accounts.c.relying_party == param("party"))), from_row
)
_ADD = statement(insert(accounts))
_PUT = statement(
    update(accounts)
    .where(_MINE)
    .values({column: param(column.key) for column in accounts.c if not column.primary_key})
)
_SANCTION = statement(
    update(accounts)
    .where(_MINE)
    .values(
        standing=param("standing"),
        standing_until=param("standing_until"),
        later_standings=param("later_standings"),
        erase_at=param("erase_at"),
        revision=param("revision"),
    )
)


async def lock(
    connection: Connection, *, account_token: str, relying_party: str | None = None
) -> Account | None:
    """Return the account and lock its row, and so its claims, until this act ends."""
    if relying_party is None:
        return await connection.one(_LOCK, token=account_token)
    return await connection.one(_LOCK_OWN, token=account_token, party=relying_party)


async def lock_of(connection: Connection, *, account_token: str, relying_party: str) -> Account:
    """Return a relying party's account, locked as by `lock`; raises NotFoundError (ACCOUNT_NOT_FOUND)."""
    found = await lock(connection, account_token=account_token, relying_party=relying_party)
    if found is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    return found


async def add(connection: Connection, account: Account) -> None:
    """Insert an account and queue it for the change feed."""
    await feed_row.added(connection, account)
    await connection.later(_ADD, account_token=account.account_token, claim_ended_at=None, **values(account))


async def put(connection: Connection, account: Account, *, claim_ended_at: datetime | None) -> None:
    """Store an account whose row this act has locked; claim_ended_at is None while a claim is open."""
    await feed_row.changed(connection, account)
    await connection.later(
        _PUT, token=account.account_token, claim_ended_at=claim_ended_at, **values(account)
    )


async def put_standing(connection: Connection, account: Account) -> None:
    """Store the standing, and when it is erased, of an account whose row this act has locked."""
    await feed_row.changed(connection, account)
    await connection.later(
        _SANCTION, token=account.account_token, revision=account.revision, **_standing(account)
    )


def values(account: Account) -> dict[str, object]:
    """Return an account's columns, except its token."""
    return {
        "relying_party": account.relying_party,
        "subject_kind": account.subject_kind.value,
        "state": account.state.value,
        "assurance": account.assurance.value,
        "revision": account.revision,
        "verify_date": account.verify_date,
        "expire_date": account.expire_date,
        "person_id": account.person_id,
        "open_claim_id": account.open_claim_id,
        "organization_category": account.organization_category and account.organization_category.value,
        **_standing(account),
    }


def _standing(account: Account) -> dict[str, object]:
    return {
        "standing": account.standing.value,
        "standing_until": account.standing_until,
        "later_standings": periods.pack(account.later_standings),
        "erase_at": account.erase_at,
    }
