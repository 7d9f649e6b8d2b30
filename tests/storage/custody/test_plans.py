"""A hand-over of many records reads each of them once, on both databases."""

from idvault.core.db.database import Database
from idvault.custody.handover import store as handover_store
from tests.storage.plans import plan_of

_INDEX = "ix_records_present_quorum_id_account_token"


async def test_a_page_of_tokens_is_read_in_order(main_database: Database) -> None:
    """Only the index is read, without sorting the rest."""
    plan = await plan_of(main_database, handover_store._TOKENS, quorum_id="a" * 64, after="acct_", limit=9)
    assert f"COVERING INDEX {_INDEX} (present_quorum_id=? AND account_token>?)" in plan or (
        f"Index Only Scan using {_INDEX}" in plan
    )
    assert "ORDER BY" not in plan
    assert "Sort" not in plan


async def test_records_are_counted_by_the_index_alone(main_database: Database) -> None:
    """The sealed bytes are not read."""
    plan = await plan_of(main_database, handover_store._BY_QUORUM)
    assert f"COVERING INDEX {_INDEX}" in plan or f"Index Only Scan using {_INDEX}" in plan


async def test_a_batch_changes_its_records_by_their_key(main_database: Database) -> None:
    """One statement for all, and no other record is read."""
    changes = [("acct_1", "b" * 64, b"shares", None), ("acct_2", "b" * 64, b"shares", bytes(32))]
    plan = await plan_of(main_database, handover_store._PUT, changes=changes)
    assert "sqlite_autoindex_records_1 (account_token=?)" in plan or "Index Scan using pk_records" in plan
