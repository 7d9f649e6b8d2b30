"""How an act notes, in its own transaction, that statuses changed; the notes get their numbers later."""

from sqlalchemy import update

from idvault.domain.account import Account
from idvault.storage.account.tables import status_feed
from idvault.storage.base.connection import Connection
from idvault.storage.base.statement import param, statement, upsert

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
_ATTESTED = statement(_OWN.values(changes=status_feed.c.changes + 1))


async def changed(connection: Connection, account: Account) -> None:
    """Note an added or changed account; one with the revision of the last note is no news."""
    await connection.run(_CHANGED, account_token=account.account_token, sequence=None, **first(account))


def first(account: Account) -> dict[str, object]:
    """Return the first note of an account as columns, but its token."""
    return {
        "relying_party": account.relying_party,
        "revision": account.revision,
        "changes": 1,
        "listed": 0,
    }


async def removed(connection: Connection, *, account_token: str) -> None:
    """Note that an account is no more."""
    await connection.run(_REMOVED, token=account_token)


async def attested(connection: Connection, *, account_token: str) -> None:
    """Note that an account has one more entry in a status list; its status did not change."""
    await connection.run(_ATTESTED, token=account_token)
