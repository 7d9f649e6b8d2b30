"""What binds a drill record, and the paper that a custodian signs after opening a share of it (RFC 8032).

Nothing of a drill record fits the record of a person: its token and its platform are no account's.

The paper is encode("idvault/drill/v1", record id, quorum id, custodian, time in seconds since 1970) followed
by the 64-byte Ed25519 signature of these bytes. Its purpose is distinct, so it cannot pass as an approval.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from idvault_verify import seal
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.people.roster_member import RosterMember

RELYING_PARTY = "drill"
_PURPOSE = "idvault/drill/v1"
_PREFIX = "drill_"
_TOKEN_LENGTH = 31  # the length of an account token, which fits the database column
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def token(*, quorum_id: str) -> str:
    """Return the account token of a quorum's drill record."""
    return (_PREFIX + quorum_id)[:_TOKEN_LENGTH]


@dataclass(frozen=True, slots=True)
class DrillTerms:
    """The opened drill record, the custodian, and the time in seconds since 1970 by the custodian's clock."""

    record_id: str
    quorum_id: str
    custodian: str
    time: int

    def canonical(self) -> bytes:
        """Return the bytes that are signed."""
        return seal.encode(_PURPOSE, self.record_id, self.quorum_id, self.custodian, self.time)

    @property
    def signed_at(self) -> datetime:
        """When the paper was signed."""
        return _EPOCH + timedelta(seconds=self.time)


def check_signature(terms: DrillTerms, signature: bytes, *, roster_member: RosterMember) -> bytes:
    """Return the whole paper; raises SignatureError unless this roster member signed exactly these terms."""
    paper = terms.canonical() + signature
    papers.check_signature(paper, roster_member=roster_member, field="signature")
    return paper
