"""The auditor's part of disclosures: request, read, cancel, open and confirm (docs/disclosure.md).

- A request must be recent and signed by an auditor of the current roster. Its log entry fixes the version of
  the record.
- Before anything is returned, an opening is in the log and a signed checkpoint covers it.
- A code is spent after all other checks, and never for a repeat.

Checks a stored record against the log: a settlement entry of the account must commit to its digest.

- For the newest record, entries are tried newest first. Entries of failed claims are skipped. The first
  remaining entry must be that of a successful claim and commit to this record. A restored old version or a
  changed record does not match it.
- For a disclosure, the entry of its request must commit to the record's digest. The service writes this
  entry only after the check of the newest record, so it fixes the version that was newest then.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.person_request_ports import MemberRequestStore
from idvault.core.request import Fingerprinter, Request
from idvault.core.second_factor import SecondFactorCheck
from idvault.disclosure import rules as disclosure_rules
from idvault.disclosure.acts import custodian as disclosure_custodian
from idvault.disclosure.acts.history import LogProofs, Proofs
from idvault.disclosure.acts.refusal import Refusals
from idvault.disclosure.ports import (
    CaseTextSealer,
    DisclosureStore,
    EndedClaim,
    Filed,
    Filing,
    GivenShare,
    RecordEvidence,
    ShredKeys,
)
from idvault.log.acts.guard import LogGuard
from idvault.log.ports import Logged
from idvault.people import acts as people_acts
from idvault.people.acts import RosterSource
from idvault.verify.attest import disclosure as papers
from idvault.verify.attest import record_key
from idvault.verify.attest.disclosure import PaperError, Terms
from idvault.verify.attest.people.roster_member import RosterMember
from idvault.verify.claim import ClaimState
from idvault.verify.clock import ClockReading
from idvault.verify.disclosure import Disclosure
from idvault.verify.error import DamagedError, NotFoundError, PreconditionError, Reason
from idvault.verify.event import EventType
from idvault.verify.record import SealedRecord
from idvault.verify.transparency import entry
from idvault.verify.transparency.entry import EntryError


@dataclass(frozen=True, slots=True)
class CheckedRecord:
    """A record that matches the log. claim_id: of the claim that stored it; entry_id: of its settlement."""

    record: SealedRecord
    claim_id: str
    entry_id: str
    digest: bytes


def check(evidence: RecordEvidence) -> CheckedRecord:
    """Return the record with its settlement, or raise DamagedError (RECORD_DAMAGED)."""
    return _newest(evidence, evidence.record.digest())


def _newest(evidence: RecordEvidence, digest: bytes) -> CheckedRecord:
    record = evidence.record
    failed = [claim for claim in evidence.claims if claim.state != ClaimState.SUCCEEDED.value]
    succeeded = [claim for claim in evidence.claims if claim.state == ClaimState.SUCCEEDED.value]
    for logged in evidence.entries:
        if not _is_settlement(logged) or any(_fits(logged, record, claim, b"") for claim in failed):
            continue
        for claim in succeeded:
            if _fits(logged, record, claim, digest):
                return CheckedRecord(record, claim.claim_id, logged.entry_id, digest)
        break
    raise DamagedError(Reason.RECORD_DAMAGED)


def check_requested(evidence: RecordEvidence, *, filed: Filed, signed_request: bytes) -> CheckedRecord:
    """Return the record that a request fixed; raises DamagedError (RECORD_DAMAGED).

    A request that was logged before requests fixed a version opens only the newest record: otherwise
    PreconditionError (ILLEGAL_TRANSITION).
    """
    record, digest = evidence.record, evidence.record.digest()
    requested = next((each for each in evidence.entries if each.entry_id == filed.entry_id), None)
    if requested is None:
        raise DamagedError(Reason.RECORD_DAMAGED)
    if entry.decode_leaf(requested.leaf).type == EventType.DISCLOSURE_REQUEST_FORMER.value:
        if not evidence.is_newest:
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        return _newest(evidence, digest)
    try:
        entry.check_opened(
            requested.leaf,
            type=EventType.DISCLOSURE_REQUEST,
            opening_key=requested.opening_key,
            account_token=record.account_token,
            fields={"request": signed_request, "record_digest": digest},
        )
    except EntryError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error
    succeeded = [claim for claim in evidence.claims if claim.state == ClaimState.SUCCEEDED.value]
    for logged in filter(_is_settlement, evidence.entries):
        for claim in succeeded:
            if _fits(logged, record, claim, digest):
                return CheckedRecord(record, claim.claim_id, logged.entry_id, digest)
    raise DamagedError(Reason.RECORD_DAMAGED)


def _is_settlement(logged: Logged) -> bool:
    return entry.decode_leaf(logged.leaf).type == EventType.CLAIM_SETTLE.value


def _fits(logged: Logged, record: SealedRecord, claim: EndedClaim, digest: bytes) -> bool:
    try:
        entry.check_opened(
            logged.leaf,
            type=EventType.CLAIM_SETTLE,
            opening_key=logged.opening_key,
            account_token=record.account_token,
            fields={
                "claim_id": claim.claim_id,
                "state": claim.state,
                "failure_reason": claim.failure_reason,
                "record_digest": digest,
            },
        )
    except EntryError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class ShownDisclosure:
    """A disclosure as returned to its auditor. denials: the signed denials with a reason, by custodian."""

    filed: Filed
    signed_request: bytes = field(repr=False)
    denials: Mapping[str, bytes] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class OpenedRecord:
    """Everything that the auditor's client needs; proofs: of settlement, request and opening."""

    shown: ShownDisclosure
    checked: CheckedRecord
    shred_value: bytes = field(repr=False)
    shares: tuple[GivenShare, ...]
    proofs: Proofs


