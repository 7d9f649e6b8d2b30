"""One rule for request ids, in both tables of requests, against both databases."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from idvault.core.db.connection import Connection
from idvault.core.db.idempotency import Requests
from idvault.core.request import Request
from idvault.core.tables.claim import requests
from idvault.core.tables.people import person_requests
from idvault_verify.error import AlreadyExistsError, Reason
from tools.support.storage_world import NOW, World

_MADE: tuple[dict[str, Any], ...] = (
    {"account_token": "acct_1", "claim_id": "1" * 32},
    {"account_token": "", "claim_id": "2" * 32},
)
# A table, and two possible answers to its requests.
_TABLES = [
    (Requests(requests, caller="relying_party", answer=lambda row: (row.account_token, row.claim_id)), _MADE),
    (
        Requests(person_requests, caller="actor_id", answer=lambda row: (bytes(row.answer),)),
        ({"answer": b""}, {"answer": b"two"}),
    ),
]
of_each_table = pytest.mark.parametrize(("kept", "answers"), _TABLES, ids=["platforms", "people"])


async def _remember(
    world: World, kept: Requests[Any], request: Request, answer: dict[str, Any], *, days: int = 0
) -> Any:
    async def work(connection: Connection) -> Any:
        return await kept.remember(connection, request, now=NOW + timedelta(days=days), **answer)

    return await world.database.act("test", work)


async def _find(world: World, kept: Requests[Any], request: Request) -> Any:
    found = await world.database.read("test", lambda connection: kept.find(connection, request))
    assert await kept.look_up("test", world.database, request) == found
    return found


@of_each_table
async def test_a_repeat_is_given_the_first_answer(
    world: World, kept: Requests[Any], answers: tuple[dict[str, Any], ...]
) -> None:
    """A repeat changes nothing, whatever it would have created."""
    request = world.request()
    assert await _find(world, kept, request) is None
    assert await _remember(world, kept, request, answers[0]) is None
    before = await world.contents()
    assert await _remember(world, kept, request, answers[1]) == tuple(answers[0].values())
    assert await _find(world, kept, request) == tuple(answers[0].values())
    assert await world.contents() == before


@of_each_table
async def test_another_body_is_refused(
    world: World, kept: Requests[Any], answers: tuple[dict[str, Any], ...]
) -> None:
    """A different body is REQUEST_ID_REUSED in every method; another caller's same id is independent."""
    request = world.request()
    await _remember(world, kept, request, answers[0])
    other = Request(request.caller, request.request_id, b"o" * 32)
    before = await world.contents()
    for way in (
        _remember(world, kept, other, answers[1]),
        world.database.read("test", lambda connection: kept.find(connection, other)),
        kept.look_up("test", world.database, other),
    ):
        with pytest.raises(AlreadyExistsError) as refused:
            await way
        assert refused.value.reason is Reason.REQUEST_ID_REUSED
    assert await world.contents() == before
    foreign = Request("somebody-else", request.request_id, b"o" * 32)
    assert await _remember(world, kept, foreign, answers[1]) is None
    assert await _find(world, kept, foreign) == tuple(answers[1].values())


@of_each_table
async def test_one_of_many_at_once_is_the_first(
    world: World, kept: Requests[Any], answers: tuple[dict[str, Any], ...]
) -> None:
    """Of 16 concurrent requests one is new, and 15 get its answer."""
    request = world.request()
    found = await asyncio.gather(*(_remember(world, kept, request, answers[1]) for _ in range(16)))
    assert found.count(None) == 1
    assert found.count(tuple(answers[1].values())) == 15


@of_each_table
async def test_an_undone_act_keeps_no_request(
    world: World, kept: Requests[Any], answers: tuple[dict[str, Any], ...]
) -> None:
    """After a rollback the id is new again, also with a different body."""
    request = world.request()

    async def refuse(connection: Connection) -> None:
        await kept.remember(connection, request, now=NOW, **answers[0])
        raise LookupError("refused")

    with pytest.raises(LookupError):
        await world.database.act("test", refuse)
    other = Request(request.caller, request.request_id, b"o" * 32)
    assert await _remember(world, kept, other, answers[1]) is None


@of_each_table
async def test_an_answer_may_be_known_only_at_the_end(
    world: World, kept: Requests[Any], answers: tuple[dict[str, Any], ...]
) -> None:
    """A late answer is stored in the row of this request only."""
    request, other = world.request(), world.request()
    await _remember(world, kept, other, answers[0])

    async def work(connection: Connection) -> None:
        await kept.remember(connection, request, now=NOW, **answers[0])
        await kept.conclude(connection, request, **answers[1])

    await world.database.act("test", work)
    assert await _find(world, kept, request) == tuple(answers[1].values())
    assert await _find(world, kept, other) == tuple(answers[0].values())


@of_each_table
async def test_old_requests_are_forgotten(
    world: World, kept: Requests[Any], answers: tuple[dict[str, Any], ...]
) -> None:
    """Requests made before a time are deleted, not those at that time; a deleted id is new again."""
    old, new = world.request(), world.request()
    await _remember(world, kept, old, answers[0])
    await _remember(world, kept, new, answers[0], days=1)

    async def work(connection: Connection) -> int:
        return await kept.forget(connection, before=NOW + timedelta(days=1))

    assert await world.database.act("test", work) == 1
    assert await _find(world, kept, old) is None
    assert await _find(world, kept, new) == tuple(answers[0].values())
    assert await _remember(world, kept, old, answers[1]) is None
