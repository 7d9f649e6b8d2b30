"""The auditor's client: requests one record, and opens it on the auditor's own machine (docs/disclosure.md).

The service's answer is accepted if, in this order,
* it answers the request that was signed here, for the requested account,
* the log holds the settlement that stored the record, the request, and this opening, under a checkpoint that
  continues the last one seen; all three entries commit to the digest of this record,
* as many shares as the quorum needs are good: each has the approval of a custodian of a roster version since
  the request, signed over this request and share, opens with the one-time key, and is the one that was
  sealed,
* the record opens with the good shares, and the registry confirmed its identity.

Shares that are not good are reported to the log with their custodian. If too few are good, the next attempt
is the same opening and takes the shares that were released since. Once the record opens, the client confirms
this, and the service takes no further share.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from idvault_client.errors import VaultError
from idvault_people import paging
from idvault_people.disclosure import case, requested
from idvault_people.disclosure.case import DisclosureCase
from idvault_people.disclosure.one_time_key import OneTimeKey, OneTimeKeys
from idvault_people.disclosure.search import EVERYTHING, DisclosureSearch
from idvault_people.disclosure.shares import SortedShares, sort, too_few
from idvault_people.member import MemberClient
from idvault_people.opens.record import data_key
from idvault_people.record import sealed_record
from idvault_people.trust import FindingError
from idvault_verify import disclosure
from idvault_verify.attest import hpke
from idvault_verify.attest.disclosure import Terms
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.payload import Payload
from idvault_verify.attest.sealed_record import open_with_key
from idvault_verify.claim import ClaimState
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.event import EventType
from idvault_verify.record import SealedRecord, UnconfirmedError
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.v1 import disclosure_pb2

_PAGE = 100
_ID_SIZE = 16


@dataclass(frozen=True, slots=True)
class DisclosedRecord:
    """A disclosed record. payload: the sealed content; answer: the service's answer, with all proofs.

    data_key: the record's, which the shares gave. wrong_shares: the custodians whose shares were not good;
    unreported: those of them about whom the vault did not take the report. is_confirmed: whether the
    service knows that the record opened; if not, it keeps the shares until the request expires.
    """

    payload: Payload = field(repr=False)
    terms: Terms
    opened_at: datetime
    log_size: int
    answer: disclosure_pb2.OpenedDisclosure = field(repr=False)
    signed_request: bytes = field(repr=False)
    data_key: bytes = field(repr=False)
    wrong_shares: tuple[str, ...] = ()
    unreported: tuple[str, ...] = ()
    is_confirmed: bool = True


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """A request before it is signed. terms: exactly what will be signed; private_key: of its one-time key.

    record_id: the version that is requested, "" for the present one.
    """

    terms: Terms
    request_id: str
    private_key: bytes = field(repr=False)
    record_id: str = ""


@dataclass(frozen=True, slots=True)
class RequestQuota:
    """How many requests an auditor has filed today, and how many a day allows."""

    filed_today: int
    daily_limit: int


Keep = Callable[[DisclosedRecord], None]


def keep_nothing(_opened: DisclosedRecord) -> None:
    """Keep no evidence of an opening."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Auditor(MemberClient):
    """An auditor's client. keys: the one-time keys.

    random: returns the given number of unpredictable bytes.
    """

    keys: OneTimeKeys
    random: Callable[[int], bytes]

    def request(
        self,
        *,
        account_token: str,
        case_reference: str,
        legal_basis: str,
        purpose: str,
        openings: int = 1,
        lifetime: timedelta = disclosure.USUAL_LIFETIME,
        suite: str = hpke.X_WING,
        record_id: str = "",
    ) -> disclosure_pb2.Disclosure:
        """Sign and send a request; raises InvalidError for terms that are not allowed, and VaultError.

        record_id: a version of the record, "" for the present one. Raises FindingError if the vault answers
        with another version.
        """
        prepared = self.prepare(
            account_token=account_token,
            case_reference=case_reference,
            legal_basis=legal_basis,
            purpose=purpose,
            openings=openings,
            lifetime=lifetime,
            suite=suite,
            record_id=record_id,
        )
        return self.send(prepared)

    def prepare(
        self,
        *,
        lifetime: timedelta = disclosure.USUAL_LIFETIME,
        suite: str = hpke.X_WING,
        record_id: str = "",
        **asked: Any,
    ) -> PreparedRequest:
        """Return a request that is not signed yet; takes what `request` takes.

        Raises InvalidError for terms that are not allowed.
        """
        terms, private_key = self._terms(lifetime=lifetime, suite=suite, **asked)
        return PreparedRequest(terms, self.request_id(), private_key, record_id)

    def send(self, prepared: PreparedRequest) -> disclosure_pb2.Disclosure:
        """Sign and send a prepared request; a repeat is the same request. Raises VaultError.

        The one-time key is stored before the request is sent.
        """
        signed = prepared.terms.canonical() + self.identity.sign(prepared.terms.canonical())
        self.keys.add(identity=self.identity, signed_request=signed, private_key=prepared.private_key)
        message = disclosure_pb2.RequestDisclosureRequest(
            request_id=prepared.request_id, signed_request=signed, record_id=prepared.record_id
        )
        found = self.edge.call("DisclosureService/RequestDisclosure", message, disclosure_pb2.Disclosure)
        if prepared.record_id and found.record_id != prepared.record_id:
            raise FindingError(Finding.OTHER_REQUEST, "the vault answers for another version of the record")
        return found

    def list(self, search: DisclosureSearch = EVERYTHING) -> list[disclosure_pb2.Disclosure]:
        """Return the auditor's disclosures that match a search, newest first; raises VaultError."""
        self.keys.destroy_expired(now=self.now())

        def ask(token: str) -> disclosure_pb2.ListDisclosuresResponse:
            asked = disclosure_pb2.ListDisclosuresRequest(page_size=_PAGE, page_token=token)
            return self.edge.call(
                "DisclosureService/ListDisclosures", asked, disclosure_pb2.ListDisclosuresResponse
            )

        return [each for page in paging.pages(ask) for each in page.disclosures if search.matches(each)]

    def quota(self) -> RequestQuota:
        """Return how many requests the auditor has filed today, as the vault counts; raises VaultError."""
        asked = disclosure_pb2.ListDisclosuresRequest(page_size=1)
        found = self.edge.call(
            "DisclosureService/ListDisclosures", asked, disclosure_pb2.ListDisclosuresResponse
        )
        return RequestQuota(found.filed_today_count, found.daily_limit)

    def show(self, disclosure_id: str) -> disclosure_pb2.Disclosure:
        """Return one of the auditor's disclosures; raises VaultError."""
        asked = disclosure_pb2.GetDisclosureRequest(disclosure_id=disclosure_id)
        return self.edge.call("DisclosureService/GetDisclosure", asked, disclosure_pb2.Disclosure)

    def case(self, disclosure_id: str) -> DisclosureCase:
        """Return one of the auditor's disclosures with its signed texts and reasons.

        Raises FindingError for a request that this auditor did not sign, and VaultError.
        """
        return case.read(self.show(disclosure_id), identity=self.identity, trust=self.trust)

    def cancel(self, disclosure_id: str) -> disclosure_pb2.Disclosure:
        """Cancel an unopened request, and destroy its key; raises VaultError."""
        asked = disclosure_pb2.CancelDisclosureRequest(
            request_id=self.request_id(), disclosure_id=disclosure_id
        )
        found = self.edge.call("DisclosureService/CancelDisclosure", asked, disclosure_pb2.Disclosure)
        self.keys.destroy(disclosure_id)
        return found

    def openings_left(self, disclosure_id: str) -> int:
        """Return how many openings are left, as the vault counts; raises OneTimeKeyError, VaultError."""
        return self.keys.get(disclosure_id).terms.openings - self.show(disclosure_id).opened

    def open(self, disclosure_id: str, *, code: str, keep: Keep = keep_nothing) -> DisclosedRecord:
        """Open once; raises FindingError, OneTimeKeyError, VaultError.

        If the answer was lost or too few shares were good, the next call repeats the attempt under the same
        id: it counts once, and needs no second code. keep: stores the evidence; the same holds if it raises.
        The key is destroyed after the last permitted use, once the evidence is stored.
        """
        kept = self.keys.start_attempt(self.keys.get(disclosure_id), request_id=self.request_id)
        asked = disclosure_pb2.OpenDisclosureRequest(
            request_id=kept.attempt_id, disclosure_id=disclosure_id, code=code
        )
        answer = self.edge.call("DisclosureService/OpenDisclosure", asked, disclosure_pb2.OpenedDisclosure)
        try:
            opened = self._check(answer, kept)
        except FindingError as error:
            self._report(disclosure_id, error.finding)
            raise
        keep(opened)
        if answer.disclosure.opened >= kept.terms.openings:
            self.keys.destroy(disclosure_id)
        else:
            self.keys.end_attempt(kept)
        return replace(opened, is_confirmed=self._confirm(answer.disclosure))

    def _confirm(self, found: disclosure_pb2.Disclosure) -> bool:
        """Tell the service that the shares open the record; return whether it knows."""
        if found.HasField("confirm_time"):
            return True
        request = disclosure_pb2.ConfirmOpeningRequest(
            request_id=self.request_id(), disclosure_id=found.disclosure_id
        )
        try:
            self.edge.call("DisclosureService/ConfirmOpening", request, disclosure_pb2.Disclosure)
        except VaultError:
            # The record was opened and is shown in any case; the service keeps the shares until the end.
            return False
        return True

    def _terms(self, *, lifetime: timedelta, suite: str, **asked: object) -> tuple[Terms, bytes]:
        private_key = self.random(hpke.PRIVATE_KEY_SIZE)
        now = int(self.now().timestamp())
        terms = Terms(
            disclosure_id=self.random(_ID_SIZE).hex(),
            auditor=self.identity.name,
            suite=suite,
            public_key=hpke.public_key(suite=suite, private_key=private_key),
            create_time=now,
            expire_time=now + int(lifetime.total_seconds()),
            roster_digest=self.trust.roster.digest(),
            **asked,  # type: ignore[arg-type]
        )
        terms.check()
        return terms, private_key

    def _check(self, answer: disclosure_pb2.OpenedDisclosure, kept: OneTimeKey) -> DisclosedRecord:
        terms, record = kept.terms, sealed_record(answer.record)
        if (
            answer.disclosure.disclosure_id != terms.disclosure_id
            or record.account_token != terms.account_token
            or answer.disclosure.record_id not in {"", record.record_id}
        ):
            raise FindingError(Finding.OTHER_REQUEST, "the answer is for another request")
        covering = self.checkpoint(answer.checkpoint.note)
        opened_at, size = self._check_log(answer, terms, record, covering, kept.signed_request)
        # The threshold is the sealing quorum's, which the record's digest covers. A hand-over keeps it.
        threshold = self.trust.quorum(record.sealing_quorum_id).threshold
        shares = sort(answer, kept, record, trust=self.trust, private_key=kept.private_key(self.identity))
        unreported = self._report_shares(terms.disclosure_id, shares)
        if len(shares.good) < threshold:
            raise too_few(shares, threshold, unreported)
        try:
            key = data_key(record=record, shares=shares.good)
            payload = open_with_key(record=record, data_key=key, shred_value=answer.shred_value)
        except UnsealError as error:
            raise FindingError(Finding.RECORD_DAMAGED, "the record does not open") from error
        except UnconfirmedError as error:
            text = "the record holds an identity that the registry did not confirm"
            raise FindingError(Finding.NOT_A_MATCH, text) from error
        wrong, signed = tuple(shares.wrong), kept.signed_request
        return DisclosedRecord(payload, terms, opened_at, size, answer, signed, key, wrong, unreported)

    def _check_log(
        self,
        answer: disclosure_pb2.OpenedDisclosure,
        terms: Terms,
        record: SealedRecord,
        at: Checkpoint,
        signed_request: bytes,
    ) -> tuple[datetime, int]:
        digest = record.digest()
        try:
            self.trust.check_entry(
                answer.settlement,
                at,
                type=EventType.CLAIM_SETTLE,
                account_token=terms.account_token,
                fields={
                    "claim_id": answer.settlement_claim_id,
                    "state": ClaimState.SUCCEEDED.value,
                    "failure_reason": "",
                    "record_digest": digest,
                },
            )
        except FindingError as error:
            text = "the log entry of its settlement names another record"
            raise FindingError(Finding.RECORD_DAMAGED, text) from error
        if signed_request is not None:
            requested.check_entry(
                answer.request,
                at,
                trust=self.trust,
                terms=terms,
                signed_request=signed_request,
                record_digest=digest,
            )
        opened_at = self.trust.check_entry(
            answer.opening,
            at,
            type=EventType.DISCLOSURE_OPEN,
            account_token=terms.account_token,
            fields={"disclosure_id": terms.disclosure_id, "record_digest": digest},
        )
        return opened_at, at.size

    def _report_shares(self, disclosure_id: str, shares: SortedShares) -> tuple[str, ...]:
        """Have the log name each custodian whose own signed share is wrong; return those it does not name."""
        unreported = []
        for custodian, error in shares.wrong.items():
            if error.finding is Finding.SHARE_WRONG:
                request = disclosure_pb2.ReportShareRequest(
                    request_id=self.request_id(), disclosure_id=disclosure_id, custodian=custodian
                )
                try:
                    self.edge.call(
                        "DisclosureService/ReportShare", request, disclosure_pb2.ReportShareResponse
                    )
                except VaultError:
                    # A service that refuses the report must not hide what the good shares open.
                    unreported.append(custodian)
        return tuple(unreported)

    def _report(self, disclosure_id: str, finding: Finding) -> None:
        request = disclosure_pb2.ReportFindingRequest(
            request_id=self.request_id(),
            disclosure_id=disclosure_id,
            finding=disclosure_pb2.Finding.Value(f"FINDING_{finding.value}"),
        )
        self.report("DisclosureService/ReportFinding", request, disclosure_pb2.ReportFindingResponse)
