"""The moderators' console of a new world."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from idvault.core.db.database import Database
from idvault_verify.attest.moderator_key import ModeratorKey
from tests.support.console import Visitor
from tests.support.moderation_console import Office, office
from tools.support.databases import Databases


@pytest.fixture
async def place(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Office]:
    """Return a world with a new database, behind a real edge."""
    database = Database(url=sqlite_databases.main_url)
    async with office(database, tmp_path) as made:
        yield made
    await database.close()


@pytest.fixture
async def key(place: Office) -> ModeratorKey:
    """The key of the moderator who uses the console."""
    return await place.moderator(1)


@pytest.fixture
async def browser(place: Office, key: ModeratorKey) -> AsyncIterator[Visitor]:
    """That moderator's browser, inside the console."""
    async with place.works(key) as visitor:
        yield visitor
