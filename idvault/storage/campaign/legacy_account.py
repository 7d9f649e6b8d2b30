"""The import of legacy accounts (ports.campaign.legacy_account): few statements for a chunk, however long it is."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Insert,
    LargeBinary,
    String,
    Table,
    bindparam,
    column,
    func,
    insert,
    literal,
    select,
    true,
    update,
)
from sqlalchemy.dialects.postgresql import ARRAY

from idvault.domain import seal
from idvault.domain.account import Account, AccountState, Standing
from idvault.domain.campaign import legacy_account
from idvault.domain.event import Event
from idvault.ports.campaign.legacy_account import ImportChunk, Imported, NewAccount
from idvault.storage.account import feed
from idvault.storage.account import feed_rows as feed_row
from idvault.storage.account.rows import values as account_values
from idvault.storage.account.tables import accounts, status_feed
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.campaign.tables import legacy_accounts
from idvault.storage.claim import request
from idvault.storage.dialect import insert as insert_or_ignore
from idvault.storage.lengths import padded
from idvault.storage.log import entry as log

_HASH_PURPOSE = "idvault/import-references/v1"


class SqlLegacyAccountStore:
    """Legacy accounts in the main database."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def import_chunk(self, chunk: ImportChunk, *, event: Event) -> list[Imported]:
        """Create an account for each reference that the relying party has none for; answer in row order."""
        return await self._database.act(
            "legacy_account.import", lambda connection: _import(connection, chunk, event)
        )


async def verified(connection: Connection, owner: Account, concluded: Account) -> Account:
    """Note the first verification of an account that was imported; return it without a campaign's limit.

    owner: the locked account before; concluded: as the claim leaves it.
    """
    if owner.state is not AccountState.UNVERIFIED:
        return concluded
    mine = legacy_accounts.c.account_token == owner.account_token
    former = (
        await connection.execute(select(legacy_accounts.c.limited_from).where(mine))
    ).scalar_one_or_none()
    await connection.execute(
        update(legacy_accounts)
        .where(mine)
        .values(verified_on=concluded.verify_date, limited_by=None, limited_from=None)
    )
    return (
        concluded if former is None else legacy_account.unlimited(account=concluded, former=Standing(former))
    )


async def _import(connection: Connection, chunk: ImportChunk, event: Event) -> list[Imported]:
    # Sorted, so that two imports of the same references wait for each other and not in a circle.
    rows = sorted(chunk.rows, key=lambda row: row.reference)
    repeated = await request.remember(connection, chunk.request, made=chunk.import_id, now=chunk.now.business)
    if repeated is not None:
        found = await _find(connection, chunk, rows)
    else:
        found = await _create(connection, chunk, rows) if rows else {}
        await log.append(connection, _about(event, found))
    return [found[row.reference] for row in chunk.rows]


async def _create(
    connection: Connection, chunk: ImportChunk, rows: Sequence[NewAccount]
) -> dict[bytes, Imported]:
    """Insert what is new, and note it in the feed.

    The places in the feed are given here, not by an update of each row afterwards. Its head is locked last,
    so that other imports wait for no more than the end of this one.
    """
    add = _add_sqlite if connection.dialect.name == "sqlite" else _add
    fresh = await add(connection, chunk, rows)
    found = {
        row.reference: Imported(row.account_token, created=True) for row in rows if row.account_token in fresh
    }
    if len(found) < len(rows):
        found |= await _find(connection, chunk, [row for row in rows if row.reference not in found])
    if fresh:
        await _note(connection, chunk, sorted(fresh))
    return found


async def _note(connection: Connection, chunk: ImportChunk, fresh: Sequence[str]) -> None:
    party = chunk.request.relying_party
    head = await feed.locked_head(connection, party)
    # No credential of these accounts exists that a list could hold, so nothing is left to list.
    note = feed_row.first(legacy_account.imported(account_token="", relying_party=party))
    note["listed"] = note["changes"]
    if connection.dialect.name == "sqlite":
        await connection.execute(
            insert(status_feed),
            [
                {"account_token": token, "sequence": place, **note}
                for place, token in enumerate(fresh, head + 1)
            ],
        )
    else:
        await connection.execute(_noted(fresh, head, note))
    await feed.advance(connection, {party: head + len(fresh)})


