"""Every page of the officer's console: headers, languages, words and size, and in a browser for everybody."""

import re
from collections.abc import Mapping, Sequence

import pytest
from playwright.sync_api import Browser

from idvault_client.pages.headers import HEADERS
from idvault_verify.attest.moderator_key import ModeratorKey
from tests.clients.console.authority.steps import BASIS, OPERATION, REASON, REFERENCE
from tests.clients.console.authority.tour import OBJECTION, Tour
from tests.support.addresses import unprotected, unserved
from tests.support.console import Seen
from tests.support.officer_room import OfficerRoom
from tests.web import browser as client
from tests.web.markup import read
from tests.web.test_rendering import Screen, looked_at, screens, widths
from tools.support import people
from tools.support.browser import SHARED
from tools.support.generate import words
from tools.support.orders import OFFICE
from tools.support.page_checks import RECORDED, examine, stops

CHINESE, ENGLISH = (
    re.compile(r"[\u3000-\u9fff\uff00-\uffef]"),
    re.compile(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}"),
)
ORGANISATION = people.roster_member(OFFICE, role="authority").organisation
TYPED = (
    *(REFERENCE, BASIS, OPERATION["operation_title"], REASON, OBJECTION, ORGANISATION),
    "案 2026-7 (synthetic)",
)
# A time of day that no zone follows; the examples of the forms' hints are none.
_ZONELESS = re.compile(r"(?<!2026-12-03 )\b\d{1,2}:\d{2}(?![\d:]| UTC)")
_HALF = re.compile(r"[\u4e00-\u9fff][,;:()!?]|[,;:()!?] ?[\u4e00-\u9fff]")
# What is folded, what has a button that copies it, and what is in an attribute.
_FOLDED = re.compile(r"<details.*?</details>|<code class=\"copy\">.*?</code>|<[^>]*>", re.S)
_OPEN_CODE = re.compile(r"acct_[0-9a-z]{26}|\b[0-9a-f]{32,}\b")
WRONG = ("form-wrong", "code-wrong", "operation-wrong", "withdraw-wrong", "accept-wrong")
LARGEST = 60_000


async def tour(office: OfficerRoom, key: ModeratorKey, language: str) -> dict[str, Seen]:
    """Return every page in a language."""
    return await Tour(office, key, await office.enter(**{"Accept-Language": language})).all()


def problems(name: str, page: Seen, language: str, *, typed: Sequence[str] = TYPED) -> Mapping[str, object]:
    """Return what is wrong with a page as it was sent. typed: texts of others on it, in either language."""
    markup = read(page.text, path=f"/{name}")
    texts = ["\n".join(markup.texts)]
    for each in typed:
        texts = [text.replace(each, "") for text in texts]
    other = CHINESE if language == "en" else ENGLISH
    # What an exception says is for the operator, and in English.
    told = [re.sub(r"(In detail: |详情：).*", "", text) for text in texts]
    found = {
        "headers": [each for each, value in HEADERS.items() if page.headers.get(each) != value],
        "language": [] if markup.language == {"zh": "zh-CN", "en": "en"}[language] else [markup.language],
        "mixed": [line for text in told for line in text.splitlines() if other.search(line)],
        "words": [*words.found("\n".join(told), language)],
        # A platform's colour stands above the head of hosted pages only.
        "stripe": re.findall('class="stripe"', page.text),
        "inline": [*markup.inline, *(each for each in markup.sources if each == "inline")],
        "elsewhere": [
            each for each in (*markup.links, *markup.sources) if not each.startswith(("/", "?", "#"))
        ],
        "without token": [
            form.action for form in markup.forms if form.method == "post" and not form.fields.get("form")
        ],
        "zone": [line for text in told for line in text.splitlines() if _ZONELESS.search(line)],
        "punctuation": [line for text in told for line in text.splitlines() if _HALF.search(line)]
        if language == "zh"
        else [],
        "open codes": _OPEN_CODE.findall(re.sub(_FOLDED, " ", page.text.partition("<main")[2])),
        # A list or a dict of Python that a template printed as it is.
        "printed": re.findall(r"[\[{(]'[^']*'", "\n".join(texts)),
        "size": [len(page.body)] if len(page.body) > LARGEST else [],
    }
    return {each: value for each, value in found.items() if value}


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_keeps_the_rules(office: OfficerRoom, key: ModeratorKey, language: str) -> None:
    """Kept by nobody, unframed, without inline code, in one language and its words."""
    pages = await tour(office, key, language)
    assert {name: found for name, page in pages.items() if (found := problems(name, page, language))} == {}
    statuses = {name: page.status for name, page in pages.items() if page.status != 200}
    wrong = dict.fromkeys(WRONG, 422)
    assert statuses == {**wrong, "missing": 404, "lost": 503}


async def test_every_address_is_protected(office: OfficerRoom) -> None:
    """Each address that a browser can open leads to a page, whose answer has all headers."""
    made = await office.running()
    assert len(made.routes) > 10
    assert await unserved(made.routes) == []
    assert await unprotected(made) == {}


def test_a_broken_page_is_found() -> None:
    """Each rule finds the page that breaks it."""
    text = (
        '<html lang="en"><svg class="stripe"/><script>1</script>'
        '<p style="x">您的账户 you are welcome here</p>'
        f"<main><p>12:00</p><p>您好, 您好</p><p>['Verify']</p><p>{'0f' * 16}</p>"
        '<a href="https://evil.example">x</a><form method="post" action="/s"><input name="form"></form>'
    )
    bad = Seen(200, {}, text, bytes(70_000))
    assert set(problems("x", bad, "zh")) == {
        *("headers", "language", "mixed", "words", "stripe", "inline", "elsewhere", "without token", "size"),
        *("zone", "punctuation", "open codes", "printed"),
    }


@pytest.mark.process
@pytest.mark.parametrize("language", ["zh", "en"])
async def test_every_page_is_for_everybody(office: OfficerRoom, key: ModeratorKey, language: str) -> None:
    """At 320 pixels, at 200 %, on paper, by keyboard and without script; axe finds nothing."""
    visited = await tour(office, key, language)
    visitor = await office.enter()
    fetched = {}
    for path in ("/static/style.css", "/static/icons.svg", "/static/console.js"):
        seen = await visitor.get(path)
        fetched[path] = client.Page(200, seen.headers, seen.text, path)
    wrong: dict[str, list[str]] = {}
    whole = looked_at(visited, language)

    def run(browser: Browser) -> None:
        with screens(browser, fetched) as (screen, bare):
            for name, seen in visited.items():
                recorded = client.Page(seen.status, seen.headers, seen.text, f"/{name}")
                found = look(screen, bare, recorded) if name in whole else widths(screen, recorded)
                if found:
                    wrong[name] = found

    await SHARED.use(run)
    assert wrong == {}


def look(screen: Screen, bare: Screen, recorded: client.Page) -> list[str]:
    """Return what is wrong with a page in a browser. bare: without script."""
    screen.show(recorded)
    found = examine(screen.page, RECORDED)
    bare.show(recorded)
    found += [*stops(bare.page), *screen.complaints, *bare.complaints, *screen.strays, *bare.strays]
    for each in (screen, bare):
        each.complaints.clear()
        each.strays.clear()
    return found
