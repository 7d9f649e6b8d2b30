"""Flooded forms over both databases: what is counted, what is logged, and what stays owed."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from sqlalchemy import select

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, scalar, statement, upsert
from idvault.core.tables.tip_off import tip_off_form_days
from idvault.report import store as report_store
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import UsedVersions
from idvault.sealing.request import CurrentFingerprinter, RequestKeys
from idvault.tip_off.acts import reporter as reporter_acts
from idvault.tip_off.flood import rules as flood_rules
from idvault_client.tip_offs import TipOffReport
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.tip_off import TipOffChannel, TipOffState
from tests.support.tip_off_world import DAY, TipOffWorld, key_files
from tools.support.fakes.sealing import CountingEntropy
from tools.support.flow_world import PARTY, at, request_id
from tools.support.people import CHEAP

# Filed at noon; due at the end of the seventh day, seven and a half days later.
DUE = 648_000
LIMIT = flood_rules.limit(())
_ADD = statement(upsert(tip_off_form_days))


@pytest_asyncio.fixture
async def world(main_database: Database, tmp_path: Path) -> AsyncIterator[TipOffWorld]:
    """Return the world with a new database of each kind, and a form that is one report below its limit."""
    made = TipOffWorld(main_database, key_files(tmp_path))
    await filed_before(made, LIMIT - 1)
    yield made
    await made.world.claims.verification.drain()


async def filed_before(world: TipOffWorld, count: int, *, days_ago: int = 0, party: str = PARTY) -> None:
    """Store that a form had so many reports on a day."""
    day = at(-days_ago * DAY).today(world.policy.zone)

    async def add(connection: Connection) -> None:
        await connection.run(_ADD, relying_party=party, day=day, filed=count, most=LIMIT)

    await world.database.act("test", add)


async def by_form(world: TipOffWorld, *, seconds: float = 0, party: str = PARTY) -> TipOffReport:
    return (await world.file_by_form(seconds=seconds, party=party)).tip_off


async def logged(world: TipOffWorld) -> Counter[str]:
    kinds = ("flood:begin", "flood:miss", "reply:miss", "solution:miss")
    return Counter(each for kind in await world.events() if (each := kind.removeprefix("tipoff:")) in kinds)


async def test_beyond_the_limit_a_form_is_flooded(world: TipOffWorld) -> None:
    """From the report after the limit until the end of the operator's day; it is logged once."""
    last = await by_form(world)
    beyond = [await by_form(world) for _ in range(3)]
    assert (last.flooded, [each.flooded for each in beyond]) == (False, [True] * 3)
    assert await logged(world) == {"flood:begin": 1}
    assert [(await world.get(each)).tip_off.flooded for each in (last, *beyond)] == [False, *[True] * 3]
    [owed] = await reporter_acts.deadlines(world.vault, now=at(0))
    assert (owed.relying_party, owed.open, owed.overdue) == (PARTY, 1, 0)
    assert not (await by_form(world, seconds=DAY // 2)).flooded
    assert not (await by_form(world, party="platform-b")).flooded


async def test_only_its_form_floods_a_form(world: TipOffWorld) -> None:
    """Whatever a platform files by its own calls, on whatever channel: none is of a flooded form."""
    for channel in TipOffChannel:
        for _ in range(2):
            await world.file(channel=channel, contact="a@example.org")
    assert not (await by_form(world)).flooded
    assert (await by_form(world)).flooded
    for channel in TipOffChannel:
        assert not (await world.file(channel=channel)).tip_off.flooded


async def test_a_busy_form_has_a_higher_limit(world: TipOffWorld) -> None:
    """What came on most days of the last 28 is usual; what came before them does not count."""
    for days_ago in range(1, 15):
        await filed_before(world, 20, days_ago=days_ago, party="platform-b")
    await filed_before(world, 1_000, days_ago=29, party="platform-b")
    for _ in range(LIMIT + 1):
        assert not (await by_form(world, party="platform-b")).flooded
    assert await logged(world) == {}


async def test_many_at_once_are_each_counted(world: TipOffWorld) -> None:
    """Of ten at the same time as many are flooded as of ten in a row; the first day of a form, too."""
    made = await asyncio.gather(*(by_form(world) for _ in range(10)))
    assert sum(each.flooded for each in made) == 9
    assert await logged(world) == {"flood:begin": 1}
    first = await asyncio.gather(*(by_form(world, party="platform-b") for _ in range(10)))
    assert not any(each.flooded for each in first)


async def test_a_repeat_is_counted_once(world: TipOffWorld) -> None:
    """The same request is the same report, and floods nothing."""
    for _ in range(5):
        again = await world.file_by_form(request_id=request_id(1))
        assert not again.tip_off.flooded
    assert (await by_form(world)).flooded


async def test_a_repeat_after_a_rotation_is_no_second_report(world: TipOffWorld, tmp_path: Path) -> None:
    """A form that is sent again when the request key was rotated meanwhile shows the same report."""
    sets = {Purpose.REQUEST: KeySet("0", {"0": b"k" * 32, "1": b"n" * 32})}
    keys = LocalKeyProvider.create(
        tmp_path / "request.keys", keys=sets, passphrase=b"p", entropy=CountingEntropy(), cost=CHEAP
    )
    held = RequestKeys(keys=keys, purpose=Purpose.REQUEST)
    world.vault.fingerprinter = CurrentFingerprinter(keys=held)
    first = await world.file_by_form(request_id=request_id(1))
    keys.use({"request": UsedVersions(1, frozenset())})
    again = await world.file_by_form(request_id=request_id(1))
    assert (again.tip_off.tip_off_id, again.secret) == (first.tip_off.tip_off_id, first.secret)


async def test_what_is_late_is_counted_apart(world: TipOffWorld, key: ModeratorKey) -> None:
    """A flooded form's report is no miss of the platform, decided late or never; one before the flood is."""
    owed, late, open_one = [await by_form(world) for _ in range(3)]
    await world.assign(late, key.moderator_id)
    await world.dismiss(late, key.moderator_id, reply="late", seconds=DUE)
    assert await logged(world) == {"flood:begin": 1, "flood:miss": 1}
    await world.remind(seconds=DUE)
    await world.remind(seconds=DUE + DAY)
    assert await logged(world) == {
        "flood:begin": 1,
        "flood:miss": 2,
        "reply:miss": 1,
        "solution:miss": 1,
    }
    assert (await world.levels(seconds=DUE)) == ({TipOffState.RECEIVED: 2}, 1)
    assert [each.flooded for each in (owed, late, open_one)] == [False, True, True]


async def test_a_platforms_own_figures_agree(world: TipOffWorld) -> None:
    """Its month counts the flooded reports as filed and open, and not as late."""
    for _ in range(3):
        await by_form(world)
    month = {"since": at(-DAY).business, "until": at(DAY).business, "now": at(DUE).business}
    found = await world.vault.read("test", lambda one: report_store.month_tip_offs(one, PARTY, **month))
    assert (found.filed, found.open, found.reply_late, found.solution_late) == (3, 3, 1, 1)


async def test_one_that_is_decided_in_time_is_as_any_other(world: TipOffWorld, key: ModeratorKey) -> None:
    """It has the same deadline, and nothing is logged as late."""
    _, flooded = [await by_form(world) for _ in range(2)]
    await world.assign(flooded, key.moderator_id)
    await world.dismiss(flooded, key.moderator_id, reply="no", seconds=DUE - 1)
    await world.remind(seconds=DUE)
    assert await logged(world) == {"flood:begin": 1, "reply:miss": 1, "solution:miss": 1}


async def test_a_flood_hides_no_other_report(world: TipOffWorld, key: ModeratorKey) -> None:
    """Reports of flooded forms come after all other open ones, whatever is due first, and before closed."""
    closed, *flood_of = [await by_form(world) for _ in range(4)]
    await world.assign(closed, key.moderator_id)
    await world.dismiss(closed, key.moderator_id, reply="a")
    later = (await world.file(reporter_token=await world.person(1), seconds=2 * DAY)).tip_off
    ids = sorted(each.tip_off_id for each in flood_of)
    for size in (1, 2, 100):
        assert await world.listed(size=size) == [later.tip_off_id, *ids, closed.tip_off_id]
        assert await world.listed(size=size, open_only=True) == [later.tip_off_id, *ids]
        assert await world.listed(size=size, state=TipOffState.RECEIVED) == [later.tip_off_id, *ids]
        assert await world.listed(size=size, state=TipOffState.RESOLVED) == [closed.tip_off_id]


async def test_only_the_last_28_days_are_kept(world: TipOffWorld) -> None:
    """The worker deletes older ones, whatever else it keeps, and logs that it did."""
    for days_ago in (27, 28, 29, 400):
        await filed_before(world, days_ago, days_ago=days_ago)
    assert await world.purge(seconds=0) == 2
    assert await world.purge(seconds=0) == 0
    asked: Statement[int] = statement(select(tip_off_form_days.c.filed), scalar)

    async def read(connection: Connection) -> list[int]:
        return await connection.all(asked)

    assert sorted(await world.database.read("test", read)) == [27, 28, LIMIT - 1]
    assert (await world.events()).count("tipoff:retention:purge") == 1
