"""Lists of any length use one statement, prepared once per connection, and find exactly their values."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import insert

from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.tables.log import log_nodes
from idvault.log.acts import stored_log
from idvault.log.rules import Subtree
from tests.storage.hooks import before_statements
from tools.support.accounts import Accounts
from tools.support.feed import Feed

_ADD_NODE = statement(insert(log_nodes))


async def test_lists_of_every_length_are_one_statement(main_database: Database) -> None:
    """Batches of thirty different lengths use one statement."""
    statuses, feeds = Accounts(main_database), Feed(main_database)
    names = [f"name-{place}" for place in range(30)]
    with _spelled(main_database) as texts:
        for count in range(31):
            await statuses.packed_many(relying_party="platform-a", account_tokens=names[:count])
    assert len(texts) == 1
    with _spelled(main_database) as texts:
        for count in range(31):
            assert await feeds.heads(names[:count]) == dict.fromkeys(names[:count], 0)
    assert len(texts) == 1


async def test_proofs_from_every_size_are_one_statement(main_database: Database) -> None:
    """Hashes at any number of positions are read with one statement, and all are found."""
    nodes = [Subtree(0, 2 * place) for place in range(70)]
    rows = [{"level": 0, "node_index": node.index, "hash": bytes([node.index])} for node in nodes]
    await main_database.act("test", lambda connection: connection.many(_ADD_NODE, rows))
    with _spelled(main_database) as texts:
        for count in range(1, 71):
            assert await stored_log.nodes(main_database, nodes[:count]) == [
                bytes([node.index]) for node in nodes[:count]
            ]
    assert len(texts) == 1


@contextmanager
def _spelled(database: Database) -> Iterator[set[str]]:
    """Collect the texts of executed queries."""
    found: set[str] = set()
    with before_statements(database, found.add):
        yield found
