"""What the acts of a sanction cost, and what a status costs under sanctions, on both databases."""

from collections.abc import Awaitable
from typing import Any

import pytest

from idvault.core.db.database import Database
from idvault_verify.sanction import Degree
from tests.storage.hooks import before_statements
from tools.support.databases import Databases
from tools.support.sanction_world import SanctionWorld, until

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


# What each decision sends: the flow's reads of sanction and moderator, and the act's own statements.
SENT = {
    "sqlite": {"impose": 7, "confirm": 8, "lift": 9},
    "postgres": {"impose": 3, "confirm": 4, "lift": 5},
}


async def test_a_decision_is_few_statements(sanctions: SanctionWorld, databases: Databases) -> None:
    """Imposing, confirming and lifting, whatever else is in force."""
    database, token = sanctions.database, await sanctions.account()
    first, second = await sanctions.moderator(1), await sanctions.moderator(2)
    # The key of a moderator who has signed before is known.
    for key in (first, second, first):
        await sanctions.impose(token, Degree.WARN, key=key)
    proposed = await sanctions.impose(token, Degree.CLOSE, key=first)
    counts = {
        "impose": await _sent(database, sanctions.impose(token, Degree.WARN, key=first)),
        "confirm": await _sent(database, sanctions.confirm(proposed, key=second)),
        "lift": await _sent(database, sanctions.lift(proposed, key=second)),
    }
    assert counts == SENT[databases.kind]


async def test_a_status_is_one_statement(sanctions: SanctionWorld) -> None:
    """However many sanctions an account has, and however many of them have ended since."""
    token, key = await sanctions.account(), await sanctions.moderator(1)
    for hours, degree in enumerate([Degree.SUSPEND, Degree.LIMIT, Degree.WARN], start=1):
        await sanctions.impose(token, degree, key=key, given=until(hours * HOUR))
    for seconds in (0, 2 * HOUR, 9 * HOUR):
        assert await _sent(sanctions.database, sanctions.status(token, seconds=seconds)) == 1
