"""Use cases of appeals.

Notes which appeals are overdue, and deletes the texts of those that were decided long ago.

Files, decides and reads appeals.

What a moderator signed is built again from the call and checked before anything is stored.
"""

from collections.abc import Callable
from dataclasses import dataclass

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.request import Fingerprinter
from idvault.log.acts.guard import LogGuard
from idvault.moderator.acts import ModerationCall, signed_paper
from idvault.moderator.ports import ModeratorStore
from idvault.sanction import rules as sanction_rules
from idvault.sanction.acts import event_of
from idvault.sanction.appeal import rules
from idvault.sanction.appeal.ports import (
    AppealDecision,
    AppealFiling,
    AppealFilter,
    AppealStore,
    DecisionEvents,
)
from idvault.sanction.appeal.rules import Appeal, AppealTerms
from idvault.sanction.ports import SanctionStore
from idvault.sealing.moderation_text_ports import CaseField, ModerationTextSealer
from idvault.verify.attest import sanction as papers
from idvault.verify.clock import ClockReading
from idvault.verify.error import IdvaultError
from idvault.verify.event import SYSTEM_ACTOR, Event, EventType
from idvault.verify.sanction import AppealState


@dataclass(kw_only=True, eq=False, repr=False)
class AppealSweep:
    """Sweeps that any number of processes may run at any time. observe: gets how many appeals are overdue."""

    store: AppealStore
    guard: LogGuard
    events: EventFactory
    observe: Callable[[int], None]

    async def note_overdue(self, *, now: ClockReading, limit: int) -> int:
        """Log each appeal that has become overdue, once; return how many."""
        await self.guard.check(now=now)
        count = 0
        for found in await self.store.undecided(now=now, limit=limit):
            event = overdue_event(self.events, found, now)
            count += await self.store.note_overdue(found, now=now, event=event)
        return count

    async def delete_texts(self, *, now: ClockReading, limit: int) -> int:
        """Delete the texts that are due, each with its log entry; return how many."""
        await self.guard.check(now=now)
        count = 0
        for found in await self.store.deletable(now=now, limit=limit):
            event = _event(self.events, EventType.APPEAL_DELETE, found, now)
            count += await self.store.delete_text(found, now=now, event=event)
        return count

    async def count(self, *, now: ClockReading) -> None:
        """Observe how many appeals are overdue."""
        self.observe(await self.store.overdue(now=now))


def overdue_event(events: EventFactory, appeal: Appeal, now: ClockReading) -> Event:
    """Return the event of an appeal that was not decided in time."""
    return _event(events, EventType.APPEAL_OVERDUE, appeal, now)


def _event(events: EventFactory, kind: EventType, appeal: Appeal, now: ClockReading) -> Event:
    return events.event(
        kind,
        actor_id=SYSTEM_ACTOR,
        now=now,
        account_token=appeal.account_token,
        appeal_id=appeal.appeal_id,
    )


FIELD = "text"
_DECIDED = {AppealState.UPHELD: EventType.APPEAL_UPHOLD, AppealState.REJECTED: EventType.APPEAL_REJECT}


