"""A proof at a provider, without script: on from page to page and back, and what the provider learns."""

from html import unescape
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from idvault.core.tables.claim import claims
from idvault_client.reasons import FailureReason
from idvault_client.sessions import Proof, SessionPurpose, SessionState
from idvault_verify.account import Assurance
from idvault_verify.attest.assertion import ProofEnd
from tests.support.session_world import BASE_URL
from tests.web.conftest import Site
from tests.web.page_table import closed, guardian
from tests.web.test_pages import filled, form_of
from tests.web.visitor import CHILD, NAME, NUMBER, Visit
from tools.support import sql
from tools.support.edge import clock
from tools.support.flow_world import at
from tools.support.organizations import organization

HIS_START = {"zh": "法定代表人", "en": "legal representative"}
HIS_LINK = {"zh": "链接应由贵单位发给您", "en": "The link comes from your organisation"}
NOT_HIM = {"zh": "未能确认您是法定代表人", "en": "not confirmed as the legal representative"}
BACK = {"zh": "您已从核验机构返回", "en": "You are back from 核验机构"}
DONE = {"zh": "认证通过", "en": "You are verified"}


async def visit_of(site: Site, language: str = "zh") -> Visit:
    """Return a new visitor."""
    return Visit(site, await site.browser(), language)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_person_goes_to_the_provider_and_comes_back(site: Site, language: str) -> None:
    """The address to which the provider sends the browser names no session; the browser knows which one."""
    visit = await visit_of(site, language)
    page = await visit.proving()
    assert site.world.provider is not None
    back = site.world.provider.end(page.links[0])
    assert back == f"{BASE_URL}/proof"
    returned = await visit.browser.follow(await visit.browser.get(urlsplit(back).path))
    # Whoever is back is not sent there again: the one button asks for the result.
    assert (returned.path, returned.title) == (f"{page.path}?back=1", BACK[language])
    assert (len(page.links), len(returned.links), returned.text.count("<button>")) == (1, 0, 1)
    assert 'href="?lang=en&amp;back=1"' in returned.text or language == "en"
    sent = await visit.browser.post(f"{page.path}/proof", {"form": returned.hidden("form")})
    done = await visit.browser.follow(sent)
    assert done.title == DONE[language]
    found = await site.platform.sessions.get(page.path.rpartition("/")[2])
    assert found.state is SessionState.SUCCEEDED
    assert found.verification is not None
    assert found.verification.status.assurances == (Assurance.HOLDER,)
    for each in visit.browser.seen:
        assert NAME not in each.text + str(each.headers)
        assert NUMBER not in each.text + str(each.headers)
    site.edge.logs.access.flush()
    assert NAME not in site.edge.log.read_text("utf-8")


@pytest.mark.parametrize(("language", "said"), [("zh", "无论您如何决定"), ("en", "whatever you decide")])
async def test_a_verified_owner_is_asked_and_not_forced(site: Site, language: str, said: str) -> None:
    """An invitation to prove more says that the verification stays, and what changes."""
    token = (await site.world.submit(await site.world.agreed())).verification.account_token
    given = {"account_token": token, "purpose": SessionPurpose.INVITATION, "locale": language}
    browser = await site.browser()
    for proof, is_said in ((Proof.HOLDER, True), (Proof.NUMBER_MATCH, False)):
        made = await site.link(proof=proof, **given)
        page = await browser.get(urlsplit(made.url).path)
        assert (said in page.text) is is_said


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_representative_reads_of_his_own_form_only(site: Site, language: str) -> None:
    """No former number is asked for, and a mismatch speaks of what he typed, not of the company."""
    seconds = (clock().business - at(0).business).total_seconds()
    claim = await site.world.claims.claim(9_100, organization(), seconds=seconds)
    his = SessionPurpose.REPRESENTATIVE
    made = await site.link(
        proof=Proof.HOLDER, purpose=his, account_token=claim.account_token, locale=language
    )
    browser = await site.browser()
    path, form = await form_of(site, browser, made.url)
    start, leave = browser.seen[0], browser.seen[2]
    assert (HIS_START[language] in start.title, HIS_LINK[language] in leave.text) == (True, True)
    assert 'name="former"' not in form.text
    sent = await browser.post(f"{path}/identity", filled(form, name=NAME, number=NUMBER))
    page = await browser.follow(sent)
    assert site.world.provider is not None
    site.world.provider.end(page.links[0])
    sent = await browser.post(f"{path}/proof", {"form": page.hidden("form")})
    again = unescape((await browser.follow(sent)).text)
    assert NOT_HIM[language] in again
    assert FailureReason.ELEMENT_MISMATCH.text(language) not in again
    _, own = await (await visit_of(site, language)).proof_form()
    assert 'name="former"' in own.text


