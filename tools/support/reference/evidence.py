"""The evidence of an opening: proof files, and the sealed copies of them (formats.md, section 12)."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Any

from tools.support.reference import (
    hpke,
    note,
    paper,
    payload,
    proof_file,
    protobuf,
    record,
    review,
    roster,
    tree,
)
from tools.support.reference.encoding import (
    Part,
    RefusedError,
    base64url,
    check,
    encode,
    from_base64url,
    from_json,
    number_of,
    text_of,
    unpack,
)
from tools.support.reference.note import WITNESS, Checkpoint, Key
from tools.support.reference.paper import Request
from tools.support.reference.payload import Identity
from tools.support.reference.proof_file import Logged
from tools.support.reference.protobuf import Fields, Shape
from tools.support.reference.record import Record
from tools.support.reference.roster import Quorum, Roster

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_TEXT, _BYTES, _NUMBER = "text", "bytes", "number"
_ENTRY: Shape = {1: _BYTES, 2: _BYTES, 3: {1: _NUMBER, 2: _NUMBER, 3: [_BYTES]}}
# The record without what its digest does not cover.
_SHAPE: Shape = {
    1: _BYTES,
    2: {1: _TEXT, 2: _TEXT, 3: _TEXT, 4: _NUMBER, 5: _TEXT, 8: _BYTES, 9: _BYTES, 10: _BYTES, 11: [_BYTES]},
    3: _BYTES,
    4: _BYTES,
    5: _TEXT,
    6: _ENTRY,
    7: _ENTRY,
    8: {1: _BYTES},
    9: [_BYTES],
    10: [_BYTES],
    11: _TEXT,
    12: _ENTRY,
}
PROOF = "idvault/evidence/v2"
SEALED = "idvault/sealed-evidence/v2"


@dataclass(frozen=True)
class Proved:
    """What a proof file proves."""

    identity: Identity
    request: Request
    approved_by: tuple[str, ...]
    opened_at: str
    destroy_after: str


def write(message: bytes, private: bytes) -> bytes:
    """Return a proof file; private: the auditor's Ed25519 key."""
    signature = paper.sign(private, encode(PROOF, message))[-64:]
    fields = {"format": PROOF, "evidence": base64url(message), "signature": base64url(signature)}
    return json.dumps(fields, indent=1).encode() + b"\n"


def check_file(data: bytes, *, log: Key, published: Sequence[Roster] = ()) -> Proved:
    """Return what a proof file proves; log: the log's key, which is known from elsewhere.

    published: all versions of the published roster, to compare with.
    """
    document = _exactly(data, PROOF, "evidence", "signature")
    message = from_base64url(document["evidence"])
    fields = protobuf.parse(message, _SHAPE)
    versions = roster.verify_chain(protobuf.repeated(fields, 10))
    same = [each.digest for each in published[: len(versions)]] == [each.digest for each in versions]
    check(not published or same, "another roster than the published one")
    signed = protobuf.octets(fields, 1)
    named, request = _request(signed, versions)
    auditor = named.member(request.auditor)
    check(auditor.get("role") == "auditor", "the signer is no auditor")
    signature = from_base64url(document["signature"])
    paper.verify(named.key(request.auditor), signature, encode(PROOF, message))
    found = _record(protobuf.message(fields, 2))
    check(found.account_token == request.account_token, "the record is another account's")
    at = _checkpoint(fields, versions[versions.index(named) :], log)
    opened = _entries(fields, at, request, found, auditor["actor_id"])
    approved = _approvals(protobuf.repeated(fields, 9), signed, versions, found)
    sizes = {len(protobuf.octets(fields, place)) for place in (3, 4)}
    check(sizes == {32}, "data key and shred value have 32 bytes")
    padded = record.decrypt(
        found, data_key=protobuf.octets(fields, 3), shred_value=protobuf.octets(fields, 4)
    )
    identity = payload.decode(padded)
    check(identity.outcome == "MATCH", "the registry did not confirm the identity")
    seen = (identity.document_type, identity.number, identity.name)
    whose = {"platform": found.relying_party, "account_token": found.account_token}
    review.verify(identity.review, seen, terms=identity.policy_version, **whose)
    return Proved(identity, request, approved, opened, _day(protobuf.text(fields, 11)))


