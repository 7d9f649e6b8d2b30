"""Statements of sanctions use their indexes, on both databases."""

from typing import Any

import pytest

from idvault.account.store import person as account_person
from idvault.authority import store as authority_store
from idvault.authority.joint_operation import store as joint_store
from idvault.core.db.database import Database
from idvault.moderator import store as moderator_store
from idvault.sanction.operation import store as operation_store
from idvault.sanction.order import store as order_store
from idvault.sanction.sanction_template import store as template_store
from idvault.sanction.store import publication as sanction_publication
from idvault.sanction.store import rows as sanction_rows
from idvault.sanction.store import standing as sanction_standing
from tests.storage.plans import Hot, check_index, plan_of
from tools.support.storage_world import NOW

_PAGE: dict[str, Any] = {"party": "platform-a", "at": NOW, "after": "", "limit": 9}
# Each statement with its indexes: as SQLite's plan names them, and as PostgreSQL's does.
HOT: dict[str, Hot] = {
    "one sanction": (
        sanction_rows.ROWS._get,
        {"party": "platform-a", "id": "a" * 32},
        "ix_sanctions_relying_party_sanction_id (relying_party=? AND sanction_id=?)",
        "ix_sanctions_relying_party",
    ),
    "what sets a standing": (
        sanction_standing._SOURCES,
        {"token": "acct_1"},
        "SEARCH sanctions USING INDEX sqlite_autoindex_sanctions_1 (account_token=?)",
        "pk_sanctions",
    ),
    "what an account follows": (
        account_person._OF_ACCOUNT,
        {"token": "acct_1"},
        "sqlite_autoindex_followers_1 (account_token=?)",
        "pk_followers",
    ),
    "sanctions of a person": (
        account_person._OF_PERSON,
        {"party": "platform-a", "person": "a" * 32},
        "ix_sanctions_person (relying_party=? AND person_id=?)",
        "ix_sanctions_person",
    ),
    "followers of a lifted sanction": (
        account_person._LIFTED,
        {"party": "platform-a", "sanction": "a" * 32, "lifted": 0},
        "ix_followers_relying_party_sanction_id (relying_party=? AND sanction_id=?)",
        "ix_followers_relying_party_sanction_id",
    ),
    "followers that are due": (
        account_person.DUE,
        {"now": NOW, "limit": 9},
        "ix_followers_due (due_at<?)",
        "ix_followers_due",
    ),
    "due lapses": (
        sanction_rows.DUE,
        {"now": NOW, "limit": 9},
        "ix_sanctions_due (due_at<?)",
        "ix_sanctions_due",
    ),
    "sanctions of a party": (
        sanction_rows.OF_PARTY,
        _PAGE,
        "ix_sanctions_relying_party_imposed_at_sanction_id (relying_party=?",
        "ix_sanctions_relying_party_imposed_at_sanction_id",
    ),
    "sanctions in a state": (
        sanction_rows.IN_STATE,
        {**_PAGE, "state": "PROPOSED", "now": NOW},
        "ix_sanctions_relying_party_state_imposed_at_sanction_id (relying_party=? AND state=?",
        "ix_sanctions_relying_party_state",
    ),
    "sanctions of an operation": (
        sanction_rows.OF_OPERATION,
        {**_PAGE, "operation": "a" * 32, "state": "", "now": NOW},
        "ix_sanctions_operation (relying_party=? AND operation_id=?",
        "ix_sanctions_operation",
    ),
    "figures of an operation": (
        operation_store.COUNT,
        {"party": "platform-a", "operation": "a" * 32, "now": NOW},
        "ix_sanctions_operation (relying_party=? AND operation_id=?)",
        "ix_sanctions_operation",
    ),
    "templates of a party": (
        template_store.ROWS._pages[None],
        _PAGE,
        "ix_sanction_templates_relying_party_made_at_template_id (relying_party=?",
        "ix_sanction_templates_relying_party_made_at_template_id",
    ),
    "how many templates a party has": (
        template_store.COUNT,
        {"party": "platform-a"},
        "(relying_party=?)",
        "sanction_templates",
    ),
    "the first sanction of an order": (
        order_store._FIRST,
        {"party": "platform-a", "digest": bytes(32)},
        "ix_sanctions_order (relying_party=? AND order_digest=?)",
        "ix_sanctions_order",
    ),
    "orders of a party": (
        order_store._ALL,
        _PAGE,
        "ix_authority_orders_relying_party_recorded_at_order_id (relying_party=?",
        "ix_authority_orders_relying_party_recorded_at_order_id",
    ),
    "orders of an authority": (
        authority_store.OF_ISSUER,
        {"issuer": "a" * 32, "at": NOW, "after": "", "limit": 9},
        "ix_authority_orders_issuer (issuer=?",
        "ix_authority_orders_issuer",
    ),
    "one order of an authority": (
        authority_store._GET,
        {"issuer": "a" * 32, "order": "b" * 32},
        "ix_authority_orders_issued (issuer=? AND order_id=?)",
        "ix_authority_orders_issue",
    ),
    "joint operations of an authority": (
        joint_store.OF_ISSUER,
        {"issuer": "a" * 32, "at": NOW, "after": "", "limit": 9},
        "ix_joint_operations_issuer_opened_at_operation_id (issuer=?",
        "ix_joint_operations_issuer_opened_at_operation_id",
    ),
    "joint operations that are over": (
        operation_store.ENDED,
        {"now": NOW, "limit": 9},
        "ix_operations_end (end_at>? AND end_at<?)",
        "ix_operations_end",
    ),
    "sanctions of a joint operation": (
        joint_store.SANCTIONS,
        {"parties": ["platform-a"], "operation": "a" * 32, "begin": NOW, "end": NOW},
        "ix_sanctions_operation (relying_party=? AND operation_id=?)",
        "ix_sanctions_",
    ),
    "reports of a joint operation": (
        joint_store.REPORTS,
        {"parties": ["platform-a"], "operation": "a" * 32, "begin": NOW, "end": NOW},
        "ix_tip_offs_operation (relying_party=? AND operation_id=?)",
        "ix_tip_offs_",
    ),
    "orders whose deadline has passed": (
        order_store.DUE,
        {"now": NOW, "limit": 9},
        "ix_authority_orders_open (deadline<?)",
        "ix_authority_orders_open",
    ),
    "statements of a week": (
        sanction_publication.COUNTS,
        {"begin": NOW, "end": NOW},
        "ix_sanctions_started (started_at>? AND started_at<?)",
        "ix_sanctions_started",
    ),
    "the first statement": (
        sanction_publication.FIRST,
        {},
        "ix_sanctions_started",
        "ix_sanctions_started",
    ),
    "proposals": (
        sanction_rows.PROPOSED,
        {"now": NOW, "latest": NOW},
        "ix_sanctions_due (due_at>? AND due_at<?)",
        "ix_sanctions_due",
    ),
    "the first end that is due": (
        sanction_rows.FIRST_DUE,
        {"now": NOW},
        "ix_sanctions_due (due_at<?)",
        "ix_sanctions_due",
    ),
    "a moderator": (
        moderator_store.ROWS._get,
        {"party": "platform-a", "id": "1" * 32},
        "sqlite_autoindex_moderators_1 (relying_party=? AND moderator_id=?)",
        "_moderators",
    ),
}


GROUPED = (
    "sanctions of a joint operation",
    "reports of a joint operation",
    "figures of an operation",
    "statements of a week",
)


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_an_index(main_database: Database, name: str) -> None:
    """No table is scanned, and SQLite, which has no statistics, sorts no list."""
    await check_index(main_database, HOT[name], but=("TEMP B-TREE",) if name in GROUPED else ())


async def test_the_list_of_an_account(main_database: Database) -> None:
    """An account's few sanctions are found by its token or in the order of the list."""
    asked = {**_PAGE, "token": "acct_1", "state": "", "now": NOW}
    plan = await plan_of(main_database, sanction_rows.OF_ACCOUNT, **asked)
    assert "Seq Scan" not in plan
    assert "SCAN sanctions" not in plan
