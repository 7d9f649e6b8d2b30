"""What the shred database remembers of erasures, on both databases: a restored main database erases again."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import delete, select

from idvault.core import tables as metadata
from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.tables.erasure import erasure_memos, erasures
from idvault.erasure import acts, store
from idvault.erasure.acts import ErasureMemos
from idvault_verify.account import AccountState
from idvault_verify.erasure import ErasureState
from idvault_verify.error import Reason, UnavailableError
from tests.support.ages_world import Rows, put_rows, rows_of
from tools.support import builders, sql
from tools.support.erasure_world import DELAYED, WAITED, ErasureWorld
from tools.support.flow_world import at


@pytest_asyncio.fixture
async def world(main_database: Database, shred_database: Database) -> AsyncIterator[ErasureWorld]:
    """Return the flows with new databases of each kind."""
    made = ErasureWorld(main_database, shred_database)
    yield made
    await made.claims.verification.drain()


async def main_rows(world: ErasureWorld) -> Rows:
    return await rows_of(world.main, metadata.main)


async def restore(world: ErasureWorld, rows: Rows) -> None:
    await put_rows(world.main, metadata.main, rows)


async def repeat(world: ErasureWorld, *, seconds: float) -> int:
    """Do what a worker does when it starts."""
    memos = ErasureMemos(world.shred)
    return len(await acts.repeat_all(world.vault, memos, at(seconds), zone=builders.ZONE))


async def remembered(world: ErasureWorld) -> list[str]:
    rows = await sql.rows(world.shred, select(erasure_memos).order_by(erasure_memos.c.account_token))
    return [row.account_token for row in rows]


@pytest.mark.parametrize("requested", [False, True], ids=["before-the-request", "after-the-request"])
async def test_an_older_main_database_erases_again(world: ErasureWorld, requested: bool) -> None:
    """The account is not VERIFIED any more; its erasure has its id and times, and the keys follow."""
    token, other = await world.account(1), await world.account(2)
    before = await main_rows(world)
    made = await world.request(token)
    if requested:
        before = await main_rows(world)
    assert await world.work(seconds=WAITED) == 1
    erased = await world.get(token)
    await restore(world, before)
    assert (await world.status(token, seconds=WAITED)).state is AccountState.VERIFIED
    assert await repeat(world, seconds=WAITED + 60) == 1
    assert (await world.status(token, seconds=WAITED)).state is AccountState.ERASED
    again = await world.get(token)
    assert (again.erasure_id, again.state) == (made.erasure_id, ErasureState.ERASED)
    times = (erased.request_time, erased.erase_time, erased.destroy_time)
    assert (again.request_time, again.erase_time, again.destroy_time) == times
    assert await repeat(world, seconds=WAITED + 120) == 0
    assert await world.work(seconds=DELAYED - 1) == 0
    assert await world.work(seconds=DELAYED) == 1
    assert (await world.get(token)).state is ErasureState.DESTROYED
    assert (await world.status(other)).state is AccountState.VERIFIED


async def test_another_request_that_waited_takes_effect(world: ErasureWorld) -> None:
    """A main database from the time of an earlier request, since cancelled: none is left to be due."""
    token = await world.account()
    first = await world.request(token)
    before = await main_rows(world)
    await world.cancel(token, seconds=60)
    await world.erased(token, seconds=120)
    await restore(world, before)
    assert await repeat(world, seconds=WAITED + 240) == 1
    again = await world.get(token)
    assert (again.erasure_id, again.state) == (first.erasure_id, ErasureState.ERASED)
    assert await world.work(seconds=WAITED + 300) == 0
    assert await world.work(seconds=DELAYED + 120) == 1
    assert len(await sql.rows(world.main, select(erasures))) == 1


async def test_a_destroyed_key_stays_destroyed(world: ErasureWorld) -> None:
    """The restored record has no key, and is deleted again with what opens its log entries."""
    token = await world.account()
    before = await main_rows(world)
    await world.destroyed(token)
    await restore(world, before)
    assert (await world.rows(token))["records"] == 1
    assert await repeat(world, seconds=DELAYED + 60) == 1
    assert await world.work(seconds=DELAYED + 60) == 1
    assert await world.key(token) is None
    assert (await world.get(token)).state is ErasureState.DESTROYED
    left = await world.rows(token)
    # Of the entries only that of the destruction can be opened.
    assert (left.get("records", 0), left["log_openings"]) == (0, 1)
    assert await ErasureMemos(world.shred).destroyed() == [token]


async def test_a_main_database_from_between_destroys_again(world: ErasureWorld) -> None:
    """It knows of the erasure, not of the destruction: that is said again, and proved."""
    token = await world.account()
    await world.erased(token)
    before = await main_rows(world)
    assert await world.work(seconds=DELAYED) == 1
    destroyed = await world.get(token)
    await restore(world, before)
    assert (await world.status(token, seconds=DELAYED)).state is AccountState.ERASED
    assert (await world.get(token)).state is ErasureState.ERASED
    assert await world.key(token) is None
    assert await repeat(world, seconds=DELAYED + 60) == 0
    assert await world.work(seconds=DELAYED + 60) == 1
    again = await world.get(token)
    assert (again.state, again.erasure_id) == (ErasureState.DESTROYED, destroyed.erasure_id)
    assert (again.absent_time is None) == (destroyed.absent_time is None)
    assert (await world.rows(token))["log_openings"] == 1


async def test_what_is_not_erased_is_not_remembered(world: ErasureWorld) -> None:
    """Until it takes effect, an erasure can be cancelled."""
    token = await world.account()
    await world.request(token)
    assert await world.work(seconds=WAITED - 1) == 0
    await world.cancel(token, seconds=WAITED - 1)
    assert await world.work(seconds=WAITED) == 0
    assert await remembered(world) == []
    assert await repeat(world, seconds=WAITED) == 0


async def test_a_process_remembers_what_another_has_erased(world: ErasureWorld) -> None:
    """A worker that dies between the two databases leaves the memo to the next one."""
    token = await world.account()
    await world.request(token)
    made = await world.vault.read("test", lambda one: store.newest(one, token))
    assert made is not None
    assert await acts.erase(world.vault, SYSTEM, at(WAITED), made, today=builders.TODAY)
    assert await remembered(world) == []
    assert await world.work(seconds=WAITED + 1) == 0
    assert await remembered(world) == [token]


async def test_a_shred_database_that_is_away_is_remembered_later(
    world: ErasureWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The account is erased in time; its memo follows when the shred database is back."""
    token = await world.account()
    assert await world.work(seconds=0) == 0
    await world.request(token)
    act = world.shred.act

    async def away(*_: object) -> None:
        raise UnavailableError(Reason.STORE_UNAVAILABLE)

    monkeypatch.setattr(world.shred, "act", away)
    with pytest.raises(UnavailableError):
        await world.work(seconds=WAITED)
    assert (await world.status(token, seconds=WAITED)).state is AccountState.ERASED
    monkeypatch.setattr(world.shred, "act", act)
    assert await world.work(seconds=WAITED + 1) == 0
    assert await remembered(world) == [token]


async def test_memos_of_an_account_that_is_not_there(world: ErasureWorld) -> None:
    """A main database from before the sign-up has nothing to erase, now or later."""
    before = await main_rows(world)
    token = await world.account()
    await world.erased(token)
    await restore(world, before)
    assert await repeat(world, seconds=WAITED) == 0
    forgotten = await ErasureMemos(world.shred).forgotten(world.main)
    assert (forgotten.known, [each.account_token for each in forgotten.absent]) == ((), [token])


async def test_a_main_database_tells_a_shred_database_that_forgot(world: ErasureWorld) -> None:
    """All that is erased is remembered again, once."""
    tokens = [await world.account(number) for number in (1, 2, 3)]
    await world.destroyed(tokens[1])
    await world.erased(tokens[0], seconds=DELAYED)
    memos = ErasureMemos(world.shred)
    await sql.change(world.shred, delete(erasure_memos))
    assert await memos.keep_all(world.main) == 2
    assert await memos.keep_all(world.main) == 0
    assert await remembered(world) == sorted(tokens[:2])
    assert await memos.destroyed() == [tokens[1]]
