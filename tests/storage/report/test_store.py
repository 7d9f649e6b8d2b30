"""The queries of the report, on both databases: every figure has one, and it runs."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.tables.log import log_entries
from idvault.report import store as report_store
from idvault_verify.event import EventType
from idvault_verify.report import catalogue as report_catalogue
from tests.storage.plans import plan_of
from tests.support.report_world import leaf_of

SINCE = datetime(2026, 10, 1, tzinfo=UTC)
UNTIL = SINCE + timedelta(days=31)


def test_every_figure_has_its_query() -> None:
    """No breakdown, level or duration is without one, and no query is left over."""
    read = [*report_store.BREAKDOWNS, *report_store.PARTS]
    assert sorted(read) == sorted(each.name for each in report_catalogue.breakdowns())
    assert report_store.LEVELS.keys() == {each.name for each in report_catalogue.levels()}
    assert report_store.DURATIONS.keys() == {each.name for each in report_catalogue.durations()}


def reader(database: Database) -> Callable[..., Awaitable[Any]]:
    """Return what runs a function of the store over a database."""

    async def read(work: Callable[..., Any], *args: Any, **named: Any) -> Any:
        return await database.read("test", lambda one: work(one, *args, **named))

    return read


async def test_every_query_runs(main_database: Database) -> None:
    """On an empty database there is nothing."""
    read, times = reader(main_database), {"since": SINCE, "until": UNTIL}
    for name in report_store.BREAKDOWNS:
        assert await read(report_store.breakdown, name, **times) == {}
    for name in report_store.PARTS:
        assert await read(report_store.parts, name, **times) == []
    assert await read(report_store.platform_actors) == []
    assert await read(report_store.platform_titles) == {}
    assert await read(report_store.leaves, start=0, end=9, **times) == []
    for name in report_store.LEVELS:
        assert await read(report_store.level, name) == {}
    for name in report_store.DURATIONS:
        assert await read(report_store.durations, name, **times) == []
    assert await read(report_store.first_entry_at) is None
    assert not await read(report_store.is_uncovered, size=0, **times)


async def test_entries_are_read_by_index_and_time(main_database: Database) -> None:
    """From the first index and time to before the last ones; an entry without a place is uncovered."""
    read = reader(main_database)
    times = [SINCE - timedelta(seconds=1), SINCE, SINCE + timedelta(days=1), UNTIL, SINCE]
    found = [(leaf, None) for leaf in await _write(main_database, times, places=4)]
    within = {"since": SINCE, "until": UNTIL}
    assert await read(report_store.first_entry_at) == times[0]
    assert await read(report_store.leaves, start=0, end=9, **within) == found[1:3]
    assert await read(report_store.leaves, start=2, end=9, **within) == found[2:3]
    assert await read(report_store.leaves, start=0, end=2, **within) == found[1:2]
    assert await read(report_store.is_uncovered, size=4, since=SINCE, until=UNTIL)
    assert not await read(report_store.is_uncovered, size=4, since=SINCE + timedelta(days=2), until=UNTIL)
    assert await read(report_store.is_uncovered, size=2, since=SINCE + timedelta(days=1), until=UNTIL)


async def _write(database: Database, times: list[datetime], *, places: int) -> list[bytes]:
    """Write entries at these times, the first ones with places in the log; return their leaves."""
    leaves = [leaf_of(EventType.CLAIM_OPEN, time) for time in times]
    rows = [
        {
            "entry_id": f"{number:032x}",
            "log_index": number if number < places else None,
            "leaf": leaf,
            "occurred_at": time,
            "recorded_at": time,
        }
        for number, (leaf, time) in enumerate(zip(leaves, times, strict=True))
    ]
    add = statement(insert(log_entries))
    await database.act("test", lambda connection: connection.many(add, rows))
    return leaves


async def test_a_window_of_the_log_is_read_by_its_index(main_database: Database) -> None:
    """It costs what it holds and not the whole log."""
    plan = await plan_of(main_database, report_store._LEAVES, start=0, end=9, since=SINCE, until=UNTIL)
    assert "log_index" in plan
    assert "SCAN" not in plan


async def test_misses_lead_to_their_entries(main_database: Database) -> None:
    """The few misses are read, and the log by the ids of their entries alone."""
    plan = await plan_of(main_database, report_store._MISSES, since=SINCE, until=UNTIL)
    assert "SCAN log_entries" not in plan
    assert "Seq Scan on log_entries" not in plan
    assert "entry_id" in plan


async def test_a_month_is_read_by_indices(main_database: Database) -> None:
    """Of one platform and one month, whatever there is besides."""
    times: dict[str, Any] = {"since": SINCE, "until": UNTIL}
    due: dict[str, Any] = {"soonest": SINCE, "latest": UNTIL}
    for asked, table, more in (
        (report_store._TIP_OFFS, "tip_offs", {**due, "now": UNTIL}),
        (report_store._SANCTIONS, "sanctions", {"now": UNTIL}),
        (report_store._APPEALS, "appeals", {"now": UNTIL}),
        (report_store._CONTESTS, "contests", {"now": UNTIL}),
        (report_store._APPLICATIONS, "public_accounts", {}),
    ):
        plan = await plan_of(main_database, asked, party="platform-a", **times, **more)
        assert "Seq Scan" not in plan
        assert f"SCAN {table}" not in plan
        assert "relying_party" in plan
        assert "_at" in plan
