"""Receipts and disclosure histories: proofs that a file carries with it (formats.md, section 11)."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from tools.support.reference import note, paper, protobuf, record, tree
from tools.support.reference.encoding import Part, base64, check, encode, from_base64, from_json
from tools.support.reference.note import Checkpoint, Key
from tools.support.reference.protobuf import Fields
from tools.support.reference.record import Custodian, Record
from tools.support.reference.tree import Leaf

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


@dataclass(frozen=True)
class Logged:
    """A log entry with its opening key, its index, and its inclusion proof in a tree of a size."""

    leaf: bytes
    opening_key: bytes
    index: int
    size: int
    hashes: tuple[bytes, ...]


def from_fields(fields: dict[str, Any]) -> Logged:
    """Read the JSON form of an entry."""
    proof = fields["proof"]
    hashes = tuple(from_base64(each) for each in proof.get("hashes", []))
    index, size = int(proof.get("index", 0)), int(proof["treeSize"])
    return Logged(from_base64(fields["leaf"]), from_base64(fields["openingKey"]), index, size, hashes)


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


def check_receipt(text: str, *, log: Key, witnesses: Sequence[Key] = (), quorum: int = 0) -> Leaf:
    """Return the log entry that a receipt proves."""
    fields = from_json(text)
    at = _checkpoint(fields, log, witnesses, quorum)
    if "record" in fields:
        _check_quorum(fields)
    check(("record" in fields) == ("sealingQuorum" in fields), "a quorum that no record proves")
    found = check_entry(
        from_fields(fields["entry"]),
        at,
        type="verification:claim:settle",
        account_token=fields["accountToken"],
        fields=(fields["claimId"], "SUCCEEDED", "", from_base64(fields["recordDigest"])),
    )
    check(found.actor_id == "system", "the vault itself did not make the entry")
    return found


_OF_A_DESTRUCTION = ["absentTime", "keptUntilTime"]
_STEPS = {
    "STATE_REQUESTED": ("erasure:request:file", ["eraseTime"]),
    "STATE_CANCELLED": ("erasure:request:cancel", []),
    "STATE_ERASED": ("erasure:account:erase", ["destroyTime"]),
    "STATE_DESTROYED": ("erasure:keys:destroy", _OF_A_DESTRUCTION),
}


def check_erasure(text: str, *, log: Key, witnesses: Sequence[Key] = (), quorum: int = 0) -> str:
    """Return from when on no file holds the key, as an erasure's receipt proves; "" without a promise."""
    fields = from_json(text)
    at = _checkpoint(fields, log, witnesses, quorum)
    kind, bound = _STEPS[fields["state"]]
    early = fields.keys() & set(_OF_A_DESTRUCTION) - set(bound)
    check(not early, "a statement before the destruction")
    times = [fields.get(name, "").replace("Z", "+00:00") for name in bound]
    while times and not times[-1]:
        times.pop()
    found = check_entry(
        from_fields(fields["entry"]),
        at,
        type=kind,
        account_token=fields["accountToken"],
        fields=(fields["erasureId"], *times),
    )
    check(found.actor_id == "system" or kind.startswith("erasure:request:"), "not made by the vault itself")
    return str(fields.get("absentTime", ""))


def _check_quorum(fields: dict[str, Any]) -> None:
    """Check that the record of a receipt has its digest, and that it was sealed for the stated quorum."""
    sealed, given = _record(fields["record"]), fields.get("sealingQuorum", {})
    check(sealed.account_token == fields["accountToken"], "the record is another account's")
    check(
        not fields["record"].keys() & {"presentQuorumId", "suite"}, "something that the digest does not cover"
    )
    check(sealed.digest() == from_base64(fields["recordDigest"]), "the record has another digest")
    threshold = given.get("threshold", 0)
    custodians = [
        Custodian(each["custodian"], "", from_base64(each["hpkePublicKey"]))
        for each in given.get("custodians", [])
    ]
    found = record.quorum_id(threshold, custodians)
    check(found == sealed.quorum_id, "the record was sealed for another quorum")
    check(len(custodians) == len(sealed.share_hashes), "a wrong number of custodians")
    check(fields["quorum"] == f"{threshold} of {len(custodians)}", "another quorum is stated")
    _check_forms(sealed, threshold, custodians)


def _check_forms(sealed: Record, threshold: int, custodians: Sequence[Custodian]) -> None:
    """Check what the quorum's id and the record's digest would cover in any form."""
    check(sealed.format_version == 1, "an unknown format of records")
    check({len(each) for each in (sealed.commitment, *sealed.share_hashes)} == {32}, "a hash of another size")
    check(1 <= threshold <= len(custodians) <= 255, "a threshold that is not from 1 to N")
    names, keys = [each.name for each in custodians], [each.public for each in custodians]
    check(all(_NAME.fullmatch(each) for each in names), "a name that a roster does not take")
    check(len(set(names)) == len(set(keys)) == len(custodians), "a custodian or key that is there twice")
    check({len(each) for each in keys} in ({32}, {1216}), "keys that are not of one suite")


