"""Files, decides and reads contests; notes which are overdue, and deletes the texts of old ones."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from idvault.core.event_factory import EventFactory
from idvault.core.request import Fingerprinter
from idvault.log.acts.guard import LogGuard
from idvault.moderator.acts import ModerationCall, ModeratorSource, signed_act
from idvault.sanction import rules as sanction_rules
from idvault.sanction.appeal import rules as appeal_rules
from idvault.sealing.moderation_text_ports import CaseField, ModerationTextSealer
from idvault.session.acts.page import SessionCall
from idvault.session.contest import rules
from idvault.session.contest.ports import ContestDecision, ContestFiling, ContestFilter, ContestStore
from idvault.session.contest.rules import Contest, ContestState, ContestTerms
from idvault.verify.clock import ClockReading
from idvault.verify.event import SYSTEM_ACTOR, Event, EventType

FIELD = "text"
_DECIDED = {ContestState.UPHELD: EventType.CONTEST_UPHOLD, ContestState.REJECTED: EventType.CONTEST_REJECT}


@dataclass(kw_only=True, eq=False, repr=False)
class ContestFlow:
    """Contests of verifications of relying parties' accounts."""

    store: ContestStore
    moderators: ModeratorSource
    sealer: ModerationTextSealer
    terms: ContestTerms
    fingerprinter: Fingerprinter
    guard: LogGuard
    events: EventFactory

    async def file(
        self,
        call: SessionCall,
        *,
        account_token: str,
        claim_id: str,
        text: str,
        now: ClockReading,
    ) -> Contest:
        """File a contest of the caller's account; raises NotFoundError, PreconditionError and others."""
        await self.guard.check(now=now)
        appeal_rules.check_text(text)
        contest_id = self.events.new_id()
        sealed = self.sealer.seal(CaseField(call.caller, contest_id, FIELD), text)
        event = self.events.event(
            EventType.CONTEST_FILE,
            actor_id=call.actor_id,
            now=now,
            account_token=account_token,
            contest_id=contest_id,
            claim_id=claim_id,
            # Of the sealed bytes: once they are deleted, nobody can test texts against it.
            text_digest=sha256(sealed.data).digest(),
        )
        return await self.store.file(
            ContestFiling(contest_id, call.caller, account_token, claim_id, sealed, self.terms),
            request=call.request(self.fingerprinter),
            now=now,
            event=event,
        )

    async def decide(
        self,
        call: ModerationCall,
        *,
        contest_id: str,
        verdict: ContestState,
        reason: str,
        now: ClockReading,
    ) -> Contest:
        """Decide a contest of the caller's; raises NotFoundError, TransitionError and others."""
        await self.guard.check(now=now)
        sanction_rules.check_reason(reason)
        contest = await self.store.get(relying_party=call.relying_party, contest_id=contest_id)
        paper = await signed_act(self.moderators, call, now=now)
        event = self.events.event(
            _DECIDED[verdict],
            actor_id=call.actor_id,
            now=now,
            account_token=contest.account_token,
            contest_id=contest_id,
            reason_digest=sha256(reason.encode()).digest(),
            paper=paper,
        )
        return await self.store.decide(
            ContestDecision(contest, verdict, reason, self.terms),
            request=call.decided(self.fingerprinter),
            now=now,
            event=event,
            overdue=overdue_event(self.events, contest, now),
        )

    async def get(self, *, relying_party: str, contest_id: str, now: ClockReading) -> tuple[Contest, str]:
        """Return a contest and its text, which is empty as soon as its deletion is due.

        Raises NotFoundError (CONTEST_NOT_FOUND) and DamagedError (RECORD_DAMAGED).
        """
        found = await self.store.get(relying_party=relying_party, contest_id=contest_id)
        present = rules.delete_text(contest=found, now=now.business)
        sealed = None if present.text_deleted_at is not None else await self.store.text(found)
        if sealed is None:
            return present, ""
        return found, self.sealer.open(CaseField(relying_party, contest_id, FIELD), sealed)

    async def list(
        self, wanted: ContestFilter, *, after: str, limit: int, now: ClockReading
    ) -> tuple[list[Contest], str]:
        """Return a page of contests, and the last one's id if there are more, else ""."""
        found = await self.store.list(wanted, after=after, limit=limit + 1, now=now)
        page = found[:limit]
        return page, page[-1].contest_id if len(found) > limit else ""


@dataclass(kw_only=True, eq=False, repr=False)
class ContestSweep:
    """Sweeps that any number of processes may run at any time. observe: gets how many are overdue."""

    store: ContestStore
    guard: LogGuard
    events: EventFactory
    observe: Callable[[int], None]

    async def note_overdue(self, *, now: ClockReading, limit: int) -> int:
        """Log each contest that has become overdue, once; return how many."""
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
            event = _event(self.events, EventType.CONTEST_DELETE, found, now)
            count += await self.store.delete_text(found, now=now, event=event)
        return count

    async def count(self, *, now: ClockReading) -> None:
        """Observe how many contests are overdue."""
        self.observe(await self.store.overdue(now=now))


def overdue_event(events: EventFactory, contest: Contest, now: ClockReading) -> Event:
    """Return the event of a contest that was not decided in time."""
    return _event(events, EventType.CONTEST_OVERDUE, contest, now)


def _event(events: EventFactory, kind: EventType, contest: Contest, now: ClockReading) -> Event:
    return events.event(
        kind,
        actor_id=SYSTEM_ACTOR,
        now=now,
        account_token=contest.account_token,
        contest_id=contest.contest_id,
    )
