"""What a verification is based on: each fact has its words in both languages, and the pages show them."""

import html
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from idvault.web.render import View
from idvault.web.texts import TEXTS
from idvault_verify.account import Assurance
from tests.support.session_world import TITLE
from tests.web.conftest import Site
from tests.web.identity.test_pages import opened
from tests.web.test_pages import filled
from tests.web.visitor import NAME, NUMBER, Visit
from tools.support.project import ROOT

FACTS = [fact for fact in Assurance if fact is not Assurance.NONE]
LANGUAGES = ("zh", "en")
WORDS = {
    Assurance.REGISTRY_MATCH: "registry match",
    Assurance.DOCUMENT_SEEN: "document seen",
    Assurance.HOLDER: "proof of presence",
    Assurance.RESULT_ONLY: "proof without a name",
}
OTHERS = ("facts_text", "facts_badge", "facts_credential")
# None of the facts includes another one, so no text may rank them.
RANKS = ("higher", "highest", "level", "stronger", "等级", "级别", "更高", "最高", "更强")


def said(key: str, language: str) -> str:
    """Return a text as a page has it."""
    text = TEXTS[key].in_language("zh-CN" if language == "zh" else "en")
    return html.escape(text.format(platform=TITLE), quote=True)


def explained(facts: list[Assurance], language: str, *, organization: bool = False) -> str:
    """Return the page's part about some facts."""
    page = View(language=language, now=datetime.now(UTC)).page(
        "facts.html", title="", platform=TITLE, facts=[*facts], organization=organization
    )
    assert isinstance(page.text, str)
    return page.text


def keys() -> Iterator[str]:
    for fact in FACTS:
        yield from (f"fact_name_{fact}", f"fact_{fact}", f"fact_more_{fact}")
    yield from OTHERS


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("fact", FACTS)
def test_each_fact_is_explained(fact: Assurance, language: str) -> None:
    """By its name, what it means, how to get more, and who sees it."""
    text = explained([fact], language)
    for key in (f"fact_name_{fact}", f"fact_{fact}", f"fact_more_{fact}", *OTHERS):
        assert said(key, language) in text
    other = next(each for each in FACTS if each is not fact)
    assert said(f"fact_{other}", language) not in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_has_proved_to_be_present_is_not_told_how(language: str) -> None:
    """Beside a holder's proof, a match asks for nothing more."""
    text = explained([Assurance.HOLDER, Assurance.REGISTRY_MATCH], language)
    assert said("fact_REGISTRY_MATCH", language) in text
    assert said("fact_more_REGISTRY_MATCH", language) not in text
    assert said("fact_more_HOLDER", language) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_organisation_reads_of_itself(language: str) -> None:
    """What was compared is not a person's name, and no renewal loses the representative's proof."""
    both = [Assurance.REGISTRY_MATCH, Assurance.HOLDER]
    for facts, more in ((both, "HOLDER"), (both[:1], "REGISTRY_MATCH")):
        text = html.unescape(explained(facts, language, organization=True))
        shown = [*(f"fact_{each}" for each in facts), f"fact_more_{more}"]
        own = [html.unescape(said(f"organization_{key}", language)) for key in shown]
        assert [each for each in own if each not in text] == []
        assert not any(html.unescape(said(key, language)) in text for key in shown)
    # Chinese sentences have no blank between them.
    assert ("。 " in explained(both, language)) is False


def test_facts_are_called_by_the_table_of_words() -> None:
    """In both languages, and every fact that an account can have is in the table."""
    table = tomllib.loads((ROOT / "tools/support/words.toml").read_text("utf-8"))["word"]
    chinese = {each["en"]: each["zh"] for each in table}
    assert set(WORDS) == set(FACTS)
    for fact, word in WORDS.items():
        assert TEXTS[f"fact_name_{fact}"].in_language("en").lower() == word
        assert TEXTS[f"fact_name_{fact}"].in_language("zh-CN") == chinese[word]


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_no_text_ranks_the_facts(language: str) -> None:
    """They are a set: the pages say what each lacks for whom, never that one is better."""
    for key in keys():
        text = TEXTS[key].in_language(language).lower()
        assert not [word for word in RANKS if word in text], key


@pytest.mark.parametrize("language", LANGUAGES)
async def test_both_pages_show_what_a_verification_is_based_on(site: Site, language: str) -> None:
    """After a proof, and on "my identity", whose overview names it; a match is told how to get more."""
    visit = Visit(site, await site.browser(), language)
    path, form = await visit.form()
    sent = await visit.browser.post(f"{path}/identity", filled(form, name=NAME, number=NUMBER))
    matched = await visit.browser.follow(sent)
    claim = (await site.platform.sessions.get(path.rpartition("/")[2])).verification
    assert claim is not None
    browser, path, overview = await opened(site, claim.status.account_token, locale=language)
    assert said("fact_name_REGISTRY_MATCH", language) in overview.text
    for page in (matched, await browser.get(f"{path}/stored")):
        for key in ("fact_name_REGISTRY_MATCH", "fact_REGISTRY_MATCH", "fact_more_REGISTRY_MATCH", *OTHERS):
            assert said(key, language) in page.text


async def test_an_account_without_a_fact_says_nothing_of_it(site: Site) -> None:
    """Who was never verified has no basis to explain."""
    (token,) = await site.world.campaigns.members(1)
    browser, path, overview = await opened(site, token)
    for page in (overview, await browser.get(f"{path}/stored")):
        assert said("facts_badge", "en") not in page.text
        assert said("own_basis", "en") not in page.text
