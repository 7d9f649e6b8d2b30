"""One of the auditor's requests with everything that its signed texts and the custodians' papers say.

The terms are read from the signed request, whose signature is checked: the service cannot show another case.
"""

from dataclasses import dataclass

from idvault_people.disclosure import decisions
from idvault_people.disclosure.decisions import ShownDecision
from idvault_people.opens.identity import PersonalIdentity
from idvault_people.trust import FindingError, Trust
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.disclosure import PaperError, Terms
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.v1 import disclosure_pb2


@dataclass(frozen=True, slots=True)
class DisclosureCase:
    """A request. disclosure: the service's statement; terms: as signed; decisions: with verified reasons."""

    disclosure: disclosure_pb2.Disclosure
    terms: Terms
    decisions: tuple[ShownDecision, ...]


def read(found: disclosure_pb2.Disclosure, *, identity: PersonalIdentity, trust: Trust) -> DisclosureCase:
    """Return the case of a disclosure; raises FindingError (OTHER_REQUEST, SIGNATURE_INVALID).

    identity: the auditor who made the request.
    """
    try:
        terms = papers.parse_request(found.signed_request)
    except PaperError as error:
        raise FindingError(Finding.OTHER_REQUEST, str(error)) from error
    if (terms.disclosure_id, terms.account_token) != (found.disclosure_id, found.account_token):
        raise FindingError(Finding.OTHER_REQUEST, "the signed request is for another disclosure or account")
    try:
        own = identity.member(spki="")
        papers.check_signature(found.signed_request, roster_member=own, field="signed_request")
    except PaperError as error:
        raise FindingError(Finding.SIGNATURE_INVALID, str(error)) from error
    made = decisions.read(found.decisions, signed_request=found.signed_request, trust=trust)
    return DisclosureCase(found, terms, made)
