"""Recomputing the log: 10^4 random edits are all found, and the first wrong entry is named."""

import random
import tracemalloc
from collections.abc import Callable, Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tile import (
    Tile,
    encode_bundle,
    encode_tile,
    grown,
    grown_bundles,
    parse_path,
)
from idvault_verify.transparency.tree import CompactRange, OutOfRangeError, Position, leaf_hash
from idvault_verify.transparency.verifier import (
    FileReader,
    ForkError,
    LogVerifier,
    WrongEntryError,
    verify_files,
)
from tools.support import walks
from tools.support.merkle import log_of, mth

ORIGIN = "log.example/idvault"
EDITS = 10_000


def checkpoint(leaves: list[bytes]) -> Checkpoint:
    return Checkpoint(ORIGIN, len(leaves), mth(leaves))


def verify(
    leaves: list[bytes],
    *checkpoints: Checkpoint,
    stored: list[bytes] | None = None,
    growing: bool = False,
) -> CompactRange:
    """Verify entries with the indices 0, 1, 2 ... against checkpoints."""
    verifier = LogVerifier()
    for expected in checkpoints:
        verifier.expect(expected)
    for index, leaf in enumerate(leaves):
        verifier.feed(index, leaf, stored_hash=None if stored is None else stored[index])
    return verifier.finish(growing=growing)


def delete(leaves: list[bytes], rng: random.Random) -> None:
    """Delete an entry and close the gap."""
    del leaves[rng.randrange(len(leaves))]


def insert(leaves: list[bytes], rng: random.Random) -> None:
    """Insert an entry, which may be a copy of another."""
    leaves.insert(rng.randrange(len(leaves) + 1), rng.choice([*leaves, b"", rng.randbytes(12)]))


def reorder(leaves: list[bytes], rng: random.Random) -> None:
    """Exchange two entries."""
    one, two = rng.randrange(len(leaves)), rng.randrange(len(leaves))
    leaves[one], leaves[two] = leaves[two], leaves[one]


def flip(leaves: list[bytes], rng: random.Random) -> None:
    """Change one bit of an entry."""
    at = rng.randrange(len(leaves))
    changed = bytearray(leaves[at])
    changed[rng.randrange(len(changed))] ^= 1 << rng.randrange(8)
    leaves[at] = bytes(changed)


def truncate(leaves: list[bytes], rng: random.Random) -> None:
    """Drop the newest entries."""
    del leaves[rng.randrange(len(leaves)) :]


@pytest.mark.parametrize("edit", [delete, insert, reorder, flip, truncate])
def test_every_edit_is_found(edit: Callable[[list[bytes], random.Random], None]) -> None:
    """Of random edits, up to three at once, none passes an outside checkpoint; in full they are 10^4."""
    rng = random.Random(edit.__name__)  # noqa: S311 - edits, not keys
    done = 0
    while done < walks.length(EDITS) // 5:
        leaves = log_of(rng.randrange(1, 40))
        edited = list(leaves)
        for _ in range(rng.randrange(1, 4)):
            if edited:
                edit(edited, rng)
        if edited == leaves:
            continue
        done += 1
        with pytest.raises(WrongEntryError) as caught:
            verify(edited, checkpoint(leaves))
        first = next(
            i for i, (a, b) in enumerate(zip([*edited, None], [*leaves, None], strict=False)) if a != b
        )
        assert caught.value.index <= first <= caught.value.last
        # If the leaf hashes were stored elsewhere, the entry itself is named.
        stored = [leaf_hash(leaf) for leaf in leaves] + [leaf_hash(b"none")] * 3
        with pytest.raises(WrongEntryError) as caught:
            verify(edited, checkpoint(leaves), stored=stored)
        assert caught.value.index <= first <= caught.value.last
        assert first == len(edited) or caught.value.index == caught.value.last


def test_an_untouched_log_verifies() -> None:
    """Entries that match all checkpoints verify, and the tree is returned."""
    leaves = log_of(20)
    tree = verify(leaves, checkpoint(leaves), checkpoint(leaves[:7]), checkpoint([]), checkpoint(leaves))
    assert (tree.size, tree.root()) == (20, mth(leaves))
    assert verify([], checkpoint([])).size == 0


def test_indices_have_no_gap() -> None:
    """A gap names the missing entry; a repeated or lower index names that index."""
    for index, wrong, text in ((4, 2, "is missing"), (1, 1, "is a duplicate"), (-1, -1, "out of order")):
        verifier = LogVerifier()
        verifier.feed(0, b"a")
        verifier.feed(1, b"b")
        with pytest.raises(WrongEntryError, match=f"entry {wrong}: .*{text}") as caught:
            verifier.feed(index, b"c")
        assert caught.value.index == wrong
        assert verifier.size == 2


