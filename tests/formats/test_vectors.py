"""The readers of Python against the common vectors of every language: each verdict, and each reason."""

import re
from pathlib import Path
from typing import Any

import pytest

from tools.support.generate.vectors.__main__ import PAGES
from tools.support.generate.vectors.case import FOLDER, load, to_bytes
from tools.support.reference import reading
from tools.support.reference.encoding import RefusedError
from tools.support.sampling import sampled
from tools.support.vector_readers import READERS

FORMATS = Path(__file__).resolve().parents[2] / "docs" / "formats.md"
# What each of Python, Node and the browser reads.
COMMON = ("json", "base64", "checkpoint", "inclusion", "receipt")


@pytest.mark.parametrize("kind", PAGES)
def test_python_says_what_the_vectors_say(kind: str) -> None:
    """Node and the browser read the same files (clients/node/test, tests/web/test_vectors.py)."""
    page = load(kind)
    found = [(case["name"], READERS[kind](page, case)) for case in page["cases"]]
    assert found == [(case["name"], case["reason"]) for case in page["cases"]]


@pytest.mark.parametrize(
    "kind", [kind if kind != "roster" else pytest.param(kind, marks=pytest.mark.long) for kind in PAGES]
)
def test_the_generator_writes_the_same_bytes(kind: str) -> None:
    """Keys and seeds are fixed."""
    made = to_bytes(PAGES[kind]())
    assert made == (FOLDER / f"{kind}.json").read_bytes(), "run python -m tools.support.generate.vectors"


@pytest.mark.long
@pytest.mark.parametrize("kind", PAGES)
def test_the_reference_reads_as_strictly(kind: str) -> None:
    """It was made from the page alone; it refuses what the page says is refused, and nothing else."""
    page = load(kind)
    different = []
    for case in sampled(page["cases"], 10, kind=lambda case: case["reason"]):
        try:
            reading.READERS[kind](page, case)
            is_accepted = True
        except RefusedError:
            is_accepted = False
        if is_accepted is not (case["reason"] is None):
            different.append(case["name"])
    assert different == []


def test_there_are_enough() -> None:
    """At least a thousand are read by all three languages; no file is without its reader."""
    assert sum(len(load(kind)["cases"]) for kind in COMMON) > 2_000
    assert {path.stem for path in FOLDER.glob("*.json")} == set(PAGES) == set(READERS) == set(reading.READERS)


def test_every_reason_is_a_word_of_the_page() -> None:
    """The vocabulary is closed: docs/formats.md has every word, and a vector has every word of its table."""
    text = FORMATS.read_text("utf-8")
    table = text[text.index("## 13. What readers say") :]
    rows = (row.split("|")[1] for row in table.splitlines() if row.startswith("| `"))
    words = {word for row in rows for word in re.findall(r"`([A-Z_]+)`", row)}
    used: set[Any] = {case["reason"] for kind in PAGES for case in load(kind)["cases"]} - {None}
    assert used == words
