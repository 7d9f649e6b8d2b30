"""Statements whose result an act does not need: joined on PostgreSQL, the same result on both databases."""

import pytest
from sqlalchemy import delete, insert, select, update

from idvault.account.store import rows as account_rows
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.postgresql import Postgresql
from idvault.core.db.queued import Queue, joined, written
from idvault.core.db.statement import param, statement, upsert
from idvault.core.tables.claim import claims, requests
from idvault.core.tables.key import day_keys
from idvault.registry.store import budgets
from idvault_verify.error import UnavailableError
from tests.storage.hooks import before_statements
from tools.support.storage_world import NOW, World

_KEY = statement(insert(day_keys))
_CLOCK = statement(insert(budgets))
_RENAMED = statement(update(day_keys).where(day_keys.c.day == param("which")).values(suite=param("suite")))
_DELETED = statement(delete(day_keys).where(day_keys.c.day == param("which")))
_NOTED = statement(upsert(budgets).on_conflict_do_nothing(index_elements=[budgets.c.name]).returning(budgets))
_MOVED = statement(
    update(budgets)
    .where(budgets.c.name == select(day_keys.c.day).scalar_subquery())
    .values(name=param("new"))
)
_SUITES = statement(select(day_keys.c.suite).order_by(day_keys.c.day))


async def _add(connection: Connection, day: str) -> None:
    await connection.later(_KEY, day=day, suite="s", public_key=b"k")


async def _texts(database: Database, work: object) -> list[str]:
    seen: list[str] = []
    with before_statements(database, seen.append):
        await database.act("test", work)  # type: ignore[arg-type]
    return seen


def _joins(database: Database) -> bool:
    return isinstance(database._driver, Postgresql)


async def test_queued_statements_are_sent_together(main_database: Database) -> None:
    """Three inserts into two tables are one statement on PostgreSQL, sent before COMMIT."""

    async def work(connection: Connection) -> None:
        await _add(connection, "2026-03-01")
        await connection.later(_CLOCK, name="a", next_at=NOW)
        await _add(connection, "2026-03-02")

    assert len(await _texts(main_database, work)) == (1 if _joins(main_database) else 3)
    counts = await World(main_database).counts()
    assert (counts["day_keys"], counts["budgets"]) == (2, 1)


async def test_a_later_statement_sees_what_was_queued(main_database: Database) -> None:
    """A read, an update and a delete of queued rows are sent after them, never with them."""
    found: list[str] = []

    async def work(connection: Connection) -> None:
        await _add(connection, "2026-03-01")
        await _add(connection, "2026-03-02")
        await connection.later(_RENAMED, which="2026-03-01", suite="renamed")
        found.extend(row.suite for row in await connection.all(_SUITES))
        assert await connection.run(_DELETED, which="2026-03-02") == 1

    assert len(await _texts(main_database, work)) == (4 if _joins(main_database) else 5)
    assert found == ["renamed", "s"]
    assert (await World(main_database).counts())["day_keys"] == 1


async def test_a_statement_with_a_result_joins_inserts(main_database: Database) -> None:
    """It is sent with queued inserts and has its own result, but not with queued updates."""

    async def work(connection: Connection) -> None:
        await _add(connection, "2026-03-01")
        assert (await connection.only(_NOTED, name="a", next_at=NOW)).next_at == NOW
        await connection.later(_RENAMED, which="2026-03-01", suite="renamed")
        assert await connection.one(_NOTED, name="a", next_at=NOW) is None

    assert len(await _texts(main_database, work)) == (3 if _joins(main_database) else 4)


async def test_a_failing_queued_statement_undoes_the_act(main_database: Database) -> None:
    """A row that is queued twice breaks its constraint, at the latest before COMMIT; nothing is stored."""

    async def work(connection: Connection) -> None:
        await connection.later(_CLOCK, name="a", next_at=NOW)
        await _add(connection, "2026-03-01")
        await _add(connection, "2026-03-01")

    with pytest.raises(UnavailableError):
        await main_database.act("test", work)
    counts = await World(main_database).counts()
    assert (counts["day_keys"], counts["budgets"]) == (0, 0)


async def test_a_refused_act_sends_nothing_of_its_queue(main_database: Database) -> None:
    """What was queued before an exception is not stored, neither by this act nor by the next."""

    async def refused(connection: Connection) -> None:
        await _add(connection, "2026-03-01")
        raise LookupError

    async def empty(_connection: Connection) -> None:
        return

    with pytest.raises(LookupError):
        await main_database.act("test", refused)
    await main_database.act("test", empty)
    assert (await World(main_database).counts())["day_keys"] == 0


async def test_a_long_queue_is_sent_in_parts(main_database: Database) -> None:
    """An act that queues many rows has few different texts."""

    async def work(connection: Connection) -> None:
        for day in range(40):
            await _add(connection, f"{day:02}")

    seen = await _texts(main_database, work)
    assert len(seen) == (3 if _joins(main_database) else 40)
    assert (await World(main_database).counts())["day_keys"] == 40


async def test_only_an_act_may_queue(main_database: Database) -> None:
    """PostgreSQL would never send what a read queues."""
    if not _joins(main_database):
        return
    with pytest.raises(RuntimeError, match="only an act"):
        await main_database.read("test", lambda connection: _add(connection, "2026-03-01"))


def test_which_statements_are_joined() -> None:
    """Only those that write one table and read no other; a table twice only by plain inserts."""
    assert written(_KEY) is day_keys
    assert written(_RENAMED) is day_keys
    assert written(_MOVED) is None
    assert written(_SUITES) is None
    assert (
        written(statement(insert(requests).from_select(["request_id"], select(claims.c.request_id)))) is None
    )
    queue = Queue()
    queue.add(_KEY, ["2026-03-01", "s", b"k"])
    assert queue.admits(_KEY)
    assert not queue.admits(_RENAMED)
    assert queue.admits(account_rows._ADD)


def test_placeholders_are_renumbered() -> None:
    """The arguments of each part follow those of the one before."""
    text = joined((_CLOCK, _KEY))
    assert text.startswith(
        "WITH q0 AS (INSERT INTO budgets (name, next_at) VALUES ($1::VARCHAR, $2::BIGINT)) "
    )
    assert text.endswith("VALUES ($3::VARCHAR, $4::VARCHAR, $5::BYTEA)")
