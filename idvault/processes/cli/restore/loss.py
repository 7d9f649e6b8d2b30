"""Proposes and accepts the loss of entries, or of shred keys, after a restore."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path

import typer

from idvault.core import config
from idvault.core.config import Process
from idvault.processes.backup.acts import ContradictedError, KnownNote
from idvault.processes.bootstrap import epoch as losses
from idvault.processes.cli import running
from idvault.processes.cli.log import trust as log_trust
from idvault_verify import durable_file
from idvault_verify.attest import epoch as statements
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.transparency import epoch
from idvault_verify.transparency.note import MAX_NOTE_BYTES
from idvault_verify.transparency.tree import LogError

_PUBLIC = 0o644


def propose(
    path: Path,
    *,
    reason: str,
    checkpoints: Sequence[Path],
    public_key: str | None,
    epochs: Mapping[str, bytes],
) -> None:
    """Write the unsigned statement; raises CommandError."""
    if not reason:
        raise wrong_usage("--propose-loss needs --reason", field="--reason")
    settings = config.load(Process.LOSS)
    signer = losses.log_signer(config.load(Process.KEYS)) if public_key is None else None
    key = signer.key if signer is not None else log_trust.key(str(public_key), "--public-key")
    known = [KnownNote(f"the checkpoint {each}", _note(each)) for each in checkpoints]
    try:
        found = asyncio.run(
            losses.propose(
                settings,
                key=key,
                reason=reason,
                known=known,
                now=running.real_clock(),
                given=epochs,
                signer=signer,
            )
        )
    except (LogError, ContradictedError) as error:
        raise CommandError(ExitCode.UNVERIFIED, f"log: {error}", reason=type(error).__name__) from error
    statements.parse(found.to_bytes())  # a reason that cannot be read back is refused now
    durable_file.replace(path, found.to_bytes(), mode=_PUBLIC)
    typer.echo(f"restore: epoch {found.epoch}: {found.size} of {found.seen} entries are left")
    for name, count in found.lost.items():
        typer.echo(f"restore: lost: {count} {name}")
    typer.echo(f"restore: {path} is for the custodians to read and sign (`idvault-people epoch sign`)")


def accept(path: Path | None, *, epochs: Mapping[str, bytes]) -> None:
    """Begin the epoch of a signed statement, or log the loss of shred keys; raises CommandError."""
    settings = config.load(Process.ACCEPT_LOSS)
    now = running.real_clock()
    try:
        if path is None:
            count = asyncio.run(losses.accept_lost_keys(settings, now=now, given=epochs))
            typer.echo(f"restore: {count} records have no shred key; start the processes")
            return
        statement = statements.parse(path.read_bytes())
        begun = asyncio.run(losses.accept(settings, statement, now=now, given=epochs))
    except (LogError, ContradictedError) as error:
        raise CommandError(ExitCode.UNVERIFIED, f"log: {error}", reason=type(error).__name__) from error
    typer.echo(
        f"restore: epoch {epoch.of(begun).number} goes on from {begun.size} entries; start the processes"
    )


def _note(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_NOTE_BYTES + 1)
