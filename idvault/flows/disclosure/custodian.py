"""What a custodian does: see what is asked, take the own share, approve, or deny (docs/disclosure.md).

- The signed paper must say what the call says: this request, this custodian, this share, this purpose.
- A code is spent after everything else was checked, and never for a repeat; a denial needs none.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256

from idvault.attest import disclosure as papers
from idvault.attest.disclosure import DecisionTerms, PaperError
from idvault.attest.roster_member import RosterMember
from idvault.domain import disclosure as rules
from idvault.domain.clock import ClockReading
from idvault.domain.disclosure import DecidingQuorum, HistoryFinding, QuorumMember, Verdict
from idvault.domain.error import NotFoundError, PreconditionError, Reason
from idvault.domain.event import Event, EventType
from idvault.domain.record import SealedRecord
from idvault.domain.request import Request
from idvault.flows.disclosure.refusal import Refusals
from idvault.flows.log.events import EventFactory
from idvault.flows.log.guard import LogGuard
from idvault.flows.log.proof import LogProofs, Proofs, Proved
from idvault.flows.people import quorums
from idvault.flows.people.quorums import RosterSource
from idvault.ports.disclosure import CaseTextSealer, Deciding, DisclosureStore, Filed, SecondFactorCheck
from idvault.ports.entropy import Entropy
from idvault.ports.handover import HandoverStore
from idvault.ports.people.request import MemberRequestStore
from idvault.ports.sealing import Fingerprinter

LONGEST_SHARE = 4 * 1024
_COUNTED = timedelta(days=rules.COUNTED_DAYS)
_EVENTS = {Verdict.APPROVE: EventType.DISCLOSURE_APPROVE, Verdict.DENY: EventType.DISCLOSURE_DENY}
_METHODS = {Verdict.APPROVE: "ApproveDisclosure", Verdict.DENY: "DenyDisclosure"}


@dataclass(frozen=True, slots=True)
class PendingDisclosures:
    """A request that waits. recent_openings: those of its auditor in the last 30 days."""

    filed: Filed
    signed_request: bytes
    entry: Proved
    recent_openings: int


@dataclass(frozen=True, slots=True)
class DecideCommand:
    """A decision as it was asked. resealed, code: empty in a denial, code also in a repeat."""

    actor_id: str
    request_id: str
    disclosure_id: str
    verdict: Verdict
    signed: bytes
    resealed: bytes = field(default=b"", repr=False)
    code: str = field(default="", repr=False)


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
        """Take the ports, and who counts each verb. handovers: tells who holds what was handed over."""
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
        """Return what waits for a custodian, where to go on (None at the end), and the checkpoint's note."""
        roster_member = self._rosters.member(actor_id)
        handed = await self._handovers.handed()
        found = await self._store.pending(
            custodian=roster_member.name,
            quorum_ids=quorums.quorum_ids(
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
        """Return the record whose own share a custodian is asked for, and the custodian's place."""
        async with self._refusals.logged(actor_id=actor_id, now=now):
            filed = await self._find(disclosure_id)
            record, member, _ = await self._seat(filed, self._rosters.member(actor_id))
            rules.check_may_decide(disclosure=filed.disclosure, member=member, now=now.business)
            return record, member

    async def decide(self, command: DecideCommand, *, now: ClockReading) -> Filed:
        """Approve or deny; raises InvalidError, DeniedError, PreconditionError and others."""
        async with self._refusals.logged(actor_id=command.actor_id, now=now):
            await self._guard.check(now=now)
            asked = self._request(command)
            # In this order: what a repeat of this very call has done meanwhile must not speak against it.
            filed = await self._find(command.disclosure_id)
            if await self._requests.find(asked) is not None:
                return await self._find(command.disclosure_id)
            roster_member = self._rosters.member(command.actor_id)
            _, member, seats = await self._seat(filed, roster_member)
            rules.check_may_decide(disclosure=filed.disclosure, member=member, now=now.business)
            _check_paper(command, filed, roster_member, member)
            if command.verdict is Verdict.APPROVE:
                await self._second_factor.check(actor_id=command.actor_id, code=command.code, now=now)
            decided = await self._store.decide(
                _deciding(command, member, seats),
                request=asked,
                now=now,
                event=self._event(command, filed, now),
            )
            self._observe(command.verdict.value.lower())
            return decided

    async def report(
        self, *, actor_id: str, disclosure_id: str, finding: HistoryFinding, now: ClockReading
    ) -> None:
        """Log what a person's own client refused; raises NotFoundError (REQUEST_NOT_FOUND)."""
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
        rules.check_not_own(
            disclosure=filed.disclosure, name=roster_member.name, actor_id=roster_member.actor_id
        )
        evidence = await self._store.evidence(account_token=filed.disclosure.account_token)
        if evidence is None or evidence.record.record_id != filed.disclosure.record_id:
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        record = evidence.record
        quorum = quorums.quorum_of_record(rosters=self._rosters, record=record)
        return (
            record,
            quorums.member_of(quorum=quorum, roster_member=roster_member),
            quorums.deciding_quorum(quorum=quorum),
        )

    async def _waiting(self, filed: Filed, entry: Proved, now: ClockReading) -> PendingDisclosures:
        disclosure = filed.disclosure
        signed = self._case_texts.open(disclosure_id=disclosure.disclosure_id, sealed=filed.text)
        recent = await self._store.openings_since(
            actor_id=disclosure.auditor_actor_id, since=now.business - _COUNTED
        )
        return PendingDisclosures(filed, signed, entry, recent)

    @staticmethod
    def _newest(note: bytes, proofs: Proofs) -> tuple[bytes, Proved]:
        return proofs.note or note, proofs.entries[0]

    async def _find(self, disclosure_id: str) -> Filed:
        filed = await self._store.get(disclosure_id=disclosure_id)
        if filed is None:
            raise NotFoundError(Reason.REQUEST_NOT_FOUND)
        return filed

    def _request(self, command: DecideCommand) -> Request:
        fingerprint = self._fingerprinter.fingerprint(
            method=_METHODS[command.verdict],
            fields=(command.disclosure_id, command.signed, command.resealed),
        )
        return Request(command.actor_id, command.request_id, fingerprint)


def _deciding(command: DecideCommand, member: QuorumMember, seats: DecidingQuorum) -> Deciding:
    return Deciding(
        disclosure_id=command.disclosure_id,
        member=member,
        verdict=command.verdict,
        quorum=seats,
        signed=command.signed,
        resealed=command.resealed or None,
    )


def _check_paper(
    command: DecideCommand, filed: Filed, roster_member: RosterMember, member: QuorumMember
) -> None:
    name = "signed_approval" if command.verdict is Verdict.APPROVE else "signed_denial"
    said = papers.parse_decision(command.signed, verdict=command.verdict, field=name)
    if len(command.resealed) > LONGEST_SHARE:
        raise PaperError("resealed_share", "the re-sealed share is too long")
    if bool(command.resealed) is not (command.verdict is Verdict.APPROVE):
        raise PaperError("resealed_share", "an approval gives a share, a denial none")
    given = sha256(command.resealed).digest() if command.resealed else b""
    meant = DecisionTerms(command.verdict, filed.digest, roster_member.name, member.place, given)
    if said != meant:
        raise PaperError(name, "the paper says something else than the call")
    papers.check_signature(command.signed, roster_member=roster_member, field=name)
