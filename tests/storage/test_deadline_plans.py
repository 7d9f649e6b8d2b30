"""What is open at each platform is counted from what is open alone, on both databases."""

from typing import Any

import pytest
from sqlalchemy import insert

from idvault.core.db.database import Database
from idvault.core.db.statement import Statement
from idvault.core.tables.sanction import content_measures
from idvault.erasure import store as erasure_store
from idvault.sanction.appeal.store import ROWS as APPEALS
from idvault.sanction.content_measure import store as measure_store
from idvault.sanction.narrowing import store as narrowing_store
from idvault.sanction.order import store as order_store
from idvault.session.contest.store import ROWS as CONTESTS
from idvault.session.disavowal import store as disavowal_store
from idvault.session.reinstatement.store import ROWS as REINSTATEMENTS
from idvault.tip_off.store import lists as tip_off_lists
from idvault_verify.sanction import AppealState
from tests.storage.plans import check_index
from tools.support import sql
from tools.support.storage_world import NOW

# Each statement with the partial index of what is open.
COUNTED: dict[str, tuple[Statement[Any], str]] = {
    "reports": (tip_off_lists.DEADLINES, "ix_tip_offs_open"),
    "appeals": (APPEALS.DEADLINES, "ix_appeals_due"),
    "content_appeals": (measure_store.DEADLINES, "ix_content_measures_due"),
    "contests": (CONTESTS.DEADLINES, "ix_contests_due"),
    "disavowals": (disavowal_store.DEADLINES, "ix_disavowals_due"),
    "reinstatements": (REINSTATEMENTS.DEADLINES, "ix_reinstatements_due"),
    "narrowings": (narrowing_store.DEADLINES, "ix_narrowings_open"),
    "orders": (order_store.DEADLINES, "ix_authority_orders_open"),
    "erasures": (erasure_store.DEADLINES, "ix_erasures_due"),
}


@pytest.mark.parametrize("name", COUNTED)
async def test_only_what_is_open_is_read(main_database: Database, name: str) -> None:
    """Whatever was decided long ago is not looked at; the groups, one a platform, are sorted."""
    asked, index = COUNTED[name]
    if name == "content_appeals":
        await _decide_many(main_database)
    await check_index(main_database, (asked, {"now": NOW}, index, index), never=())


async def _decide_many(database: Database) -> None:
    """Let most appeals be decided: PostgreSQL groups a table without rows by whichever index."""
    blank: dict[type, object] = {str: "", bytes: b"", object: NOW}
    wanted = {
        each.name: blank[each.type.python_type]
        for each in content_measures.c
        if not each.nullable and each.server_default is None
    }
    states = [AppealState.FILED, *[AppealState.REJECTED] * 299]
    rows = [
        {**wanted, "measure_id": f"{place:032x}", "appeal_state": state.value, "appeal_due_at": NOW}
        for place, state in enumerate(states)
    ]
    await sql.change(database, insert(content_measures).values(rows))
    await sql.run(database, "ANALYZE content_measures")
