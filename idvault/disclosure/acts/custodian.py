"""The custodian's part of disclosures: list, read its sealed share, decide, release (docs/disclosure.md).

- The signed paper must match the call: the same request, custodian, place and purpose.
- An approval holds the hash of the share and not the share. Its answer comes with the proof of its entry.
- A share is taken only in a second act, if it has the hash that was approved. This act is logged, too.
- A code is spent after all other checks, and never for a repeat. A denial and a release need no code.

Seals and opens the denials of a disclosure, whose reasons describe the case.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.person_request_ports import MemberRequestStore
from idvault.core.request import Fingerprinter, Request
from idvault.core.second_factor import SecondFactorCheck
from idvault.disclosure import rules as disclosure_rules
from idvault.disclosure.acts.history import LogProofs, Proofs, Proved
from idvault.disclosure.acts.refusal import Refusals
from idvault.disclosure.ports import CaseTextSealer, Deciding, DisclosureStore, Filed, OwnDecision, Releasing
from idvault.log.acts.guard import LogGuard
from idvault.people import acts as people_acts
from idvault.people.acts import RosterSource
from idvault.people.ports import HandoverStore
from idvault.sealing.ports import SealedText
from idvault.verify import disclosure as verify_disclosure
from idvault.verify.attest import disclosure as papers
from idvault.verify.attest.disclosure import DecisionTerms, PaperError
from idvault.verify.attest.people.roster_member import RosterMember
from idvault.verify.clock import ClockReading
from idvault.verify.disclosure import DecidingQuorum, HistoryFinding, QuorumMember, Verdict
from idvault.verify.error import NotFoundError, PreconditionError, Reason
from idvault.verify.event import Event, EventType
from idvault.verify.record import SealedRecord


def sealed_denial(*, case_texts: CaseTextSealer, filed: Filed, custodian: str, signed: bytes) -> SealedText:
    """Return a signed denial as it is stored."""
    return case_texts.seal(disclosure_id=filed.disclosure.disclosure_id, text=signed, custodian=custodian)


def opened(*, case_texts: CaseTextSealer, filed: Filed) -> Mapping[str, bytes]:
    """Return the signed denials that hold a reason, by custodian; raises DamagedError (RECORD_DAMAGED)."""
    disclosure_id = filed.disclosure.disclosure_id
    return {
        custodian: case_texts.open(disclosure_id=disclosure_id, sealed=denial, custodian=custodian)
        for custodian, denial in filed.denials.items()
    }


LONGEST_SHARE = 4 * 1024
_HASH_SIZE = 32
_COUNTED = timedelta(days=disclosure_rules.COUNTED_DAYS)
_EVENTS = {Verdict.APPROVE: EventType.DISCLOSURE_APPROVE, Verdict.DENY: EventType.DISCLOSURE_DENY}
_METHODS = {Verdict.APPROVE: "ApproveDisclosure", Verdict.DENY: "DenyDisclosure"}


@dataclass(frozen=True, slots=True)
class PendingDisclosures:
    """A waiting request. recent_disclosures: to its auditor in the last 30 days, opened or not.

    denials: the signed denials with a reason, by custodian.
    """

    filed: Filed
    signed_request: bytes = field(repr=False)
    entry: Proved
    recent_disclosures: int
    denials: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Decided:
    """A disclosure after a custodian's act. proofs: of the act's entry, None for a denial.

    denials: the signed denials with a reason, by custodian.
    """

    filed: Filed
    proofs: Proofs | None = None
    denials: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class DecideCommand:
    """A custodian's decision. code: empty for a denial, and may be empty for a repeat."""

    actor_id: str
    request_id: str
    disclosure_id: str
    verdict: Verdict
    signed: bytes
    code: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ReleaseCommand:
    """The share that follows an approval."""

    actor_id: str
    request_id: str
    disclosure_id: str
    resealed: bytes = field(repr=False)


