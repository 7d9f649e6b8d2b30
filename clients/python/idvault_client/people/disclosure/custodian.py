"""A custodian's own client: it opens its share for nobody whose request does not verify (docs/disclosure.md).

A request is accepted, in this order, if
* an auditor of the roster signed it, and it is not the custodian's own,
* it was made under a version of the roster that is known here, and is in time,
* its log entry, made anew of these very bytes, is under a checkpoint that continues the last one seen.

Only then the own share is asked for and opened. It must be of the account that the request names, and its
hash the one that was stored; it is sealed anew to the request's one-time key and to nothing else.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import uuid4

from idvault.attest import disclosure as papers
from idvault.attest.disclosure import DecisionTerms, PaperError, Terms
from idvault.attest.hpke import UnsealError
from idvault.custody.identity import PersonalIdentity
from idvault.custody.reseal import reseal
from idvault.custody.share import ShareError, open_sealed_share
from idvault.domain.disclosure import Finding, Verdict
from idvault.domain.event import EventType
from idvault.transparency.checkpoint import Checkpoint
from idvault.v1 import disclosure_pb2
from idvault_client.people.custody_edge import Remote, consistency
from idvault_client.people.trust import FindingError, PinnedMember, Trust

_PAGE = 100


class NotPendingError(Exception):
    """No request of this id waits for the caller's decision."""


