"""Vectors of rosters: chains of versions, and receipts that are compared with one.

A case of roster.json is the last version of a chain; `before` names the inputs with those before it, in
order. A case of receipt.json with `roster` is checked by these versions, in place of `witnesses` and
`quorum`. What is changed within a signed content is signed again, by all who can.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256
from typing import Any

import rfc8785

from idvault_verify import seal
from idvault_verify.attest import hpke
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.strict_base64 import encode_url, url
from idvault_verify.transparency.note import NoteSigner
from tools.support import logs, merkle, people
from tools.support.generate.vectors import receipt_lies
from tools.support.generate.vectors.case import Case, changed
from tools.support.generate.vectors.members import compact, put, without

Document = dict[str, Any]
_A, _B, _C = people.NAMES
_SUITE = hpke.X25519
_WITNESSES = (receipt_lies.WITNESS, merkle.witness("witness.example/w2", seed=3))
_AUDITOR = people.roster_member("auditor-a", role="auditor", suite=_SUITE)


def roster(
    number: int = 1,
    *,
    names: Sequence[str] = people.NAMES,
    threshold: int = 2,
    quorum: str = "records",
    witnesses: Sequence[NoteSigner] = _WITNESSES[:1],
    development: bool = False,
    suite: str = _SUITE,
) -> Document:
    """Return a version of a roster with one quorum, signed by its custodians."""
    members = [people.roster_member(name, suite=suite) for name in names]
    policy = WitnessPolicy(
        len(witnesses) // 2 + 1, tuple((each.key.name, each.key.public_key) for each in witnesses)
    )
    made = {
        "version": number,
        "development": development,
        "people": [each.to_json() for each in (*members, _AUDITOR)],
        "quorums": [{"name": quorum, "threshold": threshold, "custodians": list(names)}],
        "witness": policy.to_json() if witnesses else {},
    }
    return signed(made, *names)


def signed(document: Document, *names: str) -> Document:
    """Return a document with the signatures of these members alone, whatever else it has."""
    body = {name: value for name, value in document.items() if name != "signatures"}
    content = seal.encode("idvault/roster/v1", rfc8785.dumps(body))
    listed = [{"name": name, "signature": encode_url(people.signer(name).sign(content))} for name in names]
    return body | {"signatures": listed}


FIRST = roster()
SECOND = roster(2, witnesses=_WITNESSES[1:])


def file(document: Document) -> bytes:
    """Return the file of a roster."""
    return json.dumps(document, ensure_ascii=False, indent=1).encode() + b"\n"


def inputs() -> dict[str, str]:
    """Return the files that cases name, by their names."""
    return {name: file(made).decode("latin-1") for name, made in _BEFORE.items()}


_BEFORE = {
    "first": FIRST,
    "second": SECOND,
    "second witness": roster(witnesses=_WITNESSES[1:]),
    "development": roster(development=True),
    "without witnesses": roster(witnesses=()),
    "development without witnesses": roster(witnesses=(), development=True),
    "witnessed by a member": put(FIRST, "witness", {
        "threshold": 1, "witnesses": [{"name": "w", "ed25519": _AUDITOR.to_json()["ed25519"]}],
    }),
}  # fmt: skip


def alone() -> Iterator[tuple[str, Document, bool]]:
    """Yield first versions that are signed as they are, and whether each is valid and fit to be in force."""
    yield "signed again", signed(FIRST, *people.NAMES), True
    for path, value in _VALUES:
        yield (
            f"signed: {path} is {json.dumps(value)[:60]}",
            signed(put(FIRST, path, value), *people.NAMES),
            False,
        )
    for told, key in _keys():
        yield (
            f"signed: {told}",
            signed(put(FIRST, "people.0.hpke.public_key", encode_url(key)), *people.NAMES),
            False,
        )
    for text, is_valid in _TEXTS:
        told = f"signed: the organisation {text[:20]!a} of {len(text)} characters"
        yield told, signed(put(FIRST, "people.0.organisation", text), *people.NAMES), is_valid
    for name, is_valid in _WITNESS_NAMES:
        told = f"signed: the witness {name[:20]!a} of {len(name)} characters"
        yield told, signed(put(FIRST, "witness.witnesses.0.name", name), *people.NAMES), is_valid
    few: tuple[tuple[str, ...], ...] = ((), (_A,), (_A, _B), (_B, _C))
    for names in few:
        yield f"signed by {len(names)}: {', '.join(names)}", signed(FIRST, *names), False
    for names in ((_A, _B, _C, "auditor-a"), (_A, _B, _C, "x"), (_A, _B, _C, _A)):
        yield f"signed by {', '.join(names)}", signed(FIRST, *names), False
    yield "a wrong signature in place of one", _forged(FIRST, _C), False
    for names in (("0a", "b", "9"), ("a--b", "b", "c"), ("a-1", "b" * 63, "0")):
        yield f"custodians named {', '.join(each[:9] for each in names)}", roster(names=names), True
    for name in ("a-", "A", "a_b", "a.b", "\u00e9", "a b", ""):
        yield f"a custodian named {name!a}", roster(names=(name, _B, _C)), False
    for development in (True, False):
        member = {"threshold": 1, "witnesses": [{"name": "w", "ed25519": _AUDITOR.to_json()["ed25519"]}]}
        made = signed(put(roster(development=development), "witness", member), *people.NAMES)
        yield f"a member is a witness, development {development}", made, False
        pinned = put(roster(development=development), "people.3.spki", _spki(_WITNESSES[0]))
        told = f"a witness's key is a member's certificate's, development {development}"
        yield told, signed(pinned, *people.NAMES), False
    yield "with an authority", signed(put(FIRST, "people.3.role", "authority"), *people.NAMES), True
    yield "of X-Wing", roster(suite=hpke.X_WING), True
    yield "for development, one opens alone", roster(development=True, names=(_A,), threshold=1), True
    yield "for development, without witnesses", roster(development=True, witnesses=()), True
    yield "for development, too few witnesses", _few_witnesses(development=True), False
    yield "too few witnesses", _few_witnesses(development=False), False
    yield "two of two witnesses", _witnesses_of(2, 2), True
    yield "two of three witnesses", _witnesses_of(2, 3), True
    yield "255 custodians", _many(255), True
    yield "256 custodians", _many(256), False


_VALUES: tuple[tuple[str, Any], ...] = (
    ("version", 2), ("version", 0), ("version", -1), ("development", 0),
    ("quorums", []), ("quorums.0.threshold", 1), ("quorums.0.threshold", 3), ("quorums.0.threshold", 0),
    ("quorums.0.custodians", [_A, _B, _C, _A]), ("quorums.0.custodians", [_A, _B, "auditor-a"]),
    ("quorums.0.custodians", [_A, _B, "x"]), ("quorums.0.custodians", []), ("quorums.0.name", "Records"),
    ("quorums.0.name", ""), ("quorums.0.name", "r" * 64), ("quorums.0.x", 1),
    ("witness", {}), ("witness.threshold", 0), ("witness.threshold", 2), ("witness.witnesses", []),
    ("witness.x", 1), ("witness.witnesses.0.x", 1), ("witness.witnesses.0.ed25519", "AA"),
    ("witness.witnesses.0.ed25519", encode_url(b"\x01" + bytes(31))),
    ("witness.witnesses.0.ed25519", _AUDITOR.to_json()["ed25519"]),
    ("people.0.role", "x"), ("people.0.role", "auditor"), ("people.0.name", "c" * 64),
    ("people.0.name", "-c"),
    ("people.0.actor_id", "AB" * 16), ("people.0.actor_id", "ab" * 15), ("people.0.spki", "x"),
    ("people.0.spki", "AB" * 32), ("people.0.x", 1), ("people.0.hpke.x", 1), ("people.0.hpke.suite", "x"),
    ("people.0.hpke.suite", hpke.X_WING), ("people.0.ed25519", encode_url(bytes(32))),
    ("people.3.ed25519", encode_url(b"\x01" + bytes(31))), ("people.3.ed25519", encode_url(bytes(31))),
    ("people.1.name", _A), ("people.3.name", _A), ("x", 1),
    *((f"people.3.{name}", value) for name, value in (
        ("actor_id", people.roster_member(_A, suite=_SUITE).actor_id),
        ("hpke", people.roster_member(_A, suite=_SUITE).to_json()["hpke"]),
        ("ed25519", people.roster_member(_A, suite=_SUITE).to_json()["ed25519"]),
        ("spki", people.roster_member(_A, suite=_SUITE).spki),
    )),
)  # fmt: skip
_TEXTS = (
    ("x", True), ("x" * 200, True), ("x" * 201, False), ("", False), ("\U0001f600" * 200, True),
    ("\U0001f600" * 201, False), (" x ", True), ("x\ny", False), ("x\ty", False), ("x\x7f", False),
    ("x\x85", False), ("x\u00a0y", False), ("x\u2028", False), ("x\u3000y", False), ("x\u200dy", False),
    ("x\u202ey", False), ("x\ufeff", False), ("x\ue000", False), ("x\u0378", False), ("x\uffff", False),
    ("\u0301", True), ("\u00ad", False), ('x"\\/', True), ("\u2215\u00e9", True),
)  # fmt: skip
_WITNESS_NAMES = (
    ("w", True), ("w" * 200, True), ("w" * 201, False), ("", False), ("w w", False), ("w+w", False),
    ("w\x00", False), ("w\x1f", False), ("w\x7f", False), ("w\x85", False), ("w\u00a0", False),
    ("w\u3000", False), ("w\u2028", False), ("w\ufeff", True), ("w\u200b", True), ("w\u180e", True),
    ("\u67d0", True), ("\U0001f600" * 200, True), ("\U0001f600" * 201, False),
)  # fmt: skip


def _spki(witness: NoteSigner) -> str:
    """Return the hash of the SubjectPublicKeyInfo of a witness's key (RFC 8410)."""
    return sha256(bytes.fromhex("302a300506032b6570032100") + witness.key.public_key).hexdigest()


