"""Merkle tree hashing against published vectors and the recursive definition."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault_verify.transparency.tree import (
    EMPTY_ROOT,
    HASH_SIZE,
    MAX_SIZE,
    CompactRange,
    LogError,
    MalformedHashError,
    OutOfRangeError,
    Position,
    check_hash,
    decompose,
    fold,
    leaf_hash,
    node_hash,
    root_at,
)
from tools.support.merkle import log_of, mth, reader, vectors

PUBLISHED = vectors("tree")
LEAVES = [bytes.fromhex(leaf) for leaf in PUBLISHED["leaves"]]


def grow(leaves: list[bytes]) -> CompactRange:
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    return tree


def test_published_hashes() -> None:
    """Leaves, nodes and the empty root hash as published."""
    assert EMPTY_ROOT.hex() == PUBLISHED["empty_root"]
    for leaf, expected in PUBLISHED["leaf_hashes"].items():
        assert leaf_hash(bytes.fromhex(leaf)).hex() == expected
    for left, right, expected in PUBLISHED["node_hashes"]:
        assert node_hash(bytes.fromhex(left), bytes.fromhex(right)).hex() == expected


def test_published_roots_and_nodes() -> None:
    """Appending the published leaves gives every published root and node."""
    tree = CompactRange()
    nodes: list[list[str]] = [[], [], [], []]
    assert tree.root().hex() == PUBLISHED["roots"][0]
    for leaf, expected in zip(LEAVES, PUBLISHED["roots"][1:], strict=True):
        for level, completed in enumerate(tree.append(leaf_hash(leaf))):
            assert len(nodes[level]) == (tree.size - 1) >> level
            nodes[level].append(completed.hex())
        assert tree.root().hex() == expected
        assert root_at(reader(LEAVES), tree.size).hex() == expected
    assert nodes == PUBLISHED["nodes"]


def test_published_subtrees() -> None:
    """All 581 subtrees of a tree of 130 leaves fold to the published accumulated hash."""
    read = reader([bytes([value]) for value in range(130)])
    accumulated = sha256()
    for end in range(1, 131):
        for start in range(end):
            if start % (1 << (end - start - 1).bit_length()) == 0:
                value = fold(read(decompose(start, end)))
                accumulated.update(f"[{start}, {end}) {value.hex()}\n".encode())
    assert accumulated.hexdigest() == PUBLISHED["accumulated"]["subtree_hashes"]


@given(st.lists(st.binary(max_size=40), max_size=70))
def test_streaming_equals_the_definition(leaves: list[bytes]) -> None:
    """The streamed root, and the root folded from stored subtrees, match the recursive definition."""
    tree = grow(leaves)
    assert tree.root() == mth(leaves) == root_at(reader(leaves), len(leaves))
    assert list(tree.nodes) == reader(leaves)(decompose(0, len(leaves)))


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_state_survives_storage(stored: int, more: int) -> None:
    """A tree restored from bytes continues unchanged."""
    leaves = log_of(stored + more)
    tree = CompactRange.from_bytes(grow(leaves[:stored]).to_bytes())
    assert tree.size == stored
    for leaf in leaves[stored:]:
        tree.append(leaf_hash(leaf))
    assert tree.to_bytes() == grow(leaves).to_bytes()
    assert len(tree.to_bytes()) == 8 + HASH_SIZE * (stored + more).bit_count()


def test_a_state_that_is_none_is_refused() -> None:
    """Truncated, extended, miscounted and oversized states are refused."""
    state = grow(log_of(5)).to_bytes()
    for bad in (b"", state[:7], state[:-1], state + b"\x00", state + bytes(32), state[:-32]):
        with pytest.raises(MalformedHashError):
            CompactRange.from_bytes(bad)
    with pytest.raises(OutOfRangeError):
        CompactRange.from_bytes(b"\x80" + bytes(7) + bytes(32))
    with pytest.raises(OutOfRangeError):
        CompactRange(-1)


def test_the_largest_tree_does_not_grow() -> None:
    """A tree of 2^63 - 1 leaves refuses another leaf and does not change."""
    tree = CompactRange(MAX_SIZE, [bytes(32)] * 63)
    before = tree.to_bytes()
    with pytest.raises(OutOfRangeError):
        tree.append(bytes(32))
    assert tree.to_bytes() == before


def test_only_hashes_are_hashes() -> None:
    """Anything but 32 bytes is refused as a hash."""
    with pytest.raises(MalformedHashError):
        CompactRange().append(bytes(31))
    with pytest.raises(MalformedHashError):
        root_at(lambda _: [bytes(33)], 1)
    with pytest.raises(LogError, match="a hash must have 32 bytes, not 0"):
        check_hash(b"")


def test_positions_of_a_subtree() -> None:
    """A subtree decomposes into perfect ones, the largest first."""
    assert decompose(8, 13) == (Position(2, 2), Position(0, 12))
    assert decompose(3, 3) == ()
