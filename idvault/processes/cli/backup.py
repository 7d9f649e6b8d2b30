"""`idvault backup`: copies both SQLite databases while the service runs. `backup-ended` notes others."""

import asyncio
import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idvault.core import config
from idvault.core.config import Process
from idvault.processes.bootstrap import backup as backups
from idvault.processes.bootstrap import vitals
from idvault.processes.cli import running
from idvault_verify.commands.errors import CommandError, ExitCode


class Unit(StrEnum):
    """A database, which has backups of its own."""

    MAIN = "main"
    SHRED = "shred"


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder of this backup; a new one.")],
    shred_folder: Annotated[
        Path | None,
        typer.Option(
            "--shred-to",
            metavar="DIR",
            help="Another folder for the copy of the shred database, which is kept for seven days at most.",
        ),
    ] = None,
) -> None:
    """Copy both databases while the processes run, with the roster and a manifest.

    Uses IDVAULT_DATABASE_URL, IDVAULT_SHRED_DATABASE_URL and, if it is set, IDVAULT_ROSTER. For SQLite only:
    PostgreSQL is backed up with its own tools (docs/operations.md). The key files are not in the backup; the
    last lines name them. `idvault restore --check --backup DIR` verifies it.
    """
    settings = config.load(Process.DATABASES)
    place = folder.absolute()
    shred_place = place if shred_folder is None else shred_folder.absolute()
    try:
        made = asyncio.run(
            backups.make(settings, folder=place, shred_folder=shred_place, now=running.real_clock())
        )
    except backups.NotSqliteError as error:
        text = "PostgreSQL is backed up with pg_basebackup or pgBackRest: see docs/operations.md"
        raise CommandError(ExitCode.WRONG_USAGE, text, reason="NOT_SQLITE") from error
    if os.geteuid() == 0:
        told = "the copies are root's: a worker of another user cannot read their age; run this as its user"
        typer.echo(f"{told}, or `idvault backup-ended` afterwards", err=True)
    typer.echo(f"backup: main: {made.entries} entries, {made.accounts} accounts, {made.records} records")
    typer.echo(f"backup: shred: {made.keys} keys; destroy {made.shred.file} after {made.destroy_after}")
    typer.echo(f"backup: not in it: {', '.join(made.not_included)}: keep them apart")
    typer.echo(f"backup: {made.main.bytes + made.shred.bytes} bytes in {folder}")


def backup_ended(
    unit: Annotated[Unit, typer.Argument(metavar="main|shred", help="The database whose backup has ended.")],
) -> None:
    """Note in IDVAULT_BACKUP_DIR that a backup of a PostgreSQL database has ended well.

    The last step of the job that makes backups. The worker reads the note for idvault_backup_age_seconds, so
    the folder must be the worker's. `idvault backup` needs no note: it leaves a manifest.
    """
    folder = config.load(Process.BACKUP_NOTE).backup_dir
    try:
        note = vitals.note_backup(folder, unit.value, now=running.real_clock().real)
    except OSError as error:
        text = f"the folder in IDVAULT_BACKUP_DIR cannot be written to: {error.strerror}"
        raise CommandError(ExitCode.REFUSED, text, reason="BACKUP_DIR", field="IDVAULT_BACKUP_DIR") from error
    typer.echo(f"backup-ended: {unit.value}: noted in {note}")
