"""The public files of a log, and its verification from them (formats.md, section 9; C2SP tlog-tiles)."""

from pathlib import Path

from tools.support.reference import note, tree
from tools.support.reference.encoding import check
from tools.support.reference.note import Checkpoint, Key

_WIDTH = 256


def place(index: int, width: int = _WIDTH) -> str:
    """Return the last part of the path of a tile or bundle."""
    digits = str(index)
    digits = digits.zfill((len(digits) + 2) // 3 * 3)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
    return path if width == _WIDTH else f"{path}.p/{width}"


def bundle(leaves: list[bytes]) -> bytes:
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def read_bundle(data: bytes) -> list[bytes]:
    leaves = []
    while data:
        end = 2 + int.from_bytes(data[:2], "big")
        check(end <= len(data), "a bundle is cut off")
        leaves.append(data[2:end])
        data = data[end:]
    return leaves


def verify(folder: Path, *, log: Key, witnesses: tuple[Key, ...] = (), quorum: int = 0) -> Checkpoint:
    """Recompute the whole log from its files; return its checkpoint."""
    found = note.read((folder / "checkpoint").read_bytes(), log=log, witnesses=witnesses, quorum=quorum)
    level = [tree.leaf_hash(leaf) for leaf in read_leaves(folder, found.size)]
    check(tree.root(level) == found.root, "the entries are not those of the checkpoint")
    number = 0
    while level:
        for at in range(0, len(level), _WIDTH):
            row = level[at : at + _WIDTH]
            path = f"tile/{number}/{place(at // _WIDTH, len(row))}"
            check((folder / path).read_bytes() == b"".join(row), "a tile is wrong")
        full = len(level) // _WIDTH
        level = [tree.root(level[at * _WIDTH : (at + 1) * _WIDTH]) for at in range(full)]
        number += 1
    return found


def read_leaves(folder: Path, size: int) -> list[bytes]:
    """Return the first entries of a log."""
    leaves: list[bytes] = []
    while len(leaves) < size:
        width = min(_WIDTH, size - len(leaves))
        path = folder / "tile" / "entries" / place(len(leaves) // _WIDTH, width)
        leaves += read_bundle(path.read_bytes())[:width]
    return leaves


def write(folder: Path, leaves: list[bytes], checkpoint: bytes) -> None:
    """Write the files of a log."""
    files = {"checkpoint": checkpoint}
    for at in range(0, len(leaves), _WIDTH):
        row = leaves[at : at + _WIDTH]
        files[f"tile/entries/{place(at // _WIDTH, len(row))}"] = bundle(row)
    level, number = [tree.leaf_hash(leaf) for leaf in leaves], 0
    while level:
        for at in range(0, len(level), _WIDTH):
            row = level[at : at + _WIDTH]
            files[f"tile/{number}/{place(at // _WIDTH, len(row))}"] = b"".join(row)
        full = len(level) // _WIDTH
        level = [tree.root(level[at * _WIDTH : (at + 1) * _WIDTH]) for at in range(full)]
        number += 1
    for path, data in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
