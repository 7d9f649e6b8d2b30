"""What every room's tests may use: fresh databases of both kinds; and whose tests count as coverage."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from idvault.storage.base.database import Database
from tests.support.databases import Databases, Maker, PostgresMaker, SqliteMaker, postgres

MEASURED_ROOMS = ("domain", "transparency", "attest", "sealing", "custody")
"""The rooms whose own tests must reach each of their lines and branches (scripts/test)."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Count the rooms' own tests only: a line that a journey happens to pass is not tested by it.

    It is a matter of time, too: tracing doubles what a test costs.
    """
    folder = Path(__file__).parent
    for item in items:
        if item.path.relative_to(folder).parts[0] not in MEASURED_ROOMS:
            item.add_marker(pytest.mark.no_cover)


@pytest.fixture(scope="session")
def sqlite_maker(tmp_path_factory: pytest.TempPathFactory) -> SqliteMaker:
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


@pytest.fixture
def postgres_databases(postgres_maker: PostgresMaker, tmp_path: Path) -> Iterator[Databases]:
    """Return a fresh pair of PostgreSQL, for what only it can show."""
    pair = postgres_maker.fresh(tmp_path)
    yield pair
    postgres_maker.drop(pair)


@pytest_asyncio.fixture
async def main_database(databases: Databases) -> AsyncIterator[Database]:
    database = Database(url=databases.main_url)
    yield database
    await database.close()


@pytest_asyncio.fixture
async def sqlite_main(sqlite_databases: Databases) -> AsyncIterator[Database]:
    """Return an open main database in a SQLite file."""
    database = Database(url=sqlite_databases.main_url)
    yield database
    await database.close()


@pytest_asyncio.fixture
async def shred_database(databases: Databases) -> AsyncIterator[Database]:
    database = Database(url=databases.shred_url)
    yield database
    await database.close()
