"""docs/formats.md: its examples are fresh, and it names every purpose, event and method of the code."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idvault.core.edge import repetition
from idvault.sanction import rules as sanction_rules
from idvault.sanction.rules import StatementKind
from idvault_verify.event import FIELDS
from idvault_verify.report import catalogue
from idvault_verify.report.figure import EDITION
from idvault_verify.sanction import Automation, Degree, Ground, IssuerKind, SanctionCategory
from tools.support.generate import formats
from tools.support.project import PACKAGES
from tools.support.reference import page
from tools.support.reference.examples import EXAMPLES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "formats.md").read_text("utf-8")
CODE = [path for package in PACKAGES for path in package.rglob("*.py")]


def table(head: str) -> list[list[str]]:
    """Return the cells of the table with this first line."""
    lines = PAGE.split(f"{head}\n", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_what_the_reference_computes(name: str) -> None:
    """The block has exactly these lines (scripts/gen_formats.py writes them)."""
    assert f"```example {name}\n{page.render(EXAMPLES[name]())}```\n" in PAGE
    assert page.read(PAGE)[name] == EXAMPLES[name]()


def test_there_is_no_other_example() -> None:
    """Every block of the page is recomputed."""
    assert page.read(PAGE).keys() == EXAMPLES.keys()


def test_every_purpose_is_described() -> None:
    """The page names every purpose that the code encodes."""
    used = {
        found for path in CODE for found in re.findall(r'"(idvault/[\w/-]+/v\d+)"', path.read_text("utf-8"))
    }
    assert len(used) > 30
    assert sorted(each for each in used if each not in PAGE) == []


def test_the_page_is_fresh() -> None:
    """Examples and table of events are those that scripts/gen_formats.py writes."""
    assert formats.render(PAGE) == PAGE
    listed = table("| Type | Fields, in order |")
    assert listed == [[f"`{kind.value}`", ", ".join(fields)] for kind, fields in FIELDS.items()]


def test_what_a_fingerprint_leaves_out_is_listed() -> None:
    """The table has each field in which a repetition may differ, with the reason."""
    listed = {}
    for names, why in table("| Field | Why a repetition may differ |"):
        message = ""
        for name in names.replace("`", "").split(", "):
            of, _, field = name.rpartition(".")
            message = of or message
            listed[f"idvault.v1.{message}.{field}"] = why
    assert listed == repetition.NOT_SHARED


def test_every_figure_of_a_report_is_in_the_table() -> None:
    """With the types of entries that it counts; a star stands for the four degrees."""
    degrees = ("warn", "limit", "suspend", "close")
    found = {}
    for name, told in table("| Figure | Types |"):
        types = re.findall(r"`([a-z:*]+)`", told)
        found[name.strip("`")] = {each.replace("*", degree) for each in types for degree in degrees}
    assert found == {
        each.name: {event.value for event in each.events}
        for each in catalogue.logged_figures()
        if each.edition <= EDITION
    }


def test_levels_and_durations_of_a_report_are_named() -> None:
    """In the order of the code; what a reader does not know it must not take for one of these."""
    rows = {row[0]: row[1] for row in table("| Member | Content |")}
    named = {name: re.findall(r"`([a-z_]+\.[a-z_]+)`", rows[f"`{name}`"]) for name in ("levels", "durations")}
    assert named == {
        "levels": [each.name for each in catalogue.levels()],
        "durations": [each.name for each in catalogue.durations()],
    }


def test_a_published_statement_is_the_line_of_the_page() -> None:
    """What the worker writes of a week is what the page shows."""
    kind = StatementKind(
        Degree.LIMIT,
        Ground.ILLEGAL,
        SanctionCategory.FRAUD,
        Automation.PARTIAL,
        Automation.NONE,
        IssuerKind.PLATFORM,
        "CN-31",
    )
    week = sanction_rules.week_of(datetime(2026, 2, 25, tzinfo=UTC))
    written = sanction_rules.render(counts={kind: sanction_rules.LEAST}, week=week).decode()
    (shown,) = re.findall(r'^\{"degree":.*\}$', PAGE, re.MULTILINE)
    assert written.splitlines() == [shown] * sanction_rules.LEAST
