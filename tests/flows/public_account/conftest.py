"""Fixtures of the flows of public accounts."""

from collections.abc import AsyncIterator

import pytest_asyncio

from idvault.core.db.database import Database
from tools.support.public_account_world import PublicAccountWorld


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[PublicAccountWorld]:
    """Return the world with a new database of each kind."""
    made = PublicAccountWorld(main_database)
    yield made
    await made.claims.verification.drain()
