"""Who runs the pages: the name in the page's language at its end, the contact where somebody looks for it."""

import re
from html import unescape
from pathlib import Path
from urllib.parse import parse_qsl, quote

import pytest

from idvault.core.config.operator_file import ServiceOperator
from tests.support.session_world import SessionWorld
from tests.web.browser import Browser, Page
from tests.web.conftest import Site, site_of
from tools.support.flow_world import PARTY

NAMED = ServiceOperator(
    {"zh": "示例身份保管库", "en": "Example Vault"}, "help@vault.example", "https://vault.example/log/"
)


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_names_the_operator(world: SessionWorld, tmp_path: Path, language: str) -> None:
    """A link's first page and one that does not exist, too; each links to help, privacy and the log."""
    async with site_of(world, tmp_path, operator=NAMED) as site:
        browser = await site.browser()
        made = await site.link(locale=language)
        for path in (made.url.removeprefix("https://verify.example"), "/", "/r", "/accounts", "/nowhere"):
            page = await browser.get(path, query={"lang": language})
            end = page.text.rpartition("<footer>")[2]
            assert NAMED.name(language) in end, path
            way = "" if path in ("/", "/nowhere") else f"?from={quote(path, safe='')}"
            assert all(f'href="{each}{way}"' in end for each in ("/help", "/privacy")), path
            assert "https://vault.example/log/" in end, path
            assert "verify.example" not in page.text, path
        front = await browser.get("/", query={"lang": language})
        assert NAMED.name(language) in front.title
        for path in re.findall(r'<li><a href="([^"]*)">', front.text):
            assert (await browser.get(path)).status == 200, path
        for path in ("/help", "/privacy"):
            page = await browser.get(path, query={"lang": language})
            assert NAMED.contact in page.text, path
        assert f"{NAMED.name(language)}" in page.text.partition("<footer>")[0]


async def test_without_a_name_the_pages_name_their_host(site: Site) -> None:
    """No name is made up, no contact is promised, and no log is linked."""
    browser = await site.browser()
    for path in ("/help", "/privacy"):
        page = await browser.get(path, query={"lang": "en"})
        assert site.pages.base_url.removeprefix("https://") in page.text.rpartition("<footer>")[2]
        assert "can be reached here" not in page.text
        assert "index.en.html" not in page.text


async def test_privacy_tells_reporters_what_is_kept(site: Site) -> None:
    """A report's text, contact and file are kept for a time; only of a verification nothing typed is."""
    page = await (await site.browser()).get("/privacy", query={"lang": "en"})
    _, _, told = page.text.partition("<h2>Reports</h2>")
    assert "your file are stored encrypted" in told.partition("<h2>")[0]
    assert "A verification needs no picture" in page.text


async def test_help_and_privacy_lead_back(site: Site) -> None:
    """To the page from which they were opened, also over each other and in the other language."""
    browser = await site.browser()
    here = f"/r/{PARTY}/reply"
    [to_help] = re.findall(r'href="(/help[^"]*)"', (await browser.get(here)).text)
    for_help = await _linked(browser, to_help)
    [to_privacy] = re.findall(r'href="(/privacy[^"]*)"', for_help.text)
    [switched] = re.findall(r'href="\?(lang=[^"]*)"', (await _linked(browser, to_privacy)).text)
    page = await browser.get("/privacy", query=dict(parse_qsl(unescape(switched))))
    assert f'<p data-back><a class="button quiet" href="{here}">' in page.text
    # A choice that the address alone has comes back, too.
    asked = await browser.get(f"/s/{'0' * 32}", query={"document": "RESIDENT_ID"})
    session = f"/s/{'0' * 32}?document=RESIDENT_ID"
    assert f"/help?from={quote(session, safe='')}" in asked.text


@pytest.mark.parametrize(
    "address",
    [
        *("//evil.example", "https://evil.example", "/r//evil.example", "/r/../help", "/r\\evil.example"),
        *("javascript:alert(1)", "/r/x?lang=zh#x", "/r/x\n", "/etc/passwd", "/r/<b>", f"/r/{'x' * 65}", ""),
    ],
)
async def test_help_leads_back_to_pages_here_alone(site: Site, address: str) -> None:
    """A link to help that somebody made names no other place: then nothing leads back but a script."""
    page = await (await site.browser()).get("/help", query={"from": address})
    assert ("<p data-back hidden><button" in page.text, "evil" in page.text) == (True, False)
    assert ('href="/privacy"' in page.text, '"?lang=zh"' in page.text or '"?lang=en"' in page.text) == (
        True,
        True,
    )


async def _linked(browser: Browser, link: str) -> Page:
    path, _, query = unescape(link).partition("?")
    return await browser.get(path, query=dict(parse_qsl(query)))
