"""One-time codes on both databases: enrolled, spent once, locked; promise 9.

Members enrol by RosterService. A code is checked by itself, because every act that needs one asks the same.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from idvault.core.db.database import Database
from idvault.core.tables.log import log_entries
from idvault.people.second_factor import rules as second_factor_rules
from idvault.people.second_factor.acts import EnrolmentState
from idvault_client.errors import (
    AccessDenied,
    PreconditionFailed,
    RequestIdReused,
    SecondFactorRefused,
    Unavailable,
    VaultError,
)
from idvault_verify import seal
from idvault_verify.attest import hpke
from idvault_verify.clock import ClockReading
from idvault_verify.error import Reason
from tests.support.refusal import outcome, refused
from tests.support.second_factor_world import AUDITOR, NOW, World, build, code_of
from tools.support import programs, sql
from tools.support.databases import Databases
from tools.support.flow_world import request_id


@dataclass
class Town:
    """One database and one key file for two processes."""

    database: Database
    url: str
    keys: Path
    here: World
    there: World
    refused: list[int] = field(default_factory=list)


@pytest_asyncio.fixture
async def town(databases: Databases, tmp_path: Path) -> AsyncIterator[Town]:
    database, other = (Database(url=databases.main_url) for _ in range(2))
    keys = tmp_path / "custody.keys"
    here, there = build(database, keys), build(other, keys)
    yield Town(database, databases.main_url, keys, here, there)
    await database.close()
    await other.close()


def at(seconds: float) -> ClockReading:
    """Return a clock reading whose business time is a year away: codes use real time."""
    return ClockReading(NOW + timedelta(days=365, seconds=seconds), NOW + timedelta(seconds=seconds))


async def _reason(act: Awaitable[None]) -> str | None:
    found = await outcome(act)
    return found.reason if isinstance(found, VaultError) else None


async def check(world: World, code: str, seconds: float = 0) -> str | None:
    """Return why a code was refused, None if it was accepted."""
    return await _reason(world.factors.check(actor_id=AUDITOR.actor_id, code=code, now=at(seconds)))


async def enrol(world: World, number: int = 1, *, code: str = "", seconds: float = 0) -> bytes:
    """Begin and confirm with the previous step's code; return the secret that the member read."""
    begun = await world.begin(number, code, now=at(seconds))
    secret = world.read(begun.sealed_uri, request_id(number))
    await world.confirm(number + 100, code_of(secret, NOW, seconds - 30), now=at(seconds))
    return secret


async def test_a_code_is_good_for_one_act(town: Town) -> None:
    """The next code needs a later step; late, early and full-width codes, and none, are refused."""
    secret = await enrol(town.here)
    code = code_of(secret, NOW)
    assert await check(town.here, code_of(secret, NOW, 61)) == Reason.SECOND_FACTOR_REFUSED
    assert await check(town.here, code_of(secret, NOW, -61)) == Reason.SECOND_FACTOR_REFUSED
    wide = code.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})
    for wrong in (wide, ""):
        assert await check(town.here, wrong) == Reason.SECOND_FACTOR_REFUSED
    assert await check(town.here, code) is None
    for world in (town.here, town.there):
        assert await check(world, code) == Reason.SECOND_FACTOR_REFUSED
    assert await check(town.there, code_of(secret, NOW, 30)) is None
    assert await check(town.here, code, 29) == Reason.SECOND_FACTOR_REFUSED
    assert (town.here.refusals, town.there.refusals) == (6, 1)


async def test_nobody_passes_without_a_confirmed_second_factor(town: Town) -> None:
    """A member without a second factor, or with an unconfirmed one, is refused."""
    assert await check(town.here, "123456") == Reason.SECOND_FACTOR_REFUSED
    begun = await town.here.begin(1, now=at(0))
    secret = town.here.read(begun.sealed_uri, request_id(1))
    assert await check(town.here, code_of(secret, NOW)) == Reason.SECOND_FACTOR_REFUSED


