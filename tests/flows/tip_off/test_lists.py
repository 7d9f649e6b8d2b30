"""Lists over both databases: every filter alone and together, the order of the queue, and bounded work."""

from itertools import product
from typing import Any

import pytest

from idvault_client.tip_offs import TipOffReport
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import ReporterStanding, TargetKind, TipOffState, TipOffTarget
from tests.storage.hooks import before_statements
from tests.support.tip_off_world import CONTENT, DAY, TipOffWorld, opened, report
from tools.support import builders

OTHER = TipOffTarget(TargetKind.CONTENT, CONTENT.key + "8")


async def filled(world: TipOffWorld) -> tuple[list[TipOffReport], list[str]]:
    """File twelve reports of every kind; return them as they are, and two moderators."""
    ids = [(await world.world.moderator(number)).moderator_id for number in (1, 2)]
    made = []
    named = (await opened(world)).operation_id
    kinds = product((CONTENT, OTHER), (SanctionCategory.RUMOUR, SanctionCategory.FRAUD), range(3))
    for place, (target, category, step) in enumerate(kinds):
        given = named if place % 2 else ""
        asked = report(target=target, category=category, operation_id=given)
        one = (await world.file(asked, seconds=place * 3_600)).tip_off
        if step:
            await world.assign(one, ids[place % 2], seconds=place * 3_600)
        if step == 2:
            await world.dismiss(one, ids[place % 2], reply="a", seconds=place * 3_600)
        made.append((await world.get(one)).tip_off)
    return made, ids


def _fits(one: TipOffReport, name: str, value: Any) -> bool:
    if name == "open_only":
        return one.state is not TipOffState.RESOLVED
    return bool(one.due_time < value if name == "due_before" else getattr(one, name) == value)


def wanted(made: list[TipOffReport], **filters: Any) -> list[str]:
    """Return the ids that a list must have, in the order of the queue, by looking at every report."""
    found = [one for one in made if all(_fits(one, name, value) for name, value in filters.items())]
    ordered = sorted(found, key=lambda it: (it.state is TipOffState.RESOLVED, it.due_time, it.tip_off_id))
    return [one.tip_off_id for one in ordered]


async def test_every_combination_of_filters(world: TipOffWorld) -> None:
    """All 256 of them, in pages of one, of five and of all."""
    made, ids = await filled(world)
    choices: dict[str, list[Any]] = {
        "state": [None, TipOffState.RECEIVED, TipOffState.ASSIGNED, TipOffState.RESOLVED],
        "open_only": [None, True],
        "due_before": [None, made[4].due_time],
        "moderator_id": [None, ids[0]],
        "target": [None, OTHER],
        "category": [None, SanctionCategory.FRAUD],
        "operation_id": [None, made[1].operation_id],
    }
    for place, values in enumerate(product(*choices.values())):
        asked = {name: value for name, value in zip(choices, values, strict=True) if value is not None}
        found = await world.listed(size=(1, 5, 1_000)[place % 3], **asked)
        assert found == wanted(made, **asked), asked


async def test_a_report_is_found_by_its_reference(world: TipOffWorld) -> None:
    """In any group of the queue; with another filter only if both fit, and at its platform only."""
    made, _ = await filled(world)
    for one in made[:3]:
        assert await world.listed(size=5, reference=one.reference) == [one.tip_off_id]
        is_open = one.state is not TipOffState.RESOLVED
        found = await world.listed(size=5, reference=one.reference, open_only=True)
        assert found == [one.tip_off_id] * is_open
    assert await world.listed(size=5, reference="0" * 12) == []
    page = await world.asks(party="platform-b").list_page(reference=made[0].reference)
    assert page.tip_offs == ()


async def test_pages_do_not_move(world: TipOffWorld) -> None:
    """Reports that are filed while somebody reads appear in their place; no page repeats or omits one."""
    first = [(await world.file(seconds=place)).tip_off.tip_off_id for place in range(6)]
    page = await world.asks().list_page(page_size=3)
    token = await world.person(1)
    flagger = (await world.file(reporter_token=token)).tip_off
    await world.set_standing(flagger.reporter_id, ReporterStanding.TRUSTED)
    urgent = (await world.file(reporter_token=token, seconds=DAY)).tip_off
    late = (await world.file(seconds=2 * DAY)).tip_off
    rest = await world.asks().list_page(page_size=99, page_token=page.next_page_token)
    seen = [each.tip_off_id for each in (*page.tip_offs, *rest.tip_offs)]
    assert len(seen) == len(set(seen))
    assert set(first) | {late.tip_off_id} <= set(seen)
    assert urgent.tip_off_id not in seen
    assert (await world.listed())[0] == urgent.tip_off_id


async def test_a_report_that_is_decided_meanwhile(world: TipOffWorld) -> None:
    """It moves behind the open ones: a reader may see it twice, and misses nothing."""
    me = (await world.world.moderator(1)).moderator_id
    made = [(await world.file(seconds=place)).tip_off for place in range(4)]
    ordered = await world.listed()
    page = await world.asks().list_page(page_size=2)
    last = next(each for each in made if each.tip_off_id == ordered[1])
    await world.assign(last, me)
    await world.dismiss(last, me, reply="a")
    rest = await world.asks().list_page(page_size=99, page_token=page.next_page_token)
    assert [each.tip_off_id for each in rest.tip_offs] == [*ordered[2:], last.tip_off_id]


async def test_work_is_bounded(world: TipOffWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """A filter that fits almost nothing ends a page early and continues; each page is few statements."""
    monkeypatch.setattr("idvault.tip_off.store.lists.MOST_READ", 4)
    for place in range(9):
        await world.file(seconds=place)
    rare = (await world.file(category=SanctionCategory.FRAUD, seconds=9)).tip_off
    me = (await world.world.moderator(1)).moderator_id
    await world.assign(rare, me)
    sizes, after, found = [], "", list[str]()
    while True:
        seen: list[str] = []
        with before_statements(world.database, seen.append):
            page = await world.asks().list_page(
                page_size=2,
                page_token=after,
                state=TipOffState.RECEIVED,
                target=CONTENT,
                category=SanctionCategory.RUMOUR,
            )
        sizes.append(len(page.tip_offs))
        assert len(seen) <= 4
        found += [each.tip_off_id for each in page.tip_offs]
        after = page.next_page_token
        if not after:
            break
    assert len(found) == 9
    assert sum(sizes) == 9
    only = await world.listed(target=CONTENT, category=SanctionCategory.FRAUD)
    assert only == [rare.tip_off_id]


async def test_another_platform_sees_nothing(world: TipOffWorld) -> None:
    """Lists, reports and reporters of one platform are not another's."""
    made = (await world.file(reporter_token=await world.person(1))).tip_off
    assert await world.listed(party="platform-b") == []
    assert await world.reporters(party="platform-b") == []
    assert made.due_time > builders.NOW
