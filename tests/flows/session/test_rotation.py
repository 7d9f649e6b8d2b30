"""A form that is sent again after a rotation of the request key is about the attempt that was begun."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from idvault.core.db.database import Database
from idvault_client.errors import RequestIdReused, Unavailable
from idvault_verify.clock import ClockReading
from idvault_verify.registry import RegistryAnswer
from idvault_verify.v1 import session_pb2 as pb
from tests.support.key_world import RotatedRequestKey
from tests.support.session_world import SessionWorld
from tools.support.fakes.flaky import Fault

States = pb.VerificationSession.State


@pytest.fixture
def key(tmp_path: Path) -> RotatedRequestKey:
    return RotatedRequestKey(tmp_path)


@pytest_asyncio.fixture
async def world(main_database: Database, key: RotatedRequestKey) -> AsyncIterator[SessionWorld]:
    """Return a world whose forms hardly wait for the registry, and whose key can be rotated."""
    made = SessionWorld(main_database, patience=0.3)
    made.vault.fingerprinter = key.fingerprinter
    await made.prepare()
    yield made
    await made.claims.verification.drain()


async def test_a_claim_that_waits(world: SessionWorld, key: RotatedRequestKey) -> None:
    """The repeat shows the claim as it is, and opens no other."""
    session_id = await world.agreed()
    world.claims.registry.script.append(RegistryAnswer.NOT_SENT)
    assert (await world.submit(session_id)).state == States.STATE_CHECKING
    key.rotate()
    assert (await world.submit(session_id, seconds=1)).state == States.STATE_CHECKING
    await world.claims.work(seconds=60)
    assert (await world.submit(session_id, seconds=61)).state == States.STATE_SUCCEEDED
    assert world.claims.registry.charged == 1


async def test_a_dead_edge(world: SessionWorld, key: RotatedRequestKey) -> None:
    """A process that died in a check had the form in memory alone: the repeat leaves it to the worker."""
    session_id = await world.agreed()
    world.claims.claims.plant("postpone", Fault.REFUSE)
    world.claims.registry.script.append(RegistryAnswer.NOT_SENT)
    with pytest.raises(Unavailable):
        await world.submit(session_id)
    key.rotate()
    assert (await world.submit(session_id, seconds=3)).state == States.STATE_CHECKING
    world.claims.registry.script.extend([RegistryAnswer.NOT_FOUND, RegistryAnswer.NOT_FOUND])
    for seconds in (15, 20, 21):
        await world.claims.work(seconds=seconds)
    assert (await world.page(session_id, seconds=22)).state == States.STATE_SUCCEEDED
    assert world.claims.registry.charged == 1


async def test_an_attempt_without_a_claim(world: SessionWorld, key: RotatedRequestKey) -> None:
    """The step is stored and the claim is not: the repeat opens it where the session finds it."""
    session_id = await world.agreed()
    world.claims.claims.plant("open", Fault.REFUSE)
    with pytest.raises(Unavailable):
        await world.submit(session_id)
    key.rotate()
    assert (await world.submit(session_id)).state == States.STATE_SUCCEEDED
    assert (await world.page(session_id)).state == States.STATE_SUCCEEDED
    assert (await world.submit(session_id)).state == States.STATE_SUCCEEDED
    assert world.claims.registry.charged == 1


async def test_the_next_attempt(world: SessionWorld, key: RotatedRequestKey) -> None:
    """It is kept under the new key, and a repeat of the attempt before asks nothing."""
    session_id = await world.agreed()
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    assert (await world.submit(session_id, name="错一一")).next_attempt == 2
    key.rotate()
    assert (await world.submit(session_id, name="错一一")).next_attempt == 2
    assert (await world.submit(session_id, 2)).state == States.STATE_SUCCEEDED
    assert (await world.submit(session_id, 2)).state == States.STATE_SUCCEEDED
    assert world.claims.registry.charged == 2


class TurningGuard:
    """Lets every act through; the key is rotated before the claim of a form, whose step is stored."""

    def __init__(self, key: RotatedRequestKey) -> None:
        self._key, self.looks = key, 0

    async def check(self, *, now: ClockReading) -> None:
        """Look for the form, and for its claim."""
        self.looks += 1
        if self.looks == 2:
            self._key.rotate()


async def test_a_rotation_within_one_form(world: SessionWorld, key: RotatedRequestKey) -> None:
    """The claim is opened under the id that the step has stored, and the page finds it."""
    session_id = await world.agreed()
    world.vault.guard = guard = TurningGuard(key)
    assert (await world.submit(session_id)).state == States.STATE_SUCCEEDED
    assert guard.looks == 2
    assert (await world.submit(session_id)).state == States.STATE_SUCCEEDED
    assert world.claims.registry.charged == 1


@pytest.mark.parametrize("rotated", [False, True])
async def test_another_id_of_an_attempt(world: SessionWorld, key: RotatedRequestKey, rotated: bool) -> None:
    """While its claim waits, and before there is one, an attempt belongs to one request."""
    waiting, without = await world.agreed(), await world.agreed(browser=2)
    world.claims.registry.script.append(RegistryAnswer.NOT_SENT)
    assert (await world.submit(waiting)).state == States.STATE_CHECKING
    world.claims.claims.plant("open", Fault.REFUSE)
    with pytest.raises(Unavailable):
        await world.submit(without, browser=2)
    if rotated:
        key.rotate()
    for session_id, browser in ((waiting, 1), (without, 2)):
        with pytest.raises(RequestIdReused):
            await world.submit(session_id, browser=browser, step="another")
    assert len(world.claims.registry.checks) == 1
