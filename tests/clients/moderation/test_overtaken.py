"""What a moderator reads whose report somebody else has decided, taken or merged meanwhile."""

from collections.abc import Awaitable, Callable

import pytest

from idvault_client.tip_offs import TipOffReport
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree, Origin
from idvault_verify.tip_off import TargetKind, TipOffState, TipOffTarget
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, post, submit
from tools.support.sanction_world import reasons

WORDS = "My own words (synthetic)"
Meanwhile = Callable[[Office, TipOffReport, str], Awaitable[object]]


async def _decided(place: Office, report: TipOffReport, other: str) -> object:
    return await place.world.dismiss(report, other, reply="no")


async def _closing(place: Office, report: TipOffReport, other: str) -> object:
    # A proposal ends by itself after 72 hours.
    key, now = place.world.signs(other), place.age
    given = reasons(origin=Origin.TIP_OFF, tip_off=report.reference)
    token = report.target.key
    return await place.world.uphold(
        report, key, token, degree=Degree.CLOSE, given=given, reply="yes", seconds=now
    )


async def _referred(place: Office, report: TipOffReport, other: str) -> object:
    return await place.world.refer(report, other, reply="passed on", seconds=place.age)


async def _merged(place: Office, report: TipOffReport, other: str) -> object:
    first = await place.world.assign((await place.world.file()).tip_off, other)
    return await place.world.merge(first, [report], other)


async def _nothing(_: Office, report: TipOffReport, other: str) -> object:
    return report


@pytest.mark.parametrize(
    ("meanwhile", "said"),
    [
        (_decided, "Meanwhile it was decided by {who}: dismissed (It breaks no rule)."),
        (_closing, "waits for a second moderator."),
        (_referred, "waits for"),
        (_merged, "Meanwhile it was merged into another report."),
        (_nothing, "It is assigned to {who} now."),
    ],
)
async def test_who_was_faster_is_named(
    place: Office, browser: Visitor, meanwhile: Meanwhile, said: str
) -> None:
    """Nothing was sent, the typed words can still be read, and the next report is one click away."""
    target = TipOffTarget(TargetKind.ACCOUNT, await place.world.world.account())
    made = (await place.world.file(target=target)).tip_off
    following = (await place.world.file(seconds=1)).tip_off
    where, other = f"/reports/{made.tip_off_id}/decision", (await place.moderator(2)).moderator_id
    page = await browser.get(f"/reports/{made.tip_off_id}")
    await meanwhile(place, await place.world.assign(made, other), other)
    page = await submit(browser, where, page, decision="dismiss.GONE", reply=WORDS)
    assert page.status == 409
    for word in (said.format(who=other[:8]), "Nothing of yours was sent", WORDS, "Next report"):
        assert word in page.words, word
    assert f'action="{where}"' not in page.text
    assert f'class="button" href="/reports/{following.tip_off_id}"' in page.text
    assert "Please reload" not in page.words
    assert WORDS not in str(await place.world.get(made))


@pytest.mark.parametrize("reply", ["", WORDS])
async def test_a_sanction_is_overtaken(
    place: Office, browser: Visitor, key: ModeratorKey, reply: str
) -> None:
    """On the last step, too: it imposes nothing; without another report to decide none is offered."""
    target = TipOffTarget(TargetKind.ACCOUNT, await place.world.world.account())
    made = await place.world.assign((await place.world.file(target=target)).tip_off, key.moderator_id)
    where = f"/reports/{made.tip_off_id}/sanction"
    given = {"degree": "WARN", "ground": "ILLEGAL", "rule_reference": "law 7", "redress": "Write"}
    page = await submit(browser, where, **given, evidence="00" * 32, reply=reply)
    assert page.title == "Check before you sign"
    other = (await place.moderator(2)).moderator_id
    taken = await place.world.assign(made, other, former=key.moderator_id)
    await place.world.dismiss(taken, other, reply="no")
    page = await submit(browser, where, page)
    assert (page.status, page.title) == (409, f"Report {made.reference}")
    assert f"Meanwhile it was decided by {other[:8]}" in page.words
    assert (await place.world.get(made)).tip_off.sanction_id == ""
    assert 'class="button" href="/reports/' not in page.text
    typed = page.words.partition("What you had typed")[2].partition("Other reports about the same")[0]
    for word in ("law 7", "00" * 32, *filter(None, [reply])):
        assert word in typed, word
    assert ("You were right" in typed, made.reference in typed) == (False, False), "nobody typed that"


async def test_what_was_decided_together_does_not_come_next(place: Office, browser: Visitor) -> None:
    """Of a search, whose list has decided reports, too: neither by the decision nor by the keys j and k."""
    target = TipOffTarget(TargetKind.ACCOUNT, await place.world.world.account())
    made, same, left = [
        (await place.world.file(target=target, seconds=number)).tip_off for number in range(3)
    ]
    asked = f"?q={target.key}"
    where = f"/reports/{made.tip_off_id}/decision"
    page = await browser.get(f"/reports/{made.tip_off_id}{asked}")
    fields = form_of(page, rf"{where}\{asked}")
    chosen = {f"duplicates.{same.tip_off_id}": "yes", "decision": "dismiss.GONE"}
    page = await post(browser, f"{where}{asked}", {**fields, **chosen})
    assert page.title == f"Report {left.reference}"
    assert (await place.world.get(same)).tip_off.state is TipOffState.RESOLVED
    assert 'data-key="j"' not in page.text
    assert 'data-key="k"' not in page.text
    page = await browser.get(f"/reports/{made.tip_off_id}{asked}")
    assert 'data-key="j"' in page.text or 'data-key="k"' in page.text, "of a decided one the whole list"


async def test_merging_keeps_the_list(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """View, category and order stay in the form's own address, and the way back stands on the page once."""
    made, same = [(await place.world.file(seconds=number)).tip_off for number in range(2)]
    await place.world.assign(made, key.moderator_id)
    asked = "?view=mine&category=RUMOUR&sort=due"
    where = f"/reports/{made.tip_off_id}/duplicates"
    page = await browser.get(f"{where}{asked}")
    escaped = asked.replace("&", "&amp;")
    assert f'action="{where}{escaped}"' in page.text
    fields = form_of(page, rf"{where}\{escaped}")
    page = await post(browser, f"{where}{asked}", {**fields, f"duplicates.{same.tip_off_id}": "yes"})
    assert "Reports merged into this one: 1." in page.words
    assert page.text.count(f'href="/reports{escaped}"') == 1
    shown = await browser.get(f"/reports/{same.tip_off_id}")
    assert f"Merged into {made.reference}" in shown.words
