"""Shared by the clients of auditors and custodians: keys, trusted state, custody edge, clock, request ids."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from idvault.custody.identity import PersonalIdentity
from idvault.transparency.checkpoint import Checkpoint
from idvault.v1 import transparency_pb2
from idvault_client.people.custody_edge import CustodyCalls
from idvault_client.people.trust import Trust


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
        """Return a verified checkpoint that continues the last one seen; raises FindingError, VaultError."""
        return self.trust.checkpoint(note, consistency=self._consistency)

    def _consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        request = transparency_pb2.GetConsistencyProofRequest(old_size=old, new_size=new)
        method = "TransparencyService/GetConsistencyProof"
        return tuple(self.edge.call(method, request, transparency_pb2.ConsistencyProof).hashes)
