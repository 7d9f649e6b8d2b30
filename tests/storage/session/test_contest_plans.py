"""Statements of contests, and of the claims that an owner sees, use their indexes on both databases."""

from typing import Any

import pytest

from idvault.core.db.database import Database
from idvault.session import store as session_store
from idvault.session.contest import store as contest_store
from idvault.session.contest.store import ROWS
from tests.storage.plans import Hot, check_index
from tools.support.storage_world import NOW

_PAGE: dict[str, Any] = {"party": "platform-a", "at": NOW, "after": "", "limit": 9}
_LATE = {**_PAGE, "due_before": NOW}
# Each statement with its index: as SQLite's plan names it, and as PostgreSQL's does.
HOT: dict[str, Hot] = {
    "one contest": (
        ROWS._get,
        {"party": "platform-a", "id": "a" * 32},
        "ix_contests_relying_party_contest_id (relying_party=? AND contest_id=?)",
        "ix_contests_relying_party",
    ),
    "the contest of a verification": (
        ROWS.AGAINST,
        {"token": "acct_1", "against": "a" * 32, "party": "platform-a"},
        "sqlite_autoindex_contests_2 (account_token=? AND claim_id=?)",
        "_contests_",  # of an empty table, any that begins with the account or the party
    ),
    "contests of a party": (
        ROWS._pages[None],
        _PAGE,
        "ix_contests_relying_party_filed_at_contest_id (relying_party=?",
        "ix_contests_relying_party_filed_at_contest_id",
    ),
    "contests in a state": (
        ROWS._pages["state"],
        {**_LATE, "word": "FILED"},
        "ix_contests_relying_party_state_filed_at_contest_id (relying_party=? AND state=?",
        "ix_contests_relying_party_state",
    ),
    "what must be noted": (
        ROWS.NOT_NOTED,
        {"due_before": NOW, "limit": 9},
        "ix_contests_due (overdue_at=? AND due_at<?)",
        "ix_contests_due",
    ),
    "what must be deleted": (
        ROWS.DELETABLE,
        {"now": NOW, "limit": 9},
        "ix_contests_delete (delete_at<?)",
        "ix_contests_delete",
    ),
    "the claims that a contest looks at": (
        contest_store._CLAIMS,
        {"token": "acct_1"},
        "sqlite_autoindex_claims_1 (account_token=?)",
        "pk_claims",
    ),
    "the claims of an account": (
        session_store._PAST,
        {"token": "acct_1", "limit": 9},
        "sqlite_autoindex_claims_1 (account_token=?)",
        "pk_claims",
    ),
}


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_an_index(main_database: Database, name: str) -> None:
    """No table is scanned."""
    await check_index(main_database, HOT[name], never=("SCAN",))
