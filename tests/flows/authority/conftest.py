"""Fixtures of the flows of authorities."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from idvault.core.db.database import Database
from idvault_verify.attest.moderator_key import ModeratorKey
from tools.support.authority_world import AuthorityWorld
from tools.support.flow_world import PARTY


@pytest_asyncio.fixture
async def world(main_database: Database, tmp_path: Path) -> AsyncIterator[AuthorityWorld]:
    """Return the flows with a new database of each kind."""
    made = AuthorityWorld(main_database, tmp_path)
    await made.register_platforms(PARTY, "platform-b")
    yield made
    await made.claims.verification.drain()


@pytest_asyncio.fixture
async def keys(world: AuthorityWorld) -> tuple[ModeratorKey, ModeratorKey]:
    """Return two moderators."""
    return await world.moderator(1), await world.moderator(2)
