"""The last release's code can run on today's schema, so that an upgrade needs no stop."""

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, String, Table, UniqueConstraint, text

from idvault.processes.migrations import MAIN, SHRED
from idvault.processes.migrations.branch import Branch
from tests.storage import released


@pytest.mark.parametrize("branch", [MAIN, SHRED], ids=["main", "shred"])
async def test_the_last_release_can_use_the_expanded_schema(branch: Branch, tmp_path: Path) -> None:
    """What it reads exists, and what it writes is accepted; else the change is for the contract phase."""
    found = json.loads(released.FILE.read_text("utf-8"))[branch.name]
    assert found
    expanded = await released.schema_at(branch, branch.needed, f"sqlite:///{tmp_path / 'expanded'}")
    assert released.breaks(released=found, current=expanded) == []


def _schema(*more: Any, name_nullable: bool = True, name_size: int = 9) -> released.Description:
    metadata = MetaData()
    columns = [Column("id", Integer, primary_key=True)]
    name = Column("name", String(name_size), nullable=name_nullable)
    Table("things", metadata, *columns, *([name] if name_size else []), *more)
    return released.describe(metadata)


@pytest.mark.parametrize(
    ("current", "found"),
    [
        (_schema(), []),
        (_schema(Column("more", Integer, nullable=True)), []),
        (_schema(Column("more", Integer, nullable=False, server_default=text("0"))), []),
        (_schema(Column("more", Integer, nullable=False)), ["things.more: new and required"]),
        (_schema(name_size=0), ["things.name: it is gone"]),
        (_schema(name_size=10), ["things.name: it has another type"]),
        (_schema(name_nullable=False), ["things.name: it may no longer be null"]),
        (_schema(UniqueConstraint("name", name="uq_name")), ["things: new limit uq_name"]),
        ({}, ["things: the table is gone"]),
    ],
)
def test_what_breaks_a_release(current: released.Description, found: list[str]) -> None:
    """An expansion passes; what the old code cannot live with is named."""
    assert released.breaks(released=_schema(), current=current) == found


def test_a_default_that_is_taken_away() -> None:
    """The old code leaves the column out."""
    before = _schema(Column("more", Integer, nullable=False, server_default=text("0")))
    after = _schema(Column("more", Integer, nullable=False))
    assert released.breaks(released=before, current=after) == ["things.more: it may no longer be left out"]
