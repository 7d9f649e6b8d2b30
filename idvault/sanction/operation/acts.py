"""Opens, closes and reads operations, and counts the sanctions and reports that belong to one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from idvault.core.request import Fingerprinter
from idvault.log.acts.guard import EventFactory, LogGuard
from idvault.moderator.acts import ModerationCall, ModeratorSource, signed_act
from idvault.sanction.operation import rules
from idvault.sanction.operation.ports import OperationStore
from idvault.sanction.operation.rules import Operation, OperationState, SanctionCount
from idvault.tip_off.ports import TipOffStore
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event, EventType
from idvault.verify.tip_off import TipOffState


@dataclass(kw_only=True, eq=False, repr=False)
class OperationFlow:
    """Operations of relying parties."""

    store: OperationStore
    tip_offs: TipOffStore
    moderators: ModeratorSource
    fingerprinter: Fingerprinter
    guard: LogGuard
    events: EventFactory

    async def begin(self, call: ModerationCall, *, title: str, now: ClockReading) -> Operation:
        """Open an operation; raises InvalidError, AlreadyExistsError and UnavailableError."""
        await self.guard.check(now=now)
        made = Operation(self.events.new_id(), call.relying_party, rules.check_title(title), now.business)
        paper = await signed_act(self.moderators, call, now=now)
        return await self.store.begin(
            made,
            request=call.decided(self.fingerprinter),
            event=self._event(EventType.OPERATION_OPEN, call, made.operation_id, now, paper),
        )

    async def close(self, call: ModerationCall, *, operation_id: str, now: ClockReading) -> Operation:
        """Close an operation; raises NotFoundError, TransitionError and others."""
        await self.guard.check(now=now)
        paper = await signed_act(self.moderators, call, now=now)
        return await self.store.close(
            operation_id=operation_id,
            request=call.decided(self.fingerprinter),
            now=now,
            event=self._event(EventType.OPERATION_CLOSE, call, operation_id, now, paper),
        )

    async def get(
        self, *, relying_party: str, operation_id: str, now: ClockReading
    ) -> tuple[Operation, Sequence[SanctionCount], Mapping[TipOffState, int]]:
        """Return an operation with its figures; raises NotFoundError (OPERATION_NOT_FOUND)."""
        which = {"relying_party": relying_party, "operation_id": operation_id}
        found = await self.store.get(**which)
        reported = await self.tip_offs.operation_counts(**which)
        return found, await self.store.count(**which, now=now), reported

    async def list(
        self, *, relying_party: str, state: OperationState | None, after: str, limit: int
    ) -> tuple[list[Operation], str]:
        """Return a page of operations, and the last one's id if there are more, else ""."""
        found = await self.store.list(relying_party=relying_party, state=state, after=after, limit=limit + 1)
        page = found[:limit]
        return page, page[-1].operation_id if len(found) > limit else ""

    def _event(
        self, kind: EventType, call: ModerationCall, operation_id: str, now: ClockReading, paper: bytes
    ) -> Event:
        return self.events.event(
            kind, actor_id=call.actor_id, now=now, operation_id=operation_id, paper=paper
        )
