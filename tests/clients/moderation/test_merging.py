"""Reports that were chosen in the list are merged: shown first, and one of them stays."""

import re

import pytest

from idvault_client.tip_offs import TipOffReport
from idvault_people.moderation.own_history import OwnHistory
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.tip_off import TargetKind, TipOffState, TipOffTarget
from tests.support.console import Seen, Visitor
from tests.support.moderation_console import Office, form_of, post, submit

PATH = "/reports/merging"


async def chosen(browser: Visitor, *ids: str) -> dict[str, str]:
    """Return what the list sends if reports are chosen in it."""
    fields = form_of(await browser.get("/reports"), "/reports/assignment")
    return {**fields, **{f"report.{each}": "yes" for each in ids}}


async def test_chosen_reports_are_merged(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Into the one that is named, which is taken by that; nothing happens before they were shown."""
    target = TipOffTarget(TargetKind.CONTENT, "post/9")
    filed = [(await place.world.file()).tip_off for _ in range(2)]
    filed.append((await place.world.file(target=target)).tip_off)
    ids = [each.tip_off_id for each in filed]
    assert f'formaction="{PATH}"' in (await browser.get("/reports")).text
    page = await post(browser, PATH, await chosen(browser, *ids))
    assert page.title == "Merge these 3 reports?"
    assert "They are not all about the same account or content" in page.words
    assert all(each.reference in page.words for each in filed)
    found = re.findall(r'\bid="([^"]*)"', page.text)
    assert len(found) == len(set(found)), "each id of the page is one element's"
    assert not place.wire.calls("MergeTipOffs")
    page = await submit(browser, PATH, page, stays=ids[1])
    assert page.title == f"Report {filed[1].reference}"
    assert "Reports merged into this one: 2." in page.words
    found = [(await place.world.get(each)).tip_off for each in filed]
    assert (found[1].state, found[1].moderator_id) == (TipOffState.ASSIGNED, key.moderator_id)
    assert {each.merged_into_id for each in (found[0], found[2])} == {ids[1]}


async def test_what_cannot_be_merged_is_left_out(place: Office, browser: Visitor) -> None:
    """A report of another moderator, or one that is not there: the list says that two are needed."""
    mine, theirs = [(await place.world.file()).tip_off for _ in range(2)]
    fields = await chosen(browser, mine.tip_off_id, theirs.tip_off_id, "f" * 32)
    other = await place.moderator(2)
    await place.world.assign(theirs, other.moderator_id, seconds=place.age)
    page = await post(browser, PATH, fields)
    assert '<p class="note" role="alert">Choose' in page.text, "nothing was done"
    assert (page.title, "Choose at least two open reports" in page.words) == ("Reports", True)
    assert (await browser.get(PATH)).title == "Reports"
    assert not place.wire.calls("MergeTipOffs")


async def shown(place: Office, browser: Visitor, count: int) -> tuple[list[TipOffReport], Seen]:
    """Return reports, and the page that asks whether they are merged."""
    made = [(await place.world.file(seconds=number)).tip_off for number in range(count)]
    return made, await post(browser, PATH, await chosen(browser, *(each.tip_off_id for each in made)))


@pytest.mark.parametrize("lost", ["AssignTipOff", "MergeTipOffs"])
async def test_a_lost_answer_is_repeated(place: Office, key: ModeratorKey, lost: str) -> None:
    """The same form sent again is the same act, and stands in the history once."""
    history = OwnHistory()
    async with place.works(key, history) as browser:
        made, page = await shown(place, browser, 2)
        ids = [each.tip_off_id for each in made]
        place.wire.loses = lost
        page = await submit(browser, PATH, page, stays=ids[1])
        assert (page.status, "not known whether it was done" in page.words) == (503, True)
        page = await submit(browser, PATH, page, stays=ids[1])
        assert (page.title, "into this one: 1." in page.words) == (f"Report {made[1].reference}", True)
    assert (await place.world.get(made[0])).tip_off.merged_into_id == ids[1]
    assert [(each.act, each.where) for each in history.newest()] == [("merging", f"/reports/{ids[1]}")]


async def test_what_was_merged_elsewhere_is_shown(place: Office, browser: Visitor) -> None:
    """By the same moderator in another tab: nothing is refused that is done."""
    made, first = await shown(place, browser, 2)
    second = await post(browser, PATH, await chosen(browser, *(each.tip_off_id for each in made)))
    for page in (first, second):
        done = await submit(browser, PATH, page, stays=made[0].tip_off_id)
        assert (done.status, done.title) == (200, f"Report {made[0].reference}")


async def test_who_falls_out_is_named(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Between the pages, also the one that was to stay: nothing is merged before that was read."""
    made, page = await shown(place, browser, 4)
    other = (await place.moderator(2)).moderator_id
    await place.world.assign(made[3], other, seconds=place.age)
    fields = {**form_of(page, PATH), "stays": made[3].tip_off_id, "step": "show"}
    told = f"Left out, because you cannot merge them any more: {made[3].reference}."
    assert told in (await post(browser, PATH, fields)).words, "in another language or by the list"
    refused = await submit(browser, PATH, page, stays=made[3].tip_off_id)
    assert (refused.status, told in refused.words) == (409, True)
    gone = {**form_of(refused, PATH), "chosen": f"{made[0].tip_off_id} {made[1].tip_off_id} {'f' * 32}"}
    refused = await post(browser, PATH, gone)
    assert (refused.status, "is not there any more" in refused.words) == (409, True)
    wrong = await submit(browser, PATH, refused, stays="")
    assert (wrong.status, 'href="#stays"' in wrong.text) == (422, True)
    assert not place.wire.calls("MergeTipOffs")
    page = await submit(browser, PATH, wrong, stays=made[1].tip_off_id)
    assert "Reports merged into this one: 1." in page.words
    assert (await place.world.get(made[2])).tip_off.state is TipOffState.RECEIVED
    assert (await place.world.get(made[1])).tip_off.moderator_id == key.moderator_id


async def test_another_language_shows_the_same_reports(place: Office, browser: Visitor) -> None:
    """It signs nothing, and the list from which they come stays in the address."""
    made, _ = await shown(place, browser, 2)
    asked = "?view=unassigned&category=RUMOUR"
    ids = (each.tip_off_id for each in made)
    page = await post(browser, f"{PATH}{asked}", await chosen(browser, *ids))
    header = page.text.partition("<header")[2].partition("</header>")[0]
    (action,) = re.findall(r'action="([^"]*)"', header)
    assert action == f"{PATH}?lang=zh&amp;view=unassigned&amp;category=RUMOUR"
    hidden = dict(re.findall(r'type="hidden" name="([^"]*)" value="([^"]*)"', header))
    page = await browser.send(action.replace("&amp;", "&"), hidden)
    assert 'lang="zh-CN"' in page.text[:200]
    assert all(each.reference in page.words for each in made)
    assert not place.wire.calls("MergeTipOffs")


async def test_nothing_is_offered_where_nothing_can_be_chosen(place: Office, browser: Visitor) -> None:
    """An empty list and one of decided reports have no box and no button; the first one says what comes."""
    for view, said in (
        ("", "A new one arrives in “Reports to decide”"),
        ("?view=closed", "Show: Reports to decide"),
    ):
        page = await browser.get(f"/reports{view}")
        assert "Assign the chosen ones to me" not in page.words
        assert said in page.words
