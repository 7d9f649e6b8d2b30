"""A proof without a name, without script: nothing is typed, and no page or log ever has a name."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from idvault_client.sessions import SessionState
from idvault_dev.mock_provider import book
from idvault_dev.mock_provider.book import ProviderFault
from idvault_verify.account import Assurance
from idvault_verify.attest import jose
from idvault_verify.attest.assertion import ProofEnd
from tests.support.session_world import BASE_URL, RETURN_URL, SessionWorld
from tests.support.spans import Spans
from tests.web.conftest import Site, site_of
from tests.web.test_pages import bound
from tests.web.visitor import NAME, Visit

DONE = {"zh": "认证通过", "en": "You are verified"}
NOBODY = {"zh": "只有核验机构能说明您是谁", "en": "Who you are, 核验机构 alone can say"}
STORED = {"zh": "它给您的标识以及它签署的内容", "en": "its id for you, and what it signed"}


async def visit_of(site: Site, language: str = "zh") -> Visit:
    """Return a new visitor."""
    return Visit(site, await site.browser(), language)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_a_person_is_vouched_for_and_comes_back(site: Site, language: str) -> None:
    """The pages say what an auditor would find; the platform reads a fact and no name."""
    visit = await visit_of(site, language)
    start = await visit.browser.get(await visit.link())
    assert NOBODY[language] not in start.text
    page = await visit.vouched()
    assert site.world.provider is not None
    back = site.world.provider.end(page.links[0])
    returned = await visit.browser.follow(await visit.browser.get(urlsplit(back).path))
    assert (returned.path, returned.links) == (f"{page.path}?back=1", [])
    done = await visit.browser.follow(
        await visit.browser.post(f"{page.path}/proof", {"form": returned.hidden("form")})
    )
    assert done.title == DONE[language]
    assert any(NOBODY[language] in each.text for each in visit.browser.seen)
    found = await site.platform.sessions.get(page.path.rpartition("/")[2])
    assert found.state is SessionState.SUCCEEDED
    assert found.verification is not None
    assert found.verification.status.assurances == (Assurance.RESULT_ONLY,)
    opaque_id = site.world.provider.book.opaque_id("1")
    site.edge.logs.access.flush()
    seen = "".join(each.text + str(each.headers) for each in visit.browser.seen)
    for text in (seen, site.edge.log.read_text("utf-8")):
        assert opaque_id not in text
        assert not re.search(r"\b[0-9]{17}[0-9X]\b", text)
    assert 'name="number"' not in seen
    own = await site.platform.sessions.create_identity(
        found.verification.account_token, return_url=RETURN_URL, locale=language
    )
    browser = await site.browser()
    overview = await browser.follow(await browser.get(await bound(site, browser, own.url)))
    assert STORED[language] in (await browser.get(f"{overview.path}/stored")).text


async def test_a_person_who_cancels_begins_again(site: Site) -> None:
    """The refusal leads back to the session, which begins another proof."""
    visit = await visit_of(site)
    page = await visit.vouched()
    assert site.world.provider is not None
    site.world.provider.end(page.links[0], ProofEnd.CANCELLED)
    refused = await visit.browser.post(f"{page.path}/proof", {"form": page.hidden("form")})
    assert refused.status == 409
    again = await visit.browser.get(page.path, query={"document": "other"})
    fields = {each: again.hidden(each) for each in ("form", "attempt")}
    assert fields["attempt"] == "2"
    second = await visit.browser.follow(await visit.browser.post(f"{page.path}/begin", fields))
    assert second.links[0] != page.links[0]
    for wrong in ("0", "6", "x", ""):
        sent = await visit.browser.post(f"{page.path}/begin", {**fields, "attempt": wrong})
        assert sent.status == 400
    forged = await visit.browser.post(f"{page.path}/begin", {**fields, "form": "x"})
    assert forged.status == 403


async def test_a_name_cannot_be_sent_where_none_is_asked(site: Site) -> None:
    """A form of the other kind is refused, and the provider hears of nothing."""
    visit = await visit_of(site)
    path, page = await visit.vouching()
    fields = {each: page.hidden(each) for each in ("form", "attempt")}
    typed = {**fields, "document": "RESIDENT_ID", "name": NAME, "number": "11010519491231002X"}
    sent = await visit.browser.post(f"{path}/identity", typed)
    assert sent.status == 400
    assert site.world.provider is not None
    assert site.world.provider.book.proofs == {}
    matched, form = await visit.form()
    refused = await visit.browser.post(f"{matched}/begin", {**fields, "form": form.hidden("form")})
    assert refused.status == 409
    assert BASE_URL not in str(refused.headers.get("Location", ""))


async def test_no_trace_has_what_a_provider_tells(world: SessionWorld, tmp_path: Path) -> None:
    """Neither the id nor a name that it tells unasked is in a span, a log or a page, however it ends."""
    assert world.provider is not None
    spans = Spans()
    async with site_of(world, tmp_path, traces=spans.traces) as site:
        visit = await visit_of(site)
        page = await visit.vouched()
        world.provider.book.fault = ProviderFault.NAMED
        world.provider.end(page.links[0])
        refused = await visit.browser.post(f"{page.path}/proof", {"form": page.hidden("form")})
        assert refused.status == 409
        world.provider.book.fault = ProviderFault.NONE
        other = await visit_of(site)
        done = await other.vouched()
        world.provider.end(done.links[0])
        await other.browser.post(f"{done.path}/proof", {"form": done.hidden("form")})
        site.edge.logs.access.flush()
        seen = "".join(each.text for each in (*visit.browser.seen, *other.browser.seen))
        told = [str(spans.all()), site.edge.log.read_text("utf-8"), seen]
    assert [name for name in spans.names() if name.endswith("FinishProof")] != []
    nonces = [each.split("/")[-2] for each in (page.links[0], done.links[0])]
    assert (
        book.OTHER_NAME
        in jose.decode((world.provider.book.assertion(nonces[0]) or "").split(".")[1]).decode()
    )
    for text in told:
        for canary in (book.OTHER_NAME, book.OTHER_NUMBER, world.provider.book.opaque_id("1")):
            assert canary not in text
            assert canary.encode("unicode_escape").decode() not in text
    for nonce in nonces:
        assert not any(nonce in text for text in told[:2])
