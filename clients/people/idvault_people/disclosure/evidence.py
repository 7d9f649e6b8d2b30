"""The auditor's evidence of an opening: made, kept encrypted, and sealed to a named reader.

- A kept file is the proof file (offline.evidence.file), sealed to its reader's roster key by HPKE (RFC 9180).
  The auditor's own copy is sealed for the auditor. The private key is in keys.json, encrypted under the
  passphrase, so that a copy costs no second passphrase and a file for another reader has the same form.
- A reader is an auditor or a custodian: whoever runs the service, and an authority, learn no identity.
- An existing file is never overwritten.
"""

import json
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from idvault_people.disclosure.auditor import DisclosedRecord
from idvault_people.opens.identity import PersonalIdentity
from idvault_verify import durable_file, seal
from idvault_verify.attest import hpke, reading
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.reading import RosterError
from idvault_verify.offline.evidence import file as proof_file
from idvault_verify.offline.evidence.file import MOST_BYTES, SEALED_FORMAT, EvidenceError, ProofFile
from idvault_verify.offline.record import covered
from idvault_verify.v1 import evidence_pb2

FOLDER = "evidence"
KEEP_DAYS = 365
LONGEST_DAYS = 3_650
READERS = ("auditor", "custodian")
"""The roles of members for whom evidence may be sealed."""
_ROLES = {"operator": "an operator", "authority": "an authority's officer"}
_SEALED = ("format", "disclosure_id", "reader", "suite", "destroy_after", "sealed")


@dataclass(frozen=True, slots=True)
class SealedFile:
    """What is written outside of a sealed file: all that can be known without the reader's keys."""

    disclosure_id: str
    reader: str
    suite: str
    destroy_after: date
    sealed: bytes = field(repr=False)

    def info(self) -> bytes:
        """Return what the content is bound to."""
        return seal.sealed_evidence_info(
            disclosure_id=self.disclosure_id, reader=self.reader, destroy_after=self.destroy_after.isoformat()
        )


def make(
    opened: DisclosedRecord, *, identity: PersonalIdentity, versions: tuple[Roster, ...], destroy_after: date
) -> ProofFile:
    """Return the evidence of an opening, signed by its auditor."""
    answer = opened.answer
    message = evidence_pb2.DisclosureEvidence(
        signed_request=opened.signed_request,
        record=covered(answer.record),
        data_key=opened.data_key,
        shred_value=answer.shred_value,
        settlement_claim_id=answer.settlement_claim_id,
        settlement=answer.settlement,
        request=answer.request,
        opening=answer.opening,
        checkpoint=answer.checkpoint,
        signed_approvals=[
            share.signed_approval for share in answer.shares if share.custodian not in opened.wrong_shares
        ],
        rosters=[roster.to_bytes() for roster in versions],
        destroy_after_date=destroy_after.isoformat(),
    )
    content = message.SerializeToString(deterministic=True)
    return proof_file.of(content, identity.sign(proof_file.signed_bytes(content)))


def write_sealed(path: Path, proof: ProofFile, *, reader: RosterMember) -> None:
    """Write evidence for one reader, mode 0600; raises FileExistsError, OSError, EvidenceError."""
    durable_file.create(path, sealed(proof, reader=reader))


def sealed(proof: ProofFile, *, reader: RosterMember) -> bytes:
    """Return the sealed file of evidence for one reader; raises EvidenceError (OTHER_ROLE)."""
    if reader.role not in READERS:
        raise EvidenceError(
            "OTHER_ROLE", f"{reader.name} is {_ROLES.get(reader.role, reader.role)}, who reads no record"
        )
    outside = SealedFile(
        proof.terms.disclosure_id,
        reader.name,
        reader.suite,
        date.fromisoformat(proof.message.destroy_after_date),
        b"",
    )
    content = hpke.seal(
        suite=reader.suite,
        public_key=reader.hpke_public_key,
        plaintext=proof.to_bytes(),
        info=outside.info(),
    )
    document = {
        "format": SEALED_FORMAT,
        "disclosure_id": outside.disclosure_id,
        "reader": outside.reader,
        "suite": outside.suite,
        "destroy_after": outside.destroy_after.isoformat(),
        "sealed": reading.base64url(content),
    }
    return json.dumps(document, indent=1).encode() + b"\n"


