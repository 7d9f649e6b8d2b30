"""Statements of appeals use their indexes, on both databases, and what an appeal costs."""

from typing import Any

import pytest

from idvault.core.db.database import Database
from idvault.public_account.store import rows as public_account_rows
from idvault.sanction.appeal.store import ROWS
from idvault_verify.sanction import AppealState
from tests.storage.hooks import before_statements
from tests.storage.plans import Hot, check_index, plan_of
from tests.support.appeal_world import AppealWorld
from tools.support.databases import Databases
from tools.support.storage_world import NOW

_PAGE: dict[str, Any] = {"party": "platform-a", "at": NOW, "after": "", "limit": 9}
_LATE = {**_PAGE, "due_before": NOW}
# Each statement with its index: as SQLite's plan names it, and as PostgreSQL's does.
HOT: dict[str, Hot] = {
    "one appeal": (
        ROWS._get,
        {"party": "platform-a", "id": "a" * 32},
        "ix_appeals_relying_party_appeal_id (relying_party=? AND appeal_id=?)",
        "ix_appeals_relying_party",
    ),
    "the appeal of a sanction": (
        ROWS.AGAINST,
        {"token": "acct_1", "against": "a" * 32, "party": "platform-a"},
        "sqlite_autoindex_appeals_2 (account_token=? AND sanction_id=?)",
        "_appeals_",  # of an empty table, any that begins with the account or the party
    ),
    "a text": (
        ROWS.TEXT,
        {"token": "acct_1", "id": "a" * 32},
        "sqlite_autoindex_appeals_1 (account_token=? AND appeal_id=?)",
        "Index Scan using",
    ),
    "appeals of a party": (
        ROWS._pages[None],
        _PAGE,
        "ix_appeals_relying_party_filed_at_appeal_id (relying_party=?",
        "ix_appeals_relying_party_filed_at_appeal_id",
    ),
    "appeals in a state": (
        ROWS._pages["state"],
        {**_LATE, "word": "FILED"},
        "ix_appeals_relying_party_state_filed_at_appeal_id (relying_party=? AND state=?",
        "ix_appeals_relying_party_state",
    ),
    "what must be noted": (
        ROWS.NOT_NOTED,
        {"due_before": NOW, "limit": 9},
        "ix_appeals_due (overdue_at=? AND due_at<?)",
        "ix_appeals_due",
    ),
    "what must be deleted": (
        ROWS.DELETABLE,
        {"now": NOW, "limit": 9},
        "ix_appeals_delete (delete_at<?)",
        "ix_appeals_delete",
    ),
    "what is open": (
        public_account_rows._DISPUTES,
        {"token": "acct_1", "public": "a" * 32, "now": NOW},
        "SEARCH appeals USING INDEX sqlite_autoindex_appeals",
        "_appeals_",
    ),
}
# What an owner's and a moderator's acts send: the flow's reads, and the act's own statements.
SENT = {"sqlite": {"file": 11, "decide": 16}, "postgres": {"file": 6, "decide": 9}}


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_an_index(main_database: Database, name: str) -> None:
    """No table is scanned, and SQLite, which has no statistics, sorts no list."""
    await check_index(main_database, HOT[name])


async def test_the_list_of_an_account(main_database: Database) -> None:
    """An account's few appeals are found by its token or in the order of the list."""
    plan = await plan_of(main_database, ROWS._pages["account"], **_LATE, token="acct_1", word="")
    assert "Seq Scan" not in plan
    assert "SCAN appeals" not in plan


async def test_an_appeal_is_few_statements(main_database: Database, databases: Databases) -> None:
    """Filing and upholding, whatever else there is."""
    world = AppealWorld(main_database)
    seen: list[str] = []
    _, made, judge = await world.case()
    with before_statements(main_database, seen.append):
        appeal = await world.file(made)
        filed = len(seen)
        await world.decide(appeal, AppealState.UPHELD, key=judge)
    assert {"file": filed, "decide": len(seen) - filed} == SENT[databases.kind]
