"""Queues status changes for the change feed in the act's transaction; they are numbered later."""

from sqlalchemy import insert, literal_column, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import param, statement, upsert
from idvault.core.tables.account import status_feed
from idvault.verify.account import Account

_ADD = statement(insert(status_feed))
_NOTE = upsert(status_feed)
_CHANGED = statement(
    _NOTE.on_conflict_do_update(
        index_elements=[status_feed.c.account_token],
        set_={"revision": _NOTE.excluded.revision, "sequence": None, "changes": status_feed.c.changes + 1},
        where=status_feed.c.revision < _NOTE.excluded.revision,
    )
)
_OWN = update(status_feed).where(status_feed.c.account_token == param("token"))
_REMOVED = statement(_OWN.values(sequence=None, changes=status_feed.c.changes + 1))
_PUBLISHED = statement(
    _OWN.values(sequence=None, changes=status_feed.c.changes + 1, publishes=literal_column("TRUE"))
)
_ATTESTED = statement(_OWN.values(changes=status_feed.c.changes + 1))


async def added(connection: Connection, account: Account) -> None:
    """Queue a new account."""
    await connection.later(_ADD, account_token=account.account_token, sequence=None, **first(account))


async def changed(connection: Connection, account: Account) -> None:
    """Queue a changed account; does nothing if its revision is already queued."""
    await connection.later(_CHANGED, account_token=account.account_token, sequence=None, **first(account))


def first(account: Account) -> dict[str, object]:
    """Return the columns of an account's first feed row, except its token."""
    return {
        "relying_party": account.relying_party,
        "revision": account.revision,
        "changes": 1,
        "listed": 0,
        "publishes": None,
    }


async def removed(connection: Connection, *, account_token: str) -> None:
    """Queue the removal of an account."""
    await connection.later(_REMOVED, token=account_token)


async def published(connection: Connection, *, account_token: str) -> None:
    """Queue an account whose public account changed; its status need not have changed."""
    await connection.later(_PUBLISHED, token=account_token)


async def attested(connection: Connection, *, account_token: str) -> None:
    """Record that an account got another status list entry; its status did not change."""
    await connection.later(_ATTESTED, token=account_token)
