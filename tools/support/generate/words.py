"""Makes the tables of words for people, docs/people/words.md and its Chinese twin, of words.toml."""

import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tools.support.project import ROOT

_SOURCE = ROOT / "tools" / "support" / "words.toml"
PAGES: Mapping[str, Path] = {
    "en": ROOT / "docs" / "people" / "words.md",
    "zh": ROOT / "docs" / "zh" / "people" / "words.md",
}
_HEADS = {
    "en": """# Words

Made by `scripts/fix` from `tools/support/words.toml`; do not edit.

Pages, commands, errors and documents use one word for each thing. The last column has words that they do
not use for it.

| Word | In Chinese | What it means | Not |
|---|---|---|---|
""",
    "zh": """# 用词

本页由 `scripts/fix` 根据 `tools/support/words.toml` 生成，请勿修改。

页面、命令、错误提示和文档对同一事物只用一个词。最后一栏是不使用的说法。

| 词 | 英文 | 含义 | 不用 |
|---|---|---|---|
""",
}


@dataclass(frozen=True, slots=True)
class Term:
    """One thing in one language. other: its word in the other one. unused: words not used for it."""

    word: str
    other: str
    means: str
    unused: tuple[str, ...]


@cache
def table(language: str) -> tuple[Term, ...]:
    """Return the table in zh or en."""
    rows = tomllib.loads(_SOURCE.read_text("utf-8"))["word"]
    if language == "zh":
        return tuple(Term(row["zh"], row["en"], row["zh_means"], tuple(row["zh_not"])) for row in rows)
    return tuple(Term(row["en"], row["zh"], row["means"], tuple(row["not"])) for row in rows)


def found(text: str, language: str) -> Iterator[str]:
    """Yield the unused words that stand in a text outside of its blanks, each with the word to use."""
    text = re.sub(r"\{\w+\}", "", text)
    for term in table(language):
        for word in term.unused:
            pattern = re.escape(word) if language == "zh" else rf"\b{re.escape(word)}(?:s|ed)?\b"
            if re.search(pattern, text, re.IGNORECASE):
                yield f"{word}: write {term.word}"


def render(language: str) -> str:
    """Return the page in zh or en."""
    between = "、" if language == "zh" else ", "
    rows = (
        f"| {term.word} | {term.other} | {term.means} | {between.join(term.unused)} |\n"
        for term in table(language)
    )
    return _HEADS[language] + "".join(rows)


def main() -> int:
    """Write the pages, or with --check only report whether they are up to date (exit code 1 if not)."""
    if "--check" in sys.argv[1:]:
        stale = [
            path.relative_to(ROOT).as_posix()
            for language, path in PAGES.items()
            if not path.is_file() or path.read_text("utf-8") != render(language)
        ]
        print(
            "\n".join(f"{name} is stale: run scripts/fix" for name in stale)
            or "the tables of words are fresh"
        )
        return 1 if stale else 0
    for language, path in PAGES.items():
        path.write_text(render(language), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
