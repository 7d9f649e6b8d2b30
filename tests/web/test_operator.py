"""Who runs the pages: the name in the page's language at its end, the contact where somebody looks for it."""

import re
from pathlib import Path

import pytest

from idvault.core.config.operator_file import ServiceOperator
from tests.support.session_world import SessionWorld
from tests.web.conftest import Site, site_of

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
            assert all(f'href="{each}"' in end for each in ("/help", "/privacy")), path
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
