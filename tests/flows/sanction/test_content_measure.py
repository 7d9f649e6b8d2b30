"""Measures on content over both databases: imposed, reversed, appealed; what log and public read."""

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from idvault.core.public_files import LocalPublicFiles
from idvault.sanction.acts import StatementFiles, path_of
from idvault.sanction.content_measure import acts
from idvault.sanction.rules import week_of
from idvault_client.errors import AccessDenied, InvalidFields, NotFound, RequestIdReused
from idvault_client.sanctions import PlatformContentMeasure
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.content_measure import ContentMeasureKind, ContentMeasureState
from idvault_verify.error import Reason
from idvault_verify.report.figure import AppealFigures, ContentFigures
from idvault_verify.sanction import AppealState, AuthorityOrder, IssuerKind, OrderState
from tests.support.appeal_world import AppealWorld
from tests.support.refusal import reason_of, states_of
from tools.support.builders import NOW
from tools.support.flow_world import at, request_id
from tools.support.sanction_world import reasons, signing, until

DAY = 86_400
POST = "post/17"
ORDER = AuthorityOrder("an authority (synthetic)", "order 3", date(2026, 2, 27), bytes(32))
IN_FORCE, REVERSED = ContentMeasureState.IN_FORCE, ContentMeasureState.REVERSED
OVERTURNED = ContentMeasureState.OVERTURNED


@pytest.fixture
async def key(world: AppealWorld) -> ModeratorKey:
    """Return a registered moderator."""
    return await world.moderator(1)


async def impose(
    world: AppealWorld,
    key: ModeratorKey,
    kind: ContentMeasureKind = ContentMeasureKind.REMOVED,
    *,
    content: str = POST,
    seconds: float = 0,
    **options: Any,
) -> PlatformContentMeasure:
    given = options.pop("given", reasons())
    return await world.platform(seconds).content_measures.impose(
        content, kind, given, key=signing(key, seconds), **options
    )


async def test_a_measure_is_in_force_until_it_is_reversed(world: AppealWorld, key: ModeratorKey) -> None:
    """At once and by one moderator; the log says what was done, and names no account."""
    on = world.platform().content_measures
    made = await impose(world, key)
    assert (made.content, made.kind, made.state) == (POST, ContentMeasureKind.REMOVED, IN_FORCE)
    assert (made.statement, made.impose_moderator_id) == (reasons(), key.moderator_id)
    again = await on.reverse(made, "it was satire", key=signing(key, 0))
    assert (again.state, again.finish_time, again.finish_reason) == (REVERSED, NOW, "it was satire")
    assert await states_of(on.reverse(made, "twice", key=signing(key, 0))) == ("REVERSED", "REVERSED")
    assert await world.events("content:") == ["content:removed:impose", "content:removed:reverse"]
    assert [each.measure_id for each in (await on.list_page(content=POST)).measures] == [made.measure_id]
    assert not (await on.list_page(content="post/18")).measures


async def test_what_is_refused(world: AppealWorld, key: ModeratorKey) -> None:
    """A statement with an end or without a part, a revoked moderator, another platform's measure."""
    with pytest.raises(InvalidFields) as refused:
        await impose(world, key, given=until(60))
    assert list(refused.value.fields) == ["statement.end_time"]
    with pytest.raises(InvalidFields):
        await impose(world, key, given=reasons(territory=""))
    made = await impose(world, key, request_id=request_id(1))
    assert (await impose(world, key, request_id=request_id(1))).measure_id == made.measure_id
    with pytest.raises(RequestIdReused):
        await impose(world, key, content="post/18", request_id=request_id(1))
    other = world.platform(party="platform-b").content_measures
    with pytest.raises(NotFound):
        await other.get(made.measure_id)
    assert await reason_of(other.file_appeal(made.measure_id, "not true")) is Reason.CONTENT_MEASURE_NOT_FOUND
    await world.moderator(2)
    await world.moderator(3)
    await world.revoke(key)
    assert await reason_of(impose(world, key)) is Reason.MODERATOR_REVOKED
    assert await world.events("content:") == ["content:removed:impose"]


