"""Opens, closes and reads operations, and counts the sanctions and reports that belong to one."""

from collections.abc import Mapping, Sequence
from typing import Any

from idvault.core.act import Tx, Vault, act, sweep
from idvault.core.db.connection import Connection
from idvault.moderator.acts import decision
from idvault.sanction.operation import rules, store
from idvault.sanction.operation.rules import Operation, SanctionCount
from idvault.sanction.operation.store import ROWS
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType
from idvault_verify.sanction import OperationState
from idvault_verify.tip_off import TipOffState


@decision("operation.open", again=ROWS.get)
async def begin(tx: Tx, operation_id: str, paper: bytes, title: str) -> Operation:
    """Open an operation; raises InvalidError, AlreadyExistsError and UnavailableError."""
    made = Operation(operation_id, tx.party, rules.check_title(title), tx.now.business)
    await ROWS.add(tx.connection, made)
    await tx.log(EventType.OPERATION_OPEN, operation_id=operation_id, paper=paper)
    return made


@decision("operation.close", again=ROWS.get)
async def close(tx: Tx, operation_id: str, paper: bytes) -> Operation:
    """Close an operation; raises NotFoundError, TransitionError and others.

    A sanction that is imposed at the same time may still name it.
    """
    found = await ROWS.lock(tx.connection, tx.party, operation_id)
    closed = rules.close(operation=found, now=tx.now.business)
    await ROWS.put(tx.connection, closed)
    await tx.log(EventType.OPERATION_CLOSE, operation_id=operation_id, paper=paper)
    return closed


@act("operation.end")
async def end(tx: Tx, operation: Operation) -> bool:
    """Store that the last day of a joint operation is over; False if it is stored."""
    found = await ROWS.lock(tx.connection, operation.relying_party, operation.operation_id)
    ended = rules.end(operation=found, now=tx.now.business)
    if ended is None:
        tx.unchanged("somebody was faster")
        return False
    await ROWS.put(tx.connection, ended)
    await tx.log(EventType.OPERATION_END, operation_id=operation.operation_id)
    return True


async def end_all(vault: Vault, now: ClockReading, *, limit: int) -> int:
    """Store which joint operations are over; return how many. Any number of workers may do so at any time."""

    async def due() -> list[Operation]:
        return await vault.read(
            "operation.ended", lambda one: store.ended(one, now=now.business, limit=limit)
        )

    return await sweep(vault, now, due=due, each=end)


async def get(
    vault: Vault, party: str, operation_id: str, *, now: ClockReading
) -> tuple[Operation, Sequence[SanctionCount], Mapping[TipOffState, int]]:
    """Return an operation with its figures; raises NotFoundError (OPERATION_NOT_FOUND)."""

    async def work(
        connection: Connection,
    ) -> tuple[Operation, Sequence[SanctionCount], Mapping[TipOffState, int]]:
        found = rules.as_of(await ROWS.get(connection, party, operation_id), now=now.business)
        return found, *(await store.count(connection, party, operation_id, now=now.business))

    return await vault.read("operation.get", work)


async def page(
    vault: Vault,
    party: str,
    *,
    state: OperationState | None,
    after: str,
    limit: int,
    now: ClockReading,
) -> tuple[list[Operation], str]:
    """Return a page of operations as they are now, and the last one's id if there are more, else ""."""
    by: dict[str, Any] = {} if state is None else {"now": now.business}
    found, following = await vault.read(
        "operation.list", lambda one: ROWS.page(one, party, after=after, limit=limit, state=state, **by)
    )
    return [rules.as_of(each, now=now.business) for each in found], following
