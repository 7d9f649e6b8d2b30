"""The clock over both databases: reminders, misses, restarts, deletion of texts, and the shifted clock."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from idvault.core.db.database import Database
from idvault.core.db.statement import scalar, statement
from idvault.core.tables.tip_off import tip_off_texts
from idvault.tip_off.acts import reporter as reporter_acts
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.error import UnavailableError
from idvault_verify.tip_off import Reminder, ReporterStanding, TargetKind, TipOffState, TipOffTarget
from tests.storage.hooks import failing_commit
from tests.support.misses import missed
from tests.support.tip_off_world import DAY, TipOffWorld, key_files
from tools.support import builders
from tools.support.flow_world import PARTY, at

# Filed at noon; due at the end of the seventh day, seven and a half days later.
HALF, FOUR_FIFTHS, DUE = 324_000, 518_400, 648_000
_TEXTS = statement(select(func.count()).select_from(tip_off_texts), scalar)


async def clock_events(world: TipOffWorld) -> dict[str, int]:
    """Return how often each entry of the clock was written."""
    counted = Counter(each.removeprefix("tipoff:") for each in await world.events())
    return {name: count for name, count in counted.items() if name.split(":")[1] in _CLOCK}


_CLOCK = ("half", "fourfifths", "miss")


async def test_each_reminder_once(world: TipOffWorld) -> None:
    """To the second, and not again, however often the worker looks."""
    made = (await world.file()).tip_off
    steps: list[tuple[int, Reminder | None]] = [
        (HALF - 1, None),
        (HALF, Reminder.HALF),
        (FOUR_FIFTHS - 1, Reminder.HALF),
        (FOUR_FIFTHS, Reminder.FOUR_FIFTHS),
        (DUE - 1, Reminder.FOUR_FIFTHS),
        (DUE, Reminder.OVERDUE),
    ]
    for seconds, reminder in steps:
        # A reader needs no worker.
        assert (await world.get(made, seconds=seconds)).tip_off.reminder is reminder
        for _ in range(3):
            await world.remind(seconds=seconds)
    assert await clock_events(world) == {
        "reminder:half": 1,
        "reminder:fourfifths": 1,
        "reply:miss": 1,
        "solution:miss": 1,
    }
    assert await world.remind(seconds=100 * DAY) == 0
    assert sorted(await missed(world.database)) == [
        ("tipoff:reply:miss", PARTY, at(0).business),
        ("tipoff:solution:miss", PARTY, at(0).business),
    ]


async def test_several_workers(world: TipOffWorld) -> None:
    """Four workers look at once: each reminder of each report is written once."""
    for _ in range(5):
        await world.file()
    counts = await asyncio.gather(*(world.remind(seconds=FOUR_FIFTHS) for _ in range(4)))
    assert sum(counts) == 5
    assert await clock_events(world) == {"reminder:half": 5, "reminder:fourfifths": 5}


@pytest.mark.parametrize("committed", [False, True])
async def test_a_restart_loses_none_and_writes_none_twice(
    world: TipOffWorld,
    main_database: Database,
    tmp_path: Path,
    committed: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The worker dies before or after a commit; the next one, days later, writes what is missing."""
    monkeypatch.setattr(main_database, "_patience", 0.0)
    await world.file()
    with failing_commit(main_database, committed=committed) as fired, pytest.raises(UnavailableError):
        await world.remind(seconds=HALF)
    assert fired
    (tmp_path / "again").mkdir()
    again = TipOffWorld(main_database, key_files(tmp_path / "again"), life=1)
    assert await again.remind(seconds=DUE + 3 * DAY) == 1
    assert await clock_events(world) == {
        "reminder:half": 1,
        "reminder:fourfifths": 1,
        "reply:miss": 1,
        "solution:miss": 1,
    }


async def test_a_late_decision_hides_no_miss(world: TipOffWorld, key: ModeratorKey) -> None:
    """Decided a second after the deadline, before the worker looked: both misses are counted."""
    made, me = (await world.file()).tip_off, key.moderator_id
    await world.assign(made, me)
    closed = await world.dismiss(made, me, reply="late", seconds=DUE)
    assert closed.reminder is Reminder.OVERDUE
    found = await clock_events(world)
    assert (found["reply:miss"], found["solution:miss"]) == (1, 1)
    assert await world.remind(seconds=DUE + DAY) == 0


async def test_in_time_nothing_is_missed(world: TipOffWorld, key: ModeratorKey) -> None:
    """Answered and decided in the last second; an answer alone leaves the solution to be missed."""
    me = key.moderator_id
    first, second = [(await world.file()).tip_off for _ in range(2)]
    for each in (first, second):
        await world.assign(each, me)
        await world.answer(each, me, seconds=DUE - 1)
    await world.dismiss(first, me, seconds=DUE - 1)
    await world.remind(seconds=DUE)
    found = await clock_events(world)
    assert ("reply:miss" in found, found["solution:miss"]) == (False, 1)
    assert (await world.get(first, seconds=DUE)).tip_off.reminder is Reminder.FOUR_FIFTHS