def _forged(document: Document, name: str) -> Document:
    """Return a document with a wrong signature of a member, beside those that it has of others."""
    kept = [each for each in document["signatures"] if each["name"] != name]
    return document | {"signatures": [*kept, {"name": name, "signature": encode_url(bytes(64))}]}


def _keys() -> Iterator[tuple[str, bytes]]:
    """Yield public keys to which nothing can be sealed."""
    for key in receipt_lies.SMALL_ORDER:
        yield f"the X25519 key {key.hex()[:8]}...{key.hex()[-4:]}", key
    for size in (0, 31, 33, 1216):
        yield f"an X25519 key of {size} bytes", b"k" * size


def hybrid() -> Iterator[tuple[str, Document]]:
    """Yield rosters of X-Wing with a key to which nothing can be sealed."""
    made = roster(suite=hpke.X_WING)
    key = url(made["people"][0]["hpke"]["public_key"])
    for told, other in (
        ("a number of 3329", (3329).to_bytes(2, "little") + key[2:]),
        ("a number of 4095", key[:1149] + b"\xff\xff\xff" + key[1152:]),
        ("a second number of 3329", key[:1] + bytes([key[1] & 15 | (3329 & 15) << 4, 3329 >> 4]) + key[3:]),
        ("a byte less", key[:-1]),
        ("a byte more", key + b"\x00"),
        *(
            (f"X25519's {each.hex()[:8]}...{each.hex()[-4:]}", key[:-32] + each)
            for each in receipt_lies.SMALL_ORDER
        ),
    ):
        changed_key = put(made, "people.0.hpke.public_key", encode_url(other))
        yield f"X-Wing: {told}", signed(changed_key, *people.NAMES)


