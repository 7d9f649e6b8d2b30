"""Where `idvault log verify` reads a log: a bundle of files, or a database."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from idvault.processes.cli.log.trust import LogTrust
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.transparency import proof, verifier
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.proof import ConsistencyError
from idvault_verify.transparency.tile import CHECKPOINT_PATH, MAX_ENTRY_BYTES, WIDTH, Tile, TileNodes
from idvault_verify.transparency.verifier import ForkError, WrongEntryError

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