class CustodianFlow:
    """Disclosures of one deployment, for custodians."""

    def __init__(
        self,
        *,
        store: DisclosureStore,
        requests: MemberRequestStore,
        case_texts: CaseTextSealer,
        rosters: RosterSource,
        second_factor: SecondFactorCheck,
        fingerprinter: Fingerprinter,
        proofs: LogProofs,
        guard: LogGuard,
        refusals: Refusals,
        entropy: Entropy,
        observe: Callable[[str], None],
        handovers: HandoverStore,
    ) -> None:
        """Initialise with the ports. observe: counts verbs; handovers: tells who holds which shares."""
        self._store = store
        self._handovers = handovers
        self._requests = requests
        self._case_texts = case_texts
        self._rosters = rosters
        self._second_factor = second_factor
        self._fingerprinter = fingerprinter
        self._proofs = proofs
        self._guard = guard
        self._refusals = refusals
        self._events = EventFactory(entropy=entropy)
        self._observe = observe

    async def pending(
        self, *, actor_id: str, offset: int, limit: int, now: ClockReading
    ) -> tuple[list[PendingDisclosures], int | None, bytes]:
        """Return what waits for a custodian, the next offset (None at the end) and the checkpoint's note."""
        roster_member = self._rosters.member(actor_id)
        handed = await self._handovers.handed()
        found = await self._store.pending(
            custodian=roster_member.name,
            quorum_ids=people_acts.quorum_ids(
                rosters=self._rosters, roster_member=roster_member, handed=handed.values()
            ),
            now=now.business,
            offset=offset,
            limit=limit + 1,
        )
        note, waiting = b"", []
        for filed in found[:limit]:
            proofs = await self._proofs.now((filed.entry_id,), account_token=filed.disclosure.account_token)
            note, entry = self._newest(note, proofs)
            waiting.append(await self._waiting(filed, entry, now))
        return waiting, offset + limit if len(found) > limit else None, note

    async def sealed_share(
        self, *, actor_id: str, disclosure_id: str, now: ClockReading
    ) -> tuple[SealedRecord, QuorumMember]:
        """Return the record whose share the custodian is asked to release, and the custodian's place."""
        async with self._refusals.logged(actor_id=actor_id, now=now):
            filed = await self._find(disclosure_id)
            record, member, _ = await self._seat(filed, self._rosters.member(actor_id))
            disclosure_rules.check_may_decide(disclosure=filed.disclosure, member=member, now=now.business)
            return record, member

    async def decide(self, command: DecideCommand, *, now: ClockReading, patience: float = 0.0) -> Decided:
        """Approve or deny; raises InvalidError, DeniedError, PreconditionError and others.

        After an approval, waits up to `patience` seconds for a checkpoint that covers its entry, then raises
        UnavailableError (LOG_UNAVAILABLE). The approval counts, and a repeat continues to wait.
        """
        filed = await self._decide(command, now=now)
        if command.verdict is Verdict.DENY:
            return Decided(filed, denials=self._denials(filed))
        own = await self._own(filed, command.actor_id)
        return Decided(filed, await self._proved(filed, own.entry_id, patience), self._denials(filed))

    async def release(self, command: ReleaseCommand, *, now: ClockReading, patience: float = 0.0) -> Decided:
        """Accept the approved share; the M-th share makes the disclosure. Waits as `decide` does."""
        async with self._refusals.logged(actor_id=command.actor_id, now=now):
            await self._guard.check(now=now)
            asked = self._request("ReleaseShare", command, command.resealed)
            filed = await self._find(command.disclosure_id)
            if await self._requests.find(asked) is None:
                filed = await self._release_once(command, filed, asked, now)
            own = await self._own(filed, command.actor_id)
            if own.release_entry_id is None:
                raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        proofs = await self._proved(filed, own.release_entry_id, patience)
        return Decided(filed, proofs, self._denials(filed))

    async def _release_once(
        self, command: ReleaseCommand, filed: Filed, asked: Request, now: ClockReading
    ) -> Filed:
        record, member, seats = await self._seat(filed, self._rosters.member(command.actor_id))
        disclosure_rules.check_may_release(disclosure=filed.disclosure, member=member, now=now.business)
        own = await self._own(filed, command.actor_id)
        given = sha256(command.resealed).digest()
        said = papers.parse_decision(own.signed, verdict=Verdict.APPROVE)
        if len(command.resealed) > LONGEST_SHARE or given != said.resealed_hash:
            raise PaperError("resealed_share", "this is not the share that was approved")
        disclosure = filed.disclosure
        signed = self._case_texts.open(disclosure_id=disclosure.disclosure_id, sealed=filed.text)
        legal_basis = papers.parse_request(signed).legal_basis
        released = await self._store.release(
            Releasing(
                disclosure_id=disclosure.disclosure_id,
                member=member,
                quorum=seats,
                resealed=command.resealed,
                record_digest=record.digest(),
                legal_basis=legal_basis,
            ),
            request=asked,
            now=now,
            event=self._events.event(
                EventType.DISCLOSURE_RELEASE,
                actor_id=command.actor_id,
                now=now,
                account_token=disclosure.account_token,
                disclosure_id=disclosure.disclosure_id,
                custodian=member.name,
                share_hash=given,
            ),
            disclosing=self._events.event(
                EventType.DISCLOSURE_DISCLOSE,
                actor_id=command.actor_id,
                now=now,
                account_token=disclosure.account_token,
                disclosure_id=disclosure.disclosure_id,
                auditor_actor_id=disclosure.auditor_actor_id,
                legal_basis=legal_basis,
            ),
        )
        self._observe("release")
        return released

    async def _decide(self, command: DecideCommand, *, now: ClockReading) -> Filed:
        async with self._refusals.logged(actor_id=command.actor_id, now=now):
            await self._guard.check(now=now)
            asked = self._request(_METHODS[command.verdict], command, command.signed)
            # Read before looking for the request: what a concurrent repeat changes must not make this call
            # fail.
            filed = await self._find(command.disclosure_id)
            if await self._requests.find(asked) is not None:
                return await self._find(command.disclosure_id)
            roster_member = self._rosters.member(command.actor_id)
            _, member, seats = await self._seat(filed, roster_member)
            disclosure_rules.check_may_decide(disclosure=filed.disclosure, member=member, now=now.business)
            said = _checked_paper(command, filed, roster_member, member)
            if command.verdict is Verdict.APPROVE:
                await self._second_factor.check(actor_id=command.actor_id, code=command.code, now=now)
            decided = await self._store.decide(
                self._deciding(command, filed, said, member, seats),
                request=asked,
                now=now,
                event=self._event(command, filed, now),
            )
            self._observe(command.verdict.value.lower())
            return decided

    async def report(
        self, *, actor_id: str, disclosure_id: str, finding: HistoryFinding, now: ClockReading
    ) -> None:
        """Log what a roster member's client refused; raises NotFoundError (REQUEST_NOT_FOUND)."""
        await self._guard.check(now=now)
        await self._find(disclosure_id)
        await self._refusals.note(actor_id=actor_id, reason=finding.value, now=now)

    def _event(self, command: DecideCommand, filed: Filed, now: ClockReading) -> Event:
        return self._events.event(
            _EVENTS[command.verdict],
            actor_id=command.actor_id,
            now=now,
            account_token=filed.disclosure.account_token,
            decision=command.signed,
        )

    async def _seat(
        self, filed: Filed, roster_member: RosterMember
    ) -> tuple[SealedRecord, QuorumMember, DecidingQuorum]:
        disclosure_rules.check_not_own(
            disclosure=filed.disclosure, name=roster_member.name, actor_id=roster_member.actor_id
        )
        record = await self._store.record(
            account_token=filed.disclosure.account_token, record_id=filed.disclosure.record_id
        )
        if record is None:
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        quorum = people_acts.quorum_of_record(rosters=self._rosters, record=record)
        return (
            record,
            people_acts.member_of(quorum=quorum, roster_member=roster_member),
            people_acts.deciding_quorum(quorum=quorum),
        )

    async def _waiting(self, filed: Filed, entry: Proved, now: ClockReading) -> PendingDisclosures:
        disclosure = filed.disclosure
        signed = self._case_texts.open(disclosure_id=disclosure.disclosure_id, sealed=filed.text)
        recent = await self._store.disclosures_since(
            actor_id=disclosure.auditor_actor_id, since=now.business - _COUNTED
        )
        return PendingDisclosures(filed, signed, entry, recent, self._denials(filed))

    def _denials(self, filed: Filed) -> Mapping[str, bytes]:
        return opened(case_texts=self._case_texts, filed=filed)

    def _deciding(
        self,
        command: DecideCommand,
        filed: Filed,
        said: DecisionTerms,
        member: QuorumMember,
        seats: DecidingQuorum,
    ) -> Deciding:
        sealed = None
        if said.reason:
            sealed = sealed_denial(
                case_texts=self._case_texts, filed=filed, custodian=member.name, signed=command.signed
            )
        return Deciding(
            disclosure_id=command.disclosure_id,
            member=member,
            verdict=command.verdict,
            quorum=seats,
            signed=command.signed,
            sealed=sealed,
        )

    @staticmethod
    def _newest(note: bytes, proofs: Proofs) -> tuple[bytes, Proved]:
        return proofs.note or note, proofs.entries[0]

    async def _find(self, disclosure_id: str) -> Filed:
        filed = await self._store.get(disclosure_id=disclosure_id)
        if filed is None:
            raise NotFoundError(Reason.REQUEST_NOT_FOUND)
        return filed

    async def _own(self, filed: Filed, actor_id: str) -> OwnDecision:
        own = await self._store.own_decision(
            disclosure_id=filed.disclosure.disclosure_id, custodian=self._rosters.member(actor_id).name
        )
        if own is None:
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        return own

    async def _proved(self, filed: Filed, entry_id: str, patience: float) -> Proofs:
        token = filed.disclosure.account_token
        return await self._proofs.wait((entry_id,), account_token=token, patience=patience)

    def _request(self, method: str, command: DecideCommand | ReleaseCommand, body: bytes) -> Request:
        # The code is not part of the fingerprint: a repeat has no unused code.
        fingerprint = self._fingerprinter.fingerprint(method=method, fields=(command.disclosure_id, body))
        return Request(command.actor_id, command.request_id, fingerprint)


def _checked_paper(
    command: DecideCommand, filed: Filed, roster_member: RosterMember, member: QuorumMember
) -> DecisionTerms:
    """Return what a signed paper says; raises PaperError, InvalidError unless it matches the call."""
    name = "signed_approval" if command.verdict is Verdict.APPROVE else "signed_denial"
    said = papers.parse_decision(command.signed, verdict=command.verdict, field=name)
    size = _HASH_SIZE if command.verdict is Verdict.APPROVE else 0
    if len(said.resealed_hash) != size:
        raise PaperError(name, "an approval must have the hash of a share, and a denial must not")
    meant = DecisionTerms(
        command.verdict, filed.digest, roster_member.name, member.place, said.resealed_hash, said.reason
    )
    if said != meant:
        raise PaperError(name, "the signed paper does not match the call")
    if said.reason:
        verify_disclosure.check_reason(said.reason, field=name)
    papers.check_signature(command.signed, roster_member=roster_member, field=name)
    return said