def seal(
    proof: bytes,
    *,
    disclosure_id: str,
    reader: str,
    suite: str,
    public: bytes,
    destroy_after: str,
    ephemeral: bytes | None = None,
) -> bytes:
    """Return a proof file, sealed to a reader."""
    info = encode(SEALED, disclosure_id, reader, destroy_after)
    fields = {
        "format": SEALED,
        "disclosure_id": disclosure_id,
        "reader": reader,
        "suite": suite,
        "destroy_after": destroy_after,
        "sealed": base64url(hpke.seal(suite, public, proof, info, ephemeral=ephemeral)),
    }
    return json.dumps(fields, indent=1).encode() + b"\n"


def unseal(data: bytes, *, private: bytes) -> bytes:
    """Return the proof file in a sealed one."""
    fields = _exactly(data, SEALED, "disclosure_id", "reader", "suite", "destroy_after", "sealed")
    info = encode(SEALED, fields["disclosure_id"], fields["reader"], fields["destroy_after"])
    return hpke.unseal(fields["suite"], private, from_base64url(fields["sealed"]), info)


def record_message(found: Record) -> bytes:
    """Return the message of a record, with the fields that its digest covers."""
    fields: list[tuple[int, int | bytes | str]] = [
        (1, found.account_token),
        (2, found.relying_party),
        (3, found.record_id),
        (4, found.format_version),
        (5, found.quorum_id),
        (8, found.salt),
        (9, found.commitment),
        (10, found.ciphertext),
        *((11, each) for each in found.share_hashes),
    ]
    return protobuf.build(fields)


def entry_message(leaf: bytes, opening_key: bytes, *, index: int, size: int, hashes: list[bytes]) -> bytes:
    """Return the message of a logged entry."""
    proof = protobuf.build([(1, index), (2, size), *((3, each) for each in hashes)])
    return protobuf.build([(1, leaf), (2, opening_key), (3, proof)])


def _exactly(data: bytes, form: str, *names: str) -> dict[str, Any]:
    fields: dict[str, Any] = from_json(data, limit=16 << 20)
    check(isinstance(fields, dict), "not an object")
    check(fields.keys() == {"format", *names} and fields["format"] == form, f"this is no {form}")
    return fields


def _day(text: str) -> str:
    check(_DAY.fullmatch(text) is not None, "not a day")
    try:
        date.fromisoformat(text)
    except ValueError:
        raise RefusedError("a day that never was") from None
    return text


def _record(fields: Fields) -> Record:
    return Record(
        relying_party=protobuf.text(fields, 2),
        account_token=protobuf.text(fields, 1),
        record_id=protobuf.text(fields, 3),
        quorum_id=protobuf.text(fields, 5),
        suite=protobuf.text(fields, 7),
        salt=protobuf.octets(fields, 8),
        commitment=protobuf.octets(fields, 9),
        ciphertext=protobuf.octets(fields, 10),
        share_hashes=tuple(protobuf.repeated(fields, 11)),
        format_version=protobuf.number(fields, 4),
    )


def _request(signed: bytes, versions: Sequence[Roster]) -> tuple[Roster, Request]:
    """Return the roster version that a request names, and the request, signed by its auditor."""
    check(len(signed) <= 16 << 10, "a request that is too long")
    parts = unpack(signed[:-64])
    check(len(parts) == 13, "this is not a request")
    named = [each for each in versions if each.digest == text_of(parts[12])]
    check(bool(named), "the request names another roster")
    auditor = named[0].member(text_of(parts[2]))
    check(bool(auditor), "the request names nobody of the roster")
    return named[0], paper.read_request(signed, named[0].key(auditor["name"]))


