"""Files, decides and reads appeals.

What a moderator signed is built again from the call and checked before anything is stored.
"""

from idvault.core.entropy import Entropy
from idvault.core.request import Fingerprinter
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.moderator.acts.moderator import ModerationCall, signed_paper
from idvault.moderator.ports import ModeratorStore
from idvault.sanction.acts.lapse import event_of
from idvault.sanction.appeal import rules
from idvault.sanction.appeal.acts.appeal_sweep import overdue_event
from idvault.sanction.appeal.ports import (
    AppealDecision,
    AppealFiling,
    AppealFilter,
    AppealStore,
    DecisionEvents,
)
from idvault.sanction.appeal.rules import Appeal, AppealTerms
from idvault.sanction.ports import SanctionStore
from idvault.sanction.rules import sanction as sanction_rules
from idvault.sealing.moderation_text_ports import CaseField, ModerationTextSealer
from idvault.verify.attest import sanction as papers
from idvault.verify.clock import ClockReading
from idvault.verify.error import IdvaultError
from idvault.verify.event import SYSTEM_ACTOR, EventType
from idvault.verify.sanction import AppealState

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
