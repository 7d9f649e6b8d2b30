"""Two genuine receipts, their mixtures, and receipts of a lying vault that logs whatever fits.

There are two genuine receipts, of a person and of an organisation, entries that a lying vault logged about
both, and receipts of records that a lying vault sealed in a form, or for a quorum, that no roster could have:
all of it is logged as it is stated. A case begins with the receipt `of`; `take` replaces members by those of
another receipt or entry, `set` by other values (None: the member is left out). `reason` is what the check
must say, None if it passes.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from typing import Any

from google.protobuf import json_format

from idvault.claim import api as claim_api
from idvault.claim.acts.claim import Receipt
from idvault.core.log_entry import Proved
from idvault_verify import seal
from idvault_verify.attest import hpke
from idvault_verify.attest.quorum import Quorum
from idvault_verify.event import Event, EventType
from idvault_verify.record import SealedRecord
from idvault_verify.transparency import entry
from tools.support import builders, logs, merkle, people
from tools.support.merkle import log_of, witness

WITNESS = witness("witness.example/w1", seed=2)
Case = dict[str, Any]
# Points of X25519 of small order.
SMALL_ORDER = (
    bytes(32),
    b"\x01" + bytes(31),
    bytes.fromhex("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    bytes.fromhex("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"),
)
_AT = datetime(2026, 2, 1, 12, 30, 7, tzinfo=UTC)
_OWNERS = ("person", "organisation")
_TOKENS = dict(zip(_OWNERS, ("acct_" + "1" * 26, "acct_" + "2" * 26), strict=True))
_CLAIMS = dict(zip(_OWNERS, ("ab" * 16, "cd" * 16), strict=True))
_QUORUMS = {
    "person": people.quorum(suite=hpke.X25519),
    "organisation": people.quorum(
        threshold=3, names=("custodian-d", "custodian-c", "custodian-b", "custodian-a"), suite=hpke.X25519
    ),
}
_ACTORS = ("system", "5e" * 16)
_MEMBERS = (
    *("accountToken", "claimId", "recordDigest", "quorum", "entry", "checkpoint", "sealingQuorum", "record"),
)
# The reason for which each nested member is refused if it is the other receipt's.
_NESTED = {
    "entry.leaf": "OTHER_ENTRY",
    "entry.openingKey": "OTHER_ENTRY",
    "entry.proof": "NOT_IN_LOG",
    "entry.proof.index": "NOT_IN_LOG",
    "entry.proof.treeSize": "NOT_IN_LOG",
    "entry.proof.hashes": "NOT_IN_LOG",
    "entry.proof.hashes.0": "NOT_IN_LOG",
    "checkpoint.note": "NOT_IN_LOG",
    "sealingQuorum.threshold": "OTHER_QUORUM",
    "sealingQuorum.custodians": "OTHER_QUORUM",
    "sealingQuorum.custodians.0": "OTHER_QUORUM",
    "sealingQuorum.custodians.0.custodian": "OTHER_QUORUM",
    "sealingQuorum.custodians.0.hpkePublicKey": "OTHER_QUORUM",
    "record.accountToken": "OTHER_RECORD",
    "record.relyingParty": "OTHER_RECORD",
    "record.recordId": "OTHER_RECORD",
    "record.sealingQuorumId": "OTHER_RECORD",
    "record.salt": "OTHER_RECORD",
    "record.commitment": "OTHER_RECORD",
    "record.ciphertext": "OTHER_RECORD",
    "record.shareHashes": "OTHER_RECORD",
}
_MISSING = _NESTED | {
    "accountToken": "NOT_A_RECEIPT",
    "claimId": "OTHER_ENTRY",
    "recordDigest": "OTHER_ENTRY",
    "quorum": "OTHER_QUORUM",
    "entry": "NOT_A_RECEIPT",
    "entry.leaf": "NOT_A_RECEIPT",
    "entry.proof": "NOT_COVERED",
    "checkpoint": "NOT_COVERED",
    "checkpoint.note": "NOT_COVERED",
    "sealingQuorum": "OTHER_QUORUM",
    "record": "OTHER_QUORUM",
    "record.formatVersion": "OTHER_RECORD",
}


def _record(owner: str) -> SealedRecord:
    """Return a record that shares no field with the other owner's but the format."""
    mark, quorum = ("p" if owner == "person" else "o").encode(), _QUORUMS[owner]
    return builders.record(
        account_token=_TOKENS[owner],
        relying_party=f"platform-{owner}",
        record_id=("d1" if owner == "person" else "d2") * 16,
        sealing_quorum_id=quorum.id,
        salt=mark * 32,
        commitment=mark * 32,
        ciphertext=mark * 540,
        share_hashes=tuple(mark * 31 + bytes([place]) for place in range(len(quorum.custodians))),
    )


