"""Statements of notifications use their indexes, on both databases."""

import pytest

from idvault.core.db.database import Database
from idvault.notification import store
from tests.storage.plans import Hot, check_index
from tools.support.storage_world import NOW

# Each statement with its indexes: as SQLite's plan names them, and as PostgreSQL's does.
HOT: dict[str, Hot] = {
    "what a recipient may hear": (
        store._WAITING,
        {"to": "desk", "limit": 9},
        "sqlite_autoindex_notification_items_1 (recipient=?)",
        "pk_notification_items",
    ),
    "to whom a message is due": (
        store._DUE_RECIPIENTS,
        {"now": NOW},
        "ix_notifications_dead_at_next_at (dead_at=? AND next_at<?)",
        "ix_notifications_dead_at_next_at",
    ),
    "whose next attempt is due": (
        store._DUE,
        {"to": "desk", "now": NOW, "limit": 9},
        "ix_notifications_dead_at_next_at (dead_at=? AND next_at<?)",
        "ix_notifications_dead_at_next_at",
    ),
    "what a message told": (
        store._TOLD,
        {"message": "m" * 32},
        "ix_notification_items_message_id (message_id=?)",
        "ix_notification_items_message_id",
    ),
}


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_an_index(main_database: Database, name: str) -> None:
    """No table is scanned, and SQLite, which has no statistics, sorts no list."""
    await check_index(main_database, HOT[name], but=("USE TEMP B-TREE FOR DISTINCT",))
