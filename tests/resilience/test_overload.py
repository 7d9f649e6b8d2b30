"""A small overload: far more claims than the registry's cap allows, and its checks."""

import pytest
from sqlalchemy import delete

from idvault.core.db.database import Database
from idvault.core.tables.log import log_openings
from tools.support import sql
from tools.torture.registry.oracle import WrongError
from tools.torture.registry.overload import REFUSED, Overload
from tools.torture.registry.people import PARTIES
from tools.torture.registry.reckoning import reckon


async def test_ten_times_the_cap_loses_nobody(main_database: Database) -> None:
    """All are answered at once and settled once; platforms of unequal size get equal turns."""
    overload = Overload(main_database, count=360, per_second=400.0, cap=20.0)
    await overload.run()
    figures = await reckon(overload)
    assert (figures["claims"], figures["refused"]) == (360, 0)
    assert figures["longest_queue"] > 200
    assert sum(overload.shared.values()) > 30
    # Which of a lease get a slot is drawn; each platform has a third of every lease.
    assert overload.leases
    for lease in overload.leases:
        held = [lease[party] for party in PARTIES]
        assert max(held) - min(held) <= 1


async def test_beyond_a_days_backlog_newcomers_are_refused(sqlite_main: Database) -> None:
    """All claims accepted before that are settled within their 48 hours."""
    overload = Overload(sqlite_main, count=100, per_second=20.0, cap=0.0005)
    await overload.run()
    figures = await reckon(overload)
    limit = 24 * 3600 * 0.0005
    assert limit <= figures["pending"] <= limit + 2 * 20
    assert figures["refused"] == figures["claims"] - figures["pending"] - figures["at_once"] > 0
    assert figures["longest_wait"] < 48 * 3600


async def test_stop_ends_the_flood(sqlite_main: Database) -> None:
    """Claims that arrived before the stop are settled, and no others."""
    overload = Overload(sqlite_main, count=100, per_second=100.0, cap=50.0)
    looks = iter([False, True])
    await overload.run(stop=lambda: next(looks, True))
    assert (await reckon(overload))["claims"] == 10


async def test_the_reckoning_sees_what_is_wrong(sqlite_main: Database) -> None:
    """A claim without an answer, settled twice or not at all, an unfair share, a missing entry."""
    overload = Overload(sqlite_main, count=40, per_second=100.0, cap=50.0)
    await overload.run()
    await reckon(overload)
    one = overload.flood[0]
    answer, ends = one.answer, one.ends
    for told, settled, complaint in (
        ("", ends, "answered nothing"),
        (answer, [*ends, 1.0], "settled 2 times"),
        (answer, [], "settled 0 times"),
        (REFUSED, ends, "REFUSED was settled 1 times"),
    ):
        one.answer, one.ends = told, settled
        with pytest.raises(WrongError, match=complaint):
            await reckon(overload)
    one.answer, one.ends = answer, ends
    overload.overtaken = 1
    with pytest.raises(WrongError, match="overtook"):
        await reckon(overload)
    overload.overtaken = 0
    overload.shared.clear()
    overload.shared.update({PARTIES[0]: 60, PARTIES[1]: 30, PARTIES[2]: 10})
    with pytest.raises(WrongError, match="shares differ"):
        await reckon(overload)
    overload.shared.clear()
    overload.calls_before = -10_000
    with pytest.raises(WrongError, match="above the cap"):
        await reckon(overload)
    overload.calls_before = 0
    await sql.change(sqlite_main, delete(log_openings))
    with pytest.raises(WrongError, match="settlements"):
        await reckon(overload)