def _record(fields: dict[str, Any]) -> Record:
    salt, commitment, ciphertext = (
        from_base64(fields[name]) for name in ("salt", "commitment", "ciphertext")
    )
    return Record(
        relying_party=fields["relyingParty"],
        account_token=fields["accountToken"],
        record_id=fields["recordId"],
        quorum_id=fields["sealingQuorumId"],
        suite="",
        salt=salt,
        commitment=commitment,
        ciphertext=ciphertext,
        share_hashes=tuple(from_base64(each) for each in fields["shareHashes"]),
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
    check(logged.size == at.size, "a proof for a tree of another size")
    tree.check_inclusion(logged.leaf, index=logged.index, size=at.size, proof=logged.hashes, expected=at.root)
    return opened


def check_history(text: str, *, log: Key, witnesses: Sequence[Key] = (), quorum: int = 0) -> list[Leaf]:
    """Return the disclosures and openings that a history proves; that the vault told all is not proved."""
    fields = from_json(text)
    at = _checkpoint(fields, log, witnesses, quorum)
    listed = [("disclosure:record:disclose", each) for each in fields.get("disclosures", [])]
    listed += [("disclosure:record:open", each) for each in fields.get("openings", [])]
    found, places = [], set()
    for kind, each in listed:
        logged = from_fields(each["entry"])
        bound: list[Part] = [each["disclosureId"], from_base64(each["recordDigest"])]
        if kind == "disclosure:record:disclose":
            bound += [each["auditorActorId"], each["legalBasis"]]
        leaf = check_entry(logged, at, type=kind, account_token=fields["accountToken"], fields=bound)
        check(leaf.minute < fields["horizonTime"], "an entry is later than the horizon")
        found.append(leaf)
        places.add(logged.index)
    check(len(places) == len(found), "an entry is listed twice")
    _check_stated(fields, log)
    _check_disclosed(fields, found)
    return found


def _check_disclosed(fields: dict[str, Any], leaves: list[Leaf]) -> None:
    """Check that the disclosure of each opening is listed once. leaves: of disclosures, then of openings."""
    disclosures, openings = fields.get("disclosures", []), fields.get("openings", [])
    times = [datetime.strptime(leaf.minute, "%Y-%m-%dT%H:%MZ") for leaf in leaves]
    first = {
        (each["disclosureId"], each["recordDigest"]): time
        for each, time in zip(disclosures, times, strict=False)
    }
    check(len({name for name, _ in first}) == len(disclosures), "a disclosure is listed twice")
    for each, time in zip(openings, times[len(disclosures) :], strict=True):
        came = first.get((each["disclosureId"], each["recordDigest"]))
        check(came is not None and came <= time + timedelta(minutes=1), "a disclosure is left out")


def _check_stated(fields: dict[str, Any], log: Key) -> None:
    """Check that the vault signed a history as it is, with a key that the log's key vouches for."""
    check("statement" in fields, "the vault has not signed it")
    stated = fields["statement"]
    for name, listed in (("disclosureCount", "disclosures"), ("openingCount", "openings")):
        check(stated.get(name, 0) == len(fields.get(listed, [])), "something is left out or added")
    lines = note.signed_text(from_base64(stated["keyNote"]), log=log).split("\n")
    check(len(lines) == 6 and lines[:2] == ["idvault/statement-key/v1", log.name], "no note for a key")
    check(
        int(lines[3]) <= seconds(stated["makeTime"]) <= int(lines[4]), "the key does not count at this time"
    )
    paper.verify(from_base64(lines[2]), from_base64(stated["signature"]), history_bytes(fields))


def seconds(time: str) -> int:
    """Return a time of a JSON form in seconds since 1970; refuses parts of a second."""
    check(time.endswith("Z") and "." not in time, "a time is not in whole seconds")
    return int(datetime.fromisoformat(time).timestamp())


def history_bytes(fields: dict[str, Any]) -> bytes:
    """Return what the vault signs of a history. fields: its JSON form."""
    disclosures, openings = fields.get("disclosures", []), fields.get("openings", [])
    parts: list[Part] = [
        fields["accountToken"],
        seconds(fields["horizonTime"]),
        seconds(fields["statement"]["makeTime"]),
        from_base64(fields["checkpoint"]["note"]),
        len(disclosures),
        len(openings),
    ]
    for each in (*disclosures, *openings):
        parts += [each["disclosureId"], from_base64(each.get("recordDigest", ""))]
        if "auditorActorId" in each:
            parts += [each["auditorActorId"], each.get("legalBasis", "")]
        logged = from_fields(each["entry"])
        parts += [
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
    stated["signature"] = base64(paper.sign(private, history_bytes(fields))[-64:])
    stated["keyNote"] = base64(key_note)
    return json.dumps(fields, indent=2, ensure_ascii=False)


def statement_key(public: bytes, begins: int, ends: int, *, log: Key, private: bytes) -> bytes:
    """Return the note in which the log's key vouches for a key."""
    body = f"idvault/statement-key/v1\n{log.name}\n{base64(public)}\n{begins}\n{ends}\n"
    return note.write(body, [note.sign(body, log, private)])


def _checkpoint(fields: dict[str, Any], log: Key, witnesses: Sequence[Key], quorum: int) -> Checkpoint:
    check("checkpoint" in fields, "no checkpoint covers the entry yet")
    return note.read(from_base64(fields["checkpoint"]["note"]), log=log, witnesses=witnesses, quorum=quorum)
