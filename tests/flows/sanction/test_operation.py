"""Operations over both databases: opened, named by sanctions, counted, closed."""

from typing import Any

import pytest

from idvault_client.errors import NotFound
from idvault_client.sanctions import OperationFigure, PlatformOperation
from idvault_verify.error import Reason
from idvault_verify.sanction import Degree, OperationState, SanctionState, Scope
from tests.support.refusal import fields_of, reason_of, states_of
from tools.support.flow_world import at, request_id
from tools.support.in_process import ids
from tools.support.sanction_world import SanctionWorld, until

HOUR = 3_600


async def begin(
    world: SanctionWorld, title: str = "a month (synthetic)", *, seconds: float = 0, **changes: Any
) -> PlatformOperation:
    return await world.begin(title, seconds=seconds, **changes)


async def close(world: SanctionWorld, operation: PlatformOperation, **changes: Any) -> PlatformOperation:
    return await world.end(operation, seconds=9, **changes)


async def figures(
    world: SanctionWorld, operation: PlatformOperation, *, seconds: float = 0
) -> list[OperationFigure]:
    return list((await world.asks(seconds).get_operation(operation.operation_id)).figures)


async def test_sanctions_belong_to_an_operation(world: SanctionWorld) -> None:
    """What came into force is counted, by degree and scope, and what happened to it; others are not."""
    token, keys = await world.account(), (await world.moderator(1), await world.moderator(2))
    operation, other = await begin(world), await begin(world)
    named: dict[str, Any] = {"operation": operation}
    first = await world.impose(token, Degree.WARN, key=keys[0], **named)
    ending = await world.impose(token, Degree.WARN, key=keys[0], given=until(HOUR), **named)
    lifted = await world.lift(await world.impose(token, Degree.WARN, key=keys[0], **named), key=keys[0])
    person = await world.of_person(token, Degree.LIMIT, keys, **named)
    proposed = await world.impose(token, Degree.CLOSE, key=keys[0], **named)
    await world.impose(token, Degree.SUSPEND, key=keys[0])
    assert first.operation_id == operation.operation_id
    for seconds, warned in ((0, (2, 1, 0)), (HOUR, (1, 1, 1))):
        assert await figures(world, operation, seconds=seconds) == [
            OperationFigure(Degree.WARN, Scope.ACCOUNT, 3, *warned),
            OperationFigure(Degree.LIMIT, Scope.PERSON, 1, 1, 0, 0),
        ]
    await world.work(seconds=HOUR)
    assert (await figures(world, operation, seconds=HOUR))[0].lapsed == 1
    assert await figures(world, other) == []
    every = {each.sanction_id for each in (first, ending, lifted, person, proposed)}
    assert {
        each for page in await world.pages(size=2, operation_id=operation.operation_id) for each in page
    } == every
    found = await world.pages(state=SanctionState.PROPOSED, operation_id=operation.operation_id)
    assert found == [[proposed.sanction_id]]


async def test_a_closed_operation_gets_nothing_new(world: SanctionWorld) -> None:
    """What belongs to it stays, and a proposal can still be confirmed."""
    token, keys = await world.account(), (await world.moderator(1), await world.moderator(2))
    operation = await begin(world)
    proposed = await world.impose(token, Degree.CLOSE, key=keys[0], operation=operation)
    closed = await close(world, operation, request_id=request_id(9))
    assert (closed.state, closed.close_time) == (OperationState.CLOSED, at(9).business)
    assert (
        await reason_of(world.impose(token, Degree.WARN, key=keys[0], operation=operation))
        is Reason.OPERATION_CLOSED
    )
    await world.confirm(proposed, key=keys[1])
    assert [each.imposed for each in await figures(world, operation)] == [1]
    assert await close(world, operation, request_id=request_id(9)) == closed
    assert await states_of(close(world, operation)) == ("CLOSED", "CLOSED")
    assert await world.events("operation:") == ["operation:moderation:close", "operation:moderation:open"]


async def test_only_ones_own_operations(world: SanctionWorld) -> None:
    """Another platform's is unknown, in the same words as one that does not exist."""
    token, key = await world.account(), await world.moderator(1)
    theirs = await begin(world, party="platform-b")
    assert (
        await reason_of(world.impose(token, Degree.WARN, key=key, operation=theirs))
        is Reason.OPERATION_NOT_FOUND
    )
    for work in (close(world, theirs), figures(world, theirs)):
        with pytest.raises(NotFound):
            await work
    assert await world.events("sanction:") == []


async def test_operations_are_listed(world: SanctionWorld) -> None:
    """By state and page by page; a repeated request opens one, and a title is required."""
    first = await begin(world, request_id=request_id(5))
    assert await begin(world, request_id=request_id(5), seconds=3) == first
    second = await begin(world, seconds=1)
    await close(world, first)

    async def listed(state: OperationState | None) -> list[str]:
        return [
            each
            for page in await ids(world.asks().list_operations, state=state, page_size=1)
            for each in page
        ]

    assert await listed(None) == [first.operation_id, second.operation_id]
    assert await listed(OperationState.OPEN) == [second.operation_id]
    assert await listed(OperationState.CLOSED) == [first.operation_id]
    assert await fields_of(begin(world, " ")) == ["title"]
