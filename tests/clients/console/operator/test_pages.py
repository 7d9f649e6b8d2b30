"""Every page of the operator's console: headers, languages, words, size, and in a browser for everybody."""

import re
from collections.abc import Mapping
from html import unescape

import pytest
from playwright.sync_api import Browser

from tests.clients.console.authority import test_pages as rules
from tests.clients.console.operator.tour import NAMES, Tour, furnish
from tests.support.addresses import unprotected, unserved
from tests.support.console import Seen
from tests.support.operator_room import OperatorRoom
from tests.web import browser as client
from tests.web.test_rendering import looked_at, screens, widths
from tools.support.browser import SHARED
from tools.support.chamber import first_roster

# What a program says is marked as English, and is for the operator.
SPOKEN = re.compile(r'<span lang="en">([^<]*)</span>')
TYPED = (
    *NAMES,
    "new-im",
    "Chat",
    *(text for each in first_roster().people for text in (each.organisation, each.name)),
)
WRONG = (
    *("certificate-none", "certificate-wrong", "register-wrong", "moderator-wrong", "code-wrong"),
    *("presentation-wrong", "proofs-wrong", "proofs-several", "rotate-wrong"),
)
REFUSED = {**dict.fromkeys(WRONG, 422), "missing": 404}


async def tour(office: OperatorRoom, language: str) -> dict[str, Seen]:
    """Return every page in a language."""
    await furnish(office)
    return await Tour(office, await office.enter(**{"Accept-Language": language})).all()


def problems(name: str, page: Seen, language: str) -> Mapping[str, object]:
    """Return what is wrong with a page as it was sent."""
    spoken = [unescape(each) for each in SPOKEN.findall(page.text)]
    return rules.problems(name, page, language, typed=(*TYPED, *spoken))


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_keeps_the_rules(office: OperatorRoom, language: str) -> None:
    """Kept by nobody, unframed, without inline code, in one language and its words."""
    pages = await tour(office, language)
    assert {name: found for name, page in pages.items() if (found := problems(name, page, language))} == {}
    assert {name: page.status for name, page in pages.items() if page.status != 200} == REFUSED


async def test_every_address_is_protected(office: OperatorRoom) -> None:
    """Each address that a browser can open leads to a page, whose answer has all headers."""
    made = await office.running()
    assert len(made.routes) > 10
    assert await unserved(made.routes) == []
    assert await unprotected(made) == {}


@pytest.mark.process
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_is_for_everybody(office: OperatorRoom, language: str) -> None:
    """At 320 pixels, at 200 %, on paper, by keyboard and without script; axe finds nothing."""
    visited = await tour(office, language)
    visitor = await office.enter()
    fetched = {}
    for path in (
        "/static/style.css",
        "/static/icons.svg",
        "/static/console.js",
        "/static/polling.js",
        "/static/state.js",
    ):
        seen = await visitor.get(path)
        fetched[path] = client.Page(200, seen.headers, seen.text, path)
    wrong: dict[str, list[str]] = {}
    whole = looked_at(visited, language)

    def run(browser: Browser) -> None:
        with screens(browser, fetched) as (screen, bare):
            for name, seen in visited.items():
                recorded = client.Page(seen.status, seen.headers, seen.text, f"/{name}")
                found = rules.look(screen, bare, recorded) if name in whole else widths(screen, recorded)
                if found:
                    wrong[name] = found

    await SHARED.use(run)
    assert wrong == {}
