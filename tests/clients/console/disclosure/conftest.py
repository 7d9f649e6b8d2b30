"""A chamber whose members work with consoles."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.console_room import ConsoleRoom, consoles
from tools.support.chamber import chamber
from tools.support.databases import Databases


@pytest.fixture
async def house(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[ConsoleRoom]:
    """Return a chamber over SQLite files, with consoles."""
    async with chamber(sqlite_databases, tmp_path) as room, consoles(room) as made:
        yield made