def _noted(fresh: Sequence[str], head: int, note: Mapping[str, object]) -> Insert:
    """Return the insert of a note for each token, numbered in order from the head on."""
    given = (
        func.unnest(bindparam("tokens", list(fresh), ARRAY(String)))
        .table_valued(column("account_token", String), with_ordinality="place")
        .render_derived()
    )
    columns = _constants(status_feed, note)
    place = given.c.place + literal(head, BigInteger)
    source = select(given.c.account_token, place, *columns.values())
    return insert(status_feed).from_select(["account_token", "sequence", *columns], source)


async def _add(connection: Connection, chunk: ImportChunk, rows: Sequence[NewAccount]) -> set[str]:
    """Insert the rows of each new account in one statement; return their tokens."""
    given = (
        func.unnest(
            bindparam("tokens", [row.account_token for row in rows], ARRAY(String)),
            bindparam("hashes", [row.reference for row in rows], ARRAY(LargeBinary)),
            bindparam("days", [row.create_date.isoformat() for row in rows], ARRAY(String)),
        )
        .table_valued(
            column("account_token", String), column("reference", LargeBinary), column("day", String)
        )
        .render_derived()
    )
    source = select(
        given.c.account_token,
        literal(chunk.request.relying_party),
        given.c.reference,
        literal(chunk.import_id),
        literal(chunk.label),
        given.c.day,
    )
    added = (
        insert_or_ignore(connection, legacy_accounts)
        .from_select(
            ["account_token", "relying_party", "reference", "import_id", "label", "create_date"], source
        )
        .on_conflict_do_nothing(index_elements=["relying_party", "reference"])
        .returning(legacy_accounts.c.account_token)
        .cte("added")
    )
    born = _constants(accounts, _born(chunk))
    copied = select(added.c.account_token, *born.values()).select_from(added)
    inserted = insert(accounts).from_select(["account_token", *born], copied)
    return set((await connection.execute(inserted.returning(accounts.c.account_token))).scalars())


def _constants(table: Table, common: Mapping[str, object]) -> dict[str, ColumnElement[Any]]:
    return {name: literal(value, table.c[name].type) for name, value in common.items()}


async def _add_sqlite(connection: Connection, chunk: ImportChunk, rows: Sequence[NewAccount]) -> set[str]:
    common = {
        "relying_party": chunk.request.relying_party,
        "import_id": chunk.import_id,
        "label": chunk.label,
    }
    await connection.execute(
        insert_or_ignore(connection, legacy_accounts).on_conflict_do_nothing(
            index_elements=["relying_party", "reference"]
        ),
        [
            {
                "account_token": row.account_token,
                "reference": row.reference,
                "create_date": row.create_date,
                **common,
            }
            for row in rows
        ],
    )
    fresh = {one.account_token for one in (await _find(connection, chunk, rows)).values() if one.created}
    if fresh:
        born = _born(chunk)
        await connection.execute(insert(accounts), [{"account_token": token, **born} for token in fresh])
    return fresh


def _born(chunk: ImportChunk) -> dict[str, object]:
    """Return the columns of an imported account but its token; those without a value are left out."""
    made = legacy_account.imported(account_token="", relying_party=chunk.request.relying_party)
    return {name: value for name, value in account_values(made).items() if value is not None}


async def _find(
    connection: Connection, chunk: ImportChunk, rows: Sequence[NewAccount]
) -> dict[bytes, Imported]:
    hashes = [row.reference for row in rows]
    found = await connection.execute(
        select(
            legacy_accounts.c.reference, legacy_accounts.c.account_token, legacy_accounts.c.import_id
        ).where(
            legacy_accounts.c.relying_party == chunk.request.relying_party,
            _among(connection, hashes),
        )
    )
    return {
        row.reference: Imported(row.account_token, created=row.import_id == chunk.import_id) for row in found
    }


def _among(connection: Connection, hashes: Sequence[bytes]) -> ColumnElement[bool]:
    if not hashes:
        return ~true()
    if connection.dialect.name == "sqlite":
        return legacy_accounts.c.reference.in_(padded(hashes))
    return legacy_accounts.c.reference == func.any(bindparam("among", list(hashes), ARRAY(LargeBinary)))


def _about(event: Event, found: dict[bytes, Imported]) -> Event:
    created = sorted(reference for reference, one in found.items() if one.created)
    digest = sha256(seal.encode(_HASH_PURPOSE, *created)).digest()
    return event.with_fields(count=len(created), references_hash=digest)
