"""Hand-overs: a replaced custodian lists its shares and replaces them with ones sealed to the successor.

- The service and the leaver's client each find the successor in the verified roster versions
  (attest.succession). Neither relies on the other.
- A share is listed only if its record matches the log. A damaged one is left in place and counted.
- The leaver signs the batch. The service rebuilds the signed content from the call and the roster.
- The leaver can end a hand-over for good; a later roster with another successor begins another.
- No code of a second factor is needed: shares can only move to a successor whom M other custodians have
  signed.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from idvault.core.entropy import Entropy
from idvault.core.request import Fingerprinter, Request
from idvault.disclosure.acts import record_check
from idvault.disclosure.acts.refusal import Refusals
from idvault.disclosure.ports import DisclosureStore
from idvault.log.acts.events import EventFactory
from idvault.log.acts.guard import LogGuard
from idvault.people.acts import quorums
from idvault.people.acts.quorums import RosterSource
from idvault.people.ports.handover import HandoverStore
from idvault.verify import handover as rules
from idvault.verify.attest import disclosure as papers
from idvault.verify.attest import handover as batches
from idvault.verify.attest import hpke, succession
from idvault.verify.attest.people.roster_change import is_same_holder
from idvault.verify.attest.quorum import Quorum
from idvault.verify.attest.reading import RosterError
from idvault.verify.attest.succession import Succession
from idvault.verify.clock import ClockReading
from idvault.verify.error import DamagedError, PreconditionError, Reason
from idvault.verify.event import EventType
from idvault.verify.handover import HandedShare, HandoverBatch, HandoverEnd
from idvault.verify.record import SealedRecord

_METHOD = "HandOverShares"
_END_METHOD = "EndHandOver"
_VERB = "hand_over"
_END_VERB = "end_hand_over"
_SHARE_SIZE = 33


@dataclass(frozen=True, slots=True)
class Listed:
    """One page of shares. place: the leaver's, in each record.

    after: where the next page starts, empty at the end; left_out: damaged ones; waiting: the total, on page
    one only.
    """

    records: Sequence[SealedRecord]
    place: int
    after: str
    left_out: int
    waiting: int


@dataclass(frozen=True, slots=True)
class HandOverCommand:
    """A batch to hand over. quorum_id: of the current roster; signature: 64 bytes over the batch."""

    actor_id: str
    request_id: str
    quorum_id: str
    shares: Sequence[HandedShare]
    signature: bytes


@dataclass(frozen=True, slots=True)
class EndCommand:
    """A hand-over to end. quorum_id: of the current roster; signature: 64 bytes over the end."""

    actor_id: str
    request_id: str
    quorum_id: str
    signature: bytes


class HandoverFlow:
    """Hand-overs of one deployment."""

    def __init__(
        self,
        *,
        store: HandoverStore,
        disclosures: DisclosureStore,
        rosters: RosterSource,
        fingerprinter: Fingerprinter,
        guard: LogGuard,
        refusals: Refusals,
        entropy: Entropy,
        observe: Callable[[str], None],
    ) -> None:
        """Initialise with the ports. disclosures: for the evidence of records; observe: counts the verb."""
        self._store = store
        self._disclosures = disclosures
        self._rosters = rosters
        self._fingerprinter = fingerprinter
        self._guard = guard
        self._refusals = refusals
        self._events = EventFactory(entropy=entropy)
        self._observe = observe

    async def shares(
        self, *, actor_id: str, quorum_id: str, after: str, limit: int, now: ClockReading
    ) -> Listed:
        """Return a leaver's shares, in account order.

        Raises PreconditionError (QUORUM_INVALID, ILLEGAL_TRANSITION for a hand-over that was ended).
        """
        async with self._refusals.logged(actor_id=actor_id, now=now):
            found = self._succession(actor_id, quorum_id)
        # Before the leaver's client notes any share as given to this successor.
        if (found.quorum.id, actor_id) in await self._store.ended():
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        held = frozenset(await self._held(found))
        tokens = await self._store.tokens(quorum_ids=held, after=after, limit=limit)
        records, left_out = await self._sound(tokens, held)
        return Listed(
            records=records,
            place=found.place,
            after=tokens[-1] if len(tokens) == limit else "",
            left_out=left_out,
            waiting=0 if after else await self._store.count(quorum_ids=held),
        )

    async def hand_over(self, command: HandOverCommand, *, now: ClockReading) -> int:
        """Store the shares of a batch; return how many (the same for a repeat).

        Raises InvalidError, PreconditionError (QUORUM_INVALID), AlreadyExistsError and others.
        """
        async with self._refusals.logged(actor_id=command.actor_id, now=now):
            await self._guard.check(now=now)
            found = self._succession(command.actor_id, command.quorum_id)
            rules.check(command.shares, sealed_size=_sealed_size(found))
            signed = batches.canonical(succession=found, shares=command.shares) + command.signature
            papers.check_signature(signed, roster_member=found.leaver, field="signature")
            event = self._events.event(
                EventType.SHARES_HAND_OVER, actor_id=command.actor_id, now=now, batch=signed
            )
            held = await self._held(found)
            batch = HandoverBatch(found.place, found.quorum.id, held, command.shares)
            moved = await self._store.hand_over(
                batch, request=self._request(command, signed), now=now, event=event
            )
            self._observe(_VERB)
            return moved

    async def end(self, command: EndCommand, *, now: ClockReading) -> int:
        """End a hand-over for good; return how many shares are left (the same for a repeat).

        Raises InvalidError, PreconditionError (QUORUM_INVALID, ILLEGAL_TRANSITION), AlreadyExistsError and
        others.
        """
        async with self._refusals.logged(actor_id=command.actor_id, now=now):
            await self._guard.check(now=now)
            found = self._succession(command.actor_id, command.quorum_id)
            signed = batches.end(succession=found) + command.signature
            papers.check_signature(signed, roster_member=found.leaver, field="signature")
            event = self._events.event(
                EventType.HANDOVER_END, actor_id=command.actor_id, now=now, paper=signed
            )
            ending = HandoverEnd(command.actor_id, found.quorum.id, frozenset(await self._held(found)))
            request = self._request(command, signed, method=_END_METHOD)
            left = await self._store.end(ending, request=request, now=now, event=event)
            self._observe(_END_VERB)
            return left

    def _succession(self, actor_id: str, quorum_id: str) -> Succession:
        roster_member = self._rosters.member(actor_id)
        try:
            for found in succession.find(quorums.versions(self._rosters), leaver=roster_member):
                if found.quorum.id == quorum_id:
                    return found
        except RosterError as error:
            raise PreconditionError(Reason.QUORUM_INVALID) from error
        raise PreconditionError(Reason.QUORUM_INVALID)

    async def _held(self, found: Succession) -> dict[str, str]:
        """Return the present quorum ids of records whose share the leaver holds, with their new ids."""
        held = {}
        for quorum in await self._quorums(found):
            place = found.place - 1
            custodians = list(quorum.custodians)
            if not is_same_holder(custodians[place], found.leaver):
                continue
            custodians[place] = found.successor
            held[quorum.id] = Quorum(quorum.name, quorum.threshold, tuple(custodians)).id
        return held

    async def _quorums(self, found: Succession) -> list[Quorum]:
        """Return every quorum of the leaver that a record may have, of rosters and of other hand-overs."""
        former = [quorums.quorum_of(rosters=self._rosters, quorum_id=each) for each in found.former_ids]
        handed = (await self._store.handed()).values()
        between = [quorums.holders(rosters=self._rosters, quorum_ids=ids) for ids in handed]
        alike = len(found.quorum.custodians)
        return former + [each for each in between if _is_of(each, found, alike)]

    async def _sound(self, tokens: Sequence[str], held: Collection[str]) -> tuple[list[SealedRecord], int]:
        """Return the records that match their newest settlement entry, and how many do not."""
        records, left_out = [], 0
        for account_token in tokens:
            evidence = await self._disclosures.evidence(account_token=account_token)
            if evidence is None or evidence.record.present_quorum_id not in held:
                continue  # the record has been replaced meanwhile
            try:
                records.append(record_check.check(evidence).record)
            except DamagedError:
                left_out += 1
        return records, left_out

    def _request(
        self, command: HandOverCommand | EndCommand, signed: bytes, *, method: str = _METHOD
    ) -> Request:
        fingerprint = self._fingerprinter.fingerprint(method=method, fields=(command.quorum_id, signed))
        return Request(command.actor_id, command.request_id, fingerprint)


def _is_of(quorum: Quorum, found: Succession, size: int) -> bool:
    return (quorum.name, quorum.threshold, len(quorum.custodians)) == (
        found.quorum.name,
        found.quorum.threshold,
        size,
    )


def _sealed_size(found: Succession) -> int:
    """Return the size of a share sealed to the successor."""
    key = found.successor
    return len(
        hpke.seal(suite=key.suite, public_key=key.hpke_public_key, plaintext=bytes(_SHARE_SIZE), info=b"")
    )
