"""Every page of the auditor's and the custodian's console: headers, languages, words, and in a browser."""

import pytest
from playwright.sync_api import Browser

from tests.clients.console.authority.test_pages import look, problems
from tests.clients.console.disclosure.steps import BASIS, CASE, PURPOSE
from tests.clients.console.disclosure.tour import DENIAL, DisclosureTour
from tests.support.addresses import unprotected, unserved
from tests.support.console import Seen
from tests.support.console_room import ConsoleRoom, enrolling
from tests.web import browser as client
from tests.web.test_rendering import looked_at, screens, widths
from tools.support.browser import SHARED
from tools.support.chamber import CUSTODIANS, roster_member

TYPED = (CASE, BASIS, PURPOSE, DENIAL, roster_member("auditor-a").organisation, "法院")
REFUSED = {
    **dict.fromkeys(
        (
            *("question-wrong", "preview-old", "compare-wrong", "deny-wrong", "approve-wrong", "open-wrong"),
            *("export-wrong", "cases-wrong", "secret-wrong"),
        ),
        422,
    ),
    "missing": 404,
}


async def tour(house: ConsoleRoom, language: str) -> dict[str, Seen]:
    """Return every page in a language."""
    enrolling(house)
    return await DisclosureTour(house, language).all()


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_keeps_the_rules(house: ConsoleRoom, language: str) -> None:
    """Kept by nobody, unframed, without inline code, in one language and its words."""
    pages = await tour(house, language)
    found = {name: problems(name, page, language, typed=TYPED) for name, page in pages.items()}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}
    assert {name: page.status for name, page in pages.items() if page.status != 200} == REFUSED


@pytest.mark.parametrize("name", ["auditor-a", CUSTODIANS[0]])
async def test_every_address_is_protected(house: ConsoleRoom, name: str) -> None:
    """Each address that a browser can open leads to a page, whose answer has all headers."""
    made = await house.running(name)
    assert len(made.routes) > 10
    assert await unserved(made.routes) == []
    assert await unprotected(made) == {}


@pytest.mark.process
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_is_for_everybody(house: ConsoleRoom, language: str) -> None:
    """At 320 pixels, at 200 %, on paper, by keyboard and without script; axe finds nothing."""
    visited = await tour(house, language)
    visitor = await house.enter("auditor-b")
    fetched = {}
    for path in ("/static/style.css", "/static/icons.svg", "/static/console.js"):
        seen = await visitor.get(path)
        fetched[path] = client.Page(200, seen.headers, seen.text, path)
    wrong: dict[str, list[str]] = {}
    whole = looked_at(visited, language)

    def run(browser: Browser) -> None:
        with screens(browser, fetched) as (screen, bare):
            for name, seen in visited.items():
                # The page of a secret leaves by itself, which no recorded page can do.
                headers = {key: value for key, value in seen.headers.items() if key != "Refresh"}
                # What is folded is looked at, too.
                text = seen.text.replace("<details", "<details open")
                recorded = client.Page(seen.status, headers, text, f"/{name}")
                found = look(screen, bare, recorded) if name in whole else widths(screen, recorded)
                if found:
                    wrong[name] = found

    await SHARED.use(run)
    assert wrong == {}
