"""Lists of disclosures and their parts are found by indexes, on both databases."""

from typing import Any

import pytest

from idvault.account.store import version as account_version
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement
from idvault.disclosure.store import lists as disclosure_lists
from idvault.disclosure.store import rows as disclosure_rows
from idvault.log import store as log_store
from tests.storage.plans import plan_of
from tools.support.databases import Databases
from tools.support.storage_world import NOW

_PENDING = {"now": NOW, "quorum_ids": ["a", "b"], "custodian": "c", "offset": 0, "limit": 9}
_BY_STATE = "ix_disclosures_state_expire_at"
# Each statement with the text that SQLite's plan must contain, and the index in PostgreSQL's plan.
PLANS: dict[str, tuple[Statement[Any], dict[str, Any], str, str]] = {
    "due": (
        disclosure_lists._DUE,
        {"now": NOW, "repeats_end": NOW, "limit": 9},
        f"{_BY_STATE} (state=? AND expire_at<?)",
        _BY_STATE,
    ),
    "of_auditor": (
        disclosure_lists._OF_AUDITOR,
        {"actor_id": "a", "below": 9, "limit": 9},
        "(auditor_actor_id=? AND number<?)",
        "uq_disclosures_auditor_actor_id_number",
    ),
    "filed on": (
        disclosure_lists._FILED_ON,
        {"actor_id": "a", "day": NOW.date()},
        "(actor_id=? AND day=?)",
        "pk_disclosure_budgets",
    ),
    "pending": (disclosure_lists._PENDING, _PENDING, f"{_BY_STATE} (state=? AND expire_at>?)", _BY_STATE),
    "decided": (
        disclosure_lists._DECIDED,
        {"actor_id": "a", "offset": 0, "limit": 9},
        "ix_disclosure_decisions_custodian_actor_id_decided_at (custodian_actor_id=?)",
        "ix_disclosure_decisions_custodian_actor_id_decided_at",
    ),
    "decisions": (
        disclosure_rows._DECISIONS,
        {"ids": ["a", "b"]},
        "SEARCH disclosure_decisions USING INDEX sqlite_autoindex_disclosure_decisions_2 (disclosure_id=?)",
        "uq_disclosure_decisions_disclosure_id_custodian",
    ),
    "one": (
        disclosure_rows._FIND,
        {"disclosure_id": "a"},
        "SEARCH disclosures USING INDEX sqlite_autoindex_disclosures_2 (disclosure_id=?)",
        "uq_disclosures_disclosure_id",
    ),
    "disclosures since": (
        disclosure_lists._DISCLOSURES_SINCE,
        {"actor_id": "a", "since": NOW},
        "(auditor_actor_id=? AND disclosed_at>?)",
        "ix_disclosures_auditor_actor_id_disclosed_at",
    ),
    "disclosures": (
        disclosure_lists._DISCLOSURES,
        {"token": "a"},
        "SEARCH disclosures USING INDEX sqlite_autoindex_disclosures_1 (account_token=?)",
        "pk_disclosures",
    ),
    "former versions that are due": (
        account_version._DUE,
        {"now": NOW, "limit": 9},
        "SEARCH kept_records USING INDEX ix_kept_records_due_at (due_at<?)",
        "ix_kept_records_due_at",
    ),
    "versions of an account": (
        account_version._LASTING,
        {"token": "a"},
        "SEARCH kept_records USING INDEX sqlite_autoindex_kept_records_1 (account_token=?)",
        "pk_kept_records",
    ),
    "evidence": (
        log_store.LOGGED_NEWEST_FIRST,
        {"token": "a"},
        "SEARCH log_openings USING INDEX sqlite_autoindex_log_openings_1 (account_token=?)",
        "pk_log_openings",
    ),
}


@pytest.mark.parametrize("name", PLANS)
async def test_an_index_finds_the_rows(main_database: Database, databases: Databases, name: str) -> None:
    """The intended index is used, so no table of disclosures is scanned."""
    asked, parameters, sqlite, postgresql = PLANS[name]
    plan = await plan_of(main_database, asked, **parameters)
    assert (sqlite if databases.kind == "sqlite" else postgresql) in plan
    assert "SCAN disclosure" not in plan
