"""Fixtures of the flows' tests."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tools.support.chamber import Chamber, chamber
from tools.support.databases import Databases
from tools.support.flow_world import World, open_world
from tools.support.log_world import LogWorld


@pytest_asyncio.fixture
async def world(sqlite_databases: Databases) -> AsyncIterator[World]:
    """Return flows with a new database."""
    opened = await open_world(sqlite_databases)
    yield opened
    await opened.verification.drain()
    await opened.database.close()


@pytest_asyncio.fixture
async def log_world(databases: Databases, tmp_path: Path) -> AsyncIterator[LogWorld]:
    opened = LogWorld(databases, tmp_path / "public")
    yield opened
    await opened.close()


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber with SQLite files."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made