def read(path: Path, *, identity: PersonalIdentity) -> ProofFile:
    """Return the content of a sealed file, or of a proof file; raises EvidenceError and OSError.

    It has not been checked.
    """
    return parse(_content(path), identity=identity, name=path.name)


def parse(data: bytes, *, identity: PersonalIdentity, name: str) -> ProofFile:
    """Return the content of a file by its bytes, which has not been checked; raises EvidenceError.

    name: of the file, for the text of the error.
    """
    fields = _document(data, name)
    if fields.get("format") != SEALED_FORMAT:
        return proof_file.of_document(fields)
    outside = _outside(fields)
    try:
        return proof_file.parse(identity.unseal(outside.sealed, suite=outside.suite, info=outside.info()))
    except UnsealError:
        text = f"{name} does not open with your keys; its reader is {outside.reader!a}"
        raise EvidenceError("OTHER_READER", text) from None


def kept(folder: Path) -> list[tuple[Path, SealedFile]]:
    """Return the sealed files in an identity folder, with what is written outside of them.

    Raises EvidenceError and OSError if one of them cannot be read.
    """
    found = []
    for path in sorted((folder / FOLDER).glob("*.json"), key=_place):
        if (outside := _sealed_file(path)) is not None:
            found.append((path, outside))
    return found


def destroy_dates(folder: Path) -> list[date]:
    """Return by the end of which days the kept files must be destroyed, of those that can be read."""
    found = []
    for path in (folder / FOLDER).glob("*.json"):
        with suppress(EvidenceError, OSError):
            if (outside := _sealed_file(path)) is not None:
                found.append(outside.destroy_after)
    return found


def _sealed_file(path: Path) -> SealedFile | None:
    """Return what is written outside of a sealed file, None for a file of another format."""
    fields = _document(_content(path), path.name)
    return _outside(fields) if fields.get("format") == SEALED_FORMAT else None


def file_times(folder: Path) -> frozenset[tuple[str, int]]:
    """Return the names of the kept files and when each was changed, without reading any."""
    return frozenset((path.name, path.stat().st_mtime_ns) for path in (folder / FOLDER).glob("*.json"))


def number(path: Path) -> str:
    """Return which evidence of its disclosure a kept file is, as its name says."""
    return path.stem.partition("-")[2]


def _place(path: Path) -> tuple[str, int, str]:
    """Return where a file stands in the list: the tenth after the ninth."""
    return (path.stem.partition("-")[0], len(number(path)), path.name)


def free_path(folder: Path, disclosure_id: str) -> Path:
    """Return a path in the identity folder for the evidence of an opening, and create its folder."""
    place = folder / FOLDER
    if not place.is_dir():
        place.mkdir(mode=0o700)
        durable_file.sync_folder(folder)
    number = 1
    while (path := place / f"{disclosure_id}-{number}.json").exists():
        number += 1
    return path


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MOST_BYTES + 1)


def _document(data: bytes, name: str) -> dict[str, Any]:
    try:
        return proof_file.document(data)
    except EvidenceError as error:
        raise EvidenceError(error.reason, f"{name} is not the evidence of an opening") from error


def _outside(fields: dict[str, Any]) -> SealedFile:
    try:
        reading.exactly(fields, "the file", *_SEALED)
        return SealedFile(
            reading.text(fields["disclosure_id"], "disclosure_id"),
            reading.text(fields["reader"], "reader"),
            reading.text(fields["suite"], "suite"),
            date.fromisoformat(reading.text(fields["destroy_after"], "destroy_after")),
            reading.raw(fields["sealed"], "sealed"),
        )
    except (RosterError, ValueError) as error:
        raise EvidenceError("NOT_EVIDENCE", "the file is not the evidence of an opening") from error
