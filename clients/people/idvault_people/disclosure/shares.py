"""Sorts the shares of the service's answer into good ones and wrong ones, for the auditor's client."""

from dataclasses import dataclass, field
from hashlib import sha256

from idvault_people.disclosure.decisions import check_signed_by_one
from idvault_people.disclosure.one_time_key import OneTimeKey
from idvault_people.opens.reseal import open_resealed
from idvault_people.opens.share import ShareError, check_share
from idvault_people.trust import FindingError, Trust
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.disclosure import DecisionTerms, PaperError
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.disclosure import Verdict
from idvault_verify.record import SealedRecord
from idvault_verify.v1 import disclosure_pb2


@dataclass(frozen=True, slots=True)
class SortedShares:
    """good: by custodian; wrong: why a custodian's share is not."""

    good: dict[str, bytes] = field(repr=False)
    wrong: dict[str, FindingError]


def sort(
    answer: disclosure_pb2.OpenedDisclosure,
    kept: OneTimeKey,
    record: SealedRecord,
    *,
    trust: Trust,
    private_key: bytes,
) -> SortedShares:
    """Return the good and the wrong shares of an answer; private_key: the one-time key."""
    shares = SortedShares({}, {})
    places: set[int] = set()
    for given in answer.shares:
        try:
            _check_approval(given, kept, trust)
            share = _opened_share(given, kept, record, private_key)
        except FindingError as error:
            shares.wrong[given.custodian] = error
            continue
        if given.share_index not in places:
            places.add(given.share_index)
            shares.good[given.custodian] = share
    return shares


def _check_approval(given: disclosure_pb2.ResealedShare, kept: OneTimeKey, trust: Trust) -> None:
    # A custodian may have been replaced since the approval.
    candidates = trust.members_since(kept.terms.roster_digest, name=given.custodian, role="custodian")
    meant = DecisionTerms(
        Verdict.APPROVE,
        papers.digest(kept.signed_request),
        given.custodian,
        given.share_index,
        sha256(given.resealed).digest(),
    )
    try:
        said = papers.parse_decision(given.signed_approval, verdict=Verdict.APPROVE)
        check_signed_by_one(given.signed_approval, candidates, field="signed_approval")
    except PaperError as error:
        raise FindingError(Finding.SIGNATURE_INVALID, str(error)) from error
    if said != meant:
        text = f"the approval of {given.custodian} is for another request or share"
        raise FindingError(Finding.OTHER_REQUEST, text)


def too_few(shares: SortedShares, threshold: int, unreported: tuple[str, ...]) -> FindingError:
    """Return the error for too few good shares, with the first reason and every custodian concerned."""
    if not shares.wrong:
        text = f"the service sent {len(shares.good)} shares; {threshold} are needed"
        return FindingError(Finding.SHARES_MISSING, text)
    why = "; ".join(str(error) for error in shares.wrong.values())
    if unreported:
        why += f"; the vault did not take the report about {', '.join(unreported)}"
    first = next(iter(shares.wrong.values()))
    return FindingError(first.finding, f"{why}. {len(shares.good)} of {threshold} shares are good")


def _opened_share(
    given: disclosure_pb2.ResealedShare, kept: OneTimeKey, record: SealedRecord, private_key: bytes
) -> bytes:
    try:
        share = open_resealed(
            given.resealed,
            signed_request=kept.signed_request,
            terms=kept.terms,
            private_key=private_key,
            custodian=given.custodian,
            index=given.share_index,
        )
        if share[:1] != bytes([given.share_index]):
            raise ShareError(given.custodian)
        check_share(share, record=record, custodian=given.custodian)
    except (UnsealError, ShareError, ValueError) as error:
        text = f"the share of {given.custodian} is not the one that was sealed"
        raise FindingError(Finding.SHARE_WRONG, text) from error
    return share
