"""Rosters and whose signatures make them valid (formats.md, section 8)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tools.support.reference import paper, record
from tools.support.reference.encoding import base64url, check, encode, from_base64url, from_json
from tools.support.reference.note import Key
from tools.support.reference.record import Custodian

# What stands before an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410).
_SPKI = bytes.fromhex("302a300506032b6570032100")
_BODY = ("version", "development", "people", "quorums", "witness")


@dataclass(frozen=True)
class Quorum:
    """A quorum with its custodians in order."""

    name: str
    threshold: int
    custodians: tuple[Custodian, ...]

    @property
    def id(self) -> str:
        return record.quorum_id(self.threshold, self.custodians)


@dataclass(frozen=True)
class Roster:
    """A roster file. document: its JSON object."""

    document: dict[str, Any]

    @property
    def content(self) -> bytes:
        """The bytes that are signed."""
        return encode("idvault/roster/v1", canonical({name: self.document[name] for name in _BODY}))

    @property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()

    def member(self, name: str) -> dict[str, Any]:
        """Return the entry of a roster member, {} if there is none."""
        return next((each for each in self.document["people"] if each["name"] == name), {})

    def key(self, name: str) -> bytes:
        """Return the Ed25519 key of a roster member."""
        return from_base64url(self.member(name)["ed25519"])

    def quorums(self) -> tuple[Quorum, ...]:
        return tuple(
            Quorum(each["name"], each["threshold"], tuple(map(self._custodian, each["custodians"])))
            for each in self.document["quorums"]
        )

    def _custodian(self, name: str) -> Custodian:
        found = self.member(name)
        check(found.get("role") == "custodian", "a quorum names somebody who is no custodian")
        return Custodian(name, found["hpke"]["suite"], from_base64url(found["hpke"]["public_key"]))


def canonical(value: Any) -> bytes:
    """Return RFC 8785 JSON of a value without fractions, whose names are ASCII."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def parse(data: bytes) -> Roster:
    """Read a roster file; its fields are exactly those of formats.md."""
    document = from_json(data)
    check(document.keys() == {*_BODY, "signatures"}, "a field is missing or not known")
    for each in document["people"]:
        expected = {"name", "role", "organisation", "actor_id", "hpke", "ed25519", "spki"}
        check(each.keys() == expected and each["hpke"].keys() == {"suite", "public_key"}, "a wrong person")
    for each in document["quorums"]:
        check(each.keys() == {"name", "threshold", "custodians"}, "a wrong quorum")
    return Roster(document)


def sign(roster: Roster, name: str, private: bytes) -> Roster:
    """Return the roster with one more signature."""
    signature = paper.sign(private, roster.content)[-64:]
    added = {"name": name, "signature": base64url(signature)}
    return Roster(roster.document | {"signatures": [*roster.document["signatures"], added]})


def write(roster: Roster) -> bytes:
    """Return the file."""
    return json.dumps(roster.document, ensure_ascii=False, indent=1).encode() + b"\n"


def verify_chain(files: Sequence[bytes]) -> tuple[Roster, ...]:
    """Return all versions, from the first on, after verifying each against the one before it."""
    versions = tuple(parse(data) for data in files)
    check(bool(versions), "there is no roster")
    for place, roster in enumerate(versions):
        before = versions[place - 1] if place else None
        check(roster.document["version"] == place + 1, "a version is missing")
        _check_signatures(roster, before)
        if before is not None:
            _check_change(roster, before)
    return versions


def check_in_force(roster: Roster) -> None:
    """Check that a version may be in force: N witnesses, none of them a member, more than half demanded."""
    witness = roster.document["witness"]
    if roster.document["development"] and not witness:
        return
    check(bool(witness), "there are no witnesses")
    keys = {each["ed25519"] for each in witness["witnesses"]}
    check(2 * witness["threshold"] > len(keys), "too few cosignatures are demanded")
    check(not keys & {each["ed25519"] for each in roster.document["people"]}, "a member is a witness")
    pins = {sha256(_SPKI + from_base64url(key)).hexdigest() for key in keys}
    check(not pins & {each["spki"] for each in roster.document["people"]}, "a member is a witness")


def check_apart(roster: Roster, log: Key) -> None:
    """Check that no witness has the log's key, or a name under the log's; a development vault may."""
    if roster.document["development"]:
        return
    host = _host(log.name)
    for each in roster.document["witness"]["witnesses"]:
        check(from_base64url(each["ed25519"]) != log.public, "a witness has the log's key")
        check(not f".{_host(each['name'])}".endswith(f".{host}"), "a witness is named under the log's name")


def _host(name: str) -> str:
    return name.partition("/")[0].partition(":")[0].rstrip(".").lower()


def _check_signatures(roster: Roster, before: Roster | None) -> None:
    former = before or roster
    entitled = {each.name for quorum in former.quorums() for each in quorum.custodians}
    signers = set()
    for given in roster.document["signatures"]:
        name = given["name"]
        check(name in entitled and name not in signers, "somebody signed who may not, or twice")
        paper.verify(former.key(name), from_base64url(given["signature"]), roster.content)
        signers.add(name)
    for quorum in former.quorums():
        counted = [name for name in _may_sign(quorum, former, roster) if name in signers]
        needed = quorum.threshold if before else len(quorum.custodians)
        check(len(counted) >= needed, "too few custodians signed")


def _may_sign(quorum: Quorum, former: Roster, roster: Roster) -> list[str]:
    """Return the custodians of a quorum whose signatures count for the next version."""
    stays = [
        each.name
        for each in quorum.custodians
        if roster.member(each.name).get("ed25519") == former.member(each.name)["ed25519"]
    ]
    after = next((each for each in roster.quorums() if each.name == quorum.name), None)
    if after is None:
        return stays
    kept = {old.name for old, new in zip(quorum.custodians, after.custodians, strict=False) if old == new}
    return [name for name in stays if name in kept]


def _check_change(roster: Roster, before: Roster) -> None:
    check(before.document["development"] or not roster.document["development"], "development came back")
    quorums = {each.name: each for each in roster.quorums()}
    for old in before.quorums():
        new = quorums.get(old.name)
        if new is None:
            continue
        check(new.threshold >= old.threshold, "the threshold was lowered")
        for place, custodian in enumerate(old.custodians):
            for other, found in enumerate(new.custodians):
                same = found.name == custodian.name or found.public == custodian.public
                check(not same or place == other, "a custodian moved to another place")
