"""Operations over both databases: opened, named by sanctions, counted, closed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from idvault.core.db.database import Database
from idvault.sanction.operation import acts
from idvault.sanction.operation.rules import Operation, SanctionCount
from idvault_verify.error import InvalidError, NotFoundError, PreconditionError, Reason, TransitionError
from idvault_verify.sanction import Degree, OperationState, SanctionState, Scope
from tools.support.flow_world import PARTY, at, request_id
from tools.support.sanction_world import SanctionWorld, until

HOUR = 3_600


@pytest_asyncio.fixture
async def world(main_database: Database) -> AsyncIterator[SanctionWorld]:
    """Return the flows with a new database of each kind."""
    made = SanctionWorld(main_database)
    yield made
    await made.claims.verification.drain()


async def begin(
    world: SanctionWorld, title: str = "a month (synthetic)", *, seconds: float = 0, **changes: Any
) -> Operation:
    return await world.begin(title, seconds=seconds, **changes)


async def close(world: SanctionWorld, operation: Operation, **changes: Any) -> Operation:
    return await world.end(operation, seconds=9, **changes)


async def figures(world: SanctionWorld, operation: Operation, *, seconds: float = 0) -> list[SanctionCount]:
    _, counts, _ = await acts.get(world.vault, PARTY, operation.operation_id, now=at(seconds))
    return list(counts)


async def test_sanctions_belong_to_an_operation(world: SanctionWorld) -> None:
    """What came into force is counted, by degree and scope, and what happened to it; others are not."""
    token, keys = await world.account(), (await world.moderator(1), await world.moderator(2))
    operation, other = await begin(world), await begin(world)
    named: dict[str, Any] = {"operation_id": operation.operation_id}
    first = await world.impose(token, Degree.WARN, key=keys[0], **named)
    ending = await world.impose(token, Degree.WARN, key=keys[0], given=until(HOUR), **named)
    lifted = await world.lift(await world.impose(token, Degree.WARN, key=keys[0], **named), key=keys[0])
    person = await world.of_person(token, Degree.LIMIT, keys, **named)
    proposed = await world.impose(token, Degree.CLOSE, key=keys[0], **named)
    await world.impose(token, Degree.SUSPEND, key=keys[0])
    assert first.operation_id == operation.operation_id
    for seconds, warned in ((0, (2, 1, 0)), (HOUR, (1, 1, 1))):
        assert await figures(world, operation, seconds=seconds) == [
            SanctionCount(Degree.WARN, Scope.ACCOUNT, 3, *warned),
            SanctionCount(Degree.LIMIT, Scope.PERSON, 1, 1, 0, 0),
        ]
    await world.work(seconds=HOUR)
    assert (await figures(world, operation, seconds=HOUR))[0].lapsed == 1
    assert await figures(world, other) == []
    every = {each.sanction_id for each in (first, ending, lifted, person, proposed)}
    assert {each for page in await world.pages(size=2, **named) for each in page} == every
    found = await world.pages(size=9, state=SanctionState.PROPOSED, **named)
    assert found == [[proposed.sanction_id]]


async def test_a_closed_operation_gets_nothing_new(world: SanctionWorld) -> None:
    """What belongs to it stays, and a proposal can still be confirmed."""
    token, keys = await world.account(), (await world.moderator(1), await world.moderator(2))
    operation = await begin(world)
    proposed = await world.impose(token, Degree.CLOSE, key=keys[0], operation_id=operation.operation_id)
    closed = await close(world, operation, request_id=request_id(9))
    assert (closed.state, closed.closed_at) == (OperationState.CLOSED, at(9).business)
    with pytest.raises(PreconditionError) as refused:
        await world.impose(token, Degree.WARN, key=keys[0], operation_id=operation.operation_id)
    assert refused.value.reason is Reason.OPERATION_CLOSED
    await world.confirm(proposed, key=keys[1])
    assert [each.imposed for each in await figures(world, operation)] == [1]
    assert await close(world, operation, request_id=request_id(9)) == closed
    with pytest.raises(TransitionError) as told:
        await close(world, operation)
    assert (told.value.state, told.value.wanted) == ("CLOSED", "CLOSED")
    assert await world.events("operation:") == ["operation:moderation:close", "operation:moderation:open"]


async def test_only_ones_own_operations(world: SanctionWorld) -> None:
    """Another platform's is unknown, in the same words as one that does not exist."""
    token, key = await world.account(), await world.moderator(1)
    theirs = await begin(world, party="platform-b")
    with pytest.raises(NotFoundError) as unknown:
        await world.impose(token, Degree.WARN, key=key, operation_id=theirs.operation_id)
    assert unknown.value.reason is Reason.OPERATION_NOT_FOUND
    for work in (close(world, theirs), figures(world, theirs)):
        with pytest.raises(NotFoundError):
            await work
    assert await world.events("sanction:") == []


async def test_operations_are_listed(world: SanctionWorld) -> None:
    """By state and page by page; a repeated request opens one, and a title is required."""
    first = await begin(world, request_id=request_id(5))
    assert await begin(world, request_id=request_id(5), seconds=3) == first
    second = await begin(world, seconds=1)
    await close(world, first)

    async def listed(state: OperationState | None) -> list[str]:
        after, found = "", []
        while True:
            page, after = await acts.page(world.vault, PARTY, state=state, after=after, limit=1)
            found += [each.operation_id for each in page]
            if not after:
                return found

    assert await listed(None) == [first.operation_id, second.operation_id]
    assert await listed(OperationState.OPEN) == [second.operation_id]
    assert await listed(OperationState.CLOSED) == [first.operation_id]
    with pytest.raises(InvalidError) as refused:
        await begin(world, " ")
    assert [each.field for each in refused.value.violations] == ["title"]
