"""Fills in docs/formats.md: the worked examples of the reference, and the table of the log's events."""

import re
import sys
from pathlib import Path

from idvault_verify.event import FIELDS
from tools.support.reference import page
from tools.support.reference.examples import EXAMPLES

_FILE = Path(__file__).resolve().parents[3] / "docs" / "formats.md"
_EVENTS = re.compile(r"(\| Type \| Fields, in order \|\n\|---\|---\|\n).*?\n\n", re.DOTALL)


def render(text: str) -> str:
    """Return the page with fresh examples and a fresh table of events; all other text is kept."""
    rows = "".join(f"| `{kind.value}` | {', '.join(fields)} |\n" for kind, fields in FIELDS.items())
    examples = {name: page.render(example()) for name, example in EXAMPLES.items()}
    return page.filled(_EVENTS.sub(lambda found: f"{found[1]}{rows}\n", text), examples)


def main() -> int:
    """Write the page, or with --check only report whether it is up to date (exit code 1 if not)."""
    text = _FILE.read_text(encoding="utf-8")
    if "--check" in sys.argv[1:]:
        fresh = render(text) == text
        print("docs/formats.md is fresh" if fresh else "docs/formats.md is stale: run scripts/gen_formats.py")
        return 0 if fresh else 1
    _FILE.write_text(render(text), encoding="utf-8")
    return 0
