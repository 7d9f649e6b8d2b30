"""Changes are refused while entries wait too long for their index.

Acts are called, because most of these changes are the worker's or a command's.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from sqlalchemy import select

from idvault.core.act import SYSTEM, Vault
from idvault.core.db.database import Database
from idvault.core.tables import main
from idvault.core.tables.account import accounts, records
from idvault.log.acts import stored_log
from idvault.log.acts.sequencing import sequence
from idvault.log.acts.stored_log import LogGuard
from idvault.platform import acts as platform_acts
from idvault.processes.bootstrap.vault import vault_of
from idvault_verify.claim import ClaimState
from idvault_verify.error import Reason, UnavailableError
from tools.support import sql
from tools.support.databases import Databases
from tools.support.fakes.log import WaitingLog
from tools.support.flow_world import World, at, command, open_world


async def _refused(work: Awaitable[object]) -> Reason:
    with pytest.raises(UnavailableError) as caught:
        await work
    return caught.value.reason


async def test_a_minute_is_the_limit() -> None:
    """An entry may wait less than a minute of real time."""
    waiting = WaitingLog()
    waiting.oldest = at(0).real
    await LogGuard(look=waiting.unsequenced).check(now=at(59.9))
    assert await _refused(LogGuard(look=waiting.unsequenced).check(now=at(60))) is Reason.LOG_UNAVAILABLE


async def test_the_answer_is_kept_for_a_second_and_told() -> None:
    """Calls within a second share one read; a clock that is set back causes a new read."""
    waiting, told = WaitingLog(), list[int]()
    waiting.count = 3
    guard = LogGuard(look=waiting.unsequenced, observe=told.append)
    await asyncio.gather(*(guard.check(now=at(10)) for _ in range(20)))
    await guard.check(now=at(10.9))
    assert (waiting.asked, told) == (1, [3])
    await guard.check(now=at(11))
    await guard.check(now=at(5))
    assert (waiting.asked, told) == (3, [3, 3, 3])


async def test_it_opens_again_by_itself() -> None:
    """Changes pass again as soon as the entries are sequenced."""
    waiting = WaitingLog()
    waiting.oldest = at(0).real
    guard = LogGuard(look=waiting.unsequenced)
    assert await _refused(guard.check(now=at(100))) is Reason.LOG_UNAVAILABLE
    waiting.oldest = None
    assert await _refused(guard.check(now=at(100.5))) is Reason.LOG_UNAVAILABLE
    await guard.check(now=at(101))


async def test_a_store_that_cannot_be_asked_lets_nothing_pass() -> None:
    """The store's error is raised, and the next call reads again."""
    waiting = WaitingLog()
    waiting.refuse = True
    guard = LogGuard(look=waiting.unsequenced)
    assert await _refused(guard.check(now=at(0))) is Reason.STORE_UNAVAILABLE
    waiting.refuse = False
    await guard.check(now=at(0))


CHANGES: dict[str, Callable[[World], Awaitable[object]]] = {
    "verify": lambda world: world.verify(seconds=100),
    "repeat": lambda world: world.verify(command(7), seconds=100),
    "lease": lambda world: world.work(seconds=100),
    "time_out": lambda world: world.backlog.time_out(now=at(100), limit=1),
    "expire": lambda world: world.retention.expire_accounts(now=at(100), limit=1),
    "remove": lambda world: world.retention.remove_abandoned(now=at(100), limit=1),
    "purge": lambda world: world.retention.purge_requests(now=at(100)),
    "register": lambda world: _register(world, "e" * 64, seconds=100),
}


def _vault(world: World) -> Vault:
    return vault_of(world.database, guard=world.guard)


async def _register(world: World, spki: str, *, seconds: float) -> None:
    await platform_acts.register(
        _vault(world), SYSTEM, at(seconds), name="platform-a", role="platform", spki=spki
    )


