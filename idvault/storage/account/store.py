"""The acts and reads of accounts and their status (ports.status)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, delete, select, update

from idvault.domain import status
from idvault.domain.event import Event
from idvault.domain.moment import Moment
from idvault.domain.status import Account, State
from idvault.storage.account import feed_rows as feed_row
from idvault.storage.account.rows import from_row
from idvault.storage.account.tables import accounts
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.locking import for_change
from idvault.storage.claim.tables import checks, claims, intakes, jobs
from idvault.storage.lengths import padded
from idvault.storage.log import entry as log


class SqlStatusStore:
    """Accounts in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def get(self, *, relying_party: str, account_token: str) -> Account | None:
        """Return the account, None if it is unknown or another relying party's."""
        found = await self._accounts("status.get", _own(relying_party, [account_token]))
        return found[0] if found else None

    async def get_many(self, *, relying_party: str, account_tokens: Sequence[str]) -> list[Account]:
        """Return those of up to 1,000 accounts that this relying party has."""
        return await self._accounts("status.get_many", _own(relying_party, account_tokens))

    async def expiring(self, *, today: date, limit: int) -> list[Account]:
        """Return accounts stored VERIFIED whose expire_date has come."""
        query = (
            select(accounts)
            .where(accounts.c.state == State.VERIFIED.value, accounts.c.expire_date <= today)
            .order_by(accounts.c.expire_date)
            .limit(limit)
        )
        return await self._accounts("status.expiring", query)

    async def expire(self, account: Account, *, today: date, now: Moment, event: Event) -> bool:
        """Store that a confirmation ran out; False unless the stored revision is the account's."""
        expired = status.expire(account=account, today=today)
        if expired == account:
            return False
        return await self._database.act(
            "status.expire", lambda connection: _expire(connection, account, expired, event)
        )

    async def abandoned(self, *, before: datetime, limit: int) -> list[Account]:
        """Return REJECTED accounts without person and open claim whose last claim ended before a time."""
        query = (
            select(accounts)
            .where(_never_verified(), accounts.c.claim_ended_at < before)
            .order_by(accounts.c.claim_ended_at)
            .limit(limit)
        )
        return await self._accounts("status.abandoned", query)

    async def remove(self, account: Account, *, now: Moment, event: Event) -> bool:
        """Delete a REJECTED account that never succeeded; False unless its revision is the stored one."""
        return await self._database.act(
            "status.remove", lambda connection: _remove(connection, account, event)
        )

    async def _accounts(self, name: str, query: Select[Any]) -> list[Account]:
        async def read(connection: Connection) -> list[Account]:
            return [from_row(row) for row in await connection.execute(query)]

        return await self._database.read(name, read)


def _own(relying_party: str, account_tokens: Sequence[str]) -> Select[Any]:
    return select(accounts).where(
        accounts.c.account_token.in_(padded(account_tokens)), accounts.c.relying_party == relying_party
    )


def _never_verified() -> ColumnElement[bool]:
    return (
        (accounts.c.state == State.REJECTED.value)
        & accounts.c.person_id.is_(None)
        & accounts.c.open_claim_id.is_(None)
    )


async def _expire(connection: Connection, owner: Account, expired: Account, event: Event) -> bool:
    # Only what expiry changes is written: a claim may have been opened since the account was read.
    changed = await connection.execute(
        update(accounts)
        .where(
            accounts.c.account_token == owner.account_token,
            accounts.c.revision == owner.revision,
            accounts.c.state == State.VERIFIED.value,
        )
        .values(state=expired.state.value, revision=expired.revision)
    )
    if changed.rowcount != 1:
        return False
    await feed_row.changed(connection, expired)
    await log.append(connection, event.with_fields(expire_date=str(owner.expire_date)))
    return True


async def _remove(connection: Connection, owner: Account, event: Event) -> bool:
    removable = (
        (accounts.c.account_token == owner.account_token)
        & (accounts.c.revision == owner.revision)
        & _never_verified()
    )
    locked = for_change(select(accounts.c.account_token).where(removable))
    if (await connection.execute(locked)).first() is None:
        return False
    for table in (intakes, jobs, checks, claims, accounts):
        await connection.execute(delete(table).where(table.c.account_token == owner.account_token))
    await feed_row.removed(connection, account_token=owner.account_token)
    await log.append(connection, event)
    return True
