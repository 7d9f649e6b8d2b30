"""Lists of few lengths: few statements are ever prepared, and none of them finds anything else."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import insert

from idvault.ports.log import Node
from idvault.storage.account.feed import SqlFeedStore
from idvault.storage.account.store import SqlStatusStore
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.lengths import padded
from idvault.storage.log.store import SqlLogStore
from idvault.storage.log.tables import log_nodes
from tests.storage.hooks import before_statements


@pytest.mark.parametrize(
    ("count", "length"),
    [(0, 0), (1, 1), (2, 2), (3, 4), (4, 4), (5, 8), (999, 1_024), (1_000, 1_024), (1_024, 1_024)],
)
def test_length_is_a_power_of_two(count: int, length: int) -> None:
    """Every value stays in its place, and only the last one is repeated."""
    values = list(range(count))
    found = padded(iter(values))
    assert len(found) == length
    assert found[:count] == values
    assert set(found) == set(values)


async def test_lists_of_every_length_are_few_statements(main_database: Database) -> None:
    """Batches of thirty lengths are six statements, whoever chose the lengths."""
    statuses, feeds = SqlStatusStore(database=main_database), SqlFeedStore(database=main_database)
    names = [f"name-{place}" for place in range(30)]
    with _spelled(main_database) as statements:
        for count in range(1, 31):
            await statuses.get_many(relying_party="platform-a", account_tokens=names[:count])
    assert len(statements) == 6
    with _spelled(main_database) as statements:
        for count in range(1, 31):
            assert await feeds.heads(names[:count]) == dict.fromkeys(names[:count], 0)
    assert len(statements) == 6


async def test_proofs_from_every_size_are_few_statements(main_database: Database) -> None:
    """Hashes that lie in any number of places are read with seven statements, and all are found."""
    nodes = [Node(0, 2 * place) for place in range(70)]

    async def store(connection: Connection) -> None:
        rows = [{"level": 0, "node_index": node.index, "hash": bytes([node.index])} for node in nodes]
        await connection.execute(insert(log_nodes), rows)

    await main_database.act("test", store)
    log = SqlLogStore(database=main_database)
    with _spelled(main_database) as statements:
        for count in range(1, 71):
            assert await log.nodes(nodes[:count]) == [bytes([node.index]) for node in nodes[:count]]
    assert len(statements) == 7


@contextmanager
def _spelled(database: Database) -> Iterator[set[str]]:
    """Collect the texts of the queries that are executed."""
    found: set[str] = set()
    with before_statements(database, found.add):
        yield found
