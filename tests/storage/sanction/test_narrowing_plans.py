"""Statements of narrowings and withdrawals use their indexes, on both databases."""

from typing import Any

import pytest

from idvault.account.store import withdrawal as withdrawal_store
from idvault.core.db.database import Database
from idvault.sanction.narrowing import store as narrowing_store
from idvault.status.credential import store as credential_store
from tests.storage.plans import Hot, check_index
from tools.support.storage_world import NOW

_ACCOUNT = {"token": "acct_1"}
_PAGE: dict[str, Any] = {"party": "platform-a", "at": NOW, "after": "", "limit": 9}
_ONE = {"party": "platform-a", "id": "a" * 32}
# Each statement with its index: as SQLite's plan names it, and as PostgreSQL's does.
HOT: dict[str, Hot] = {
    "one narrowing": (
        narrowing_store.ROWS._get,
        _ONE,
        "ix_narrowings_relying_party_sanction_id (relying_party=? AND sanction_id=?)",
        "ix_narrowings_relying_party",
    ),
    "narrowings of a party": (
        narrowing_store.ROWS._pages[None],
        _PAGE,
        "ix_narrowings_relying_party_began_at_sanction_id (relying_party=?",
        "ix_narrowings_relying_party_began_at_sanction_id",
    ),
    "what must be noted": (
        narrowing_store.NOT_NOTED,
        {"now": NOW, "limit": 9},
        "ix_narrowings_open (due_at<?)",
        "ix_narrowings_open",
    ),
    "whether anything remains": (
        narrowing_store._REMAINS,
        _ACCOUNT,
        "sqlite_autoindex_narrowings_1 (account_token=?)",
        "_narrowings",  # of an empty table, that of the open ones too
    ),
    "one withdrawal": (
        withdrawal_store.ROWS._get,
        _ONE,
        "ix_withdrawals_relying_party_withdrawal_id (relying_party=? AND withdrawal_id=?)",
        "ix_withdrawals_relying_party_withdrawal_id",
    ),
    "the withdrawal of an account": (
        withdrawal_store._PRESENT,
        _ACCOUNT,
        "sqlite_autoindex_withdrawals_1 (account_token=?)",
        "pk_withdrawals",
    ),
    "whom to forget": (
        withdrawal_store.DUE,
        {"now": NOW, "limit": 9},
        "ix_withdrawals_forget (forget_at<?)",
        "ix_withdrawals_forget",
    ),
    "credentials to withdraw": (
        credential_store._WITHDRAW,
        {**_ACCOUNT, "now": NOW},
        "sqlite_autoindex_status_credentials_1 (account_token=?)",
        "pk_status_credentials",
    ),
}


@pytest.mark.parametrize("name", HOT)
async def test_a_statement_uses_its_index(main_database: Database, name: str) -> None:
    """On SQLite as on PostgreSQL, without sorting."""
    await check_index(main_database, HOT[name])
