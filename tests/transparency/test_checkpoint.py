"""Checkpoints and policies against published checkpoints, and against what must not be accepted."""

from base64 import b64decode
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault_verify.transparency import log_key, note
from idvault_verify.transparency.checkpoint import (
    Checkpoint,
    CheckpointError,
    CosignaturePolicy,
    MalformedCheckpointError,
    OriginError,
    PolicyError,
    QuorumError,
    RolledBackError,
    StaleError,
    UnsignedCheckpointError,
    check_fresh,
    parse,
    sign,
    verify,
    verify_successor,
)
from idvault_verify.transparency.note import (
    Algorithm,
    InvalidSignatureError,
    NoteSigner,
    UnsignedNoteError,
    VerifierKey,
    parse_key,
)
from idvault_verify.transparency.proof import ConsistencyError, prove_consistency
from idvault_verify.transparency.tree import EMPTY_ROOT, LogError, leaf_hash
from tools.support.merkle import log_of, mth, reader, signer, vectors, witness

PUBLISHED = vectors("checkpoint")
ORIGIN = "log.example/idvault"
CHECKPOINT = Checkpoint(ORIGIN, 7, mth(log_of(7)))
LOG = signer(ORIGIN, seed=1)
WITNESSES = [witness(f"witness.example/{n}", seed=n) for n in (2, 3, 4)]
POLICY = CosignaturePolicy(ORIGIN, (LOG.key,), tuple(cosigner.key for cosigner in WITNESSES), quorum=2)


def cosigned(*cosigners: tuple[NoteSigner, int], checkpoint: Checkpoint = CHECKPOINT) -> bytes:
    lines = [note.sign(cosigner, checkpoint.text, time=time) for cosigner, time in cosigners]
    return note.parse(sign(checkpoint, [LOG])).with_signatures(lines).encode()


def test_checkpoints_of_a_public_checksum_database() -> None:
    """Two checkpoints of sum.golang.org verify with its pinned key, but not with a changed digit."""
    published = PUBLISHED["go_checksum_database"]
    policy = CosignaturePolicy(published["origin"], (parse_key(published["key"]),))
    for raw, size in zip(published["notes"], published["sizes"], strict=True):
        assert verify(raw.encode(), policy).checkpoint.size == size
        with pytest.raises(InvalidSignatureError):
            verify(raw.replace(str(size), str(size + 1)).encode(), policy)


def test_a_checkpoint_with_four_public_witnesses() -> None:
    """A public log's checkpoint meets a policy of its four witnesses."""
    published = PUBLISHED["cosigned"]
    keys = tuple(parse_key(key) for key in published["witness_keys"])
    policy = CosignaturePolicy(published["origin"], (parse_key(published["key"]),), keys, quorum=4)
    signed = verify(published["note"].encode(), policy)
    assert signed.checkpoint.size == published["size"]
    assert signed.cosigned == tuple((key, published["time"]) for key in keys)
    lines = published["note"].splitlines(keepends=True)
    with pytest.raises(QuorumError, match="3 of 4"):
        verify("".join(lines[:-1]).encode(), policy)
    moved = published["note"].replace("AAAABqEiEg", "AAAABqEiEh", 1).encode()
    with pytest.raises(InvalidSignatureError):
        verify(moved, policy)


def test_the_example_of_the_specification() -> None:
    """The example parses, and its witness signs the message shown in the specification."""
    published = PUBLISHED["example"]
    read = note.parse(published["note"].encode())
    checkpoint = parse(read.text)
    assert (checkpoint.origin, checkpoint.size) == (published["origin"], published["size"])
    assert int.from_bytes(read.signatures[1].value[:8], "big") == published["time"]
    message = note.signed_bytes(key=WITNESSES[0].key, text=checkpoint.text, time=published["time"])
    assert message.decode() == published["message"]


def test_checkpoints_that_follow_each_other() -> None:
    """Three checkpoints of a published test log verify, and the later ones follow the first."""
    published = PUBLISHED["witnessed"]
    policy = CosignaturePolicy(
        published["origin"], (VerifierKey(published["origin"], bytes.fromhex(published["public_key"])),)
    )
    checkpoints = [verify(raw.encode(), policy).checkpoint for raw in published["notes"]]
    proofs = [[b64decode(value) for value in proof] for proof in published["proofs_from_first"]]
    for later, proof in zip(checkpoints, proofs, strict=True):
        verify_successor(checkpoints[0], later, proof)
    with pytest.raises(ConsistencyError):
        verify_successor(checkpoints[0], checkpoints[1], proofs[2])