class DisclosureFlow:
    """Disclosures of one deployment, for auditors."""

    def __init__(
        self,
        *,
        store: DisclosureStore,
        requests: MemberRequestStore,
        shred_keys: ShredKeys,
        case_texts: CaseTextSealer,
        rosters: RosterSource,
        second_factor: SecondFactorCheck,
        fingerprinter: Fingerprinter,
        proofs: LogProofs,
        guard: LogGuard,
        refusals: Refusals,
        entropy: Entropy,
        zone: tzinfo,
        daily: int,
        observe: Callable[[str], None],
    ) -> None:
        """Initialise with the ports. daily: requests per auditor and day of zone; observe: counts verbs."""
        self._store = store
        self._requests = requests
        self._shred_keys = shred_keys
        self._case_texts = case_texts
        self._rosters = rosters
        self._second_factor = second_factor
        self._fingerprinter = fingerprinter
        self._proofs = proofs
        self._guard = guard
        self._refusals = refusals
        self._events = EventFactory(entropy=entropy)
        self._zone = zone
        self._daily = daily
        self._observe = observe

    async def request(
        self, *, actor_id: str, request_id: str, signed: bytes, now: ClockReading
    ) -> ShownDisclosure:
        """Store a signed request; raises InvalidError, PreconditionError, ExhaustedError and others."""
        async with self._refusals.logged(actor_id=actor_id, now=now):
            await self._guard.check(now=now)
            asked = self._request("RequestDisclosure", actor_id, request_id, signed)
            terms = self._terms(signed, self._rosters.member(actor_id))
            if await self._requests.find(asked) is not None:
                return self._show(await self._own(terms.disclosure_id, actor_id))
            disclosure_rules.check_fresh(created_at=terms.created_at, now=now.real)
            filing = await self._filing(terms, signed, actor_id, now)
            event = self._events.event(
                EventType.DISCLOSURE_REQUEST,
                actor_id=actor_id,
                now=now,
                account_token=terms.account_token,
                request=signed,
                record_digest=filing.disclosure.record_digest,
            )
            filed = await self._store.request(
                filing,
                request=asked,
                today=now.today(self._zone),
                daily=self._daily,
                now=now,
                event=event,
            )
            self._observe("request")
            return ShownDisclosure(filed, signed)

    async def get(self, *, actor_id: str, disclosure_id: str, now: ClockReading) -> ShownDisclosure:
        """Return a disclosure of this auditor; raises NotFoundError (REQUEST_NOT_FOUND)."""
        async with self._refusals.logged(actor_id=actor_id, now=now):
            return self._show(await self._own(disclosure_id, actor_id))

    async def list(
        self, *, actor_id: str, below: int | None, limit: int
    ) -> tuple[list[ShownDisclosure], int | None]:
        """Return a page of the auditor's disclosures, newest first, and where the next page starts."""
        found = await self._store.of_auditor(actor_id=actor_id, below=below, limit=limit + 1)
        page = [self._show(filed) for filed in found[:limit]]
        return page, page[-1].filed.number if len(found) > limit else None

    async def quota(self, *, actor_id: str, now: ClockReading) -> tuple[int, int]:
        """Return how many requests the auditor has filed today, and how many a day allows."""
        filed = await self._store.filed_on(actor_id=actor_id, day=now.today(self._zone))
        return filed, self._daily

    async def cancel(
        self, *, actor_id: str, request_id: str, disclosure_id: str, now: ClockReading
    ) -> ShownDisclosure:
        """Cancel a disclosure of this auditor that was not opened. Released shares stay disclosed."""
        async with self._refusals.logged(actor_id=actor_id, now=now):
            await self._guard.check(now=now)
            asked = self._request("CancelDisclosure", actor_id, request_id, disclosure_id)
            known = await self._requests.find(asked)
            filed = await self._own(disclosure_id, actor_id)
            if known is not None:
                return self._show(filed)
            event = self._events.event(
                EventType.DISCLOSURE_CANCEL,
                actor_id=actor_id,
                now=now,
                account_token=filed.disclosure.account_token,
                disclosure_id=disclosure_id,
            )
            cancelled = await self._store.cancel(
                disclosure_id=disclosure_id, actor_id=actor_id, request=asked, now=now, event=event
            )
            self._observe("cancel")
            return self._show(cancelled)

    async def open(
        self,
        *,
        actor_id: str,
        request_id: str,
        disclosure_id: str,
        code: str,
        now: ClockReading,
        patience: float,
    ) -> OpenedRecord:
        """Open once, and return what the auditor's one-time key can decrypt.

        A repeat with the same request_id is the same opening; it also returns the shares released since.

        Waits up to `patience` seconds for the checkpoint, then raises UnavailableError (LOG_UNAVAILABLE). The
        opening still counts, and a repeat with the same request_id continues to wait. Raises DamagedError
        (RECORD_DAMAGED).
        """
        async with self._refusals.logged(actor_id=actor_id, now=now):
            asked = self._request("OpenDisclosure", actor_id, request_id, disclosure_id)
            # Read before looking for the request: what a concurrent repeat changes must not make this call
            # fail.
            filed = await self._own(disclosure_id, actor_id)
            kept = await self._requests.find(asked)
            if kept is None:
                entry_id = await self._open_once(filed, asked, code, now)
            else:
                entry_id = kept.decode()
            return await self._hand_over(disclosure_id, actor_id, entry_id, now, patience)

    async def confirm(
        self, *, actor_id: str, request_id: str, disclosure_id: str, now: ClockReading
    ) -> ShownDisclosure:
        """Store that the shares open the record, so that no further share is taken."""
        async with self._refusals.logged(actor_id=actor_id, now=now):
            await self._guard.check(now=now)
            asked = self._request("ConfirmOpening", actor_id, request_id, disclosure_id)
            known = await self._requests.find(asked)
            filed = await self._own(disclosure_id, actor_id)
            if known is not None:
                return self._show(filed)
            checked = await self._checked(filed)
            event = self._events.event(
                EventType.DISCLOSURE_CONFIRM,
                actor_id=actor_id,
                now=now,
                account_token=filed.disclosure.account_token,
                disclosure_id=disclosure_id,
            )
            confirmed = await self._store.confirm(
                disclosure_id=disclosure_id,
                actor_id=actor_id,
                record_digest=checked.digest,
                request=asked,
                now=now,
                event=event,
            )
            self._observe("confirm")
            return self._show(confirmed)

    async def report_share(
        self, *, actor_id: str, disclosure_id: str, custodian: str, now: ClockReading
    ) -> None:
        """Log that a custodian's share is not the one that was sealed, once for each custodian."""
        async with self._refusals.logged(actor_id=actor_id, now=now):
            await self._guard.check(now=now)
            filed = await self._own(disclosure_id, actor_id)
            event = self._events.event(
                EventType.DISCLOSURE_REPORT_SHARE,
                actor_id=actor_id,
                now=now,
                account_token=filed.disclosure.account_token,
                disclosure_id=disclosure_id,
                custodian=custodian,
            )
            is_new = await self._store.report_share(
                disclosure_id=disclosure_id, actor_id=actor_id, custodian=custodian, now=now, event=event
            )
            if is_new:
                self._observe("report_share")

    async def _open_once(self, filed: Filed, asked: Request, code: str, now: ClockReading) -> str:
        await self._guard.check(now=now)
        wanted = filed.disclosure
        disclosure_rules.check_may_open(disclosure=wanted, now=now.business)
        checked = await self._checked(filed)
        actor_id = wanted.auditor_actor_id
        await self._second_factor.check(actor_id=actor_id, code=code, now=now)
        event = self._events.event(
            EventType.DISCLOSURE_OPEN,
            actor_id=actor_id,
            now=now,
            account_token=wanted.account_token,
            disclosure_id=wanted.disclosure_id,
        )
        entry_id = await self._store.open(
            disclosure_id=wanted.disclosure_id,
            actor_id=actor_id,
            record_digest=checked.digest,
            request=asked,
            now=now,
            event=event,
        )
        self._observe("open")
        return entry_id

    async def _hand_over(
        self, disclosure_id: str, actor_id: str, entry_id: str, now: ClockReading, patience: float
    ) -> OpenedRecord:
        filed = await self._own(disclosure_id, actor_id)
        opened = filed.disclosure
        if not disclosure_rules.needs_shares(disclosure=opened, now=now.business):
            raise PreconditionError(Reason.DISCLOSURE_EXPIRED)
        checked = await self._checked(filed)
        # Shares and the shred key are read only after the opening is known to be in the log.
        proofs = await self._proofs.wait(
            (checked.entry_id, filed.entry_id, entry_id),
            account_token=opened.account_token,
            patience=patience,
        )
        shares = await self._store.shares(disclosure_id=disclosure_id)
        if sum(share.resealed is not None for share in shares) < filed.threshold:
            raise PreconditionError(Reason.DISCLOSURE_EXPIRED)
        shred_key = await self._shred_keys.find(account_token=opened.account_token)
        if shred_key is None:
            raise DamagedError(Reason.RECORD_DAMAGED)
        value = record_key.shred_value(shred_key=shred_key, record_id=opened.record_id)
        return OpenedRecord(self._show(filed), checked, value, tuple(shares), proofs)

    async def _checked(self, filed: Filed) -> CheckedRecord:
        wanted = filed.disclosure
        evidence = await self._store.evidence(account_token=wanted.account_token, record_id=wanted.record_id)
        if evidence is None:
            raise PreconditionError(Reason.ILLEGAL_TRANSITION)
        signed = self._case_texts.open(disclosure_id=wanted.disclosure_id, sealed=filed.text)
        return check_requested(evidence, filed=filed, signed_request=signed)

    async def _filing(self, terms: Terms, signed: bytes, actor_id: str, now: ClockReading) -> Filing:
        evidence = await self._store.evidence(account_token=terms.account_token)
        if evidence is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        quorum = people_acts.quorum_of_record(rosters=self._rosters, record=evidence.record)
        newest = check(evidence)
        disclosure = Disclosure(
            disclosure_id=terms.disclosure_id,
            auditor=terms.auditor,
            auditor_actor_id=actor_id,
            account_token=terms.account_token,
            record_id=newest.record.record_id,
            record_digest=newest.digest,
            openings=terms.openings,
            created_at=now.business,
            # Counted from the service's clock, so that a clock difference cannot extend it.
            expire_at=now.business + terms.lifetime,
        )
        text = self._case_texts.seal(disclosure_id=terms.disclosure_id, text=signed)
        return Filing(disclosure, text, papers.digest(signed), quorum.threshold)

    def _terms(self, signed: bytes, roster_member: RosterMember) -> Terms:
        terms = papers.parse_request(signed)
        terms.check()
        if terms.auditor != roster_member.name:
            raise PaperError("signed_request", "the request names another auditor")
        papers.check_signature(signed, roster_member=roster_member, field="signed_request")
        if terms.roster_digest != self._rosters.current.digest():
            raise PreconditionError(Reason.ROSTER_INVALID)
        return terms

    async def _own(self, disclosure_id: str, actor_id: str) -> Filed:
        filed = await self._store.get(disclosure_id=disclosure_id)
        if filed is None:
            raise NotFoundError(Reason.REQUEST_NOT_FOUND)
        disclosure_rules.check_owner(disclosure=filed.disclosure, actor_id=actor_id)
        return filed

    def _show(self, filed: Filed) -> ShownDisclosure:
        disclosure_id = filed.disclosure.disclosure_id
        signed = self._case_texts.open(disclosure_id=disclosure_id, sealed=filed.text)
        return ShownDisclosure(
            filed, signed, disclosure_custodian.opened(case_texts=self._case_texts, filed=filed)
        )

    def _request(self, method: str, actor_id: str, request_id: str, body: str | bytes) -> Request:
        # The code is not part of the fingerprint: a repeat has no unused code.
        fingerprint = self._fingerprinter.fingerprint(method=method, fields=(body,))
        return Request(actor_id, request_id, fingerprint)
