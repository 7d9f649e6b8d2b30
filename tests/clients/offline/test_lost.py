"""A client whose checkpoint lies in the lost part of a log: proved, not proved, or a fork from before."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from idvault.attest import epoch as statements
from idvault.transparency import log_key, tile
from idvault.transparency.checkpoint import Checkpoint
from idvault.transparency.checkpoint import CosignaturePolicy as Policy
from idvault.transparency.note import NoteSigner, VerifierKey
from idvault.transparency.tile import Tile
from idvault_client.commands.log import epochs_json, tell_epochs
from idvault_client.offline.log.continuity import AcceptedCheckpoint, LogContinuity, RefusedLogError
from idvault_client.offline.log.files import LogFolder
from tests.support import logs
from tests.support.epoch_world import LOG, ROSTER, cosigned, in_epoch, leaves, signed, statement
from tests.support.log_world import KEY, ORIGIN, of
from tests.support.merkle import signer

KEPT, SHOWN, COSIGNED, SEEN, NEW = 300, 700, 650, 720, 520
FORMER = leaves(SEEN)
STATEMENT = signed(statement(cosigned(of(FORMER[:COSIGNED])), of(FORMER[:KEPT]), seen=SEEN))
FORKED = leaves(SEEN, kept=KEPT)
"""Another history of the former epoch; it agrees with the log where the log goes on."""


@dataclass
class Public:
    """A public directory after a loss, and a client's file."""

    folder: Path
    state: Path

    def begin(self, *by: NoteSigner, with_lost: bool = True) -> None:
        """Publish the new epoch, with what was lost if it survived. by: the log's keys."""
        after = [*FORMER[:KEPT], *(b"after %d" % at for at in range(KEPT, NEW))]
        logs.write_folder(self.folder, after, cosigned(in_epoch(of(after), STATEMENT), *by))
        (self.folder / "epochs.json").write_bytes(statements.encode_chain([STATEMENT]))
        if with_lost:
            former = self.folder.with_name("former")
            logs.write_folder(former, FORMER[:SHOWN], cosigned(of(FORMER[:SHOWN])))
            for each in ("checkpoint", *(one.path for one in tile.grown(KEPT, SHOWN))):
                self.lost(each).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(former / each, self.lost(each))

    def lost(self, path: str) -> Path:
        return self.folder / "lost" / "1" / path

    def saw(self, entries: Sequence[bytes]) -> bytes:
        """Let the client have seen a log."""
        raw = cosigned(of(entries))
        self.state.write_bytes(raw)
        return raw

    def follow(self, key: VerifierKey = KEY) -> AcceptedCheckpoint:
        return LogContinuity(
            files=LogFolder(self.folder),
            policy=Policy(ORIGIN, (key,)),
            state=self.state,
            max_age=None,
            now=lambda: 0.0,
            versions=(ROSTER,),
        ).follow()


@pytest.fixture
def public(tmp_path: Path) -> Public:
    """A folder for each."""
    (tmp_path / "public").mkdir()
    return Public(tmp_path / "public", tmp_path / "seen")


@pytest.mark.parametrize("size", [KEPT + 1, 512, 640, COSIGNED, SHOWN])
def test_a_checkpoint_of_the_lost_part_is_proved(public: Public, size: int) -> None:
    """By the published files of the lost entries, or because the statement names it; it is kept."""
    public.begin()
    before = public.saw(FORMER[:size])
    found = public.follow()
    assert (found.proved, [(part.first, part.last) for part in found.lost]) == (True, [(KEPT, size)])
    assert found.kept == public.state.with_name("seen.epoch-1")
    assert found.kept.read_bytes() == before != public.state.read_bytes()
    assert public.follow().kept is None


def test_a_reader_of_the_later_key_follows_a_statement_of_the_former_ones_time(public: Public) -> None:
    """Custodians signed it; a checkpoint that the former key alone signed is refused all the same."""
    later, listed = signer(ORIGIN, seed=7), public.folder / log_key.FILE
    listed.write_bytes(log_key.encode([log_key.parse(log_key.announce(LOG, later, signs_from=5))]))
    public.begin()
    with pytest.raises(RefusedLogError) as refused:
        public.follow(later.key)
    assert refused.value.reason == "SIGNATURE_INVALID"
    public.begin(LOG, later)
    assert public.follow(later.key).checkpoint.size == NEW
    listed.unlink()
    with pytest.raises(RefusedLogError, match="of another log"):
        public.follow(later.key)


@pytest.mark.parametrize("size", [KEPT + 1, 512, 640, SHOWN])
def test_another_history_is_a_fork(public: Public, size: int) -> None:
    """Although the custodians' statement allows its size; both notes are there, and nothing is replaced."""
    public.begin()
    before = public.saw(FORKED[:size])
    with pytest.raises(RefusedLogError, match="had forked before it lost entries") as refused:
        public.follow()
    assert refused.value.reason == "FORKED"
    assert public.state.read_bytes() == before
    assert public.state.with_name("seen.refused").read_bytes() == public.lost("checkpoint").read_bytes()


def test_without_the_lost_files_it_is_said(public: Public, capsys: pytest.CaptureFixture[str]) -> None:
    """The custodians' statement is then all there is; the note stays, as proof if the files are found."""
    public.begin(with_lost=False)
    before = public.saw(FORKED[:SHOWN])
    found = public.follow()
    assert found.kept is not None
    assert (found.proved, found.kept.read_bytes()) == (False, before)
    assert epochs_json(found)["lost_proved"] is False
    tell_epochs(found)
    told = capsys.readouterr().err
    assert "is not proved: the lost entries are not published" in told
    assert f"is kept in {found.kept}" in told


def _without_a_tile(public: Public) -> None:
    public.lost(Tile(0, 2, SHOWN - 512).path).unlink()


def _with_a_damaged_tile(public: Public) -> None:
    path = public.lost(Tile(0, 2, SHOWN - 512).path)
    path.write_bytes(bytes(len(path.read_bytes())))


def _with_another_epochs_checkpoint(public: Public) -> None:
    shutil.copy(public.folder / "checkpoint", public.lost("checkpoint"))


def _with_a_smaller_checkpoint(public: Public) -> None:
    public.lost("checkpoint").write_bytes(cosigned(of(FORMER[:600])))


def _with_no_checkpoint(public: Public) -> None:
    public.lost("checkpoint").write_bytes(b"no note")


@pytest.mark.parametrize(
    "spoil",
    [
        _without_a_tile,
        _with_a_damaged_tile,
        _with_another_epochs_checkpoint,
        _with_a_smaller_checkpoint,
        _with_no_checkpoint,
    ],
)
def test_damaged_files_prove_and_refute_nothing(public: Public, spoil: object) -> None:
    """What the operator publishes of the former history must lead to a checkpoint that the log signed."""
    public.begin()
    assert callable(spoil)
    spoil(public)
    public.saw(FORKED[:640])
    assert not public.follow().proved


@pytest.mark.parametrize("size", [KEPT, 10])
def test_what_is_left_needs_no_proof(public: Public, size: int) -> None:
    """A checkpoint of entries that were not lost is continued as always, and no copy of it is made."""
    public.begin(with_lost=False)
    public.saw(FORMER[:size])
    found = public.follow()
    assert (found.proved, found.kept, found.lost) == (True, None, ())
    assert found.checkpoint == Checkpoint(ORIGIN, NEW, found.checkpoint.root, found.checkpoint.extensions)
