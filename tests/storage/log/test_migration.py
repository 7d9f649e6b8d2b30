"""The migration to a sequenced log, from databases that already hold entries."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, text

from idvault.core.db.database import Database
from idvault.log.store import SqlLogStore
from idvault.processes import migrations
from idvault.processes.migrations import MAIN
from tests.support.databases import Maker
from tests.support.storage_world import NOW


def _to_first(connection: Connection) -> None:
    command.upgrade(MAIN.config(connection), "0001")
    for number in range(3):
        connection.execute(
            text("INSERT INTO log_entries (entry_id, leaf, occurred_at) VALUES (:id, :leaf, :at)"),
            {"id": f"{number:032x}", "leaf": b"leaf %d" % number, "at": 1_000_000 * (3 - number)},
        )


@pytest.fixture
def urls(maker: Maker, tmp_path: Path) -> tuple[str, str]:
    """Return two databases without a schema."""
    return maker.empty_urls(tmp_path)


async def test_entries_of_the_first_version_get_their_places(urls: tuple[str, str]) -> None:
    """Their business time, the only known one, becomes their real time, and they are sequenced by it."""
    await migrations.change(urls[0], _to_first)
    await migrations.upgrade_both(*urls)
    await migrations.check_current(*urls)
    database = Database(url=urls[0])
    store = SqlLogStore(database=database)
    waiting = await store.unsequenced()
    assert waiting.count == 3
    assert waiting.oldest is not None
    assert waiting.oldest.timestamp() == 1
    assert await store.sequence(limit=10, now=NOW) == 3
    assert await store.leaves(start=0, limit=10) == [b"leaf 2", b"leaf 1", b"leaf 0"]
    await database.close()
