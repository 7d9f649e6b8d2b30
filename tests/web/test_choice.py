"""Verification as a choice: what an invitation offers, how to say no, and what follows a failure."""

import html
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import update

from idvault.campaign import acts as campaign_acts
from idvault.campaign.invitation.rules import Stage
from idvault.core.tables.claim import claims
from idvault.web.render import View
from idvault_client.errors import TooManyAttempts
from idvault_verify.claim import FailureReason
from idvault_verify.registry import RegistryAnswer
from idvault_verify.v1 import session_pb2 as pb
from tests.support.session_world import BASE_URL, ORIGIN, TITLE
from tests.web.conftest import Site
from tests.web.test_pages import bound, filled, form_of, invitation
from tools.support import sql
from tools.support.edge import clock
from tools.support.flow_world import PARTY

INCENTIVE, DAY = "A month without advertisements (synthetic)", date(2099, 1, 1)
BACK = 'class="button quiet" href="https://chat.example/verified?from=vault&amp;session_id='


async def test_an_invitation_begins_with_what_it_offers(site: Site) -> None:
    """The incentive, the day from which publishing is limited, the answers; then everything else."""
    _, made = await invitation(site, locale="en", incentive_text=INCENTIVE, enforcement_date=DAY)
    first = await (await site.browser()).get(made.url.removeprefix(BASE_URL))
    shown = (INCENTIVE, "From 1 January 2099 on", "Ask me later", "Do not ask me again", "What is checked")
    places = [first.text.index(each) for each in shown]
    assert places == sorted(places)


async def test_an_invitation_without_both_says_so(site: Site) -> None:
    """Nothing is promised, and no day."""
    _, made = await invitation(site, locale="en")
    first = await (await site.browser()).get(made.url.removeprefix(BASE_URL))
    assert ("There is no deadline" in first.text, "offers you for it" in first.text) == (True, False)


@pytest.mark.parametrize("answer", ["LATER", "DISMISSED"])
async def test_an_answer_on_the_first_page_waits_for_the_platform(site: Site, answer: str) -> None:
    """Nothing is recorded for whoever holds a link; once confirmed, the page asks before all else."""
    campaign, made = await invitation(site, locale="en")
    browser, path = await site.browser(), made.url.removeprefix(BASE_URL)
    form = (await browser.get(path)).hidden("form")
    leave = await browser.follow(await browser.post(path, {"form": form, "answer": answer}))
    chosen = {"LATER": "Ask me later", "DISMISSED": "Do not ask me again"}[answer]
    assert leave.title == f"First, confirm your choice in {TITLE}: {chosen}"
    assert ("Step " in leave.text, "No verification begins." in leave.text) == (False, True)
    instead = await browser.get(f"{leave.path}?onward=1")
    assert ("Step 2 of" in instead.text, len(instead.links)) == (True, 1)

    async def reached() -> set[Stage]:
        vault = site.world.campaigns.vault
        _, figures = await campaign_acts.progress(vault, PARTY, campaign.campaign_id)
        return {stage for _, _, stage in figures.reached} & {Stage.LATER, Stage.DISMISSED}

    assert await reached() == set()
    await bound(site, browser, made.url)
    page = await browser.get(f"/s/{made.session_id}")
    word = {"LATER": "ask me later", "DISMISSED": "do not ask me again"}[answer]
    assert (page.title, page.text.count("<button")) == (f"Please confirm: {word}", 1)
    onward = await browser.get(f"{page.path}?onward=1")
    assert ("Agree and continue" in onward.text, "onward=1" in onward.text) == (True, True)
    fields = {"form": page.hidden("form"), "answer": answer}
    noted = await browser.follow(await browser.post(f"{page.path}/answer", fields))
    assert (noted.status, await reached()) == (200, {Stage(answer)})
    # One button leads on, to the platform; the other one is quiet.
    assert (len(noted.links), noted.text.count('class="button quiet"')) == (1, 1)
    # Whoever verifies after all is not asked again.
    assert "Agree and continue" in (await browser.get(page.path)).text


async def test_a_chosen_answer_is_of_its_session_alone(site: Site) -> None:
    """Neither another session nor a word that is no answer changes a page."""
    _, made = await invitation(site)
    browser = await site.browser()
    path = await bound(site, browser, made.url)
    for told in ("0" * 32 + ".LATER", f"{made.session_id}.NEVER", made.session_id, "", ".LATER"):
        browser.cookies["__Host-answer"] = told
        assert (await browser.get(path)).hidden("form") != ""
        assert "onward=1" not in browser.seen[-1].text


async def test_every_step_offers_to_decline(site: Site) -> None:
    """Whoever is not invited can go back from each step, with the session only."""
    made = await site.link()
    browser = await site.browser()
    path, form = await form_of(site, browser, made.url)
    document = await browser.get(path)
    start, terms = browser.seen[0], browser.seen[3]
    for page in (start, terms, document, form):
        assert BACK + made.session_id in page.text
    assert "bind_code" not in start.text + terms.text + form.text


