"""The custodian's client: it opens the share only for a request that verifies (docs/disclosure.md).

A request is accepted if, in this order,
* an auditor in the roster signed it, and the custodian is not that auditor,
* it has not expired,
* its log entry commits to these bytes, under a checkpoint that continues the last one seen.

Only then does the client fetch and open the share. The share must belong to the account in the request, and
match the stored hash. The client re-seals it to the request's one-time key and to no other.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from idvault.attest import disclosure as papers
from idvault.attest.disclosure import DecisionTerms, PaperError, Terms
from idvault.attest.hpke import UnsealError
from idvault.custody.reseal import reseal
from idvault.custody.share import ShareError, open_sealed_share
from idvault.domain.disclosure import HistoryFinding as Finding
from idvault.domain.disclosure import Verdict
from idvault.domain.event import EventType
from idvault.v1 import disclosure_pb2
from idvault_client.people.member import MemberClient
from idvault_client.people.trust import FindingError, PinnedMember

_PAGE = 100


class NotPendingError(Exception):
    """No request with this id waits for the custodian's decision."""


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """A request that a custodian decides on, read from the signed request, the roster and the log.

    refused: why the request does not verify, None if it does. requested_at: by the log, to the minute.
    recent_openings: how many records this auditor opened in the last 30 days. This count, the threshold and
    the decisions are the service's statements.
    """

    disclosure_id: str
    signed_request: bytes
    terms: Terms | None
    signer: PinnedMember | None
    requested_at: datetime | None
    log_size: int
    threshold: int
    approvals: int
    denials: int
    recent_openings: int
    refused: FindingError | None = None


