"""`idvault log`: verifies the transparency log offline, and exports it as static files."""

import asyncio
import json
import os
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from idvault.processes.cli import log_source, running
from idvault.processes.cli.log_source import Bar, BundleSource, DatabaseSource, Source, VerifiedLog
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.error import DamagedError, IdvaultError, PreconditionError, Reason, UnavailableError
from idvault_verify.transparency.note import MAX_NOTE_BYTES
from idvault_verify.transparency.tree import LogError
from idvault_verify.transparency.verifier import WrongEntryError

_ROOT = 0

app = typer.Typer(help="The transparency log: verify it offline, export it.", no_args_is_help=True)


PublicKey = Annotated[
    str, typer.Option(metavar="VKEY", help="The log's public key, NAME+ID+KEY; NAME is the log's origin.")
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="The main database or a copy: sqlite:///FILE or postgresql://…"),
]
Bundle = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="The public directory, a copy of it, or the output of `log export`."),
]
Outside = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="A signed checkpoint from an independent source: from a witness, or kept by `follow-log`.",
    ),
]
ShredDatabaseUrl = Annotated[
    str | None,
    typer.Option(
        metavar="URL", help="The second database, which holds the newest checkpoint; only with --database."
    ),
]
Witness = Annotated[
    list[str] | None,
    typer.Option(
        metavar="VKEY", help="A witness that must have cosigned the newest checkpoint; may be repeated."
    ),
]
Quorum = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="How many witnesses are enough; default: all.")
]


Epochs = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The statements of the log's epochs, if it has lost entries (epochs.json of the public "
        "directory); needs --roster.",
    ),
]
RosterFile = Annotated[
    Path | None,
    typer.Option(
        "--roster", metavar="FILE", help="The published roster, whose custodians signed the statements."
    ),
]


@app.callback()
def log() -> None:
    """The transparency log: verify it offline, export it."""


@app.command()
def verify(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    public_key: PublicKey,
    database: DatabaseUrl = None,
    bundle: Bundle = None,
    checkpoint: Outside = None,
    shred_database: ShredDatabaseUrl = None,
    witness: Witness = None,
    quorum: Quorum = None,
    epochs: Epochs = None,
    roster: RosterFile = None,
) -> None:
    """Recompute the log from its entries, and compare it with the stored hashes and signed checkpoints.

    Needs no settings and no server. With exit code 5 the command names the first wrong entry.

    A bundle contains its newest checkpoint. A main database does not: the checkpoint is in the second
    database, named by --shred-database, or by default the file shred.sqlite3 beside main.sqlite3. Without any
    checkpoint the command checks only the database's own hashes, and says so. The vault's own checkpoint does
    not reveal that the newest entries were cut off together with it; one from an independent source
    (--checkpoint) does.
    """
    source = _source(database, bundle, shred_database)
    trust = log_source.read_trust(
        public_key=public_key, witness=witness or [], quorum=quorum, epochs_file=epochs, roster=roster
    )
    outside = [_note(checkpoint)] if checkpoint else []
    as_json = bool(context.obj)
    try:
        with _bar() as bar:
            verified = source.verify(trust, outside, bar)
    except LogError as error:
        raise _refusal(error, as_json=as_json) from error
    _tell(verified, outside=bool(outside), as_json=as_json)


@app.command()
def export(
    directory: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder to write; created if it is missing.")
    ],
    public_key: Annotated[
        str | None,
        typer.Option(metavar="VKEY", help="The log's public key; default: read from the worker's key file."),
    ] = None,
) -> None:
    """Write the log up to its newest checkpoint as static files (C2SP tlog-tiles), as `work` publishes it.

    Uses IDVAULT_DATABASE_URL and IDVAULT_SHRED_DATABASE_URL; without --public-key also IDVAULT_LOG_ORIGIN,
    IDVAULT_KEY_PASSPHRASE_FILE and the file work.keys beside IDVAULT_KEYS. Existing files stay as they
    are; a repeat adds what is new. Run as root on another user's folder, it says that the files are root's.
    """

    # Imported here: `verify --bundle` needs no settings and no database.
    from idvault.core import config  # noqa: PLC0415
    from idvault.processes.bootstrap import log_outside as logs  # noqa: PLC0415

    settings = config.load(config.Process.DATABASES)

    if public_key is None:
        key = logs.log_key(config.load(config.Process.KEYS))
    else:
        key = log_source.pinned_key(public_key, "--public-key")
    owner = _other_owner(directory.absolute())
    directory.mkdir(parents=True, exist_ok=True)
    now = running.real_clock()
    try:
        count = asyncio.run(logs.export_log(settings, directory=directory, key=key, now=now))
    except IdvaultError as error:
        raise _export_refusal(error) from error
    finally:
        # A refusal leaves files, too.
        if owner is not None:
            told = "what was written is root's: a worker of another user cannot add to it"
            typer.echo(f"{told}; run this as {owner}, or give all of it to {owner} with chown -R", err=True)
    typer.echo(f"log: {count} entries exported")


