"""Imposes, confirms, lifts and reads sanctions.

What a moderator signed is built again from the call and checked before anything is stored.
"""

from dataclasses import dataclass

from idvault.core.entropy import Entropy
from idvault.core.request import Fingerprinter
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.moderator.acts.moderator import KnownModerators, ModerationCall, signed_paper
from idvault.moderator.ports import ModeratorStore
from idvault.sanction.acts.lapse import event_of
from idvault.sanction.ports import SanctionFilter, SanctionStore
from idvault.sanction.rules import sanction as rules
from idvault.sanction.rules import statement as statement_rules
from idvault.sanction.rules.sanction import Sanction
from idvault.verify.attest import sanction as papers
from idvault.verify.clock import ClockReading
from idvault.verify.error import IdvaultError
from idvault.verify.event import Event
from idvault.verify.sanction import Degree, SanctionState, Scope, StatementOfReasons


@dataclass(frozen=True, slots=True)
class NewSanction:
    """What a moderator wants to impose."""

    account_token: str
    scope: Scope
    degree: Degree
    measure: str
    statement: StatementOfReasons
    operation_id: str | None = None
    public_account_id: str | None = None


class SanctionFlow:
    """Sanctions of relying parties' accounts."""

    def __init__(
        self,
        *,
        store: SanctionStore,
        moderators: ModeratorStore,
        fingerprinter: Fingerprinter,
        guard: LogGuard,
        entropy: Entropy,
    ) -> None:
        """Initialise with the ports."""
        self._store = store
        self._moderators = KnownModerators(moderators)
        self._fingerprinter = fingerprinter
        self._guard = guard
        self._events = EventFactory(entropy=entropy)

    async def impose(self, call: ModerationCall, *, wanted: NewSanction, now: ClockReading) -> Sanction:
        """Impose or propose a sanction; raises InvalidError, NotFoundError, PreconditionError and others."""
        await self._guard.check(now=now)
        try:
            made, event = await self.prepare(call, wanted=wanted, now=now)
        except IdvaultError as refused:
            return await self._repeated(call, refused, now)
        request = call.request(self._fingerprinter)
        return await self._store.impose(made, request=request, now=now, event=event)

    async def prepare(
        self, call: ModerationCall, *, wanted: NewSanction, now: ClockReading
    ) -> tuple[Sanction, Event]:
        """Return a signed sanction and its event, for an act that stores it beside something else."""
        statement, paper = await self._checked(call, wanted, now)
        made = rules.impose(
            sanction_id=self._events.new_id(),
            relying_party=call.relying_party,
            account_token=wanted.account_token,
            scope=wanted.scope,
            degree=wanted.degree,
            measure=wanted.measure,
            operation_id=wanted.operation_id,
            public_account_id=wanted.public_account_id,
            statement=statement,
            moderator_id=call.moderator_id,
            paper=paper,
            now=now.business,
        )
        verb = "propose" if made.state is SanctionState.PROPOSED else "impose"
        return made, event_of(self._events, made, verb, call.actor_id, now, paper=paper)

    async def confirm(self, call: ModerationCall, *, sanction_id: str, now: ClockReading) -> Sanction:
        """Confirm a proposed sanction; raises TransitionError, DeniedError (SELF_APPROVAL) and others."""
        await self._guard.check(now=now)
        found = await self._found(call, sanction_id)
        digest = papers.digest(found.paper)
        text = papers.confirmation(call.occasion, sanction_id=sanction_id, paper_digest=digest)
        try:
            paper = await signed_paper(self._moderators, call, text, now=now)
        except IdvaultError as refused:
            return await self._repeated(call, refused, now)
        return await self._store.confirm(
            found,
            moderator_id=call.moderator_id,
            paper=paper,
            request=call.request(self._fingerprinter),
            now=now,
            event=event_of(self._events, found, "impose", call.actor_id, now, paper=paper),
        )

    async def lift(
        self, call: ModerationCall, *, sanction_id: str, reason: str, now: ClockReading
    ) -> Sanction:
        """Lift a sanction or withdraw a proposal; raises TransitionError and others."""
        await self._guard.check(now=now)
        rules.check_reason(reason)
        found = await self._found(call, sanction_id)
        digest = papers.digest(found.paper)
        text = papers.lift(call.occasion, sanction_id=sanction_id, paper_digest=digest, reason=reason)
        try:
            paper = await signed_paper(self._moderators, call, text, now=now)
        except IdvaultError as refused:
            return await self._repeated(call, refused, now)
        lifted = event_of(self._events, found, "lift", call.actor_id, now, paper=paper)
        proposed = rules.needs_two(degree=found.degree, scope=found.scope)
        return await self._store.lift(
            found,
            moderator_id=call.moderator_id,
            reason=reason,
            paper=paper,
            request=call.request(self._fingerprinter),
            now=now,
            lifted=lifted,
            withdrawn=event_of(self._events, found, "withdraw", call.actor_id, now, paper=paper)
            if proposed
            else lifted,
        )

    async def get(self, *, relying_party: str, sanction_id: str, now: ClockReading) -> Sanction:
        """Return a sanction as of now; raises NotFoundError (SANCTION_NOT_FOUND)."""
        found = await self._store.get(relying_party=relying_party, sanction_id=sanction_id)
        return rules.fall(sanction=found, now=now.business)

    async def list(
        self,
        *,
        relying_party: str,
        of: SanctionFilter,
        state: SanctionState | None,
        after: str,
        limit: int,
        now: ClockReading,
    ) -> tuple[list[Sanction], str]:
        """Return a page of sanctions as of now, and the last one's id if there are more, else ""."""
        found = await self._store.list(
            relying_party=relying_party,
            of=of,
            state=state,
            after=after,
            limit=limit + 1,
            now=now,
        )
        page = [rules.fall(sanction=one, now=now.business) for one in found[:limit]]
        return page, page[-1].sanction_id if len(found) > limit else ""

    async def _found(self, call: ModerationCall, sanction_id: str) -> Sanction:
        return await self._store.get(relying_party=call.relying_party, sanction_id=sanction_id)

    async def _checked(
        self, call: ModerationCall, wanted: NewSanction, now: ClockReading
    ) -> tuple[StatementOfReasons, bytes]:
        """Return the statement and the signed paper of what a moderator wants to impose."""
        rules.check_measure(degree=wanted.degree, measure=wanted.measure)
        rules.check_target(scope=wanted.scope, public_account_id=wanted.public_account_id)
        statement = statement_rules.check(wanted.statement, now=now.business)
        text = papers.imposition(
            call.occasion,
            account_token=wanted.account_token,
            scope=wanted.scope,
            degree=wanted.degree,
            measure=wanted.measure,
            operation_id=wanted.operation_id,
            public_account_id=wanted.public_account_id,
            statement=statement,
        )
        return statement, await signed_paper(self._moderators, call, text, now=now)

    async def _repeated(self, call: ModerationCall, refused: IdvaultError, now: ClockReading) -> Sanction:
        """Return what the request has made or changed already; raises the refusal if the request is new.

        A repetition may carry an old signature, and an end that has come.
        """
        repeated = await self._store.requested(call.request(self._fingerprinter))
        if repeated is None:
            raise refused
        return rules.fall(sanction=repeated, now=now.business)
