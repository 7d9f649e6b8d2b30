"""Promise: a withdrawal, a narrowing and a reinstatement happen once and wholly, whoever dies meanwhile."""

import asyncio
import signal
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from idvault.account.store import rows as account_rows
from idvault.account.store import version as version_store
from idvault.core.db.database import Database
from idvault_verify.account import AccountState
from idvault_verify.sanction import Degree, Scope
from tests.support.withdrawal_carrier import Errand, Victim
from tests.support.withdrawal_world import HOUR, WithdrawalWorld
from tools.support import builders, programs
from tools.support.databases import Databases

pytestmark = pytest.mark.process

_CARRIER = "tests.support.withdrawal_carrier:main"
_PEOPLE = 4
# A step that is prime to the number of points, so that every kind of point has its turn.
_STEP = 41
_MOST = 40
_ONCE = (
    "contest:case:file", "contest:case:propose", "withdrawal:account:decide",
)  # fmt: skip
_OF_REINSTATED = ("reinstatement:case:file", "reinstatement:case:propose", "reinstatement:case:uphold")


async def _begin(world: WithdrawalWorld) -> Errand:
    """Sign people up, sanction every other one, and register the moderators."""
    await world.prepare()
    keys = await world.keys(1, 2, 3, 4, 5, 6)
    victims = []
    for place in range(_PEOPLE):
        who = builders.identity(number=f"11000019010{place + 1}01000X")
        claim = await world.verify(who)
        token, sanction_id = claim.account.account_token, ""
        if place % 2:
            made = await world.moderation.of_person(token, Degree.LIMIT, (keys[0], keys[1]))
            sanction_id = made.sanction_id
        victims.append(Victim(token, claim.claim_id, sanction_id, reinstated=place >= 2))
    await world.claims.verification.drain()
    return Errand(tuple(victims), {number: key.moderator_id for number, key in enumerate(keys, start=1)})


def _kill_until_done(url: str, path: Path) -> int:
    """Let one process after the other carry it through, and kill each; return how many were killed."""
    for life in range(1, _MOST):
        process = programs.start(_CARRIER, url, path, life, life * _STEP)
        out, error = process.communicate()
        if process.returncode != -signal.SIGKILL:
            assert out.split()[-1].isdigit(), error[-2_000:]
            return life - 1
    raise AssertionError("it was never done")


async def _check(world: WithdrawalWorld, errand: Errand) -> None:
    """Everything happened once: states, places, records, scopes and entries."""
    for victim in errand.victims:
        status = await world.status(victim.account_token, seconds=10 * HOUR)
        back = victim.reinstated
        assert status.state is (AccountState.VERIFIED if back else AccountState.REVOKED)
        token = victim.account_token
        present = await world.database.read("test", partial(account_rows.find_record, account_token=token))
        held = await world.database.read("test", partial(version_store.held, account_token=token))
        assert (present is not None, len(held)) == (back, 0 if back else 1)
        if victim.sanction_id:
            stored = await world.moderation.asks(0).get(victim.sanction_id)
            assert stored.scope is Scope.ACCOUNT
    assert await world.counts() == sorted([(0, 0, 1)] * 2 + [(1, 0, 1)] * 2, reverse=True)
    entries = Counter(await world.events(""))
    assert {kind: entries[kind] for kind in _ONCE} == dict.fromkeys(_ONCE, _PEOPLE)
    assert {kind: entries[kind] for kind in _OF_REINSTATED} == dict.fromkeys(_OF_REINSTATED, 2)
    assert entries["narrowing:sanction:propose"] == entries["person:limit:narrow"] == 2


async def test_killed_processes_withdraw_and_reinstate_once(databases: Databases, tmp_path: Path) -> None:
    """Each process dies before a statement, or before or after a transaction; the next one repeats it all."""
    path = tmp_path / "errand.json"
    database = Database(url=databases.main_url)
    errand = await _begin(WithdrawalWorld(database))
    errand.write(path)
    await database.close()
    kills = await asyncio.to_thread(_kill_until_done, databases.main_url, path)
    assert kills >= 5
    again = Database(url=databases.main_url)
    await _check(WithdrawalWorld(again, life=99), errand)
    await again.close()
