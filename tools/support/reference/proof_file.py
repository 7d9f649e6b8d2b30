"""Receipts and disclosure histories: proofs that a file carries with it (formats.md, section 11)."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tools.support.reference import hpke, message, note, paper, protobuf, record, roster, tree
from tools.support.reference.encoding import Part, base64, check, encode, from_base64, number_of
from tools.support.reference.note import Checkpoint, Key
from tools.support.reference.protobuf import Fields
from tools.support.reference.record import Custodian, Record
from tools.support.reference.roster import Roster
from tools.support.reference.tree import Leaf

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_MOST = 1 << 20


@dataclass(frozen=True)
class Logged:
    """A log entry with its opening key, its index, and its inclusion proof in a tree of a size."""

    leaf: bytes
    opening_key: bytes
    index: int
    size: int
    hashes: tuple[bytes, ...]


def from_fields(fields: dict[str, Any] | None) -> Logged:
    """Read an entry of a message."""
    check(fields is not None and fields["proof"] is not None, "no entry with a proof")
    assert fields is not None
    proof = fields["proof"]
    return Logged(
        fields["leaf"], fields["openingKey"], proof["index"], proof["treeSize"], tuple(proof["hashes"])
    )


def from_message(fields: Fields) -> Logged:
    """Read the protobuf form of an entry."""
    proof = protobuf.message(fields, 3)
    return Logged(
        protobuf.octets(fields, 1),
        protobuf.octets(fields, 2),
        protobuf.number(proof, 1),
        protobuf.number(proof, 2),
        tuple(protobuf.repeated(proof, 3)),
    )


def check_receipt(
    text: bytes | str,
    *,
    log: Key,
    witnesses: Sequence[Key] = (),
    quorum: int = 0,
    versions: Sequence[Roster] = (),
) -> Leaf:
    """Return the log entry that a receipt proves. versions: of the roster, in place of witnesses."""
    fields = message.read(text, message.RECEIPT, limit=_MOST)
    check(fields["accountToken"] != "", "no account")
    if versions:
        at = roster.checkpoint(_note(fields), log, versions)
    else:
        at = note.read(_note(fields), log=log, witnesses=witnesses, quorum=quorum)
    found = check_entry(
        from_fields(fields["entry"]),
        at,
        type="verification:claim:settle",
        account_token=fields["accountToken"],
        fields=(fields["claimId"], "SUCCEEDED", "", fields["recordDigest"]),
    )
    check(found.actor_id == "system", "the vault itself did not make the entry")
    check(fields["record"] is not None or fields["sealingQuorum"] is None, "a quorum that no record proves")
    if fields["record"] is not None:
        quorum_id = _check_quorum(fields)
        counting = [
            each
            for each in versions
            if versions[-1].document["development"] or not each.document["development"]
        ]
        known = [quorum.id for each in counting for quorum in each.quorums()]
        check(not versions or quorum_id in known, "a quorum of no roster")
    return found


_OF_A_DESTRUCTION = ["absentTime", "keptUntilTime"]
_STEPS = {
    "STATE_REQUESTED": ("erasure:request:file", ["eraseTime"]),
    "STATE_CANCELLED": ("erasure:request:cancel", []),
    "STATE_ERASED": ("erasure:account:erase", ["destroyTime"]),
    "STATE_DESTROYED": ("erasure:keys:destroy", _OF_A_DESTRUCTION),
}


def check_erasure(text: bytes | str, *, log: Key, witnesses: Sequence[Key] = (), quorum: int = 0) -> str:
    """Return from when on no file holds the key, as an erasure's receipt proves; "" without a promise."""
    fields = message.read(text, message.ERASURE, limit=_MOST)
    check(fields["state"] in _STEPS, "no step of an erasure")
    kind, bound = _STEPS[fields["state"]]
    early = [name for name in _OF_A_DESTRUCTION if fields[name] is not None and name not in bound]
    check(not early, "a statement before the destruction")
    check(bound is _OF_A_DESTRUCTION or all(fields[name] is not None for name in bound), "a time is missing")
    times = [(fields[name] or "").replace("Z", "+00:00") for name in bound]
    while times and not times[-1]:
        times.pop()
    found = check_entry(
        from_fields(fields["entry"]),
        note.read(_note(fields), log=log, witnesses=witnesses, quorum=quorum),
        type=kind,
        account_token=fields["accountToken"],
        fields=(fields["erasureId"], *times),
    )
    check(found.actor_id == "system" or kind.startswith("erasure:request:"), "not made by the vault itself")
    return fields["absentTime"] or ""


def _check_quorum(fields: dict[str, Any]) -> str:
    """Return the id of the quorum for which the record of a receipt was sealed."""
    given = fields["sealingQuorum"]
    check(given is not None, "no quorum is stated")
    sealed = _record(fields["record"])
    check(sealed.account_token == fields["accountToken"], "the record is another account's")
    unproved = fields["record"]["presentQuorumId"] + fields["record"]["suite"]
    check(unproved == "", "something that the digest does not cover")
    check(sealed.digest() == fields["recordDigest"], "the record has another digest")
    threshold = given["threshold"]
    custodians = [Custodian(each["custodian"], "", each["hpkePublicKey"]) for each in given["custodians"]]
    found = record.quorum_id(threshold, custodians)
    check(found == sealed.quorum_id, "the record was sealed for another quorum")
    check(len(custodians) == len(sealed.share_hashes), "a wrong number of custodians")
    check(fields["quorum"] == f"{threshold} of {len(custodians)}", "another quorum is stated")
    _check_forms(sealed, threshold, custodians)
    return found


