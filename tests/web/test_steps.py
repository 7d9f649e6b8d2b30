"""Where a page is on its way, and at whose request: what the head of each page says."""

import re

import pytest

from idvault.web.render import View
from idvault_verify.v1 import session_pb2
from tests.support.session_world import BASE_URL, COLOUR, ORIGIN, RETURN_URL, TITLE
from tests.web.browser import Page
from tests.web.conftest import Site
from tests.web.page_table import PAGES
from tests.web.test_pages import filled, form_of
from tests.web.visitor import Visit
from tools.support.builders import NOW


def head_of(page: Page) -> str:
    (found,) = re.findall(r"<header><p>([^<]*)</p>", page.text)
    return str(found)


def stripes(page: Page) -> list[str]:
    """Return the colours above the head."""
    stripe = r'<svg class="stripe" [^>]*><rect width="100%" height="6" fill="([^"]*)"/></svg>\n<header>'
    return re.findall(stripe, page.text)


async def test_the_choice_of_a_document_is_a_step_of_its_own(site: Site) -> None:
    """The bar is full on the last page before the result, not on the one before it."""
    browser = await site.browser()
    path, form = await form_of(site, browser, (await site.link(locale="en")).url)
    document = await browser.get(path)
    for page, place in ((document, 4), (form, 5)):
        assert f"Step {place} of 5" in page.text
        assert f'<progress value="{place}" max="5"' in page.text


@pytest.mark.parametrize(("language", "name"), [("en", "My identity"), ("zh", "我的身份")])
async def test_a_link_without_steps_counts_none(site: Site, language: str, name: str) -> None:
    """The way to "my identity": its pages say so, also that before the platform, and once it is over."""
    token = await site.world.moderation.account()
    made = await site.platform.sessions.create_identity(token, return_url=RETURN_URL, locale=language)
    browser = await site.browser()
    first = await browser.get(made.url.removeprefix(BASE_URL))
    leave = await browser.follow(await browser.post(first.path, {"form": first.hidden("form")}))
    assert leave.links[0].startswith(ORIGIN)
    for page in (first, leave):
        assert (head_of(page), f" - {name}</title>" in page.text) == (name, True)
        assert '<p class="steps">' not in page.text
    expired = session_pb2.SessionPage(
        purpose=session_pb2.SESSION_PURPOSE_IDENTITY,
        state=session_pb2.VerificationSession.STATE_EXPIRED,
        return_url=RETURN_URL,
    )
    over = View(language=language, now=NOW).session(expired, kind="").text or ""
    assert f" - {name}</title>" in over


async def test_every_page_of_a_session_names_the_platform(site: Site) -> None:
    """Results, waiting, refusals and what an answer leads to: the head stays that of who asked."""
    for name in ("done", "waiting", "failed", "answered", "expired", "closed"):
        visit = Visit(site, await site.browser(), "en")
        page = await PAGES[name].come(visit)
        assert (name, head_of(page), stripes(page)) == (name, TITLE, [COLOUR])


async def test_a_refusal_names_the_platform_too(site: Site) -> None:
    """A form that is refused after its session was found; without a session it is the service."""
    browser = await site.browser(**{"Accept-Language": "en"})
    path, form = await form_of(site, browser, (await site.link(locale="en")).url)
    refused = await browser.post(f"{path}/identity", {**filled(form), "document": "NONE"})
    assert (refused.status, head_of(refused), stripes(refused)) == (400, TITLE, [COLOUR])
    nobody = await browser.get("/nothing")
    assert (head_of(nobody), stripes(nobody)) == ("Identity verification", [])


async def test_a_platform_without_a_colour_has_no_stripe(site: Site) -> None:
    """Its pages are those with a colour without that line."""
    browser = await site.browser()
    made = await site.link(locale="en")
    coloured = await browser.open(made.url)
    await site.world.prepare(origins=(ORIGIN,), colour="")
    plain = await browser.get(coloured.path)
    assert (stripes(coloured), stripes(plain)) == ([COLOUR], [])
    lines = coloured.text.splitlines()
    stripe = [line for line in lines if '<svg class="stripe"' in line]
    assert len(stripe) == 1
    assert [line for line in lines if line not in stripe] == plain.text.splitlines()