async def test_merged_reports_keep_their_own_deadlines(world: TipOffWorld, key: ModeratorKey) -> None:
    """One filed a day later is due a day later, whatever it is merged into."""
    me, leading = key.moderator_id, (await world.file()).tip_off
    await world.assign(leading, me)
    later = (await world.file(seconds=DAY)).tip_off
    await world.merge(leading, [later], me, seconds=DAY)
    await world.answer(leading, me, seconds=DAY)
    await world.dismiss(leading, me, seconds=DUE + 1)
    assert (await world.get(leading, seconds=DUE + 1)).tip_off.reminder is Reminder.OVERDUE
    merged = (await world.get(later, seconds=DUE + 1)).tip_off
    assert (merged.state, merged.reminder) == (TipOffState.RESOLVED, Reminder.FOUR_FIFTHS)
    found = await clock_events(world)
    assert ("reply:miss" in found, found["solution:miss"]) == (False, 1)


async def test_overdue_is_listed_and_counted(world: TipOffWorld, key: ModeratorKey) -> None:
    """Open reports whose deadline has passed, the longest overdue first; decided ones are not among them."""
    me = key.moderator_id
    made = [(await world.file(seconds=place * DAY)).tip_off for place in range(3)]
    await world.assign(made[0], me)
    await world.dismiss(made[0], me, reply="a")
    now = at(DUE + DAY + 1).business
    assert await world.listed(open_only=True, due_before=now) == [made[1].tip_off_id]
    counts, overdue = await world.levels(seconds=DUE + DAY)
    assert (counts, overdue) == ({TipOffState.RECEIVED: 2}, 1)
    assert (await world.levels(seconds=DUE + 2 * DAY))[1] == 2


async def test_texts_are_deleted(world: TipOffWorld, key: ModeratorKey) -> None:
    """After 90 days every text, the contact and who reported are gone, once, logged; the rest stays."""
    me = key.moderator_id
    target = TipOffTarget(TargetKind.CONTENT, "typed on the web (synthetic)")
    filed = await world.file(
        contact="a@example.org", content=b"copy", target=target, reporter_token=await world.person(1)
    )
    open_one = await world.file()
    await world.assign(filed.tip_off, me)
    await world.note(filed.tip_off, me, "a note")
    await world.dismiss(filed.tip_off, me, reply="no", seconds=DAY)
    count = await world.database.one("test", _TEXTS)
    for seconds in (91 * DAY - 1, 91 * DAY):
        await world.delete_texts(seconds=seconds)
    assert await world.delete_texts(seconds=91 * DAY + 1) == 1
    assert await world.delete_texts(seconds=91 * DAY + 2) == 0
    assert await world.database.one("test", _TEXTS) == 1
    assert count == 8  # note and reply with their salts
    read = await world.get(filed.tip_off, seconds=91 * DAY + 2)
    assert (read.text, read.contact, read.content, read.reply, read.notes) == ("", "", b"", "", ())
    assert (read.tip_off.reporter_id, read.tip_off.delete_time is None) == ("", False)
    assert read.tip_off.target == TipOffTarget(TargetKind.CONTENT, "")
    seen = await world.follow(filed, seconds=91 * DAY + 2)
    assert (seen.state, seen.reply) == (TipOffState.RESOLVED, "")
    assert (await world.events()).count("tipoff:texts:delete") == 1
    assert (await world.get(open_one.tip_off)).text


async def test_reporters_and_tries_are_forgotten(world: TipOffWorld) -> None:
    """Ordinary reporters without a report for 90 days, and counts of tries; flaggers stay."""
    first = (await world.file(reporter_token=await world.person(1))).tip_off
    second = (await world.file(reporter_token=await world.person(2))).tip_off
    await world.set_standing(second.reporter_id, ReporterStanding.TRUSTED)
    await asyncio.gather(world.follow(await world.file(), secret="0" * 16), return_exceptions=True)
    assert await world.purge(seconds=90 * DAY) == 0
    assert await world.purge(seconds=91 * DAY) == 2
    assert await world.purge(seconds=92 * DAY) == 0
    assert (await world.reporter(second.reporter_id)).standing is ReporterStanding.TRUSTED
    with pytest.raises(KeyError):
        await world.reporter(first.reporter_id)
    assert (await world.events()).count("tipoff:retention:purge") == 1


async def test_the_shifted_clock(world: TipOffWorld) -> None:
    """Deadlines follow business time, as in development; tries of a secret follow real time."""
    made = await world.file()
    shifted = at(DUE)
    now = type(shifted)(business=shifted.business, real=builders.NOW)
    assert await reporter_acts.remind_all(world.vault, now, limit=9) == 1
    assert (await clock_events(world))["solution:miss"] == 1
    assert made.tip_off.due_time == at(DUE).business
