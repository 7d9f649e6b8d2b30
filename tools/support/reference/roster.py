"""Rosters and whose signatures make them valid (formats.md, section 8)."""

import json
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from tools.support.reference import hpke, note, paper, record
from tools.support.reference.ed25519 import check_key
from tools.support.reference.encoding import (
    RefusedError,
    base64url,
    check,
    encode,
    from_base64url,
    from_json,
)
from tools.support.reference.note import Key
from tools.support.reference.record import Custodian

# What stands before an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410).
_SPKI = bytes.fromhex("302a300506032b6570032100")
_NAME = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.ASCII)
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
    """Read a roster file; its fields and their forms are exactly those of formats.md."""
    document = _object(from_json(data, limit=1 << 20), *_BODY, "signatures")
    version = _number(document["version"])
    check(version >= 1 and isinstance(document["development"], bool), "no version, or no flag")
    people = [_person(each) for each in _list(document["people"])]
    for name in ("name", "actor_id", "ed25519", "spki"):
        _different([each[name] for each in people])
    _different([each["hpke"]["public_key"] for each in people])
    for each in _list(document["quorums"]):
        _quorum(each, {person["name"]: person for person in people}, document["development"])
    check(bool(document["quorums"]), "no quorum")
    _different([each["name"] for each in document["quorums"]])
    _witness(document["witness"])
    for each in _list(document["signatures"]):
        signature = _object(each, "name", "signature")
        check(_matches(_NAME, signature["name"]), "a wrong name")
        check(len(from_base64url(signature["signature"])) == 64, "a signature has 64 bytes")
    return Roster(document)


def checkpoint(raw: bytes, log: Key, versions: Sequence[Roster], **known: Any) -> note.Checkpoint:
    """Return the checkpoint of a kept paper: cosigned as the version in force demands, or a former one."""
    newest = versions[-1]
    check_in_force(newest)
    check_apart(newest, log)
    refused = RefusedError("no version")
    for each in reversed(versions):
        witness = each.document["witness"]
        if each is not newest and (
            not witness
            or each.document["development"] > newest.document["development"]
            or not may_be_in_force(each, log)
        ):
            continue
        keys = [
            Key(one["name"], note.WITNESS, from_base64url(one["ed25519"]))
            for one in witness.get("witnesses", [])
        ]
        try:
            return note.read(raw, log=log, witnesses=keys, quorum=witness.get("threshold", 0), **known)
        except RefusedError as error:
            refused = error
    raise refused


def may_be_in_force(version: Roster, log: Key) -> bool:
    """Return whether a version may be in force."""
    try:
        check_in_force(version)
        check_apart(version, log)
    except RefusedError:
        return False
    return True


def _person(value: Any) -> dict[str, Any]:
    person = _object(value, "name", "role", "organisation", "actor_id", "hpke", "ed25519", "spki")
    check(_matches(_NAME, person["name"]), "a wrong name")
    check(person["role"] in ("auditor", "custodian", "operator", "authority"), "a wrong role")
    check(_is_printable(person["organisation"]), "a wrong organisation")
    check(_matches(_ID, person["actor_id"]) and _matches(_DIGEST, person["spki"]), "a wrong id")
    sealing = _object(person["hpke"], "suite", "public_key")
    check(isinstance(sealing["suite"], str), "a wrong suite")
    hpke.check_public_key(sealing["suite"], from_base64url(sealing["public_key"]))
    check_key(from_base64url(person["ed25519"]))
    return person


def _quorum(value: Any, people: dict[str, Any], development: bool) -> None:
    quorum = _object(value, "name", "threshold", "custodians")
    check(_matches(_NAME, quorum["name"]), "a wrong name")
    threshold, names = _number(quorum["threshold"]), _list(quorum["custodians"])
    check(all(isinstance(each, str) and each in people for each in names), "nobody of this name")
    check(all(people[each]["role"] == "custodian" for each in names), "somebody who is no custodian")
    _different(names)
    check(1 <= threshold <= len(names) <= 255, "a threshold that is not from 1 to N")
    check(development or 2 <= threshold < len(names), "M >= 2 and N >= M + 1")
    check(len({people[each]["hpke"]["suite"] for each in names}) == 1, "two suites in a quorum")


def _witness(value: Any) -> None:
    check(isinstance(value, dict), "not an object")
    if not value:
        return
    witness = _object(value, "threshold", "witnesses")
    listed = [_object(each, "name", "ed25519") for each in _list(witness["witnesses"])]
    for each in listed:
        check(isinstance(each["name"], str) and 1 <= len(each["name"]) <= 200, "a wrong name")
        wrong = (one.isspace() or one == "+" or unicodedata.category(one) == "Cc" for one in each["name"])
        check(not any(wrong), "a wrong name")
        check_key(from_base64url(each["ed25519"]))
    _different([each["name"] for each in listed])
    _different([each["ed25519"] for each in listed])
    check(1 <= _number(witness["threshold"]) <= len(listed), "a threshold that is not from 1 to N")


def _object(value: Any, *names: str) -> dict[str, Any]:
    check(isinstance(value, dict) and value.keys() == set(names), "a field is missing or not known")
    return dict(value)


def _list(value: Any) -> list[Any]:
    check(isinstance(value, list), "not a list")
    return list(value)


def _number(value: Any) -> int:
    check(type(value) is int and value >= 0, "not a whole number")
    return int(value)


def _matches(form: re.Pattern[str], value: Any) -> bool:
    return isinstance(value, str) and form.fullmatch(value) is not None


def _is_printable(value: Any) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= 200 and value.isprintable()


def _different(values: list[Any]) -> None:
    check(len(set(values)) == len(values), "something stands twice")


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
    check(0 < len(versions) <= 10_000, "there is no roster, or it has too many versions")
    check(sum(len(each.content) for each in versions) <= 16 << 20, "too long together")
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
    for each in roster.document["witness"].get("witnesses", []):
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
