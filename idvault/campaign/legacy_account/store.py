"""Imports legacy accounts: a chunk of any length needs only a few statements."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    LargeBinary,
    String,
    Subquery,
    Table,
    insert,
    literal,
    select,
    true,
    update,
)

from idvault.account.store import rows as account_rows
from idvault.campaign.legacy_account import rules as legacy_account_rules
from idvault.campaign.legacy_account.rules import Imported, NewAccount
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among, listed
from idvault.core.db.statement import Day, Statement, param, scalar, statement, upsert
from idvault.core.tables.account import accounts, status_feed
from idvault.core.tables.campaign import legacy_accounts
from idvault.sanction.store import standing as sanction_standing
from idvault.status import store as status_store
from idvault_verify.account import Account


def _add_all(table: Table, given: Subquery, common: Mapping[str, object]) -> Statement[Any]:
    """Return the insert of many rows: the listed columns, plus the columns that all rows share."""
    shared = {
        name: param("party", String) if name == "relying_party" else literal(value, table.c[name].type)
        for name, value in common.items()
        if value is not None
    }
    return statement(
        insert(table).from_select([*given.c.keys(), *shared], select(*given.c, *shared.values()))
    )


_BORN = legacy_account_rules.imported(account_token="", relying_party="")
_FIRST_NOTE = account_rows.first(_BORN)
_ROWS = listed("rows", account_token=String, reference=LargeBinary, create_date=Day)
_ADD: Statement[str] = statement(
    upsert(legacy_accounts)
    .from_select(
        [*_ROWS.c.keys(), "relying_party", "import_id", "label"],
        # The condition tells SQLite's parser that ON begins no join.
        select(*_ROWS.c, param("party", String), param("import_id", String), param("label", String)).where(
            true()
        ),
    )
    .on_conflict_do_nothing(index_elements=["relying_party", "reference"])
    .returning(legacy_accounts.c.account_token),
    scalar,
)
_ADD_ACCOUNTS = _add_all(accounts, listed("tokens", account_token=String), account_rows.values(_BORN))
# These accounts have no credentials yet, so the status lists are up to date.
_ADD_NOTES = _add_all(
    status_feed,
    listed("notes", account_token=String, sequence=BigInteger),
    {**_FIRST_NOTE, "listed": _FIRST_NOTE["changes"]},
)
_FIND = statement(
    select(legacy_accounts.c.reference, legacy_accounts.c.account_token, legacy_accounts.c.import_id).where(
        legacy_accounts.c.relying_party == param("party"), among(legacy_accounts.c.reference, "references")
    )
)
_MINE = update(legacy_accounts).where(legacy_accounts.c.account_token == param("token"))
_VERIFIED: Statement[str | None] = statement(
    _MINE.values(verified_on=param("verified_on")).returning(legacy_accounts.c.limited_by), scalar
)
_UNLIMIT = statement(_MINE.values(limited_by=None))


async def verified(connection: Connection, owner: Account, concluded: Account, *, now: datetime) -> Account:
    """Store the first verification of an imported account; return the account without a campaign's limit.

    owner: the locked account before the claim ended, never verified; concluded: the account after it.
    """
    limited_by = await connection.one(_VERIFIED, token=owner.account_token, verified_on=concluded.verify_date)
    if limited_by is None:
        return concluded
    await connection.run(_UNLIMIT, token=owner.account_token)
    settled = await sanction_standing.settled(connection, concluded, now=now)
    # The end of the claim and that of the limit are one change.
    return replace(settled, revision=concluded.revision)


async def create(
    connection: Connection, party: str, import_id: str, label: str, rows: Sequence[NewAccount]
) -> dict[bytes, Imported]:
    """Insert the new accounts and add them to the change feed; return the account of each reference.

    Of concurrent imports of one reference, exactly one creates the account.
    """
    if not rows:
        return {}
    # Sorted: two imports of the same references then wait for each other without a deadlock.
    ordered = sorted(rows, key=lambda row: row.reference)
    given = [(row.account_token, row.reference, row.create_date) for row in ordered]
    fresh = set(await connection.all(_ADD, rows=given, party=party, import_id=import_id, label=label))
    found = {
        row.reference: Imported(row.account_token, created=True) for row in rows if row.account_token in fresh
    }
    if len(found) < len(rows):
        others = [row for row in ordered if row.reference not in found]
        found |= await find(connection, party, import_id, others)
    if fresh:
        tokens = sorted(fresh)
        await connection.run(_ADD_ACCOUNTS, tokens=[(token,) for token in tokens], party=party)
        await _note(connection, party, tokens)
    return found


async def _note(connection: Connection, party: str, tokens: Sequence[str]) -> None:
    """Add new accounts to the change feed, numbered here instead of by a later update of each row.

    The feed's head is locked last: other imports wait only for the end of this one.
    """
    head = await status_store.locked_head(connection, party)
    notes = [(token, place) for place, token in enumerate(tokens, head + 1)]
    await connection.run(_ADD_NOTES, notes=notes, party=party)
    await status_store.advance(connection, {party: head + len(notes)})


async def find(
    connection: Connection, party: str, import_id: str, rows: Sequence[NewAccount]
) -> dict[bytes, Imported]:
    """Return the account of each reference that is known, and whether this import created it."""
    found = await connection.all(_FIND, party=party, references=sorted(row.reference for row in rows))
    return {row.reference: Imported(row.account_token, created=row.import_id == import_id) for row in found}
