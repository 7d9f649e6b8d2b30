"""`idvault-client follow-log`: watches that a log only grows."""

import json
import time
from base64 import b64encode
from pathlib import Path
from typing import Annotated

import typer

from idvault.transparency.checkpoint import CheckpointError
from idvault.transparency.checkpoint import CosignaturePolicy as Policy
from idvault.transparency.note import NoteError, VerifierKey, parse_key
from idvault_client.commands.output import AsJson, reporting, tell_error
from idvault_client.offline.log.files import LogFiles, LogFolder, LogWebsite, NotReachedError, UrlError
from idvault_client.offline.log.follower import AcceptedCheckpoint, LogFollower

PublicKey = Annotated[
    str, typer.Option(metavar="VKEY", help="The log's public key, NAME+ID+KEY; NAME is the log's origin.")
]
State = Annotated[
    Path, typer.Option(metavar="FILE", help="The file for the last checkpoint; the first call creates it.")
]
Url = Annotated[str | None, typer.Option(help="The public directory's URL: https, or http on this machine.")]
Directory = Annotated[
    Path | None, typer.Option(metavar="DIR", help="The public directory, or a copy of it, as a folder.")
]
Witness = Annotated[
    list[str] | None,
    typer.Option(metavar="VKEY", help="A witness that must have cosigned; may be repeated."),
]
Quorum = Annotated[
    int | None, typer.Option(min=1, metavar="N", help="How many witnesses are enough; default: all.")
]
MaxAge = Annotated[
    float | None, typer.Option(min=1, metavar="SECONDS", help="The greatest age of their cosignatures.")
]
Once = Annotated[bool, typer.Option("--once", help="Check once and exit.")]
Interval = Annotated[
    float, typer.Option(min=0.1, metavar="SECONDS", help="How long to wait between two checks.")
]


def follow(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    public_key: PublicKey,
    state: State,
    url: Url = None,
    directory: Directory = None,
    witness: Witness = None,
    quorum: Quorum = None,
    max_age: MaxAge = None,
    once: Once = False,
    interval: Interval = 60.0,
    json_option: AsJson = False,
) -> None:
    """Check that the log continues the last checkpoint seen, and keep the new one.

    The log's server is not trusted: this command computes the consistency proof from the published tiles.
    The exit code is 5 if the log has shrunk or forked, or its witnesses did not cosign. A refused checkpoint
    is saved as FILE.refused. Without --once the command runs until then, and continues through outages.
    """
    with reporting(context, json_option) as as_json:
        follower = LogFollower(
            files=_files(url, directory, context.obj.timeout),
            policy=policy_of(public_key, witness or [], quorum, max_age),
            state=state,
            max_age=max_age,
            now=time.time,
        )
        while True:
            try:
                _show(follower.follow(), as_json=as_json)
            except NotReachedError as error:
                if once:
                    raise
                tell_error("UNAVAILABLE", str(error), as_json=as_json)
            if once:
                return
            time.sleep(interval)


def _files(url: str | None, directory: Path | None, timeout: float) -> LogFiles:
    if url is not None and directory is None:
        try:
            return LogWebsite(url, timeout=timeout)
        except UrlError as error:
            raise typer.BadParameter(str(error), param_hint="--url") from error
    if directory is not None and url is None:
        return LogFolder(directory)
    raise typer.BadParameter("give --url or --directory")


def policy_of(public_key: str, witness: list[str], quorum: int | None, max_age: float | None) -> Policy:
    """Return whose signatures a checkpoint needs; raises typer.BadParameter for unusable keys."""
    key = _key(public_key, "--public-key")
    witnesses = tuple(_key(text, "--witness") for text in witness)
    if max_age is not None and not witnesses:
        raise typer.BadParameter("only cosignatures have an age: give --witness", param_hint="--max-age")
    try:
        return Policy(key.name, (key,), witnesses, _quorum(witnesses, quorum))
    except CheckpointError as error:
        raise typer.BadParameter(str(error)) from error


def _quorum(witnesses: tuple[VerifierKey, ...], quorum: int | None) -> int:
    return len({key.public_key for key in witnesses}) if quorum is None else quorum


def _key(text: str, option: str) -> VerifierKey:
    try:
        return parse_key(text)
    except NoteError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def _show(accepted: AcceptedCheckpoint, *, as_json: bool) -> None:
    found = accepted.checkpoint
    if as_json:
        shown = {
            "size": found.size,
            "root": b64encode(found.root).decode(),
            "consistent_with": accepted.before,
            "cosigned": accepted.cosigned,
        }
        typer.echo(json.dumps(shown))
        return
    if not accepted.before:
        typer.echo("this is the first checkpoint: there is no earlier one to compare it with", err=True)
    typer.echo(f"log: {found.size} entries, consistent with {accepted.before}")
