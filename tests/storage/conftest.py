"""The stores of a fresh main database, of each kind in turn."""

import pytest

from idvault.storage.base.database import Database
from tests.support.storage_world import World


@pytest.fixture
def world(main_database: Database) -> World:
    """Return the stores."""
    return World(main_database)
