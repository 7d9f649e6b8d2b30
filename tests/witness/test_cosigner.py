"""A fork is never cosigned: in any order of submissions, after a restart or crash, or with a failing disk."""

import errno
import os
import stat
import tempfile
from base64 import b64decode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from idvault.processes.witness.cosigner import (
    Cosigner,
    CosignerAnswer,
    KeyKindError,
    WitnessState,
    known_logs,
)
from idvault.processes.witness.wire import AddCheckpoint
from idvault_verify.transparency import note
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.note import Algorithm, NoteSigner, VerifierKey
from tests.support.witness_world import LOG, MAIN, NOW, ORIGIN, WITNESS, Disk, History, cosigned
from tools.support import merkle, walks
from tools.support.merkle import vectors

PUBLISHED = vectors("checkpoint")["witnessed"]
HISTORIES = [MAIN, History("early", fork=2), History("late", fork=6), History("alien")]
SIZES = st.integers(0, 9)


class _Crash(BaseException):
    """Stands for the death of the process."""


class _Faulty(WitnessState):
    """A state whose next write fails as configured: before it, half-way, or with a crash right after it."""

    fault = ""

    def keep(self, newer: Checkpoint) -> None:
        fault, self.fault = self.fault, ""
        if fault == "before":
            raise OSError(errno.ENOSPC, "No space left on device")
        with pytest.MonkeyPatch.context() as patch:
            if fault == "half":
                patch.setattr(os, "fsync", _refuse_folders)
            super().keep(newer)
        if fault == "crash":
            raise _Crash


def _refuse_folders(descriptor: int) -> None:
    """Fail to sync a folder: the file has its name, but may lose it in a crash."""
    if stat.S_ISDIR(os.fstat(descriptor).st_mode):
        raise OSError(errno.EIO, "Input/output error")


@dataclass
class _FaultyWitness:
    """A witness under faults, and every cosignature it ever made, delivered or not."""

    folder: Path
    signed: list[tuple[History, int]] = field(default_factory=list)

    def start(self) -> None:
        self.state = _Faulty(self.folder)
        self.cosigner = Cosigner(
            logs=known_logs([LOG.key]), signer=WITNESS, state=self.state, clock=lambda: NOW
        )

    def restart(self) -> None:
        self.state.close()
        self.start()

    def submit(self, history: History, size: int, request: bytes, fault: str) -> None:
        self.state.fault = fault
        try:
            answer = self.cosigner.add_checkpoint(request)
        except _Crash:
            self.restart()
            return
        self.state.fault = ""
        if answer.status == 200:
            assert cosigned(history.note(size), answer.body)
            self.signed.append((history, size))
        else:
            assert "—" not in answer.body

    def check(self) -> None:
        """Check that all cosigned checkpoints are one history: the larger of two begins with the smaller."""
        for history, size in self.signed:
            for other, larger in self.signed:
                common = min(size, larger)
                assert history.leaves(common) == other.leaves(common)


@dataclass(frozen=True)
class _Step:
    """A submission of any history and size, from any old size, with a proof of any history."""

    history: History
    size: int
    old: int
    prover: History
    fault: str
    restart: bool
    honest: bool

    def request(self, known: int) -> bytes:
        old = known if self.honest and known <= self.size else self.old
        prover = self.history if self.honest else self.prover
        proof = prover.proof(old, self.size) if old <= self.size else ()
        return AddCheckpoint(old, proof, self.history.note(self.size)).encode()


STEPS = st.builds(
    _Step,
    history=st.sampled_from(HISTORIES),
    size=SIZES,
    old=SIZES,
    prover=st.sampled_from(HISTORIES),
    fault=st.sampled_from(["", "", "", "before", "half", "crash"]),
    restart=st.booleans(),
    honest=st.booleans(),
)


