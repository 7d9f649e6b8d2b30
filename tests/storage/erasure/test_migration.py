"""The migration that lets the status tell of an erasure, for those that were requested before."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, text

from idvault.core.db.database import Database
from idvault.erasure.store import SqlErasureStore
from idvault.processes import migrations
from idvault.processes.migrations import MAIN
from idvault.status.store import SqlFeedStore
from idvault.verify.erasure import ErasureState
from tests.support import feed
from tests.support.databases import Maker
from tests.support.flow_world import PARTY

STATES = {f"acct_{place:026d}": state for place, state in enumerate((None, *ErasureState))}
_ACCOUNT = (
    "INSERT INTO accounts (account_token, relying_party, subject_kind, state, standing, assurance, revision)"
    " VALUES (:token, :party, 'INDIVIDUAL', 'UNVERIFIED', 'GOOD', 'NONE', 3)"
)
_FEED = (
    "INSERT INTO status_feed (account_token, relying_party, revision, sequence, changes, listed)"
    " VALUES (:token, :party, 3, :place, 3, 3)"
)
_HEAD = "INSERT INTO status_feed_heads (relying_party, head) VALUES (:party, :head)"
_ERASURE = (
    "INSERT INTO erasures (account_token, erasure_id, relying_party, state, requested_at, erase_at,"
    " destroy_at, entry_id) VALUES (:token, :erasure, :party, :state, 1, 2000000, 3, :erasure)"
)


def _until(former: str) -> Callable[[Connection], None]:
    def change(connection: Connection) -> None:
        command.upgrade(MAIN.config(connection), former)
        connection.execute(text(_HEAD), {"party": PARTY, "head": len(STATES)})
        for place, (token, state) in enumerate(STATES.items(), 1):
            given = {"token": token, "party": PARTY}
            connection.execute(text(_ACCOUNT), given)
            connection.execute(text(_FEED), {**given, "place": place})
            if state is not None:
                erased = {**given, "state": state.value, "erasure": f"{place:032d}"}
                connection.execute(text(_ERASURE), erased)

    return change


@pytest.mark.process
async def test_what_was_requested_before_is_told(maker: Maker, tmp_path: Path) -> None:
    """Its account is in the feed with the next revision and the time; nobody knows who asked."""
    urls = await asyncio.to_thread(maker.empty_urls, tmp_path)
    await migrations.change(urls[0], _until("0041"))
    await migrations.upgrade_both(*urls)
    database = Database(url=urls[0])
    try:
        store = SqlFeedStore(database=database)
        await store.arrange(limit=99)
        (changed,) = await feed.changes(store, after=len(STATES))
        assert STATES[changed.account_token] is ErasureState.REQUESTED
        assert changed.account is not None
        assert changed.account.erase_at is not None
        assert (changed.account.revision, changed.account.erase_at.timestamp()) == (4, 2)
        listed = await SqlErasureStore(database=database).list(
            relying_party=PARTY, state=None, after="", limit=9
        )
        assert [each.origin for each in listed] == [None] * len(ErasureState)
    finally:
        await database.close()
