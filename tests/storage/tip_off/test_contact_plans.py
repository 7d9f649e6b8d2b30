"""Statements about proofs of an address use their indexes, on both databases."""

from typing import Any

import pytest

from idvault.core.db.database import Database
from idvault.core.db.statement import Statement
from idvault.tip_off.contact import store
from tests.storage.plans import plan_of
from tools.support.databases import Databases
from tools.support.storage_world import NOW

PROOF = {"party": "platform-a", "proof": "a" * 32}
HOT: dict[str, tuple[Statement[Any], dict[str, Any], str]] = {
    "a proof": (store._GET, PROOF, "sqlite_autoindex_contact_proofs_1|pk_contact_proofs"),
    "a proof, locked": (store._LOCK, PROOF, "sqlite_autoindex_contact_proofs_1|pk_contact_proofs"),
    "due mails": (store._DUE, {"now": NOW, "limit": 9}, "ix_contact_mails_next_at"),
    "a mail": (store._END_MAIL, {"mail": "a" * 32}, "sqlite_autoindex_contact_mails_1|pk_contact_mails"),
    "old proofs": (store.FORGET_PROOFS, {"now": NOW}, "ix_contact_proofs_expires_at"),
    "old mails": (store.FORGET_MAILS, {"now": NOW}, "ix_contact_mails_expires_at"),
    "old counts": (store.FORGET_COUNTS, {"before": NOW.date()}, "ix_contact_counts_day"),
    "anything old": (store.IS_OLD, {"now": NOW, "before": NOW.date()}, "ix_contact_proofs_expires_at"),
}


@pytest.mark.parametrize("name", HOT)
async def test_rows_are_found_by_an_index(main_database: Database, databases: Databases, name: str) -> None:
    """No table is scanned, and nothing is sorted."""
    asked, parameters, indexes = HOT[name]
    plan = await plan_of(main_database, asked, **parameters)
    if databases.kind == "postgres":
        assert "Seq Scan" not in plan
        return
    assert any(index in plan for index in indexes.split("|")), plan
    assert "TEMP B-TREE" not in plan
