"""Use cases of moderators.

Registers and revokes the moderators of a relying party.

Names a platform's first moderators: the operator's act while the platform has fewer than two.

- With two moderators the platform helps itself (moderator.acts), and the operator names nobody.
- The operator sees a key, not a person: that it is another person's than the moderator's who is left must be
  asked on another way than the request came.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar

from idvault.core.act import Again, Mutation, Tx, Vault
from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.person_request_ports import MemberRequestStore
from idvault.core.request import Fingerprinter, Request
from idvault.core.second_factor import SecondFactorCheck
from idvault.log.acts.guard import LogGuard
from idvault.moderator import store
from idvault.moderator.ports import ModeratorStore
from idvault.verify import moderator as rules
from idvault.verify.attest import sanction as papers
from idvault.verify.attest.registration import Registration
from idvault.verify.attest.sanction import SigningOccasion
from idvault.verify.clock import ClockReading
from idvault.verify.error import IdvaultError
from idvault.verify.event import SYSTEM_ACTOR, EventType
from idvault.verify.moderator import Moderator
from idvault.verify.seal import Part

P = ParamSpec("P")
T = TypeVar("T")

_MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class ModerationCall:
    """A mutation's caller and content.

    fields: all fields except request_id and the signature, in field-number order, as received: what a
    repetition must share, with the mark of a text that is deleted later. moderator_id, signed_at, signature:
    as given; what the platform does without a moderator has none. text_salt: of that text, if there is one.
    """

    relying_party: str
    actor_id: str
    request_id: str
    method: str
    fields: tuple[Part, ...] = field(repr=False)
    moderator_id: str = ""
    signed_at: datetime = datetime.min
    signature: bytes = field(default=b"", repr=False)
    text_salt: bytes = field(default=b"", repr=False)

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint, to which the moderator belongs."""
        parts = (*self.fields, self.moderator_id)
        fingerprint = fingerprinter.fingerprint(method=self.method, fields=parts)
        kept_id = fingerprinter.kept_id(relying_party=self.relying_party, request_id=self.request_id)
        return Request(self.relying_party, kept_id, fingerprint)

    def decided(self, fingerprinter: Fingerprinter) -> Request:
        """Return the same for an act that does not look at the moderator by itself."""
        return replace(self.request(fingerprinter), signer=self.moderator_id)

    @property
    def occasion(self) -> SigningOccasion:
        """What the signed paper begins with."""
        return SigningOccasion(self.relying_party, self.request_id, self.moderator_id, self.signed_at)


class ModeratorSource(Protocol):
    """Where the key of a moderator comes from."""

    async def get(self, *, relying_party: str, moderator_id: str) -> Moderator:
        """Return a moderator, revoked or not; raises NotFoundError (MODERATOR_NOT_FOUND)."""
        ...


class KnownModerators:
    """Remembers moderators who could sign when they were read: a key is one moderator's for ever.

    Only for acts that check by themselves whether the moderator is revoked.
    """

    def __init__(self, source: ModeratorSource) -> None:
        """Start without moderators."""
        self._source = source
        self._known: dict[tuple[str, str], Moderator] = {}

    async def get(self, *, relying_party: str, moderator_id: str) -> Moderator:
        """Return a moderator, as remembered if possible."""
        known = self._known.get((relying_party, moderator_id))
        if known is not None:
            return known
        found = await self._source.get(relying_party=relying_party, moderator_id=moderator_id)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        if found.revoked_at is None:
            self._known[relying_party, moderator_id] = found
        return found


async def signed_paper(
    moderators: ModeratorSource, call: ModerationCall, text: bytes, *, now: ClockReading
) -> bytes:
    """Return what a moderator decided, with the signature.

    Raises NotFoundError (MODERATOR_NOT_FOUND), PreconditionError (MODERATOR_REVOKED) and InvalidError.
    """
    moderator = await moderators.get(relying_party=call.relying_party, moderator_id=call.moderator_id)
    rules.check_signs(moderator)
    rules.check_fresh(signed_at=call.signed_at, now=now.real)
    return papers.signed(text, call.signature, public_key=moderator.public_key)


