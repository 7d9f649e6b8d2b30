"""The log: the reference verifies what the product wrote, and the product what the reference wrote."""

from pathlib import Path

import pytest

from idvault_verify.event import FIELDS, EventType
from idvault_verify.offline.log.continuity import LogContinuity
from idvault_verify.offline.log.files import LogFolder
from idvault_verify.transparency import checkpoint, entry, note, proof, tree
from idvault_verify.transparency.checkpoint import CosignaturePolicy, StaleError
from idvault_verify.transparency.note import Algorithm, VerifierKey
from idvault_verify.transparency.tree import CompactRange
from tools.support import builders, logs, merkle
from tools.support.merkle import log_of
from tools.support.reference import log_folder
from tools.support.reference import note as notes
from tools.support.reference import tree as trees
from tools.support.reference.encoding import RefusedError
from tools.support.reference.note import Key

SEED = bytes([1]) * 32
WITNESS_SEED = bytes([2]) * 32
LOG = notes.parse_key(logs.VKEY)
W1 = merkle.witness("w1", seed=2)
WITNESS = notes.parse_key(str(W1.key))
SIZES = [1, 2, 3, 255, 256, 257, 700]


def test_leaves_are_the_same_bytes() -> None:
    """A leaf, its commitment and its hash; the fields of an event are those that formats.md lists."""
    event = builders.event(EventType.CLAIM_SETTLE).with_fields(
        claim_id="ab" * 16, state="SUCCEEDED", failure_reason="", record_digest=b"d" * 32
    )
    bound = trees.commitment(
        event.opening_key,
        event.account_token,
        "verification:claim:settle",
        "ab" * 16,
        "SUCCEEDED",
        "",
        b"d" * 32,
    )
    leaf = trees.Leaf("verification:claim:settle", "2026-03-01T04:00Z", event.actor_id, bound)
    data = entry.encode_leaf(event)
    assert trees.write_leaf(leaf) == data
    assert trees.read_leaf(data) == leaf
    assert trees.leaf_hash(data) == entry.leaf_hash(data)
    for kind, fields in trees.FIELDS.items():
        assert FIELDS[EventType(kind)] == fields
    opened = trees.check_commitment(
        data,
        opening_key=event.opening_key,
        account_token=event.account_token,
        type=leaf.type,
        fields=("ab" * 16, "SUCCEEDED", "", b"d" * 32),
    )
    assert opened == leaf
    with pytest.raises(RefusedError):
        trees.check_commitment(
            data, opening_key=event.opening_key, account_token="", type=leaf.type, fields=()
        )


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 40])
def test_proofs_hold_both_ways(size: int) -> None:
    """Roots, inclusion and consistency proofs of each are accepted by the other."""
    leaves = log_of(size)
    hashes = [trees.leaf_hash(leaf) for leaf in leaves]
    root = trees.root(hashes)
    assert root == merkle.mth(leaves)
    for index in range(size):
        made = trees.inclusion(hashes, index)
        proof.verify_inclusion(leaf_hash=hashes[index], index=index, size=size, root=root, proof=made)
        theirs = proof.prove_inclusion(merkle.reader(leaves), index=index, size=size)
        trees.check_inclusion(leaves[index], index=index, size=size, proof=theirs, expected=root)
        with pytest.raises(RefusedError):
            trees.check_inclusion(b"other", index=index, size=size, proof=theirs, expected=root)
    for old in range(1, size):
        before = trees.root(hashes[:old])
        made = trees.consistency(hashes, old)
        proof.verify_consistency(old=old, new=size, old_root=before, new_root=root, proof=made)
        theirs = proof.prove_consistency(merkle.reader(leaves), old=old, new=size)
        trees.check_consistency(old=old, old_root=before, new=size, new_root=root, proof=theirs)
        with pytest.raises(RefusedError):
            trees.check_consistency(old=old, old_root=bytes(32), new=size, new_root=root, proof=theirs)


