"""The custodians' decisions about one request, as the service tells them, with the reasons that they signed.

Who decided what and when is the service's statement. A reason is shown only if the custodian signed it for
this request: the denial's signature is checked with the keys that the roster has had since the request.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from idvault_people.trust import FindingError, Trust
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.disclosure import DecisionTerms, PaperError
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.disclosure import Verdict
from idvault_verify.v1 import disclosure_pb2

_VERDICTS = {disclosure_pb2.VERDICT_APPROVE: Verdict.APPROVE, disclosure_pb2.VERDICT_DENY: Verdict.DENY}


@dataclass(frozen=True, slots=True)
class ShownDecision:
    """One custodian's decision. verdict: None for one that this client does not know.

    reason: of a denial, verified. refused: why a denial's reason does not verify, None if it does.
    """

    custodian: str
    verdict: Verdict | None
    decided_at: datetime
    released_at: datetime | None = None
    reported_at: datetime | None = None
    reason: str = field(default="", repr=False)
    refused: FindingError | None = None


def read(
    decisions: Iterable[disclosure_pb2.CustodianDecision], *, signed_request: bytes, trust: Trust
) -> tuple[ShownDecision, ...]:
    """Return the decisions about a signed request, in the service's order; raises PaperError."""
    roster_digest = papers.parse_request(signed_request).roster_digest
    return tuple(_shown(made, signed_request, roster_digest, trust) for made in decisions)


def check_signed_by_one(signed: bytes, candidates: Sequence[RosterMember], *, field: str) -> None:
    """Raise PaperError unless one of the keys that a custodian has had since the request signed a paper."""
    *earlier, newest = candidates
    for member in earlier:
        with suppress(PaperError):
            papers.check_signature(signed, roster_member=member, field=field)
            return
    papers.check_signature(signed, roster_member=newest, field=field)


def _shown(
    made: disclosure_pb2.CustodianDecision, signed_request: bytes, roster_digest: str, trust: Trust
) -> ShownDecision:
    reason, refused = "", None
    if made.signed_denial or made.verdict == disclosure_pb2.VERDICT_DENY:
        try:
            reason = _reason(made, signed_request, roster_digest, trust)
        except FindingError as error:
            refused = error
    return ShownDecision(
        custodian=made.custodian,
        verdict=_VERDICTS.get(made.verdict),
        decided_at=made.decide_time.ToDatetime(UTC),
        released_at=_time(made.release_time) if made.HasField("release_time") else None,
        reported_at=_time(made.report_time) if made.HasField("report_time") else None,
        reason=reason,
        refused=refused,
    )


def _reason(
    made: disclosure_pb2.CustodianDecision, signed_request: bytes, roster_digest: str, trust: Trust
) -> str:
    candidates = trust.members_since(roster_digest, name=made.custodian, role="custodian")
    try:
        said = papers.parse_decision(made.signed_denial, verdict=Verdict.DENY)
        check_signed_by_one(made.signed_denial, candidates, field="signed_denial")
    except PaperError as error:
        raise FindingError(Finding.SIGNATURE_INVALID, str(error)) from error
    meant = DecisionTerms(
        Verdict.DENY, papers.digest(signed_request), made.custodian, said.share_index, reason=said.reason
    )
    if said != meant or made.verdict != disclosure_pb2.VERDICT_DENY:
        text = f"the denial of {made.custodian} is for another request or custodian"
        raise FindingError(Finding.OTHER_REQUEST, text)
    return said.reason


def _time(value: Timestamp) -> datetime:
    return value.ToDatetime(UTC)
