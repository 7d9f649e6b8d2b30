"""Reads accounts and their records."""

from idvault.account.store import rows
from idvault.core.db.database import Database
from idvault_verify.account import Account
from idvault_verify.record import SealedRecord


async def find(main: Database, party: str, account_token: str) -> Account | None:
    """Return the account, None if it is unknown or another relying party's; one indexed read."""
    return await main.get(rows.GET, party, account_token)


async def record(main: Database, account_token: str) -> SealedRecord | None:
    """Return an account's newest record as it was sealed, None if there is none."""
    return await main.one("record.get", rows.RECORD, token=account_token)
