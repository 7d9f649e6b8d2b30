"""Fixtures of the flows of reports."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from idvault.core.db.database import Database
from idvault_verify.attest.moderator_key import ModeratorKey
from tests.support.tip_off_world import TipOffWorld, key_files


@pytest_asyncio.fixture
async def world(main_database: Database, tmp_path: Path) -> AsyncIterator[TipOffWorld]:
    """Return the world with a new database of each kind."""
    made = TipOffWorld(main_database, key_files(tmp_path))
    yield made
    await made.world.claims.verification.drain()


@pytest_asyncio.fixture
async def key(world: TipOffWorld) -> ModeratorKey:
    """Return a registered moderator."""
    return await world.world.moderator(1)
