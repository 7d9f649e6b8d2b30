"""A repeat after the request key was rotated is recognised as the request that it repeats."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from idvault.core import account_request as kept
from idvault.core import person_request as member_request
from idvault.core.account_request import Made
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.request import Request
from idvault.key.acts.request import RepeatedMemberRequests, RepeatedPlatformRequests
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.request import CurrentFingerprinter, RequestKeys
from idvault_verify.error import AlreadyExistsError, Reason
from tests.support.key_world import KeyWorld
from tools.support import builders

ID = "0a0a0a0a-0000-4000-8000-000000000001"
OTHER = "0a0a0a0a-0000-4000-8000-000000000002"


class Platform:
    """An edge of platforms that stores a request and what it made."""

    def __init__(self, world: KeyWorld, keys: LocalKeyProvider) -> None:
        self.world = world
        held = RequestKeys(keys=keys, purpose=Purpose.REQUEST)
        self.fingerprinter = CurrentFingerprinter(current=lambda: held.current)
        self.repeats = RepeatedPlatformRequests(keys=held, main=world.database)

    async def ask(self, request_id: str, *, made: str, fields: Sequence[str] = ("x",)) -> str:
        """Make something unless the request did; return what it is."""

        async def work() -> str:
            request = Request(
                "platform-a",
                self.fingerprinter.kept_id(relying_party="platform-a", request_id=request_id),
                self.fingerprinter.fingerprint(method="m", content=builders.content(*fields)),
            )

            async def act(connection: Connection) -> Made | None:
                return await kept.remember(connection, request, made=made, now=self.world.now.business)

            former = await self.world.database.act("test.ask", act)
            return made if former is None else former.made_id

        return await self.repeats.answer(work, caller="platform-a", request_id=request_id)


async def test_a_platforms_repeat(main_database: Database, tmp_path: Path) -> None:
    """It gets the first answer before, during and after the rotation; new requests use the new key."""
    world = KeyWorld(main_database, tmp_path)
    keys = world.load()
    await world.follow(keys)
    edge = Platform(world, keys)
    assert await edge.ask(ID, made="1" * 32) == "1" * 32
    await world.rotated(Purpose.REQUEST, keys)
    assert await edge.ask(ID, made="2" * 32) == "1" * 32
    with pytest.raises(AlreadyExistsError):
        await edge.ask(ID, made="2" * 32, fields=("another",))
    assert await edge.ask(OTHER, made="3" * 32) == "3" * 32
    # A process that has not switched yet looks under the new version, too.
    assert await Platform(world, world.load()).ask(OTHER, made="4" * 32) == "3" * 32
    # Without an id there is nothing to look up; the act refuses it.
    assert await edge.repeats.answer(_done, caller="platform-a", request_id="") == "done"


async def _done() -> str:
    return "done"


async def test_a_members_repeat(main_database: Database, tmp_path: Path) -> None:
    """Its id is the same under every key; only another body is refused."""
    world = KeyWorld(main_database, tmp_path, holder=Holder.CUSTODY)
    keys = world.load()
    await world.follow(keys)
    held = RequestKeys(keys=keys, purpose=Purpose.PERSON_REQUEST)
    fingerprinter, repeats = (
        CurrentFingerprinter(current=lambda: held.current),
        RepeatedMemberRequests(keys=held),
    )

    async def ask(answer: bytes, body: str = "x") -> bytes:
        async def work() -> bytes:
            request = Request(
                "a" * 32, ID, fingerprinter.fingerprint(method="m", content=builders.content(body))
            )

            async def act(connection: Connection) -> bytes | None:
                return await member_request.remember(connection, request, now=world.now, answer=answer)

            return await world.database.act("test.ask", act) or answer

        return await repeats.answer(work, caller="a", request_id=ID)

    assert await ask(b"first") == b"first"
    with pytest.raises(AlreadyExistsError):
        await ask(b"second", body="y")
    await world.rotated(Purpose.PERSON_REQUEST, keys)
    assert await ask(b"second") == b"first"
    with pytest.raises(AlreadyExistsError):
        await ask(b"second", body="y")


async def test_other_refusals_pass(tmp_path: Path, main_database: Database) -> None:
    """What exists already for another reason is not tried again."""
    world = KeyWorld(main_database, tmp_path, holder=Holder.CUSTODY)
    keys, calls = world.load(), []

    async def work() -> str:
        calls.append(1)
        raise AlreadyExistsError(Reason.ILLEGAL_TRANSITION)

    held = RequestKeys(keys=keys, purpose=Purpose.PERSON_REQUEST)
    with pytest.raises(AlreadyExistsError):
        await RepeatedMemberRequests(keys=held).answer(work, caller="a", request_id=ID)
    assert calls == [1]
