"""`idvault-people log keys`: reads the announcements of the log's later keys, and follows them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from idvault_people import identity_folder
from idvault_people.identity_folder import IdentityFolderError
from idvault_verify import small_file
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.transparency import log_key
from idvault_verify.transparency.log_key import LogKeyError
from idvault_verify.transparency.note import NoteError, VerifierKey, parse_key

app = typer.Typer(help="The later keys of the log: verify and follow them.", no_args_is_help=True)


@app.callback()
def log() -> None:
    """The later keys of the log: verify and follow them."""


@app.command()
def keys(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="log-keys.json of the public directory.")],
    public_key: Annotated[
        str | None, typer.Option(metavar="VKEY", help="A key of the log that you know.")
    ] = None,
    identity: Annotated[
        Path | None, typer.Option(help="Your identity folder: it then follows the later keys.")
    ] = None,
) -> None:
    """Print the keys of the log that are later than the one that you know, verified from it.

    Each is announced by a note that the key before and itself have signed; a week later it signs beside that
    one. A witness adds the last key as another --log-key, and removes the former one once both sign; auditors
    and custodians follow with --identity. The exit code is 5 unless the announcements verify and lead on from
    the key that is known.
    """
    try:
        data = small_file.read(file)
        changes = log_key.decode(data)
        known = None if public_key is None else _key(public_key)
        if identity is not None:
            known = identity_folder.follow_log_keys(identity_folder.load(identity), data).log_key
    except (LogKeyError, IdentityFolderError) as error:
        raise _refused(str(error)) from error
    if known is not None:
        if not any(known in (each.former, each.later) for each in changes):
            raise _refused("the announcements do not lead on from the key that you know")
        changes = log_key.following(known, changes)
    for each in changes:
        begins = datetime.fromtimestamp(each.signs_from, tz=UTC)
        typer.echo(f"from {begins:%Y-%m-%d %H:%M} UTC: {each.later}")
    done = "followed" if identity is not None else "verified"
    typer.echo(f"log keys: {len(changes)} announced, {done if known is not None else 'nothing compared'}")


def _key(text: str) -> VerifierKey:
    try:
        return parse_key(text)
    except NoteError as error:
        raise wrong_usage(f"--public-key: {error}", field="--public-key") from error


def _refused(text: str) -> CommandError:
    return CommandError(ExitCode.UNVERIFIED, f"log: {text}", reason="LOG_KEYS_INVALID")
