"""Statements about measures on content use their indexes, on both databases."""

import pytest

from idvault.core.db.database import Database
from idvault.report import store as report_store
from idvault.sanction.content_measure import store
from idvault.sanction.store import publication
from tests.storage.plans import Hot, check_index
from tools.support.storage_world import NOW

_PARTY = {"party": "platform-a"}
_PAGE = {**_PARTY, "at": NOW, "after": "", "limit": 9}
_DUE = {"now": NOW, "limit": 9}
HOT: dict[str, Hot] = {
    "one measure": (
        store.ROWS._get,
        {**_PARTY, "id": "a" * 32},
        "sqlite_autoindex_content_measures_1 (relying_party=? AND measure_id=?)",
        "content_measures",  # of an empty table, any index of the platform
    ),
    "those on a content": (
        store.ROWS._pages["content"],
        {**_PAGE, "content": "post/17"},
        "ix_content_measures_relying_party_content_imposed_at_measure_id",
        "ix_content_measures_relying_party",
    ),
    "overdue appeals": (store.NOT_NOTED, _DUE, "ix_content_measures_due", "ix_content_measures_due"),
    "how many are overdue": (
        store.COUNT_OVERDUE,
        {"now": NOW},
        "ix_content_measures_due",
        "ix_content_measures_due",
    ),
    "texts to delete": (store.DELETABLE, _DUE, "ix_content_measures_delete", "ix_content_measures_delete"),
    "statements of a week": (
        publication.CONTENT_COUNTS,
        {"begin": NOW, "end": NOW},
        "ix_content_measures_imposed_at",
        "ix_content_measures_imposed_at",
    ),
    "appeals of a month": (
        report_store._CONTENT_APPEALS,
        {**_PARTY, "since": NOW, "until": NOW, "now": NOW},
        "ix_content_measures_appealed",
        "ix_content_measures_appealed",
    ),
}


@pytest.mark.parametrize("name", HOT)
async def test_a_statement_uses_its_index(main_database: Database, name: str) -> None:
    """On SQLite as on PostgreSQL."""
    # Those that count a month or a week sort few rows to group them.
    await check_index(main_database, HOT[name], never=())