def _check_forms(sealed: Record, threshold: int, custodians: Sequence[Custodian]) -> None:
    """Check what the quorum's id and the record's digest would cover in any form."""
    check(sealed.format_version == 1, "an unknown format of records")
    check(len(sealed.salt) == 32, "a salt of another size")
    check({len(each) for each in (sealed.commitment, *sealed.share_hashes)} == {32}, "a hash of another size")
    check(1 <= threshold <= len(custodians) <= 255, "a threshold that is not from 1 to N")
    names, keys = [each.name for each in custodians], [each.public for each in custodians]
    check(all(_NAME.fullmatch(each) for each in names), "a name that a roster does not take")
    check(len(set(names)) == len(set(keys)) == len(custodians), "a custodian or key that is there twice")
    check({len(each) for each in keys} in ({32}, {1216}), "keys that are not of one suite")
    for each in keys:
        hpke.check_public_key(hpke.X25519 if len(each) == 32 else hpke.X_WING, each)


def _record(fields: dict[str, Any]) -> Record:
    return Record(
        relying_party=fields["relyingParty"],
        account_token=fields["accountToken"],
        record_id=fields["recordId"],
        quorum_id=fields["sealingQuorumId"],
        suite="",
        salt=fields["salt"],
        commitment=fields["commitment"],
        ciphertext=fields["ciphertext"],
        share_hashes=tuple(fields["shareHashes"]),
        format_version=fields["formatVersion"],
    )


def check_entry(
    logged: Logged, at: Checkpoint, *, type: str, account_token: str, fields: Sequence[Part]
) -> Leaf:
    """Return the leaf of an entry that is in the tree and commits to these fields."""
    opened = tree.check_commitment(
        logged.leaf,
        opening_key=logged.opening_key,
        account_token=account_token,
        type=type,
        fields=fields,
    )
    check(len(logged.opening_key) == 32, "an opening key of another size")
    check(logged.size == at.size, "a proof for a tree of another size")
    tree.check_inclusion(logged.leaf, index=logged.index, size=at.size, proof=logged.hashes, expected=at.root)
    return opened


def check_history(
    text: bytes | str, *, log: Key, witnesses: Sequence[Key] = (), quorum: int = 0
) -> list[Leaf]:
    """Return the disclosures and openings that a history proves; that the vault told all is not proved."""
    fields = message.read(text, message.HISTORY, limit=8 * _MOST)
    check(fields["accountToken"] != "" and fields["horizonTime"] is not None, "no account or no horizon")
    at = note.read(_note(fields), log=log, witnesses=witnesses, quorum=quorum)
    listed = [("disclosure:record:disclose", each) for each in fields["disclosures"]]
    listed += [("disclosure:record:open", each) for each in fields["openings"]]
    found, places = [], set()
    for kind, each in listed:
        logged = from_fields(each["entry"])
        leaf = check_entry(logged, at, type=kind, account_token=fields["accountToken"], fields=_bound(each))
        # Both are texts of UTC, one without seconds.
        check(leaf.minute[:-1] + ":00Z" < fields["horizonTime"], "an entry is not before the horizon")
        found.append(leaf)
        places.add(logged.index)
    check(len(places) == len(found), "an entry is listed twice")
    _check_stated(fields, log)
    _check_disclosed(fields, found)
    return found


def _bound(listed: dict[str, Any]) -> list[Part]:
    more = [listed["auditorActorId"], listed["legalBasis"]] if "legalBasis" in listed else []
    return [listed["disclosureId"], listed["recordDigest"], *more]


def _check_disclosed(fields: dict[str, Any], leaves: list[Leaf]) -> None:
    """Check that the disclosure of each opening is listed once. leaves: of disclosures, then of openings."""
    disclosures, openings = fields["disclosures"], fields["openings"]
    times = [datetime.strptime(leaf.minute, "%Y-%m-%dT%H:%MZ") for leaf in leaves]
    first = {
        (each["disclosureId"], each["recordDigest"]): time
        for each, time in zip(disclosures, times, strict=False)
    }
    check(len({each["disclosureId"] for each in disclosures}) == len(disclosures), "listed twice")
    for each, time in zip(openings, times[len(disclosures) :], strict=True):
        came = first.get((each["disclosureId"], each["recordDigest"]))
        check(came is not None, "a disclosure is left out")
        assert came is not None
        check((came - time).total_seconds() <= 60, "a disclosure came later")