def _checkpoint(fields: Fields, versions: Sequence[Roster], log: Key) -> Checkpoint:
    """Return the checkpoint, cosigned as one of these versions of the roster demands."""
    found = protobuf.octets(protobuf.message(fields, 8), 1)
    now = _seconds(tree.read_leaf(_entry(fields, 7).leaf).minute)
    for each in versions:
        witness = each.document["witness"]
        keys = [
            Key(one["name"], WITNESS, from_base64url(one["ed25519"])) for one in witness.get("witnesses", [])
        ]
        at = note.read(found, log=log, witnesses=keys)
        # A development vault's clock may be shifted, its witness's is not.
        if not _may_be_in_force(each, log):
            continue
        recent = [time for time in at.cosigned.values() if each.document["development"] or _near(time, now)]
        if len(recent) >= witness.get("threshold", 0):
            return at
    raise RefusedError("too few witnesses cosigned the checkpoint")


def _may_be_in_force(version: Roster, log: Key) -> bool:
    try:
        roster.check_in_force(version)
        roster.check_apart(version, log)
    except RefusedError:
        return False
    return True


def _seconds(minute: str) -> int:
    return int(datetime.strptime(minute, "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC).timestamp())


def _near(time: int, now: int) -> bool:
    return abs(now - time) <= 900


def _entry(fields: Fields, place: int) -> Logged:
    return proof_file.from_message(protobuf.message(fields, place))


def _entries(fields: Fields, at: Checkpoint, request: Request, found: Record, actor_id: str) -> str:
    """Check the entries of settlement, request and opening; return the time of the opening."""
    token, digest, signed = found.account_token, found.digest(), protobuf.octets(fields, 1)
    expected: list[tuple[int, str, str, list[Part]]] = [
        (
            6,
            "system",
            "verification:claim:settle",
            [protobuf.text(fields, 5), "SUCCEEDED", "", digest],
        ),
        (12, actor_id, "disclosure:request:file", [signed, digest]),
        (7, actor_id, "disclosure:record:open", [request.disclosure_id, digest]),
    ]
    for place, actor, kind, bound in expected:
        leaf = proof_file.check_entry(_entry(fields, place), at, type=kind, account_token=token, fields=bound)
        check(leaf.actor_id == actor, "an entry has another actor")
    settled, asked, opened = (_entry(fields, place).index for place in (6, 12, 7))
    check(settled < asked < opened, "the entries are in another order")
    return leaf.minute


def _approvals(
    approvals: Sequence[bytes], signed_request: bytes, versions: Sequence[Roster], sealed_for: Record
) -> tuple[str, ...]:
    """Return the custodians who approved, each with a place of its own; at least M of them."""
    quorums = [(each, quorum) for each in versions for quorum in each.quorums()]
    sealed = [quorum for _, quorum in quorums if quorum.id == sealed_for.quorum_id]
    check(bool(sealed), "the record's quorum is in no version of the roster")
    check(len(sealed_for.share_hashes) == len(sealed[0].custodians), "another number of shares")
    places: dict[str, int] = {}
    for signed in approvals:
        parts = unpack(signed[:-64])
        check(len(parts) == 5 and len(signed) <= 1024, "this is no approval")
        purpose, digest, custodian, place, share = parts
        check(len(share) == 32, "an approval of no share")
        check(text_of(purpose) == paper.APPROVAL, "this is no approval")
        check(digest == sha256(signed_request).digest(), "an approval of another request")
        name, number = text_of(custodian), number_of(place)
        holders = [
            each for each, quorum in quorums if quorum.name == sealed[0].name and _holds(quorum, number, name)
        ]
        check(any(_is_signed(signed, each.key(name)) for each in holders), "nobody entitled approved")
        if number not in places.values():
            places.setdefault(name, number)
    check(len(places) >= sealed[0].threshold, "too few approvals")
    return tuple(places)


def _holds(quorum: Quorum, place: int, name: str) -> bool:
    return 1 <= place <= len(quorum.custodians) and quorum.custodians[place - 1].name == name


def _is_signed(signed: bytes, public: bytes) -> bool:
    try:
        paper.content(signed, public)
    except RefusedError:
        return False
    return True
