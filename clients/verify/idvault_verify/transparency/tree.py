"""Merkle tree hashing of the log: leaves, nodes, and roots by streaming (RFC 6962 2.1, RFC 9162 2.1).

A perfect subtree is identified by level and index: it covers the 2^level leaves from index * 2^level on.
Every other subtree that a root or a proof needs is folded from perfect ones, so only those are stored.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
MAX_SIZE = 2**63 - 1

_LEAF_PREFIX = b"\x00"
_NODE_PREFIX = b"\x01"
_SIZE_BYTES = 8


class LogError(Exception):
    """The data is not part of the log, or cannot be; reason: a word, as in docs/formats.md."""

    reason = "MALFORMED"


class OutOfRangeError(LogError):
    """A size or an index does not exist in a tree of this size."""


class MalformedHashError(LogError):
    """A hash, or a sequence of hashes, has a wrong length."""


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a perfect subtree: its level (0 is the leaves) and its index within the level."""

    level: int
    index: int


NodeReader = Callable[[Sequence[Position]], Sequence[bytes]]
"""Returns the 32-byte hashes of perfect subtrees, in the order asked."""


def leaf_hash(leaf: bytes) -> bytes:
    """Return the 32-byte hash of a leaf's bytes."""
    return sha256(_LEAF_PREFIX + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the 32-byte hash of an inner node from the hashes of its two children."""
    return sha256(_NODE_PREFIX + left + right).digest()


def check_hash(value: bytes) -> bytes:
    """Return the value if it has the length of a hash; raises MalformedHashError otherwise."""
    if len(value) != HASH_SIZE:
        raise MalformedHashError(f"a hash must have {HASH_SIZE} bytes, not {len(value)}")
    return value


def check_size(size: int) -> int:
    """Return the size if a tree can have it (0 to 2^63 - 1); raises OutOfRangeError otherwise."""
    if not 0 <= size <= MAX_SIZE:
        raise OutOfRangeError("no tree has this size")
    return size


def decompose(start: int, end: int) -> tuple[Position, ...]:
    """Return the perfect subtrees that make up the leaves start to end - 1, largest first.

    start must be a multiple of the largest one's size, as in every subtree of RFC 6962.
    """
    positions: list[Position] = []
    while start < end:
        level = (end - start).bit_length() - 1
        positions.append(Position(level, start >> level))
        start += 1 << level
    return tuple(positions)


def fold(hashes: Sequence[bytes]) -> bytes:
    """Return the hash of a subtree from its perfect subtrees, largest first; without any, the empty root."""
    if not hashes:
        return EMPTY_ROOT
    *rest, node = hashes
    for left in reversed(rest):
        node = node_hash(left, node)
    return node


def root_at(read: NodeReader, size: int) -> bytes:
    """Return the root of the tree's first `size` leaves; reads O(log size) hashes."""
    return fold([check_hash(value) for value in read(decompose(0, check_size(size)))])


class CompactRange:
    """The tree so far as O(log n) hashes; leaves are appended one by one."""

    def __init__(self, size: int = 0, nodes: Sequence[bytes] = ()) -> None:
        """Start empty, or from a tree of this size, given by its perfect subtrees' hashes, largest first."""
        if check_size(size).bit_count() != len(nodes):
            raise MalformedHashError("the number of perfect subtrees does not match the size")
        self._size = size
        self._nodes = [check_hash(node) for node in nodes]

    @property
    def size(self) -> int:
        """The number of leaves."""
        return self._size

    @property
    def nodes(self) -> tuple[bytes, ...]:
        """The hashes of the perfect subtrees, largest first (those of `decompose(0, size)`)."""
        return tuple(self._nodes)

    def append(self, value: bytes) -> list[bytes]:
        """Append a leaf hash and return the hashes of all perfect subtrees that this leaf completes.

        Item l is the subtree of level l and index (size - 1) >> l; the first item is the leaf itself.
        """
        completed = [check_hash(value)]
        size = check_size(self._size + 1)
        below = self._size
        while below & 1:
            completed.append(node_hash(self._nodes.pop(), completed[-1]))
            below >>= 1
        self._nodes.append(completed[-1])
        self._size = size
        return completed

    def root(self) -> bytes:
        """Return the root of the leaves so far."""
        return fold(self._nodes)

    def to_bytes(self) -> bytes:
        """Return the state: the size as 8 bytes, big-endian, followed by the hashes of `nodes`."""
        return self._size.to_bytes(_SIZE_BYTES, "big") + b"".join(self._nodes)

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Parse the output of `to_bytes`; raises MalformedHashError or OutOfRangeError if it is malformed."""
        if len(data) < _SIZE_BYTES:
            raise MalformedHashError("the state of a tree is truncated")
        size = int.from_bytes(data[:_SIZE_BYTES], "big")
        return cls(size, [data[at : at + HASH_SIZE] for at in range(_SIZE_BYTES, len(data), HASH_SIZE)])
