"""The worker's periodic statements use their indexes, on both databases."""

from typing import Any

import pytest

from idvault.storage.account import feed, store
from idvault.storage.base.database import Database
from idvault.storage.base.statement import Statement
from idvault.storage.credential import status_list
from idvault.storage.log import node
from idvault.storage.log import store as log
from tests.storage.plans import plan_of
from tests.support.databases import Databases
from tests.support.storage_world import NOW, TODAY

_PARTIES = ["platform-a", "platform-b"]
_TOKENS = ["acct_1", "acct_2"]
# Each statement with its indexes: as SQLite's plan names them, and as PostgreSQL's does.
HOT: dict[str, tuple[Statement[Any], dict[str, Any], str, str]] = {
    "status": (
        store._GET,
        {"token": "acct_1", "party": "platform-a"},
        "SEARCH accounts USING INDEX sqlite_autoindex_accounts_1 (account_token=?)",
        "pk_accounts",
    ),
    "statuses": (
        store._GET_MANY,
        {"tokens": _TOKENS, "party": "platform-a"},
        "SEARCH accounts USING INDEX sqlite_autoindex_accounts_1 (account_token=?)",
        "pk_accounts",
    ),
    "expiring": (
        store._EXPIRING,
        {"today": TODAY, "limit": 9},
        "ix_accounts_expiring (state=? AND expire_date<?)",
        "ix_accounts_expiring",
    ),
    "abandoned": (
        store._ABANDONED,
        {"before": NOW, "limit": 9},
        "ix_accounts_abandoned (state=? AND claim_ended_at<?)",
        "ix_accounts_abandoned",
    ),
    "waiting parties": (
        feed._WAITING,
        {"limit": 9},
        "ix_status_feed_unarranged",
        "ix_status_feed_unarranged",
    ),
    "waiting changes": (
        feed._UNARRANGED,
        {"parties": _PARTIES, "limit": 9},
        "ix_status_feed_unarranged (relying_party=?)",
        "ix_status_feed_unarranged",
    ),
    "numbers of changes": (
        feed._ARRANGE,
        {"places": [("acct_1", 1)]},
        "SEARCH status_feed USING COVERING INDEX sqlite_autoindex_status_feed_1 (account_token=?)",
        "pk_status_feed",
    ),
    "changes": (
        feed._CHANGES,
        {"party": "platform-a", "after": 0, "limit": 9},
        "sqlite_autoindex_status_feed_2 (relying_party=? AND sequence>?)",
        "uq_status_feed_relying_party_sequence",
    ),
    "unlisted changes": (
        status_list._CHANGED,
        {"limit": 9},
        "ix_status_feed_unlisted",
        "ix_status_feed_unlisted",
    ),
    "listed changes": (
        status_list._FOLLOW,
        {"seen": [("acct_1", 1)]},
        "SEARCH status_feed USING INDEX sqlite_autoindex_status_feed_1 (account_token=?)",
        "pk_status_feed",
    ),
    "unsequenced entries": (
        log._WAITING,
        {"limit": 9},
        "ix_log_entries_unsequenced",
        "ix_log_entries_unsequenced",
    ),
    "age of entries": (log._UNSEQUENCED, {}, "ix_log_entries_unsequenced", "ix_log_entries_unsequenced"),
    "places of entries": (
        log._PLACE,
        {"places": [("e" * 32, 1)]},
        "SEARCH log_entries USING INDEX sqlite_autoindex_log_entries_1 (entry_id=?)",
        "pk_log_entries",
    ),
    "hashes": (
        node._FIND,
        {"runs": [(0, 1, 2)]},
        "sqlite_autoindex_log_nodes_1 (level=? AND node_index>? AND node_index<?)",
        "pk_log_nodes",
    ),
}


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_an_index(main_database: Database, databases: Databases, name: str) -> None:
    """No table is scanned, and SQLite, which has no statistics, sorts no queue."""
    asked, parameters, sqlite, postgres = HOT[name]
    plan = await plan_of(main_database, asked, **parameters)
    if databases.kind == "postgres":
        assert postgres in plan
        assert "Seq Scan" not in plan
    else:
        assert sqlite in plan
        assert "TEMP B-TREE" not in plan