def test_notes_are_read_both_ways() -> None:
    """Keys, checkpoints and cosignatures; too few witnesses are refused."""
    leaves = log_of(5)
    given = logs.signed(leaves, W1, time=1_772_337_600)
    found = notes.read(given, log=LOG, witnesses=[WITNESS], quorum=1)
    assert (found.origin, found.size, found.root) == (logs.ORIGIN, 5, merkle.mth(leaves))
    assert found.cosigned == {"w1": 1_772_337_600}
    body = notes.text(logs.ORIGIN, 5, merkle.mth(leaves))
    lines = [notes.sign(body, LOG, SEED), notes.sign(body, WITNESS, WITNESS_SEED, time=1_772_337_600)]
    assert notes.write(body, lines) == given
    policy = CosignaturePolicy(logs.ORIGIN, (logs.SIGNER.key,), (W1.key,), 1)
    assert checkpoint.verify(notes.write(body, lines), policy).checkpoint.root == found.root
    notes.check_fresh(found, quorum=1, now=1_772_337_600 + 900)
    for now in (1_772_337_600 + 901, 1_772_337_600 - 901):
        with pytest.raises(RefusedError):
            notes.check_fresh(found, quorum=1, now=now)
        with pytest.raises(StaleError):
            checkpoint.check_fresh(checkpoint.verify(given, policy), policy, now=now)
    with pytest.raises(RefusedError):
        notes.read(logs.signed(leaves), log=LOG, witnesses=[WITNESS], quorum=1)
    with pytest.raises(RefusedError):
        notes.read(given.replace(b"\n5\n", b"\n6\n"), log=LOG)
    for key in (logs.SIGNER.key, W1.key):
        assert notes.parse_key(str(key)).vkey == str(key)
        assert note.parse_key(notes.parse_key(str(key)).vkey) == key
    assert (
        Key("w1", 4, WITNESS.public).id == VerifierKey("w1", WITNESS.public, Algorithm.COSIGNATURE_V1).key_id
    )


@pytest.mark.parametrize("size", SIZES)
def test_public_files_verify_both_ways(tmp_path: Path, size: int) -> None:
    """The reference verifies the product's folder; the client follows the reference's, which is the same."""
    leaves = log_of(size)
    logs.write_folder(tmp_path / "product", leaves, logs.signed(leaves))
    assert log_folder.verify(tmp_path / "product", log=LOG).size == size
    body = notes.text(logs.ORIGIN, size, trees.root([trees.leaf_hash(leaf) for leaf in leaves]))
    log_folder.write(tmp_path / "own", leaves, notes.write(body, [notes.sign(body, LOG, SEED)]))
    assert _files(tmp_path / "own") == _files(tmp_path / "product")
    state = tmp_path / "state"
    state.write_bytes(logs.signed(leaves[: size // 2]))
    continuity = LogContinuity(
        files=LogFolder(tmp_path / "own"),
        policy=CosignaturePolicy(logs.ORIGIN, (logs.SIGNER.key,)),
        state=state,
        max_age=None,
        now=lambda: 0.0,
    )
    assert continuity.follow().checkpoint.size == size


@pytest.mark.parametrize("path", ["tile/entries/000.p/200", "tile/0/000.p/200", "checkpoint"])
def test_a_changed_file_is_refused(tmp_path: Path, path: str) -> None:
    """One changed byte of a bundle, a tile or the checkpoint is detected."""
    leaves = log_of(200)
    logs.write_folder(tmp_path, leaves, logs.signed(leaves))
    data = bytearray((tmp_path / path).read_bytes())
    data[len(logs.ORIGIN) + 30] ^= 1
    (tmp_path / path).write_bytes(bytes(data))
    with pytest.raises((RefusedError, UnicodeDecodeError, ValueError)):
        log_folder.verify(tmp_path, log=LOG)


def test_the_state_of_a_tree() -> None:
    """The size in 8 bytes, then the hashes of the perfect subtrees, largest first."""
    leaves = log_of(7)
    made = CompactRange()
    for leaf in leaves:
        made.append(tree.leaf_hash(leaf))
    hashes = [trees.leaf_hash(leaf) for leaf in leaves]
    parts = [trees.root(hashes[:4]), trees.root(hashes[4:6]), hashes[6]]
    assert made.to_bytes() == (7).to_bytes(8, "big") + b"".join(parts)


def _files(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
