"""Callers are served in turn wherever they wait for a database: the writer, the readers, the pool."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from idvault.account.store import rows as account_rows
from idvault.core import caller
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.postgresql import Postgresql
from idvault.core.db.sqlite import Sqlite
from idvault.core.db.threads import Threads
from idvault.core.room import Room
from tools.support.databases import Databases

CROWD, SINGLE = caller.platform("crowd"), caller.platform("single")
MANY = 200


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    """A database with one connection for all."""
    opened = Database(url=databases.main_url, pool_size=1, patience=60)
    yield opened
    await opened.close()


@asynccontextmanager
async def held(database: Database) -> AsyncIterator[None]:
    """Let the crowd have the only connection for the duration of the block."""
    driver = database._driver
    if isinstance(driver, Postgresql):
        with caller.serving(CROWD):
            holding = driver._connection()
            await holding.__aenter__()
        yield
        await holding.__aexit__(None, None, None)
        return
    begun, release = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    async def hold(_connection: Connection) -> None:
        loop.call_soon_threadsafe(begun.set)
        release.wait()

    with caller.serving(CROWD):
        holding_act = asyncio.create_task(database.act("test", hold))
    await begun.wait()
    try:
        yield
    finally:
        release.set()
        await holding_act


def waiting(database: Database) -> int:
    """Return how many wait for the connection."""
    driver = database._driver
    return len(driver._writer._queue if isinstance(driver, Sqlite) else driver._room._queue)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition holds."""
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.001)


def acts(database: Database, who: str, count: int, order: list[str]) -> list[asyncio.Task[None]]:
    """Queue acts of a caller, each of which notes when it begins."""

    async def note(_connection: Connection) -> None:
        order.append(who)

    with caller.serving(who):
        return [asyncio.create_task(database.act("test", note)) for _ in range(count)]


async def test_an_act_beside_a_crowd_is_next_but_one(database: Database) -> None:
    """It waits for the act that runs and for one more at most, and the crowd is served after it."""
    order: list[str] = []
    async with held(database):
        tasks = acts(database, CROWD, MANY, order)
        await until(lambda: waiting(database) == MANY)
        tasks += acts(database, SINGLE, 3, order)
        await until(lambda: waiting(database) == MANY + 3)
    await asyncio.gather(*tasks)
    places = [place for place, who in enumerate(order) if who == SINGLE]
    assert places[0] <= 1
    assert len(order) == MANY + 3


async def test_whoever_goes_away_leaves_the_queue_at_once(database: Database) -> None:
    """Its act is not run, and its place is nobody's."""
    order: list[str] = []
    async with held(database):
        gone = acts(database, SINGLE, 20, order)
        stays = acts(database, CROWD, 1, order)
        await until(lambda: waiting(database) == 21)
        for task in gone:
            task.cancel()
        await asyncio.gather(*gone, return_exceptions=True)
        assert waiting(database) == 1
    await asyncio.gather(*stays)
    assert order == [CROWD]


async def test_a_look_up_waits_for_the_turn_of_no_caller(databases: Databases) -> None:
    """One read serves all who look something up, whoever came first."""
    seen: list[str] = []
    database = Database(url=databases.main_url)
    find = database._driver.find

    async def noting(*arguments: Any) -> Any:
        seen.append(caller.current())
        return await find(*arguments)

    database._driver.find = noting  # type: ignore[assignment, method-assign]
    with caller.serving(CROWD):
        assert await database.get(account_rows.GET, "platform-a", "unknown") is None
    await database.close()
    assert seen == [caller.NOBODY]


async def test_readers_serve_callers_in_turn() -> None:
    """Several threads share one queue."""
    order: list[str] = []
    release = threading.Event()
    threads = Threads(count=2, connect=_Unused)  # type: ignore[arg-type]

    async def run(who: str, work: Callable[[Any], None]) -> None:
        with caller.serving(who):
            await threads.run(work)

    holding = [asyncio.create_task(run(CROWD, lambda _: _wait(release))) for _ in range(2)]
    await until(lambda: len(threads._threads) == 2 and not threads._queue)
    tasks = [asyncio.create_task(run(CROWD, lambda _: order.append(CROWD))) for _ in range(MANY)]
    await until(lambda: len(threads._queue) == MANY)
    tasks.append(asyncio.create_task(run(SINGLE, lambda _: order.append(SINGLE))))
    await until(lambda: len(threads._queue) == MANY + 1)
    release.set()
    await asyncio.gather(*holding, *tasks)
    assert order.index(SINGLE) <= 3
    await threads.close()


async def test_a_place_that_comes_too_late_is_passed_on() -> None:
    """A caller that is cancelled in the moment in which it gets a place gives it to the next."""
    room = Room(places=1, wait=60)
    first = await room.enter()
    gone, stays = asyncio.create_task(room.enter()), asyncio.create_task(room.enter())
    await until(lambda: len(room._queue) == 2)
    room.leave(first)
    gone.cancel()
    second = await asyncio.wait_for(stays, 60)
    assert gone.cancelled()
    room.leave(second)
    room.leave(await room.enter())


async def test_whoever_is_cancelled_gets_no_place() -> None:
    """A place that becomes free in the same turn of the loop goes to somebody who still waits."""
    room = Room(places=1, wait=60)
    first = await room.enter()
    gone, stays = asyncio.create_task(room.enter()), asyncio.create_task(room.enter())
    await until(lambda: len(room._queue) == 2)
    gone.cancel()
    room.leave(first)
    room.leave(await asyncio.wait_for(stays, 60))
    assert (await asyncio.wait_for(room.enter(), 60)).caller == caller.NOBODY


def _wait(release: threading.Event) -> None:
    release.wait()


class _Unused:
    """A connection that no work uses."""

    @property
    def driver(self) -> Any:
        return self

    def close(self) -> None:
        """Nothing is open."""