@pytest.mark.long
@settings(max_examples=walks.length(1_000))
@given(steps=st.lists(STEPS, min_size=1, max_size=25))
def test_a_fork_is_never_cosigned(steps: list[_Step]) -> None:
    """With any order of submissions, crashes and a failing disk, only one history is cosigned."""
    with tempfile.TemporaryDirectory() as folder:
        witness = _FaultyWitness(Path(folder))
        witness.start()
        try:
            for step in steps:
                if step.restart:
                    witness.restart()
                request = step.request(witness.state.latest(ORIGIN).size)
                witness.submit(step.history, step.size, request, step.fault)
                witness.check()
        finally:
            witness.state.close()


def test_racing_histories_leave_one(disk: Disk) -> None:
    """Threads that submit all sizes of all histories concurrently get cosignatures of only one."""
    cosigner = disk.start()

    def climb(history: History) -> list[tuple[History, int]]:
        won, old = [], 0
        for size in range(1, 10):
            answer = cosigner.add_checkpoint(history.request(old, size))
            if answer.status == 200:
                won.append((history, size))
                old = size
            elif answer.status == 409 and answer.content_type != "text/plain":
                old = min(int(answer.body), size)
        return won

    with ThreadPoolExecutor(16) as pool:
        signed = [one for many in pool.map(climb, HISTORIES * 4) for one in many]
    witness = _FaultyWitness(disk.folder, signed)
    witness.check()
    assert signed


def test_the_race_of_the_specification(disk: Disk) -> None:
    """A slow request for a smaller tree neither rolls back the state nor gets a cosignature."""
    cosigner = disk.start()
    small, large = MAIN.request(1, 3), MAIN.request(1, 5)
    assert cosigner.add_checkpoint(MAIN.request(0, 1)).status == 200
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(cosigner.add_checkpoint, [large, small]))
    assert sorted(answer.status for answer in answers) == [200, 409]
    winner = next(size for size, answer in zip([5, 3], answers, strict=True) if answer.status == 200)
    assert disk.start().add_checkpoint(MAIN.request(winner, winner)).status == 200


def test_published_checkpoints_are_cosigned(disk: Disk) -> None:
    """The checkpoints and proofs of a published witness test get the published answers."""
    origin = PUBLISHED["origin"]
    disk.keys = [VerifierKey(origin, bytes.fromhex(PUBLISHED["public_key"]))]
    notes = [text.encode() for text in PUBLISHED["notes"]]
    proofs = [tuple(b64decode(value) for value in proof) for proof in PUBLISHED["proofs_from_first"]]
    cosigner = disk.start()

    def submit(old: int, proof: tuple[bytes, ...], note: bytes) -> CosignerAnswer:
        return cosigner.add_checkpoint(AddCheckpoint(old, proof, note).encode())

    assert submit(0, (proofs[1][0],) * 64, notes[0]).status == 400
    assert submit(0, (), notes[0]).status == 200
    assert submit(1, proofs[1], notes[2]).status == 422
    answer = submit(1, proofs[2], notes[2])
    assert cosigned(notes[2], answer.body) == int(NOW.timestamp())
    assert submit(1, proofs[1], notes[1]) == CosignerAnswer(409, "5\n", "text/x.tlog.size")


def test_the_time_is_that_of_signing(disk: Disk) -> None:
    """A repeated submission is cosigned with the current time."""
    cosigner = disk.start()
    assert cosigned(MAIN.note(4), cosigner.add_checkpoint(MAIN.request(0, 4)).body) == NOW.timestamp()
    disk.clock += timedelta(hours=1, microseconds=999_999)
    again = cosigner.add_checkpoint(MAIN.request(4, 4))
    assert cosigned(MAIN.note(4), again.body) == NOW.timestamp() + 3600


def test_a_full_disk_is_500_and_no_cosignature(disk: Disk) -> None:
    """If the state cannot be written, nothing is cosigned, and a later try works."""
    disk.start()
    disk.close()
    witness = _FaultyWitness(disk.folder)
    witness.start()
    witness.state.fault = "before"
    assert witness.cosigner.add_checkpoint(MAIN.request(0, 4)) == CosignerAnswer(
        500, "the state cannot be written\n"
    )
    assert witness.cosigner.add_checkpoint(MAIN.request(0, 4)).status == 200
    witness.state.close()


