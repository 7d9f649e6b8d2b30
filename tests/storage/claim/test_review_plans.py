"""Statements of reviews use their indexes, on both databases."""

from typing import Any

import pytest

from idvault.claim.review import store
from idvault.core.db.database import Database
from tests.storage.plans import Hot, check_index
from tools.support.storage_world import NOW

_PAGE: dict[str, Any] = {"party": "platform-a", "at": NOW, "after": "", "limit": 9}
_OF_PARTY = "ix_reviews_relying_party_reviewed_at_review_id"
# Each statement with its index: as SQLite's plan names it, and as PostgreSQL's does.
HOT: dict[str, Hot] = {
    "one review": (
        store.ROWS._get,
        {"party": "platform-a", "id": "a" * 32},
        "ix_reviews_relying_party_review_id (relying_party=? AND review_id=?)",
        "ix_reviews_relying_party",
    ),
    "reviews of a party": (store.ROWS._pages[None], _PAGE, f"{_OF_PARTY} (relying_party=?", _OF_PARTY),
    "what a reviewer signed in a day": (
        store._COUNT,
        {"party": "platform-a", "reviewer": "b" * 32, "since": NOW},
        "ix_reviews_relying_party_reviewer_id_reviewed_at (relying_party=? AND reviewer_id=?",
        "ix_reviews_relying_party",
    ),
    "what nobody confirmed": (
        store._FORGET,
        {"before": NOW},
        "ix_reviews_reviewed_at (reviewed_at<?)",
        "ix_reviews_reviewed_at",
    ),
}


@pytest.mark.parametrize("name", HOT)
async def test_a_statement_uses_its_index(main_database: Database, name: str) -> None:
    """So that a platform with many reviews is as fast as one with few."""
    await check_index(main_database, HOT[name])