@dataclass(frozen=True, slots=True)
class PendingRequest:
    """What a custodian decides on; every part of it is read from the signed request, roster and log.

    refused: why the request does not verify, None if it does. requested_at: by the log, to the minute.
    recent_openings: those of this auditor in the last 30 days, as the service counts them.
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


class Custodian:
    """The acts of one custodian."""

    def __init__(
        self,
        *,
        identity: PersonalIdentity,
        trust: Trust,
        remote: Remote,
        now: Callable[[], datetime],
        request_id: Callable[[], str] = lambda: str(uuid4()),
    ) -> None:
        """Take the person, what is believed, whom to ask, the real clock, and where request ids come from."""
        self._identity = identity
        self._trust = trust
        self._remote = remote
        self._now = now
        self._request_id = request_id

    def pending(self) -> list[PendingRequest]:
        """Return a card for each request that waits, also for those that do not verify; raises VaultError."""
        cards: list[PendingRequest] = []
        token = ""
        while True:
            asked = disclosure_pb2.ListPendingDisclosuresRequest(page_size=_PAGE, page_token=token)
            page = self._remote.call(
                "CustodianService/ListPendingDisclosures",
                asked,
                disclosure_pb2.ListPendingDisclosuresResponse,
            )
            cards += [self._card(each, page.checkpoint.note) for each in page.disclosures]
            token = page.next_page_token
            if not token:
                return cards

    def card(self, disclosure_id: str) -> PendingRequest:
        """Return the card of one request; raises NotPendingError, VaultError."""
        for card in self.pending():
            if card.disclosure_id == disclosure_id:
                return card
        raise NotPendingError("no request of this id waits for your decision")

    def approve(
        self, card: PendingRequest, *, code: str, request_id: str | None = None
    ) -> disclosure_pb2.DecidedDisclosure:
        """Give the own share; raises FindingError before it is opened or after, VaultError.

        What is refused here is reported, so that the log knows of it.
        """
        try:
            terms = _checked(card)
            share = self._open_share(card.disclosure_id, terms)
        except FindingError as error:
            self._report(card.disclosure_id, error.finding)
            raise
        resealed = reseal(
            share, signed_request=card.signed_request, terms=terms, custodian=self._identity.name
        )
        paper = self._paper(card, Verdict.APPROVE, share[0], sha256(resealed).digest())
        request = disclosure_pb2.ApproveDisclosureRequest(
            request_id=request_id or self._request_id(),
            disclosure_id=card.disclosure_id,
            signed_approval=paper,
            resealed_share=resealed,
            code=code,
        )
        return self._remote.call(
            "CustodianService/ApproveDisclosure", request, disclosure_pb2.DecidedDisclosure
        )

    def deny(
        self, card: PendingRequest, *, request_id: str | None = None
    ) -> disclosure_pb2.DecidedDisclosure:
        """Refuse the own share, also for a request that does not verify; raises VaultError."""
        sealed = self._sealed_share(card.disclosure_id)
        request = disclosure_pb2.DenyDisclosureRequest(
            request_id=request_id or self._request_id(),
            disclosure_id=card.disclosure_id,
            signed_denial=self._paper(card, Verdict.DENY, sealed.share_index, b""),
        )
        return self._remote.call("CustodianService/DenyDisclosure", request, disclosure_pb2.DecidedDisclosure)

    def _card(self, pending: disclosure_pb2.PendingDisclosure, note: bytes) -> PendingRequest:
        terms: Terms | None = None
        signer: PinnedMember | None = None
        requested_at: datetime | None = None
        refused: FindingError | None = None
        size = 0
        try:
            terms = self._terms(pending)
            signer = self._signer(terms, pending.signed_request)
            at = self._checkpoint(note)
            size = at.size
            requested_at = self._trust.check_entry(
                pending.entry,
                at,
                type=EventType.DISCLOSURE_REQUEST,
                account_token=terms.account_token,
                fields={"request": pending.signed_request},
            )
        except FindingError as error:
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
            raise FindingError(Finding.OTHER_REQUEST, "the signed request is another one")
        return terms

    def _signer(self, terms: Terms, signed: bytes) -> PinnedMember:
        signer = self._trust.signer(terms.auditor, role="auditor")
        try:
            papers.check_signature(signed, person=signer.person, field="signed_request")
        except PaperError as error:
            raise FindingError(Finding.SIGNATURE_INVALID, str(error)) from error
        if signer.person.name == self._identity.name:
            raise FindingError(Finding.OTHER_REQUEST, "nobody approves an own request")
        if self._now() >= terms.expire_at:
            raise FindingError(Finding.OTHER_REQUEST, "the request has expired")
        return signer

    def _checkpoint(self, note: bytes) -> Checkpoint:
        return self._trust.checkpoint(note, consistency=lambda old, new: consistency(self._remote, old, new))

    def _open_share(self, disclosure_id: str, terms: Terms) -> bytes:
        sealed = self._sealed_share(disclosure_id)
        try:
            return open_sealed_share(
                identity=self._identity,
                # The account of the request, not of the answer: a share of another one does not open.
                account_token=terms.account_token,
                record_id=sealed.record_id,
                quorum_id=sealed.present_quorum_id,
                suite=sealed.suite,
                index=sealed.share_index,
                sealed=sealed.sealed_share,
                share_hash=sealed.share_hash,
            )
        except (UnsealError, ShareError) as error:
            text = "the share that was handed out is not yours of the record that is asked for"
            raise FindingError(Finding.SHARE_WRONG, text) from error

    def _sealed_share(self, disclosure_id: str) -> disclosure_pb2.SealedShare:
        request = disclosure_pb2.GetSealedShareRequest(disclosure_id=disclosure_id)
        return self._remote.call("CustodianService/GetSealedShare", request, disclosure_pb2.SealedShare)

    def _paper(self, card: PendingRequest, verdict: Verdict, index: int, resealed_hash: bytes) -> bytes:
        digest = papers.digest(card.signed_request)
        terms = DecisionTerms(verdict, digest, self._identity.name, index, resealed_hash)
        return terms.canonical() + self._identity.sign(terms.canonical())

    def _report(self, disclosure_id: str, finding: Finding) -> None:
        request = disclosure_pb2.ReportFindingRequest(
            request_id=self._request_id(),
            disclosure_id=disclosure_id,
            finding=disclosure_pb2.Finding.Value(f"FINDING_{finding.value}"),
        )
        self._remote.call("CustodianService/ReportFinding", request, disclosure_pb2.ReportFindingResponse)


def _checked(card: PendingRequest) -> Terms:
    if card.refused is not None:
        raise card.refused
    if card.terms is None:
        raise FindingError(Finding.OTHER_REQUEST, "there is no request to approve")
    return card.terms