class Custodian(MemberClient):
    """A custodian's client."""

    def pending(self) -> list[PendingRequest]:
        """Return all requests that wait for a decision, verified or not; raises VaultError.

        Raises FindingError (LOG_FORKED) if the log contradicts the checkpoint kept here.
        """
        found: list[PendingRequest] = []
        token = ""
        while True:
            asked = disclosure_pb2.ListPendingDisclosuresRequest(page_size=_PAGE, page_token=token)
            page = self.edge.call(
                "CustodianService/ListPendingDisclosures",
                asked,
                disclosure_pb2.ListPendingDisclosuresResponse,
            )
            found += [self._checked(each, page.checkpoint.note) for each in page.disclosures]
            token = page.next_page_token
            if not token:
                return found

    def find(self, disclosure_id: str) -> PendingRequest:
        """Return one request; raises NotPendingError, FindingError (LOG_FORKED), VaultError."""
        for request in self.pending():
            if request.disclosure_id == disclosure_id:
                return request
        raise NotPendingError("no request with this id waits for your decision")

    def approve(
        self, pending: PendingRequest, *, code: str, request_id: str | None = None
    ) -> disclosure_pb2.DecidedDisclosure:
        """Approve with the custodian's re-sealed share; raises FindingError, VaultError.

        A refusal is reported to the service, which writes it to the log.
        """
        try:
            terms = _terms_of(pending)
            share = self._open_share(pending.disclosure_id, terms)
        except FindingError as error:
            self._report(pending.disclosure_id, error.finding)
            raise
        resealed = reseal(
            share, signed_request=pending.signed_request, terms=terms, custodian=self.identity.name
        )
        paper = self._paper(pending, Verdict.APPROVE, share[0], sha256(resealed).digest())
        request = disclosure_pb2.ApproveDisclosureRequest(
            request_id=request_id or self.request_id(),
            disclosure_id=pending.disclosure_id,
            signed_approval=paper,
            resealed_share=resealed,
            code=code,
        )
        return self.edge.call("CustodianService/ApproveDisclosure", request, disclosure_pb2.DecidedDisclosure)

    def deny(
        self, pending: PendingRequest, *, request_id: str | None = None
    ) -> disclosure_pb2.DecidedDisclosure:
        """Deny a request, verified or not; raises VaultError."""
        sealed = self._sealed_share(pending.disclosure_id)
        request = disclosure_pb2.DenyDisclosureRequest(
            request_id=request_id or self.request_id(),
            disclosure_id=pending.disclosure_id,
            signed_denial=self._paper(pending, Verdict.DENY, sealed.share_index, b""),
        )
        return self.edge.call("CustodianService/DenyDisclosure", request, disclosure_pb2.DecidedDisclosure)

    def _checked(self, pending: disclosure_pb2.PendingDisclosure, note: bytes) -> PendingRequest:
        terms: Terms | None = None
        signer: PinnedMember | None = None
        requested_at: datetime | None = None
        refused: FindingError | None = None
        size = 0
        try:
            terms = self._terms(pending)
            signer = self._signer(terms, pending.signed_request)
            at = self.checkpoint(note)
            size = at.size
            requested_at = self.trust.check_entry(
                pending.entry,
                at,
                type=EventType.DISCLOSURE_REQUEST,
                account_token=terms.account_token,
                fields={"request": pending.signed_request},
            )
        except FindingError as error:
            if error.finding is Finding.LOG_FORKED:
                # Not about this request: nothing that this vault says can be relied on.
                raise
            refused = error
        verdicts = [decision.verdict for decision in pending.decisions]
        return PendingRequest(
            disclosure_id=pending.disclosure_id,
            signed_request=pending.signed_request,
            terms=terms,
            signer=signer,
            requested_at=requested_at,
            log_size=size,
            threshold=pending.threshold,
            approvals=verdicts.count(disclosure_pb2.VERDICT_APPROVE),
            denials=verdicts.count(disclosure_pb2.VERDICT_DENY),
            recent_openings=pending.recent_openings,
            refused=refused,
        )

    def _terms(self, pending: disclosure_pb2.PendingDisclosure) -> Terms:
        try:
            terms = papers.parse_request(pending.signed_request)
        except PaperError as error:
            raise FindingError(Finding.OTHER_REQUEST, str(error)) from error
        if terms.disclosure_id != pending.disclosure_id:
            raise FindingError(Finding.OTHER_REQUEST, "the signed request has another id")
        return terms

    def _signer(self, terms: Terms, signed: bytes) -> PinnedMember:
        signer = self.trust.member(terms.auditor, role="auditor")
        try:
            papers.check_signature(signed, roster_member=signer.member, field="signed_request")
        except PaperError as error:
            raise FindingError(Finding.SIGNATURE_INVALID, str(error)) from error
        if signer.member.name == self.identity.name:
            raise FindingError(Finding.OTHER_REQUEST, "you cannot approve your own request")
        if self.now() >= terms.expire_at:
            raise FindingError(Finding.OTHER_REQUEST, "the request has expired")
        return signer

    def _open_share(self, disclosure_id: str, terms: Terms) -> bytes:
        sealed = self._sealed_share(disclosure_id)
        try:
            return open_sealed_share(
                identity=self.identity,
                # The account in the request, not in the answer: a share of another account does not open.
                account_token=terms.account_token,
                record_id=sealed.record_id,
                quorum_id=sealed.present_quorum_id,
                suite=sealed.suite,
                index=sealed.share_index,
                sealed=sealed.sealed_share,
                share_hash=sealed.share_hash,
            )
        except (UnsealError, ShareError) as error:
            text = "the share from the service is not your share of the requested record"
            raise FindingError(Finding.SHARE_WRONG, text) from error

    def _sealed_share(self, disclosure_id: str) -> disclosure_pb2.SealedShare:
        request = disclosure_pb2.GetSealedShareRequest(disclosure_id=disclosure_id)
        return self.edge.call("CustodianService/GetSealedShare", request, disclosure_pb2.SealedShare)

    def _paper(self, pending: PendingRequest, verdict: Verdict, index: int, resealed_hash: bytes) -> bytes:
        digest = papers.digest(pending.signed_request)
        terms = DecisionTerms(verdict, digest, self.identity.name, index, resealed_hash)
        return terms.canonical() + self.identity.sign(terms.canonical())

    def _report(self, disclosure_id: str, finding: Finding) -> None:
        request = disclosure_pb2.ReportFindingRequest(
            request_id=self.request_id(),
            disclosure_id=disclosure_id,
            finding=disclosure_pb2.Finding.Value(f"FINDING_{finding.value}"),
        )
        self.report("CustodianService/ReportFinding", request, disclosure_pb2.ReportFindingResponse)


def _terms_of(pending: PendingRequest) -> Terms:
    if pending.refused is not None:
        raise pending.refused
    if pending.terms is None:
        raise FindingError(Finding.OTHER_REQUEST, "there is no request to approve")
    return pending.terms
