"""Fixtures of the flows of sanctions and appeals."""

from collections.abc import AsyncIterator

import pytest_asyncio

from idvault.core.db.database import Database
from idvault_verify.attest.moderator_key import ModeratorKey
from tests.support.appeal_world import AppealWorld


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[AppealWorld]:
    """Return the flows with a new database of each kind."""
    made = AppealWorld(main_database)
    yield made
    await made.claims.verification.drain()


@pytest_asyncio.fixture
async def keys(world: AppealWorld) -> tuple[ModeratorKey, ModeratorKey]:
    """Return two moderators."""
    return await world.moderator(1), await world.moderator(2)
