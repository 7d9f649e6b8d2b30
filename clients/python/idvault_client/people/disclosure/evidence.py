"""The evidence of one disclosure: record, proofs and checkpoint, sealed to the auditor (HPKE)."""

import json
from dataclasses import dataclass, field
from pathlib import Path

from google.protobuf.message import DecodeError

from idvault import durable_file
from idvault.attest import disclosure as papers
from idvault.attest import hpke, payload, reading
from idvault.attest.disclosure import PaperError, Terms
from idvault.attest.hpke import UnsealError
from idvault.attest.payload import Payload
from idvault.attest.reading import RosterError
from idvault.custody.identity import PersonalIdentity
from idvault.domain import seal
from idvault.v1 import disclosure_pb2
from idvault_client.people.disclosure.auditor import DisclosedRecord

_FORMAT = "idvault/evidence/v1"
_OUTER = ("format", "disclosure_id", "suite", "sealed")
_INNER = ("signed_request", "answer", "payload", "roster_digest")


class EvidenceError(Exception):
    """The file is not an evidence file, or belongs to another auditor."""


@dataclass(frozen=True, slots=True)
class DisclosureEvidence:
    """An opened record with its proofs. roster_digest: of the version in force at the opening."""

    terms: Terms
    signed_request: bytes = field(repr=False)
    answer: disclosure_pb2.OpenedDisclosure = field(repr=False)
    payload: Payload = field(repr=False)
    roster_digest: str


def write(path: Path, opened: DisclosedRecord, *, identity: PersonalIdentity, roster_digest: str) -> None:
    """Write the evidence of a disclosure, sealed to the auditor's own key, mode 0600."""
    inner = {
        "signed_request": reading.base64url(opened.signed_request),
        "answer": reading.base64url(opened.answer.SerializeToString(deterministic=True)),
        "payload": reading.base64url(payload.encode(opened.payload)),
        "roster_digest": roster_digest,
    }
    own = identity.member(spki="")
    disclosure_id = opened.terms.disclosure_id
    sealed = hpke.seal(
        suite=own.suite,
        public_key=own.hpke_public_key,
        plaintext=json.dumps(inner).encode(),
        info=seal.evidence_info(disclosure_id=disclosure_id),
    )
    outer = {
        "format": _FORMAT,
        "disclosure_id": disclosure_id,
        "suite": own.suite,
        "sealed": reading.base64url(sealed),
    }
    durable_file.replace(path, json.dumps(outer, indent=1).encode() + b"\n")


def read(path: Path, *, identity: PersonalIdentity) -> DisclosureEvidence:
    """Return the content of an evidence file; raises EvidenceError, OSError."""
    data = path.read_bytes()
    try:
        outer = reading.document(data)
        reading.exactly(outer, path.name, *_OUTER)
        opened = identity.unseal(
            reading.raw(outer["sealed"], "sealed"),
            suite=reading.text(outer["suite"], "suite"),
            info=seal.evidence_info(disclosure_id=reading.text(outer["disclosure_id"], "disclosure_id")),
        )
        inner = reading.document(opened)
        reading.exactly(inner, path.name, *_INNER)
        signed = reading.raw(inner["signed_request"], "signed_request")
        return DisclosureEvidence(
            papers.parse_request(signed),
            signed,
            disclosure_pb2.OpenedDisclosure.FromString(reading.raw(inner["answer"], "answer")),
            payload.decode(reading.raw(inner["payload"], "payload")),
            reading.text(inner["roster_digest"], "roster_digest"),
        )
    except (RosterError, UnsealError, PaperError, DecodeError):
        # `from None`, so that the opened content does not become the cause.
        raise EvidenceError(f"{path.name} is not an evidence file that your keys open") from None
