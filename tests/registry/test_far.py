"""A registry that is far away: making a connection takes longer than a call may be late for its slot."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from idvault.registry.wrapped import BudgetedRegistry, GuardedRegistry
from idvault_verify.registry import RegistryAnswer
from tests.registry.scripted import MemoryBudget
from tests.support.mock_registry import ai, real_time
from tests.support.registry_session import WIRES, RegistrySession, registry_session

_CONNECTING = 0.4
_PATIENCE = 10.0


@pytest.fixture(params=WIRES)
async def session(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RegistrySession]:
    connect = aiohttp.TCPConnector._create_connection

    async def slow(*args: object, **kwargs: object) -> object:
        await asyncio.sleep(_CONNECTING)
        return await connect(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(aiohttp.TCPConnector, "_create_connection", slow)
    async with registry_session(tmp_path, request.param) as made:
        yield made


def budgeted(session: RegistrySession) -> BudgetedRegistry:
    guard = GuardedRegistry(
        inner=session.adapter,
        provider="p",
        clock=real_time,
        observe=lambda *_: None,
        alarm=lambda _: None,
    )
    return BudgetedRegistry(
        inner=guard,
        provider="p",
        main=MemoryBudget(),
        checks_per_second=20,
        queries_per_second=20,
        clock=real_time,
        sleep=asyncio.sleep,
        alarm=lambda _: None,
    )


async def test_a_registry_far_away_is_asked(session: RegistrySession) -> None:
    """The first call misses its slot; the next one begins to connect before its slot, and goes out."""
    capped, who = budgeted(session), session.known()
    assert await capped.check(ai=ai(1), identity=who, patience=_PATIENCE) is RegistryAnswer.MATCH
    probed = await capped.probe(ai=ai(2), patience=_PATIENCE)
    assert probed is RegistryAnswer.NOT_FOUND


async def test_calls_at_once_reach_a_registry_far_away(session: RegistrySession) -> None:
    """Each makes a connection of its own."""
    capped, who = budgeted(session), session.known()
    calls = [capped.check(ai=ai(number), identity=who, patience=_PATIENCE) for number in range(1, 9)]
    assert set(await asyncio.gather(*calls)) == {RegistryAnswer.MATCH}