async def test_a_code_is_spent_for_a_command_of_the_host(town: Town) -> None:
    """A repeat needs none and spends none; another request needs a later code; a wrong one costs a try."""
    with pytest.raises(SecondFactorRefused) as nobody:
        await town.here.spend(1, "123456", now=at(0))
    assert nobody.value.cause == "NOT_ENROLLED"
    secret = await enrol(town.here, 2)
    code = code_of(secret, NOW)
    await town.here.spend(3, code, now=at(0))
    await town.there.spend(3, "", now=at(0))
    with pytest.raises(SecondFactorRefused) as used:
        await town.there.spend(4, code, now=at(0))
    assert (used.value.cause, used.value.tries_left) == ("CODE_WRONG", 9)
    await town.there.spend(4, code_of(secret, NOW, 30), now=at(0))
    assert (await town.here.state(now=at(0))).tries_left == 10


async def test_two_sendings_of_one_request_spend_one_code(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that another process has done before its own code was checked is done; another request is not."""
    secret = await enrol(town.here)
    code, check = code_of(secret, NOW), town.here.factors.check

    async def late(*, actor_id: str, code: str, now: ClockReading) -> None:
        await town.there.spend(3, code, now=now)
        await check(actor_id=actor_id, code=code, now=now)

    monkeypatch.setattr(town.here.factors, "check", late)
    await town.here.spend(3, code, now=at(0))
    with pytest.raises(SecondFactorRefused):
        await town.here.spend(4, code, now=at(0))


@pytest.mark.process
async def test_processes_use_a_code_once(town: Town) -> None:
    """In four processes with sixteen tries each there is one success, and none after a restart."""
    secret = await enrol(town.here)
    arguments = (town.url, str(town.keys), code_of(secret, NOW), "16")

    async def run() -> int:
        entry = "tests.support.second_factor_world:main"
        done = await asyncio.to_thread(programs.run, entry, *arguments, check=True)
        return int(json.loads(done.stdout))

    assert sum(await asyncio.gather(*(run() for _ in range(4)))) == 1
    assert await run() == 0


async def test_guesses_never_pass_the_lock(town: Town) -> None:
    """During a lock even the right code is refused; each lock doubles, and ten tries follow it."""
    secret = await enrol(town.here)
    seconds = 0.0
    for lock in (15, 30, 60):
        right = code_of(secret, NOW, seconds)
        wrong = [f"{(int(right) + n) % 10**6:06}" for n in range(7, 17)]
        outside = [each for each in wrong if each not in _window(secret, seconds)]
        results = [await check(town.here, each, seconds) for each in outside]
        results += [await check(town.here, outside[0], seconds) for _ in range(10 - len(results))]
        assert results == [Reason.SECOND_FACTOR_REFUSED] * 10
        for later in (0.0, lock * 60 - 1):
            right = code_of(secret, NOW, seconds + later)
            assert await check(town.there, right, seconds + later) == Reason.SECOND_FACTOR_LOCKED
        seconds += lock * 60
    # Begun and confirmed, and each lock once.
    assert await sql.count(town.database, log_entries) == 2 + 3
    assert await check(town.here, code_of(secret, NOW, seconds), seconds) is None
    again = seconds + 30
    outside = [each for each in ("000000", "000001") if each not in _window(secret, again)]
    for _ in range(9):
        await check(town.here, outside[0], again)
    assert await check(town.here, code_of(secret, NOW, again), again) is None


def _window(secret: bytes, seconds: float) -> set[str]:
    return {code_of(secret, NOW, seconds + away) for away in (-30, 0, 30)}


async def test_a_new_second_factor_needs_a_code_of_the_old_one(town: Town) -> None:
    """Without a code nothing is begun; until the new one is confirmed the old one stays active."""
    old = await enrol(town.here)
    for code in ("", "12345", "000000" if code_of(old, NOW) != "000000" else "000001"):
        with pytest.raises(SecondFactorRefused):
            await town.here.begin(2, code, now=at(0))
    begun = await town.here.begin(3, code_of(old, NOW), now=at(0))
    assert await town.there.begin(3, code_of(old, NOW), now=at(1)) == begun
    assert await check(town.here, code_of(old, NOW, 30), 30) is None
    new = town.here.read(begun.sealed_uri, request_id(3))
    await town.here.confirm(4, code_of(new, NOW, 60), now=at(60))
    await town.there.confirm(4, code_of(new, NOW, 60), now=at(61))
    assert await check(town.here, code_of(old, NOW, 90), 90) == Reason.SECOND_FACTOR_REFUSED
    assert await check(town.here, code_of(new, NOW, 60), 60) == Reason.SECOND_FACTOR_REFUSED
    assert await check(town.here, code_of(new, NOW, 90), 90) is None


async def test_confirming_is_charged_and_refused_like_every_try(town: Town) -> None:
    """Ten wrong codes cause a lock; without a pending secret there is nothing to confirm."""
    with pytest.raises(PreconditionFailed):
        await town.here.confirm(1, "123456", now=at(0))
    begun = await town.here.begin(1, "123456", now=at(0))
    secret = town.here.read(begun.sealed_uri, request_id(1))
    wrong = next(each for each in ("000000", "000001", "000002", "000003") if each not in _window(secret, 0))
    reasons = []
    for number in range(11):
        reasons.append(await _reason(town.here.confirm(10 + number, wrong, now=at(0))))
    assert reasons == [Reason.SECOND_FACTOR_REFUSED] * 10 + [Reason.SECOND_FACTOR_LOCKED]
    assert town.here.refusals == 11
    with pytest.raises(RequestIdReused):
        await town.here.begin(1, "654321", now=at(0))


async def test_who_left_the_roster_enrols_nothing(town: Town) -> None:
    """The answer is ACCESS_DENIED, and nothing is written."""
    with pytest.raises(AccessDenied) as left:
        await town.here.begin(1, now=at(0), actor_id="0" * 32)
    assert left.value.reason == Reason.ACCESS_DENIED


async def test_nothing_is_begun_while_the_log_stands_still(town: Town) -> None:
    """The answer is LOG_UNAVAILABLE, and no code is spent."""
    secret = await enrol(town.here)
    town.here.waiting.oldest = datetime(2020, 1, 1, tzinfo=UTC)
    code = code_of(secret, NOW, 30)
    for act in (town.here.begin, town.here.confirm, town.here.spend):
        with pytest.raises(Unavailable):
            await act(9, code, now=at(30))
    assert await check(town.there, code, 30) is None


async def test_only_the_person_can_read_what_was_sealed(town: Town) -> None:
    """Another member's key cannot decrypt it."""
    begun = await town.here.begin(1, now=at(0))
    info = seal.second_factor_info(member=AUDITOR.name, actor_id=AUDITOR.actor_id, request_id=request_id(1))
    opened = b""
    with suppress(hpke.UnsealError):
        opened = hpke.unseal(
            suite=begun.suite, private_key=bytes(range(32)), sealed=begun.sealed_uri, info=info
        )
    assert opened == b""
    assert second_factor_rules.step_of(NOW) > 0


async def told(act: Awaitable[object]) -> dict[str, str]:
    """Return what the owner is told about a refused code."""
    return dict((await refused(act)).details)


async def test_the_owner_is_told_about_the_own_second_factor(town: Town) -> None:
    """Not enrolled, no code, a wrong code with the tries left, and a lock; the state costs no try."""
    factors, actor_id = town.here.factors, AUDITOR.actor_id
    assert await town.here.state(now=at(0)) == EnrolmentState(False, False, 10, None)
    assert await told(factors.check(actor_id=actor_id, code="123456", now=at(0))) == {"cause": "NOT_ENROLLED"}
    secret = await enrol(town.here)
    assert await told(town.here.begin(7, now=at(0))) == {"cause": "CODE_MISSING"}
    wrong = "000000" if code_of(secret, NOW) != "000000" else "000001"
    for left in range(9, 0, -1):
        tried = await told(factors.check(actor_id=actor_id, code=wrong, now=at(0)))
        assert tried == {"cause": "CODE_WRONG", "tries_left": str(left)}
    assert (await town.here.state(now=at(0))).tries_left == 1
    until = NOW + timedelta(minutes=15)
    last = await told(factors.check(actor_id=actor_id, code=wrong, now=at(0)))
    assert last == {"cause": "CODE_WRONG", "tries_left": "0", "locked_until": until.isoformat()}
    locked = {"cause": "LOCKED", "locked_until": until.isoformat()}
    assert await told(factors.check(actor_id=actor_id, code=wrong, now=at(1))) == locked
    assert await told(town.here.begin(7, now=at(1))) == locked
    assert await town.here.state(now=at(1)) == EnrolmentState(True, False, 0, until)
    assert await town.here.state(now=at(900)) == EnrolmentState(True, False, 10, None)
