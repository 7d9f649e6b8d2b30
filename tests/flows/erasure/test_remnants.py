"""After an erasure no file of the running databases holds the key, or the receipt promises nothing."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest
import pytest_asyncio

from idvault.core.check import AilmentError
from idvault.core.config import Settings
from idvault.core.db.database import Database
from idvault.erasure import acts
from idvault.key.acts.remnants import Absence, KeyRewriting, Remnants
from idvault.key.acts.version import ShredKeys
from idvault.processes.bootstrap.base import Deployment
from idvault.processes.bootstrap.checks import contents
from idvault_verify.erasure import ErasureState
from tools.support import documented_postgres as server
from tools.support.databases import Databases, PostgresMaker
from tools.support.erasure_world import DELAYED, WAITED, ErasureWorld
from tools.support.flow_world import at
from tools.support.remnant_search import MarkedKeys


@dataclass(frozen=True)
class Place:
    """A pair of databases, and the folders with all of their files."""

    databases: Databases
    folders: list[Path]

    def settle(self) -> None:
        """Let PostgreSQL write its pages: a key may be cut in two where a page of the log ends."""
        if self.databases.kind == "postgres":
            server.run(server.superuser(self.databases.shred_url), "CHECKPOINT")


@pytest.fixture(scope="module")
def documented() -> Iterator[PostgresMaker]:
    """Run a PostgreSQL server with the settings of docs/operations.md."""
    with server.documented() as maker:
        yield maker


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Return a pair of each kind, of whose files none is left out."""
    if request.param == "sqlite":
        yield Place(request.getfixturevalue("sqlite_databases"), [tmp_path])
        return
    maker: PostgresMaker = request.getfixturevalue("documented")
    pair = maker.fresh(tmp_path)
    yield Place(pair, [server.data_folder(pair.main_url)])
    maker.drop(pair)


@pytest_asyncio.fixture
async def world(place: Place) -> AsyncIterator[ErasureWorld]:
    """Return the flows over these databases."""
    main = Database(url=place.databases.main_url)
    shred = Database(url=await asyncio.to_thread(lambda: place.databases.shred_url))
    made = ErasureWorld(main, shred)
    yield made
    await made.claims.verification.drain()
    await main.close()
    await shred.close()


async def sign_up(world: ErasureWorld, count: int) -> MarkedKeys:
    """Sign people up; return their keys by token."""
    keys = MarkedKeys()
    for number in range(1, count + 1):
        claim = await world.verify(number=number)
        token = claim.account.account_token
        keys.add(token, await world.give_key(token, keys.make()))
    return keys


async def test_nothing_is_left_in_any_file(world: ErasureWorld, place: Place) -> None:
    """The search finds each key before, and none after; others' keys stay as they are."""
    keys = await sign_up(world, 24)
    await asyncio.to_thread(place.settle)
    assert keys.found(place.folders).keys() == keys.by_name.keys()
    gone = set(list(keys.by_name)[::3])
    for token in gone:
        await world.request(token)
    await world.work(seconds=WAITED)
    await world.work(seconds=DELAYED)
    for token in gone:
        erasure = await world.get(token)
        assert erasure.state is ErasureState.DESTROYED
        assert erasure.absent_time is not None
        assert erasure.absent_time > erasure.destroy_time
    await asyncio.to_thread(place.settle)
    assert keys.found(place.folders).keys() == keys.by_name.keys() - gone
    for token in keys.by_name.keys() - gone:
        assert await world.key(token) == keys.by_name[token]


async def due(world: ErasureWorld, token: str) -> None:
    """Let everything pass but the destruction."""
    await world.request(token)
    await world.work(seconds=WAITED)


async def state(world: ErasureWorld, token: str) -> ErasureState | None:
    return (await world.get(token)).state


@pytest.mark.parametrize("place", ["sqlite"], indirect=True)
@pytest.mark.parametrize("read", ["main", "shred"])
async def test_a_reader_makes_the_destruction_wait(world: ErasureWorld, place: Place, read: str) -> None:
    """Of either database. The record is closed, others are erased, the doctor names the file."""
    keys = await sign_up(world, 2)
    token, other = keys.by_name
    await due(world, token)
    await world.request(other, seconds=DELAYED - WAITED)
    url = getattr(place.databases, f"{read}_url")
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM sqlite_master").fetchall()
        assert await world.work(seconds=DELAYED) == 1
        assert await state(world, other) is ErasureState.ERASED
        assert (await state(world, token), world.sweep.kept) == (ErasureState.ERASED, 1)
        assert await world.key(token) is None
        assert "records" not in await world.rows(token)
        assert await advice(world, DELAYED + 3_600) == (
            f"destructions wait, because somebody reads an old state of the {read} database: "
            "end the backup or the shell that has the file open"
        )
        assert await world.work(seconds=DELAYED + 60) == 0
    assert await world.work(seconds=DELAYED + 61) == 0  # it looked a second ago
    assert await world.work(seconds=DELAYED + 120) == 1
    assert (await state(world, token), world.sweep.kept) == (ErasureState.DESTROYED, 0)
    assert token not in keys.found(place.folders)
    assert await advice(world, DELAYED + 3_600) is None


