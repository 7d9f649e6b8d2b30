"""The evidence of one real opening, and ways to forge it."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from idvault.attest.payload import Payload
from idvault.attest.roster import Roster
from idvault.transparency.checkpoint import CosignaturePolicy as Policy
from idvault.v1 import evidence_pb2
from idvault_client.offline.evidence import file as proof_file
from idvault_client.offline.evidence.file import ProofFile
from idvault_client.people.disclosure import evidence as evidences
from idvault_client.people.disclosure.auditor import DisclosedRecord
from tests.support.chamber import CUSTODIANS, Chamber, identity
from tests.support.log_world import KEY

A, B, C = CUSTODIANS
DESTROY_AFTER = date(2027, 3, 1)
POLICY = Policy(KEY.name, (KEY,))
Forge = Callable[[evidence_pb2.DisclosureEvidence], object]


@dataclass
class Opened:
    """An opening and its evidence. roster: the version in force."""

    record: DisclosedRecord
    proof: ProofFile
    versions: tuple[Roster, ...]

    @property
    def payload(self) -> Payload:
        return self.record.payload

    def forged(self, forge: Forge) -> ProofFile:
        """Return the evidence with a change, signed anew by its auditor."""
        message = evidence_pb2.DisclosureEvidence.FromString(self.proof.content)
        forge(message)
        content = message.SerializeToString(deterministic=True)
        return proof_file.of(content, identity("auditor-a").sign(proof_file.signed_bytes(content)))

    def flipped(self, at: int) -> ProofFile:
        """Return the evidence with one bit of a byte changed, and the signature as it was."""
        content = bytearray(self.proof.content)
        content[at] ^= 1
        return proof_file.of(bytes(content), self.proof.signature)


def made(record: DisclosedRecord, versions: tuple[Roster, ...]) -> ProofFile:
    return evidences.make(
        record, identity=identity("auditor-a"), versions=versions, destroy_after=DESTROY_AFTER
    )


async def opening(room: Chamber, *, approving: tuple[str, ...] = (A, B), **changes: Any) -> Opened:
    """Open a record of a new account as auditor-a."""
    account = changes.pop("account", None) or await room.account()
    disclosure_id = await room.request(account, **changes)
    await room.approve(disclosure_id, *approving)
    record = await room.open(disclosure_id)
    versions = tuple(room.rosters.versions)
    return Opened(record, made(record, versions), versions)


async def verify_again(room: Chamber, path: Path) -> Any:
    """Read kept evidence as auditor-a, and verify it against the log of today."""
    kept = evidences.read(path, identity=identity("auditor-a"))
    assert isinstance(kept, ProofFile)
    return await asyncio.to_thread(room.auditor().verify_evidence, kept)