async def test_the_fifth_failure_says_what_can_be_done(site: Site) -> None:
    """No form that does nothing, and no time that nobody set: one wrong name, five times, bars nothing."""
    made = await site.link(locale="en")
    browser = await site.browser()
    path, form = await form_of(site, browser, made.url)
    site.world.claims.registry.script.extend([RegistryAnswer.MISMATCH] * 5)
    for _ in range(5):
        form = await browser.follow(await browser.post(f"{path}/identity", filled(form)))
    assert (form.title, "<form" in form.text) == ("All five attempts are used", False)
    assert ("Wait until" in form.text, f"ask {TITLE} for a new link now" in form.text) == (False, True)
    assert "submit again" not in form.text
    [back] = form.links
    assert back.startswith(ORIGIN)
    # Waiting does not help whom a sanction keeps out.
    closed = update(claims).values(failure_reason=FailureReason.PERSON_CLOSED.value)
    await sql.change(site.world.database, closed)
    refused = await browser.get(path)
    assert ("new link now" in refused.text, refused.title) == (False, "You could not be verified")
    await sql.change(site.world.database, update(claims).values(failure_reason=FailureReason.MISMATCH.value))
    path, form = await form_of(site, browser, (await site.link(locale="en")).url)
    done = await browser.follow(await browser.post(f"{path}/identity", filled(form)))
    assert done.title == "You are verified"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_limit_without_a_time_promises_no_link(language: str) -> None:
    """A new link would be refused as this one is, for a while that the vault has not told."""
    found = pb.SessionPage(session_id="s", platform_title=TITLE, return_url=f"{ORIGIN}/verified")
    shown = View(language=language, now=datetime.now(UTC))
    page = shown.limited(found, TooManyAttempts("TOO_MANY_ATTEMPTS")).text
    assert page is not None
    texts = (shown.say("spent_now", platform=TITLE), shown.say("spent_changed"))
    assert [html.escape(each) in page for each in texts] == [False, True]


@pytest.mark.parametrize(("begun", "told"), [(0, "11:00"), (1, "11:01"), (59_999_999, "11:01")])
def test_a_wait_is_told_in_whole_minutes(begun: int, told: str) -> None:
    """The first one that is not too early: not the one that a part of a second before the end is in."""
    now = datetime(2026, 11, 30, 10, tzinfo=UTC) + timedelta(microseconds=begun)
    refusal = TooManyAttempts("TOO_MANY_ATTEMPTS", retry_after=timedelta(hours=1))
    assert f", {told} UTC" in View(language="en", now=now).refused(refusal)


async def test_whoever_comes_back_too_early_reads_when(site: Site) -> None:
    """Five names for one number: the next page has the vault's own time, a way back, and no dead form."""
    browser = await site.browser()
    site.world.claims.registry.script.extend([RegistryAnswer.MISMATCH] * 5)
    path, form = await form_of(site, browser, (await site.link(locale="en")).url)
    before = clock().business
    for name in "甲乙丙丁戊":
        sent = await browser.post(f"{path}/identity", filled(form, name=name * 2))
        form = await browser.follow(sent)
    path, form = await form_of(site, browser, (await site.link(locale="en")).url)
    refused = await browser.post(f"{path}/identity", filled(form))
    assert (refused.status, refused.title) == (429, "Too many attempts for now")
    (told,) = re.findall(r"Wait until (.+) UTC\+8\.", refused.text)
    until = datetime.strptime(f"{told} +0800", "%d %B %Y, %H:%M %z")
    # The first name counts until an hour is over: whoever waits to the minute does not come too early.
    assert before + timedelta(hours=1) <= until <= clock().business + timedelta(hours=1, minutes=1)
    assert ("<form" in refused.text, "try again later" in refused.text) == (False, False)
    [back] = refused.links
    assert back.startswith(ORIGIN)


async def test_an_organisation_has_its_own_words(site: Site) -> None:
    """Name and code of an organisation, and no word of a card."""
    made = await site.link(locale="en")
    browser = await site.browser()
    path, _ = await form_of(site, browser, made.url)
    form = await browser.get(f"{path}?document=UNIFIED_SOCIAL_CREDIT_CODE")
    assert form.title == "Enter the organisation's name and credit code"
    for shown in ("Registered name", "business licence", "begins like 91 or 12", 'minlength="18"'):
        assert shown in form.text


async def test_every_page_says_who_runs_it(site: Site) -> None:
    """With help and privacy, also where something is refused; both pages name the host."""
    browser = await site.browser()
    for page in (await browser.get("/help"), await browser.get("/privacy"), await browser.get("/nothing")):
        assert "Run by verify.example" in page.text.replace("运营方：verify.example", "Run by verify.example")
        assert ('href="/help"' in page.text, 'href="/privacy"' in page.text) == (True, True)
    assert TITLE not in browser.seen[0].text
