"""A chamber whose operator works with a console."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.support.operator_room import OperatorRoom, operator_room
from tools.support.chamber import chamber
from tools.support.databases import Databases


@pytest.fixture
async def office(
    sqlite_databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[OperatorRoom]:
    """Return an operator's room over SQLite files."""
    (tmp_path / "room").mkdir()
    async with AsyncExitStack() as stack, chamber(sqlite_databases, tmp_path / "room") as room:
        yield await operator_room(room, sqlite_databases, tmp_path, stack, monkeypatch)
