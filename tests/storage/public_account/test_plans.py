"""Statements of public accounts use their indexes, on both databases."""

from datetime import date
from typing import Any

import pytest

from idvault.core.db.database import Database
from idvault.public_account.store import lists as public_account_lists
from idvault.public_account.store import rows as public_account_rows
from idvault.sanction.store import standing as sanction_standing
from idvault.status import store as status_store
from idvault.status.credential import store as credential_store
from idvault_verify.public_account import PublicAccountState
from tests.storage.plans import Hot, check_index, plan_of
from tools.support.storage_world import NOW

_DAY = date(2026, 3, 1)
_PAGE: dict[str, Any] = {"party": "platform-a", "at": NOW, "after": "", "limit": 9}
_PARTY = "(relying_party=?"
# Each statement with its indexes: as SQLite's plan names them, and as PostgreSQL's does.
HOT: dict[str, Hot] = {
    "one public account": (
        public_account_rows._GET,
        {"party": "platform-a", "public": "a" * 32},
        "sqlite_autoindex_public_accounts_2 (relying_party=? AND public_account_id=?)",
        "_public_accounts_relying_party",
    ),
    "one to change": (
        public_account_rows._LOCK,
        {"token": "acct_1", "public": "a" * 32},
        "sqlite_autoindex_public_accounts_1 (account_token=? AND public_account_id=?)",
        "pk_public_accounts",
    ),
    "those of a person": (
        public_account_rows._OF_PERSON,
        {"party": "platform-a", "person_id": "p" * 32},
        "ix_public_accounts_relying_party_person_id (relying_party=? AND person_id=?)",
        "_public_accounts_relying_party",
    ),
    "what closed one of a person's": (
        public_account_rows._CLOSINGS,
        {"party": "platform-a", "person_id": "p" * 32},
        "ix_public_accounts_relying_party_person_id (relying_party=? AND person_id=?)",
        "_public_accounts_relying_party",
    ),
    "due steps": (
        public_account_lists.DUE,
        {"today": _DAY, "limit": 9},
        "ix_public_accounts_due (due_on<?)",
        "accounts_due",
    ),
    "those of a party": (
        public_account_lists.OF_PARTY,
        _PAGE,
        f"ix_public_accounts_relying_party_applied_at_public_account_id {_PARTY}",
        "ix_public_accounts_relying_party_applied_at_public_account_id",
    ),
    "applications": (
        public_account_lists.IN_STATE[PublicAccountState.APPLIED],
        _PAGE,
        f"ix_public_accounts_relying_party_state_applied_at_public_account_id {_PARTY} AND state=?",
        "ix_public_accounts_relying_party",
    ),
    "what is filed": (
        public_account_lists.VERSIONS,
        {"party": "platform-a", "at": NOW, "after": "", "limit": 9},
        "ix_public_account_versions_relying_party_public_account_id_changed_at (relying_party=?",
        "public_account_versions",
    ),
    "those of changed owners": (
        status_store._PUBLIC,
        {"party": "platform-a", "after": 5, "last": 9},
        "ix_status_feed_publishing (relying_party=? AND sequence>? AND sequence<?)",
        "_status_feed",
    ),
    "entries of public accounts on a page": (
        credential_store._PUBLIC_ENTRIES_OF_PAGE,
        {"number": 0, "first": 0, "last": 99},
        "ix_status_credentials_public (number=? AND place>? AND place<?)",
        "status_credentials",
    ),
    "what sets a standing": (
        sanction_standing._OF_PUBLIC,
        {"token": "acct_1", "public": "a" * 32},
        "SEARCH sanctions USING INDEX sqlite_autoindex_sanctions_1 (account_token=?)",
        "pk_sanctions",
    ),
    "operators": (
        public_account_rows._OF_OWNERS,
        {"tokens": ["acct_1"]},
        "sqlite_autoindex_public_account_operators_1 (account_token=?)",
        "pk_public_account_operators",
    ),
    "what is offered to an account": (
        public_account_lists.OFFERED,
        {"party": "platform-a", "token": "acct_1", "since": NOW, "limit": 9},
        "ix_public_accounts_offered (offered_to=? AND offered_at>?)",
        "ix_public_accounts_offered",
    ),
    "expiring ones": (
        public_account_lists.EXPIRING,
        {
            "party": "platform-a",
            "until": _DAY,
            "day": _DAY,
            "after": "",
            "limit": 9,
            "lapsed": _DAY,
            "now": NOW,
        },
        f"ix_public_accounts_expiring {_PARTY}",
        "ix_public_accounts_expiring",
    ),
}


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_an_index(main_database: Database, name: str) -> None:
    """No table is scanned, and SQLite, which has no statistics, sorts no list."""
    # An owner's few operators may be sorted.
    await check_index(main_database, HOT[name], but=("TEMP B-TREE",) if name == "operators" else ())


@pytest.mark.parametrize("state", PublicAccountState)
async def test_every_list_by_state(main_database: Database, state: PublicAccountState) -> None:
    """A list by state reads its party's rows in the order of the list, and no table."""
    known: dict[str, Any] = {"today": _DAY, "lapsed": _DAY, "now": NOW}
    parameters = {name: known[name] for name in public_account_lists._IN_STATE[state][1]}
    plan = await plan_of(main_database, public_account_lists.IN_STATE[state], **_PAGE, **parameters)
    assert "Seq Scan" not in plan
    assert "SCAN public_accounts" not in plan


async def test_the_list_of_an_owner(main_database: Database) -> None:
    """An owner's few public accounts are found by the token or in the order of the list."""
    plan = await plan_of(main_database, public_account_lists.OF_OWNER, **_PAGE, token="acct_1")
    assert "Seq Scan" not in plan
    assert "SCAN public_accounts" not in plan