_RECORDS = {owner: _record(owner) for owner in _OWNERS}


def _leaf(account: str, claim: str, digest: str, actor: str) -> tuple[bytes, bytes]:
    """Return a leaf and its opening key. The arguments are owners, and an actor."""
    key = f"{account}{claim}{digest}{actor}".encode().ljust(32, b"k")[-32:]
    return _entry(_TOKENS[account], _CLAIMS[claim], _RECORDS[digest].digest(), actor, key)


def _entry(account: str, claim: str, digest: bytes, actor: str, key: bytes) -> tuple[bytes, bytes]:
    fields: dict[str, str | bytes] = {
        "claim_id": claim,
        "state": "SUCCEEDED",
        "failure_reason": "",
        "record_digest": digest,
    }
    made = Event(EventType.CLAIM_SETTLE, actor, account, _AT, _AT, "11" * 16, key, fields)
    return entry.encode_leaf(made), key


def _lies() -> list[tuple[str, str, str, str]]:
    return list(product(_OWNERS, _OWNERS, _OWNERS, _ACTORS))


def _name(lie: tuple[str, ...]) -> str:
    return "log: " + ", ".join(lie)


def _proved(leaves: list[bytes], index: int, key: bytes) -> tuple[Proved, bytes]:
    proof = tuple(merkle.path(index, leaves))
    return Proved(leaves[index], key, index, len(leaves), proof), logs.signed(leaves, WITNESS, time=1)


def receipts() -> dict[str, Any]:
    """Return the two genuine receipts, and entry and checkpoint of what the lying vault logged."""
    lies, found = [(lie, *_leaf(*lie)) for lie in _lies()], dict[str, Any]()
    leaves = [*log_of(9), *(leaf for _, leaf, _ in lies)]
    whole = [*leaves, *log_of(4)]
    for index, (lie, _, key) in enumerate(lies, start=9):
        owner = lie[0]
        # The organisation's receipt was fetched later, when the log had more entries.
        proved, note = _proved(leaves if owner == "person" else whole, index, key)
        quorum: Quorum = _QUORUMS[owner]
        digest = _RECORDS[lie[2]].digest()
        made = Receipt(_TOKENS[owner], _CLAIMS[lie[1]], digest, quorum, proved, note, _RECORDS[owner])
        shown = json.loads(json_format.MessageToJson(claim_api.receipt_message(made)))
        if lie == (owner, owner, owner, "system"):
            found[owner] = shown
        found[_name(lie)] = {name: shown[name] for name in ("entry", "checkpoint")}
    return found | {name: _sealed(members, **given) for name, _, members, given in _SEALED}


def _members(*names: str, suite: str = hpke.X25519) -> list[tuple[str, bytes]]:
    """Return custodians and their keys."""
    return [(each.name, each.hpke_public_key) for each in people.quorum(names=names, suite=suite).custodians]


_THREE = _members("custodian-a", "custodian-b", "custodian-c")
_HYBRID = _members("custodian-a", "custodian-b", "custodian-c", suite=hpke.X_WING)
_MANY = _members(*(f"c{number}" for number in range(256)))


