"""Deletes what an erasure leaves of a record, and takes an erased account from its person."""

from sqlalchemy import ColumnElement, String, delete, exists, literal_column, or_, select, update

from idvault.account.store import person as persons
from idvault.core.db.connection import Connection
from idvault.core.db.listing import one_of
from idvault.core.db.statement import param, scalar, statement
from idvault.core.tables.account import accounts, records
from idvault.core.tables.campaign import invitations
from idvault.core.tables.claim import account_attempts, claims, intakes, receipts
from idvault.core.tables.disclosure import disclosure_decisions, kept_records
from idvault.core.tables.log import log_openings
from idvault.core.tables.public_account import public_account_versions, public_accounts
from idvault.core.tables.sanction import followers, sanctions
from idvault.verify.account import Account
from idvault.verify.sanction import SanctionState

_NOBODY: ColumnElement[str] = literal_column(f"'{'0' * 32}'")
_GONE = [
    statement(delete(table).where(table.c.account_token == param("token")))
    for table in (records, kept_records, receipts, intakes, account_attempts)
]
_NO_LOG_OPENINGS = statement(delete(log_openings).where(log_openings.c.account_token == param("token")))
_NO_SHARES = statement(
    update(disclosure_decisions)
    .where(disclosure_decisions.c.account_token == param("token"))
    .values(resealed=None)
)
_NO_CODES = statement(
    update(invitations).where(invitations.c.account_token == param("token")).values(code_hash=None)
)
_OPEN = one_of(sanctions.c.state, [SanctionState.PROPOSED.value, SanctionState.IN_FORCE.value])


def held(token: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a sanction keeps an erased account among its person's accounts."""
    return or_(
        exists().where(sanctions.c.account_token == token, _OPEN),
        exists().where(followers.c.account_token == token),
    )


_HELD = statement(select(literal_column("1")).where(held(param("token", String))), scalar)
_UNLINK = [
    statement(update(accounts).where(accounts.c.account_token == param("token")).values(person_id=None)),
    *(
        statement(update(table).where(table.c.account_token == param("token")).values(person_id=_NOBODY))
        for table in (claims, public_accounts, public_account_versions)
    ),
]


async def clear(connection: Connection, *, account_token: str) -> None:
    """Delete every version of the record of a locked account."""
    for gone in (*_GONE, _NO_SHARES, _NO_CODES):
        await connection.run(gone, token=account_token)


async def destroy(connection: Connection, *, account_token: str) -> None:
    """Delete every version of the record of a locked account, and what opens its log entries."""
    await clear(connection, account_token=account_token)
    await connection.run(_NO_LOG_OPENINGS, token=account_token)


async def is_held(connection: Connection, owner: Account) -> bool:
    """Return whether a sanction keeps a locked account among its person's accounts."""
    if owner.person_id is None:
        return False
    return await connection.one(_HELD, token=owner.account_token) is not None


async def release(connection: Connection, owner: Account) -> None:
    """Unlink a locked account from its person, and delete a person of whom nothing is left."""
    if owner.person_id is None:
        return
    await persons.release(connection, relying_party=owner.relying_party, person_id=owner.person_id)
    for unlink in _UNLINK:
        await connection.run(unlink, token=owner.account_token)
