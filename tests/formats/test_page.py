"""docs/formats.md: its examples are fresh, and it names every purpose, event and method of the code."""

import re
from pathlib import Path

import pytest

from idvault.v1 import (
    campaign_pb2,
    disclosure_pb2,
    drill_pb2,
    erasure_pb2,
    public_account_pb2,
    roster_pb2,
    sanction_pb2,
    session_pb2,
    status_pb2,
    tip_off_pb2,
    transparency_pb2,
    verification_pb2,
)
from idvault.verify.event import FIELDS
from tests.support.generate import formats
from tests.support.reference import page
from tests.support.reference.examples import EXAMPLES

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "formats.md").read_text("utf-8")
CODE = [*(ROOT / "idvault").rglob("*.py"), *(ROOT / "clients" / "python").rglob("*.py")]
FILES = (
    campaign_pb2,
    disclosure_pb2,
    drill_pb2,
    erasure_pb2,
    public_account_pb2,
    roster_pb2,
    sanction_pb2,
    session_pb2,
    status_pb2,
    tip_off_pb2,
    transparency_pb2,
    verification_pb2,
)
# These carry a request id, but a repetition is not compared with the first call.
UNKEYED = {"GetVerification", "ReportFinding", "ReportDrillFinding", "ReportShare"}


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


def test_every_method_with_a_fingerprint_is_listed() -> None:
    """The table has each method that takes a request id."""
    methods = {
        method.name
        for file in FILES
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
        if "request_id" in method.input_type.fields_by_name
    }
    listed = {name for names, _ in table("| Method | Fields, in order |") for name in names.split(", ")}
    assert listed == methods - UNKEYED
