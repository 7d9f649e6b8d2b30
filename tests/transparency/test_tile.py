"""Tiles and entry bundles: paths, contents, growth, and proofs from tiles alone."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from idvault_verify.transparency.proof import (
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from idvault_verify.transparency.tile import (
    MAX_ENTRY_BYTES,
    WIDTH,
    Bundle,
    EntryTooLargeError,
    MalformedPathError,
    MalformedTileError,
    Tile,
    TileNodes,
    decode_bundle,
    decode_tile,
    edges,
    encode_bundle,
    encode_tile,
    grown,
    grown_bundles,
    parse_path,
    read_bundle,
    tile_of,
)
from idvault_verify.transparency.tree import CompactRange, OutOfRangeError, Position, leaf_hash, root_at
from tools.support.merkle import log_of, vectors

PUBLISHED = vectors("tile")
BIG = 70_000


class Store:
    """The perfect subtrees and roots of a log that grew to 70,000 entries."""

    def __init__(self) -> None:
        self.nodes: dict[Position, bytes] = {}
        self.roots = [CompactRange().root()]
        tree = CompactRange()
        for leaf in log_of(BIG):
            for level, value in enumerate(tree.append(leaf_hash(leaf))):
                self.nodes[Position(level, (tree.size - 1) >> level)] = value
            self.roots.append(tree.root())

    def tile(self, tile: Tile) -> bytes:
        """Return the bytes of a tile, from its subtrees."""
        return encode_tile([self.nodes[position] for position in tile.positions])


@pytest.fixture(scope="module")
def store() -> Store:
    """Return the store, made once."""
    return Store()


def test_published_paths() -> None:
    """Published paths are written and read."""
    for level, index, width, path in PUBLISHED["tiles"]:
        tile = Tile(level, index, width or WIDTH)
        assert tile.path == path
        assert parse_path(path) == tile
    for index, width, path in PUBLISHED["entries"]:
        bundle = Bundle(index, width or WIDTH)
        assert bundle.path == path
        assert parse_path(path) == bundle
        assert bundle.tile == Tile(0, index, width or WIDTH)
        assert bundle.start == index * 256


@pytest.mark.parametrize(
    "path",
    [
        *PUBLISHED["malformed"],
        "",
        "checkpoint",
        "tile/0/000/",
        "/tile/0/000",
        "tile/00/000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/x000/001",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/data/000",
        "tile/0/../000",
        "tile/entries/000.p/256",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
    ],
)
def test_malformed_paths(path: str) -> None:
    """Non-canonical paths are refused, so no path leads out of the directory."""
    with pytest.raises(MalformedPathError):
        parse_path(path)


@given(st.integers(0, 63), st.integers(0, 2**64 - 1), st.integers(1, 256))
def test_paths_read_back(level: int, index: int, width: int) -> None:
    """Every tile and bundle has exactly one path."""
    for place in (Tile(level, index, width), Bundle(index, width)):
        assert parse_path(place.path) == place


def test_places_that_do_not_exist() -> None:
    """Impossible levels, indices and widths are refused."""
    for level, index, width in ((64, 0, 1), (-1, 0, 1), (0, -1, 1), (0, 2**64, 1), (0, 0, 0), (0, 0, 257)):
        with pytest.raises(MalformedPathError):
            Tile(level, index, width)


@pytest.mark.parametrize("size", PUBLISHED["widths"])
def test_published_widths(size: str) -> None:
    """The trees of the specification have the listed tiles."""
    tiles = list(grown(0, int(size)))
    levels = PUBLISHED["widths"][size]
    assert {tile.level for tile in tiles} == set(range(len(levels)))
    for level, (full, partial) in enumerate(levels):
        widths = [tile.width for tile in tiles if tile.level == level]
        assert widths == [WIDTH] * full + [partial] * bool(partial)


def slow_tiles(size: int) -> set[Tile]:
    """Return all tiles of a tree by the formula of the specification: floor(s / 256^l) hashes at level l."""
    tiles = set()
    level = 0
    while count := size // 256**level:
        full, partial = divmod(count, 256)
        tiles |= {Tile(level, index) for index in range(full)}
        tiles |= {Tile(level, full, partial)} if partial else set()
        level += 1
    return tiles


@given(st.integers(0, 200_000), st.integers(0, 2_000))
def test_growth_writes_what_is_new(old: int, more: int) -> None:
    """Exactly the tiles of the new tree that the old one lacked are written, each once."""
    written = list(grown(old, old + more))
    assert len(written) == len(set(written))
    assert set(written) == slow_tiles(old + more) - slow_tiles(old)
    bundles = list(grown_bundles(old, old + more))
    assert bundles == [Bundle(tile.index, tile.width) for tile in written if tile.level == 0]


def test_a_tree_does_not_shrink() -> None:
    """A smaller or impossible tree is refused, and nothing is written if nothing was added."""
    for old, new in ((2, 1), (-1, 1), (0, 2**63)):
        with pytest.raises(OutOfRangeError):
            list(grown(old, new))
    assert not list(grown(5, 5))
    assert not list(grown_bundles(5, 5))
    assert len(list(grown(2**63 - 2, 2**63 - 1))) == 1


@given(st.lists(st.binary(max_size=50), min_size=1, max_size=30))
def test_bundles_read_back(entries: list[bytes]) -> None:
    """Entries parse back from a bundle; a truncated, longer or miscounted bundle is refused."""
    data = encode_bundle(entries)
    assert decode_bundle(data, len(entries)) == tuple(entries)
    for bad, width in ((data[:-1], len(entries)), (data + b"\x00", len(entries)), (data, len(entries) + 1)):
        with pytest.raises(MalformedTileError):
            decode_bundle(bad, width)


def test_an_entry_fits_or_is_refused() -> None:
    """An entry has 65,535 bytes at most."""
    entry = bytes(MAX_ENTRY_BYTES)
    assert encode_bundle([b"ab", b""]) == b"\x00\x02ab\x00\x00"
    assert decode_bundle(encode_bundle([entry]), 1) == (entry,)
    with pytest.raises(EntryTooLargeError):
        encode_bundle([entry + b"x"])


def test_a_full_file_serves_for_a_partial_one() -> None:
    """A log may delete partial files once the full one exists, which starts with them."""
    entries = tuple(log_of(WIDTH))
    hashes = tuple(leaf_hash(entry) for entry in entries)
    assert decode_bundle(encode_bundle(entries), 5) == entries[:5]
    assert decode_tile(encode_tile(hashes), 5) == hashes[:5]
    assert len(encode_tile(hashes)) == 8192
    for width in (4, 6, 255):
        with pytest.raises(MalformedTileError):
            decode_tile(encode_tile(hashes[:5]), width)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 65_535, 65_536, 65_537, BIG])
def test_roots_and_proofs_from_tiles_alone(store: Store, size: int) -> None:
    """A tree's tiles give its root and valid proofs, and no missing tile is read."""
    there = slow_tiles(size)

    def read(tile: Tile) -> bytes:
        assert tile in there
        return store.tile(tile)

    nodes = TileNodes(size, read)
    assert root_at(nodes, size) == store.roots[size]
    for index in sorted({0, size // 3, size // 2, size - 1}):
        proof = prove_inclusion(nodes, index=index, size=size)
        leaf = leaf_hash(b"entry %d" % index)
        verify_inclusion(leaf_hash=leaf, index=index, size=size, root=store.roots[size], proof=proof)
    for old in sorted({1, size // 3 + 1, size // 2 + 1, size}):
        proof = prove_consistency(nodes, old=old, new=size)
        roots = {"old_root": store.roots[old], "new_root": store.roots[size]}
        verify_consistency(old=old, new=size, proof=proof, **roots)


@given(level=st.integers(0, 16), data=st.data())
def test_every_subtree_is_in_its_tile(store: Store, level: int, data: st.DataObject) -> None:
    """The hash of any perfect subtree is read from the tile that `tile_of` names."""
    index = data.draw(st.integers(0, (BIG >> level) - 1))
    size = data.draw(st.integers((index + 1) << level, BIG))
    position = Position(level, index)
    assert TileNodes(size, store.tile)([position]) == (store.nodes[position],)
    assert tile_of(position, size) in slow_tiles(size)
    with pytest.raises(OutOfRangeError):
        tile_of(position, ((index + 1) << level) - 1)


def test_subtrees_that_are_not_there() -> None:
    """A negative index and an impossible size are refused."""
    for position, size in ((Position(0, -1), 5), (Position(0, 0), 0), (Position(0, 0), -1)):
        with pytest.raises(OutOfRangeError):
            tile_of(position, size)


def test_a_damaged_tile_is_refused() -> None:
    """A tile of a wrong length is refused."""
    with pytest.raises(MalformedTileError):
        TileNodes(3, lambda _: bytes(95))([Position(0, 0)])


@example(0)
@example(WIDTH)
@given(st.integers(0, 2**63 - 1))
def test_the_partial_tiles_of_a_size(size: int) -> None:
    """They are the last tile of each level that the tree writes, unless that one is full or has nothing."""
    found = {each.level: each for each in edges(size)}
    for level in range(8):
        nodes = size >> 8 * level
        assert (level in found) == bool(nodes % WIDTH)
        if level in found:
            assert found[level] == Tile(level, nodes // WIDTH, nodes % WIDTH)


@pytest.mark.parametrize("cut", [1, 2, 3, 50])
def test_a_bundle_comes_in_parts(cut: int) -> None:
    """However it is cut, its entries are the same; one more than a bundle can have is refused."""
    entries = [b"x" * (at % 5) for at in range(WIDTH)]
    data = encode_bundle(entries)
    assert list(read_bundle([data[at : at + cut] for at in range(0, len(data), cut)], WIDTH)) == entries
    with pytest.raises(MalformedTileError):
        list(read_bundle([data, encode_bundle([b"more"])], WIDTH))