async def test_a_wrong_adult_is_told_no_number_of_attempts(site: Site) -> None:
    """An adult who is not confirmed takes none of the child's attempts, so the page counts none."""
    visit = await visit_of(site, "en")
    path, form = await visit.form()
    asked = await visit.browser.post(f"{path}/identity", filled(form, name=NAME, number=CHILD))
    assert "more attempts" in form.text
    for page in (asked, await guardian(visit)):
        assert (page.status, "more attempts" in page.text) == (422, False)


async def test_who_was_refused_for_anothers_deeds_is_led_on(site: Site) -> None:
    """To the accounts in his name if he is closed; to a proof of presence if that is needed."""
    visit = await visit_of(site, "en")
    page = await closed(visit)
    assert 'href="/accounts"' in page.text
    assert "This was not me" in page.text
    refused = update(claims).where(claims.c.failure_reason == FailureReason.PERSON_CLOSED.value)
    required = FailureReason.HOLDER_REQUIRED
    await sql.change(site.world.database, refused.values(failure_reason=required.value))
    again = await visit.browser.get(page.path)
    assert "with a proof of presence" in again.text
    assert required.text("en") not in again.text


async def test_a_browser_without_a_proof_is_sent_nowhere(site: Site) -> None:
    """The return address shows nothing to whoever has no proof under way."""
    visit = await visit_of(site)
    assert (await visit.browser.get("/proof")).status == 404
    visit.browser.cookies["__Host-proof"] = "//evil.example"
    assert (await visit.browser.get("/proof")).status == 404


async def test_a_person_who_cancels_types_again(site: Site) -> None:
    """The refusal leads back to the session, whose page begins another proof."""
    visit = await visit_of(site)
    page = await visit.proving(ProofEnd.CANCELLED)
    refused = await visit.browser.post(f"{page.path}/proof", {"form": page.hidden("form")})
    assert (refused.status, refused.title) == (409, "核验机构未能确认是您本人")
    again = await visit.browser.get(page.path, query={"document": "RESIDENT_ID"})
    assert again.hidden("attempt") == "2"
    form = {each: again.hidden(each) for each in ("form", "attempt", "document")}
    sent = await visit.browser.post(f"{page.path}/identity", {**form, "name": NAME, "number": NUMBER})
    second = await visit.browser.follow(sent)
    assert second.links[0] != page.links[0]
    assert site.world.provider is not None
    site.world.provider.end(second.links[0])
    sent = await visit.browser.post(f"{page.path}/proof", {"form": second.hidden("form")})
    done = await visit.browser.follow(sent)
    assert done.title == DONE["zh"]
    # A form that comes late finds nothing to finish.
    late = await visit.browser.post(f"{page.path}/proof", {"form": second.hidden("form")})
    assert (await visit.browser.follow(late)).title == DONE["zh"]


async def test_what_a_field_lacks_is_said_before_the_provider_hears_of_it(site: Site) -> None:
    """A wrong number is shown at its field, and begins no proof."""
    visit = await visit_of(site)
    path, form = await visit.proof_form()
    fields = {each: form.hidden(each) for each in ("form", "attempt", "document")}
    wrong = await visit.browser.post(
        f"{path}/identity", {**fields, "name": NAME, "number": NUMBER[:-1] + "1"}
    )
    assert wrong.status == 422
    assert site.world.provider is not None
    assert site.world.provider.book.proofs == {}


async def test_a_session_with_a_proof_is_made_by_the_platform(site: Site) -> None:
    """The page of an ordinary session offers none."""
    made = await site.link()
    visit = await visit_of(site)
    page = await visit.browser.get(made.url.removeprefix(BASE_URL))
    held = await site.link(proof=Proof.HOLDER)
    other = await visit.browser.get(held.url.removeprefix(BASE_URL))
    assert site.world.provider is not None
    named = [site.world.provider.name in each.text for each in (page, other)]
    assert named == [False, True]
