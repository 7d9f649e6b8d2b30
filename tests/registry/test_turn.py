"""A call whose connection is there too late for its turn: not a byte of it is sent, on both wires."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from idvault_verify.registry import RegistryAnswer
from tests.support.mock_registry import ai
from tests.support.registry_session import WIRES, RegistrySession, registry_session

_PATIENCE = 10.0


@pytest.fixture(params=WIRES)
async def session(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[RegistrySession]:
    async with registry_session(tmp_path, request.param) as made:
        yield made


async def test_a_call_out_of_turn_is_not_sent(session: RegistrySession) -> None:
    """The registry counts nothing, on a new connection and on a used one; the next call goes through."""
    who = session.known()
    asked: list[str] = []

    async def missed() -> bool:
        asked.append("missed")
        return False

    for number in (3, 4):
        before = await session.registry.counters()
        answer = await session.adapter.check(ai=ai(1), identity=who, patience=_PATIENCE, in_turn=missed)
        assert answer is RegistryAnswer.NO_TURN
        probed = await session.adapter.probe(ai=ai(2), patience=_PATIENCE, in_turn=missed)
        assert probed is RegistryAnswer.NO_TURN
        if session.adapter.can_query:
            queried = await session.adapter.query(ai=ai(1), patience=_PATIENCE, in_turn=missed)
            assert queried is RegistryAnswer.NO_TURN
        assert await session.registry.counters() == before
        assert await session.check(number, who) is RegistryAnswer.MATCH
    assert len(asked) == (6 if session.adapter.can_query else 4)
