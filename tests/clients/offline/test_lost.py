"""A client whose checkpoint lies in the lost part of a log: proved, not proved, or a fork from before."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from idvault_verify.attest import epoch as statements
from idvault_verify.commands.log import epochs_json, tell_epochs
from idvault_verify.offline.log.continuity import AcceptedCheckpoint, LogContinuity, RefusedLogError
from idvault_verify.offline.log.files import LogFolder
from idvault_verify.transparency import log_key, tile
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy
from idvault_verify.transparency.note import NoteSigner, VerifierKey
from idvault_verify.transparency.tile import Tile
from tests.support.epoch_world import LOG, ROSTER, cosigned, in_epoch, leaves, signed, statement
from tools.support import logs
from tools.support.log_world import KEY, ORIGIN, of
from tools.support.merkle import signer

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


class Twice(Public):
    """A public directory after two losses, the second of which left less than the first."""

    def begin_third(self, *, left: int, seen_second: bool = True) -> list[bytes]:
        """Lose again and publish the third epoch; return the entries of the second."""
        self.begin()
        second = [*FORMER[:KEPT], *(b"after %d" % at for at in range(KEPT, NEW))]
        shown = cosigned(in_epoch(of(second), STATEMENT))
        again = signed(statement(shown, of(second[:left]), seen=NEW, after=[STATEMENT]))
        former = self.folder.with_name("second")
        logs.write_folder(former, second, shown)
        if seen_second:
            for each in ("checkpoint", *(one.path for one in tile.grown(left, NEW))):
                place = self.folder / "lost" / "2" / each
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(former / each, place)
        third = [*second[:left], *(b"third %d" % at for at in range(left, NEW))]
        logs.write_folder(self.folder, third, cosigned(in_epoch(of(third), again)))
        (self.folder / "epochs.json").write_bytes(statements.encode_chain([STATEMENT, again]))
        return second


@pytest.fixture
def twice(tmp_path: Path) -> Twice:
    (tmp_path / "public").mkdir()
    return Twice(tmp_path / "public", tmp_path / "seen")


@pytest.mark.parametrize("left", [256, 270, 510])
@pytest.mark.parametrize("size", [KEPT - 20, KEPT + 1, 640, SHOWN])
def test_a_checkpoint_is_proved_after_two_losses(twice: Twice, left: int, size: int) -> None:
    """Of the first epoch: its files are in two folders and in place."""
    twice.begin_third(left=left)
    twice.saw(FORMER[:size])
    found = twice.follow()
    assert found.proved
    assert bool(found.lost) is (size > min(left, KEPT))


@pytest.mark.parametrize("left", [256, 270])
@pytest.mark.parametrize("size", [KEPT - 20, KEPT, 640, SHOWN])
def test_a_fork_is_found_after_two_losses(twice: Twice, left: int, size: int) -> None:
    """What the second loss left is less than what the first one did: nothing else would refute the note."""
    twice.begin_third(left=left)
    before = twice.saw(leaves(SEEN, kept=left)[:size])
    with pytest.raises(RefusedLogError) as refused:
        twice.follow()
    assert (refused.value.reason, twice.state.read_bytes()) == ("FORKED", before)


def test_a_checkpoint_lost_with_the_second_epoch_is_not_proved_without_its_files(twice: Twice) -> None:
    """The first loss left it, so it was never compared in the first epoch; nothing is published of it."""
    twice.begin_third(left=256, seen_second=False)
    (twice.lost("checkpoint")).unlink()
    twice.saw(leaves(SEEN, kept=256)[:280])
    assert not twice.follow().proved


def test_a_statement_that_leaves_other_entries_is_a_fork(public: Public) -> None:
    """Custodians may let entries be lost; they cannot let those that are left be replaced unseen."""
    public.begin()
    replaced = [*FORMER[:290], *(b"another %d" % at for at in range(290, KEPT))]
    wrong = signed(statement(cosigned(of(FORMER[:COSIGNED])), of(replaced), seen=SEEN))
    after = [*replaced, *(b"after %d" % at for at in range(KEPT, NEW))]
    logs.write_folder(public.folder, after, cosigned(in_epoch(of(after), wrong)))
    (public.folder / "epochs.json").write_bytes(statements.encode_chain([wrong]))
    public.saw(FORMER[:640])
    with pytest.raises(RefusedLogError, match="calls left are not the first") as refused:
        public.follow()
    assert refused.value.reason == "FORKED"