def _check_stated(fields: dict[str, Any], log: Key) -> None:
    """Check that the vault signed a history as it is, with a key that the log's key vouches for."""
    stated = fields["statement"]
    check(stated is not None and stated["makeTime"] is not None, "the vault has not signed it")
    for name, listed in (("disclosureCount", "disclosures"), ("openingCount", "openings")):
        check(stated[name] == len(fields[listed]), "something is left out or added")
    lines = note.signed_text(stated["keyNote"], log=log).split("\n")
    check(len(lines) == 6 and lines[:2] == ["idvault/statement-key/v1", log.name], "no note for a key")
    begins, ends = (_second(line) for line in lines[3:5])
    check(begins <= message.seconds(stated["makeTime"]) <= ends, "the key does not count at this time")
    paper.verify(from_base64(lines[2]), stated["signature"], _signed(fields))


def _second(digits: str) -> int:
    check(len(digits) <= 11, "a time that is too late")
    return number_of(digits.encode())


def history_bytes(text: str) -> bytes:
    """Return what the vault signs of a history file."""
    return _signed(message.read(text, message.HISTORY, limit=8 * _MOST))


def _signed(fields: dict[str, Any]) -> bytes:
    disclosures, openings = fields["disclosures"], fields["openings"]
    parts: list[Part] = [
        fields["accountToken"],
        message.seconds(fields["horizonTime"]),
        message.seconds(fields["statement"]["makeTime"]),
        fields["checkpoint"]["note"],
        len(disclosures),
        len(openings),
    ]
    for each in (*disclosures, *openings):
        logged = from_fields(each["entry"])
        parts += [
            *_bound(each),
            logged.leaf,
            logged.opening_key,
            logged.index,
            logged.size,
            len(logged.hashes),
            *logged.hashes,
        ]
    return encode("idvault/disclosure-history/v1", *parts)


def logged_entry(leaf: bytes, opening_key: bytes, *, index: int, hashes: list[bytes]) -> dict[str, Any]:
    """Return a logged entry with its proof under the tree of these leaf hashes."""
    proof: dict[str, Any] = {"index": str(index)} if index else {}
    proof |= {"treeSize": str(len(hashes))}
    proof |= {"hashes": [base64(each) for each in tree.inclusion(hashes, index)]}
    return {"leaf": base64(leaf), "openingKey": base64(opening_key), "proof": proof}


def receipt(
    *,
    account_token: str,
    claim_id: str,
    record_digest: bytes,
    quorum: str,
    entry: dict[str, Any],
    checkpoint: bytes,
    **proved: Any,
) -> str:
    """Return a receipt file. proved: sealingQuorum and record, if the quorum is proved."""
    fields = {
        "accountToken": account_token,
        "claimId": claim_id,
        "recordDigest": base64(record_digest),
        "quorum": quorum,
        "entry": entry,
        "checkpoint": {"note": base64(checkpoint)},
    }
    return json.dumps(fields | proved, indent=2)


def sealing_quorum(threshold: int, custodians: Sequence[Custodian]) -> dict[str, Any]:
    """Return the JSON form of a quorum."""
    members = [{"custodian": each.name, "hpkePublicKey": base64(each.public)} for each in custodians]
    return {"threshold": threshold, "custodians": members}


def record_fields(sealed: Record) -> dict[str, Any]:
    """Return the JSON form of a record, with the fields that its digest covers."""
    return {
        "accountToken": sealed.account_token,
        "relyingParty": sealed.relying_party,
        "recordId": sealed.record_id,
        "formatVersion": sealed.format_version,
        "sealingQuorumId": sealed.quorum_id,
        "salt": base64(sealed.salt),
        "commitment": base64(sealed.commitment),
        "ciphertext": base64(sealed.ciphertext),
        "shareHashes": [base64(each) for each in sealed.share_hashes],
    }


def history(
    *,
    account_token: str,
    horizon: str,
    disclosures: list[dict[str, Any]],
    openings: list[dict[str, Any]],
    checkpoint: bytes,
    made: str,
    key_note: bytes,
    private: bytes,
) -> str:
    """Return a history file. made: when it is signed. private: the key that key_note vouches for."""
    counts = {"disclosureCount": len(disclosures), "openingCount": len(openings)}
    stated: dict[str, Any] = {"makeTime": made} | {name: count for name, count in counts.items() if count}
    fields = {
        "accountToken": account_token,
        "horizonTime": horizon,
        "openings": openings,
        "checkpoint": {"note": base64(checkpoint)},
        "disclosures": disclosures,
        "statement": stated,
    }
    stated["signature"] = base64(paper.sign(private, history_bytes(json.dumps(fields)))[-64:])
    stated["keyNote"] = base64(key_note)
    return json.dumps(fields, indent=2, ensure_ascii=False)


def statement_key(public: bytes, begins: int, ends: int, *, log: Key, private: bytes) -> bytes:
    """Return the note in which the log's key vouches for a key."""
    body = f"idvault/statement-key/v1\n{log.name}\n{base64(public)}\n{begins}\n{ends}\n"
    return note.write(body, [note.sign(body, log, private)])


def _note(fields: dict[str, Any]) -> bytes:
    check(fields["checkpoint"] is not None, "no checkpoint covers the entry yet")
    return bytes(fields["checkpoint"]["note"])
