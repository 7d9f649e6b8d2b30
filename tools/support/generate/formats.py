"""Fills in docs/formats.md: the worked examples of the reference, and the tables that the code knows."""

import re
import sys
from pathlib import Path

from tools.support.generate import format_tables
from tools.support.reference import page
from tools.support.reference.examples import EXAMPLES

_FILE = Path(__file__).resolve().parents[3] / "docs" / "formats.md"
# By the first line of a table: what makes its rows.
TABLES = {
    "| Type | Fields, in order |": format_tables.events,
    "| Breakdown | Divides | Cells |": format_tables.breakdowns,
    "| Message | Its fields by number |": format_tables.messages,
    "| Enum | Its values by number |": format_tables.enums,
}


def render(text: str) -> str:
    """Return the page with fresh examples and tables; all other text is kept."""
    for head, rows in TABLES.items():
        line = f"|{'---|' * head.count(' | ')}---|\n"
        begin = text.index(f"{head}\n{line}") + len(head) + 1 + len(line)
        text = _filled(text, begin, rows())
    examples = {name: page.render(example()) for name, example in EXAMPLES.items()}
    return page.filled(text, examples)


def _filled(text: str, begin: int, rows: str) -> str:
    """Return the text with other rows of a table, which ends with an empty line or the page."""
    rest = re.sub(r"\A(?:\|[^\n]*\n)*", "", text[begin:])
    return text[:begin] + rows + rest


def main() -> int:
    """Write the page, or with --check only report whether it is up to date (exit code 1 if not)."""
    text = _FILE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        fresh = render(text) == text
        print("docs/formats.md is fresh" if fresh else "docs/formats.md is stale: run scripts/gen_formats.py")
        return 0 if fresh else 1
    _FILE.write_text(render(text), encoding="utf-8")
    return 0
