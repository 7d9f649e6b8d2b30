"""Fixtures of the flows of erasures."""

from collections.abc import AsyncIterator

import pytest_asyncio

from idvault.core.db.database import Database
from tools.support.erasure_world import ErasureWorld


@pytest_asyncio.fixture
async def world(main_database: Database, shred_database: Database) -> AsyncIterator[ErasureWorld]:
    """Return the flows with new databases of each kind."""
    made = ErasureWorld(main_database, shred_database)
    yield made
    await made.claims.verification.drain()
