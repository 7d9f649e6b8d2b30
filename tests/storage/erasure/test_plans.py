"""Statements of erasures use their indexes, on both databases."""

from typing import Any

import pytest

from idvault.core.db.database import Database
from idvault.erasure.store import MATCHED_AT, ROWS
from idvault_verify.erasure import ErasureState
from tests.storage.plans import Hot, check_index
from tools.support.storage_world import NOW

_PAGE: dict[str, Any] = {"party": "platform-a", "at": NOW, "after": "", "limit": 9}
_PARTY = "ix_erasures_relying_party"
# Each statement with its indexes: as SQLite's plan names them, and as PostgreSQL's does.
HOT: dict[str, Hot] = {
    "those of a party": (
        ROWS._pages[None],
        _PAGE,
        f"{_PARTY}_requested_at_erasure_id (relying_party=?",
        f"{_PARTY}_requested_at_erasure_id",
    ),
    "those in a state": (
        ROWS._pages[ErasureState.REQUESTED],
        _PAGE,
        f"{_PARTY}_state_requested_at_erasure_id (relying_party=? AND state=?",
        _PARTY,
    ),
    "where a page begins": (
        ROWS._place,
        {"party": "platform-a", "id": "e" * 32},
        f"{_PARTY}_erasure_id_requested_at (relying_party=? AND erasure_id=?)",
        _PARTY,
    ),
    "the last match": (
        MATCHED_AT,
        {"token": "acct_1"},
        "sqlite_autoindex_claims_1 (account_token=?)",
        "pk_claims",
    ),
}


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_an_index(main_database: Database, name: str) -> None:
    """No table is scanned, and SQLite, which has no statistics, sorts no list."""
    await check_index(main_database, HOT[name])