def test_the_golden_text() -> None:
    """A checkpoint is written and read as published."""
    golden = PUBLISHED["golden"]
    checkpoint = Checkpoint(golden["origin"], golden["size"], leaf_hash(golden["leaf"].encode()))
    assert checkpoint.text == golden["text"]
    assert parse(golden["text"]) == checkpoint
    extended = replace(checkpoint, extensions=("one", "two"))
    assert parse(golden["text"] + "one\ntwo\n") == extended
    assert extended.text == golden["text"] + "one\ntwo\n"


@pytest.mark.parametrize("text", PUBLISHED["malformed"].values(), ids=PUBLISHED["malformed"])
def test_published_malformed_texts(text: str) -> None:
    """Texts published as malformed are refused."""
    with pytest.raises(MalformedCheckpointError):
        parse(text)


@pytest.mark.parametrize(
    "size", ["", "00", "07", "+7", "7 ", " 7", "7_0", "٧", "9223372036854775808", "0x7", "7\r"]
)
def test_a_size_has_one_spelling(size: str) -> None:
    """Zeroes, signs, spaces, other digits and 2^63 are refused."""
    lines = CHECKPOINT.text.split("\n")
    with pytest.raises(MalformedCheckpointError):
        parse("\n".join([lines[0], size, *lines[2:]]))


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_texts_read_back(size: int, root: bytes) -> None:
    """Every checkpoint parses back; a non-canonical root does not."""
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert parse(checkpoint.text) == checkpoint
    last = checkpoint.text[-3]
    with pytest.raises(MalformedCheckpointError):
        parse(checkpoint.text[:-3] + chr(ord(last) + 1) + "=\n")


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": ""},
        {"origin": "two\nlines"},
        {"extensions": ("",)},
        {"extensions": ("a\nb",)},
        {"size": -1},
        {"size": 2**63},
        {"root": b""},
    ],
)
def test_checkpoints_that_no_text_carries(wrong: dict[str, Any]) -> None:
    """Empty or broken lines, impossible sizes and roots are refused on construction."""
    with pytest.raises(MalformedCheckpointError):
        Checkpoint(**{"origin": ORIGIN, "size": 7, "root": bytes(32), **wrong})


def test_a_quorum_of_witnesses() -> None:
    """Two of three witnesses satisfy the policy, one does not; the latest time of each counts."""
    one, two, _ = WITNESSES
    signed = verify(cosigned((one, 50), (two, 60), (one, 40)), POLICY)
    assert signed.checkpoint == CHECKPOINT
    assert signed.cosigned == ((one.key, 50), (two.key, 60))
    with pytest.raises(QuorumError, match="1 of 2"):
        verify(cosigned((one, 50), (one, 51)), POLICY)
    stranger = witness("stranger.example", seed=9)
    with pytest.raises(QuorumError):
        verify(cosigned((one, 50), (stranger, 51)), POLICY)


def test_one_witness_with_two_names_is_one() -> None:
    """A cosignature does not cover the key's name, so the key counts once."""
    names = [witness("w.example/a", seed=2), witness("w.example/b", seed=2), witness("w.example/c", seed=3)]
    policy = CosignaturePolicy(ORIGIN, (LOG.key,), tuple(cosigner.key for cosigner in names), quorum=2)
    with pytest.raises(QuorumError):
        verify(cosigned((names[0], 1), (names[1], 1)), policy)
    with pytest.raises(PolicyError):
        replace(policy, quorum=3)


def test_former_keys_count_for_what_witnesses_cosign() -> None:
    """Also if the later key has not signed; without witnesses their thief could have signed it."""
    later = signer(ORIGIN, seed=7)
    preceding = (log_key.parse(log_key.announce(LOG, later, signs_from=100)),)
    known = replace(POLICY, log_keys=(later.key,), preceding=preceding)
    good = cosigned((WITNESSES[0], 1), (WITNESSES[1], 2))
    assert verify(good, known).checkpoint == CHECKPOINT
    with pytest.raises(QuorumError):
        verify(cosigned((WITNESSES[0], 1)), known)
    with pytest.raises(UnsignedNoteError):
        verify(good, replace(known, witness_keys=(), quorum=0))
    with pytest.raises(UnsignedCheckpointError):
        verify(good, replace(known, preceding=()))
    same = VerifierKey("witness.example/9", LOG.key.public_key, Algorithm.COSIGNATURE_V1)
    with pytest.raises(PolicyError, match="differs from the log's keys"):
        replace(known, witness_keys=(*known.witness_keys, same))


