"""A witness's state: complete, durable, and used by one process at a time."""

import errno
import os
import stat
from pathlib import Path

import pytest

from idvault.processes.witness.cosigner import StateError, WitnessState
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tree import EMPTY_ROOT
from tests.support.witness_world import MAIN, ORIGIN, OTHER_ORIGIN, History


def test_an_unknown_log_is_empty(tmp_path: Path) -> None:
    """A log that was never cosigned has the empty tree."""
    state = WitnessState(tmp_path / "w")
    assert state.latest(ORIGIN) == Checkpoint(ORIGIN, 0, EMPTY_ROOT)
    state.close()


def test_what_is_kept_survives(tmp_path: Path) -> None:
    """Each log's last checkpoint survives a restart; extension lines are dropped."""
    state = WitnessState(tmp_path / "w")
    state.keep(MAIN.checkpoint(3))
    extended = Checkpoint(ORIGIN, 5, MAIN.checkpoint(5).root, ("an extension",))
    state.keep(extended)
    state.keep(History(origin=OTHER_ORIGIN).checkpoint(7))
    state.close()
    again = WitnessState(tmp_path / "w")
    assert again.latest(ORIGIN) == MAIN.checkpoint(5)
    assert again.latest(OTHER_ORIGIN).size == 7
    again.close()


def test_nobody_else_reads_it(tmp_path: Path) -> None:
    """Only the owner can read folders and files."""
    state = WitnessState(tmp_path / "w")
    state.keep(MAIN.checkpoint(3))
    state.close()
    found = [tmp_path / "w", *(tmp_path / "w").rglob("*")]
    assert len(found) == 7
    for path in found:
        assert not path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), path


def test_one_process_holds_a_folder(tmp_path: Path) -> None:
    """A second witness on the folder is refused until the first releases it."""
    state = WitnessState(tmp_path / "w")
    with pytest.raises(StateError, match="another witness runs on"):
        WitnessState(tmp_path / "w")
    state.close()
    WitnessState(tmp_path / "w").close()


@pytest.mark.parametrize("content", [b"", b"\xff", b"log.example/idvault\n5\n", b"x\n5\nnothing\n"])
def test_damaged_state_stops_the_start(tmp_path: Path, content: bytes) -> None:
    """A malformed file is not treated as an empty log, and the folder is released."""
    state = WitnessState(tmp_path / "w")
    state.keep(MAIN.checkpoint(3))
    state.close()
    (file,) = (tmp_path / "w" / "logs").iterdir()
    kept = file.read_bytes()
    file.write_bytes(content)
    with pytest.raises(StateError, match="is damaged"):
        WitnessState(tmp_path / "w")
    file.write_bytes(kept)
    WitnessState(tmp_path / "w").close()


def test_state_of_another_log_stops_the_start(tmp_path: Path) -> None:
    """A file under another log's name is refused."""
    state = WitnessState(tmp_path / "w")
    state.keep(MAIN.checkpoint(3))
    state.close()
    (file,) = (tmp_path / "w" / "logs").iterdir()
    file.rename(file.with_name("0" * 64))
    with pytest.raises(StateError, match="of a different log"):
        WitnessState(tmp_path / "w")


def test_a_draft_of_a_crash_counts_for_nothing(tmp_path: Path) -> None:
    """A half-written draft after a crash is ignored and overwritten later."""
    state = WitnessState(tmp_path / "w")
    state.keep(MAIN.checkpoint(3))
    (file,) = (tmp_path / "w" / "logs").iterdir()
    state.close()
    file.with_name(f".{file.name}.draft").write_bytes(b"log.exam")
    again = WitnessState(tmp_path / "w")
    assert again.latest(ORIGIN).size == 3
    again.keep(MAIN.checkpoint(4))
    again.close()
    assert [path.name for path in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("failing", [0, 1])
def test_what_was_not_synced_is_not_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """If the disk fails before or after the rename, the previous checkpoint stays the last one."""
    state = WitnessState(tmp_path / "w")
    state.keep(MAIN.checkpoint(3))
    sync, calls = os.fsync, iter(range(10))

    def refuse(descriptor: int) -> None:
        if next(calls) == failing:
            raise OSError(errno.EIO, "Input/output error")
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", refuse)
        with pytest.raises(OSError, match="Input/output"):
            state.keep(MAIN.checkpoint(4))
    assert state.latest(ORIGIN).size == 3
    state.keep(MAIN.checkpoint(4))
    assert state.latest(ORIGIN).size == 4
    state.close()


def test_forks_are_kept_once(tmp_path: Path) -> None:
    """The first note of a fork is kept, whatever lines of unknown keys are added later."""
    state = WitnessState(tmp_path / "w")
    fork = History("fork").note(3)
    state.keep_fork(fork)
    for number in range(3):
        state.keep_fork(fork + f"\u2014 nobody-{number} AAAAAAAA\n".encode())
    (kept,) = (tmp_path / "w" / "forks").iterdir()
    assert kept.read_bytes() == fork
    state.close()


def test_no_more_forks_are_kept_than_prove_one(tmp_path: Path) -> None:
    """Whoever has the log's key can sign any number of them."""
    state = WitnessState(tmp_path / "w")
    note = MAIN.note(3)
    for number in range(120):
        state.keep_fork(note.replace(b"\n\n", b"\nfork %d\n\n" % number, 1))
    assert len(list((tmp_path / "w" / "forks").iterdir())) == 100
    state.close()
