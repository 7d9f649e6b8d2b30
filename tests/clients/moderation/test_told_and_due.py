"""What a page says at once: what was saved just now, how long something may take, and codes to copy."""

import re

import pytest

from idvault_people.moderation.texts import TEXTS
from idvault_verify.sanction import Degree
from tests.support.console import Visitor
from tests.support.moderation_console import Office, post, submit
from tools.support.flow_world import command

TEMPLATE = {
    "title": "Rumour, first time",
    "rule_reference": "terms 4.2",
    "ground": "AGAINST_TERMS",
    "category": "RUMOUR",
    "degree": "WARN",
    "territory": "CN",
    "redress": "Write to appeals within 180 days",
    "days": "30",
}
BAR = re.compile(r'<dt>Due</dt><dd>[^<]*left\)<progress class="due')


async def test_what_was_saved_is_said(place: Office, browser: Visitor) -> None:
    """Of a template, a note and a view, once each; an address cannot make the page say anything else."""
    page = await submit(browser, "/templates/new", **TEMPLATE)
    assert '<p class="note good" role="status">Template saved.</p>' in page.text
    (kept,) = re.findall(r'href="(/templates/[0-9a-f]{32})"', page.text)
    page = await submit(browser, f"{kept}/deletion")
    assert "Template deleted." in page.words
    report = (await place.world.file()).tip_off
    here = f"/reports/{report.tip_off_id}"
    page = await submit(browser, f"{here}/assignment")
    assert "It is assigned to you." in page.words
    page = await submit(browser, f"{here}/note", note="seen (synthetic)")
    assert "Note saved." in page.words
    page = await submit(browser, f"{here}/return")
    assert "It is handed back." in page.words
    page = await browser.get("/reports?saved=service")
    assert 'class="note good"' not in page.text
    page = await browser.get("/reports?view=mine&saved=note&done=yes")
    (other,) = re.findall(r'href="([^"]*lang=zh[^"]*)"', page.text)
    assert other == "?lang=zh&amp;view=mine", "a page in another language does not say it again"


@pytest.mark.parametrize("note", [each for each in TEXTS if each.startswith("saved.")])
async def test_every_note_can_be_said(browser: Visitor, note: str) -> None:
    """On a list, a form, and the page of a template, whatever was saved."""
    said = f'<p class="note good" role="status">{TEXTS[note].in_language("en")}</p>'
    for where in ("/templates", "/sanctions", "/templates/new"):
        page = await browser.get(f"{where}?saved={note.removeprefix('saved.')}")
        assert said in page.text, where


async def test_what_is_due_has_a_bar_on_its_case(place: Office, browser: Visitor) -> None:
    """An appeal, a contest, a proposal and a report; once it is decided, nothing is due any more."""
    other = await place.moderator(2)
    found = await place.world.world.claims.verify(command(1))
    token = found.account.account_token
    contested = await place.contest(token, found.claim_id, "It was not me (synthetic)")
    closing = await place.world.world.impose(token, Degree.CLOSE, key=other, seconds=place.age)
    warned = await place.world.world.impose(token, Degree.WARN, key=other, seconds=place.age)
    appeal = await place.sessions.moderation.file(warned, "Satire (synthetic)", seconds=place.age)
    report = (await place.world.file(seconds=place.age)).tip_off
    here = f"/appeals/{appeal.appeal_id}"
    for where in (
        here,
        f"/contests/{contested.contest_id}",
        f"/sanctions/{closing.sanction_id}",
        f"/reports/{report.tip_off_id}",
    ):
        assert BAR.search((await browser.get(where)).text), where
    page = await submit(browser, f"{here}/decision", verdict="REJECTED", reason="It was not")
    assert BAR.search(page.text) is None


async def test_codes_are_behind_details(place: Office, browser: Visitor) -> None:
    """A whole account token stands in no title and no row, but where a button copies it."""
    token = await place.world.world.account()
    made = await place.world.world.impose(token, Degree.WARN, key=await place.moderator(2), seconds=place.age)
    for where in (f"/sanctions/{made.sanction_id}", f"/accounts/{token}"):
        text = (await browser.get(where)).text
        assert f'<code class="copy">{token}</code><button type="button"' in text
        codes = re.sub(r"<details><summary>Technical details.*?</details>", "", text, flags=re.S)
        assert token not in re.sub(r'(href|action|value)="[^"]*"', "", codes), where
    page = await browser.get("/sanctions?view=all")
    assert token not in page.words


async def test_an_empty_list_says_what_comes_in_its_first_view(browser: Visitor) -> None:
    """The other views do not, nor does a filter; another order of the rows filters nothing."""
    for where, first, other in (
        ("/sanctions", "proposed", "in_force"),
        ("/public-accounts", "applied", "expiring"),
        ("/operations", "open", "closed"),
    ):
        comes = TEXTS[f"empty.{where[1:].replace('-', '_')}"].in_language("en")
        for view, is_first in ((first, True), (other, False)):
            page = await browser.get(f"{where}?view={view}")
            assert (comes in page.words, "Nothing is in this view." in page.words) == (is_first, not is_first)
    page = await browser.get("/reports?view=unassigned&sort=newest")
    assert "Nothing matches these filters." not in page.words
    page = await browser.get("/reports?view=unassigned&category=FRAUD&sort=newest")
    assert "Nothing matches these filters." in page.words


async def test_an_act_that_fails_leads_back_to_the_same_list(place: Office, browser: Visitor) -> None:
    """With the filters of its address, and never to another page."""
    where = f"/sanctions/{'b' * 32}/end?view=in_force&q=x"
    page = await browser.get("/sanctions/new")
    fields = {"form": page.hidden("form"), "once": page.hidden("once"), "reason": "A mistake"}
    page = await post(browser, where, fields)
    assert page.status == 404
    assert f'href="{where.replace("&", "&amp;")}"' in page.text
