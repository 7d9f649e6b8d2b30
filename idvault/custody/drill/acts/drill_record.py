"""The worker's part of drills: a drill record for the current quorum, and the count of overdue custodians.

A new quorum gets its drill record within a minute. The records of former quorums stay, because they show
since when a custodian could have passed a drill.
"""

from collections.abc import Callable
from typing import Protocol

from idvault.core.entropy import Entropy
from idvault.custody.drill import rules
from idvault.custody.drill.acts import drill_standing
from idvault.custody.drill.ports import DrillStore
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.people.acts.quorums import RosterSource
from idvault.platform import rules as platform_rules
from idvault.sealing.ports import RecordSealer
from idvault.verify.attest.quorum import Quorum
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR, EventType
from idvault.verify.registry import RegistryAnswer


class HeldRosters(RosterSource, Protocol):
    """A RosterSource that also has the quorum for new records (flows.people.roster_holder)."""

    @property
    def quorum(self) -> Quorum:
        """The current quorum."""
        ...


class DrillKeeper:
    """Creates drill records and reports how many custodians are overdue."""

    def __init__(
        self,
        *,
        store: DrillStore,
        rosters: HeldRosters,
        sealer: RecordSealer,
        guard: LogGuard,
        entropy: Entropy,
        observe: Callable[[int, float], None],
    ) -> None:
        """Initialise with the ports. observe: receives the overdue count and the oldest pass's age (s)."""
        self._store = store
        self._rosters = rosters
        self._sealer = sealer
        self._guard = guard
        self._events = EventFactory(entropy=entropy)
        self._observe = observe

    async def keep(self, *, now: ClockReading) -> bool:
        """Create the drill record of the current quorum if it has none; return True if created."""
        quorum_id = self._rosters.quorum.id
        if await self._store.get(quorum_id=quorum_id) is not None:
            return False
        await self._guard.check(now=now)
        token = rules.token(quorum_id=quorum_id)
        record = await self._sealer.seal(
            relying_party=platform_rules.RELYING_PARTY,
            account_token=token,
            identity=rules.identity(),
            answer=RegistryAnswer.MATCH,
            consent=rules.consent(now=now.business),
        )
        if record.present_quorum_id != quorum_id:
            return False  # the quorum has changed meanwhile; the next run creates its record
        event = self._events.event(
            EventType.DRILL_RENEW,
            actor_id=SYSTEM_ACTOR,
            now=now,
            account_token=token,
            record_id=record.record_id,
            quorum_id=quorum_id,
            record_digest=record.digest(),
        )
        return await self._store.renew(record, now=now, event=event)

    async def count(self, *, now: ClockReading) -> None:
        """Report how many custodians of the current quorum are overdue."""
        versions = drill_standing.versions(self._rosters)
        found = drill_standing.standings(versions=versions, history=await self._store.history())
        ages = [(now.business - (each.due_at - rules.PERIOD)).total_seconds() for each in found]
        self._observe(sum(each.is_overdue(now.business) for each in found), max([0.0, *ages]))
