"""Statements of appeals against withdrawals use their indexes on both databases."""

from typing import Any

import pytest

from idvault.account.store import withdrawal as withdrawal_store
from idvault.core.db.database import Database
from idvault.notice import store as notice_store
from idvault.session.reinstatement.store import ROWS
from tests.storage.plans import Hot, check_index
from tools.support.storage_world import NOW

_PAGE: dict[str, Any] = {"party": "platform-a", "at": NOW, "after": "", "limit": 9}
# Each statement with its index: as SQLite's plan names it, and as PostgreSQL's does.
HOT: dict[str, Hot] = {
    "one appeal": (
        ROWS._get,
        {"party": "platform-a", "id": "a" * 32},
        "ix_reinstatements_relying_party_reinstatement_id (relying_party=? AND reinstatement_id=?)",
        "ix_reinstatements_relying_party",
    ),
    "the appeal against a withdrawal": (
        ROWS.AGAINST,
        {"token": "acct_1", "against": "a" * 32, "party": "platform-a"},
        "sqlite_autoindex_reinstatements_2 (account_token=? AND withdrawal_id=?)",
        "_reinstatements_",  # of an empty table, any that begins with the account or the party
    ),
    "appeals of a party": (
        ROWS._pages[None],
        _PAGE,
        "ix_reinstatements_relying_party_filed_at_reinstatement_id (relying_party=?",
        "ix_reinstatements_relying_party_filed_at_reinstatement_id",
    ),
    "appeals in a state": (
        ROWS._pages["state"],
        {**_PAGE, "due_before": NOW, "word": "FILED"},
        "ix_reinstatements_relying_party_state_filed_at_reinstatement_id (relying_party=? AND state=?",
        "ix_reinstatements_relying_party_state",
    ),
    "what must be noted": (
        ROWS.NOT_NOTED,
        {"due_before": NOW, "limit": 9},
        "ix_reinstatements_due (overdue_at=? AND due_at<?)",
        "ix_reinstatements_due",
    ),
    "what must be deleted": (
        ROWS.DELETABLE,
        {"now": NOW, "limit": 9},
        "ix_reinstatements_delete (delete_at<?)",
        "ix_reinstatements_delete",
    ),
    "the withdrawal that was taken back": (
        withdrawal_store._REINSTATED,
        {"token": "acct_1", "contest": "a" * 32, "at": NOW},
        "sqlite_autoindex_withdrawals_1 (account_token=?)",
        "pk_withdrawals",
    ),
    "when a withdrawn record was last opened": (
        withdrawal_store._ACCESSED_AT,
        {"token": "acct_1", "person": "a" * 32, "since": NOW},
        "sqlite_autoindex_claims_1 (account_token=?)",
        "pk_claims",
    ),
    "the claims that come back": (
        withdrawal_store._REINSTATE_CLAIMS,
        {"token": "acct_1", "since": NOW},
        "sqlite_autoindex_claims_1 (account_token=?)",
        "pk_claims",
    ),
}


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_an_index(main_database: Database, name: str) -> None:
    """No table is scanned."""
    await check_index(main_database, HOT[name], never=("SCAN",))


async def test_withdrawn_accounts_of_a_person_are_found_by_an_index(main_database: Database) -> None:
    """The list of persons alone is read to its end."""
    given = {"given": [("platform-a", "a" * 32)], "since": NOW}
    await check_index(
        main_database,
        (
            notice_store._WITHDRAWN,
            given,
            "ix_withdrawals_person (person_id=?)",
            "ix_withdrawals_person",
        ),
    )
