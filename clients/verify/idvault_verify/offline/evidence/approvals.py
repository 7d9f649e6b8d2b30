"""Checks the custodians' signed approvals in the evidence of an opening.

- An approval counts if it is for exactly this request, and the custodian signed it who has its place in a
  version of the quorum that the record was sealed for.
- A custodian and a place each count once.
"""

from collections.abc import Sequence

from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.disclosure import DecisionTerms, PaperError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.disclosure import Verdict
from idvault_verify.offline.evidence.file import EvidenceError
from idvault_verify.v1 import evidence_pb2

_HASH_SIZE = 32


def check(
    message: evidence_pb2.DisclosureEvidence, *, versions: Sequence[Roster], quorum: Quorum
) -> tuple[RosterMember, ...]:
    """Return the custodians who approved the request, each once; raises EvidenceError if they are too few.

    versions: of the roster, verified. quorum: that the record was sealed for.
    """
    found: dict[str, RosterMember] = {}
    places: set[int] = set()
    for signed in message.signed_approvals:
        said = _decision(signed)
        if len(said.resealed_hash) != _HASH_SIZE:
            raise EvidenceError("SIGNATURE_INVALID", f"the approval of {said.custodian!a} is for no share")
        if said.request_digest != papers.digest(message.signed_request):
            raise EvidenceError("OTHER_REQUEST", f"the approval of {said.custodian!a} is for another request")
        member = _custodian(said, signed, versions, quorum)
        if member.name not in found and said.share_index not in places:
            found[member.name] = member
            places.add(said.share_index)
    if len(found) < quorum.threshold:
        text = f"the file has {len(found)} approvals; the quorum of the record needs {quorum.threshold}"
        raise EvidenceError("APPROVALS_MISSING", text)
    return tuple(found.values())


def _decision(signed: bytes) -> DecisionTerms:
    try:
        return papers.parse_decision(signed, verdict=Verdict.APPROVE)
    except PaperError as error:
        raise EvidenceError("SIGNATURE_INVALID", str(error)) from error


def _custodian(
    said: DecisionTerms, signed: bytes, versions: Sequence[Roster], quorum: Quorum
) -> RosterMember:
    """Return the custodian who signed an approval and has its place in a version of the quorum."""
    for roster in versions:
        for version in roster.quorums:
            place = said.share_index - 1
            if version.name != quorum.name or not 0 <= place < len(version.custodians):
                continue
            member = version.custodians[place]
            if member.name == said.custodian and _is_signed(signed, member):
                return member
    text = f"the approval of {said.custodian!a} was not signed by a custodian with this place in the quorum"
    raise EvidenceError("SIGNATURE_INVALID", text)


def _is_signed(signed: bytes, member: RosterMember) -> bool:
    try:
        papers.check_signature(signed, roster_member=member, field="signed_approval")
    except PaperError:
        return False
    return True
