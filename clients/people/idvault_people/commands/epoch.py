"""`idvault-people epoch`: the statements by which a log goes on after it has lost entries."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from idvault_people import epochs, identity_folder
from idvault_people.commands import passphrase
from idvault_people.identity_folder import CHECKPOINT, IdentityFolder, IdentityFolderError
from idvault_verify import durable_file, printable
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.attest.people import roster_chain
from idvault_verify.commands.errors import CommandError, ExitCode
from idvault_verify.offline.log import epochs as offline
from idvault_verify.offline.log.epochs import EpochRefusedError
from idvault_verify.transparency import checkpoint as checkpoints
from idvault_verify.transparency import note
from idvault_verify.transparency.epoch import LostPart
from idvault_verify.transparency.note import parse_key
from idvault_verify.transparency.tree import LogError

app = typer.Typer(
    help="The statements by which the log goes on after it has lost entries: read, sign and follow them.",
    no_args_is_help=True,
)
File = Annotated[
    Path, typer.Argument(metavar="FILE", help="The statement, made by `restore --propose-loss`.")
]
Identity = Annotated[Path, typer.Option(help="Your identity folder, connected to the vault.")]
RosterFile = Annotated[
    Path, typer.Option(metavar="FILE", help="The published roster; earlier versions are beside it.")
]
Shown = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The public checkpoint; needed if the newest statement names a former version of the roster.",
    ),
]
_PUBLIC = 0o644


@app.callback()
def epoch() -> None:
    """The statements by which the log goes on after it has lost entries: read, sign and follow them."""


@app.command(short_help="Print what a statement says.")
def show(file: File) -> None:
    """Print what a statement says; nothing is verified."""
    for line in _lines(_read(file)):
        typer.echo(printable.escaped(line))


@app.command(short_help="Compare a statement with what you have seen, and sign it.")
def sign(file: File, identity: Identity, passphrase_file: passphrase.PassphraseFile = None) -> None:
    """Add your signature as a custodian; the statement is compared with your own checkpoint.

    Refused if the statement hides an entry that you have seen, does not follow the statements before it, or
    is for another log or version of the roster. Read it with `show` first, and ask the operator and the
    witnesses how the entries were lost: with M signatures, everybody accepts the log without them. FILE is
    replaced.
    """
    from idvault_people.opens import identity as identities  # noqa: PLC0415 - only `sign` needs it

    found, folder = _read(file), _connected(identity)
    with passphrase.identity_errors():
        own = identities.load(identity, passphrase=passphrase.read(passphrase_file))
    with _refusals():
        carried = epochs.check(
            identity / CHECKPOINT,
            found,
            versions=folder.versions,
            log_key=folder.log_key,
            more_keys=folder.more_keys,
        )
    signed = statements.sign(found, name=own.name, signer=own.sign, roster=folder.versions[-1])
    durable_file.replace(file, signed.to_bytes(), mode=_PUBLIC)
    _tell_lost(carried.lost)
    typer.echo(f"epoch: statement of epoch {signed.epoch} signed by {own.name}")


@app.command(short_help="Check a statement as everybody does who follows the log.")
def verify(file: File, roster: RosterFile) -> None:
    """Check that M custodians of each quorum signed a statement, and what it says of the log.

    FILE is a statement, or the public file epochs.json with all of them. The log's key in it must have signed
    the checkpoint that it names as the last one, witnesses of the roster must have cosigned that, and it must
    not deny entries of its own. Compare the log's key, which `show` prints, with the one that you know.
    """
    given, versions = _all(file), roster_chain.load_all(roster)
    with _refusals():
        *others, key = [parse_key(each.log) for each in given]
        # A single statement may be of a later epoch: the one before it is not at hand.
        is_chain = len(given) > 1
        offline.verified(given, versions=versions, log_key=key, more_keys=others, is_chain=is_chain)
    for found in given:
        typer.echo(f"epoch: statement of epoch {found.epoch}, {found.digest()}, valid")


@app.command(short_help="Accept a signed statement in your identity folder.")
def follow(file: File, identity: Identity, checkpoint: Shown = None) -> None:
    """Accept a statement that M custodians signed, so that your client follows the log into its new epoch.

    FILE is the statement, or the public file epochs.json with all of them: then those that you have not
    followed yet are followed in order. Refused if one hides an entry that you have seen.
    """
    folder = _connected(identity)
    given = _all(file)
    with _refusals():
        followed = epochs.follow(
            identity / CHECKPOINT,
            given,
            versions=folder.versions,
            log_key=folder.log_key,
            more_keys=folder.more_keys,
            shown=_note(checkpoint),
        )
    for carried in followed:
        _tell_lost(carried.lost)
    for found in given:
        typer.echo(f"epoch: follows epoch {found.epoch}")


def _lines(found: EpochStatement) -> Iterator[str]:
    former = checkpoints.parse(note.parse(found.former).text)
    yield f"log        {found.log}"
    yield f"epoch      {found.epoch}"
    yield f"seen       {found.seen} entries"
    yield f"cosigned   {former.size} entries, the last checkpoint of the epoch before"
    yield f"left       {found.size} entries"
    for name, count in found.lost.items():
        yield f"lost       {count} {name}"
    if not found.lost:
        yield "lost       of unknown types"
    yield f"time       {found.time:%Y-%m-%dT%H:%M:%SZ}"
    yield f"reason     {found.reason}"
    yield f"roster     {found.roster}"
    yield f"signed by  {', '.join(each.name for each in found.signatures) or 'nobody'}"
    yield f"digest     {found.digest()}"


def _tell_lost(lost: tuple[LostPart, ...]) -> None:
    for part in lost:
        typer.echo(f"epoch: of the entries that you have seen, {part.first} to {part.last - 1} are lost")


def _connected(identity: Path) -> IdentityFolder:
    try:
        return identity_folder.load(identity)
    except IdentityFolderError as error:
        raise CommandError(
            ExitCode.REFUSED, str(error), reason="NOT_CONNECTED", field="--identity"
        ) from error


def _read(path: Path) -> EpochStatement:
    found = statements.parse(_content(path))
    try:
        parse_key(found.log)
        checkpoints.parse(note.parse(found.former).text)
    except LogError as error:
        raise CommandError(ExitCode.UNVERIFIED, str(error), reason="EPOCH_INVALID", field="FILE") from error
    return found


def _note(path: Path | None) -> bytes | None:
    if path is None:
        return None
    with path.open("rb") as file:
        return file.read(note.MAX_NOTE_BYTES + 1)


def _all(path: Path) -> tuple[EpochStatement, ...]:
    content = _content(path)
    if b'"epochs"' not in content:
        return (_read(path),)
    with _refusals():
        return offline.parse(content)


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(statements.MOST_BYTES + 1)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn a refused statement into CommandError."""
    try:
        yield
    except EpochRefusedError as error:
        raise CommandError(ExitCode.UNVERIFIED, str(error), reason=error.reason, field="FILE") from error
