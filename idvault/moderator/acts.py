"""Registers, revokes and names the moderators of relying parties, and makes decisions that they sign.

- A platform registers a key that two of its moderators countersign. While it has fewer than two, the operator
  names the next one (verify.moderator).
- The operator sees a key, not a person: that it is another person's than the moderator's who is left must be
  asked on another way than the request came.
"""

from collections.abc import Awaitable, Callable, Collection, Coroutine
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from idvault.core.act import SYSTEM, Again, Mutation, Tx, Vault, known, member_mutation, mutation
from idvault.core.request import Fingerprinter, MemberAsked, Request, keyed
from idvault.core.second_factor import SecondFactorCheck
from idvault.moderator import store
from idvault_verify import moderator as rules
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.registration import Registration
from idvault_verify.attest.sanction import SigningOccasion
from idvault_verify.clock import ClockReading
from idvault_verify.error import IdvaultError
from idvault_verify.event import EventType
from idvault_verify.moderator import Moderator
from idvault_verify.seal import Part

P = ParamSpec("P")
T = TypeVar("T")

_MOST_KNOWN = 10_000


@dataclass(frozen=True, slots=True)
class ModerationCall:
    """A mutation's caller and content.

    content: what repetitions must share, the moderator included. fields: what the moderator signs, if the
    paper is of no kind of its own, with the mark of a text that is deleted later. moderator_id, signed_at,
    signature: as given; what the platform does without a moderator has none. text_salt: of that text, if
    there is one.
    """

    relying_party: str
    actor_id: str
    request_id: str
    method: str
    content: bytes = field(repr=False)
    fields: tuple[Part, ...] = field(default=(), repr=False)
    moderator_id: str = ""
    signed_at: datetime = datetime.min
    signature: bytes = field(default=b"", repr=False)
    text_salt: bytes = field(default=b"", repr=False)

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint."""
        return keyed(self, fingerprinter)

    def decided(self, fingerprinter: Fingerprinter) -> Request:
        """Return the same for an act that does not look at the moderator by itself."""
        return replace(self.request(fingerprinter), signer=self.moderator_id)

    @property
    def occasion(self) -> SigningOccasion:
        """What the signed paper begins with."""
        return SigningOccasion(self.relying_party, self.request_id, self.moderator_id, self.signed_at)


Moderators = Callable[[str, str], Awaitable[Moderator]]
"""Finds a moderator of a relying party by id, revoked or not; raises NotFoundError (MODERATOR_NOT_FOUND)."""


def stored(vault: Vault) -> Moderators:
    """Return what finds moderators as they are stored."""
    return partial(get, vault)


class KnownModerators:
    """Remembers moderators who could sign when they were read: a key is one moderator's for ever.

    Only for acts that check by themselves whether the moderator is revoked.
    """

    def __init__(self, vault: Vault) -> None:
        """Start without moderators."""
        self._vault = vault
        self._known: dict[tuple[str, str], Moderator] = {}

    async def __call__(self, party: str, moderator_id: str) -> Moderator:
        """Return a moderator, as remembered if possible."""
        known = self._known.get((party, moderator_id))
        if known is not None:
            return known
        found = await get(self._vault, party, moderator_id)
        if len(self._known) >= _MOST_KNOWN:
            self._known.clear()
        if found.revoked_at is None:
            self._known[party, moderator_id] = found
        return found


async def signed_paper(
    moderators: Moderators, call: ModerationCall, text: bytes, *, now: ClockReading
) -> bytes:
    """Return what a moderator decided, with the signature.

    Raises NotFoundError (MODERATOR_NOT_FOUND), PreconditionError (MODERATOR_REVOKED) and InvalidError.
    """
    moderator = await moderators(call.relying_party, call.moderator_id)
    rules.check_signs(moderator)
    rules.check_fresh(signed_at=call.signed_at, now=now.real)
    return papers.signed(text, call.signature, public_key=moderator.public_key)


async def signed_act(moderators: Moderators, call: ModerationCall, *, now: ClockReading) -> bytes:
    """Return the paper of a decision that has no paper of its own kind; raises as `signed_paper` does."""
    text = papers.act(call.occasion, method=call.method, fields=call.fields)
    return await signed_paper(moderators, call, text, now=now)


@dataclass(frozen=True, slots=True)
class ModeratorPaper:
    """What a moderator signs by a paper of its own kind. text: makes the paper without its signature."""

    moderators: Moderators
    call: ModerationCall
    text: Callable[[], bytes] = field(repr=False)

    async def paper(self, *, now: ClockReading) -> bytes:
        """Return the signed paper; raises as `signed_paper` does, and what `text` raises."""
        return await signed_paper(self.moderators, self.call, self.text(), now=now)


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
        paper = await signed_act(stored(vault), call, now=now)
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


async def get(vault: Vault, party: str, moderator_id: str) -> Moderator:
    """Return a moderator, revoked or not; raises NotFoundError (MODERATOR_NOT_FOUND)."""
    return await vault.read("moderator.get", lambda one: store.ROWS.get(one, party, moderator_id))


async def of_key(vault: Vault, party: str, public_key: bytes) -> Moderator:
    """Return the moderator who has a key; raises NotFoundError (MODERATOR_NOT_FOUND), InvalidError."""
    key = rules.check_key(public_key)
    return await vault.read("moderator.of_key", lambda one: store.of_key(one, party, key))


async def check_live(tx: Tx, moderator_id: str | None) -> None:
    """Raise PreconditionError (MODERATOR_REVOKED) if the moderator who proposed something was revoked since.

    A person with a new key must not confirm with it what was proposed with the former one.
    """
    rules.check_signs(await store.ROWS.get(tx.connection, tx.party, moderator_id or ""))


@mutation("moderator.register", again=store.ROWS.get)
async def countersigned(
    tx: Tx,
    moderator_id: str,
    public_key: bytes,
    countersigners: Collection[str],
    signed: tuple[bytes, bytes, bytes],
) -> Moderator:
    """Store a key that two moderators countersigned, or find the moderator who has it.

    signed: what the key itself and the two signed, which was checked before.
    """
    made = Moderator(moderator_id, tx.party, public_key, tx.now.business)
    stored = await _admitted(tx, made, countersigners)
    if stored is not made:
        await tx.answer(stored.moderator_id)
        return stored
    paper, first, second = signed
    await tx.log(
        EventType.MODERATOR_COUNTERSIGN, moderator_id=moderator_id, paper=paper, first=first, second=second
    )
    return stored


async def register(
    vault: Vault, call: ModerationCall, now: ClockReading, registration: Registration
) -> Moderator:
    """Register a key that two moderators countersigned; raises InvalidError, DeniedError and others."""
    await vault.guard.check(now=now)
    paper = registration.paper(now=now.real)
    countersigners = [each.moderator_id for each in registration.countersignatures]
    rules.check_countersigners(countersigners)
    others = [await _countersigned(vault, registration, place, now=now) for place in range(rules.FEWEST)]
    request, made = call.request(vault.fingerprinter), vault.new_id()
    key, signed = registration.public_key, (paper, others[0], others[1])
    return await countersigned.run(vault, call, now, request, made, key, countersigners, signed)


async def _countersigned(vault: Vault, registration: Registration, place: int, *, now: ClockReading) -> bytes:
    """Return what one of the others signed of a key."""
    moderator_id = registration.countersignatures[place].moderator_id
    other = await get(vault, registration.relying_party, moderator_id)
    return registration.countersigned_paper(place, countersigner=other, now=now.real)


@mutation("moderator.revoke", again=store.ROWS.get)
async def revoke(tx: Tx, moderator_id: str) -> Moderator:
    """Revoke a moderator; raises NotFoundError (MODERATOR_NOT_FOUND) and others."""
    found = await store.ROWS.lock(tx.connection, tx.party, moderator_id)
    if found.revoked_at is not None:
        tx.unchanged("the moderator is revoked")
        return found
    revoked = replace(found, revoked_at=tx.now.business)
    await store.ROWS.put(tx.connection, revoked)
    await tx.log(EventType.MODERATOR_REVOKE, moderator_id=moderator_id)
    return revoked


@member_mutation(
    "moderator.name",
    again=lambda one, _answer, asked, _paper: store.of_key(one, asked.relying_party, asked.public_key),
)
async def named(tx: Tx, asked: Registration, paper: bytes) -> Moderator:
    """Store a moderator whom the operator names, or find the one who has the key.

    paper: what the key itself signed, which was checked before.
    """
    made = Moderator(tx.events.new_id(), asked.relying_party, asked.public_key, tx.now.business)
    stored = await _admitted(tx, made, ())
    if stored is made:
        await tx.log(EventType.MODERATOR_NAME, moderator_id=made.moderator_id, paper=paper)
    return stored


async def name(vault: Vault, registration: Registration, *, now: ClockReading) -> Moderator:
    """Name a moderator of a development deployment, where no operator has a second factor.

    Raises InvalidError, PreconditionError (MODERATORS_SUFFICE) and others.
    """
    await vault.guard.check(now=now)
    return await named.run(vault, SYSTEM, now, None, registration, registration.paper(now=now.real))


async def name_by_operator(
    vault: Vault,
    call: MemberAsked,
    now: ClockReading,
    registration: Registration,
    *,
    code: str,
    second_factor: SecondFactorCheck,
) -> Moderator:
    """Name a moderator; a repeat needs no code. Raises as `name` does, and as the second factor's check."""
    await vault.guard.check(now=now)
    request = call.request(vault.fingerprinter)
    former = await known(vault, request)
    paper = registration.paper(now=now.real)  # no code is spent on what would be refused
    if former is None:
        await second_factor.check(actor_id=call.actor_id, code=code, now=now)
    return await named.run(vault, call, now, request, registration, paper)


async def _admitted(tx: Tx, made: Moderator, countersigners: Collection[str]) -> Moderator:
    """Store a moderator if the rules admit it, or return the one that has its key."""
    party, connection = made.relying_party, tx.connection
    live = {each.moderator_id for each in await store.lock_live(connection, party)}
    holder = await store.find(connection, party, made.public_key)
    rules.admit(known=holder, live=live, countersigners=countersigners)
    if await store.add(connection, made):
        return made
    tx.unchanged("the key has its moderator")
    # Another act may have registered the key since this one looked.
    found = await store.of_key(connection, party, made.public_key)
    rules.check_signs(found)
    return found
