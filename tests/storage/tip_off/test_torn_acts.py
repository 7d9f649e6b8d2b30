"""The acts of reports, interrupted at each statement and at the commit, on both databases."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from idvault.moderator.acts import KnownModerators
from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.rules import ReporterStanding
from idvault.tip_off.store.store import SqlTipOffStore
from idvault.verify.error import UnavailableError
from idvault.verify.tip_off import TargetKind, TipOff, TipOffTarget
from tests.storage.hooks import failing_commit, failing_statement
from tests.storage.test_torn_acts import FAULTS
from tests.support.flow_world import at, request_id
from tests.support.storage_world import World
from tests.support.tip_off_world import DAY, TipOffWorld, key_files, opened, report

Act = Callable[[], Awaitable[Any]]
_MOST = 90


@pytest.fixture
def reports(world: World, tmp_path: Path) -> TipOffWorld:
    """Return the flows of reports over the world's database, which know moderators who have signed before."""
    made = TipOffWorld(world.database, key_files(tmp_path))
    known = KnownModerators(made.world.moderators)
    # Only the act is interrupted, and not what the flow reads before it.
    made.tip_offs.moderators = made.reporters.moderators = known
    return made


async def _leading(reports: TipOffWorld, **changes: Any) -> tuple[TipOff, str]:
    """Return an assigned report with two that were merged into it, and its moderator."""
    me = (await reports.world.moderator(1)).moderator_id
    people = [await reports.person(place) for place in range(3)]
    leading = (await reports.file(reporter_token=people[0], **changes)).tip_off
    others = [(await reports.file(reporter_token=each)).tip_off for each in people[1:]]
    await reports.assign(leading, me)
    await reports.merge(leading, others, me)
    return leading, me


async def _file(reports: TipOffWorld) -> Act:
    token = await reports.world.account()
    asked = report(
        target=TipOffTarget(TargetKind.ACCOUNT, token),
        reporter_token=token,
        contact="a@example.org",
        content=b"c",
        operation_id=(await opened(reports)).operation_id,
    )
    return lambda: reports.file(asked, request_id=request_id(9))


async def _file_by_form(reports: TipOffWorld) -> Act:
    for _ in range(tip_off_rules.limit(())):
        await reports.file_by_form()
    asked = report(content=b"c", contact="a@example.org")
    return lambda: reports.file_by_form(asked, request_id=request_id(9))


async def _answer(reports: TipOffWorld) -> Act:
    leading, me = await _leading(reports)
    return lambda: reports.answer(leading, me, request_id=request_id(9))


async def _note(reports: TipOffWorld) -> Act:
    leading, me = await _leading(reports)
    return lambda: reports.note(leading, me, "a note", request_id=request_id(9))


async def _uphold(reports: TipOffWorld) -> Act:
    token = await reports.world.account()
    named = (await opened(reports)).operation_id
    target = TipOffTarget(TargetKind.ACCOUNT, token)
    leading, _ = await _leading(reports, target=target, operation_id=named)
    key, given = await reports.world.moderator(1), list[tuple[Any, Any]]()

    async def take(*arguments: Any, **named: Any) -> TipOff:
        given.append((arguments, named))
        return leading

    # The flow reads before it acts; only the act itself is interrupted.
    reads = SimpleNamespace(get=reports.store.get, requested=reports.store.requested, resolve=take)
    reports.tip_offs.store = cast(SqlTipOffStore, reads)
    await reports.uphold(leading, key, token, reply="a", seconds=8 * DAY, request_id=request_id(9))
    arguments, named = given[0]
    return lambda: reports.store.resolve(*arguments, **named)


async def _merge(reports: TipOffWorld) -> Act:
    leading, me = await _leading(reports)
    other, late = [(await reports.file()).tip_off for _ in range(2)]
    await reports.assign(other, me)
    await reports.merge(other, [late], me)
    return lambda: reports.merge(leading, [other], me, request_id=request_id(9))


async def _remind(reports: TipOffWorld) -> Act:
    made = (await reports.file()).tip_off
    make = reports.schedule._maker(at(8 * DAY))
    return lambda: reports.store.remind(made, make=make, now=at(8 * DAY))


async def _delete_texts(reports: TipOffWorld) -> Act:
    leading, me = await _leading(reports)
    made = await reports.dismiss(leading, me, reply="a")
    make = reports.schedule._maker(at(99 * DAY))
    return lambda: reports.store.delete_texts(made, make=make, now=at(99 * DAY))


async def _set_standing(reports: TipOffWorld) -> Act:
    made, other = [(await reports.file(reporter_token=await reports.person(each))).tip_off for each in (1, 2)]
    await reports.set_standing(other.reporter_id or "", ReporterStanding.TRUSTED)
    return lambda: reports.set_standing(
        made.reporter_id or "", ReporterStanding.TRUSTED, request_id=request_id(9)
    )


ACTS = [_file, _file_by_form, _answer, _note, _uphold, _merge, _remind, _delete_texts, _set_standing]
Prepare = Callable[[TipOffWorld], Awaitable[Act]]


@pytest.mark.parametrize("prepare", ACTS)
async def test_an_act_that_breaks_at_any_statement_leaves_no_trace(
    world: World, reports: TipOffWorld, prepare: Prepare
) -> None:
    """Report, texts, reporters, sanction and log entries: all of them or nothing."""
    act = await prepare(reports)
    before = await world.contents()
    world.database._patience = 0  # without retries after a lost connection, so that the act meets the fault
    for number in range(1, _MOST):
        fault = FAULTS[number % len(FAULTS)]()
        with failing_statement(world.database, number=number, fault=fault) as seen:
            try:
                await act()
            except UnavailableError:
                assert len(seen) == number
            else:
                assert len(seen) < number
                break
        assert await world.contents() == before, f"statement {number}"
    else:
        pytest.fail("the act never passed")
    assert await world.contents() != before


@pytest.mark.parametrize("prepare", ACTS)
async def test_a_commit_whose_answer_is_lost_has_done_everything_once(
    world: World, reports: TipOffWorld, prepare: Prepare
) -> None:
    """The caller repeats: the act is found done, and nothing is added."""
    act = await prepare(reports)
    before = await world.contents()
    with failing_commit(world.database, committed=True) as fired, pytest.raises(UnavailableError):
        await act()
    assert fired == [True]
    after = await world.contents()
    assert after != before
    await act()
    assert await world.contents() == after