def test_a_fork_is_kept_as_a_proof(disk: Disk) -> None:
    """Two signed roots of one size prove a fork, so the second one is stored."""
    cosigner = disk.start()
    fork = History("fork", fork=2)
    cosigner.add_checkpoint(MAIN.request(0, 4))
    answer = cosigner.add_checkpoint(AddCheckpoint(4, (), fork.note(4)).encode())
    assert (answer.status, answer.content_type) == (409, "text/plain")
    (kept,) = (disk.folder / "forks").iterdir()
    assert kept.read_bytes() == fork.note(4)


@pytest.mark.parametrize("find", [lambda: [WITNESS.key], lambda: [LOG.key, WITNESS.key]])
def test_a_witness_is_no_log(find: Callable[[], list[VerifierKey]]) -> None:
    """A witness's key is refused as a log's key."""
    with pytest.raises(KeyKindError, match=r"witness\.example/w1"):
        known_logs(find())


def test_a_log_may_have_two_keys(disk: Disk) -> None:
    """While a log changes its key, both are accepted; the state belongs to the log."""
    newer = VerifierKey(ORIGIN, b"\x05" * 32)
    disk.keys = [newer, LOG.key]
    cosigner = disk.start()
    assert cosigner.add_checkpoint(MAIN.request(0, 4)).status == 200
    assert cosigner.key == WITNESS.key


def test_a_former_key_alone_is_refused_once_the_later_one_signs(disk: Disk) -> None:
    """Also after a restart: its thief gets no cosignature of a second history, and the log goes on."""
    later, thief = merkle.signer(ORIGIN, seed=77), History("late", fork=6)
    disk.keys = [LOG.key, later.key]
    assert disk.start().add_checkpoint(MAIN.request(0, 4)).status == 200
    assert disk.start().add_checkpoint(_signed(4, 5, LOG)).status == 200
    assert disk.start().add_checkpoint(_signed(5, 6, LOG, later)).status == 200
    stolen = AddCheckpoint(6, thief.proof(6, 9), thief.note(9)).encode()
    for refused in (stolen, _signed(6, 6, LOG)):
        answer = disk.start().add_checkpoint(refused)
        assert (answer.status, answer.body) == (403, "a later key of the log must sign, too\n")
    assert disk.start().add_checkpoint(_signed(6, 7, LOG, later)).status == 200
    disk.keys = [later.key]
    assert disk.start().add_checkpoint(_signed(7, 8, LOG, later)).status == 200
    assert disk.start().add_checkpoint(_signed(8, 9, later)).status == 200


def _signed(old: int, new: int, *by: NoteSigner) -> bytes:
    return AddCheckpoint(old, MAIN.proof(old, new) if old < new else (), MAIN.note(new, *by)).encode()


def test_two_keys_sign_while_one_takes_the_place_of_the_other(tmp_path: Path) -> None:
    """Whoever knows either key finds a cosignature; nobody finds a line that does not verify."""
    private = Ed25519PrivateKey.from_private_bytes(b"n" * 32)
    public = private.public_key().public_bytes_raw()
    later = VerifierKey(WITNESS.key.name, public, Algorithm.COSIGNATURE_V1)
    cosigner = Cosigner(
        logs=known_logs([LOG.key]),
        signer=WITNESS,
        state=WitnessState(tmp_path),
        clock=lambda: NOW,
        successor=NoteSigner(later, private.sign),
    )
    assert (cosigner.key, cosigner.next_key) == (WITNESS.key, later)
    raw = MAIN.note(3)
    answer = cosigner.add_checkpoint(AddCheckpoint(0, (), raw).encode())
    lines = note.parse_signatures(answer.body)
    whole = note.parse(raw).with_signatures(lines).encode()
    for keys in ([WITNESS.key], [later], [WITNESS.key, later]):
        assert [each.key for each in note.open_note(whole, keys).verified] == keys