async def test_whoever_is_concerned_appeals(world: AppealWorld, key: ModeratorKey) -> None:
    """Another moderator decides; upheld, the measure is overturned, and the text is deleted later."""
    on, made = world.platform().content_measures, await impose(world, key)
    filed = await on.file_appeal(made.measure_id, "this was satire (synthetic)")
    assert filed.appeal is not None
    assert (filed.appeal.state, filed.appeal.overdue) == (AppealState.FILED, False)
    assert (await on.get(made.measure_id)).text == "this was satire (synthetic)"
    assert await reason_of(on.file_appeal(made.measure_id, "again")) is Reason.APPEAL_EXISTS
    with pytest.raises(AccessDenied):
        await on.decide_appeal(filed, AppealState.UPHELD, "read again", key=signing(key, 0))
    found = await on.list_page(appeal=AppealState.FILED)
    assert [each.measure_id for each in found.measures] == [made.measure_id]
    other = signing(await world.moderator(2), 0)
    decided = await on.decide_appeal(filed, AppealState.UPHELD, "read again", key=other)
    assert (decided.state, decided.finish_reason) == (OVERTURNED, "read again")
    assert decided.appeal is not None
    assert decided.appeal.state is AppealState.UPHELD
    events = await world.events("content")
    assert events == [
        "content:removed:impose",
        "content:removed:overturn",
        "contentappeal:case:file",
        "contentappeal:case:uphold",
    ]
    late = at(120 * DAY)
    assert await acts.delete_texts(world.vault, late, limit=9) == 1
    assert await acts.delete_texts(world.vault, late, limit=9) == 0
    assert (await on.get(made.measure_id)).text == ""


async def test_a_late_decision_hides_no_miss(world: AppealWorld, key: ModeratorKey) -> None:
    """The worker or the decision logs once that it is overdue; a rejection names the outside body."""
    measures = [await impose(world, key) for _ in range(2)]
    on = world.platform().content_measures
    filed = [await on.file_appeal(each.measure_id, "no (synthetic)") for each in measures]
    late = 20 * DAY
    other = signing(await world.moderator(2), late)
    decided = await world.platform(late).content_measures.decide_appeal(
        filed[0], AppealState.REJECTED, "read again", key=other
    )
    assert decided.appeal is not None
    assert (decided.state, decided.appeal.outside_due_time is not None) == (IN_FORCE, True)
    assert await acts.overdue(world.vault, now=at(late)) == 1
    [counted] = await acts.deadlines(world.vault, now=at(late))
    assert (counted.open, counted.overdue) == (1, 1)
    assert await acts.note_all_overdue(world.vault, at(late), limit=9) == 1
    assert await acts.note_all_overdue(world.vault, at(late), limit=9) == 0
    assert (await world.events("contentappeal:")).count("contentappeal:case:overdue") == 2
    month = await world.asks(late).get_month("2026-03")
    assert month.content_measures == (ContentFigures(ContentMeasureKind.REMOVED, imposed=2, in_force=2),)
    assert month.content_appeals == AppealFigures(filed=2, open=1, rejected=1, late=2)


async def test_a_measure_carries_out_an_order(world: AppealWorld, key: ModeratorKey) -> None:
    """A measure of an authority whose statement has the order's digest."""
    asks = world.asks()
    await asks.record_order(ORDER, deadline=NOW + timedelta(days=3), key=signing(key, 0))
    await impose(world, key, given=reasons(issuer_kind=IssuerKind.AUTHORITY, order=ORDER))
    assert [each.state for each in (await asks.list_orders()).orders] == [OrderState.CARRIED_OUT]


async def test_the_public_reads_kinds_of_five(world: AppealWorld, key: ModeratorKey, tmp_path: Path) -> None:
    """Each week, apart from decisions on accounts, without the reference; fewer than five are not told."""
    for number in range(5):
        await impose(world, key, ContentMeasureKind.LABELLED, content=f"post/{number}")
    for number in range(4):
        await impose(world, key, content=f"post/{number}")
    files = LocalPublicFiles(directory=tmp_path)
    publishing = StatementFiles(vault=world.vault, files=files)
    await publishing.publish(now=at(8 * DAY))
    told = await files.read(path_of(week_of(NOW)))
    lines = [json.loads(each) for each in (told or b"").splitlines()]
    assert [each["content_measure"] for each in lines] == ["LABELLED"] * 5
    assert {each["decision_visibility"] for each in lines} == {"DECISION_VISIBILITY_CONTENT_LABELLED"}
    assert b"post" not in (told or b"")
