"""The evidence of one real opening, and ways to forge it."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from idvault_people.disclosure import evidence as evidences
from idvault_people.disclosure.auditor import DisclosedRecord
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest.disclosure import DecisionTerms, digest
from idvault_verify.attest.payload import Payload
from idvault_verify.attest.people.roster import Roster
from idvault_verify.disclosure import Verdict
from idvault_verify.event import Event, EventType
from idvault_verify.offline.evidence import file as proof_file
from idvault_verify.offline.evidence.file import ProofFile
from idvault_verify.offline.record import sealed_record
from idvault_verify.transparency import checkpoint, note
from idvault_verify.transparency import entry as entries
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy
from idvault_verify.transparency.note import Note, NoteSigner
from idvault_verify.v1 import evidence_pb2
from tools.support import merkle, people
from tools.support.chamber import CUSTODIANS, Chamber, identity, roster_member
from tools.support.log_world import KEY, ORIGIN, SIGNER

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
        """Return the evidence with a change, signed again by its auditor."""
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


ORDER = ("settlement", "request", "opening")


def approval(name: str, place: int, request: bytes) -> bytes:
    """Return an approval signed by somebody for a place of the quorum."""
    said = DecisionTerms(Verdict.APPROVE, digest(request), name, place, bytes(32)).canonical()
    return said + people.signer(name).sign(said)


def asked_anew(opened: Opened, **changes: Any) -> Forge:
    """Return a forge that replaces terms of the request, which two custodians approve as they are."""

    def forge(message: evidence_pb2.DisclosureEvidence) -> None:
        terms = replace(opened.proof.terms, **changes).canonical()
        message.signed_request = terms + identity("auditor-a").sign(terms)
        message.ClearField("signed_approvals")
        asked = message.signed_request
        message.signed_approvals.extend([approval(A, 1, asked), approval(B, 2, asked)])

    return forge


def logged_anew(
    *,
    order: Sequence[str] = ORDER,
    when: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC),
    is_witnessed: bool = True,
) -> Forge:
    """Return a forge that logs the three entries for what the file holds, as a lying service can."""

    def forge(message: evidence_pb2.DisclosureEvidence) -> None:
        events = _events(message, when)
        leaves = [entries.encode_leaf(events[name]) for name in order]
        at = Checkpoint(ORIGIN, len(leaves), merkle.mth(leaves), ())
        signed = checkpoint.sign(at, [NoteSigner(KEY, SIGNER.sign)])
        message.checkpoint.note = _cosigned(signed, at, when) if is_witnessed else signed
        for place, name in enumerate(order):
            logged = getattr(message, name)
            logged.Clear()
            logged.leaf, logged.opening_key = leaves[place], bytes(32)
            logged.proof.index, logged.proof.tree_size = place, len(leaves)
            logged.proof.hashes.extend(merkle.path(place, leaves))

    return forge


def both(first: Forge, *more: Forge) -> Forge:
    """Return a forge that does one after the other."""

    def forge(message: evidence_pb2.DisclosureEvidence) -> None:
        for each in (first, *more):
            each(message)

    return forge


def _events(message: evidence_pb2.DisclosureEvidence, when: datetime) -> dict[str, Event]:
    record, auditor = sealed_record(message.record), roster_member("auditor-a").actor_id
    terms = papers.parse_request(message.signed_request)
    settled: dict[str, Any] = {
        "claim_id": message.settlement_claim_id, "state": "SUCCEEDED", "failure_reason": "",
        "record_digest": record.digest(),
    }  # fmt: skip
    asked: dict[str, Any] = {"request": message.signed_request, "record_digest": record.digest()}
    opened: dict[str, Any] = {"disclosure_id": terms.disclosure_id, "record_digest": record.digest()}

    def event(kind: EventType, actor: str, fields: dict[str, Any]) -> Event:
        return Event(kind, actor, record.account_token, when, when, "0" * 32, bytes(32), fields)

    return {
        "settlement": event(EventType.CLAIM_SETTLE, "system", settled),
        "request": event(EventType.DISCLOSURE_REQUEST, auditor, asked),
        "opening": event(EventType.DISCLOSURE_OPEN, auditor, opened),
    }


def _cosigned(signed: bytes, at: Checkpoint, when: datetime) -> bytes:
    line = note.sign(people.WITNESS, at.text, time=int(when.timestamp()))
    parsed = note.parse(signed)
    return Note(parsed.text, (*parsed.signatures, line)).encode()
