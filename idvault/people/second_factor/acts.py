"""One-time codes of roster members: enrolment, and the check before an act.

- The first enrolment needs no code; a later one needs a code of the active second factor. No one, not even
  the operator, can remove a second factor. A member who lost it gets a new actor id in the next roster
  version, which the custodians sign.
- All times are real time, in development too.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from idvault.core.act import MemberActor, Tx, Vault, act, known, member_mutation, unless_repeated
from idvault.core.db.connection import Connection
from idvault.core.request import MemberAsked, Request
from idvault.core.second_factor import Cause, SecondFactorError, Tries
from idvault.people.second_factor import rules, store
from idvault.people.second_factor.ports import SecondFactorSealer
from idvault.people.second_factor.rules import SecondFactor
from idvault.sealing.ports import FreshSecret
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.clock import ClockReading
from idvault_verify.error import DeniedError, PreconditionError, Reason
from idvault_verify.event import EventType


@dataclass(frozen=True, slots=True)
class EnrolCommand:
    """A roster member's request about its second factor; code: as received, the same in a repetition."""

    call: MemberAsked
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


@act("second_factor.charge")
async def charge(tx: Tx) -> SecondFactor:
    """Charge one try of who acts, by real time; return the second factor with this try.

    An act of its own: the try counts whatever comes of it. Raises DeniedError: SECOND_FACTOR_LOCKED, or
    SECOND_FACTOR_REFUSED for a member without a second factor.
    """
    found = await store.lock(tx.connection, tx.by.actor_id)
    if found is None:
        raise SecondFactorError(Cause.NOT_ENROLLED)
    tries = rules.charge(tries=found.tries, now=tx.now.real)
    await store.put_tries(tx.connection, found.actor_id, tries)
    if tries.locked_until is None:
        tx.unchanged("a wrong code is counted; only a lock is logged")
    else:
        await tx.log(EventType.SECOND_FACTOR_EXHAUST, locked_until=tries.locked_until.isoformat())
    return replace(found, tries=tries)


@act("second_factor.accept")
async def accept(tx: Tx, secret: bytes, step: int) -> bool:
    """Spend a step of the active secret of who acts, and clear the tries; True if this call spent it."""
    tx.unchanged("what the code is for leaves its own trace")
    return await store.accept(tx.connection, tx.by.actor_id, secret, step=step)


async def _answer(_connection: Connection, answer: bytes, *_args: object) -> bytes:
    return answer


@member_mutation("second_factor.begin", again=_answer, answer=lambda fresh, _name: fresh.for_member)
async def begin_stored(tx: Tx, fresh: FreshSecret, name: str) -> bytes:
    """Store a pending secret, in place of a former one; return what the member gets. name: the member's."""
    await store.begin(tx.connection, tx.by.actor_id, fresh.at_rest)
    await tx.log(EventType.SECOND_FACTOR_BEGIN, person=name)
    return fresh.for_member


@member_mutation("second_factor.confirm", again=_answer)
async def confirm_stored(tx: Tx, found: SecondFactor, step: int, name: str) -> bytes:
    """Make a pending secret the active one and spend a step of it; raises SecondFactorError if it is not."""
    if found.pending is None or not await store.confirm(
        tx.connection, found.actor_id, found.pending, step=step
    ):
        raise SecondFactorError(Cause.CODE_WRONG, tries=found.tries)
    await tx.log(EventType.SECOND_FACTOR_CONFIRM, person=name)
    return b""


@member_mutation("second_factor.spend", again=_answer)
async def spend_stored(tx: Tx) -> bytes:
    """Keep a request whose code is spent, so that a repeat needs none."""
    tx.unchanged("what the code is for leaves its own trace")
    return b""


async def find(vault: Vault, actor_id: str) -> SecondFactor | None:
    """Return a member's second factor."""
    return await vault.main.one("second_factor.find", store.FIND, member=actor_id)


async def state(vault: Vault, actor_id: str, *, now: ClockReading) -> EnrolmentState:
    """Return the state of a member's own second factor; it costs no try."""
    found = await find(vault, actor_id)
    tries = Tries() if found is None else rules.open_tries(tries=found.tries, now=now.real)
    return EnrolmentState(
        enrolled=found is not None and found.active is not None,
        pending=found is not None and found.pending is not None,
        tries_left=tries.left,
        locked_until=tries.locked_until,
    )


