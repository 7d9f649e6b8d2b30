"""Receipts and disclosure histories: proofs that a file carries with it (formats.md, section 11)."""

import json
from base64 import b64decode
from collections.abc import Sequence
from typing import Any

from tests.support.reference import note, tree
from tests.support.reference.encoding import Part, base64, check
from tests.support.reference.note import Checkpoint, Key
from tests.support.reference.tree import Leaf


def check_receipt(text: str, *, log: Key, witnesses: Sequence[Key] = (), quorum: int = 0) -> Leaf:
    """Return the log entry that a receipt proves."""
    fields = json.loads(text)
    at = _checkpoint(fields, log, witnesses, quorum)
    return check_entry(
        fields["entry"],
        at,
        type="verification:claim:settle",
        account_token=fields["accountToken"],
        fields=(fields["claimId"], "SUCCEEDED", "", b64decode(fields["recordDigest"])),
    )


def check_entry(
    logged: dict[str, Any], at: Checkpoint, *, type: str, account_token: str, fields: Sequence[Part]
) -> Leaf:
    """Return the leaf of a logged entry that is in the tree and commits to these fields."""
    leaf = b64decode(logged["leaf"])
    opened = tree.check_commitment(
        leaf,
        opening_key=b64decode(logged["openingKey"]),
        account_token=account_token,
        type=type,
        fields=fields,
    )
    proof = logged["proof"]
    tree.check_inclusion(
        leaf,
        index=int(proof.get("index", 0)),
        size=at.size,
        proof=[b64decode(each) for each in proof.get("hashes", [])],
        expected=at.root,
    )
    return opened


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
) -> str:
    """Return a receipt file."""
    return json.dumps(
        {
            "accountToken": account_token,
            "claimId": claim_id,
            "recordDigest": base64(record_digest),
            "quorum": quorum,
            "entry": entry,
            "checkpoint": {"note": base64(checkpoint)},
        },
        indent=2,
    )


def _checkpoint(fields: dict[str, Any], log: Key, witnesses: Sequence[Key], quorum: int) -> Checkpoint:
    check("checkpoint" in fields, "no checkpoint covers the entry yet")
    return note.read(b64decode(fields["checkpoint"]["note"]), log=log, witnesses=witnesses, quorum=quorum)
