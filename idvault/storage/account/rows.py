"""Rows of accounts."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update

from idvault.domain.organization import OrganizationCategory
from idvault.domain.status import Account, Assurance, Standing, State, SubjectKind
from idvault.storage.account import feed_rows as feed_row
from idvault.storage.account.tables import accounts
from idvault.storage.base.connection import Connection
from idvault.storage.base.locking import for_change


def from_row(row: Row[Any]) -> Account:
    """Return the account of a row that has all columns of its table."""
    return Account(
        account_token=row.account_token,
        relying_party=row.relying_party,
        subject_kind=SubjectKind(row.subject_kind),
        state=State(row.state),
        standing=Standing(row.standing),
        assurance=Assurance(row.assurance),
        revision=row.revision,
        verify_date=row.verify_date,
        expire_date=row.expire_date,
        person_id=row.person_id,
        open_claim_id=row.open_claim_id,
        organization_category=_category(row.organization_category),
    )


def _category(word: str | None) -> OrganizationCategory | None:
    return None if word is None else OrganizationCategory(word)


async def lock(
    connection: Connection, *, account_token: str, relying_party: str | None = None
) -> Account | None:
    """Return the account and keep its row, and so its claims, from every other act until this one ends."""
    query = select(accounts).where(accounts.c.account_token == account_token)
    if relying_party is not None:
        query = query.where(accounts.c.relying_party == relying_party)
    row = (await connection.execute(for_change(query))).first()
    return None if row is None else from_row(row)


async def add(connection: Connection, account: Account) -> None:
    """Insert an account; it is news to whoever watches."""
    await feed_row.changed(connection, account)
    await connection.execute(insert(accounts).values(account_token=account.account_token, **values(account)))


async def put(connection: Connection, account: Account, *, claim_ended_at: datetime | None) -> None:
    """Store an account whose row this act has locked; claim_ended_at is None while a claim is open."""
    await feed_row.changed(connection, account)
    await connection.execute(
        update(accounts)
        .where(accounts.c.account_token == account.account_token)
        .values(claim_ended_at=claim_ended_at, **values(account))
    )


def values(account: Account) -> dict[str, object]:
    """Return an account as columns, but its token."""
    return {
        "relying_party": account.relying_party,
        "subject_kind": account.subject_kind.value,
        "state": account.state.value,
        "standing": account.standing.value,
        "assurance": account.assurance.value,
        "revision": account.revision,
        "verify_date": account.verify_date,
        "expire_date": account.expire_date,
        "person_id": account.person_id,
        "open_claim_id": account.open_claim_id,
        "organization_category": account.organization_category and account.organization_category.value,
    }
