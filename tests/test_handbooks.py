"""Handbooks that are there in both languages have the same parts, commands and figures."""

import re

import pytest
from markdown.extensions.toc import slugify  # type: ignore[import-untyped]

from tools.support.project import ROOT, expect_none

DOCS = ROOT / "docs"
PAGES = ("quick-start.md", "moderation.md", "reports.md", "disclosure.md", "hand-over.md")
_BLOCK = re.compile(r"^( *)```.*?^\1```$", re.MULTILINE | re.DOTALL)
_CODE = re.compile(r"`[^`]*`|\]\([^)]*\)")
_HEADING = re.compile(r"^(#+) (.*?)(?: \{ #(\S+) \})?$", re.MULTILINE)


def text(language: str, page: str) -> str:
    """Return a page in a language."""
    return (DOCS / page if language == "en" else DOCS / "zh" / page).read_text("utf-8")


def outside(language: str, page: str) -> str:
    """Return a page without its blocks of code."""
    return _BLOCK.sub("", text(language, page))


def code(language: str, page: str) -> set[str]:
    """Return what is written as code in the sentences of a page; a line may end within."""
    return {" ".join(each.split()) for each in re.findall(r"`([^`]+)`", outside(language, page))}


def test_no_other_page_is_in_chinese() -> None:
    """A page of docs/ that is translated is held to its English page."""
    assert sorted(path.name for path in (DOCS / "zh").glob("*.md")) == sorted([*PAGES, "index.md"])


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_name_the_same(page: str) -> None:
    """Blocks of code are equal, and each command, setting, metric, event and reason is in both."""
    assert [each[0] for each in _BLOCK.finditer(text("zh", page))] == [
        each[0] for each in _BLOCK.finditer(text("en", page))
    ]
    english, chinese = code("en", page), code("zh", page)
    expect_none(f"only in English: {each}" for each in sorted(english - chinese))
    expect_none(f"only in Chinese: {each}" for each in sorted(chinese - english))
    reasons = re.compile(r"\b[A-Z]+(?:_[A-Z]+)+\b", re.ASCII)
    words = [set(reasons.findall(outside(each, page))) for each in ("en", "zh")]
    expect_none(sorted(words[0] ^ words[1]))


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_parts(page: str) -> None:
    """Headings, tables and lists are as many; a heading in Chinese has the anchor of the one in English."""
    english = [(level, slugify(title, "-")) for level, title, _ in _HEADING.findall(outside("en", page))]
    chinese = [(level, anchor) for level, _, anchor in _HEADING.findall(outside("zh", page))]
    assert chinese[1:] == english[1:]
    rows = re.compile(r"^(\||-|[0-9]+\.)(?= )", re.MULTILINE)
    assert rows.findall(outside("zh", page)) == rows.findall(outside("en", page))


@pytest.mark.parametrize("page", PAGES)
def test_both_languages_have_the_same_figures(page: str) -> None:
    """Every number of the English page that has two digits or more stands in the Chinese one."""
    found = [
        set(re.findall(r"(?<![\w.-])\d(?:,?\d)+(?![\w-])", _CODE.sub("", outside(each, page)), re.ASCII))
        for each in ("en", "zh")
    ]
    expect_none(sorted(found[0] - found[1]))
