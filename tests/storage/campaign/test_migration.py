"""The migration that counts the tries of an invitation's code, from codes that were used or not."""

import asyncio
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, select, text

from idvault.storage import migrations
from idvault.storage.base.database import Database
from idvault.storage.campaign.tables import invitations
from idvault.storage.migrations import MAIN
from tests.support.databases import Maker
from tests.support.storage_world import World

_INVITATION = (
    "INSERT INTO invitations (account_token, campaign_id, method, state, deliveries, code_used)"
    " VALUES (:token, 'c', 'HOSTED_LINK', 'ACTIVE', 1, :used)"
)


def _to_former(connection: Connection) -> None:
    command.upgrade(MAIN.config(connection), "0016")
    for token, used in (("acct_used", True), ("acct_fresh", False)):
        connection.execute(text(_INVITATION), {"token": token, "used": used})


@pytest.mark.process
async def test_a_used_code_stays_used(maker: Maker, tmp_path: Path) -> None:
    """A code that was used has no try left; any other has all of them."""
    urls = await asyncio.to_thread(maker.empty_urls, tmp_path)
    await migrations.change(urls[0], _to_former)
    await migrations.upgrade_both(*urls)
    database = Database(url=urls[0])
    try:
        found = await World(database).all(select(invitations.c.account_token, invitations.c.code_tries))
        assert dict(map(tuple, found)) == {"acct_used": 5, "acct_fresh": 0}
    finally:
        await database.close()
