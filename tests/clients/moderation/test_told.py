"""What the desk says: that a form did what it was sent for, what is overdue, and what a search takes."""

import re
from urllib.parse import quote

import pytest

from idvault.core.tables.tip_off import tip_offs
from idvault_people.moderation import authorities
from idvault_people.moderation.workplace import Workplace
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.sanction import Degree
from idvault_verify.tip_off import TargetKind, TipOffTarget
from tests.clients.moderation.test_decision import REASONS
from tests.support.console import Visitor
from tests.support.moderation_console import Office, form_of, post, submit
from tools.support import sql


async def test_a_confirmation_says_that_it_worked(place: Office, browser: Visitor) -> None:
    """In words of the sanction's state, with a way to the next one; an address alone claims nothing else."""
    other = await place.moderator(2)
    token = await place.world.world.account()
    made = await place.world.world.impose(token, Degree.CLOSE, key=other, seconds=place.age)
    here = f"/sanctions/{made.sanction_id}"
    assert "Done." not in (await browser.get(here)).words
    assert "Done. Now: waits for a second moderator." in (await browser.get(f"{here}?done=yes")).words
    page = await submit(browser, f"{here}/confirmation")
    assert "Done. Now: in force. Next one to confirm" in page.words
    page = await submit(browser, f"{here}/end", reason="a mistake")
    assert "Done. Now: lifted." in page.words


async def test_a_decision_says_what_was_imposed(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """Not only that the report was right."""
    target = TipOffTarget(TargetKind.ACCOUNT, await place.world.world.account())
    filed = (await place.world.file(target=target)).tip_off
    await place.world.assign(filed, key.moderator_id)
    where = f"/reports/{filed.tip_off_id}/sanction"
    changes = {**REASONS, "degree": "WARN", "measure": "", "evidence": "00" * 32}
    page = await submit(browser, where, await submit(browser, where, **changes))
    assert "upheld (Warning)." in page.words


async def test_merging_shows_what_is_merged(place: Office, browser: Visitor, key: ModeratorKey) -> None:
    """How each text begins; those about the same apart from those of the category; then how many it were."""
    texts = ("one", "The same again (synthetic)", "Quite another rumour " * 9)
    targets = (TipOffTarget(TargetKind.CONTENT, each) for each in ("post/1", "post/1", "post/2"))
    made, same, other = [
        (await place.world.file(text=text, target=target, seconds=number)).tip_off
        for number, (text, target) in enumerate(zip(texts, targets, strict=True))
    ]
    await place.world.assign(made, key.moderator_id)
    where = f"/reports/{made.tip_off_id}/duplicates"
    page = await browser.get(where)
    about, _, category = page.words.partition("Others of this category")
    assert "About the same: content post/1" in about
    assert f"{same.reference}: The same again (synthetic) (rumour, " in about
    assert f"{other.reference}: Quite another rumour" in category
    assert texts[2] not in category, "an excerpt only"
    chosen = {f"duplicates.{same.tip_off_id}": "yes", f"others.{other.tip_off_id}": "yes"}
    page = await post(browser, where, {**form_of(page, where), **chosen})
    assert "Reports merged into this one: 2." in page.words


async def test_a_report_outlives_the_one_it_was_merged_into(
    place: Office, browser: Visitor, key: ModeratorKey
) -> None:
    """The page names no link then; everything else of it is there."""
    made, into = [(await place.world.file(seconds=number)).tip_off for number in range(2)]
    await place.world.merge(await place.world.assign(into, key.moderator_id), [made], key.moderator_id)
    where = f"/reports/{made.tip_off_id}"
    assert f"Merged into {into.reference}" in (await browser.get(where)).words
    statement = tip_offs.update().where(tip_offs.c.merged_into == into.tip_off_id)
    await sql.change(place.sessions.database, statement.values(merged_into="f" * 32))
    page = await browser.get(where)
    assert (page.status, page.title) == (200, f"Report {made.reference}")
    assert "Merged into" not in page.words


async def test_what_is_overdue_is_red(place: Office, browser: Visitor) -> None:
    """On the first page, in a list by its bar alone, and on the case."""
    filed = (await place.world.file()).tip_off
    assert '<li class="red"><a href="/reports?view=overdue">' in (await browser.get("/")).text
    listed = (await browser.get("/reports")).text
    assert 'class="due late"' in listed
    assert '<span class="badge amber">overdue' not in listed
    case = (await browser.get(f"/reports/{filed.tip_off_id}")).text
    assert re.search(r'<span class="badge red"><svg[^>]*><use href="[^"]*#clock"/></svg>overdue</span>', case)
    later = (await place.world.file(seconds=place.age)).tip_off
    assert "badge red" not in (await browser.get(f"/reports/{later.tip_off_id}")).text


async def test_a_search_says_what_it_takes(place: Office, browser: Visitor) -> None:
    """If it found nothing; a token is found in capitals, too."""
    target = TipOffTarget(TargetKind.ACCOUNT, await place.world.world.account())
    filed = (await place.world.file(target=target)).tip_off
    page = await browser.get("/reports?q=rumour")
    assert "Enter the whole number of a report" in page.words
    page = await browser.get(f"/reports?typed=yes&q={quote(target.key.upper())}")
    assert page.title == f"Report {filed.reference}"
    assert "Trusted flaggers come first" not in (await browser.get("/reports?view=closed")).words


async def test_authorities_are_chosen_from_the_roster(place: Office, browser: Visitor) -> None:
    """By their names; one that was not chosen is asked for at its field."""
    filed = (await place.world.file()).tip_off
    page = await browser.get(f"/reports/{filed.tip_off_id}")
    assert 'type="radio" name="authority" id="authority-1" value="office-a"' in page.text
    where = f"/reports/{filed.tip_off_id}/decision"
    page = await submit(browser, where, page, decision="refer", authority="nobody")
    assert (page.status, 'href="#authority">Referred to: No authority' in page.text) == (404, True)


@pytest.mark.parametrize("refuses", [False, True])
def test_without_a_roster_an_authority_is_typed(refuses: bool) -> None:
    """A desk without a roster, or with one that does not verify, knows none."""

    def broken() -> list[Roster]:
        raise RosterError("no version")

    place = Workplace.__new__(Workplace)
    place.roster = broken if refuses else None
    assert authorities.known(place) == []


async def test_figures_lead_to_their_lists(place: Office, browser: Visitor) -> None:
    """Which show what there is now, as the page says; months before the first are left out."""
    await place.world.file()
    page = await browser.get("/figures?month=2026-03")
    assert 'href="/reports?view=overdue">Late decisions' in page.text
    assert "A figure leads to its list as it is now" in page.words
    assert "Not late In all 0%" in page.words
    assert "March 2026 1 1 0 0 0" in page.words
    assert "February 2026 0" not in page.words
    assert "In all 0%" not in (await browser.get("/figures?month=2026-02")).words


async def test_the_slip_names_the_platform(browser: Visitor) -> None:
    """And asks to keep the secret; what only the moderator reads is not printed."""
    asked = {"channel": "PHONE", "text": "said", "kind": "CONTENT", "target": "post/9", "category": "RUMOUR"}
    page = await submit(browser, "/reports/new", **asked)
    assert "Platform platform-a" in page.words
    assert "Keep the secret to yourself" in page.words
    assert '<p class="note screen">' in page.text
