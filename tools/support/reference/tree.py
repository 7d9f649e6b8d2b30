"""The log: leaves, commitments, tree hashes and proofs (formats.md, section 9; RFC 6962)."""

import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256

from tools.support.reference.encoding import Part, RefusedError, check, encode, text_of, unpack

_LEAVES = {5: "idvault/log-entry/v1", 7: "idvault/log-entry/v2"}
_TYPE = re.compile(r"[a-z_]+(?::[a-z_]+){2}", re.ASCII)
_ACTOR = re.compile(r"[0-9a-f]{32}|system", re.ASCII)
_PLATFORM = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
_MINUTE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}Z", re.ASCII)
# The fields that each type of event commits to, in order.
FIELDS = {
    "verification:claim:settle": ("claim_id", "state", "failure_reason", "record_digest"),
    "disclosure:request:file": ("request", "record_digest"),
    "disclosure:share:release": ("disclosure_id", "custodian", "share_hash"),
    "disclosure:record:disclose": ("disclosure_id", "record_digest", "auditor_actor_id", "legal_basis"),
    "disclosure:request:approve": ("decision",),
    "disclosure:request:deny": ("decision",),
    "disclosure:record:open": ("disclosure_id", "record_digest"),
    "custodian:drill:renew": ("record_id", "quorum_id", "record_digest"),
    "custodian:drill:pass": ("paper",),
    "custody:shares:handover": ("batch", "count"),
    "custody:handover:end": ("paper", "count"),
    "roster:version:adopted": ("version", "hash"),
}


@dataclass(frozen=True)
class Leaf:
    """The public content of an entry. platform: None in the first version; tag: likewise."""

    type: str
    minute: str
    actor_id: str
    commitment: bytes
    platform: str | None = None
    tag: bytes | None = None


def commitment(opening_key: bytes, account_token: str, type: str, *fields: Part) -> bytes:
    """Return what a leaf commits to; fields: those of the type, in order."""
    details = encode(type, *fields)
    return hmac.digest(opening_key, encode("idvault/log-commitment/v1", account_token, details), "sha256")


def write_leaf(leaf: Leaf) -> bytes:
    own = (leaf.type, leaf.minute, leaf.actor_id, leaf.commitment)
    if leaf.platform is None:
        return encode(_LEAVES[5], *own)
    return encode(_LEAVES[7], *own, leaf.platform, leaf.tag or b"")


def read_leaf(data: bytes) -> Leaf:
    """Return the content of a leaf."""
    parts = unpack(data)
    check(len(parts) in _LEAVES and len(parts[4]) == 32, "this is not a leaf")
    check(text_of(parts[0]) == _LEAVES[len(parts)], "a leaf of another version")
    leaf = Leaf(text_of(parts[1]), text_of(parts[2]), text_of(parts[3]), parts[4])
    if len(parts) == 7:
        leaf = replace(leaf, platform=text_of(parts[5]), tag=parts[6])
        _check_named(leaf)
    check(_TYPE.fullmatch(leaf.type) is not None, "a type is three words")
    check(_ACTOR.fullmatch(leaf.actor_id) is not None, "a wrong actor")
    check(_MINUTE.fullmatch(leaf.minute) is not None, "a wrong time")
    try:
        datetime.strptime(leaf.minute, "%Y-%m-%dT%H:%MZ")
    except ValueError:
        raise RefusedError("a time that never was") from None
    return leaf


def _check_named(leaf: Leaf) -> None:
    """Check what only a leaf of the second version has."""
    check(len(leaf.tag or b"") in (0, 16), "a wrong tag")
    if leaf.platform:
        check(_PLATFORM.fullmatch(leaf.platform) is not None, "no name of a platform")
        check(leaf.type.split(":")[-1] in ("miss", "overdue"), "a type that names no platform")


def check_commitment(
    data: bytes, *, opening_key: bytes, account_token: str, type: str, fields: Sequence[Part]
) -> Leaf:
    """Return a leaf that is of this type and commits to this account and these fields."""
    leaf = read_leaf(data)
    expected = commitment(opening_key, account_token, type, *fields)
    check((leaf.type, leaf.commitment) == (type, expected), "the leaf commits to something else")
    return leaf


def leaf_hash(leaf: bytes) -> bytes:
    return sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def root(hashes: Sequence[bytes]) -> bytes:
    """Return the root of leaf hashes."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    middle = _middle(len(hashes))
    return node_hash(root(hashes[:middle]), root(hashes[middle:]))


def inclusion(hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Return the proof that a leaf is in the tree, from the leaf up."""
    if len(hashes) == 1:
        return []
    middle = _middle(len(hashes))
    if index < middle:
        return [*inclusion(hashes[:middle], index), root(hashes[middle:])]
    return [*inclusion(hashes[middle:], index - middle), root(hashes[:middle])]


def check_inclusion(leaf: bytes, *, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> None:
    """Check that a leaf is at an index of the tree with the expected root."""
    check(0 <= index < size and all(len(each) == 32 for each in proof), "there is no such leaf")
    check(_climb(leaf_hash(leaf), index, size, list(proof)) == expected, "the proof leads elsewhere")


def consistency(hashes: Sequence[bytes], old: int, *, whole: bool = True) -> list[bytes]:
    """Return the proof that the tree of `old` leaves is the beginning of this tree."""
    if old == len(hashes):
        return [] if whole else [root(hashes)]
    middle = _middle(len(hashes))
    if old <= middle:
        return [*consistency(hashes[:middle], old, whole=whole), root(hashes[middle:])]
    return [*consistency(hashes[middle:], old - middle, whole=False), root(hashes[:middle])]


def check_consistency(
    *, old: int, old_root: bytes, new: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that a tree begins with an older one. Every tree begins with the one of no leaves."""
    check(0 <= old <= new and len(old_root) == len(new_root) == 32, "the sizes do not fit")
    if old == 0:
        check(
            not proof and old_root == root([]) and (new > 0 or new_root == root([])), "a wrong root or proof"
        )
        return
    check(all(len(each) == 32 for each in proof), "the sizes do not fit")
    rest = list(proof)
    before, after = _both(old, new, old_root, rest, whole=True)
    check(not rest and (before, after) == (old_root, new_root), "the proof leads elsewhere")


def _both(old: int, size: int, old_root: bytes, rest: list[bytes], *, whole: bool) -> tuple[bytes, bytes]:
    """Return the roots of the old part and of the whole of a subtree, taking hashes from the end."""
    if old == size:
        value = old_root if whole else _take(rest)
        return value, value
    middle = _middle(size)
    sibling = _take(rest)
    if old <= middle:
        before, after = _both(old, middle, old_root, rest, whole=whole)
        return before, node_hash(after, sibling)
    before, after = _both(old - middle, size - middle, old_root, rest, whole=False)
    return node_hash(sibling, before), node_hash(sibling, after)


def _climb(value: bytes, index: int, size: int, rest: list[bytes]) -> bytes:
    if size == 1:
        check(not rest, "the proof is too long")
        return value
    sibling, middle = _take(rest), _middle(size)
    if index < middle:
        return node_hash(_climb(value, index, middle, rest), sibling)
    return node_hash(sibling, _climb(value, index - middle, size - middle, rest))


def _take(rest: list[bytes]) -> bytes:
    check(bool(rest), "the proof is too short")
    return rest.pop()


def _middle(size: int) -> int:
    """Return the largest power of two that is smaller than the size."""
    middle = 1
    while middle * 2 < size:
        middle *= 2
    return middle
