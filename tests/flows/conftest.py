"""A world for each test of a flow."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.databases import Databases
from tests.flows.world import World, open_world


@pytest_asyncio.fixture
async def world(sqlite_databases: Databases) -> AsyncIterator[World]:
    """Return flows over a fresh database."""
    opened = await open_world(sqlite_databases)
    yield opened
    await opened.verification.drain()
    await opened.database.close()