class AppealFlow:
    """Appeals against relying parties' sanctions."""

    def __init__(
        self,
        *,
        store: AppealStore,
        sanctions: SanctionStore,
        moderators: ModeratorStore,
        sealer: ModerationTextSealer,
        terms: AppealTerms,
        fingerprinter: Fingerprinter,
        guard: LogGuard,
        entropy: Entropy,
    ) -> None:
        """Initialise with the ports."""
        self._store = store
        self._sanctions = sanctions
        self._moderators = moderators
        self._sealer = sealer
        self._terms = terms
        self._fingerprinter = fingerprinter
        self._guard = guard
        self._events = EventFactory(entropy=entropy)

    async def file(self, call: ModerationCall, *, sanction_id: str, text: str, now: ClockReading) -> Appeal:
        """File an appeal; raises InvalidError, NotFoundError, AlreadyExistsError and PreconditionError."""
        await self._guard.check(now=now)
        rules.check_text(text)
        sanction = await self._sanctions.get(relying_party=call.relying_party, sanction_id=sanction_id)
        appeal_id = self._events.new_id()
        sealed = self._sealer.seal(CaseField(call.relying_party, appeal_id, FIELD), text)
        event = self._events.event(
            EventType.APPEAL_FILE,
            actor_id=call.actor_id,
            now=now,
            account_token=sanction.account_token,
            appeal_id=appeal_id,
            sanction_id=sanction_id,
            # Of the sealed bytes: once they are deleted, nobody can test texts against it.
            text_digest=papers.digest(sealed.data),
        )
        return await self._store.file(
            AppealFiling(appeal_id, sanction, sealed, self._terms),
            request=call.request(self._fingerprinter),
            now=now,
            event=event,
        )

    async def decide(
        self,
        call: ModerationCall,
        *,
        appeal_id: str,
        verdict: AppealState,
        reason: str,
        now: ClockReading,
    ) -> Appeal:
        """Decide an appeal; raises TransitionError, DeniedError (SELF_APPROVAL) and others."""
        await self._guard.check(now=now)
        sanction_rules.check_reason(reason)
        appeal = await self._store.get(relying_party=call.relying_party, appeal_id=appeal_id)
        sanction = await self._sanctions.get(relying_party=call.relying_party, sanction_id=appeal.sanction_id)
        text = papers.appeal_decision(
            call.occasion,
            appeal_id=appeal_id,
            paper_digest=papers.digest(sanction.paper),
            verdict=verdict.value,
            reason=reason,
        )
        request = call.request(self._fingerprinter)
        try:
            paper = await signed_paper(self._moderators, call, text, now=now)
        except IdvaultError:
            # A repetition may carry an old signature.
            repeated = await self._store.requested(request)
            if repeated is None:
                raise
            return repeated
        decision = AppealDecision(appeal, sanction, verdict, call.moderator_id, reason, paper, self._terms)
        events = self._decision_events(call, decision, now)
        return await self._store.decide(decision, request=request, now=now, events=events)

    async def get(self, *, relying_party: str, appeal_id: str, now: ClockReading) -> tuple[Appeal, str]:
        """Return an appeal and its text, which is empty as soon as its deletion is due.

        Raises NotFoundError (APPEAL_NOT_FOUND) and DamagedError (RECORD_DAMAGED).
        """
        found = await self._store.get(relying_party=relying_party, appeal_id=appeal_id)
        present = rules.delete_text(appeal=found, now=now.business)
        sealed = None if present.text_deleted_at is not None else await self._store.text(found)
        if sealed is None:
            return present, ""
        return found, self._sealer.open(CaseField(relying_party, appeal_id, FIELD), sealed)

    async def list(
        self, wanted: AppealFilter, *, after: str, limit: int, now: ClockReading
    ) -> tuple[list[Appeal], str]:
        """Return a page of appeals, and the last one's id if there are more, else ""."""
        found = await self._store.list(wanted, after=after, limit=limit + 1, now=now)
        page = found[:limit]
        return page, page[-1].appeal_id if len(found) > limit else ""

    def _decision_events(
        self, call: ModerationCall, decision: AppealDecision, now: ClockReading
    ) -> DecisionEvents:
        appeal, sanction, paper = decision.appeal, decision.sanction, decision.paper
        return DecisionEvents(
            decided=self._events.event(
                _DECIDED[decision.verdict],
                actor_id=call.actor_id,
                now=now,
                account_token=appeal.account_token,
                appeal_id=appeal.appeal_id,
                paper=paper,
            ),
            overdue=overdue_event(self._events, appeal, now),
            overturned=event_of(self._events, sanction, "overturn", call.actor_id, now, paper=paper),
            lapsed=event_of(self._events, sanction, "lapse", SYSTEM_ACTOR, now),
        )
