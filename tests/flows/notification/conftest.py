"""Fixtures of notifications: a vault that tells, and servers of recipients."""

from collections.abc import AsyncIterator

import pytest_asyncio

from idvault.core.db.database import Database
from tests.support.notified import HookServer, MailHandler, hook_server, mail_server
from tests.support.notified_world import NotifiedWorld


@pytest_asyncio.fixture
async def hooks() -> AsyncIterator[HookServer]:
    """Return a server of webhooks."""
    async with hook_server() as made:
        yield made


@pytest_asyncio.fixture
async def mails() -> AsyncIterator[MailHandler]:
    """Return a mail server."""
    async with mail_server() as made:
        yield made


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[NotifiedWorld]:
    """Return what tells, over a new database of each kind."""
    made = NotifiedWorld(main_database)
    yield made
    await made.close()
