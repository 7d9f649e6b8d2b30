"""What platforms used is stored by several processes, and read by platform and month."""

import asyncio
from contextlib import AsyncExitStack
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.tables.platform import platform_usage
from idvault.core.usage import CHARGED, CLAIMS, UsageCounts
from idvault.platform.usage import acts, store
from idvault.platform.usage.rules import ACCOUNTS, SESSIONS
from idvault.processes.bootstrap.usage import follow_usage
from idvault.processes.bootstrap.vault import vault_of
from idvault_verify.error import Reason, UnavailableError
from tests.storage.hooks import failing_commit
from tools.support import builders, sql
from tools.support.fakes.sealing import CountingEntropy
from tools.support.flow_world import at

MONTH = f"{at(0).real.astimezone(builders.ZONE):%Y-%m}"


def counting() -> UsageCounts:
    """Return the counts of a process."""
    return UsageCounts(builders.ZONE, at(0).real.timestamp)


async def test_processes_add_to_each_other(main_database: Database) -> None:
    """Counts of all processes are in one sum; another platform's are its own."""
    vault = vault_of(main_database, entropy=CountingEntropy())
    processes = [counting() for _ in range(4)]
    for one in processes:
        for party in ("a", "b"):
            one.add(party, CHARGED, 3)
            one.add(party, f"{CLAIMS}SUCCEEDED")
    await asyncio.gather(*(acts.flush(vault, at(0), one) for one in processes))
    await acts.flush(vault, at(0), processes[0])
    found = await acts.of_month(vault, MONTH)
    figures = {CHARGED: 12, f"{CLAIMS}SUCCEEDED": 4, SESSIONS: 0}
    assert [(each.relying_party, each.figures) for each in found] == [("a", figures), ("b", figures)]
    assert await acts.of_party(vault, "b", MONTH) == found[1]
    assert await acts.of_month(vault, "2020-01") == []
    assert (await acts.of_party(vault, "c", MONTH)).figures[CHARGED] == 0


async def test_what_is_stored_is_counted_once_an_hour(
    main_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By one of the workers; the number of a month is the last one, 0 of a platform without an account."""
    vault = vault_of(main_database, entropy=CountingEntropy())
    held = [{ACCOUNTS: {"a": 5, "b": 1}}, {ACCOUNTS: {"a": 4}}]

    async def count(_connection: object) -> dict[str, dict[str, int]]:
        return held.pop(0)

    async def stored() -> dict[str, int]:
        return {each.relying_party: each.figures[ACCOUNTS] for each in await acts.of_month(vault, MONTH)}

    monkeypatch.setattr(store, "held", count)
    begin = 3_600 - int(at(0).real.timestamp()) % 3_600
    for seconds in (begin, begin + 1, begin + 3_599):
        await acts.count_stored(vault, at(seconds), month=MONTH)
        assert await stored() == {"a": 5, "b": 1}
    await acts.count_stored(vault, at(begin + 3_600), month=MONTH)
    assert await stored() == {"a": 4, "b": 0}
    assert held == []


async def test_a_stop_waits_for_what_is_being_stored(
    main_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither that nor what was counted meanwhile is lost."""
    vault, counts = vault_of(main_database, entropy=CountingEntropy()), counting()
    begun, add = asyncio.Event(), acts.add

    async def slowly(*given: Any) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        await add(*given)

    monkeypatch.setattr(acts, "add", slowly)
    base: Any = SimpleNamespace(clock=lambda: at(0), usage=counts)
    async with asyncio.timeout(10), AsyncExitStack() as stack:
        counts.add("a", CHARGED)
        follow_usage(stack, base, vault, period=0.01)
        await begun.wait()
        counts.add("a", CHARGED, 2)
    assert (await acts.of_party(vault, "a", MONTH)).figures[CHARGED] == 3


async def test_a_database_that_is_away_loses_no_count(
    main_database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What could not be stored is stored with the next."""
    vault, one = vault_of(main_database, entropy=CountingEntropy()), counting()
    one.add("a", CHARGED)

    async def away(*_: object) -> None:
        raise UnavailableError(Reason.STORE_UNAVAILABLE)

    with monkeypatch.context() as patched:
        patched.setattr(acts, "add", away)
        with pytest.raises(UnavailableError):
            await acts.flush(vault, at(0), one)
    one.add("a", CHARGED, 2)
    await acts.flush(vault, at(0), one)
    assert (await acts.of_party(vault, "a", MONTH)).figures[CHARGED] == 3


async def test_an_answer_that_is_lost_counts_nothing_twice(main_database: Database) -> None:
    """The batch is stored and sent again; only the newest months keep the notes of it."""
    vault, one = vault_of(main_database, entropy=CountingEntropy()), counting()
    one.add("a", CHARGED)
    with failing_commit(main_database, committed=True), pytest.raises(UnavailableError):
        await acts.flush(vault, at(0), one)
    one.add("a", CHARGED, 2)
    await acts.flush(vault, at(0), one)
    assert (await acts.of_party(vault, "a", MONTH)).figures[CHARGED] == 3

    async def notes() -> int:
        rows = await sql.rows(main_database, select(platform_usage.c.what))
        return sum(row.what.startswith("batch/") for row in rows)

    assert await notes() == 1
    for month, left in (("2026-04", 1), ("2026-05", 0)):
        await acts.put(vault, SYSTEM, at(0), month, {}, hour=1)
        assert await notes() == left
