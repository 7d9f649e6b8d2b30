"""The custodian's client: it gives the share only for a request that verifies (docs/disclosure.md).

A request is accepted if, in this order,
* an auditor in the roster signed it, and the custodian is not that auditor,
* it has not expired,
* its log entry commits to these bytes, under a checkpoint that continues the last one seen,
* it names the version of the roster in force, or the one before it if that one was fit to be in force and
  the request was logged before this client knew its successor,
* its terms are allowed: texts, openings, lifetime; it was not made in the future,
* the custodian has not yet given this auditor as many shares today as the custodian allows.

Only then does the client fetch and open the share. The share must belong to the account in the request and to
the record that the request's entry fixes, and match the stored hash. The client re-seals it to the request's
one-time key and to no other. It sends a signed approval with the hash of the result. The share itself follows
only when the approval is in the log, under the witnesses that the roster demands. At last the client checks
that the log has the release, too.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from idvault_people import paging
from idvault_people.disclosure import decisions, requested
from idvault_people.disclosure.decisions import ShownDecision
from idvault_people.disclosure.kept_approval import KeptApproval, KeptApprovals
from idvault_people.disclosure.pending import NotPendingError, PendingRequest, check_record, terms_of
from idvault_people.disclosure.quota import ShareQuota
from idvault_people.member import MemberClient
from idvault_people.opens.reseal import reseal
from idvault_people.opens.share import ShareError, open_sealed_share
from idvault_people.trust import FindingError, PinnedMember
from idvault_verify import disclosure
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.disclosure import DecisionTerms, PaperError, Terms
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.reading import RosterError
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.disclosure import Verdict
from idvault_verify.error import InvalidError
from idvault_verify.event import EventType
from idvault_verify.seal import Part
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.v1 import disclosure_pb2

_PAGE = 100


class UnloggedReleaseError(FindingError):
    """The share was sent, but the log does not show its release."""


class _NewestCheckpoint:
    """The checkpoint of a page of requests, verified once for all of them, by the first that asks for it."""

    def __init__(self, verify: Callable[[bytes], Checkpoint], note: bytes) -> None:
        self._verify = verify
        self._note = note
        self._found: Checkpoint | FindingError | None = None

    def __call__(self) -> Checkpoint:
        """Return the checkpoint; raises FindingError, the same for each request."""
        if self._found is None:
            try:
                self._found = self._verify(self._note)
            except FindingError as error:
                self._found = error
        if isinstance(self._found, FindingError):
            raise self._found
        return self._found


@dataclass(frozen=True, kw_only=True, slots=True)
class Custodian(MemberClient):
    """A custodian's client. approvals: those whose shares are not released yet."""

    approvals: KeptApprovals
    quota: ShareQuota

    def pending(self) -> list[PendingRequest]:
        """Return all requests that wait for a decision or share, verified or not; raises VaultError.

        Raises FindingError (LOG_FORKED) if the log contradicts the checkpoint kept here.
        """
        self.approvals.destroy_expired(now=self.now())
        found: list[PendingRequest] = []

        def ask(token: str) -> disclosure_pb2.ListPendingDisclosuresResponse:
            asked = disclosure_pb2.ListPendingDisclosuresRequest(page_size=_PAGE, page_token=token)
            return self.edge.call(
                "CustodianService/ListPendingDisclosures",
                asked,
                disclosure_pb2.ListPendingDisclosuresResponse,
            )

        for page in paging.pages(ask):
            newest = _NewestCheckpoint(self.checkpoint, page.checkpoint.note)
            found += [self._checked(each, newest) for each in page.disclosures]
        return found

    def find(self, disclosure_id: str) -> PendingRequest:
        """Return one request; raises NotPendingError, FindingError (LOG_FORKED), VaultError."""
        for request in self.pending():
            if request.disclosure_id == disclosure_id:
                return request
        raise NotPendingError("no request with this id waits for your decision")

    def approve(self, pending: PendingRequest, *, code: str) -> disclosure_pb2.DecidedDisclosure:
        """Approve, wait until the log has the approval, then release the share.

        Raises FindingError, KeptApprovalError, VaultError. After any failure the next call continues where
        this one stopped. code: not needed once the approval is in the log. A refusal is reported to the
        service, which writes it to the log.
        """
        try:
            terms = terms_of(pending)
            kept = self.approvals.find(pending.disclosure_id) or self._prepared(pending, terms)
            if kept.signed_request != pending.signed_request:
                raise FindingError(Finding.OTHER_REQUEST, "you approved another request under this id")
            self._approve(kept, terms, code)
            return self._release(kept, terms)
        except FindingError as error:
            self._report(pending.disclosure_id, error.finding)
            raise

    def finish(self, disclosure_id: str) -> disclosure_pb2.DecidedDisclosure:
        """Repeat the release of an approval whose answer was lost; the service no longer lists its request.

        Raises NotPendingError if there is no such approval here, FindingError, VaultError.
        """
        kept = self.approvals.find(disclosure_id)
        if kept is None or not kept.is_logged:
            raise NotPendingError("no request with this id waits for your decision")
        try:
            return self._release(kept, kept.terms)
        except FindingError as error:
            self._report(disclosure_id, error.finding)
            raise

    def _prepared(self, pending: PendingRequest, terms: Terms) -> KeptApproval:
        """Open and re-seal the share, sign its hash, and keep both before anything is sent."""
        if pending.signer is None or not self.quota.take(
            auditor_actor_id=pending.signer.member.actor_id,
            signed_request=pending.signed_request,
            now=self.now(),
        ):
            text = f"you gave this auditor {self.quota.daily} shares today, which is your limit"
            raise FindingError(Finding.QUOTA_EXCEEDED, text)
        share = self._open_share(pending, terms)
        resealed = reseal(
            share, signed_request=pending.signed_request, terms=terms, custodian=self.identity.name
        )
        kept = KeptApproval(
            signed_request=pending.signed_request,
            signed_approval=self._paper(
                pending, Verdict.APPROVE, share[0], resealed_hash=sha256(resealed).digest()
            ),
            resealed=resealed,
            approval_id=self.request_id(),
            release_id=self.request_id(),
        )
        self.approvals.put(kept)
        return kept

    def _approve(self, kept: KeptApproval, terms: Terms, code: str) -> None:
        """Send the approval, and return once the log has it."""
        request = disclosure_pb2.ApproveDisclosureRequest(
            request_id=kept.approval_id,
            disclosure_id=terms.disclosure_id,
            signed_approval=kept.signed_approval,
            code=code,
        )
        answer = self.edge.call(
            "CustodianService/ApproveDisclosure", request, disclosure_pb2.DecidedDisclosure
        )
        fields = {"decision": kept.signed_approval}
        self._check_logged(answer, terms, type=EventType.DISCLOSURE_APPROVE, fields=fields)
        self.approvals.mark_logged(kept)

    def _release(self, kept: KeptApproval, terms: Terms) -> disclosure_pb2.DecidedDisclosure:
        """Send the share, and return once the log has its release."""
        request = disclosure_pb2.ReleaseShareRequest(
            request_id=kept.release_id, disclosure_id=terms.disclosure_id, resealed_share=kept.resealed
        )
        answer = self.edge.call("CustodianService/ReleaseShare", request, disclosure_pb2.DecidedDisclosure)
        fields: dict[str, Part] = {
            "disclosure_id": terms.disclosure_id,
            "custodian": self.identity.name,
            "share_hash": sha256(kept.resealed).digest(),
        }
        try:
            self._check_logged(answer, terms, type=EventType.DISCLOSURE_RELEASE, fields=fields)
        except FindingError as error:
            raise UnloggedReleaseError(error.finding, str(error)) from error
        self.approvals.destroy(terms.disclosure_id)
        return answer

    def _check_logged(
        self,
        answer: disclosure_pb2.DecidedDisclosure,
        terms: Terms,
        *,
        type: EventType,
        fields: Mapping[str, Part],
    ) -> None:
        at = self.checkpoint(answer.checkpoint.note)
        self.trust.check_entry(answer.entry, at, type=type, account_token=terms.account_token, fields=fields)

    def deny(
        self, pending: PendingRequest, *, reason: str, request_id: str | None = None
    ) -> disclosure_pb2.DecidedDisclosure:
        """Deny a request, verified or not; raises InvalidError for the reason, and VaultError.

        reason: signed with the denial; the auditor and the other custodians read it.
        """
        disclosure.check_reason(reason)
        sealed = self._sealed_share(pending.disclosure_id)
        request = disclosure_pb2.DenyDisclosureRequest(
            request_id=request_id or self.request_id(),
            disclosure_id=pending.disclosure_id,
            signed_denial=self._paper(pending, Verdict.DENY, sealed.share_index, reason=reason),
        )
        return self.edge.call("CustodianService/DenyDisclosure", request, disclosure_pb2.DecidedDisclosure)

    def _checked(
        self, pending: disclosure_pb2.PendingDisclosure, newest: _NewestCheckpoint
    ) -> PendingRequest:
        terms: Terms | None = None
        signer: PinnedMember | None = None
        requested_at: datetime | None = None
        refused: FindingError | None = None
        size = 0
        try:
            terms = self._terms(pending)
            signer = self._signer(terms, pending.signed_request)
            at = newest()
            size = at.size
            requested_at = requested.check_entry(
                pending.entry,
                at,
                trust=self.trust,
                terms=terms,
                signed_request=pending.signed_request,
                record_digest=pending.record_digest,
            )
            self._check_terms(terms, index=pending.entry.proof.index)
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
            recent_disclosures=pending.recent_disclosures,
            releases=sum(decision.HasField("release_time") for decision in pending.decisions),
            record_digest=pending.record_digest,
            is_approved=self._is_approved(pending.disclosure_id),
            refused=refused,
            decided=self._decided(pending, terms),
        )

    def _decided(
        self, pending: disclosure_pb2.PendingDisclosure, terms: Terms | None
    ) -> tuple[ShownDecision, ...]:
        if terms is None:
            return ()
        return decisions.read(pending.decisions, signed_request=pending.signed_request, trust=self.trust)

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

    def _check_terms(self, terms: Terms, *, index: int) -> None:
        self._check_version(terms)
        self.trust.check_before_successor(terms.roster_digest, index=index)
        if terms.created_at > self.now() + disclosure.CLOCK_DIFFERENCE:
            raise FindingError(Finding.TERMS_INVALID, "the request was made in the future")
        try:
            terms.check()
        except InvalidError as error:
            fields = ", ".join(each.field for each in error.violations) or "account_token"
            text = f"the terms of the request are not allowed: {fields}"
            raise FindingError(Finding.TERMS_INVALID, text) from error

    def _check_version(self, terms: Terms) -> None:
        # The version decides whose cosignatures evidence demands, so a former one must not lower that.
        for roster in self.trust.versions[-2:]:
            if roster.digest() == terms.roster_digest:
                try:
                    roster.check_in_force()
                except RosterError as error:
                    raise FindingError(Finding.NOT_IN_ROSTER, str(error)) from error
                return
        text = "the request names a version of the roster that is neither in force nor the one before"
        raise FindingError(Finding.NOT_IN_ROSTER, text)

    def _is_approved(self, disclosure_id: str) -> bool:
        kept = self.approvals.find(disclosure_id)
        return kept is not None and kept.is_logged

    def _open_share(self, pending: PendingRequest, terms: Terms) -> bytes:
        sealed = self._sealed_share(pending.disclosure_id)
        check_record(sealed, pending.record_digest)
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

    def _paper(
        self,
        pending: PendingRequest,
        verdict: Verdict,
        index: int,
        *,
        resealed_hash: bytes = b"",
        reason: str = "",
    ) -> bytes:
        digest = papers.digest(pending.signed_request)
        terms = DecisionTerms(verdict, digest, self.identity.name, index, resealed_hash, reason)
        return terms.canonical() + self.identity.sign(terms.canonical())

    def _report(self, disclosure_id: str, finding: Finding) -> None:
        request = disclosure_pb2.ReportFindingRequest(
            request_id=self.request_id(),
            disclosure_id=disclosure_id,
            finding=disclosure_pb2.Finding.Value(f"FINDING_{finding.value}"),
        )
        self.report("CustodianService/ReportFinding", request, disclosure_pb2.ReportFindingResponse)
