"""Two genuine receipts, their mixtures, and receipts of a lying vault that logs whatever fits.

There are two genuine receipts, of a person and of an organisation, and entries that a lying vault logged
about both. A case begins with the receipt `of`; `take` replaces members by those of another receipt or entry,
`set` by other values (None: the member is left out). `reason` is what the check must say, None if it passes.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any

from google.protobuf import json_format

from idvault.claim import api as claim_api
from idvault.claim.acts.claim import Receipt
from idvault.core.log_entry import Proved
from idvault_verify.attest import hpke
from idvault_verify.attest.quorum import Quorum
from idvault_verify.event import Event, EventType
from idvault_verify.record import SealedRecord
from idvault_verify.transparency import entry
from tools.support import builders, logs, merkle, people
from tools.support.merkle import log_of, witness

WITNESS = witness("witness.example/w1", seed=2)
Case = dict[str, Any]
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
    """Return a leaf and its opening key."""
    key = f"{account}{claim}{digest}{actor}".encode().ljust(32, b"k")[-32:]
    fields: dict[str, str | bytes] = {
        "claim_id": _CLAIMS[claim],
        "state": "SUCCEEDED",
        "failure_reason": "",
        "record_digest": _RECORDS[digest].digest(),
    }
    made = Event(EventType.CLAIM_SETTLE, actor, _TOKENS[account], _AT, _AT, "11" * 16, key, fields)
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
    return found


def cases() -> list[Case]:
    """Return every case, each with its own name."""
    found = [
        each for part in (_genuine(), _mixtures(), _nested(), _missing(), _lied(), _more()) for each in part
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