@dataclass(kw_only=True, eq=False, repr=False)
class SecondFactors:
    """The codes of roster members (core.second_factor.SecondFactorCheck).

    roster_member: finds a member by actor id (RosterHolder.member). on_refused: counts.
    """

    vault: Vault
    sealer: SecondFactorSealer
    roster_member: Callable[[str], RosterMember]
    on_refused: Callable[[], None] = lambda: None

    async def check(self, *, actor_id: str, code: str, now: ClockReading) -> None:
        """Spend a code before an act; a code is valid for exactly one act, across all processes.

        Raises DeniedError (SECOND_FACTOR_REFUSED) for a code that is malformed, wrong, late or used, and for
        a member without a second factor; DeniedError (SECOND_FACTOR_LOCKED) after too many tries. Callers
        must check the log guard first, so that a code is not spent on an act that cannot be logged. Only
        platform.revoke_with_code does not: revoking must be possible without the log.
        """
        try:
            await self._check(actor_id, code, now)
        except DeniedError:
            self.on_refused()
            raise

    async def _check(self, actor_id: str, code: str, now: ClockReading) -> None:
        rules.check_code(code)
        who = MemberActor(actor_id)
        found = await charge(self.vault, who, now)
        if found.active is None:
            raise SecondFactorError(Cause.NOT_ENROLLED)
        step = self.step_of(found, found.active, code, last=found.last_step, now=now)
        # There may be concurrent calls; the store decides which one spends the step.
        if not await accept(self.vault, who, now, found.active, step):
            raise SecondFactorError(Cause.CODE_WRONG, tries=found.tries)

    def step_of(
        self, found: SecondFactor, secret: bytes, code: str, *, last: int | None, now: ClockReading
    ) -> int:
        """Return the step of a code that matches a secret; raises SecondFactorError."""
        matched = self.sealer.match(actor_id=found.actor_id, at_rest=secret, code=code, now=now.real)
        return rules.check_step(step=matched, last=last, tries=found.tries)


async def begin(factors: SecondFactors, command: EnrolCommand, *, now: ClockReading) -> Begun:
    """Make a new secret, which is active once confirmed; raises DeniedError as `check` does."""
    vault, roster_member = factors.vault, factors.roster_member(command.call.actor_id)
    call = command.call
    request = call.request(vault.fingerprinter)
    answer = await known(vault, request)
    if answer is None:
        await vault.guard.check(now=now)
        found = await find(vault, command.call.actor_id)
        if found is not None and found.active is not None:
            rules.check_unlocked(tries=found.tries, now=now.real)
            await factors.check(actor_id=command.call.actor_id, code=command.code, now=now)
        fresh = factors.sealer.fresh(roster_member=roster_member, request_id=command.call.request_id)
        answer = await begin_stored.run(vault, call, now, request, fresh, roster_member.name)
    return Begun(roster_member.suite, answer)


async def confirm(factors: SecondFactors, command: EnrolCommand, *, now: ClockReading) -> None:
    """Confirm the enrolment: the pending secret becomes active, proved by its first code.

    Raises DeniedError as `check` does, PreconditionError (ILLEGAL_TRANSITION) if nothing is pending.
    """
    call = command.call
    request = call.request(factors.vault.fingerprinter)
    if await known(factors.vault, request) is not None:
        return
    try:
        async with unless_repeated(factors.vault, request):
            await _confirm(factors, command, request, now)
    except DeniedError:
        factors.on_refused()
        raise


async def spend(factors: SecondFactors, command: EnrolCommand, *, now: ClockReading) -> None:
    """Spend a code before something that this service does not do itself; a repeat needs none.

    Raises DeniedError as `check` does.
    """
    vault, call = factors.vault, command.call
    request = call.request(vault.fingerprinter)
    if await known(vault, request) is not None:
        return
    await vault.guard.check(now=now)
    async with unless_repeated(vault, request):
        await factors.check(actor_id=call.actor_id, code=command.code, now=now)
        await spend_stored.run(vault, call, now, request)


async def _confirm(
    factors: SecondFactors, command: EnrolCommand, request: Request, now: ClockReading
) -> None:
    vault, who = factors.vault, MemberActor(command.call.actor_id)
    await vault.guard.check(now=now)
    roster_member = factors.roster_member(command.call.actor_id)
    waiting = await find(vault, command.call.actor_id)
    if waiting is None or waiting.pending is None:
        raise PreconditionError(Reason.ILLEGAL_TRANSITION)
    rules.check_code(command.code)
    found = await charge(vault, who, now)
    if found.pending is None:
        raise SecondFactorError(Cause.CODE_WRONG, tries=found.tries)
    step = factors.step_of(found, found.pending, command.code, last=None, now=now)
    await confirm_stored.run(vault, who, now, request, found, step, roster_member.name)
