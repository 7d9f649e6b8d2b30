"""A repeat after the request key was rotated is recognised as the request that it repeats.

The edge looks it up around every method alike: a stand-in for a method is asked.
"""

from collections.abc import Sequence
from pathlib import Path

import pytest

from idvault.core import account_request as kept
from idvault.core import person_request as member_request
from idvault.core.account_request import Made
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.request import Asked, MemberAsked
from idvault.erasure.acts import ErasureCall
from idvault.key.acts.version import RepeatedPlatformRequests
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.request import CurrentFingerprinter, RequestKeys
from idvault_verify.error import AlreadyExistsError
from tests.support.key_world import KeyWorld
from tools.support import builders

ID = "0a0a0a0a-0000-4000-8000-000000000001"
OTHER = "0a0a0a0a-0000-4000-8000-000000000002"


class Platform:
    """An edge of platforms that stores a request of platform-a's and what it made. caller: who asks."""

    def __init__(self, world: KeyWorld, keys: LocalKeyProvider, *, caller: str = "platform-a") -> None:
        self.world, self.caller = world, caller
        held = RequestKeys(keys=keys, purpose=Purpose.REQUEST)
        self.fingerprinter = CurrentFingerprinter(keys=held)
        self.repeats = RepeatedPlatformRequests(keys=held, main=world.database)

    async def ask(self, request_id: str, *, made: str, fields: Sequence[str] = ("x",)) -> str:
        """Make something unless the request did; return what it is."""

        async def work() -> str:
            asked = Asked("platform-a", "b" * 32, request_id, "m", builders.content(*fields))
            request = asked.request(self.fingerprinter)

            async def act(connection: Connection) -> Made | None:
                return await kept.remember(connection, request, made=made, now=self.world.now.business)

            former = await self.world.database.act("test.ask", act)
            return made if former is None else former.made_id

        return await self.repeats.answer(work, caller=self.caller, request_id=request_id)


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


async def test_a_repeat_by_pages(main_database: Database, tmp_path: Path) -> None:
    """What pages ask for in a platform's name is found, although the edge looks under the pages' name."""
    world = KeyWorld(main_database, tmp_path)
    keys = world.load()
    await world.follow(keys)
    edge = Platform(world, keys, caller="web-1")
    assert await edge.ask(ID, made="1" * 32) == "1" * 32
    await world.rotated(Purpose.REQUEST, keys)
    assert await edge.ask(ID, made="2" * 32) == "1" * 32
    assert await Platform(world, keys, caller="web-2").ask(ID, made="2" * 32) == "1" * 32
    with pytest.raises(AlreadyExistsError):
        await edge.ask(ID, made="2" * 32, fields=("another",))


async def test_a_repeated_erasure(main_database: Database, tmp_path: Path) -> None:
    """An erasure that is asked for again after a rotation is the same request, of whoever asks."""
    world = KeyWorld(main_database, tmp_path)
    keys = world.load()
    await world.follow(keys)
    fingerprinter = CurrentFingerprinter(keys=RequestKeys(keys=keys, purpose=Purpose.REQUEST))
    call = ErasureCall("platform-a", "b" * 32, ID, "RequestErasure", b"content", builders.TOKEN)

    async def ask(made: str) -> Made | None:
        request = call.request(fingerprinter)

        async def act(connection: Connection) -> Made | None:
            return await kept.remember(connection, request, made=made, now=world.now.business)

        return await world.database.act("test.ask", act)

    assert await ask("1" * 32) is None
    await world.rotated(Purpose.REQUEST, keys)
    assert await ask("2" * 32) == Made(builders.TOKEN, "1" * 32)


async def test_a_members_repeat(main_database: Database, tmp_path: Path) -> None:
    """Its id is the same under every key; only another body is refused."""
    world = KeyWorld(main_database, tmp_path, holder=Holder.CUSTODY)
    keys = world.load()
    await world.follow(keys)
    fingerprinter = CurrentFingerprinter(keys=RequestKeys(keys=keys, purpose=Purpose.PERSON_REQUEST))

    async def ask(answer: bytes, body: str = "x") -> bytes:
        request = MemberAsked("a" * 32, ID, "m", builders.content(body)).request(fingerprinter)
        known = await member_request.look_up(world.database, request)

        async def act(connection: Connection) -> bytes | None:
            return await member_request.remember(connection, request, now=world.now, answer=answer)

        stored = await world.database.act("test.ask", act)
        assert stored == known
        return stored or answer

    assert await ask(b"first") == b"first"
    with pytest.raises(AlreadyExistsError):
        await ask(b"second", body="y")
    await world.rotated(Purpose.PERSON_REQUEST, keys)
    assert await ask(b"second") == b"first"
    with pytest.raises(AlreadyExistsError):
        await ask(b"second", body="y")