def test_truncation_is_named() -> None:
    """A checkpoint beyond the last entry reports a missing entry after the last matching checkpoint."""
    leaves = log_of(5)
    with pytest.raises(
        WrongEntryError, match=r"entry 0: one of the entries 0 to 4 is missing: .* 5 .* these 3"
    ):
        verify(leaves[:3], checkpoint(leaves))
    with pytest.raises(WrongEntryError, match="entry 3: it is missing: the checkpoint of size 4 covers more"):
        verify(leaves[:3], checkpoint(leaves[:3]), checkpoint(leaves[:4]), checkpoint(leaves))


def test_entries_beyond_every_checkpoint() -> None:
    """They are refused, unless the log is growing."""
    with pytest.raises(WrongEntryError, match="entry 3: is not covered by a checkpoint"):
        verify(log_of(5), checkpoint(log_of(3)))
    with pytest.raises(WrongEntryError, match="entry 0: is not covered by a checkpoint"):
        verify(log_of(1))
    assert verify(log_of(5), checkpoint(log_of(3)), growing=True).size == 5


def test_checkpoints_between_narrow_the_place() -> None:
    """The wrong entry is between the last matching and the first mismatching checkpoint."""
    leaves = log_of(30)
    edited = [*leaves[:13], b"forged", *leaves[14:]]
    with pytest.raises(WrongEntryError, match="one of the entries 10 to 19 is wrong") as caught:
        verify(edited, *(checkpoint(leaves[:size]) for size in (10, 20, 30)))
    assert not isinstance(caught.value, ForkError)
    with pytest.raises(WrongEntryError, match="entry 13: it is wrong: the checkpoint of size 14 has"):
        verify(edited, *(checkpoint(leaves[:size]) for size in (13, 14, 30)))
    # A later finding does not hide the first one.
    with pytest.raises(WrongEntryError, match="entry 10: one of"):
        verify(edited[:25], *(checkpoint(leaves[:size]) for size in (10, 20, 30)))
    with pytest.raises(WrongEntryError, match="entry 10: one of"):
        verify(edited, *(checkpoint(leaves[:size]) for size in (10, 20)), growing=True)


def test_a_rewritten_log_that_is_signed_again_is_a_fork() -> None:
    """A rewritten and re-signed log conflicts with the outside checkpoint."""
    leaves = log_of(30)
    edited = [*leaves[:13], b"forged", *leaves[14:]]
    with pytest.raises(
        ForkError, match=r"entry 0: one of the entries 0 to 19 differs .* at size 20"
    ) as caught:
        verify(edited, checkpoint(leaves[:20]), checkpoint(edited))
    assert caught.value.size == 20
    with pytest.raises(ForkError):
        verify(edited, checkpoint(leaves), checkpoint(edited))
    with pytest.raises(ForkError, match="entry 0: it differs from the history that was signed at size 0"):
        verify([], Checkpoint(ORIGIN, 0, bytes(32)))


def test_checkpoints_come_while_it_runs() -> None:
    """A checkpoint may be added up to when its size is reached, also twice, but not later."""
    leaves = log_of(4)
    verifier = LogVerifier()
    for index, leaf in enumerate(leaves[:3]):
        verifier.feed(index, leaf)
    verifier.expect(checkpoint(leaves[:3]))
    verifier.expect(checkpoint(leaves[:3]))
    with pytest.raises(ForkError):
        verifier.expect(Checkpoint(ORIGIN, 3, bytes(32)))
    with pytest.raises(OutOfRangeError):
        verifier.expect(checkpoint(leaves[:2]))


@given(st.integers(0, 40), st.integers(0, 20))
def test_verification_is_resumed(size: int, more: int) -> None:
    """A verified tree is the start of the next verification and is not changed by it."""
    leaves = log_of(size + more)
    before = verify(leaves[:size], checkpoint(leaves[:size]))
    verifier = LogVerifier(start=before)
    verifier.expect(checkpoint(leaves))
    for index in range(size, size + more):
        verifier.feed(index, leaves[index])
    assert verifier.finish().root() == mth(leaves)
    assert (before.size, before.root()) == (size, mth(leaves[:size]))
    assert verifier.tree.to_bytes() == verifier.finish().to_bytes()


