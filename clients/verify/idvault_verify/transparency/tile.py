"""The log as static files: tiles of 256 hashes and bundles of 256 entries (C2SP tlog-tiles).

A tile of level l holds the hashes of perfect subtrees of level 8 l; a full tile is never
written again. The rightmost tile of each level is partial, with its width in its path.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from idvault_verify.transparency.tree import (
    HASH_SIZE,
    LogError,
    OutOfRangeError,
    Position,
    check_hash,
    check_size,
    node_hash,
)

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_ENTRY_BYTES = 2**16 - 1
CONTENT_TYPE = "application/octet-stream"
CHECKPOINT_PATH = "checkpoint"
CHECKPOINT_CONTENT_TYPE = "text/plain; charset=utf-8"

_MAX_LEVEL = 63
_MAX_INDEX = 2**64 - 1
_LENGTH_BYTES = 2
_CACHED_TILES = 64
_PATH = re.compile(
    r"tile/(?P<level>entries|[0-9]{1,2})/(?P<index>(?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/(?P<width>[0-9]{1,3}))?",
    re.ASCII,
)


class TileError(LogError):
    """A tile, a bundle or its path is refused."""


class MalformedPathError(TileError):
    """The text is not the path of a tile or a bundle."""


class MalformedTileError(TileError):
    """The bytes are not those of this tile or bundle."""


class EntryTooLargeError(TileError):
    """An entry has more than 65,535 bytes and fits in no bundle."""


@dataclass(frozen=True, slots=True)
class Tile:
    """The position of a tile: its level (0 to 63), its index in the level, and its width (256 if full)."""

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        """Refuse a position that has no path."""
        if not 0 <= self.level <= _MAX_LEVEL:
            raise MalformedPathError("there is no such level")
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """The tile's path below the log's prefix."""
        return f"tile/{self.level}/{_index_path(self.index, self.width)}"

    @property
    def positions(self) -> tuple[Position, ...]:
        """The perfect subtrees whose hashes the tile holds, in order."""
        first = self.index * WIDTH
        return tuple(Position(self.level * HEIGHT, first + place) for place in range(self.width))


@dataclass(frozen=True, slots=True)
class Bundle:
    """The position of an entry bundle: its index and width (256 if full), as for the level-0 tile."""

    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        """Refuse a position that has no path."""
        _check_place(self.index, self.width)

    @property
    def path(self) -> str:
        """The bundle's path below the log's prefix."""
        return f"tile/entries/{_index_path(self.index, self.width)}"

    @property
    def start(self) -> int:
        """The index of the bundle's first entry."""
        return self.index * WIDTH

    @property
    def tile(self) -> Tile:
        """The tile of the entries' hashes."""
        return Tile(0, self.index, self.width)


def parse_path(path: str) -> Tile | Bundle:
    """Parse the canonical path of a tile or bundle; raises MalformedPathError for anything else."""
    found = _PATH.fullmatch(path)
    if found is None:
        raise MalformedPathError("this is not the path of a tile or a bundle")
    index = int(found["index"].replace("/", "").replace("x", ""))
    width = WIDTH if found["width"] is None else int(found["width"])
    level = found["level"]
    place = Bundle(index, width) if level == "entries" else Tile(int(level), index, width)
    if place.path != path:
        raise MalformedPathError("the path is not canonical")
    return place


