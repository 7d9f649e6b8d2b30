"""After a loss whoever follows the log compares it with the statement, whatever was known here before."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from idvault.processes.cli.log_source import BundleSource, LogTrust
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.offline.log.continuity import LogContinuity, RefusedLogError
from idvault_verify.offline.log.files import LogFolder
from idvault_verify.offline.log.mirror import LogMirror
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy
from idvault_verify.transparency.tree import LogError
from tests.support.epoch_world import ROSTER, breaks, cosigned, in_epoch, leaves, signed, statement
from tools.support import logs, people
from tools.support.log_world import KEY, ORIGIN, of

KEPT, COSIGNED, NEW = 400, 650, 700
FORMER = leaves(COSIGNED)
FIRST = signed(statement(cosigned(of(FORMER)), of(FORMER[:KEPT]), seen=COSIGNED))
POLICY = Policy(ORIGIN, (KEY,), (people.WITNESS.key,), 1)


class Public:
    """The public directory of a log in a new epoch, and what a reader keeps."""

    def __init__(self, folder: Path) -> None:
        """Set the folder."""
        self.folder, self.state = folder / "public", folder / "seen"

    def show(self, entries: Sequence[bytes], *listed: EpochStatement) -> None:
        """Publish a log in the epoch that the last statement began."""
        self.folder.mkdir(exist_ok=True)
        logs.write_folder(self.folder, list(entries), cosigned(in_epoch(of(list(entries)), listed[-1])))
        (self.folder / "epochs.json").write_bytes(statements.encode_chain(listed))

    def follow(self) -> int:
        return self._continuity().follow().checkpoint.size

    def mirror(self) -> int:
        copy = LogMirror(
            files=LogFolder(self.folder), folder=self.folder.with_name("copy"), policy=POLICY,
            max_age=None, now=lambda: 0.0, versions=(ROSTER,),
        )  # fmt: skip
        seen = copy.folder / ".mirror" / "seen"
        if self.state.exists():
            seen.parent.mkdir(parents=True, exist_ok=True)
            seen.write_bytes(self.state.read_bytes())
        return copy.run().accepted.checkpoint.size

    def _continuity(self) -> LogContinuity:
        return LogContinuity(
            files=LogFolder(self.folder), policy=POLICY, state=self.state, max_age=None,
            now=lambda: 0.0, versions=(ROSTER,),
        )  # fmt: skip


@pytest.fixture
def public(tmp_path: Path) -> Public:
    return Public(tmp_path)


READERS: dict[str, Callable[[Public], int]] = {"follow-log": Public.follow, "mirror-log": Public.mirror}


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("known", [None, 0, 1, 256, KEPT - 1, KEPT])
def test_another_history_than_the_statement_calls_left(
    public: Public, reader: str, known: int | None
) -> None:
    """The attack: the log goes on with other entries than those that the custodians signed for.

    Nothing that a reader of few entries knows contradicts it; nor does a first run know anything.
    """
    if known is not None:
        public.state.write_bytes(cosigned(of(FORMER[:known])))
    for same in (KEPT - 1, 256, known or 0):
        if same >= KEPT:
            continue
        public.show(leaves(NEW, kept=same), FIRST)
        with pytest.raises(RefusedLogError) as refused:
            READERS[reader](public)
        assert refused.value.reason == "FORKED", same
    public.show(leaves(NEW, kept=KEPT), FIRST)
    assert READERS[reader](public) == NEW


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("known", [None, 100])
@pytest.mark.parametrize("shown", [100, 256, KEPT - 1])
def test_fewer_entries_than_the_statement_calls_left(
    public: Public, reader: str, known: int | None, shown: int
) -> None:
    """Also if they are the first of them; what the log's key signed is kept beside the state."""
    if known is not None:
        public.state.write_bytes(cosigned(of(FORMER[:known])))
    public.show(FORMER[:shown], FIRST)
    with pytest.raises(RefusedLogError, match="fewer than") as refused:
        READERS[reader](public)
    assert refused.value.reason == "ROLLED_BACK"
    refused_note = next(public.state.parent.rglob("seen.refused"))
    assert refused_note.read_bytes() == (public.folder / "checkpoint").read_bytes()


def test_a_log_of_exactly_what_is_left(public: Public) -> None:
    """It has the root of the statement."""
    public.show(leaves(KEPT, kept=KEPT - 1), FIRST)
    with pytest.raises(RefusedLogError) as refused:
        public.follow()
    assert refused.value.reason == "FORKED"
    public.show(FORMER[:KEPT], FIRST)
    assert public.follow() == KEPT


def test_a_known_checkpoint_of_exactly_what_is_left(public: Public) -> None:
    """Its root is compared with the statement's: one of them is not of this log."""
    public.state.write_bytes(cosigned(of(leaves(KEPT, kept=KEPT - 1))))
    for entries in (FORMER[:KEPT], leaves(NEW, kept=KEPT), leaves(NEW, kept=KEPT - 1)):
        public.show(entries, FIRST)
        with pytest.raises(RefusedLogError) as refused:
            public.follow()
        assert refused.value.reason == "FORKED"


def test_what_several_statements_name(public: Public) -> None:
    """The log begins with what each left, as far as no later one let it go."""
    former = leaves(COSIGNED, kept=KEPT)
    second = signed(
        statement(cosigned(in_epoch(of(former[:600]), FIRST)), of(former[:550]), seen=600, after=[FIRST])
    )
    for same in (KEPT - 1, KEPT, 549):
        public.show([*former[:same], *(b"after %d" % at for at in range(same, NEW))], FIRST, second)
        with pytest.raises(RefusedLogError) as refused:
            public.follow()
        assert refused.value.reason == "FORKED"
    public.show([*former[:550], *(b"after %d" % at for at in range(550, NEW))], FIRST, second)
    assert public.follow() == NEW


def test_a_missing_tile_is_no_fork(public: Public) -> None:
    """A proof that cannot be computed refuses, with its own reason."""
    public.show(leaves(NEW, kept=KEPT), FIRST)
    (public.folder / "tile" / "0" / "001").unlink()
    with pytest.raises(RefusedLogError) as refused:
        public.follow()
    assert refused.value.reason == "TILES_INVALID"


def test_a_verified_bundle_begins_with_what_is_left(public: Public) -> None:
    """`log verify --epochs` demands it, too, without any checkpoint from elsewhere."""
    source = BundleSource(public.folder)
    trust = LogTrust(Policy(ORIGIN, (KEY,)), tuple(breaks(FIRST)))
    for entries in (leaves(NEW, kept=KEPT - 1), FORMER[: KEPT - 1]):
        public.show(entries, FIRST)
        with pytest.raises(LogError):
            source.verify(trust, [], lambda total: lambda done: None)
    public.show(leaves(NEW, kept=KEPT), FIRST)
    assert source.verify(trust, [], lambda total: lambda done: None).size == NEW
