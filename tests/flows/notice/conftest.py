"""Fixtures of the flows of notices."""

from collections.abc import AsyncIterator

import pytest_asyncio

from idvault.core.db.database import Database
from tools.support.notice_world import NoticeWorld


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[NoticeWorld]:
    """Return the flows with a new database of each kind."""
    made = NoticeWorld(main_database)
    await made.begin()
    yield made
    await made.claims.verification.drain()
