"""Ships the runbook's sections with the operator's console, which shows them under what the doctor found.

`python -m tools.support.generate.runbook` writes them as plain text, by the name of the alert; `--check` says
whether the file is stale. A person with a broken vault has no need of the documents' site then.
"""

import json
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from tools.support.project import PEOPLE, ROOT

PAGE = ROOT / "docs" / "runbook.md"
FILE = PEOPLE / "console" / "operator" / "runbook.json"
_SECTION = re.compile(r"^### (Idvault\w+)\n(.*?)(?=^##|\Z)", re.M | re.S)
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)")
_RULE = re.compile(r"^[|\-\s]+$")


def sections(page: str) -> Mapping[str, list[str]]:
    """Return the paragraphs of each section, without the marks of Markdown."""
    return {name: [*_paragraphs(body)] for name, body in _SECTION.findall(page)}


def _paragraphs(body: str) -> Iterator[str]:
    """Yield paragraphs; a point of a list and a row of a table are one each, its head is none."""
    for block in re.split(r"\n\s*\n", body.strip()):
        lines = block.splitlines()
        if lines[0].startswith("|"):
            rows = [line for line in lines[1:] if not _RULE.match(line)]
            yield from (
                _plain(": ".join(each.strip() for each in row.strip("|").split(" | "))) for row in rows
            )
        else:
            for point in re.split(r"\n(?=[-\d]\.? )", block):
                yield _plain(re.sub(r"^- ", "• ", point))


def _plain(text: str) -> str:
    return " ".join(_LINK.sub(r"\1", text).replace("`", "").replace("**", "").split())


def render() -> str:
    """Return the file."""
    return json.dumps(sections(PAGE.read_text("utf-8")), ensure_ascii=False, indent=1) + "\n"


def main() -> int:
    """Write the file, or with --check only report whether it is up to date (exit code 1 if not)."""
    name = Path(FILE).relative_to(ROOT).as_posix()
    if "--check" in sys.argv[1:]:
        stale = not FILE.is_file() or FILE.read_text("utf-8") != render()
        print(f"{name} is stale: run scripts/fix" if stale else f"{name} is fresh")
        return int(stale)
    FILE.write_text(render(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