async def advice(world: ErasureWorld, seconds: float) -> str | None:
    """Return what the doctor says of erasures, as an advice or a remark."""
    deployment = Deployment(
        settings=Settings(), clock=lambda: at(seconds), main=world.main, shred=world.shred
    )
    try:
        return await contents.check_erasures(deployment)
    except AilmentError as error:
        return str(error)


async def test_a_process_that_ends_between_two_acts(world: ErasureWorld, place: Place) -> None:
    """The key is deleted and the files still have it: the next one removes it before anything is told."""
    keys = await sign_up(world, 1)
    (token,) = keys.by_name
    await due(world, token)
    await world.shred_keys.destroy(account_token=token)
    await asyncio.to_thread(place.settle)
    assert token in keys.found(place.folders)
    again = ErasureWorld(world.main, world.shred, life=1)
    assert await again.work(seconds=DELAYED) == 1
    assert await state(again, token) is ErasureState.DESTROYED
    assert keys.found(place.folders) == {}


async def test_the_search_finds_what_is_not_removed(world: ErasureWorld, place: Place) -> None:
    """Without the removal the destruction is told, and the search finds the key: of itself nothing goes."""

    class Idle(Remnants):
        async def look(self, names: Sequence[str]) -> Absence:
            return Absence(frozenset(names), promised=True)

        async def tidy(self) -> None:
            pass

    keys = await sign_up(world, 1)
    (token,) = keys.by_name
    world.sweep.remnants = Idle(main=world.main, shred=world.shred)
    await world.destroyed(token)
    await asyncio.to_thread(place.settle)
    assert keys.found(place.folders).keys() == {token}


class TestPostgresql:
    """What keeps files there."""

    @pytest.fixture
    def place(self, documented: PostgresMaker, tmp_path: Path) -> Iterator[Place]:
        """Return a pair on the documented server."""
        pair = documented.fresh(tmp_path)
        yield Place(pair, [server.data_folder(pair.main_url)])
        documented.drop(pair)

    async def test_a_dump_makes_it_wait(self, world: ErasureWorld, place: Place) -> None:
        """Whoever has a lock on the keys is not disturbed, sign-ups go on, and the key goes afterwards."""
        keys = await sign_up(world, 1)
        (token,) = keys.by_name
        await due(world, token)
        dump = await asyncpg.connect(place.databases.shred_url)
        async with dump.transaction():
            await dump.execute("LOCK TABLE record_keys IN ACCESS SHARE MODE")
            assert await world.work(seconds=DELAYED) == 0
            assert await world.give_key("acct_new", b"1" * 32)
        await dump.close()
        assert await world.work(seconds=DELAYED + 60) == 1
        assert keys.found(place.folders) == {}

    async def test_a_slot_makes_it_wait(self, world: ErasureWorld, place: Place) -> None:
        """A follower that is away keeps the log: nothing is told until it is gone."""
        keys = await sign_up(world, 1)
        (token,) = keys.by_name
        await due(world, token)
        url = server.superuser(place.databases.shred_url)
        slot = "SELECT pg_create_physical_replication_slot('away', true)"
        await asyncio.to_thread(server.run, url, slot)
        assert await world.work(seconds=DELAYED) == 0
        assert "a replication slot" in str(await advice(world, DELAYED + 3_600))
        await asyncio.to_thread(server.run, url, "SELECT pg_drop_replication_slot('away')")
        assert await world.work(seconds=DELAYED + 60) == 1
        assert keys.found(place.folders) == {}

    async def test_statistics_have_no_key(self, world: ErasureWorld, place: Place) -> None:
        """ANALYZE keeps samples of columns in the catalogue; of keys it keeps none, in any part."""
        keys = await sign_up(world, 24)
        url = server.superuser(place.databases.shred_url)
        await asyncio.to_thread(server.run, url, "ANALYZE", "CHECKPOINT")
        for token in list(keys.by_name):
            await world.destroyed(token)
        await asyncio.to_thread(server.run, url, "ANALYZE", "CHECKPOINT")
        assert keys.found(place.folders) == {}
        assert await advice(world, DELAYED) is None

    async def test_statistics_that_have_keys_end_the_promise(self, world: ErasureWorld, place: Place) -> None:
        """Somebody has asked for them: the receipt promises nothing, and the doctor says why."""
        keys = await sign_up(world, 24)
        url = server.superuser(place.databases.shred_url)
        await asyncio.to_thread(
            server.run, url, "ALTER TABLE record_keys ALTER shred_key SET STATISTICS 100", "ANALYZE"
        )
        assert "no statistics of the column shred_key" in str(await advice(world, 0))
        token = next(iter(keys.by_name))
        await world.destroyed(token)
        assert (await world.get(token)).absent_time is None

    async def test_errors_that_have_keys_end_the_promise(self, world: ErasureWorld, place: Place) -> None:
        """A statement that fails is repeated with the same key, which the server would have in its log."""
        url = server.superuser(place.databases.shred_url)
        (token,) = (await sign_up(world, 1)).by_name
        setting = "log_parameter_max_length_on_error"
        load = "SELECT pg_reload_conf()"
        await asyncio.to_thread(server.run, url, f"ALTER SYSTEM SET {setting} = -1", load)
        try:
            for _ in range(100):  # until this session has read the settings again
                if f"{setting} = 0" in str(await advice(world, 0)):
                    break
                await asyncio.sleep(0.05)
            await world.destroyed(token)
            assert (await world.get(token)).absent_time is None
        finally:
            await asyncio.to_thread(server.run, url, f"ALTER SYSTEM RESET {setting}", load)

    async def test_another_server_begins_again(self, world: ErasureWorld, place: Place) -> None:
        """What one server has removed says nothing of the files of another that took its place."""
        keys = await sign_up(world, 1)
        (token,) = keys.by_name
        await world.shred_keys.destroy(account_token=token)
        rewriting = KeyRewriting(shred=world.shred)
        rewriting._ends, rewriting._started = {token: "0" * 16}, "another"
        await asyncio.to_thread(place.settle)
        assert token in keys.found(place.folders)
        assert await rewriting.remove([token]) == (True, frozenset([token]))
        assert keys.found(place.folders) == {}


