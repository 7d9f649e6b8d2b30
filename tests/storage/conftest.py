"""The stores of a fresh main database, of each kind in turn."""

from collections.abc import Iterator

import pytest

from idvault.core.db.database import Database
from idvault.core.db.statement import Statement
from tests.storage import built
from tools.support.storage_world import World


@pytest.fixture
def world(main_database: Database) -> World:
    """Return the stores."""
    return World(main_database)


@pytest.fixture(autouse=True)
def built_per_call(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Fail a test in which storage builds a statement: each is a constant of its module (ADR 0015)."""
    found: list[str] = []
    monkeypatch.setattr(Statement, "__init__", built.noting(found))
    yield found
    assert not found, found