def _few_witnesses(*, development: bool) -> Document:
    made = roster(witnesses=_WITNESSES, development=development)
    return signed(put(made, "witness.threshold", 1), *people.NAMES)


def _witnesses_of(threshold: int, count: int) -> Document:
    keys = [merkle.witness(f"w{number}", seed=number + 2).key for number in range(count)]
    policy = WitnessPolicy(threshold, tuple((each.name, each.public_key) for each in keys))
    return signed(put(FIRST, "witness", policy.to_json()), *people.NAMES)


def _many(count: int) -> Document:
    return roster(names=[f"c{number}" for number in range(count)])


_D = "custodian-d"


def chains() -> Iterator[tuple[str, tuple[str, ...], Document, bool]]:
    """Yield second and third versions: name, the inputs before, the document, and whether it is valid."""
    yield "a second version", ("first",), SECOND, True
    yield "a second version alone", (), SECOND, False
    yield "a first version after a first", ("first",), FIRST, False
    yield "a third version", ("first", "second"), roster(3), True
    yield "a third version after the first", ("first",), roster(3), False
    yield "versions in another order", ("second",), FIRST, False
    for names, is_valid in (
        ((), False),
        ((_A,), False),
        ((_A, _B), True),
        ((_A, _C), True),
        ((_C, _B, _A), True),
    ):
        yield f"signed by {', '.join(names) or 'nobody'}", ("first",), signed(SECOND, *names), is_valid
    yield "for development after one that is not", ("first",), roster(2, development=True), False
    yield "not for development after one that is", ("development",), roster(2), True
    yield "one more for development", ("development",), roster(2, development=True), True
    yield "after one without witnesses", ("without witnesses",), SECOND, True
    yield "in force without witnesses", ("first",), roster(2, witnesses=()), False
    yield from _quorums()
    yield from _custodians()


