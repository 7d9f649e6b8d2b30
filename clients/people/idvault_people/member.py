"""Shared by the clients of auditors and custodians: keys, trusted state, custody edge, clock, request ids."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from google.protobuf.message import Message

from idvault_client.errors import InvalidFields, VaultError
from idvault_people.custody_edge import CustodyCalls
from idvault_people.opens.identity import PersonalIdentity
from idvault_people.trust import NoProofError, Trust
from idvault_verify.offline import witness_policy
from idvault_verify.offline.evidence import check as evidence_check
from idvault_verify.offline.evidence.check import ProvedEvidence
from idvault_verify.offline.evidence.file import ProofFile
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.v1 import transparency_pb2


def random_request_id() -> str:
    """Return a random request id."""
    return str(uuid4())


@dataclass(frozen=True, kw_only=True, slots=True)
class MemberClient:
    """A roster member's client. now: returns the real time; signed documents never use a shifted clock."""

    identity: PersonalIdentity
    trust: Trust
    edge: CustodyCalls
    now: Callable[[], datetime]
    request_id: Callable[[], str] = field(default=random_request_id)

    def checkpoint(self, note: bytes) -> Checkpoint:
        """Return a verified, witnessed checkpoint that continues the last one seen.

        Raises FindingError, VaultError.
        """
        return self.trust.checkpoint(note, consistency=self._consistency, now=self.now())

    def stored_checkpoint(self, note: bytes, *, at: datetime, roster_digest: str) -> Checkpoint:
        """Return the verified checkpoint of an act in the past; raises FindingError, VaultError."""
        return self.trust.stored_checkpoint(
            note, consistency=self._consistency, at=at, roster_digest=roster_digest
        )

    def verify_evidence(self, kept: ProofFile) -> ProvedEvidence:
        """Verify evidence, one's own or a colleague's; raises EvidenceError, FindingError, VaultError.

        The evidence's checkpoint must be one that today's log continues, and was cosigned when it was opened.
        """
        policy = witness_policy.of_log(self.trust.log_key, *self.trust.more_keys)
        proved = evidence_check.check(kept, policy=policy, published=self.trust.versions)
        note, roster = kept.message.checkpoint.note, kept.terms.roster_digest
        self.stored_checkpoint(note, at=proved.opening.occurred_at, roster_digest=roster)
        return proved

    def report(self, method: str, request: Message, answer: type[Message]) -> None:
        """Tell the service what was found in its answer; what it says to that changes nothing."""
        with suppress(VaultError):
            self.edge.call(method, request, answer)

    def _consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        request = transparency_pb2.GetConsistencyProofRequest(old_size=old, new_size=new)
        method = "TransparencyService/GetConsistencyProof"
        try:
            return tuple(self.edge.call(method, request, transparency_pb2.ConsistencyProof).hashes)
        except InvalidFields as error:
            # The service showed a log that contradicts these sizes: it has no such tree.
            raise NoProofError("the service cannot prove that one continues the other") from error