async def signed_act(moderators: ModeratorSource, call: ModerationCall, *, now: ClockReading) -> bytes:
    """Return the paper of a decision that has no paper of its own kind; raises as `signed_paper` does."""
    text = papers.act(call.occasion, method=call.method, fields=call.fields)
    return await signed_paper(moderators, call, text, now=now)


@dataclass(frozen=True, slots=True)
class ModeratorPaper:
    """What a moderator signs by a paper of its own kind. text: makes the paper without its signature."""

    moderators: ModeratorSource
    call: ModerationCall
    text: Callable[[], bytes] = field(repr=False)

    async def paper(self, *, now: ClockReading) -> bytes:
        """Return the signed paper; raises as `signed_paper` does, and what `text` raises."""
        return await signed_paper(self.moderators, self.call, self.text(), now=now)


@dataclass(frozen=True, slots=True)
class StoredModerators:
    """Moderators as they are stored."""

    vault: Vault

    async def get(self, *, relying_party: str, moderator_id: str) -> Moderator:
        """Return a moderator, revoked or not; raises NotFoundError (MODERATOR_NOT_FOUND)."""
        return await self.vault.read("moderator.get", lambda one: store.get(one, relying_party, moderator_id))


@dataclass(frozen=True, eq=False)
class SignedMutation(Generic[P, T]):
    """A mutation that a moderator signs, by a paper that is of no kind of its own."""

    act: Mutation[Concatenate[bytes, P], T]

    async def __call__(
        self,
        vault: Vault,
        call: ModerationCall,
        now: ClockReading,
        made: str,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run it; raises as a mutation does, and as `signed_paper` does."""
        await vault.guard.check(now=now)
        paper = await signed_act(StoredModerators(vault), call, now=now)
        request = call.decided(vault.fingerprinter)
        return await self.act.run(vault, call, now, request, made, paper, *args, **kwargs)

    async def of_paper(
        self,
        vault: Vault,
        now: ClockReading,
        signed: ModeratorPaper,
        request: Request,
        made: str,
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run it with a paper of its own kind, without the guard; raises as the call does.

        A repeat needs no signature of today, nor anything else that the paper's text refuses. The act itself
        refuses a moderator who is revoked, unless the request names the signer.
        """
        try:
            paper = await signed.paper(now=now)
        except IdvaultError:
            repeated = await self.act.known(vault, request)
            if repeated is None:
                raise
            return repeated
        return await self.act.run(vault, signed.call, now, request, made, paper, *args, **kwargs)


def decision(
    name: str, *, again: Again[T]
) -> Callable[[Callable[Concatenate[Tx, str, bytes, P], Coroutine[Any, Any, T]]], SignedMutation[P, T]]:
    """Make a decision of a function of an act, the id that it makes or changes, and the signed paper."""
    return lambda body: SignedMutation(Mutation(name, body, again))


class ModeratorFlow:
    """Moderators of relying parties."""

    def __init__(
        self, *, store: ModeratorStore, fingerprinter: Fingerprinter, guard: LogGuard, entropy: Entropy
    ) -> None:
        """Initialise with the ports."""
        self._store = store
        self._fingerprinter = fingerprinter
        self._guard = guard
        self._events = EventFactory(entropy=entropy)

    async def register(
        self, call: ModerationCall, *, registration: Registration, now: ClockReading
    ) -> Moderator:
        """Register a key that two moderators countersigned; raises InvalidError, DeniedError and others."""
        await self._guard.check(now=now)
        paper = registration.paper(now=now.real)
        countersigners = [each.moderator_id for each in registration.countersignatures]
        rules.check_countersigners(countersigners)
        first, second = [
            await self._countersigned(registration, place, now=now) for place in range(rules.FEWEST)
        ]
        made = Moderator(self._events.new_id(), call.relying_party, registration.public_key, now.business)
        event = self._events.event(
            EventType.MODERATOR_COUNTERSIGN,
            actor_id=call.actor_id,
            now=now,
            moderator_id=made.moderator_id,
            paper=paper,
            first=first,
            second=second,
        )
        request = call.request(self._fingerprinter)
        return await self._store.register(made, countersigners=countersigners, request=request, event=event)

    async def _countersigned(self, registration: Registration, place: int, *, now: ClockReading) -> bytes:
        """Return what one of the others signed of a key."""
        countersigner = await self._store.get(
            relying_party=registration.relying_party,
            moderator_id=registration.countersignatures[place].moderator_id,
        )
        return registration.countersigned_paper(place, countersigner=countersigner, now=now.real)

    async def revoke(self, call: ModerationCall, *, moderator_id: str, now: ClockReading) -> Moderator:
        """Revoke a moderator; raises NotFoundError (MODERATOR_NOT_FOUND) and others."""
        await self._guard.check(now=now)
        event = self._events.event(
            EventType.MODERATOR_REVOKE, actor_id=call.actor_id, now=now, moderator_id=moderator_id
        )
        return await self._store.revoke(
            moderator_id=moderator_id, request=call.request(self._fingerprinter), now=now, event=event
        )

    async def get(self, *, relying_party: str, moderator_id: str) -> Moderator:
        """Return a moderator, revoked or not; raises NotFoundError (MODERATOR_NOT_FOUND)."""
        return await self._store.get(relying_party=relying_party, moderator_id=moderator_id)

    async def of_key(self, *, relying_party: str, public_key: bytes) -> Moderator:
        """Return the moderator who has a key; raises NotFoundError (MODERATOR_NOT_FOUND), InvalidError."""
        return await self._store.of_key(relying_party=relying_party, public_key=rules.check_key(public_key))


@dataclass(frozen=True, slots=True)
class NamingCommand:
    """An operator's request; code: of the operator's second factor, as received."""

    actor_id: str
    registration: Registration
    code: str = field(repr=False)


@dataclass(kw_only=True, eq=False, repr=False)
class NamingFlow:
    """Names moderators. guard: None allows a development deployment without a worker."""

    store: ModeratorStore
    guard: LogGuard | None
    events: EventFactory

    async def name(
        self,
        registration: Registration,
        *,
        now: ClockReading,
        actor_id: str = SYSTEM_ACTOR,
        request: Request | None = None,
    ) -> Moderator:
        """Name a moderator; raises InvalidError, PreconditionError (MODERATORS_SUFFICE) and others."""
        if self.guard is not None:
            await self.guard.check(now=now)
        paper = registration.paper(now=now.real)
        made = Moderator(
            self.events.new_id(), registration.relying_party, registration.public_key, now.business
        )
        event = self.events.event(
            EventType.MODERATOR_NAME,
            actor_id=actor_id,
            now=now,
            moderator_id=made.moderator_id,
            paper=paper,
        )
        return await self.store.name(made, request=request, now=now, event=event)


@dataclass(kw_only=True, eq=False, repr=False)
class OperatorNamingFlow:
    """Names moderators at an operator's request over the API, with a code; requests may be repeated."""

    naming: NamingFlow
    guard: LogGuard
    requests: MemberRequestStore
    second_factor: SecondFactorCheck
    fingerprinter: Fingerprinter

    async def name(self, command: NamingCommand, *, now: ClockReading) -> Moderator:
        """Name a moderator; raises as NamingFlow.name does, and DeniedError (SECOND_FACTOR_REFUSED)."""
        await self.guard.check(now=now)
        registration = command.registration
        request = self._request(command)
        if await self.requests.find(request) is None:
            registration.paper(now=now.real)  # no code is spent on what would be refused
            await self.second_factor.check(actor_id=command.actor_id, code=command.code, now=now)
        return await self.naming.name(registration, now=now, actor_id=command.actor_id, request=request)

    def _request(self, command: NamingCommand) -> Request:
        asked = command.registration
        fields = (asked.relying_party, asked.public_key)
        fingerprint = self.fingerprinter.fingerprint(method="NameModerator", fields=fields)
        return Request(command.actor_id, asked.request_id, fingerprint)
