"""The page of a disowned account: its holder proves to be the person, and keeps it."""

from html import unescape

import pytest

from idvault_verify.attest.assertion import ProofEnd
from idvault_verify.session import DisavowalState
from tests.support.session_world import RETURN_URL
from tests.web.browser import Browser, Page
from tests.web.conftest import Site
from tests.web.inquiry import test_pages as inquiries
from tests.web.inquiry.test_pages import NAME, NUMBER, OTHER
from tests.web.test_pages import bound

ANSWERED = {"zh": "声明已驳回：此账号是其本人的", "en": "rejected: the account is that person's"}


async def disowned(site: Site, browser: Browser, language: str = "zh") -> Page:
    """Come to the page of a disowned account."""
    token = await inquiries.verified(site)
    made = await site.platform.sessions.create_identity(token, return_url=RETURN_URL, locale=language)
    path = await bound(site, browser, made.url)
    overview = await browser.follow(await browser.get(path))
    assert "/disowned" not in overview.text
    await inquiries.told(site, made.session_id)
    again = await browser.get(overview.path)
    assert f"{overview.path}/disowned" in again.text
    return await browser.get(f"{overview.path}/disowned")


async def begun(browser: Browser, page: Page, number: str = NUMBER) -> Page:
    """Send the form; return the page with the way to the provider."""
    fields = {
        "form": page.hidden("form"),
        "proof": page.hidden("proof"),
        "document": "RESIDENT_ID",
        "name": NAME,
        "number": number,
    }
    return await browser.follow(await browser.post(page.path, fields))


async def finished(browser: Browser, page: Page) -> Page:
    """Say that the proof has ended."""
    return await browser.post(page.path, {"form": page.hidden("form"), "finish": "1"})


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_the_holder_keeps_the_account_by_clicks(site: Site, language: str) -> None:
    """The form, the provider, and the answer; the platform reads that nobody of its moderators decided."""
    browser = await site.browser(**{"Accept-Language": language})
    page = await begun(browser, await disowned(site, browser, language))
    assert site.world.provider is not None
    site.world.provider.end(page.links[0])
    done = await browser.follow(await finished(browser, page))
    assert ANSWERED[language] in unescape(done.text)
    [found] = (await site.platform.disavowals.list_page()).disavowals
    assert (found.state, found.decide_moderator_id) == (DisavowalState.REJECTED, "")
    for each in browser.seen:
        assert not any(word in each.text + str(each.headers) for word in (NAME, NUMBER))


async def test_another_person_is_told_nothing_else(site: Site) -> None:
    """An open proof, a cancelled one and another person's: each shows the form again, with why."""
    browser = await site.browser()
    form = await disowned(site, browser)
    page = await begun(browser, form)
    assert (await finished(browser, page)).status == 422
    assert site.world.provider is not None
    site.world.provider.end(page.links[0], ProofEnd.CANCELLED)
    assert (await finished(browser, page)).status == 422
    second = await begun(browser, page, OTHER)
    assert second.links[0] != page.links[0]
    site.world.provider.end(second.links[0])
    refused = await finished(browser, second)
    assert refused.status == 422
    [found] = (await site.platform.disavowals.list_page()).disavowals
    assert found.state is DisavowalState.FILED


async def test_wrong_fields_and_forms(site: Site) -> None:
    """A typo is shown at its field; a form from elsewhere, or of no proof, does nothing."""
    browser = await site.browser()
    page = await disowned(site, browser)
    typed = {"form": page.hidden("form"), "proof": "1", "document": "RESIDENT_ID", "name": NAME}
    wrong = await browser.post(page.path, {**typed, "number": "110101194912310021"})
    assert (wrong.status, 'id="number-error"' in wrong.text) == (422, True)
    assert (await browser.post(page.path, {**typed, "form": "", "number": NUMBER})).status == 403
    assert (await browser.post(page.path, {**typed, "proof": "9", "number": NUMBER})).status == 400
    await begun(browser, page)
    # The same number for something else: the page shows the one that was begun.
    assert (await browser.post(page.path, {**typed, "number": OTHER})).status == 303
