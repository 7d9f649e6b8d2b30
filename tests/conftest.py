"""Fixtures that every room's tests may use: fresh databases of both kinds."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from idvault.storage.engine import Database
from tests.databases import Databases, Maker, PostgresMaker, SqliteMaker, postgres


@pytest.fixture(scope="session")
def sqlite_maker(tmp_path_factory: pytest.TempPathFactory) -> SqliteMaker:
    """Return the maker of SQLite files."""
    return SqliteMaker(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgres_maker() -> Iterator[PostgresMaker]:
    """Run the PostgreSQL server of this test process."""
    with postgres() as maker:
        yield maker


@pytest.fixture(params=["sqlite", "postgres"])
def maker(request: pytest.FixtureRequest) -> Maker:
    """Return the maker of each kind in turn."""
    made: Maker = request.getfixturevalue(f"{request.param}_maker")
    return made


@pytest.fixture
def databases(maker: Maker, tmp_path: Path) -> Iterator[Databases]:
    """Return a fresh pair of databases of each kind in turn."""
    pair = maker.fresh(tmp_path)
    yield pair
    maker.drop(pair)


@pytest.fixture
def sqlite_databases(sqlite_maker: SqliteMaker, tmp_path: Path) -> Databases:
    """Return a fresh pair of SQLite files, for tests that do not depend on the kind."""
    return sqlite_maker.fresh(tmp_path)


@pytest_asyncio.fixture
async def main_database(databases: Databases) -> AsyncIterator[Database]:
    """Return the open main database of the pair."""
    database = Database(url=databases.main_url)
    yield database
    await database.close()


@pytest_asyncio.fixture
async def shred_database(databases: Databases) -> AsyncIterator[Database]:
    """Return the open shred database of the pair."""
    database = Database(url=databases.shred_url)
    yield database
    await database.close()
