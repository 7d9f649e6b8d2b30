"""Workers that are killed while they tell recipients, on both databases."""

import asyncio
import json
import signal
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from idvault.core.db.database import Database
from idvault.core.tables.outbox import notification_items, notifications, outbox
from idvault_verify.event import EventType
from tests.support.notified import HookServer, MailHandler
from tests.support.notified_world import NotifiedWorld, counted, told
from tools.support import programs, sql
from tools.support.databases import Databases
from tools.support.flow_world import PARTY

pytestmark = pytest.mark.process

_WORKER = "tests.support.notifying:main"
_REQUEST = EventType.ERASURE_REQUEST
# Each once: a message counts what happened twice to one thing as one.
_STEPS = {
    _REQUEST: "erasure_requested",
    EventType.ERASURE_CANCEL: "erasure_cancelled",
    EventType.ERASURE_ERASE: "account_erased",
}
_PLATFORMS = (PARTY, "platform-b", "platform-c")
_KILLS = 8
_POINTS = 70
_APART = 7_200
"""Seconds after which a message whose worker died is due again, however often that happened."""


def _start(
    databases: Databases,
    recipients: Sequence[dict[str, Any]],
    seconds: float,
    *,
    life: int = 2,
    point: int = 0,
) -> programs.Started:
    return programs.start(_WORKER, databases.main_url, json.dumps(recipients), seconds, life, point)


def _end(process: programs.Started) -> int:
    """Wait for the end of a worker; return its code."""
    _, error = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), error[-2_000:]
    return process.returncode


async def test_a_killed_worker_s_message_arrives_with_the_same_id(
    databases: Databases, hooks: HookServer
) -> None:
    """kill -9 when the server has the message: another worker sends it again half a minute later."""
    database, to = Database(url=databases.main_url), [{"of": PARTY, "url": hooks.url}]
    world = NotifiedWorld(database)
    await world.erasure(_REQUEST)
    hooks.answers = [30.0]
    worker = await asyncio.to_thread(_start, databases, to, 0)
    async with asyncio.timeout(60):
        await hooks.arrived.wait()
        worker.kill()
        assert await asyncio.to_thread(_end, worker) == -signal.SIGKILL
        for seconds in (29, 30):
            other = await asyncio.to_thread(_start, databases, to, seconds)
            assert await asyncio.to_thread(_end, other) == 0
    first, second = hooks.hooks
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert await world.levels() == (0, None)
    await world.close()
    await database.close()


async def test_killed_workers_lose_nothing_and_tell_in_order(
    databases: Databases, hooks: HookServer, mails: MailHandler
) -> None:
    """Each dies at a drawn statement, before or after it; whatever happens meanwhile is told once, in order.

    A message that arrives twice has one id, so a recipient counts it once.
    """
    database, draw = Database(url=databases.main_url), Random(23)  # noqa: S311 - points of death
    world = NotifiedWorld(database)
    to: list[dict[str, Any]] = [{"of": party, "url": f"{hooks.url}?of={party}"} for party in _PLATFORMS]
    to.append({"of": PARTY, "port": mails.port})
    kills = 0
    for life in range(1, 4 * _KILLS):
        if life <= len(_STEPS):
            for party in _PLATFORMS:
                await world.erasure([*_STEPS][life - 1], party=party)
        point = draw.randint(1, _POINTS) if kills < _KILLS else 0
        worker = await asyncio.to_thread(_start, databases, to, life * _APART, life=2 * life, point=point)
        kills += await asyncio.to_thread(_end, worker) != 0
        if life > len(_STEPS) and not await _left(database):
            break
    assert kills >= _KILLS // 2
    assert not await _left(database)
    wanted = [*_STEPS.values()]
    for party in _PLATFORMS:
        mine = [each for each in hooks.hooks if each.query == f"of={party}"]
        assert _heard((each.headers["webhook-id"], told(each)) for each in mine) == wanted
    assert _heard((each["Message-ID"], counted(each)) for each in mails.mails) == wanted
    await world.close()
    await database.close()


async def _left(database: Database) -> int:
    """Return how many rows tell of something that is not told."""
    return sum([await sql.count(database, each) for each in (outbox, notification_items, notifications)])


def _heard(messages: Any) -> list[str]:
    """Return what a recipient heard of its one thing, in order; each id counts once, and has one text."""
    found = dict[str, dict[str, int]]()
    for message_id, numbers in messages:
        assert found.setdefault(message_id, numbers) == numbers
    return [kind for numbers in found.values() for kind, number in numbers.items() for _ in range(number)]
