"""One-time codes of roster members: enrolment, and the check before an act.

- The first enrolment needs no code; a later one needs a code of the active second factor. No one, not even
  the operator, can remove a second factor. A member who lost it gets a new actor id in the next roster
  version, which the custodians sign.
- All times are real time, in development too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.person_request_ports import MemberRequestStore
from idvault.core.request import Fingerprinter, Request
from idvault.core.second_factor import Cause, SecondFactorError, Tries
from idvault.log.acts.guard import LogGuard
from idvault.people.second_factor import rules as second_factor_rules
from idvault.people.second_factor.ports import SecondFactor, SecondFactorSealer, SecondFactorStore
from idvault.verify.attest.people.roster_member import RosterMember
from idvault.verify.clock import ClockReading
from idvault.verify.error import DeniedError, PreconditionError, Reason
from idvault.verify.event import EventType


@dataclass(frozen=True, slots=True)
class EnrolCommand:
    """A roster member's request about its second factor; code: as received."""

    actor_id: str
    request_id: str
    code: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Begun:
    """The new secret's otpauth URI, HPKE-sealed to the roster member under a suite."""

    suite: str
    sealed_uri: bytes


@dataclass(frozen=True, slots=True)
class EnrolmentState:
    """What a member may know about their own second factor. tries_left: 0 during a lock."""

    enrolled: bool
    pending: bool
    tries_left: int
    locked_until: datetime | None


class SecondFactorFlow:
    """Begins and confirms enrolments, and checks codes."""

    def __init__(
        self,
        *,
        store: SecondFactorStore,
        requests: MemberRequestStore,
        sealer: SecondFactorSealer,
        fingerprinter: Fingerprinter,
        guard: LogGuard,
        entropy: Entropy,
        roster_member: Callable[[str], RosterMember],
        on_refused: Callable[[], None] = lambda: None,
    ) -> None:
        """Initialise with the ports. roster_member: finds a member by actor id (RosterHolder.member)."""
        self._store = store
        self._requests = requests
        self._sealer = sealer
        self._fingerprinter = fingerprinter
        self._guard = guard
        self._events = EventFactory(entropy=entropy)
        self._member = roster_member
        self._on_refused = on_refused

    async def check(self, *, actor_id: str, code: str, now: ClockReading) -> None:
        """Spend a code before an act; a code is valid for exactly one act, across all processes.

        Raises DeniedError (SECOND_FACTOR_REFUSED) for a code that is malformed, wrong, late or used, and for
        a member without a second factor; DeniedError (SECOND_FACTOR_LOCKED) after too many tries. Callers
        must check the log guard first, so that a code is not spent on an act that cannot be logged.
        """
        try:
            await self._check(actor_id, code, now)
        except DeniedError:
            self._on_refused()
            raise

    async def state(self, *, actor_id: str, now: ClockReading) -> EnrolmentState:
        """Return the state of a member's own second factor; it costs no try."""
        found = await self._store.find(actor_id=actor_id)
        tries = Tries() if found is None else second_factor_rules.open_tries(tries=found.tries, now=now.real)
        return EnrolmentState(
            enrolled=found is not None and found.active is not None,
            pending=found is not None and found.pending is not None,
            tries_left=tries.left,
            locked_until=tries.locked_until,
        )

    async def begin(self, command: EnrolCommand, *, now: ClockReading) -> Begun:
        """Make a new secret, which is active once confirmed; raises DeniedError as `check` does."""
        roster_member = self._member(command.actor_id)
        request = self._request("BeginSecondFactor", command)
        answer = await self._requests.find(request)
        if answer is None:
            await self._guard.check(now=now)
            found = await self._store.find(actor_id=command.actor_id)
            if found is not None and found.active is not None:
                second_factor_rules.check_unlocked(tries=found.tries, now=now.real)
                await self.check(actor_id=command.actor_id, code=command.code, now=now)
            fresh = self._sealer.fresh(roster_member=roster_member, request_id=command.request_id)
            event = self._events.event(
                EventType.SECOND_FACTOR_BEGIN, actor_id=command.actor_id, now=now, person=roster_member.name
            )
            answer = await self._store.begin(
                actor_id=command.actor_id, fresh=fresh, request=request, now=now, event=event
            )
        return Begun(roster_member.suite, answer)

    async def confirm(self, command: EnrolCommand, *, now: ClockReading) -> None:
        """Confirm the enrolment: the pending secret becomes active, proved by its first code.

        Raises DeniedError as `check` does, PreconditionError (ILLEGAL_TRANSITION) if nothing is pending.
        """
        request = self._request("ConfirmSecondFactor", command)
        if await self._requests.find(request) is not None:
            return
        try:
            await self._confirm(command, request, now)
        except DeniedError:
            if await self._requests.find(request) is not None:  # a concurrent repeat of this call came first
                return
            self._on_refused()
            raise

    async def _check(self, actor_id: str, code: str, now: ClockReading) -> None:
        second_factor_rules.check_code(code)
        found = await self._charge(actor_id, now)
        if found.active is None:
            raise SecondFactorError(Cause.NOT_ENROLLED)
        matched = self._sealer.match(actor_id=actor_id, at_rest=found.active, code=code, now=now.real)
        step = second_factor_rules.check_step(step=matched, last=found.last_step, tries=found.tries)
        # There may be concurrent calls; the store decides which one spends the step.
        if not await self._store.accept(actor_id=actor_id, secret=found.active, step=step):
            raise SecondFactorError(Cause.CODE_WRONG, tries=found.tries)

    async def _confirm(self, command: EnrolCommand, request: Request, now: ClockReading) -> None:
        await self._guard.check(now=now)
        roster_member = self._member(command.actor_id)
        waiting = await self._store.find(actor_id=command.actor_id)
        if waiting is None or waiting.pending is None:
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        second_factor_rules.check_code(command.code)
        found = await self._charge(command.actor_id, now)
        if found.pending is None:
            raise SecondFactorError(Cause.CODE_WRONG, tries=found.tries)
        matched = self._sealer.match(
            actor_id=command.actor_id, at_rest=found.pending, code=command.code, now=now.real
        )
        step = second_factor_rules.check_step(step=matched, last=None, tries=found.tries)
        event = self._events.event(
            EventType.SECOND_FACTOR_CONFIRM, actor_id=command.actor_id, now=now, person=roster_member.name
        )
        if not await self._store.confirm(
            actor_id=command.actor_id,
            secret=found.pending,
            step=step,
            request=request,
            now=now,
            event=event,
        ):
            raise SecondFactorError(Cause.CODE_WRONG, tries=found.tries)

    async def _charge(self, actor_id: str, now: ClockReading) -> SecondFactor:
        event = self._events.event(EventType.SECOND_FACTOR_EXHAUST, actor_id=actor_id, now=now)
        return await self._store.charge(actor_id=actor_id, now=now, event=event)

    def _request(self, method: str, command: EnrolCommand) -> Request:
        fingerprint = self._fingerprinter.fingerprint(method=method, fields=(command.code,))
        return Request(command.actor_id, command.request_id, fingerprint)
