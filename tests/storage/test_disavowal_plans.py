"""Statements of disavowals and inquiries use their indexes, on both databases."""

from typing import Any

import pytest

from idvault.account.store import disavowal as account_disavowal
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement
from idvault.session.disavowal import store
from idvault.session.inquiry import store as inquiry_store
from tests.storage.plans import Hot, check_index
from tools.support.storage_world import NOW

_ACCOUNT = {"token": "acct_1"}
_PAGE: dict[str, Any] = {"party": "platform-a", "at": NOW, "after": "", "limit": 9}
_ONE = {"party": "platform-a", "id": "a" * 32}
# Each statement with its index: as SQLite's plan names it, and as PostgreSQL's does.
HOT: dict[str, Hot] = {
    "one disavowal": (
        store.ROWS._get,
        _ONE,
        "ix_disavowals_relying_party_disavowal_id (relying_party=? AND disavowal_id=?)",
        "ix_disavowals_relying_party",
    ),
    "disavowals of a party": (
        store.ROWS._pages[None],
        _PAGE,
        "ix_disavowals_relying_party_filed_at_disavowal_id (relying_party=?",
        "ix_disavowals_relying_party_filed_at_disavowal_id",
    ),
    "whom to tell": (
        store.DUE,
        {"now": NOW, "limit": 9},
        "ix_waiting_disavowals_tell_at_account_token (tell_at<?)",
        "ix_waiting_disavowals_tell_at_account_token",
    ),
    "what is due": (
        store.OVERDUE,
        {"due_before": NOW, "limit": 9},
        "ix_disavowals_due (overdue_at=? AND due_at<?)",
        "ix_disavowals_due",
    ),
    "what a platform was told of": (
        store.COUNT_TOLD,
        {"party": "platform-a", "since": NOW, "limit": 101},
        "ix_disavowals_relying_party_filed_at_disavowal_id (relying_party=? AND filed_at>?)",
        "ix_disavowals_",
    ),
    "what ends with an account": (
        account_disavowal._CLOSE,
        {**_ACCOUNT, "state": "ENDED", "now": NOW},
        "sqlite_autoindex_disavowals_1 (account_token=?)",
        "_disavowals",  # of an empty table, that of the undecided ones too
    ),
    "inquiries to purge": (
        inquiry_store._PURGE,
        {"before": NOW},
        "ix_inquiries_began_at (began_at<?)",
        "ix_inquiries_began_at",
    ),
}


@pytest.mark.parametrize("name", HOT)
async def test_a_statement_uses_its_index(main_database: Database, name: str) -> None:
    """On SQLite as on PostgreSQL, without sorting."""
    await check_index(main_database, HOT[name])


@pytest.mark.parametrize("opened", [False, True])
async def test_what_a_person_reads_is_found_from_her(main_database: Database, opened: bool) -> None:
    """From her index to her withdrawals, and on by the account: only her own rows are sorted."""
    asked: Statement[Any] = inquiry_store.OPENED if opened else inquiry_store.DISCLOSED
    given = {"sought": [("platform-a", b"i" * 32)], "horizon": NOW}
    hot = (asked, given, "ix_withdrawals_whose (person_id=?)", "ix_withdrawals_")
    tables = ("persons", "withdrawals", "claims", "receipts", "disclosures", "disclosure_openings")
    await check_index(main_database, hot, never=[f"SCAN {each}" for each in (*tables, "log_entries")])
