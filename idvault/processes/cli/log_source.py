"""Where `idvault log` reads a log, a bundle of files or a database, and whose signatures it requires."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from idvault_verify import small_file
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.reading import RosterError
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.offline.log import epochs
from idvault_verify.offline.log.epochs import EpochRefusedError
from idvault_verify.offline.proof import check_epoch
from idvault_verify.transparency import checkpoint, epoch, proof, stated, verifier
from idvault_verify.transparency.checkpoint import Checkpoint, CheckpointError, CosignaturePolicy, QuorumError
from idvault_verify.transparency.epoch import Break
from idvault_verify.transparency.note import NoteError, VerifierKey, parse_key
from idvault_verify.transparency.proof import ConsistencyError
from idvault_verify.transparency.tile import CHECKPOINT_PATH, MAX_ENTRY_BYTES, WIDTH, Tile, TileNodes
from idvault_verify.transparency.tree import LogError
from idvault_verify.transparency.verifier import ForkError, WrongEntryError


@dataclass(frozen=True, slots=True)
class LogTrust:
    """The required signatures; the name of the log's key is the log's origin."""

    policy: CosignaturePolicy
    breaks: tuple[Break, ...] = ()

    def checkpoints(self, notes: Sequence[bytes]) -> list[Checkpoint]:
        """Verify signed notes and return their checkpoints, the largest first.

        Each must be signed by the log, and the largest one of the newest epoch by the witnesses too. One of
        an earlier epoch stands for what is left of it. What the statements of losses name is demanded, too.
        Raises LogError.
        """
        found = [(self.checkpoint(note), note) for note in notes]
        found.sort(key=lambda one: (epoch.of(one[0]).number, one[0].size), reverse=True)
        for one, _ in found:
            check_epoch(one, self.breaks)
        self._check_cosigned([note for one, note in found if one == found[0][0]])
        if not found:
            return []
        newest = found[0][0]
        known = [epoch.carry(one, newest, self.breaks).checkpoint for one, _ in found]
        return [*known, *stated.demanded(newest, self.breaks)]

    def checkpoint(self, note: bytes) -> Checkpoint:
        """Return the checkpoint of a note that the log has signed; raises LogError."""
        return checkpoint.verify(note, CosignaturePolicy(self.policy.origin, self.policy.log_keys)).checkpoint

    def _check_cosigned(self, largest: Sequence[bytes]) -> None:
        if self.policy.quorum == 0:
            return
        refusal: LogError = QuorumError("there is no checkpoint that a witness could have cosigned")
        for note in largest:
            try:
                checkpoint.verify(note, self.policy)
            except LogError as error:
                refusal = error
            else:
                return
        raise refusal


def read_trust(
    *,
    public_key: str,
    witness: Sequence[str],
    quorum: int | None,
    epochs_file: Path | None = None,
    roster: Path | None = None,
) -> LogTrust:
    """Read the options; raises CommandError (wrong usage) that names the wrong one."""
    log_key = pinned_key(public_key, "--public-key")
    witnesses = tuple(pinned_key(text, "--witness") for text in witness)
    demanded = len({each.public_key for each in witnesses}) if quorum is None else quorum
    try:
        policy = CosignaturePolicy(log_key.name, (log_key,), witnesses, demanded)
        return LogTrust(policy, _breaks(log_key, epochs_file, roster))
    except CheckpointError as error:
        raise wrong_usage(str(error), field="--witness") from error


def _breaks(log_key: VerifierKey, path: Path | None, roster: Path | None) -> tuple[Break, ...]:
    """Return the breaks of the log that its custodians signed for; raises CommandError."""
    if path is None:
        return ()
    if roster is None:
        raise wrong_usage("--epochs needs --roster, whose custodians signed", field="--roster")
    try:
        versions = roster_chain.load_all(roster)
        raw = small_file.read(path, limit=epochs.MOST_BYTES)
        return epochs.verified(epochs.parse(raw), versions=versions, log_key=log_key)
    except (EpochRefusedError, RosterError) as error:
        raise CommandError(ExitCode.UNVERIFIED, f"log: {error}", reason="EPOCH_INVALID") from error


def pinned_key(text: str, option: str) -> VerifierKey:
    """Read a verifier key; raises CommandError (wrong usage) that names the option."""
    try:
        return parse_key(text)
    except NoteError as error:
        raise wrong_usage(f"{option}: {error}", field=option) from error


_SQLITE = "sqlite:///"
_MAIN, _SHRED = "main.sqlite3", "shred.sqlite3"
_MOST_BYTES = WIDTH * (MAX_ENTRY_BYTES + 2)

Bar = Callable[[int], Callable[[int], None]]
"""Starts a progress bar with the number of entries; returns the function that updates it."""


@dataclass(frozen=True, slots=True)
class VerifiedLog:
    """A verified log. size, root: those of the largest checkpoint, or of all entries if there is none.

    signed: whether there was a checkpoint at all. uncovered: entries beyond it. unsequenced: entries that
    have no place in the log yet.
    """

    size: int
    root: bytes
    signed: bool
    uncovered: int = 0
    unsequenced: int = 0


class Source(Protocol):
    """A stored log."""

    def verify(self, trust: LogTrust, outside: Sequence[bytes], bar: Bar) -> VerifiedLog:
        """Verify it against its own checkpoint and the independent ones; raises LogError, CommandError."""
        ...


@dataclass(frozen=True, slots=True)
class BundleSource:
    """A folder in the C2SP tlog-tiles layout, which holds `checkpoint`."""

    folder: Path

    def verify(self, trust: LogTrust, outside: Sequence[bytes], bar: Bar) -> VerifiedLog:
        """Verify every entry and tile up to the bundle's own checkpoint, then the independent ones."""
        own = self._read(CHECKPOINT_PATH)
        if own is None and not outside:
            text = f"there is no checkpoint in {self.folder}: give one with --checkpoint"
            raise CommandError(ExitCode.UNREACHABLE, text, reason="NO_CHECKPOINT", field="--bundle")
        checkpoints = trust.checkpoints([*outside, *([] if own is None else [own])])
        covered = checkpoints[0] if own is None else trust.checkpoint(own)
        verifier.verify_files(self._read, covered, progress=bar(covered.size))
        for each in reversed(checkpoints):
            self._compare(each, covered)
        return VerifiedLog(covered.size, covered.root, signed=True)

    def _compare(self, known: Checkpoint, covered: Checkpoint) -> None:
        if known.size > covered.size:
            reason = (
                f"{{those}} is missing: the checkpoint of size {known.size} covers more than these "
                f"{covered.size} entries"
            )
            raise WrongEntryError(covered.size, reason, last=known.size - 1)
        try:
            proof.verify_consistency(
                old=known.size,
                new=covered.size,
                old_root=known.root,
                new_root=covered.root,
                proof=proof.prove_consistency(
                    TileNodes(covered.size, self._tile), old=known.size, new=covered.size
                ),
            )
        except ConsistencyError as error:
            raise ForkError(0, known.size) from error

    def _tile(self, tile: Tile) -> bytes:
        data = self._read(tile.path)
        # A log may delete a partial tile once it has published the full one, which begins with it.
        return (self._read(Tile(tile.level, tile.index).path) or b"") if data is None else data

    def _read(self, path: str) -> bytes | None:
        try:
            with (self.folder / path).open("rb") as file:
                return file.read(_MOST_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            if not self.folder.is_dir():
                raise
            return None


class DatabaseSource:
    """The main database of a vault, and the second database with the checkpoint, if known."""

    def __init__(self, *, database_url: str, shred_database_url: str | None) -> None:
        """shred_database_url: None to look for shred.sqlite3 beside a file main.sqlite3."""
        self._url = database_url
        self._shred_url = shred_database_url or _beside(database_url)

    def verify(self, trust: LogTrust, outside: Sequence[bytes], bar: Bar) -> VerifiedLog:
        """Verify every entry against its stored hashes, the head and all checkpoints."""
        return asyncio.run(self._verify(trust, outside, bar))

    async def _verify(self, trust: LogTrust, outside: Sequence[bytes], bar: Bar) -> VerifiedLog:
        # A bundle needs no database driver.
        from idvault.log.acts import audit  # noqa: PLC0415
        from idvault.processes.bootstrap import log_outside as logs  # noqa: PLC0415

        try:
            logs.check_database_urls(self._url, self._shred_url)
        except ValueError as error:
            raise wrong_usage(str(error), field="--database") from error
        own = await logs.stored_checkpoint(database_url=self._shred_url) if self._shred_url else None
        checkpoints = trust.checkpoints([*outside, *([] if own is None else [own])])
        async with logs.open_log(self._url) as main:
            extent = await audit.extent(main)
            progress = bar(max(extent.end, extent.size))
            audited = await audit.verify(main, extent=extent, checkpoints=checkpoints, progress=progress)
        tree = audited.tree
        if not checkpoints:
            return VerifiedLog(tree.size, tree.root(), signed=False, unsequenced=audited.unsequenced)
        newest = checkpoints[0]
        uncovered = tree.size - newest.size
        return VerifiedLog(newest.size, newest.root, True, uncovered, audited.unsequenced)


def _beside(url: str) -> str | None:
    """Return the URL of the second SQLite file if both files have their usual names in one folder."""
    if not url.startswith(_SQLITE):
        return None
    path = Path(url.removeprefix(_SQLITE))
    shred = path.with_name(_SHRED)
    return f"{_SQLITE}{shred}" if path.name == _MAIN and shred.is_file() else None
