"""Use cases of sanctions.

Stores that sanctions have ended by themselves, and names the event of each change.

Publishes the statements of reasons of each week that has ended, by an allow-list of fields.

Imposes, confirms, lifts and reads sanctions.

What a moderator signed is built again from the call and checked before anything is stored.
"""

from dataclasses import dataclass, field

from idvault.core.act import Actor, Tx, Vault
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.request import Fingerprinter
from idvault.log.acts.guard import LogGuard
from idvault.log.ports import Publication
from idvault.moderator.acts import KnownModerators, ModerationCall, ModeratorSource, signed_paper
from idvault.sanction import rules as sanction_rules
from idvault.sanction.ports import SanctionFilter, SanctionStore, StatementStore
from idvault.sanction.rules import Sanction, StatementWeek
from idvault.sanction.store import rows
from idvault.verify.attest import sanction as papers
from idvault.verify.clock import ClockReading
from idvault.verify.error import IdvaultError
from idvault.verify.event import SYSTEM_ACTOR, Event, EventType
from idvault.verify.sanction import Degree, SanctionState, Scope, StatementOfReasons


@dataclass(kw_only=True, eq=False, repr=False)
class LapseFlow:
    """Sweeps that any number of processes may run at any time."""

    store: SanctionStore
    guard: LogGuard
    events: EventFactory

    async def lapse(self, *, now: ClockReading, limit: int) -> int:
        """Store the lapses that are due; return how many."""
        await self.guard.check(now=now)
        count = 0
        for found in await self.store.due(now=now, limit=limit):
            verb = "expire" if found.state is SanctionState.PROPOSED else "lapse"
            event = event_of(self.events, found, verb, SYSTEM_ACTOR, now)
            count += await self.store.lapse(found, now=now, event=event)
        return count

    async def release(self, *, now: ClockReading, limit: int) -> int:
        """End what accounts follow of ended sanctions; return how many were due."""
        await self.guard.check(now=now)
        count = 0
        for due in await self.store.due_followers(now=now, limit=limit):
            event = self.events.event(
                EventType.PERSON_FOLLOW, actor_id=SYSTEM_ACTOR, now=now, account_token=due.account_token
            )
            count += await self.store.release(due, now=now, event=event)
        return count


def event_of(
    events: EventFactory, sanction: Sanction, verb: str, actor_id: str, now: ClockReading, **fields: bytes
) -> Event:
    """Return the event of what happens to a sanction; scope and degree are in its type."""
    noun = "person" if sanction.scope is Scope.PERSON else "sanction"
    return events.event(
        EventType(f"{noun}:{sanction.degree.value.lower()}:{verb}"),
        actor_id=actor_id,
        now=now,
        account_token=sanction.account_token,
        sanction_id=sanction.sanction_id,
        **fields,
    )


async def log(tx: Tx, sanction: Sanction, verb: str, *, by: Actor | None = None, **fields: bytes) -> None:
    """Write the entry of what happens to a sanction; scope and degree are in its type."""
    noun = "person" if sanction.scope is Scope.PERSON else "sanction"
    await tx.log(
        EventType(f"{noun}:{sanction.degree.value.lower()}:{verb}"),
        by=by,
        account_token=sanction.account_token,
        sanction_id=sanction.sanction_id,
        **fields,
    )


async def find(vault: Vault, party: str, sanction_id: str) -> Sanction:
    """Return a sanction as it is stored; raises NotFoundError (SANCTION_NOT_FOUND)."""
    return await vault.read("sanction.get", lambda one: rows.get(one, party, sanction_id))


def path_of(week: StatementWeek) -> str:
    """Return the path of a week's file in the public directory."""
    return f"report/statements/{week.label}.ndjson"


@dataclass(kw_only=True, eq=False, repr=False)
class StatementFlow:
    """What any number of workers may run at any time: a file is written once and never changed."""

    store: StatementStore
    files: Publication
    _done: StatementWeek | None = field(default=None, init=False)

    async def publish(self, *, now: ClockReading) -> int:
        """Write the files of weeks that have ended and have none; return how many."""
        newest = sanction_rules.newest(now=now.business)
        if self._done is not None and self._done >= newest:
            return 0
        week, written = await self._first(newest), 0
        while week <= newest:
            written += await self._write(week)
            week = week.following()
        self._done = newest
        return written

    async def _first(self, newest: StatementWeek) -> StatementWeek:
        """Return the first week that has a sanction; one that has not ended if there is none."""
        begun = await self.store.first()
        return newest.following() if begun is None else sanction_rules.week_of(begun)

    async def _write(self, week: StatementWeek) -> bool:
        path = path_of(week)
        if await self.files.read(path) is not None:
            return False
        content = sanction_rules.render(counts=await self.store.counts(week), week=week)
        return await self.files.replace(path, former=None, content=content)


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
        moderators: ModeratorSource,
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
        made = sanction_rules.impose(
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
        sanction_rules.check_reason(reason)
        found = await self._found(call, sanction_id)
        digest = papers.digest(found.paper)
        text = papers.lift(call.occasion, sanction_id=sanction_id, paper_digest=digest, reason=reason)
        try:
            paper = await signed_paper(self._moderators, call, text, now=now)
        except IdvaultError as refused:
            return await self._repeated(call, refused, now)
        lifted = event_of(self._events, found, "lift", call.actor_id, now, paper=paper)
        proposed = sanction_rules.needs_two(degree=found.degree, scope=found.scope)
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
        return sanction_rules.fall(sanction=found, now=now.business)

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
        page = [sanction_rules.fall(sanction=one, now=now.business) for one in found[:limit]]
        return page, page[-1].sanction_id if len(found) > limit else ""

    async def _found(self, call: ModerationCall, sanction_id: str) -> Sanction:
        return await self._store.get(relying_party=call.relying_party, sanction_id=sanction_id)

    async def _checked(
        self, call: ModerationCall, wanted: NewSanction, now: ClockReading
    ) -> tuple[StatementOfReasons, bytes]:
        """Return the statement and the signed paper of what a moderator wants to impose."""
        sanction_rules.check_measure(degree=wanted.degree, measure=wanted.measure)
        sanction_rules.check_target(scope=wanted.scope, public_account_id=wanted.public_account_id)
        statement = sanction_rules.check(wanted.statement, now=now.business)
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
        return sanction_rules.fall(sanction=repeated, now=now.business)