async def test_a_server_as_it_comes_promises_nothing(postgres_databases: Databases) -> None:
    """The keys are destroyed all the same; receipt and doctor say that nothing is promised."""
    main, shred = Database(url=postgres_databases.main_url), Database(url=postgres_databases.shred_url)
    world = ErasureWorld(main, shred)
    token = await world.account()
    await world.destroyed(token)
    erasure = await world.get(token)
    assert (erasure.state, erasure.absent_time) == (ErasureState.DESTROYED, None)
    assert await advice(world, DELAYED) == (
        "receipts of erasures promise nothing about files, because PostgreSQL keeps the bytes of deleted "
        "keys: the shred database lacks wal_recycle = off"
    )
    await world.claims.verification.drain()
    await main.close()
    await shred.close()


async def test_workers_at_once(world: ErasureWorld, place: Place) -> None:
    """Two sweeps of two processes share one spare and one log: every erasure is told once, and truly."""
    keys = await sign_up(world, 12)
    for token in keys.by_name:
        await world.request(token)
    await world.work(seconds=WAITED)
    main, shred = Database(url=place.databases.main_url), Database(url=place.databases.shred_url)
    other = ErasureWorld(main, shred, life=1)
    for turn in range(20):
        counts = await asyncio.gather(*(each.work(seconds=DELAYED + turn * 60) for each in (world, other)))
        if not any(counts) and not world.sweep.kept:
            break
    states = [await state(world, token) for token in keys.by_name]
    assert states == [ErasureState.DESTROYED] * 12
    assert len(await world.sanctions.events("erasure:keys:")) == 12
    await asyncio.to_thread(place.settle)
    assert keys.found(place.folders) == {}
    await other.claims.verification.drain()
    await main.close()
    await shred.close()


async def test_what_came_before_the_look_counts(world: ErasureWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """The promise begins after the look, however long the deletions before it took."""
    token, passed = await world.account(), [0.0]
    await due(world, token)
    monkeypatch.setattr(acts, "perf_counter", lambda: passed[0])

    class Slow(ShredKeys):
        async def destroy(self, *, account_token: str, kept: Collection[str] = ()) -> None:
            passed[0] += 2
            await super().destroy(account_token=account_token, kept=kept)

    world.sweep.shred_keys = Slow(world.shred)
    assert await world.work(seconds=DELAYED) == 1
    erasure = await world.get(token)
    assert erasure.absent_time is not None
    assert erasure.absent_time > at(DELAYED + 2).business