def _second(**given: Any) -> Callable[..., Document]:
    return lambda *names: signed(roster(2, **given), *names)


def _quorums() -> Iterator[tuple[str, tuple[str, ...], Document, bool]]:
    four = (*people.NAMES, _D)
    for told, made, is_valid in (
        ("M raised", _second(names=four, threshold=3)(_A, _B), True),
        ("a custodian more", _second(names=four)(_A, _B), True),
        ("a custodian more, who signed", _second(names=four)(_A, _B, _D), False),
        ("another name of the quorum", _second(quorum="others")(_A, _B), True),
        ("another quorum of others", _second(quorum="others", names=("x1", "x2", "x3"))(_A, _B), False),
        ("two places changed", _second(names=(_B, _A, _C))(_A, _B, _C), False),
        ("a custodian moved to the end", _second(names=(_D, _B, _C, _A))(_B, _C), False),
    ):
        yield told, ("first",), made, is_valid
    lowered = roster(threshold=3, names=four)
    yield "M lowered", ("three of four",), signed(roster(2, names=four), *four), False
    yield "M kept", ("three of four",), signed(lowered | {"version": 2}, *four), True


_BEFORE["three of four"] = roster(threshold=3, names=(*people.NAMES, _D))
_BEFORE["two of four"] = roster(names=(*people.NAMES, _D))


def _custodians() -> Iterator[tuple[str, tuple[str, ...], Document, bool]]:
    """Yield versions in which a custodian was replaced, has other keys, or is no custodian any longer."""
    for told, names, signers, is_valid in (
        ("one replaced", (_D, _B, _C), (_B, _C), True),
        ("one replaced, who is needed", (_D, _B, _C), (_A, _B), False),
        ("one replaced, who signed, too", (_D, _B, _C), (_A, _B, _C), True),
        ("the new one signed", (_D, _B, _C), (_B, _D), False),
        ("two replaced", (_D, "custodian-e", _C), (_A, _C), False),
    ):
        yield told, ("first",), signed(roster(2, names=names), *signers), is_valid
    stays = roster(2, names=(_D, _B, _C))
    stays["people"].append(people.roster_member(_A, suite=_SUITE).to_json())
    yield "one replaced who stays a member, and is needed", ("first",), signed(stays, _A, _B), False
    yield "one replaced who stays a member", ("first",), signed(stays, _C, _B), True
    other = people.roster_member("other", suite=_SUITE).to_json()
    for path in ("ed25519", "hpke"):
        made = put(SECOND, f"people.0.{path}", other[path])
        yield f"another {path} of one, who is needed", ("first",), signed(made, _A, _B), False
        yield f"another {path} of one", ("first",), signed(made, _C, _B), True
    made = put(SECOND, "people.0.spki", other["spki"])
    yield "another certificate of one, who is needed", ("first",), signed(made, _A, _B), True
    for some in ((_A, _B), (_A,)):
        made = _forged(signed(SECOND, *some), _C)
        yield f"signed by {', '.join(some)}, and a wrong signature", ("first",), made, False
    yield from _places()
    taken = roster(2, names=(_D, _B, _C))
    taken["people"][1]["hpke"] = people.roster_member(_A, suite=_SUITE).to_json()["hpke"]
    yield "one has another's key in another place", ("first",), signed(taken, _A, _B, _C), False


