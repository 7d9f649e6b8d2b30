"""Reports that were chosen in the list are merged: shown first, and one of them stays."""

from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.tip_off import TargetKind, TipOffState, TipOffTarget
from tests.support.console import Visitor
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
    assert not place.wire.calls("MergeTipOffs")
    page = await submit(browser, PATH, page, main=ids[1])
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
    assert (page.title, "Choose at least two open reports" in page.words) == ("Reports", True)
    assert (await browser.get(PATH)).title == "Reports"
    assert not place.wire.calls("MergeTipOffs")


async def test_nothing_is_offered_where_nothing_can_be_chosen(place: Office, browser: Visitor) -> None:
    """An empty list and one of decided reports have no box and no button; the first one says what comes."""
    for view, said in (("", "A new one arrives in “Reports to decide”"), ("?view=closed", "nothing here.")):
        page = await browser.get(f"/reports{view}")
        assert "Assign the chosen ones to me" not in page.words
        assert said in page.words
