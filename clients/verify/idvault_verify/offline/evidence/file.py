"""The proof file: the evidence of one opening, signed by its auditor, for anybody to check.

- The file is JSON with three fields: format, evidence, signature. Both values are base64url without padding.
- evidence: a serialised DisclosureEvidence; its bytes are kept as they were signed.
- signature: the auditor's Ed25519 signature over encode("idvault/evidence/v2", evidence).
- A file with the format of a sealed file is encrypted; only its reader's keys open it.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.message import DecodeError

from idvault_verify import seal
from idvault_verify.attest import disclosure as papers
from idvault_verify.attest import reading
from idvault_verify.attest.disclosure import PaperError, Terms
from idvault_verify.attest.reading import RosterError
from idvault_verify.offline.proof import UnverifiedError
from idvault_verify.v1 import evidence_pb2

FORMAT = "idvault/evidence/v2"
SEALED_FORMAT = "idvault/sealed-evidence/v2"
MOST_BYTES = 16 * 1024 * 1024
_FIELDS = ("format", "evidence", "signature")


class EvidenceError(UnverifiedError):
    """Evidence that does not verify, or that cannot be read."""


@dataclass(frozen=True, slots=True)
class ProofFile:
    """A proof file. content: the signed bytes; message: what they say; terms: those of the request."""

    content: bytes = field(repr=False)
    signature: bytes
    message: evidence_pb2.DisclosureEvidence = field(repr=False)
    terms: Terms

    def to_bytes(self) -> bytes:
        """Return the file."""
        document = {
            "format": FORMAT,
            "evidence": reading.base64url(self.content),
            "signature": reading.base64url(self.signature),
        }
        return json.dumps(document, indent=1).encode() + b"\n"

    def signed_bytes(self) -> bytes:
        """Return what the auditor signs."""
        return signed_bytes(self.content)


def signed_bytes(content: bytes) -> bytes:
    """Return what the auditor signs of a serialised DisclosureEvidence."""
    return seal.encode(FORMAT, content)


def of(content: bytes, signature: bytes) -> ProofFile:
    """Return the proof file of signed bytes; raises EvidenceError (NOT_EVIDENCE)."""
    try:
        message = evidence_pb2.DisclosureEvidence.FromString(content)
        _check_spelling(message, content)
        return ProofFile(content, signature, message, papers.parse_request(message.signed_request))
    except (DecodeError, PaperError) as error:
        raise EvidenceError("NOT_EVIDENCE", "the file is not the evidence of an opening") from error


def _check_spelling(message: evidence_pb2.DisclosureEvidence, content: bytes) -> None:
    """Raise DecodeError unless the bytes are this message."""
    known = evidence_pb2.DisclosureEvidence()
    known.CopyFrom(message)
    known.DiscardUnknownFields()
    if known.SerializeToString(deterministic=True) != content:
        raise DecodeError("a field is unknown, out of order, or in another form")


def parse(data: bytes) -> ProofFile:
    """Return the content of a proof file; raises EvidenceError (NOT_EVIDENCE, TOO_LONG, SEALED)."""
    return of_document(document(data))


def document(data: bytes) -> dict[str, Any]:
    """Return the fields of a file of evidence, of any format; raises EvidenceError."""
    if len(data) > MOST_BYTES:
        raise EvidenceError("TOO_LONG", "the file is too long to be evidence")
    try:
        return reading.document(data, limit=MOST_BYTES)
    except RosterError as error:
        raise EvidenceError("NOT_EVIDENCE", "the file is not the evidence of an opening") from error


def of_document(fields: dict[str, Any]) -> ProofFile:
    """Return the content of a proof file by its fields; raises as `parse` does."""
    _check_format(fields.get("format"))
    try:
        reading.exactly(fields, "the file", *_FIELDS)
        content = reading.raw(fields["evidence"], "evidence")
        signature = reading.raw(fields["signature"], "signature")
    except RosterError as error:
        raise EvidenceError("NOT_EVIDENCE", "the file is not the evidence of an opening") from error
    return of(content, signature)


def _check_format(found: object) -> None:
    if found == SEALED_FORMAT:
        text = "the file is encrypted: its reader exports it first (idvault-people auditor export)"
        raise EvidenceError("SEALED", text)
    if found != FORMAT:
        raise EvidenceError("NOT_EVIDENCE", f"the file is not the evidence of an opening as {FORMAT}")