def _other_owner(directory: Path) -> str | None:
    """Return who owns a folder in which root writes, None if that is root or if somebody else runs this."""
    place = next(each for each in (directory, *directory.parents) if each.exists())
    if os.geteuid() != _ROOT or place.stat().st_uid == _ROOT:
        return None
    try:
        return place.owner()
    except KeyError:
        return f"the owner of {place}"


def _export_refusal(error: IdvaultError) -> Exception:
    """Return the error that ends an export."""
    reason = error.reason.value
    match error:
        case UnavailableError(reason=Reason.LOG_UNAVAILABLE):
            text = "the log has no checkpoint yet: `idvault work` signs the first one"
            return CommandError(ExitCode.UNREACHABLE, text, reason=reason)
        case PreconditionError():
            text = "the folder or the second database holds another log, or one that another key signed"
            return CommandError(ExitCode.UNVERIFIED, text, reason=reason)
        case DamagedError():
            text = "the stored log does not verify: `idvault log verify` names the entry"
            return CommandError(ExitCode.UNVERIFIED, text, reason=reason)
    return error


def _source(database: str | None, bundle: Path | None, shred_database: str | None) -> Source:
    if database is not None and bundle is None:
        return DatabaseSource(database_url=database, shred_database_url=shred_database)
    if bundle is not None and database is None and shred_database is None:
        return BundleSource(bundle)
    text = "give --database (with --shred-database or without), or --bundle"
    raise wrong_usage(text, field="--database")


def _note(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_NOTE_BYTES + 1)


@contextmanager
def _bar() -> Iterator[Bar]:
    """Show progress on stderr if it is a terminal."""
    console = Console(stderr=True)
    columns = (TextColumn("log"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:

        def start(total: int) -> Callable[[int], None]:
            line = shown.add_task("log", total=total)
            return lambda done: shown.update(line, completed=done)

        yield start


def _refusal(error: LogError, *, as_json: bool) -> Exception:
    """Return the exception that ends a verification; without --json the reason is the last line of stdout."""
    if not as_json:
        typer.echo(f"log: {error}")
        return typer.Exit(ExitCode.UNVERIFIED)
    if isinstance(error, WrongEntryError):
        field = f"entries[{error.index}]"
        return CommandError(ExitCode.UNVERIFIED, f"log: {error}", reason="WRONG_ENTRY", field=field)
    return CommandError(ExitCode.UNVERIFIED, f"log: {error}", reason=type(error).__name__)


def _tell(verified: VerifiedLog, *, outside: bool, as_json: bool) -> None:
    root = b64encode(verified.root).decode()
    if as_json:
        shown = {
            "size": verified.size,
            "root": root,
            "verified": True,
            "signed": verified.signed,
            "outside_checkpoint": outside,
            "uncovered": verified.uncovered,
            "unsequenced": verified.unsequenced,
        }
        typer.echo(json.dumps(shown))
        return
    for text in _limits(verified, outside=outside):
        print(f"log: {text}", file=sys.stderr)
    typer.echo(f"log: {verified.size} entries, root {root}, verified")


def _limits(verified: VerifiedLog, *, outside: bool) -> Iterator[str]:
    """Yield what the verification cannot show."""
    if not verified.signed:
        yield (
            "no signed checkpoint was found: the entries are consistent, but may have been truncated, or "
            "rewritten by somebody who can write to the database"
        )
    elif not outside:
        yield "no independent checkpoint was given (--checkpoint): the log may have been truncated"
    if verified.uncovered:
        yield f"{verified.uncovered} newer entries are consistent, but no checkpoint covers them yet"
    if verified.unsequenced:
        yield f"{verified.unsequenced} entries are not yet in the log"