def _open_to_all() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Yield quorums of which a key is of small order, or has a number that no key of ML-KEM-768 has."""
    name, key = _HYBRID[0]
    for each in SMALL_ORDER:
        told = f"{each.hex()[:8]}...{each.hex()[-4:]}"
        yield f"sealed to the X25519 key {told}", [("custodian-a", each), *_THREE[1:]]
    yield "sealed to X-Wing with a key of small order", [(name, key[:-32] + SMALL_ORDER[0]), *_HYBRID[1:]]
    # The largest number that a coefficient cannot have is 4095, the least 3329.
    for told, other in (
        ("a number of 3329", (3329).to_bytes(2, "little") + key[2:]),
        ("a second number of 3329", key[:1] + bytes([key[1] & 15 | (3329 & 15) << 4, 3329 >> 4]) + key[3:]),
        ("a last number of 4095", key[:1149] + b"\xff\xff\xff" + key[1152:]),
    ):
        yield f"sealed to X-Wing with {told}", [(name, other), *_HYBRID[1:]]


# What a vault sealed: name, why it is refused, custodians, and what differs from 2 of them and the format.
_SEALED: list[tuple[str, str | None, list[tuple[str, bytes]], dict[str, Any]]] = [
    ("sealed for 2 of 3", None, _THREE, {}),
    ("sealed for 2 of 3 of X-Wing", None, _HYBRID, {}),
    ("sealed for 1 of 1", None, _THREE[:1], {"threshold": 1}),
    ("sealed for 3 of 3", None, _THREE, {"threshold": 3}),
    ("sealed for 2 of 255", None, _MANY[:255], {}),
    ("sealed for 2 of 256", "OTHER_QUORUM", _MANY, {}),
    ("sealed for 0 of 3", "OTHER_QUORUM", _THREE, {"threshold": 0}),
    ("sealed for -1 of 3", "OTHER_QUORUM", _THREE, {"threshold": -1}),
    ("sealed for 4 of 3", "OTHER_QUORUM", _THREE, {"threshold": 4}),
    ("sealed for 0 of 0", "OTHER_QUORUM", [], {"threshold": 0}),
    ("sealed for 1 of 0", "OTHER_QUORUM", [], {"threshold": 1}),
    *(
        (f"sealed to keys of {size} bytes", "OTHER_QUORUM", [(name, key[:size]) for name, key in _HYBRID], {})
        for size in (0, 1, 31, 33, 1215)
    ),
    ("sealed to a key that is longer", "OTHER_QUORUM", [*_THREE[:2], ("custodian-c", bytes(33))], {}),
    ("sealed to keys of two suites", "OTHER_QUORUM", [*_THREE[:2], _HYBRID[2]], {}),
    ("sealed to one key twice", "OTHER_QUORUM", [*_THREE[:2], ("custodian-c", _THREE[1][1])], {}),
    ("sealed to one custodian twice", "OTHER_QUORUM", [*_THREE[:2], ("custodian-b", _THREE[2][1])], {}),
    *(
        (f"sealed to a custodian {name!a}", "OTHER_QUORUM", [*_THREE[:2], (name, _THREE[2][1])], {})
        for name in ("", "C", "c\n", "-c", "c-", "c c", "c_c", "\u00e7", "\u0663", "c" * 64)
    ),
    *((name, "OTHER_QUORUM", members, {}) for name, members in _open_to_all()),
    ("sealed to a custodian of 63 letters", None, [*_THREE[:2], ("c" * 63, _THREE[2][1])], {}),
    *((f"sealed as format {each}", "OTHER_RECORD", _THREE, {"format_version": each}) for each in (0, 2)),
    *(
        (f"sealed with a commitment of {size} bytes", "OTHER_RECORD", _THREE, {"commitment": b"c" * size})
        for size in (0, 1, 31, 33)
    ),
    *(
        (f"sealed with a hash of {size} bytes", "OTHER_RECORD", _THREE,
         {"share_hashes": (b"1" * 32, b"2" * size, b"3" * 32)})
        for size in (0, 1, 31, 33)
    ),
]  # fmt: skip


def _sealed(members: list[tuple[str, bytes]], *, threshold: int = 2, **changes: Any) -> dict[str, Any]:
    """Return the receipt of a record that a vault sealed and logged, whatever its form is."""
    quorum_id = seal.quorum_id(threshold=threshold, members=tuple(members))
    hashes = tuple(bytes([place]) * 32 for place in range(len(members)))
    given = {"sealing_quorum_id": quorum_id, "share_hashes": hashes, **changes}
    record = replace(_RECORDS["person"], **given)
    leaf, key = _entry(_TOKENS["person"], _CLAIMS["person"], record.digest(), "system", b"k" * 32)
    proved, note = _proved([*log_of(3), leaf], 3, key)
    made = Receipt(
        *(record.account_token, _CLAIMS["person"], record.digest(), _QUORUMS["person"], proved, note, record)
    )
    message = claim_api.receipt_message(made)
    message.quorum, message.sealing_quorum.threshold = f"{threshold} of {len(members)}", threshold
    del message.sealing_quorum.custodians[:]
    for name, public_key in members:
        message.sealing_quorum.custodians.add(custodian=name, hpke_public_key=public_key)
    return dict(json.loads(json_format.MessageToJson(message)))


def cases() -> list[Case]:
    """Return every case, each with its own name."""
    found = [
        each
        for part in (_genuine(), _mixtures(), _nested(), _missing(), _lied(), _more(), _forms())
        for each in part
    ]
    assert len({case["name"] for case in found}) == len(found)
    return found


def _case(name: str, reason: str | None, of: str = "person", **changes: Any) -> Case:
    return {"name": name, "of": of, **changes, "reason": reason}


def _genuine() -> Iterator[Case]:
    for owner in _OWNERS:
        yield _case(f"the receipt of the {owner}", None, owner)


def _mixtures() -> Iterator[Case]:
    """Yield every mixture of the members of both receipts."""
    for owners in product(_OWNERS, repeat=len(_MEMBERS)):
        if len(set(owners)) == 1:
            continue
        of = dict(zip(_MEMBERS, owners, strict=True))
        taken = {name: "organisation" for name in _MEMBERS if of[name] == "organisation"}
        told = ", ".join(taken)
        yield _case(f"of the organisation: {told}", _mixed(of), take=taken)


def _mixed(of: dict[str, str]) -> str:
    if len({of[name] for name in ("accountToken", "claimId", "recordDigest", "entry")}) > 1:
        return "OTHER_ENTRY"
    if of["entry"] != of["checkpoint"]:
        return "NOT_IN_LOG"
    return "OTHER_RECORD" if of["record"] != of["recordDigest"] else "OTHER_QUORUM"


def _nested() -> Iterator[Case]:
    for path, reason in _NESTED.items():
        for of, other in (_OWNERS, _OWNERS[::-1]):
            yield _case(f"{path} of the {other} in the receipt of the {of}", reason, of, take={path: other})


def _missing() -> Iterator[Case]:
    for path, reason in _MISSING.items():
        yield _case(f"no {path}", reason, set={path: None})
    yield _case("a receipt without a record", None, set={"record": None, "sealingQuorum": None})


def _lied() -> Iterator[Case]:
    """Yield what a vault would show that logs whatever fits: each claim, digest and record of both."""
    for lie in _lies():
        account, claim, digest, actor = lie
        for record in _OWNERS:
            name = _name(lie)
            took = {"entry": name, "checkpoint": name, "accountToken": account, "claimId": claim}
            took |= {"recordDigest": digest}
            took |= dict.fromkeys(("record", "sealingQuorum", "quorum"), record)
            reason = "OTHER_RECORD" if len({account, digest, record}) > 1 else None
            reason = "OTHER_ENTRY" if actor != "system" else reason
            yield _case(f"{name}; the record of the {record}", reason, take=took)
        bare = {name: place for name, place in took.items() if name not in {"record", "sealingQuorum"}}
        yield _case(f"{_name(lie)}; no record", None if actor == "system" else "OTHER_ENTRY",
                    take=bare, set={"record": None, "sealingQuorum": None})  # fmt: skip


def _more() -> Iterator[Case]:
    for path in ("record.presentQuorumId", "record.suite"):
        yield _case(f"{path}, which nothing proves", "OTHER_RECORD", set={path: "x"})
    for size in ("0", "1", "24", "26", "-1"):
        yield _case(f"a proof for a tree of {size}", "NOT_IN_LOG", set={"entry.proof.treeSize": size})
    for text in ("", "x", "2 of 4", "3 of 3", "2  of 3", "02 of 3"):
        yield _case(f"the quorum {text!r}", "OTHER_QUORUM", set={"quorum": text})


def _forms() -> Iterator[Case]:
    """Yield records and quorums that a vault logs as they are, of a form that no roster could have."""
    for name, reason, _, _ in _SEALED:
        yield _case(name, reason, name)


def apply(receipts: dict[str, Any], case: Case) -> dict[str, Any]:
    """Return the receipt of a case."""
    made: dict[str, Any] = json.loads(json.dumps(receipts[case["of"]]))
    changes = {path: _at(receipts[source], path) for path, source in case.get("take", {}).items()}
    for path, value in {**changes, **case.get("set", {})}.items():
        *before, name = path.split(".")
        place: Any = made
        for each in before:
            place = place[int(each) if isinstance(place, list) else each]
        key: Any = int(name) if isinstance(place, list) else name
        if value is None:
            del place[key]
        else:
            place[key] = value
    return made


def _at(value: Any, path: str) -> Any:
    for each in path.split("."):
        value = value[int(each) if isinstance(value, list) else each]
    return value