def test_which_keys_count_for_what_no_witness_signs() -> None:
    """The known ones always; a former one before any key after it signs, whatever its own change says."""
    keys = [signer(ORIGIN, seed=seed) for seed in (7, 8, 9)]
    first, second, known = (each.key for each in keys)

    def policy(*times: int) -> CosignaturePolicy:
        listed = zip(keys, keys[1:], times, strict=False)
        changes = (log_key.announce(one, two, signs_from=time) for one, two, time in listed)
        return replace(POLICY, log_keys=(known,), preceding=tuple(map(log_key.parse, changes)))

    for at, expected in (
        (None, {known, second, first}),
        (99, {known, second, first}),
        (100, {known, second}),
        (199.5, {known, second}),
        (200, {known}),
    ):
        assert set(policy(100, 200).keys(at=at)) == expected
    # The attack: the thief of the second key announces a first one that has never ended.
    assert policy(99_999_999_999, 200).keys(at=200) == (known,)
    assert replace(policy(100, 200), quorum=0).keys(at=1) == (known,)


def test_the_log_must_have_signed() -> None:
    """Signatures only by witnesses or strangers are not enough."""
    lines = tuple(note.sign(cosigner, CHECKPOINT.text, time=1) for cosigner in WITNESSES)
    with pytest.raises(UnsignedCheckpointError):
        verify(note.Note(CHECKPOINT.text, lines).encode(), POLICY)
    with pytest.raises(UnsignedNoteError):
        verify(sign(CHECKPOINT, [signer(ORIGIN, seed=8)]), POLICY)


def test_another_log_with_the_same_key_is_another_log() -> None:
    """The origin is compared; a signed note that is not a checkpoint is refused."""
    with pytest.raises(OriginError):
        verify(sign(replace(CHECKPOINT, origin="log.example/other"), [LOG]), replace(POLICY, quorum=0))
    with pytest.raises(MalformedCheckpointError):
        verify(note.sign_note("something else\n", [LOG]), POLICY)


@pytest.mark.parametrize(
    "wrong",
    [
        {"log_keys": ()},
        {"log_keys": (witness("log", seed=1).key,)},
        {"witness_keys": (signer("w", seed=7).key,)},
        {"witness_keys": (witness("w", seed=1).key,)},
        {"quorum": 4},
        {"quorum": -1},
    ],
)
def test_policies_that_nobody_or_everybody_meets(wrong: dict[str, Any]) -> None:
    """No log key, keys of the wrong type, the log as its own witness, and impossible quorums are refused."""
    with pytest.raises(PolicyError):
        replace(POLICY, **wrong)


def test_what_follows_a_checkpoint() -> None:
    """A longer log with a proof follows; a shorter one, a fork, and another log do not."""
    leaves = log_of(12)
    new = Checkpoint(ORIGIN, 12, mth(leaves))
    proof = prove_consistency(reader(leaves), old=7, new=12)
    verify_successor(CHECKPOINT, new, proof)
    verify_successor(CHECKPOINT, CHECKPOINT, [])
    with pytest.raises(RolledBackError, match=r"7 < 12") as caught:
        verify_successor(new, CHECKPOINT, proof)
    assert (caught.value.size, caught.value.known) == (7, 12)
    with pytest.raises(ConsistencyError):
        verify_successor(CHECKPOINT, replace(new, root=mth(leaves[::-1])), proof)
    with pytest.raises(ConsistencyError):
        verify_successor(CHECKPOINT, replace(CHECKPOINT, root=bytes(32)), [])
    with pytest.raises(OriginError):
        verify_successor(CHECKPOINT, replace(new, origin="log.example/other"), proof)
    assert issubclass(CheckpointError, LogError)


def test_the_empty_tree_has_one_root() -> None:
    """A signed checkpoint of size 0 with another root is refused where it is read."""
    for root, refused in ((EMPTY_ROOT, False), (bytes(32), True)):
        raw = sign(Checkpoint(ORIGIN, 0, root), [LOG])
        with pytest.raises(MalformedCheckpointError, match="empty tree") if refused else nullcontext():
            verify(raw, CosignaturePolicy(ORIGIN, (LOG.key,)))


@pytest.mark.parametrize(
    ("first", "second", "fresh"),
    [(0, 0, True), (-900, 900, True), (-901, 0, False), (0, 901, False), (-5_000, -5_000, False)],
)
def test_cosignatures_are_fresh_for_a_quarter_of_an_hour(first: int, second: int, fresh: bool) -> None:
    """K witnesses must have cosigned within max_age; one from the future is refused like an old one."""
    now = 1_800_000_000
    signed = verify(cosigned((WITNESSES[0], now + first), (WITNESSES[1], now + second)), POLICY)
    with nullcontext() if fresh else pytest.raises(StaleError, match=r"[01] of 2"):
        check_fresh(signed, POLICY, now=now)


def test_without_witnesses_nothing_goes_stale() -> None:
    """A policy that demands no cosignature has none that could be old."""
    policy = CosignaturePolicy(ORIGIN, (LOG.key,))
    check_fresh(verify(cosigned(), policy), policy, now=0.0)
