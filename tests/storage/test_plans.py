"""The worker's periodic statements use their indexes, on both databases."""

import pytest

from idvault.account.store import rows as account_rows
from idvault.core.db.database import Database
from idvault.core.db.look_up import KEYS, PARTY
from idvault.core.db.postgresql import Postgresql
from idvault.log import store as log_store
from idvault.status import store as status_store
from idvault.status.credential import store as credential_store
from tests.storage.plans import Hot, check_index, plan_of
from tools.support import sql
from tools.support.storage_world import NOW, TODAY

_PARTIES = ["platform-a", "platform-b"]
_TOKENS = ["acct_1", "acct_2"]
# Each statement with its indexes: as SQLite's plan names them, and as PostgreSQL's does.
# Those of a day are removed in an order that tells nothing, which an index of when they ended cannot give.
_SORTS = {"abandoned": ("TEMP B-TREE FOR ORDER BY",)}
HOT: dict[str, Hot] = {
    "status": (
        account_rows.GET.statement,
        {KEYS: _TOKENS, PARTY: "platform-a"},
        "SEARCH accounts USING INDEX sqlite_autoindex_accounts_1 (account_token=?)",
        "pk_accounts",
    ),
    "statuses": (
        status_store._PACKED_MANY,
        {"tokens": _TOKENS, "party": "platform-a"},
        "SEARCH accounts USING INDEX sqlite_autoindex_accounts_1 (account_token=?)",
        "pk_accounts",
    ),
    "expiring": (
        status_store._EXPIRING,
        {"today": TODAY, "limit": 9},
        "ix_accounts_expiring (state=? AND expire_date<?)",
        "ix_accounts_expiring",
    ),
    "abandoned": (
        status_store._ABANDONED,
        {"before": NOW, "limit": 9},
        "ix_accounts_abandoned (state=? AND claim_ended_at<?)",
        "ix_accounts_abandoned",
    ),
    "waiting parties": (
        status_store._WAITING,
        {"limit": 9},
        "ix_status_feed_unarranged",
        "ix_status_feed_unarranged",
    ),
    "waiting changes": (
        status_store._UNARRANGED,
        {"parties": _PARTIES, "limit": 9},
        "ix_status_feed_unarranged (relying_party=?)",
        "ix_status_feed_unarranged",
    ),
    "numbers of changes": (
        status_store._ARRANGE,
        {"places": [("acct_1", 1)]},
        "SEARCH status_feed USING COVERING INDEX sqlite_autoindex_status_feed_1 (account_token=?)",
        "pk_status_feed",
    ),
    "changes": (
        status_store._CHANGES,
        {"party": "platform-a", "after": 0, "limit": 9},
        "sqlite_autoindex_status_feed_2 (relying_party=? AND sequence>?)",
        "uq_status_feed_relying_party_sequence",
    ),
    "unlisted changes": (
        credential_store._CHANGED,
        {"limit": 9},
        "ix_status_feed_unlisted",
        "ix_status_feed_unlisted",
    ),
    "entries whose time has come": (
        credential_store._DUE,
        {"now": NOW, "limit": 9},
        "ix_status_credentials_turning (turns_at<?)",
        "ix_status_credentials_turning",
    ),
    "the times of entries": (
        credential_store._TURN,
        {"turns": [("acct_1", "a" * 32, None, NOW)]},
        "USING INDEX sqlite_autoindex_status_credentials_1 (account_token=? AND credential_id=?",
        "pk_status_credentials",
    ),
    "listed changes": (
        credential_store._FOLLOW,
        {"seen": [("acct_1", 1)]},
        "SEARCH status_feed USING INDEX sqlite_autoindex_status_feed_1 (account_token=?)",
        "pk_status_feed",
    ),
    "a page of a status list": (
        credential_store._ENTRIES_OF_PAGE,
        {"number": 0, "first": 0, "last": 9},
        "(number=? AND place>? AND place<?)",
        "uq_status_credentials_number_place",
    ),
    "unsequenced entries": (
        log_store._WAITING,
        {"limit": 9},
        "ix_log_entries_unsequenced",
        "ix_log_entries_unsequenced",
    ),
    "age of entries": (
        log_store._UNSEQUENCED,
        {},
        "ix_log_entries_unsequenced",
        "ix_log_entries_unsequenced",
    ),
    "places of entries": (
        log_store._PLACE,
        {"places": [("e" * 32, 1)]},
        "SEARCH log_entries USING INDEX sqlite_autoindex_log_entries_1 (entry_id=?)",
        "pk_log_entries",
    ),
    "hashes": (
        log_store._FIND_NODE,
        {"at_level": 0, "first": 1, "last": 2, "limit": 2},
        "sqlite_autoindex_log_nodes_1 (level=? AND node_index>? AND node_index<?)",
        "pk_log_nodes",
    ),
}


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_an_index(main_database: Database, name: str) -> None:
    """No table is scanned, and SQLite, which has no statistics, sorts no queue."""
    # Rows that were found may be grouped: they are at most as many as one call may ask for.
    await check_index(main_database, HOT[name], but=("TEMP B-TREE FOR GROUP BY", *_SORTS.get(name, ())))


async def test_hashes_of_a_long_log_are_found_by_their_index(main_database: Database) -> None:
    """A run is read through the index although PostgreSQL may scan and knows that the log is long."""
    values = ", ".join(
        f"({level}, {index}, x'00')" for level in (0, 8, 16) for index in range(20_000 >> level)
    )
    if isinstance(main_database._driver, Postgresql):
        values = values.replace("x'00'", "'\\x00'")
    await sql.run(main_database, f"INSERT INTO log_nodes (level, node_index, hash) VALUES {values}")  # noqa: S608
    await sql.run(main_database, "ANALYZE log_nodes")
    plan = await plan_of(
        main_database, log_store._FIND_NODE, scans=True, at_level=0, first=512, last=767, limit=256
    )
    assert "Seq Scan" not in plan
    assert "SCAN log_nodes" not in plan
