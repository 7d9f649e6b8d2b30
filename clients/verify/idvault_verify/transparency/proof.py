"""Inclusion and consistency proofs: plans, builds and verifies them (RFC 6962 2.1, RFC 9162 2.1).

A plan lists the perfect subtrees that a proof needs. The caller reads their O(log n) hashes from a database
or from tiles, also asynchronously, and then assembles the proof from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from idvault_verify.transparency.tree import (
    EMPTY_ROOT,
    LogError,
    NodeReader,
    OutOfRangeError,
    Position,
    check_hash,
    check_size,
    decompose,
    fold,
    node_hash,
)


class InclusionError(LogError):
    """The proof does not show that the leaf is at this index of the tree."""

    reason = "NOT_IN_LOG"


class ConsistencyError(LogError):
    """The proof does not show that the newer tree begins with the older one."""

    reason = "FORKED"


@dataclass(frozen=True, slots=True)
class ProofPlan:
    """The subtrees whose hashes make up a proof, each as the perfect subtrees that it is folded from."""

    subtrees: tuple[tuple[Position, ...], ...]

    @property
    def positions(self) -> tuple[Position, ...]:
        """All perfect subtrees to read, in the order in which `assemble` expects their hashes."""
        return tuple(position for subtree in self.subtrees for position in subtree)

    def assemble(self, hashes: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return the proof from the hashes of `positions`; raises MalformedHashError, OutOfRangeError."""
        if len(hashes) != len(self.positions):
            raise OutOfRangeError("the reader returned a wrong number of hashes")
        rest = iter([check_hash(value) for value in hashes])
        return tuple(fold([next(rest) for _ in subtree]) for subtree in self.subtrees)


def plan_inclusion(*, index: int, size: int) -> ProofPlan:
    """Plan PATH(index, D[size]) of RFC 6962 2.1.1; raise OutOfRangeError unless 0 <= index < size."""
    if not 0 <= index < check_size(size):
        raise OutOfRangeError("the tree has no such leaf")
    subtrees = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            subtrees.append(decompose(middle, end))
            end = middle
        else:
            subtrees.append(decompose(start, middle))
            start = middle
    return ProofPlan(tuple(reversed(subtrees)))


def plan_consistency(*, old: int, new: int) -> ProofPlan:
    """Plan PROOF(old, D[new]) of RFC 6962 2.1.2, empty if old is 0; raise OutOfRangeError if old > new."""
    if not 0 <= old <= check_size(new):
        raise OutOfRangeError("the older tree is larger than the newer one")
    subtrees = []
    start, end = 0, new
    while start < old < end:
        middle = start + _split(end - start)
        if old <= middle:
            subtrees.append(decompose(middle, end))
            end = middle
        else:
            subtrees.append(decompose(start, middle))
            start = middle
    if start:
        subtrees.append(decompose(start, end))
    return ProofPlan(tuple(reversed(subtrees)))


def prove_inclusion(read: NodeReader, *, index: int, size: int) -> tuple[bytes, ...]:
    """Return the audit path of a leaf in the tree of this size, from the leaf upwards."""
    plan = plan_inclusion(index=index, size=size)
    return plan.assemble(read(plan.positions))


def prove_consistency(read: NodeReader, *, old: int, new: int) -> tuple[bytes, ...]:
    """Return the proof that the tree of the new size begins with the tree of the old size."""
    plan = plan_consistency(old=old, new=new)
    return plan.assemble(read(plan.positions))


def verify_inclusion(*, leaf_hash: bytes, index: int, size: int, root: bytes, proof: Sequence[bytes]) -> None:
    """Check that the leaf hash is at this index of the tree (RFC 9162 2.1.3.2); raise InclusionError."""
    if not 0 <= index < size:
        raise InclusionError("the tree has no such leaf")
    node = leaf_hash
    place, last = index, size - 1
    for sibling in proof:
        if last == 0:
            raise InclusionError("the proof is too long")
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            place, last = _climb(place, last)
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise InclusionError("the proof is too short")
    # A hash of a different length would shift the boundary between two hashes that are hashed together.
    if any(len(value) != len(EMPTY_ROOT) for value in (leaf_hash, *proof)) or node != root:
        raise InclusionError("the proof leads to another root")


def verify_consistency(
    *, old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the newer tree begins with the older (RFC 9162 2.1.4.2); raise ConsistencyError otherwise.

    Every tree begins with the empty one, whose root is the hash of nothing and whose proof is empty.
    """
    if not 0 <= old <= new:
        raise ConsistencyError("the newer tree is smaller than the older one")
    if any(len(value) != len(EMPTY_ROOT) for value in (old_root, new_root, *proof)):
        raise ConsistencyError("a hash has a wrong length")
    for size, root in ((old, old_root), (new, new_root)):
        if size == 0 and root != EMPTY_ROOT:
            raise ConsistencyError("the root of an empty tree is wrong")
    if old in {0, new}:
        if proof or (old == new and old_root != new_root):
            raise ConsistencyError("two trees of one size differ, or a proof is given where none is needed")
        return
    _follow_consistency(old, new, old_root, new_root, proof)


def _follow_consistency(old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]) -> None:
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    place, last = old - 1, new - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    if not path:
        raise ConsistencyError("the proof is too short")
    old_node = new_node = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ConsistencyError("the proof is too long")
        if place & 1 or place == last:
            old_node, new_node = node_hash(sibling, old_node), node_hash(sibling, new_node)
            place, last = _climb(place, last)
        else:
            new_node = node_hash(new_node, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise ConsistencyError("the proof is too short")
    if (old_node, new_node) != (old_root, new_root):
        raise ConsistencyError("the proof leads to other roots")


def _climb(place: int, last: int) -> tuple[int, int]:
    """Skip the levels at which the last node has no sibling."""
    while place and not place & 1:
        place, last = place >> 1, last >> 1
    return place, last


def _split(size: int) -> int:
    """Return the largest power of two that is smaller than the size."""
    return 1 << ((size - 1).bit_length() - 1)
