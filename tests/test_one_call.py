"""The page "One call through the house" names the files that each call meets, and no others."""

import re

import pytest

from tools import trips
from tools.support.project import ROOT

PAGE = (ROOT / "docs" / "one-call.md").read_text("utf-8")
SECTIONS = {"sign-up": "A sign-up", "opening": "An opening", "GetStatus": "GetStatus"}


def met(page: str, heading: str) -> set[str]:
    """Return the files in the first column of the table under a heading, apart from core's and the like."""
    section = page.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    cells = re.findall(r"^\|([^|]*)\|", section, re.MULTILINE)
    files = re.findall(r"`(idvault/[\w/]+\.py)`", " ".join(cells))
    return {file for file in files if not file.startswith(trips.NOT_COUNTED)}


@pytest.mark.process
def test_the_page_names_what_each_call_meets() -> None:
    """The tables have exactly the files that the program meets, which makes the calls."""
    found = {name: set(files) for name, files in trips.measured().items()}
    assert {name: met(PAGE, heading) for name, heading in SECTIONS.items()} == found


def test_the_page_names_files_that_exist() -> None:
    """Each path of the page leads to a file, also those beside the tables."""
    named = set(re.findall(r"`([\w.-]+/[\w./-]+\.(?:py|proto|ts))`", PAGE))
    assert len(named) > len(met(PAGE, "A sign-up"))
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_the_first_column_counts() -> None:
    """Files told in a sentence, in another column or section, or of core, are not those of the trip."""
    page = """
## A
`idvault/told/acts.py`

| Files | What |
|---|---|
| `idvault/core/act.py`, `idvault/one/api.py` | `idvault/other/acts.py` |
| `idvault/two/store/rows.py` | |

## B
| `idvault/three/acts.py` | |
"""
    assert met(page, "A") == {"idvault/one/api.py", "idvault/two/store/rows.py"}
