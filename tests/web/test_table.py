"""Every page of the table over HTTP: headers, size, languages, addresses, and where a canary is not."""

import re
from collections import Counter
from collections.abc import Mapping
from urllib.parse import urlsplit

import pytest

from idvault_client.pages import headers
from tests.support.session_world import ORIGIN, TERMS, TITLE
from tests.web.browser import Page
from tests.web.conftest import Site
from tests.web.markup import Markup, read
from tests.web.page_table import assets, tour
from tests.web.visitor import CANARIES
from tools.support.fakes.provider import ISSUER, FakeProofProvider
from tools.support.generate import words

# What a platform writes is in its own language.
FOREIGN = (
    TITLE,
    FakeProofProvider.name,
    *TERMS.splitlines(),
    "custodian-",
    "we look at it (synthetic)",
    "write to appeals",
    "第一条 <b>(synthetic)</b>",
)
LANGUAGES = {"zh": "zh-CN", "en": "en"}
_CHINESE = re.compile(r"[\u3000-\u9fff\uff00-\uffef]")
_ENGLISH = re.compile(r"[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}")
_LARGEST, _WITH_MORE = 30_000, 60_000
"""Of a page with its style sheet and scripts; more if it has the program that checks a receipt, or carries a
long text of the visitor's."""


def headers_of(page: Page) -> list[str]:
    """Return the headers of an answer that are missing or weaker than promised."""
    promised = {**headers.HEADERS, "Content-Type": "text/html; charset=utf-8"}
    found = [name for name, value in promised.items() if page.headers.get(name) != value]
    if "Strict-Transport-Security" not in page.headers:
        found.append("Strict-Transport-Security")
    return [*found, *(["unsafe"] if "unsafe" in page.headers["Content-Security-Policy"] else [])]


def mixed(markup: Markup, language: str) -> list[str]:
    """Return the texts that are not in the page's language."""
    other = _CHINESE if language == "en" else _ENGLISH
    for each in FOREIGN:
        markup.texts = [text.replace(each, "") for text in markup.texts]
    return [text for text in markup.texts if other.search(text)]


def foreign(markup: Markup) -> list[str]:
    """Return addresses that lead elsewhere than to these pages, the platform and the provider."""
    addresses = [*markup.links, *markup.sources, *(form.action for form in markup.forms)]
    own = [each for each in addresses if each.startswith(("/", "?", "#")) and not each.startswith("//")]
    rest = [each for each in addresses if each not in own]
    known = (ORIGIN, ISSUER)
    return [each for each in rest if f"{urlsplit(each).scheme}://{urlsplit(each).netloc}" not in known]


def problems(page: Page, language: str, fetched: Mapping[str, Page]) -> dict[str, object]:
    """Return what is wrong with a page. fetched: what its sources are."""
    markup = read(page.text, path=page.path)
    texts = [page.text, *(fetched[each].text for each in markup.sources if each in fetched)]
    size = sum(len(each.encode()) for each in texts)
    has_more = 'name="carried"' in page.text or any("receipt_check" in each for each in markup.sources)
    unsafe = [form.action for form in markup.forms if form.method == "post" and not form.fields.get("form")]
    found = {
        "headers": headers_of(page),
        "language": [] if markup.language == LANGUAGES[language] else [markup.language],
        "mixed": mixed(markup, language),
        "words": [*words.found("\n".join(markup.texts), language)],
        "inline": [*markup.inline, *(each for each in markup.sources if each == "inline")],
        "elsewhere": foreign(markup),
        "without token": unsafe,
        "ids": [
            each for each, count in Counter(re.findall(r' id="([^"]*)"', page.text)).items() if count > 1
        ],
        "canary": [each for each in CANARIES if each in page.text + str(page.headers) + page.path],
        "size": [size] if size > (_WITH_MORE if has_more else _LARGEST) else [],
    }
    return {name: value for name, value in found.items() if value}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_keeps_the_rules(
    site: Site, language: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Uncacheable, unframed, no inline code, one language, up to 30 kB, and no canary in what others see."""
    visited = await tour(site, language)
    fetched = await assets(site)
    assert all(len(each.text) > 500 for each in fetched.values())
    wrong = {name: problems(page, language, fetched) for name, (page, _) in visited.items()}
    assert {name: found for name, found in wrong.items() if found} == {}
    site.edge.logs.access.flush()
    metrics = "".join(str(family.samples) for family in site.edge.metrics.families())
    answers = "".join(
        f"{each.path}{each.headers}{each.text}" for _, one in visited.values() for each in one.seen
    )
    for place in (site.edge.log.read_text("utf-8"), caplog.text, metrics, answers):
        assert not any(canary in place for canary in CANARIES)
    assert "SubmitIdentity" in metrics


def test_a_broken_page_is_found() -> None:
    """Each rule finds the page that breaks it."""
    text = (
        '<html lang="en"><script>1</script><p style="x">您好，您的账户 you are welcome here</p>'
        '<a href="//evil.example">x</a>canary-'
        '<form method="post" action="/s"><input name="form" id="x" value=""><p id="x"></form>'
    )
    bad = Page(200, {"Content-Security-Policy": "'unsafe-inline'"}, text, "/v/x")
    assert set(problems(bad, "zh", {})) == {
        "headers",
        "language",
        "mixed",
        "words",
        "inline",
        "elsewhere",
        "without token",
        "ids",
        "canary",
    }
    assert "mixed" in problems(bad, "en", {})
    assert problems(Page(200, {**bad.headers}, "x" * 30_001, "/"), "en", {})["size"] == [30_001]