def _places() -> Iterator[tuple[str, tuple[str, ...], Document, bool]]:
    """Yield quorums whose first place has the last one's name, or its key to seal to."""
    for told, name, key, last, is_valid in (
        ("a new one in the first place", "x", "x", _D, True),
        ("the last one's name in the first place", _D, "x", "y", False),
        ("the last one's key in the first place", "x", _D, "y", False),
    ):
        made = roster(2, names=(name, _B, _C, last))
        sealed_to = people.roster_member(key, suite=_SUITE).to_json()["hpke"]
        yield told, ("two of four",), signed(put(made, "people.0.hpke", sealed_to), _B, _C), is_valid


def roster_cases() -> Iterator[Case]:
    """Yield the cases of roster.json that are signed."""
    base = file(FIRST)

    def case(name: str, made: Document, is_valid: bool, **given: Any) -> Case:
        reason = None if is_valid else "*"
        return {"name": name, "input": changed("first", base, file(made)), **given, "reason": reason}

    for name, made, is_valid in alone():
        yield case(name, made, is_valid)
    for name, made in hybrid():
        yield case(name, made, False)
    for name, before, made, is_valid in chains():
        yield case(name, made, is_valid, before=list(before))


def receipt_cases(person: Any) -> Iterator[Case]:
    """Yield receipts that are compared with a roster. person: the receipt, sealed for the first version."""
    text = compact(person)
    bare = compact(without(without(person, "record"), "sealingQuorum"))
    lied = compact(put(person, "claimId", "x"))
    yield from (_receipt(f"roster: {told}", text, text, names, reason) for told, names, reason in _COMPARED)
    yield _receipt("roster: a receipt without a record", text, bare, ("first",), None)
    yield _receipt("roster: no record, another quorum", text, bare, ("others",), None)
    yield _receipt("roster: another claim", text, lied, ("first",), "OTHER_ENTRY")
    note = b64decode(person["checkpoint"]["note"])
    yield from _forged_lines(person, note)
    for told, other, names, reason in (
        ("the log's line only", note.rpartition("\u2014".encode())[0], ("first",), "LOG_INVALID"),
        ("the log's line only, for development", note.rpartition("\u2014".encode())[0],
         ("development without witnesses",), None),
    ):  # fmt: skip
        made = compact(put(person, "checkpoint.note", b64encode(other).decode()))
        yield _receipt(f"roster: {told}", text, made, names, reason)


def _forged_lines(person: Any, note: bytes) -> Iterator[Case]:
    """Yield receipts with a forged line: each version is tried by itself, and knows its own witnesses."""
    text = compact(person)
    first, other = (
        f"\u2014 {each.key.name} {b64encode(each.key.key_id + bytes(72)).decode()}\n".encode()
        for each in _WITNESSES
    )
    for told, line, names, reason in (
        ("of a witness in force, cosigned as a former version demands", other, ("first", "second"), None),
        ("of a former witness, cosigned as the one in force demands", other, _RETURNED, None),
        ("of a witness of both versions", first, ("first", "second witnessed by both"), "LOG_INVALID"),
        ("of the only witness", first, ("first",), "LOG_INVALID"),
    ):
        made = compact(put(person, "checkpoint.note", b64encode(note + line).decode()))
        yield _receipt(f"roster: a forged line {told}", text, made, names, reason)


def _receipt(name: str, base: bytes, made: bytes, names: Sequence[str], reason: str | None) -> Case:
    given = {"roster": [f"roster {each}" for each in names]}
    return {"name": name, "input": changed("person", base, made), **given, "reason": reason}


def receipt_inputs() -> dict[str, str]:
    """Return the files of rosters that receipts are compared with."""
    used = {name for _, names, _ in _COMPARED for name in names} | {
        "development without witnesses",
        *_RETURNED,
    }
    return {f"roster {name}": file(_SHOWN[name]).decode("latin-1") for name in sorted(used)}


def _member_changed(**changes: Any) -> Document:
    made = json.loads(json.dumps(FIRST))
    for path, value in changes.items():
        made = put(made, path.replace("__", "."), value)
    return signed(made, *people.NAMES)


def _longer(number: int, **given: Any) -> Document:
    return signed(roster(number, names=(*people.NAMES, _D), **given), *people.NAMES)


