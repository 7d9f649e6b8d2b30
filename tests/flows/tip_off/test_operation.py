"""Reports of an operation over both databases: named at filing, counted by state, inherited by sanctions."""

from typing import Any

import pytest

from idvault.report import store as report_store
from idvault_client.errors import RequestIdReused
from idvault_client.sanctions import AccountSanction, OperationFigure, OperationTipOffs, PlatformOperation
from idvault_client.tip_offs import TipOffReport
from idvault_verify.error import Reason
from idvault_verify.sanction import Degree, Scope
from tests.support.refusal import reason_of
from tests.support.tip_off_world import TipOffWorld, closed, opened, report
from tools.support.flow_world import PARTY, at, request_id


async def figures(world: TipOffWorld, operation: PlatformOperation) -> tuple[list[OperationFigure], Any]:
    found = await world.world.asks().get_operation(operation.operation_id)
    return list(found.figures), found.tip_offs


async def upheld(world: TipOffWorld, tip_off: TipOffReport, **named: Any) -> AccountSanction:
    """Assign and uphold a report; return its sanction."""
    key, token = await world.world.moderator(1), await world.world.account()
    await world.assign(tip_off, key.moderator_id)
    made = await world.uphold(tip_off, key, token, reply="you were right (synthetic)", **named)
    return await world.world.asks().get(made.sanction_id)


async def test_reports_are_counted_by_state(world: TipOffWorld) -> None:
    """Only those of the operation, each in the state that it has now."""
    operation, other = await opened(world), await opened(world)
    named = report(operation_id=operation.operation_id)
    me = (await world.world.moderator(1)).moderator_id
    made = [(await world.file(named)).tip_off for _ in range(6)]
    await world.file()
    await world.file(operation_id=other.operation_id)
    for each in made[1:4]:
        await world.assign(each, me)
    await world.answer(made[2], me)
    await world.dismiss(made[3], me, reply="no (synthetic)")
    await world.merge(made[2], [made[4]], me)
    assert await figures(world, operation) == (
        [],
        OperationTipOffs(received=2, assigned=1, answered=1, merged=1, resolved=1),
    )
    assert await figures(world, other) == ([], OperationTipOffs(received=1))
    assert (await world.get(made[0])).tip_off.operation_id == operation.operation_id
    assert await world.listed(operation_id=other.operation_id, party="platform-b") == []


async def test_the_transparency_report_counts_them(world: TipOffWorld) -> None:
    """Reports filed in a period, by the titles of the platform's own operations."""
    operation = await opened(world)
    for seconds in (0, 1, 99):
        await world.file(operation_id=operation.operation_id, seconds=seconds)
    await world.file()
    times = {"since": at(0).business, "until": at(99).business}
    found = await world.vault.read("test", lambda one: report_store.parts(one, "tip_offs.operation", **times))
    assert sorted(found) == [(PARTY, "", 1), (PARTY, operation.title, 2)]


async def test_only_an_open_operation_of_ones_own(world: TipOffWorld) -> None:
    """Another platform's is unknown; a closed one gets nothing new, and a repetition finds its report."""
    theirs, mine = await opened(world, party="platform-b"), await opened(world)
    for unknown in (theirs.operation_id, "f" * 32):
        assert await reason_of(world.file(operation_id=unknown)) is Reason.OPERATION_NOT_FOUND
    named = report(operation_id=mine.operation_id, reporter_token=await world.person(1))
    first = await world.file(named, request_id=request_id(7))
    await closed(world, mine)
    assert await reason_of(world.file(named)) is Reason.OPERATION_CLOSED
    assert await world.file(named, request_id=request_id(7)) == first
    with pytest.raises(RequestIdReused):
        await world.file(named, operation_id="", request_id=request_id(7))
    assert await world.events() == ["tipoff:report:file"]
    reporter = await world.reporter(first.tip_off.reporter_id)
    assert reporter.filed == 1, "what is refused counts for nobody"


async def test_the_sanction_of_a_report_inherits_its_operation(world: TipOffWorld) -> None:
    """Its moderator signed none; it is listed and counted where the report is."""
    operation = await opened(world)
    filed = (await world.file(operation_id=operation.operation_id)).tip_off
    sanction = await upheld(world, filed)
    assert sanction.operation_id == operation.operation_id
    assert await figures(world, operation) == (
        [OperationFigure(Degree.WARN, Scope.ACCOUNT, 1, 1, 0, 0)],
        OperationTipOffs(resolved=1),
    )
    pages = await world.world.pages(size=9, operation_id=operation.operation_id)
    assert pages == [[sanction.sanction_id]]


async def test_what_a_sanction_names_comes_first(world: TipOffWorld) -> None:
    """Another open operation than the report's, and none if the report has none either."""
    operation, other = await opened(world), await opened(world)
    filed = (await world.file(operation_id=operation.operation_id)).tip_off
    assert (await upheld(world, filed, operation_id=other.operation_id)).operation_id == other.operation_id
    assert (await figures(world, operation))[0] == []
    assert (await upheld(world, (await world.file()).tip_off)).operation_id == ""


async def test_a_report_is_upheld_after_its_operation_is_closed(world: TipOffWorld) -> None:
    """The report stays counted, and its sanction belongs to none."""
    operation = await opened(world)
    filed = (await world.file(operation_id=operation.operation_id)).tip_off
    await closed(world, operation)
    assert (await upheld(world, filed)).operation_id == ""
    assert await figures(world, operation) == ([], OperationTipOffs(resolved=1))
