"""The privacy documents match schema, retention and log: what is stored cannot be left out of them."""

import re
from collections import Counter
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from sqlalchemy import LargeBinary, MetaData, String

from idvault.erasure.rules import ErasureTerms
from idvault.processes import migrations
from idvault.processes.retention import rules as retention_rules
from idvault_verify.event import EventType

ROOT = Path(__file__).resolve().parent.parent
PRIVACY = ROOT / "docs" / "privacy"
DATA = (PRIVACY / "data.md").read_text("utf-8")
COLUMNS = (PRIVACY / "columns.md").read_text("utf-8")
IMPACT = (PRIVACY / "impact.md").read_text("utf-8")
RULES = retention_rules.table(ErasureTerms())
# Bytes that are public or technical, and long texts of the program itself.
PUBLIC_BYTES = {
    "entries", "hash", "leaf", "note", "public_key", "share_quorum_ids", "signature", "statements", "tree",
}  # fmt: skip
PROGRAM_TEXTS = {"later_standings", "body"}


def rows(page: str, head: str) -> list[list[str]]:
    """Return the cells of the table with this head, without head and rule."""
    lines = page.split(f"| {head} |", 1)[1].split("\n\n", 1)[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def names(cell: str) -> list[str]:
    """Return what is between backticks."""
    return re.findall(r"`([^`]+)`", cell)


def listed(heading: str) -> dict[str, list[list[str]]]:
    """Return the columns in each cell of each table's row under a heading."""
    section = COLUMNS.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("| `")]
    cells = [line.removeprefix("| ").removesuffix(" |").split("|") for line in lines]
    return {names(row[0])[0]: [names(cell) for cell in row[1:]] for row in cells}


@pytest.mark.parametrize(
    ("heading", "metadata"),
    [("Main database", migrations.MAIN.metadata), ("Shred database", migrations.SHRED.metadata)],
)
def test_every_column_is_entered_once(heading: str, metadata: MetaData) -> None:
    """The page has each table of the schema, and each of its columns in one cell."""
    entered = {
        table: Counter(column for cell in cells for column in cell)
        for table, cells in listed(heading).items()
    }
    assert entered == {
        name: Counter(column.name for column in table.columns) for name, table in metadata.tables.items()
    }


def test_bytes_and_long_texts_are_in_the_cell_of_their_kind() -> None:
    """Stored bytes are content, hashes or public; a text that somebody types is called a text in clear."""
    for heading, branch in (("Main database", migrations.MAIN), ("Shred database", migrations.SHRED)):
        for name, (sealed, keyed, _, texts, _) in listed(heading).items():
            for column in branch.metadata.tables[name].columns:
                if isinstance(column.type, LargeBinary):
                    known = {*sealed, *keyed, *texts, *PUBLIC_BYTES}
                    assert column.name in known, f"{name}.{column.name}"
                elif isinstance(column.type, String) and (column.type.length or 10_000) >= 200:
                    assert column.name in {*texts, *PROGRAM_TEXTS}, f"{name}.{column.name}"


def test_kinds_and_tables_are_those_of_the_program() -> None:
    """The table has every rule of retention, in its words; the page of retention has the times."""
    table = rows(DATA, "Kind of data | Tables | Protected by | Who can read it | Entries in the log")
    assert [(what, names(tables)) for what, tables, *_ in table] == [
        (rule.what, [*rule.tables]) for rule in RULES
    ]


def test_every_entry_of_the_log_belongs_to_a_kind_of_data() -> None:
    """Each type of event is in a row, and each row names types that exist."""
    table = rows(DATA, "Kind of data | Tables | Protected by | Who can read it | Entries in the log")
    patterns = [pattern for *_, entries in table for pattern in names(entries)]
    assert [kind for kind in EventType if not any(fnmatchcase(kind, each) for each in patterns)] == []
    assert [each for each in patterns if not any(fnmatchcase(kind, each) for kind in EventType)] == []


def test_every_risk_is_rated_and_names_what_remains() -> None:
    """Each risk has likelihood and severity from 1 to 4, measures, and what remains; named tests exist."""
    table = rows(IMPACT, "Risk | For whom | Measures | L | S | What remains")
    assert len(table) > 12
    assert all({likelihood, severity} <= set("1234") for *_, likelihood, severity, _ in table)
    assert all(measures and remains for _, _, measures, *_, remains in table)
    told = re.findall(r"`(tests/[\w/.]+)`", IMPACT)
    assert told
    assert [path for path in told if not (ROOT / path).exists()] == []
