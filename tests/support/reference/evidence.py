"""Evidence of an opening (formats.md, section 12): opened by its reader, checked with public keys alone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tests.support.reference import hpke, note, paper, payload, proof_file, protobuf, record, roster
from tests.support.reference.encoding import check, encode, from_base64url, unpack
from tests.support.reference.note import Checkpoint, Key
from tests.support.reference.paper import Request
from tests.support.reference.payload import Identity
from tests.support.reference.protobuf import Fields
from tests.support.reference.record import Record
from tests.support.reference.roster import Roster

FORMAT = "idvault/evidence/v2"
SEALED = "idvault/sealed-evidence/v2"


@dataclass(frozen=True)
class Proved:
    """What evidence proves. approved_by: the custodians' names; destroy_after: YYYY-MM-DD."""

    identity: Identity
    request: Request
    approved_by: tuple[str, ...]
    threshold: int
    destroy_after: str


def unseal(text: str, *, private: bytes) -> str:
    """Return the proof file in a sealed file."""
    fields = json.loads(text)
    check(fields["format"] == SEALED, "this is no sealed file")
    info = encode(SEALED, fields["disclosure_id"], fields["reader"], fields["destroy_after"])
    return hpke.unseal(fields["suite"], private, from_base64url(fields["sealed"]), info).decode()


def check_file(text: str, *, log: Key, witnesses: Sequence[Key] = (), quorum: int = 0) -> Proved:
    """Return what a proof file proves. witnesses, quorum: of the roster in force at the opening."""
    document = json.loads(text)
    check(document["format"] == FORMAT, "this is no proof file")
    signed = from_base64url(document["evidence"])
    fields = protobuf.parse(signed)
    versions = roster.verify_chain(protobuf.repeated(fields, 10))
    asked, auditor = _request(protobuf.octets(fields, 1), versions)
    paper.verify(
        from_base64url(auditor["ed25519"]), from_base64url(document["signature"]), encode(FORMAT, signed)
    )
    stored = protobuf.octets(protobuf.message(fields, 8), 1)
    at = note.read(stored, log=log, witnesses=witnesses, quorum=quorum)
    sealed = _record(protobuf.message(fields, 2))
    check(sealed.account_token == asked.account_token, "the record is of another account")
    _check_entries(fields, asked, sealed, at, actor=auditor["actor_id"])
    under = [each for one in versions for each in one.quorums() if each.id == sealed.quorum_id]
    check(bool(under), "the quorum of the record is not in the roster")
    padded = record.decrypt(
        sealed, data_key=protobuf.octets(fields, 3), shred_value=protobuf.octets(fields, 4)
    )
    identity = payload.decode(padded)
    check(identity.outcome == "MATCH", "the registry did not confirm the identity")
    approved = _approvals(fields, versions, under[0])
    check(len(approved) >= under[0].threshold, "too few approvals")
    return Proved(identity, asked, approved, under[0].threshold, protobuf.text(fields, 11))


def _request(signed: bytes, versions: Sequence[Roster]) -> tuple[Request, dict[str, Any]]:
    """Return the request, and its auditor in the version that the request names."""
    parts = unpack(signed[:-64])
    named = [each for each in versions if each.digest == parts[12].decode()]
    check(bool(named), "the request names another roster")
    auditor = named[0].person(parts[2].decode())
    check(auditor.get("role") == "auditor", "the request is of no auditor")
    return paper.read_request(signed, from_base64url(auditor["ed25519"])), auditor


def _record(fields: Fields) -> Record:
    return Record(
        protobuf.text(fields, 2),
        protobuf.text(fields, 1),
        protobuf.text(fields, 3),
        protobuf.text(fields, 5),
        "",
        protobuf.octets(fields, 8),
        protobuf.octets(fields, 9),
        protobuf.octets(fields, 10),
        tuple(protobuf.repeated(fields, 11)),
        format_version=protobuf.number(fields, 4),
    )


def _check_entries(fields: Fields, asked: Request, sealed: Record, at: Checkpoint, *, actor: str) -> None:
    digest = sealed.digest()
    expected = (
        (6, "verification:claim:settle", "system", (protobuf.text(fields, 5), "SUCCEEDED", "", digest)),
        (12, "disclosure:request:file", actor, (protobuf.octets(fields, 1), digest)),
        (7, "disclosure:record:open", actor, (asked.disclosure_id, digest)),
    )
    for place, kind, who, bound in expected:
        logged = proof_file.from_message(protobuf.message(fields, place))
        leaf = proof_file.check_entry(logged, at, type=kind, account_token=asked.account_token, fields=bound)
        check(leaf.actor_id == who, "an entry has another actor")


def _approvals(fields: Fields, versions: Sequence[Roster], under: roster.Quorum) -> tuple[str, ...]:
    """Return the custodians who approved the request, each for a place in the quorum."""
    found: dict[int, str] = {}
    for signed in protobuf.repeated(fields, 9):
        parts = unpack(signed[:-64])
        check(len(parts) == 5 and parts[0].decode() == paper.APPROVAL, "this is no approval")
        _, request, name, place, _ = parts
        check(request == sha256(protobuf.octets(fields, 1)).digest(), "an approval is for another request")
        at = int(place)
        holding = [
            each
            for each in versions
            for quorum in each.quorums()
            if quorum.name == under.name and quorum.custodians[at - 1].name == name.decode()
        ]
        check(bool(holding), "an approval is not by a custodian of the quorum")
        paper.content(signed, holding[0].key(name.decode()))
        found[at] = name.decode()
    return tuple(found.values())
