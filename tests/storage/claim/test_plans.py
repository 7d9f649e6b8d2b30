"""Claim statements use their indexes, on both databases."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from idvault.account.store import person as account_person
from idvault.claim import store as claim_store
from idvault.claim.job import store as job_store
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, statement
from idvault.core.tables.claim import attempts, persons
from tests.storage.plans import plan_of
from tools.support.databases import Databases
from tools.support.storage_world import NOW
from tools.torture.registry import backlog

_KEY = {"token": "acct_1", "claim": "1" * 32}
_PERSON = {"party": "platform-a", "index": b"i" * 32, "other": b"p" * 32}
# Each statement with its indexes: as SQLite's plan names them, and as PostgreSQL's does.
HOT: dict[str, tuple[Statement[Any], dict[str, Any], list[str], list[str]]] = {
    "claim of a request": (
        claim_store._FIND,
        {"party": "platform-a", "request_id": "r"},
        ["SEARCH requests USING INDEX sqlite_autoindex_requests_1 (relying_party=? AND request_id=?)"],
        ["pk_requests", "pk_claims", "pk_accounts", "pk_jobs"],
    ),
    "overdue": (
        claim_store._OVERDUE,
        {"opened_before": NOW, "limit": 9},
        ["ix_claims_state_opened_at (state=? AND opened_at<?)"],
        ["ix_claims_state_opened_at"],
    ),
    "person": (
        account_person._LOCK,
        _PERSON,
        ["sqlite_autoindex_persons_1 (relying_party=? AND person_index=?)"],
        ["pk_persons"],
    ),
    "attempts": (
        claim_store._OF_PERSON,
        {"party": "platform-a", "today": b"t" * 32, "yesterday": b"y" * 32, "after": NOW - timedelta(days=1)},
        [
            "sqlite_autoindex_attempts_1 (relying_party=? AND limiter_key=?)",
            "ix_jobs_attempts (relying_party=? AND limiter_key=?)",
        ],
        ["pk_attempts", "ix_jobs_attempts"],
    ),
    "attempts of an account": (
        claim_store._OF_ACCOUNT,
        {"token": "acct_1", "after": NOW - timedelta(days=1)},
        ["sqlite_autoindex_account_attempts_1 (account_token=?)"],
        ["account_attempts"],
    ),
    "claim to settle": (
        claim_store._HELD,
        {**_KEY, "lease_id": "3" * 32},
        [
            "sqlite_autoindex_accounts_1 (account_token=?)",
            "sqlite_autoindex_jobs_1 (account_token=? AND claim_id=?)",
            "sqlite_autoindex_claims_1 (account_token=? AND claim_id=?)",
        ],
        ["pk_accounts", "pk_jobs", "pk_claims"],
    ),
    "leased jobs": (
        job_store._LOAD,
        {"keys": [("acct_1", "1" * 32)]},
        [
            "sqlite_autoindex_jobs_1 (account_token=? AND claim_id=?)",
            "sqlite_autoindex_claims_1 (account_token=? AND claim_id=?)",
        ],
        ["pk_jobs", "pk_claims"],
    ),
    "first jobs of a lane": (
        job_store._FIRST,
        {"lane": 1, "party": "platform-a", "now": NOW, "limit": 9},
        ["ix_jobs_queue (lane=? AND relying_party=? AND due_at<?)"],
        ["ix_jobs_queue"],
    ),
    "jobs before a new one": (
        job_store.BEFORE_RE_VERIFICATION,
        {"party": "platform-a", "kind": "INDIVIDUAL", "now": NOW},
        [
            "ix_jobs_queue (lane=? AND relying_party=? AND due_at<?)",
            "sqlite_autoindex_claims_1 (account_token=? AND claim_id=?)",
        ],
        ["ix_jobs_queue", "pk_claims"],
    ),
}
_MANY = 2_000
_ADD_PERSON, _ADD_ATTEMPT = statement(insert(persons)), statement(insert(attempts))
# A few rows, found by an index, that must be sorted because no index has this order.
SORTED = ("person", "two persons", "attempts", "overdue")


async def _fill(database: Database) -> None:
    """Fill the tables: PostgreSQL plans by its statistics."""
    await backlog.fill(database, count=_MANY)
    party, numbers = {"relying_party": "platform-a"}, range(_MANY)
    people = [
        {
            **party,
            "person_index": number.to_bytes(32, "big"),
            "index_version": 0,
            "person_id": f"{number:032x}",
            "accounts": 1,
            "sanctions": 0,
            "withdrawals": 0,
            "marked": None,
            "joined_id": None,
        }
        for number in numbers
    ]
    counted = [
        {**party, "limiter_key": number.to_bytes(32, "big"), "pair": b"1" * 32, "attempted_at": NOW}
        for number in numbers
    ]

    async def add(connection: Connection) -> None:
        await connection.many(_ADD_PERSON, people)
        await connection.many(_ADD_ATTEMPT, counted)

    await database.act("test", add)
    await backlog.analyse(database)


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_an_index(main_database: Database, databases: Databases, name: str) -> None:
    """No table is scanned, and the queue is not sorted."""
    asked, parameters, sqlite, postgres = HOT[name]
    if databases.kind == "postgres":
        await _fill(main_database)
    plan = await plan_of(main_database, asked, **parameters)
    wanted = postgres if databases.kind == "postgres" else sqlite
    assert [part for part in wanted if part not in plan] == [], plan
    if databases.kind == "postgres":
        assert "Seq Scan" not in plan
    else:
        assert "TEMP B-TREE" not in plan or name in SORTED
        assert "SCAN jobs" not in plan
        assert "SCAN claims" not in plan
        assert "SCAN persons" not in plan
