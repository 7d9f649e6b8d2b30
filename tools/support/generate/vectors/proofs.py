"""Vectors of inclusion and consistency proofs, in hex, recomputed by RFC 6962's own definitions."""

from collections.abc import Iterator, Sequence
from typing import Any

from idvault_verify.transparency.tree import leaf_hash, node_hash
from tools.support.generate.vectors.case import Case
from tools.support.merkle import largest_power, log_of, mth, path, subproof

_SIZES = (1, 2, 3, 5, 8, 9, 13)


def inclusion_page() -> dict[str, Any]:
    """Return the content of inclusion.json."""
    return {"source": __doc__, "inputs": {}, "cases": list(_inclusions())}


def consistency_page() -> dict[str, Any]:
    """Return the content of consistency.json."""
    return {"source": __doc__, "inputs": {}, "cases": list(_consistencies())}


def _inclusions() -> Iterator[Case]:
    for size in _SIZES:
        leaves = log_of(size)
        root = mth(leaves)
        for index in sorted({0, 1, size // 2, size - 2, size - 1} & set(range(size))):
            proof = path(index, leaves)
            genuine = {"leaf": leaves[index], "index": index, "size": size, "root": root, "hashes": proof}
            yield _inclusion(f"entry {index} of {size}", genuine)
            for name, changes in _changed(genuine):
                yield _inclusion(f"entry {index} of {size}, {name}", genuine | changes)


def _changed(given: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    proof, index, size = given["hashes"], given["index"], given["size"]
    yield "a hash more", {"hashes": [*proof, bytes(32)]}
    yield "another leaf", {"leaf": given["leaf"] + b"x"}
    yield "another root", {"root": bytes(32)}
    yield "a root of 31 bytes", {"root": given["root"][:31]}
    for other in sorted({index - 1, index + 1, size}):
        yield f"at {other}", {"index": other}
    for other in sorted({size - 1, size + 1, 0, 2**53}):
        yield f"in a tree of {other}", {"size": other}
    if proof:
        yield "a hash less", {"hashes": proof[:-1]}
        yield "the first hash missing", {"hashes": proof[1:]}
        yield "a hash changed", {"hashes": [bytes(32), *proof[1:]]}
        yield "a hash of 31 bytes", {"hashes": [*proof[:-1], proof[-1][:31]]}
        yield "a hash of 33 bytes", {"hashes": [*proof[:-1], proof[-1] + b"x"]}
        yield "hashes in another order", {"hashes": proof[::-1]}


def _inclusion(name: str, given: dict[str, Any]) -> Case:
    holds = (
        _root_by(given["index"], given["size"], leaf_hash(given["leaf"]), given["hashes"]) == given["root"]
    )
    shown = {
        "leaf": given["leaf"].hex(),
        "index": str(given["index"]),
        "size": str(given["size"]),
        "root": given["root"].hex(),
        "hashes": [each.hex() for each in given["hashes"]],
    }
    return {"name": name, **shown, "reason": None if holds else "NOT_IN_LOG"}


def _root_by(index: int, size: int, leaf: bytes, hashes: Sequence[bytes]) -> bytes | None:
    """Return the root to which a path leads by the definition of PATH, None if it is no path of the tree."""
    if not 0 <= index < size or any(len(each) != 32 for each in hashes):
        return None
    if size == 1:
        return leaf if not hashes else None
    if not hashes:
        return None
    middle = largest_power(size)
    *inner, last = hashes
    if index < middle:
        left = _root_by(index, middle, leaf, inner)
        return None if left is None else node_hash(left, last)
    right = _root_by(index - middle, size - middle, leaf, inner)
    return None if right is None else node_hash(last, right)


def _consistencies() -> Iterator[Case]:
    for new in (0, *_SIZES):
        leaves = log_of(new)
        for old in sorted({0, 1, 2, 3, 4, 7, 8, new - 1, new} & set(range(new + 1))):
            proof = subproof(old, leaves) if 0 < old < new else []
            genuine = {"old": old, "new": new, "old_root": mth(leaves[:old]), "new_root": mth(leaves)}
            genuine |= {"hashes": proof}
            yield _consistency(f"{old} to {new}", genuine, None)
            for name, changes in _altered(genuine):
                yield _consistency(f"{old} to {new}, {name}", genuine | changes, "FORKED")


def _altered(given: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield changes of which none can hold: of a root, of a hash, of how many hashes there are."""
    proof, old, new = given["hashes"], given["old"], given["new"]
    yield "a hash more", {"hashes": [*proof, bytes(32)]}
    yield "another root before", {"old_root": bytes(32)}
    yield "a root before of 31 bytes", {"old_root": given["old_root"][:31]}
    yield "a root after of 31 bytes", {"new_root": given["new_root"][:31]}
    yield "a root after of no bytes", {"new_root": b""}
    yield "a root after of 33 bytes", {"new_root": given["new_root"] + b"x"}
    yield "a smaller tree after", {"new": old - 1}
    yield "a negative size before", {"old": -1}
    if old:
        yield "another root after", {"new_root": bytes(32)}
    if new == 0:
        yield "a root of no leaves after that is another", {"new_root": bytes(32)}
    if proof:
        yield "a hash less", {"hashes": proof[:-1]}
        yield "a hash changed", {"hashes": [bytes(32), *proof[1:]]}
        yield "a hash of 31 bytes", {"hashes": [proof[0][:31], *proof[1:]]}
        yield "no hashes", {"hashes": []}


def _consistency(name: str, given: dict[str, Any], reason: str | None) -> Case:
    shown = {
        "old": str(given["old"]),
        "new": str(given["new"]),
        "old_root": given["old_root"].hex(),
        "new_root": given["new_root"].hex(),
        "hashes": [each.hex() for each in given["hashes"]],
    }
    return {"name": name, **shown, "reason": reason}