_OTHER: RosterMember = people.roster_member("other", suite=_SUITE)
_SHOWN: dict[str, Document] = _BEFORE | {
    "others": roster(names=("other-a", "other-b", "other-c")),
    "three of three for development": roster(threshold=3, development=True),
    "another order": roster(names=(_C, _B, _A)),
    "a custodian more": roster(names=(*people.NAMES, _D)),
    "another custodian": roster(names=(_A, _B, _D)),
    "another key": _member_changed(people__0__hpke=_OTHER.to_json()["hpke"]),
    "another name": roster(quorum="others"),
    "longer": _longer(2),
    "longer, witnessed by another": _longer(2, witnesses=_WITNESSES[1:]),
    "second not signed": SECOND | {"signatures": SECOND["signatures"][:1]},
    "third": roster(3, witnesses=_WITNESSES[1:]),
    "second witnessed by both": roster(2, witnesses=_WITNESSES),
    "second witnessed by the first": roster(2),
    "second for development": roster(2, development=True, witnesses=_WITNESSES[1:]),
    "longer for development": _longer(2, development=True),
    "with the log's key": _member_changed(
        witness__witnesses__0__ed25519=encode_url(logs.SIGNER.key.public_key)
    ),
    **{
        f"witness named {name}": _member_changed(witness__witnesses__0__name=name)
        for name in ("log.example", "LOG.example.:1/x", "a.log.example/w", "xlog.example", "log.example.org")
    },
    "for development, witness named log.example": _member_changed(
        development=True, witness__witnesses__0__name="log.example"
    ),
}
_RETURNED = ("second witness", "second witnessed by the first")
_SHOWN["witnessed by a member"] = signed(_BEFORE["witnessed by a member"], *people.NAMES)
# What is told, the versions by name, and the reason.
_COMPARED: tuple[tuple[str, tuple[str, ...], str | None], ...] = (
    ("the quorum is in it", ("first",), None),
    ("of another name", ("another name",), None),
    ("the witnesses of a former version", ("first", "second"), None),
    ("the witnesses of a former version, twice", ("first", "second", "third"), None),
    ("a quorum of a former version", ("first", "longer"), None),
    ("witnesses and quorum of a former version", ("first", "longer, witnessed by another"), None),
    ("other witnesses", ("second witness",), "LOG_INVALID"),
    ("more witnesses are demanded in force", ("first", "second witnessed by both"), None),
    ("witnesses for development", ("development", "second"), "LOG_INVALID"),
    ("witnesses for development, as in force", ("development", "second for development"), None),
    ("a quorum for development", ("development", "longer"), "OTHER_QUORUM"),
    ("a quorum for development, as in force", ("development", "longer for development"), None),
    ("a former version without witnesses", ("without witnesses", "second"), "LOG_INVALID"),
    ("others", ("others",), "OTHER_QUORUM"),
    ("another M", ("three of three for development",), "OTHER_QUORUM"),
    ("another order", ("another order",), "OTHER_QUORUM"),
    ("another number", ("a custodian more",), "OTHER_QUORUM"),
    ("another custodian", ("another custodian",), "OTHER_QUORUM"),
    ("another key", ("another key",), "OTHER_QUORUM"),
    ("no witnesses", ("without witnesses",), "ROSTER_INVALID"),
    ("a member is a witness", ("witnessed by a member",), "ROSTER_INVALID"),
    ("the log is a witness", ("with the log's key",), "ROSTER_INVALID"),
    ("a witness of the log's host", ("witness named log.example",), "ROSTER_INVALID"),
    ("a witness of the log's host, spelt otherwise", ("witness named LOG.example.:1/x",), "ROSTER_INVALID"),
    ("a witness under the log's host", ("witness named a.log.example/w",), "ROSTER_INVALID"),
    (
        "for development, a witness of the log's host",
        ("for development, witness named log.example",),
        "LOG_INVALID",
    ),
    ("a witness of another host", ("witness named xlog.example",), "LOG_INVALID"),
    ("a witness of a longer host", ("witness named log.example.org",), "LOG_INVALID"),
    ("the second version alone", ("second",), "ROSTER_INVALID"),
    ("the versions in another order", ("second", "first"), "ROSTER_INVALID"),
    ("one version twice", ("first", "first"), "ROSTER_INVALID"),
    ("a version that too few signed", ("first", "second not signed"), "ROSTER_INVALID"),
)
