"""Asks for an adult in the session of a child: before a claim is opened, so that nothing tells of it later.

- The child is checked first: an adult is asked for only after a match. A child that does not match makes a
  claim as anybody does, and that says so.
- Then the adult is checked, and forgotten. Neither check leaves more than an attempt, charged before it and
  given back by a match, as a claim's is.
- The claim of the child is made afterwards as any other, with a check of its own: it takes as long as an
  adult's, and what is stored and logged of it is the same.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from idvault.account.store import person as account_person
from idvault.claim import rules, store
from idvault.claim.acts import registry_check
from idvault.claim.acts.verification import ClaimContext
from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.sealing.ports import PersonKey
from idvault_verify.account import SubjectKind
from idvault_verify.claim import Identity
from idvault_verify.clock import ClockReading
from idvault_verify.error import ExhaustedError, FieldCode, InvalidError, Reason, UnavailableError, Violation
from idvault_verify.registry import DECIDED, RegistryAnswer

_FIELD = "guardian"


class GuardianTries:
    """How often each session has asked here, in the memory of one process.

    Each time costs calls of the registry, and nothing is stored that would count them.
    """

    _MOST = 10
    _SESSIONS = 10_000

    def __init__(self) -> None:
        """Begin without sessions."""
        self._counts: OrderedDict[str, int] = OrderedDict()

    def count(self, session_id: str) -> None:
        """Count once more; raises ExhaustedError (TOO_MANY_ATTEMPTS)."""
        tries = self._counts.pop(session_id, 0)
        self._counts[session_id] = min(tries + 1, self._MOST)
        if len(self._counts) > self._SESSIONS:
            self._counts.popitem(last=False)
        if tries >= self._MOST:
            raise ExhaustedError(Reason.TOO_MANY_ATTEMPTS, retry_after=rules.WINDOW)


@dataclass(frozen=True, slots=True)
class Guarding:
    """Who claims in a session, and the adult who was typed beside, None for nobody."""

    relying_party: str
    child: Identity
    guardian: Identity | None


async def confirm(
    vault: Vault, context: ClaimContext, guarding: Guarding, now: ClockReading, *, left: Callable[[], float]
) -> bool:
    """Return whether an adult was confirmed for a child; False for anybody else, and without a match.

    Raises InvalidError (INVALID_MESSAGE): guardian REQUIRED if there is none, CHARACTER if the registry does
    not confirm the adult, guardian.document.number if it is no adult or the child; ExhaustedError
    (TOO_MANY_ATTEMPTS); UnavailableError if the registry does not decide now. left: tells how many seconds
    are left for all calls of the registry together.
    """
    today = now.today(context.zone)
    if not rules.is_under_age(identity=guarding.child, today=today):
        return False
    party, adult = guarding.relying_party, guarding.guardian
    if not await _matches(vault, context, party, guarding.child, now, left=left):
        return False
    if adult is None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(_FIELD, FieldCode.REQUIRED))
    rules.check_guardian(guardian=adult, child=guarding.child, today=today)
    if not await _matches(vault, context, party, adult, now, left=left):
        raise InvalidError(Reason.INVALID_MESSAGE, Violation(_FIELD, FieldCode.CHARACTER))
    return True


async def _matches(
    vault: Vault,
    context: ClaimContext,
    party: str,
    identity: Identity,
    now: ClockReading,
    *,
    left: Callable[[], float],
) -> bool:
    """Return whether the registry confirms somebody whom it has not said to be ended, as an attempt.

    Once charged, it ends even if the caller goes away: a match gives the attempt back.
    """
    return await context.begun(_checked(vault, context, party, identity, now, left=left))


async def _checked(
    vault: Vault,
    context: ClaimContext,
    party: str,
    identity: Identity,
    now: ClockReading,
    *,
    left: Callable[[], float],
) -> bool:
    key = context.indexer.person(
        relying_party=party,
        identity=identity,
        person_id=vault.new_id(),
        today=now.today(context.zone),
    )
    pair = context.marker.mark(relying_party=party, identity=identity)
    ended = await charge(vault, SYSTEM, now, party, key, pair)
    answer = await _answer(vault, context, party, identity, left=left)
    if answer not in DECIDED:
        # A reason of its own would show in the metrics that a child was there.
        raise UnavailableError(Reason.STORE_UNAVAILABLE)
    if answer is not RegistryAnswer.MATCH or ended:
        return False
    await give_back(vault, SYSTEM, now, party, key, pair)
    return True


async def _answer(
    vault: Vault, context: ClaimContext, party: str, identity: Identity, *, left: Callable[[], float]
) -> RegistryAnswer:
    """Return what the registry says of one spelling of the name, and else of the other, while any is left."""
    registry = context.settlement.registries[SubjectKind.INDIVIDUAL]
    spellings = 1 if rules.alternative_spelling(identity=identity) is None else 2
    answer = RegistryAnswer.NOT_SENT
    for index in range(spellings):
        spelled = registry_check.spelling(identity, index)
        patience = left()
        if patience <= 0:
            return RegistryAnswer.NOT_SENT
        answer = await registry.check(ai=vault.new_id(), identity=spelled, patience=patience)
        context.settlement.charge(party, answer)
        if answer is RegistryAnswer.MATCH:
            break
    return answer


@act("guardian.charge")
async def charge(tx: Tx, party: str, key: PersonKey, pair: bytes) -> bool:
    """Charge an attempt; return whether the registry said that the person is no more.

    Raises ExhaustedError (TOO_MANY_ATTEMPTS).
    """
    tx.unchanged("an attempt decides nothing about a claim")
    now = tx.now.business
    ended = await account_person.lock_is_ended(tx.connection, relying_party=party, key=key)
    found = await store.attempts_of_person(tx.connection, party, key, after=now - rules.WINDOW)
    rules.check(attempts=found, pair=pair, now=now)
    await store.charge(tx.connection, party, key, pair=pair, now=now)
    return ended


@act("guardian.give_back")
async def give_back(tx: Tx, party: str, key: PersonKey, pair: bytes) -> None:
    """Charge no attempt for what has matched."""
    tx.unchanged("an attempt decides nothing about a claim")
    await store.give_back(tx.connection, party, key, pair=pair)
