"""One word for each thing: texts, commands and pages for people use the words of the table."""

import re
import sys
from collections.abc import Mapping, Set
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tools.support.generate import texts, words
from tools.support.project import ROOT, expect_none

PEOPLE = {"en": ROOT / "docs" / "people", "zh": ROOT / "docs" / "zh"}
# Half-width marks beside a Chinese character, a closing mark or a value; {contrast}:1 is a ratio.
_HAN = "\u3400-\u9fff"
HALF_WIDTH = re.compile(
    rf"[{_HAN}”’》）】}}] ?[,;!?()]|[,;!?()] ?[{_HAN}“‘《（【{{]"
    rf"|[{_HAN}”’》）】}}]:(?!\d)|:(?=[{_HAN}“‘《（【{{])|[{_HAN}”’》）】]\.(?!\w)"
)
# Documents for operators and developers also use some of these words for another thing.
OTHER_THINGS: Mapping[str, Set[str]] = {
    # That of callers, by their certificates.
    "docs/benchmarks/P13.md": {"authentication"},
    # Parts of what is encoded, defined there.
    "docs/formats.md": {"relying party", "tip-off"},
    # Names of commands and keys; the texts of commands have a test of their own.
    "docs/reference.md": {"tip-off"},
    # LAPSED is a state, and what a page shows of a public account is its profile.
    "docs/moderation.md": {"lapsed", "profile"},
    # The registry bans callers that ask too often.
    "docs/reliability.md": {"ban"},
    "docs/runbook.md": {"ban"},
}


def messages(package: Path, language: str) -> list[str]:
    """Return the texts of a package in a language."""
    with texts.translations(package).open("rb") as file:
        known = [each for each in read_po(file, locale=texts.LANGUAGE) if each.id]
    return [str(each.id if language == "en" else each.string) for each in known]


def pages(language: str) -> list[Path]:
    """Return the pages for people in a language, without the table itself."""
    return [path for path in PEOPLE[language].rglob("*.md") if path != words.PAGES[language]]


def documents() -> list[Path]:
    """Return the documents for operators and developers, their figures, and the decisions."""
    docs = ROOT / "docs"
    folders = (docs, docs / "adr", docs / "privacy", docs / "benchmarks")
    top = (ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"))
    return [*top, *(path for folder in folders for path in sorted(folder.glob("*.md")))]


def prose(markdown: str) -> str:
    """Return a document without its code, and without where its links lead."""
    return re.sub(r"^```.*?^```|`[^`\n]*`|\]\([^)\n]*\)", "", markdown, flags=re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("package", texts.packages(), ids=lambda package: package.name)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_texts_use_the_words_of_the_table(package: Path, language: str) -> None:
    """No text of a page, a command's answer or an error has a word that is not used."""
    expect_none(
        f"{text}: {found}" for text in messages(package, language) for found in words.found(text, language)
    )


@pytest.mark.parametrize("package", texts.packages(), ids=lambda package: package.name)
def test_chinese_texts_have_chinese_punctuation(package: Path) -> None:
    """No Chinese text has a comma, colon, bracket or full stop of half the width."""
    expect_none(text for text in messages(package, "zh") if HALF_WIDTH.search(text))


def test_half_width_punctuation_is_found() -> None:
    """The check finds it between words and values, and lets a ratio, a number and an address be."""
    wrong = (
        "处置, 申诉",
        "处置:{text}",
        "{name},至{day}",
        "账号(已注销)",
        "已发送.",
        "{a}: {b}",
        "是否处置?",
    )
    assert [each for each in wrong if not HALF_WIDTH.search(each)] == []
    right = (
        "处置，申诉。",
        "{contrast}:1",
        "2,000个字符",
        "按 Ctrl+C",
        "example.com/账号",
        "账号（已注销）：{text}",
    )
    assert [each for each in right if HALF_WIDTH.search(each)] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_pages_for_people_use_the_words_of_the_table(language: str) -> None:
    """No page for people has a word that is not used."""
    assert len(pages(language)) >= 9
    expect_none(
        f"{path.relative_to(ROOT)}: {found}"
        for path in pages(language)
        for found in words.found(path.read_text("utf-8"), language)
    )


def test_documents_use_the_words_of_the_table() -> None:
    """No document and no decision has a word that is not used, and no exception is left over."""
    assert len(documents()) >= 95
    wrong = []
    for path in documents():
        name = path.relative_to(ROOT).as_posix()
        text = prose(path.read_text("utf-8"))
        words_found = [each for language in PEOPLE for each in words.found(text, language)]
        excepted = OTHER_THINGS.get(name, set())
        used = {each.partition(":")[0] for each in words_found}
        wrong += [f"{name}: {each}" for each in words_found if each.partition(":")[0] not in excepted]
        wrong += [f"{name}: does not have {each}" for each in sorted(excepted - used)]
    expect_none(wrong)


def test_code_in_a_document_may_have_any_word() -> None:
    """Only prose is read: a name that is typed is not a word for people, and neither is an address."""
    assert [*words.found(prose("the ledger of [all](#ledger): `ledger`\n```\nledger\n```\n"), "en")] == [
        "ledger: write public log"
    ]
    assert [*words.found(prose("[all](#ledger): `ledger`\n```\nledger\n```\n"), "en")] == []


def test_commands_use_the_words_of_the_table() -> None:
    """No command's help has a word that is not used, apart from names that are typed."""
    reference = (ROOT / "docs" / "reference.md").read_text("utf-8")
    commands = reference[reference.index("\n## idvault\n") :]
    names = r"`[^`]*`|^#.*$|\([a-z, -]+\)|moderation-text, tip-off"
    expect_none(words.found(re.sub(names, "", commands, flags=re.MULTILINE), "en"))


def test_a_word_that_is_not_used_is_found() -> None:
    """The check finds it inside of a Chinese sentence, and as an English word."""
    assert [*words.found("您的账户已关闭。", "zh")] == ["账户: write 账号"]
    assert [*words.found("Two Tip-offs came.", "en")] == ["tip-off: write report"]
    assert [*words.found("The banner of an urban account.", "en")] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_each_thing_has_one_word(language: str) -> None:
    """No word stands for two things, is one that is not used, or is missing from texts and pages."""
    rows = words.table(language)
    assert len({term.word for term in rows}) == len(rows)
    expect_none(f"{term.word}: {found}" for term in rows for found in words.found(term.word, language))
    read = "\n".join(
        [
            *(text for package in texts.packages() for text in messages(package, language)),
            *(path.read_text("utf-8") for path in pages(language)),
        ]
    ).lower()
    expect_none(term.word for term in rows if term.word not in read)


def test_the_tables_are_fresh(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Both pages equal what the source gives."""
    monkeypatch.setattr(sys, "argv", ["words", "--check"])
    assert words.main() == 0, "run scripts/fix"
    assert "fresh" in capsys.readouterr().out
