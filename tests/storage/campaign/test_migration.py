"""Migrations of campaigns, from rows of the former version."""

import asyncio
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, select, text

from idvault.core.db.database import Database
from idvault.core.tables.campaign import invitations, legacy_accounts
from idvault.processes import migrations
from idvault.processes.migrations import MAIN
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


_LEGACY = (
    "INSERT INTO legacy_accounts (account_token, relying_party, reference, import_id, label, create_date)"
    " VALUES (:token, 'platform-a', :reference, 'i', '', '2012-05-01')"
)
_INVITED = (
    "INSERT INTO invitations (account_token, campaign_id, method, state, deliveries, code_tries)"
    " VALUES (:token, :campaign, 'WHEN_DUE', 'ACTIVE', 1, 0)"
)


def _to_invited(connection: Connection) -> None:
    command.upgrade(MAIN.config(connection), "0021")
    for token in ("acct_invited", "acct_new"):
        connection.execute(text(_LEGACY), {"token": token, "reference": token.encode()})
    for campaign in ("a", "b"):
        connection.execute(text(_INVITED), {"token": "acct_invited", "campaign": campaign})


@pytest.mark.process
async def test_who_was_invited_is_known(maker: Maker, tmp_path: Path) -> None:
    """An owner with invitations has one of their campaigns, any other none."""
    urls = await asyncio.to_thread(maker.empty_urls, tmp_path)
    await migrations.change(urls[0], _to_invited)
    await migrations.upgrade_both(*urls)
    database = Database(url=urls[0])
    try:
        columns = legacy_accounts.c.account_token, legacy_accounts.c.invited_by
        found = await World(database).all(select(*columns))
        assert dict(map(tuple, found)) == {"acct_invited": "b", "acct_new": ""}
    finally:
        await database.close()