def grown(old: int, new: int) -> Iterator[Tile]:
    """Yield the tiles to write when the tree grows from the old to the new size, level by level.

    They must be written before the checkpoint of the new size is published; every proof can then be built.
    """
    if not 0 <= old <= check_size(new):
        raise OutOfRangeError("a tree must not shrink")
    level = 0
    while old < new:
        for index in range(old // WIDTH, -(-new // WIDTH)):
            yield Tile(level, index, min(WIDTH, new - index * WIDTH))
        old, new, level = old // WIDTH, new // WIDTH, level + 1


def grown_bundles(old: int, new: int) -> Iterator[Bundle]:
    """Yield the entry bundles to write when the tree grows from the old to the new size."""
    for tile in grown(old, new):
        if tile.level:
            return
        yield Bundle(tile.index, tile.width)


def tile_of(position: Position, size: int) -> Tile:
    """Return the tile, in a tree of this size, with the subtree's hash or the hashes it is folded from."""
    level, height = divmod(position.level, HEIGHT)
    index = (position.index << height) // WIDTH
    width = min(WIDTH, (check_size(size) >> (level * HEIGHT)) - index * WIDTH)
    if position.index < 0 or ((position.index + 1) << position.level) > size:
        raise OutOfRangeError("a tree of this size has no such subtree")
    return Tile(level, index, width)


def encode_tile(hashes: Sequence[bytes]) -> bytes:
    """Return a tile's bytes: its hashes, one after the other."""
    return b"".join(check_hash(value) for value in hashes)


def decode_tile(data: bytes, width: int) -> tuple[bytes, ...]:
    """Return the first `width` hashes of a tile of that width, or of the full one (MalformedTileError)."""
    if len(data) not in {width * HASH_SIZE, WIDTH * HASH_SIZE}:
        raise MalformedTileError("a tile has a wrong length")
    return tuple(data[place * HASH_SIZE : (place + 1) * HASH_SIZE] for place in range(width))


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """Return a bundle's bytes: each entry after its 2-byte big-endian length; raises EntryTooLargeError."""
    return b"".join(map(encode_entry, entries))


def encode_entry(entry: bytes) -> bytes:
    """Return an entry as it is in a bundle; raises EntryTooLargeError."""
    if len(entry) > MAX_ENTRY_BYTES:
        raise EntryTooLargeError("an entry does not fit in a bundle")
    return len(entry).to_bytes(_LENGTH_BYTES, "big") + entry


def edges(size: int) -> tuple[Tile, ...]:
    """Return the partial tile of each level that has one, from the lowest level up.

    They hold the hash of every perfect subtree that no full tile holds; each of their hashes, and of the full
    tiles', is that of one full tile a level below.
    """
    found = []
    for level in range(-(-check_size(size).bit_length() // HEIGHT)):
        index, width = divmod(size >> level * HEIGHT, WIDTH)
        if width:
            found.append(Tile(level, index, width))
    return tuple(found)


def decode_bundle(data: bytes, width: int) -> tuple[bytes, ...]:
    """Return the first `width` entries of a bundle of that width, or of the full one (MalformedTileError)."""
    return tuple(read_bundle([data], width))


def read_bundle(parts: Iterable[bytes], width: int) -> Iterator[bytes]:
    """Yield the first `width` entries of a bundle of that width, or of the full one, as its bytes come in.

    Raises MalformedTileError, perhaps after some entries; at most one entry is kept beside a part.
    """
    count = 0
    for entry in _split(parts):
        count += 1
        if count > WIDTH:
            break
        if count <= width:
            yield entry
    if count not in {width, WIDTH}:
        raise MalformedTileError("a bundle has a wrong number of entries or is truncated")


def _split(parts: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for part in parts:
        held += part
        at = 0
        while len(held) - at >= _LENGTH_BYTES:
            start = at + _LENGTH_BYTES
            end = start + int.from_bytes(held[at:start], "big")
            if end > len(held):
                break
            yield bytes(held[start:end])
            at = end
        del held[:at]
    if held:
        raise MalformedTileError("a bundle has a wrong number of entries or is truncated")


class TileNodes:
    """Reads the perfect subtrees of a tree of one size from its tiles; an instance is a `tree.NodeReader`.

    The tiles are not verified: the caller must check the root or the proof against a checkpoint.
    """

    def __init__(self, size: int, read: Callable[[Tile], bytes]) -> None:
        """Set the reader of a tile's bytes; it may return the full tile for a partial one. 64 are cached."""
        self._size = check_size(size)
        self._tile = lru_cache(_CACHED_TILES)(lambda tile: decode_tile(read(tile), tile.width))

    def __call__(self, positions: Sequence[Position]) -> tuple[bytes, ...]:
        """Return the hashes of these subtrees; raises OutOfRangeError, MalformedTileError."""
        return tuple(self._node(position) for position in positions)

    def _node(self, position: Position) -> bytes:
        tile = tile_of(position, self._size)
        height = position.level % HEIGHT
        start = (position.index << height) % WIDTH
        row = self._tile(tile)[start : start + (1 << height)]
        while len(row) > 1:
            row = tuple(node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True))
        return row[0]


def _check_place(index: int, width: int) -> None:
    if not (0 <= index <= _MAX_INDEX and 1 <= width <= WIDTH):
        raise MalformedPathError("there is no such index or width")


def _index_path(index: int, width: int) -> str:
    digits = f"{index:03d}"
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    *head, last = (digits[at : at + 3] for at in range(0, len(digits), 3))
    path = "".join(f"x{group}/" for group in head) + last
    return path if width == WIDTH else f"{path}.p/{width}"
