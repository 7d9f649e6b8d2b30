"""`idvault log keys`: reads the announcements of the log's later keys, and follows them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from idvault.processes.cli.errors import CommandError, ExitCode
from idvault.processes.cli.log.trust import key
from idvault_people import identity_folder
from idvault_people.identity_folder import IdentityFolderError
from idvault_verify.transparency import log_key
from idvault_verify.transparency.log_key import LogKeyError


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
        data = file.read_bytes()
        changes = log_key.decode(data)
        known = None if public_key is None else key(public_key, "--public-key")
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


def _refused(text: str) -> CommandError:
    return CommandError(ExitCode.UNVERIFIED, f"log: {text}", reason="LOG_KEYS_INVALID")
