"""What a custodian has decided, page by page: the service's statement, with the texts that an auditor signed.

The texts are shown only of a request that an auditor signed whom a roster since that request has named.
"""

from dataclasses import dataclass
from datetime import UTC, datetime

from idvault_people.disclosure import decisions, search
from idvault_people.disclosure.decisions import ShownDecision, check_signed_by_one
from idvault_people.member import MemberClient
from idvault_people.trust import FindingError, Trust
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.disclosure import PaperError, Terms
from idvault_verify.disclosure import DisclosureState
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.v1 import disclosure_pb2

PAGE = 20


@dataclass(frozen=True, slots=True)
class DecidedRequest:
    """A request that this custodian has decided. state: None for one that this client does not know.

    decision: None if the service tells none of this custodian's. terms: None if they do not verify; refused
    says why. opened: how often the record was opened; confirmed_at: when its auditor confirmed that first.
    """

    disclosure_id: str
    state: DisclosureState | None
    terms: Terms | None
    decision: ShownDecision | None
    refused: FindingError | None = None
    opened: int = 0
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class DecidedPage:
    """A page of them, the newest decision first. further: the token of the next page, "" at the end."""

    requests: tuple[DecidedRequest, ...]
    further: str


def page(client: MemberClient, token: str = "") -> DecidedPage:
    """Return one page of a custodian's decisions; raises VaultError."""
    asked = disclosure_pb2.ListDecidedDisclosuresRequest(page_size=PAGE, page_token=token)
    found = client.edge.call(
        "CustodianService/ListDecidedDisclosures", asked, disclosure_pb2.ListDecidedDisclosuresResponse
    )
    requests = tuple(_read(each, client.identity.name, client.trust) for each in found.disclosures)
    return DecidedPage(requests, found.next_page_token)


def _read(found: disclosure_pb2.Disclosure, custodian: str, trust: Trust) -> DecidedRequest:
    known = search.state(found)
    try:
        terms = _terms(found, trust)
    except FindingError as error:
        return DecidedRequest(found.disclosure_id, known, None, None, error)
    own = [each for each in found.decisions if each.custodian == custodian]
    shown = decisions.read(own, signed_request=found.signed_request, trust=trust)
    return DecidedRequest(
        found.disclosure_id,
        known,
        terms,
        shown[0] if shown else None,
        opened=found.opened,
        confirmed_at=found.confirm_time.ToDatetime(UTC) if found.HasField("confirm_time") else None,
    )


def _terms(found: disclosure_pb2.Disclosure, trust: Trust) -> Terms:
    try:
        terms = papers.parse_request(found.signed_request)
    except PaperError as error:
        raise FindingError(Finding.OTHER_REQUEST, str(error)) from error
    if terms.disclosure_id != found.disclosure_id:
        raise FindingError(Finding.OTHER_REQUEST, "the signed request has another id")
    candidates = trust.members_since(terms.roster_digest, name=terms.auditor, role="auditor")
    try:
        check_signed_by_one(found.signed_request, candidates, field="signed_request")
    except PaperError as error:
        raise FindingError(Finding.SIGNATURE_INVALID, str(error)) from error
    return terms
