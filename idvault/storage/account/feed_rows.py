"""How an act notes, in its own transaction, that statuses changed; the notes get their numbers later."""

from sqlalchemy import update

from idvault.domain.status import Account
from idvault.storage.account.tables import status_feed
from idvault.storage.base.connection import Connection
from idvault.storage.dialect import insert


async def changed(connection: Connection, *changes: Account) -> None:
    """Note added or changed accounts, in the act's own transaction; one with the same revision is no news."""
    statement = insert(connection, status_feed)
    new = statement.excluded
    await connection.execute(
        statement.on_conflict_do_update(
            index_elements=[status_feed.c.account_token],
            set_={"revision": new.revision, "sequence": None, "changes": status_feed.c.changes + 1},
            where=status_feed.c.revision < new.revision,
        ),
        [{"account_token": account.account_token, "sequence": None, **first(account)} for account in changes],
    )


def first(account: Account) -> dict[str, object]:
    """Return the first note of an account as columns, but its token."""
    return {
        "relying_party": account.relying_party,
        "revision": account.revision,
        "changes": 1,
        "listed": 0,
    }


async def removed(connection: Connection, *, account_token: str) -> None:
    """Note that an account is no more, within the act's own transaction."""
    await connection.execute(
        update(status_feed)
        .where(status_feed.c.account_token == account_token)
        .values(sequence=None, changes=status_feed.c.changes + 1)
    )


async def attested(connection: Connection, *, account_token: str) -> None:
    """Note that an account has one more entry in a status list; its status did not change."""
    await connection.execute(
        update(status_feed)
        .where(status_feed.c.account_token == account_token)
        .values(changes=status_feed.c.changes + 1)
    )