@pytest.mark.parametrize("change", CHANGES)
async def test_changes_wait_and_reads_go_on(world: World, change: str) -> None:
    """Every change is LOG_UNAVAILABLE and writes nothing; reads are answered, and keys can be revoked."""
    claim = await world.verify(command(7))
    await _register(world, "f" * 64, seconds=0)
    entries = await _entries(world.database)
    world.waiting.oldest = at(0).real
    assert await _refused(CHANGES[change](world)) is Reason.LOG_UNAVAILABLE
    assert await _entries(world.database) == entries
    assert await world.get(7, seconds=100) == claim
    token = claim.account.account_token
    assert await world.status.get(relying_party="platform-a", account_token=token, now=at(100))
    await platform_acts.revoke(_vault(world), SYSTEM, at(100), "platform-a", "f" * 64)
    world.waiting.oldest = None
    now = at(102)
    await world.guard.check(now=now)


async def _entries(database: Database) -> int:
    return (await stored_log.unsequenced(database)).count


async def test_without_a_worker_changes_stop_after_a_minute(databases: Databases) -> None:
    """With the real log: after the first minute changes are refused until a sequencer runs."""
    world = await open_world(databases)
    world.verification.vault.guard = LogGuard(look=partial(stored_log.unsequenced, world.database))
    await world.verify(command(1), seconds=0)
    await world.verify(command(2), seconds=59)
    assert await _refused(world.verify(command(3), seconds=61)) is Reason.LOG_UNAVAILABLE
    while await sequence(world.database, limit=100, now=at(61).real):
        pass
    await world.verify(command(3), seconds=63)
    await world.database.close()


UNWRITABLE = {
    "sqlite": [
        "CREATE TRIGGER closed BEFORE INSERT ON log_entries BEGIN SELECT RAISE(ABORT, 'closed'); END",
    ],
    "postgres": [
        "CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RAISE EXCEPTION 'closed'; END $$",
        "CREATE TRIGGER closed BEFORE INSERT ON log_entries FOR EACH ROW EXECUTE FUNCTION closed()",
    ],
}


async def test_a_log_that_cannot_be_written_acknowledges_nothing(databases: Databases) -> None:
    """The registry is not called, nothing is stored, and the caller gets an error."""
    world = await open_world(databases)
    for statement in UNWRITABLE[databases.kind]:
        await sql.run(world.database, statement)
    assert await _refused(world.verify()) is Reason.STORE_UNAVAILABLE
    assert (world.registry.charged, world.records.sealed, await world.jobs.backlog()) == (0, [], {})
    for table in ("requests", "persons", "accounts", "claims", "jobs", "records"):
        assert await sql.count(world.database, main.tables[table]) == 0
    await world.database.close()


CLOSING = {
    "sqlite": [
        "CREATE TRIGGER closed BEFORE INSERT ON log_entries WHEN (SELECT count(*) FROM log_entries) > 0 "
        "BEGIN SELECT RAISE(ABORT, 'closed'); END",
        "DROP TRIGGER closed",
    ],
    "postgres": [
        "CREATE FUNCTION closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "IF (SELECT count(*) FROM log_entries) > 0 THEN RAISE EXCEPTION 'closed'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER closed BEFORE INSERT ON log_entries FOR EACH ROW EXECUTE FUNCTION closed()",
        "DROP TRIGGER closed ON log_entries",
    ],
}


async def test_a_log_that_closes_meanwhile_settles_nothing(databases: Databases) -> None:
    """An outcome is not returned without its entry; the claim is settled later and charged once."""
    world = await open_world(databases)
    *close, reopen = CLOSING[databases.kind]
    for statement in close:
        await sql.run(world.database, statement)
    assert await _refused(world.verify()) is Reason.STORE_UNAVAILABLE
    assert (world.registry.charged, await _entries(world.database)) == (1, 1)
    assert await sql.count(world.database, records) == 0
    assert "VERIFIED" not in [row.state for row in await sql.rows(world.database, select(accounts.c.state))]
    await sql.run(world.database, reopen)
    assert (await world.verify(seconds=30)).state is ClaimState.SUCCEEDED
    assert (world.registry.charged, await _entries(world.database)) == (1, 2)
    await world.database.close()
