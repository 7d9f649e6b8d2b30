"""What the acts of a sanction cost, and what a status costs under sanctions, on both databases."""

from collections.abc import Awaitable
from typing import Any

import pytest

from idvault.domain.sanction.sanction import Degree
from idvault.storage.base.database import Database
from tests.storage.hooks import before_statements
from tests.support.sanction_world import SanctionWorld, until
from tests.support.storage_world import MATCHED
from tests.support.storage_world import World as Stores

HOUR = 3_600


@pytest.fixture
async def sanctions(main_database: Database) -> SanctionWorld:
    """Return the flows with a new database of each kind."""
    return SanctionWorld(main_database)


async def _sent(database: Database, act: Awaitable[Any]) -> int:
    """Return a flow's number of statements, reads included, without BEGIN and COMMIT."""
    seen: list[str] = []
    with before_statements(database, seen.append):
        await act
    return len(seen)


async def test_a_decision_costs_no_more_than_a_settlement(sanctions: SanctionWorld) -> None:
    """The act of imposing, confirming or lifting has at most the statements of one sign-up's settlement."""
    database = sanctions.database
    stores = Stores(database)
    job = await stores.job()
    settled = await _sent(database, stores.settle(job, MATCHED))
    token = await sanctions.account()
    first, second = await sanctions.moderator(1), await sanctions.moderator(2)
    proposed = await sanctions.impose(token, Degree.CLOSE, key=first)
    reads = 3  # the repeated request, the sanction, the moderator: each without a lock
    counts = {
        "impose": await _sent(database, sanctions.impose(token, Degree.WARN, key=first)),
        "confirm": await _sent(database, sanctions.confirm(proposed, key=second)),
        "lift": await _sent(database, sanctions.lift(proposed, key=second)),
    }
    assert {name: count - reads <= settled for name, count in counts.items()} == dict.fromkeys(counts, True)


async def test_a_status_is_one_statement(sanctions: SanctionWorld) -> None:
    """However many sanctions an account has, and however many of them have ended since."""
    token, key = await sanctions.account(), await sanctions.moderator(1)
    for hours, degree in enumerate([Degree.SUSPEND, Degree.LIMIT, Degree.WARN], start=1):
        await sanctions.impose(token, degree, key=key, given=until(hours * HOUR))
    for seconds in (0, 2 * HOUR, 9 * HOUR):
        assert await _sent(sanctions.database, sanctions.status(token, seconds=seconds)) == 1
