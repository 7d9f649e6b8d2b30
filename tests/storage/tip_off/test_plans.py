"""Statements about reports use their indexes, on both databases, and lists read a bounded number of rows."""

from typing import Any

import pytest

from idvault.core.db.database import Database
from idvault.core.db.statement import Statement
from idvault.sanction.operation import store as operation_store
from idvault.tip_off.referral import store as referral_store
from idvault.tip_off.reporter import store as reporter_store
from idvault.tip_off.store import lists as tip_off_lists
from idvault.tip_off.store import rows as tip_off_rows
from tests.storage.plans import plan_of
from tools.support.databases import Databases
from tools.support.storage_world import NOW

PARTY = {"party": "platform-a"}
_PAGE: dict[str, Any] = {**PARTY, "group": 1, "at": NOW, "after": "", "before": NOW, "limit": 9}
_ONE = {**PARTY, "tip_off": "a" * 32}
# Each statement with its index: what the databases' plans name, and whether the plan may sort.
HOT: dict[str, tuple[Statement[Any], dict[str, Any], str]] = {
    "one report": (tip_off_rows._GET, _ONE, "sqlite_autoindex_tip_offs_1|pk_tip_offs"),
    "a report by its reference": (
        tip_off_rows._OF_REFERENCE,
        {**PARTY, "reference": "1"},
        "ix_tip_offs_reference",
    ),
    "a report by its reference, locked": (
        tip_off_rows._LOCK_REFERENCE,
        {**PARTY, "reference": "1"},
        "ix_tip_offs_reference",
    ),
    "merged reports": (
        tip_off_rows._LOCK_MERGED,
        {**PARTY, "leading": ["a" * 32]},
        "ix_tip_offs_merged_into",
    ),
    "all reports": (tip_off_lists.OF_PARTY, _PAGE, "ix_tip_offs_queue"),
    "reports in a state": (tip_off_lists.IN_STATE, {**_PAGE, "state": "RECEIVED"}, "ix_tip_offs_state"),
    "reports of a category": (
        tip_off_lists.OF_CATEGORY,
        {**_PAGE, "category": "FRAUD"},
        "ix_tip_offs_category",
    ),
    "reports of an assignee": (
        tip_off_lists.OF_ASSIGNEE,
        {**_PAGE, "assignee": "a" * 32},
        "ix_tip_offs_assignee",
    ),
    "reports of an operation": (
        tip_off_lists.OF_OPERATION,
        {**_PAGE, "operation": "a" * 32},
        "ix_tip_offs_operation",
    ),
    "reports of an operation by state": (
        operation_store.REPORTS,
        {**PARTY, "operation": "a" * 32},
        "ix_tip_offs_operation",
    ),
    "the report of a reference": (
        tip_off_lists.OF_REFERENCE,
        {**_PAGE, "reference": "1" * 12},
        "ix_tip_offs_reference",
    ),
    "reports about a target": (
        tip_off_lists.OF_TARGET,
        {**_PAGE, "target": "post/1", "target_kind": "CONTENT"},
        "ix_tip_offs_target",
    ),
    "due reminders": (tip_off_lists.DUE, {"now": NOW, "limit": 9}, "ix_tip_offs_remind_at"),
    "texts kept too long": (tip_off_lists.KEPT, {"before": NOW, "limit": 9}, "ix_tip_offs_kept"),
    "overdue reports": (tip_off_lists.OVERDUE, {"now": NOW}, "ix_tip_offs_open"),
    "open reports by state": (tip_off_lists.OPEN, {}, "ix_tip_offs_open"),
    "texts of a report": (tip_off_rows._ALL, _ONE, "sqlite_autoindex_tip_off_texts_1|pk_tip_off_texts"),
    "texts that a reporter reads": (
        tip_off_rows._FOLLOWED,
        _ONE,
        "sqlite_autoindex_tip_off_texts_1|pk_tip_off_texts",
    ),
    "a reporter": (
        reporter_store._LOCK,
        {**PARTY, "reporter": "a" * 32},
        "sqlite_autoindex_tip_off_reporters_1|pk_tip_off_reporters",
    ),
    "reporters": (
        reporter_store.ALL,
        {**PARTY, "after": "", "limit": 9},
        "sqlite_autoindex_tip_off_reporters_1|pk_tip_off_reporters",
    ),
    "the reporter of an id": (
        reporter_store.ONE,
        {**PARTY, "after": "", "limit": 9, "reporter": "a" * 32},
        "sqlite_autoindex_tip_off_reporters_1|pk_tip_off_reporters",
    ),
    "reporters in a standing": (
        reporter_store.IN_STANDING,
        {**PARTY, "after": "", "limit": 9, "standing": "TRUSTED"},
        "ix_tip_off_reporters_standing",
    ),
    "a referral": (
        referral_store._GET,
        {"authority": "a" * 32, "referral": "b" * 32},
        "sqlite_autoindex_tip_off_referrals_1|pk_tip_off_referrals",
    ),
    "referrals to an authority": (
        referral_store.OF_AUTHORITY,
        {"authority": "a" * 32, "at": NOW, "after": "", "limit": 9},
        "ix_tip_off_referrals_authority_id_referred_at_referral_id",
    ),
    "referrals of a report": (
        referral_store.FORGET,
        _ONE,
        "ix_tip_off_referrals_relying_party_tip_off_id",
    ),
    "old tries": (tip_off_rows._FORGET, {"before": NOW.date()}, "ix_tip_off_tries_day"),
    "old reporters": (reporter_store._FORGET, {"before": NOW.date()}, "ix_tip_off_reporters_day"),
}
SORTED = {
    "merged reports",
    "texts of a report",
    "open reports by state",
    "reports of an operation by state",
    # One at most.
    "the report of a reference",
}


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_an_index(main_database: Database, databases: Databases, name: str) -> None:
    """No table is scanned, and SQLite, which has no statistics, sorts no list."""
    asked, parameters, indexes = HOT[name]
    plan = await plan_of(main_database, asked, **parameters)
    if databases.kind == "postgres":
        assert "Seq Scan" not in plan
        return
    assert any(index in plan for index in indexes.split("|")), plan
    if name not in SORTED:
        assert "TEMP B-TREE" not in plan
