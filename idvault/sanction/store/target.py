"""Stores what a sanction does to its target: the standing of an account, or of one of its public accounts."""

from dataclasses import replace
from typing import Any

from sqlalchemy import literal_column, select

from idvault.account.rules import account as account_rules
from idvault.account.store import rows as account
from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.sanction import sanctions
from idvault.public_account.rules import standing as public_rules
from idvault.public_account.rules.values import PublicAccount
from idvault.public_account.store import rows as public_account
from idvault.sanction.rules import sanction as rules
from idvault.sanction.rules.sanction import Sanction
from idvault.sanction.store import standing
from idvault.verify.account import Account, StandingPeriod
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason
from idvault.verify.sanction import STANDINGS, Degree, SanctionState

# What sets the standing of a public account: its own sanctions in force, found by its owner's token.
_SOURCES: Statement[Any] = statement(
    select(sanctions.c.sanction_id, sanctions.c.degree, sanctions.c.end_at).where(
        sanctions.c.account_token == param("token"),
        sanctions.c.public_account_id == param("public"),
        sanctions.c.state == literal_column(f"'{SanctionState.IN_FORCE.value}'"),
    )
)


async def check(connection: Connection, sanction: Sanction) -> None:
    """Raise NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND) unless a sanctioned public account is the account's."""
    if sanction.public_account_id is not None:
        await _locked(connection, sanction)


async def begin(connection: Connection, owner: Account, sanction: Sanction, now: ClockReading) -> None:
    """Store the standing of the target of a sanction that comes into force; the account's row is locked."""
    if sanction.public_account_id is None:
        await account.put_standing(connection, standing.added(owner, sanction, now=now.business))
        return
    stored = await _locked(connection, sanction)
    own = rules.period(sanction)
    periods = public_rules.schedule(public_account=stored, now=now.business)
    await _put(connection, stored, periods if own is None else [*periods, own], now)


async def end(
    connection: Connection, owner: Account, sanction: Sanction, now: ClockReading, *, by_appeal: bool
) -> None:
    """Store the standing of the target of a sanction that ends; the account's row is locked.

    by_appeal: the target gets a new revision in any case.
    """
    if sanction.public_account_id is None:
        await _end_of_account(connection, owner, sanction, now, by_appeal=by_appeal)
        return
    stored = await _find(connection, sanction)
    if stored is None:
        return  # Its end had come when the public account got another owner, whom it does not concern.
    found = await connection.all(_SOURCES, token=sanction.account_token, public=sanction.public_account_id)
    periods = [
        StandingPeriod(STANDINGS[Degree(row.degree)], row.end_at)
        for row in found
        if row.sanction_id != sanction.sanction_id
    ]
    await _put(connection, stored, periods, now, renumbered=by_appeal)


async def _end_of_account(
    connection: Connection, owner: Account, sanction: Sanction, now: ClockReading, *, by_appeal: bool
) -> None:
    # Read before the sanction is stored: PostgreSQL then gets everything that is written at once.
    after = await standing.settled(connection, owner, now=now.business, without=sanction.sanction_id)
    if by_appeal and after.revision == account_rules.fall(account=owner, now=now.business).revision:
        after = account_rules.renumber(account=after, now=now.business)
    await account.put_standing(connection, after)


async def _locked(connection: Connection, sanction: Sanction) -> PublicAccount:
    found = await _find(connection, sanction)
    if found is None:
        raise NotFoundError(Reason.PUBLIC_ACCOUNT_NOT_FOUND)
    return found


async def _find(connection: Connection, sanction: Sanction) -> PublicAccount | None:
    """Return the sanctioned public account, locked; None if it has another owner by now."""
    found = await public_account.lock_of(
        connection, account_token=sanction.account_token, public_account_id=sanction.public_account_id or ""
    )
    return None if found is None else found.public_account


async def _put(
    connection: Connection,
    stored: PublicAccount,
    periods: list[StandingPeriod],
    now: ClockReading,
    *,
    renumbered: bool = False,
) -> None:
    after = public_rules.sanction(public_account=stored, sources=periods, now=now.business)
    if renumbered:
        after = replace(after, revision=after.revision + 1)
    await public_account.put(connection, after, token=stored.account_token, now=now.business)