def directory(leaves: list[bytes]) -> dict[str, bytes]:
    """Return the files of a log in the C2SP tlog-tiles layout."""
    tree = CompactRange()
    nodes: dict[Position, bytes] = {}
    for leaf in leaves:
        for level, value in enumerate(tree.append(leaf_hash(leaf))):
            nodes[Position(level, (tree.size - 1) >> level)] = value
    files = {
        tile.path: encode_tile([nodes[position] for position in tile.positions])
        for tile in grown(0, len(leaves))
    }
    for bundle in grown_bundles(0, len(leaves)):
        files[bundle.path] = encode_bundle(leaves[bundle.start : bundle.start + bundle.width])
    return files


def reader(files: Mapping[str, bytes | None]) -> FileReader:
    def read(path: str) -> bytes | None:
        return files.get(path)

    return read


def signed(leaves: list[bytes]) -> Checkpoint:
    tree = CompactRange()
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    return Checkpoint(ORIGIN, tree.size, tree.root())


def test_a_directory_verifies() -> None:
    """A directory of three levels of tiles verifies, with progress after each bundle."""
    leaves = log_of(66_000)
    told: list[int] = []
    expected = signed(leaves)
    tree = verify_files(reader(directory(leaves)), expected, progress=told.append)
    assert tree.root() == expected.root
    assert told == [*range(256, 66_000, 256), 66_000]
    assert verify_files(reader({}), checkpoint([])).size == 0


def test_a_grown_directory_verifies_against_an_older_checkpoint() -> None:
    """If partial files were deleted, the full ones are used."""
    leaves = log_of(600)
    files = {
        path: data
        for path, data in directory(leaves).items()
        if ".p/" not in path or path.startswith("tile/1")
    }
    files["tile/1/000.p/1"] = files["tile/1/000.p/2"][:32]
    assert verify_files(reader(files), signed(leaves[:300])).size == 300


def test_each_byte_of_a_directory_counts() -> None:
    """For any changed, lengthened or missing file, an entry covered by it is named."""
    leaves = log_of(700)
    files = directory(leaves)
    rng = random.Random(7)  # noqa: S311 - edits, not keys
    for path, data in files.items():
        place = parse_path(path)
        level = place.level if isinstance(place, Tile) else 0
        first = (place.index * 256) << (8 * level)
        last = ((place.index * 256 + place.width) << (8 * level)) - 1
        damaged = [None, data[:-1], data + b"\x00"]
        for _ in range(20):
            changed = bytearray(data)
            changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            damaged.append(bytes(changed))
        for bad in damaged:
            with pytest.raises(WrongEntryError) as caught:
                verify_files(reader({**files, path: bad}), signed(leaves))
            assert first <= caught.value.index <= caught.value.last <= last


def test_one_byte_names_the_entry() -> None:
    """One changed byte in a bundle names the entry, because its leaf tile is unchanged."""
    leaves = log_of(700)
    files = directory(leaves)
    files["tile/entries/001"] = files["tile/entries/001"].replace(b"entry 300", b"entry 3O0")
    with pytest.raises(WrongEntryError, match="entry 300: does not match its stored hash"):
        verify_files(reader(files), signed(leaves))


def test_a_forged_leaf_tile_names_its_subtree() -> None:
    """An entry changed together with its leaf hash contradicts the tile above."""
    leaves = log_of(700)
    files = directory(leaves)
    forged = [*leaves[:300], b"forged", *leaves[301:]]
    files.update({path: data for path, data in directory(forged).items() if not path.startswith("tile/1/")})
    with pytest.raises(
        WrongEntryError, match="entry 256: one of the entries 256 to 511 is wrong: the stored"
    ):
        verify_files(reader(files), signed(leaves))
    with pytest.raises(
        WrongEntryError, match="entry 0: one of the entries 0 to 699 is wrong: the checkpoint"
    ):
        verify_files(reader(directory(forged)), signed(leaves))


def test_memory_is_bounded() -> None:
    """20,000 more entries use no more memory than the first 1,000, within 16 KiB."""
    verifier = LogVerifier()
    tracemalloc.start()
    try:
        for index in range(1_000):
            verifier.feed(index, b"x" * 200)
        tracemalloc.reset_peak()
        before = tracemalloc.get_traced_memory()[0]
        for index in range(1_000, 21_000):
            verifier.feed(index, b"x" * 200)
        assert tracemalloc.get_traced_memory()[1] - before < 16_384
    finally:
        tracemalloc.stop()
