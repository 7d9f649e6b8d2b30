"""`idvault-client follow-log`: watches that a log only grows."""

import json
import time
from base64 import b64encode
from pathlib import Path
from typing import Annotated

import typer

from idvault.transparency.checkpoint import CheckpointError, Policy
from idvault.transparency.note import NoteError, VerifierKey, parse_key
from idvault_client.offline.log.files import LogFiles, LogFolder, LogWebsite, NotReachedError, UrlError
from idvault_client.offline.log.follower import AcceptedCheckpoint, LogFollower, RefusedLogError

_UNREACHABLE, _UNVERIFIED = 3, 5


PublicKey = Annotated[
    str, typer.Option(metavar="VKEY", help="The log's public key, NAME+ID+KEY; NAME is the log's origin.")
]
State = Annotated[
    Path, typer.Option(metavar="FILE", help="Where the last checkpoint is kept; made by the first call.")
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
    int | None, typer.Option(min=1, metavar="N", help="How many of them are enough; without it, all.")
]
MaxAge = Annotated[
    float | None, typer.Option(min=1, metavar="SECONDS", help="How long ago they may have cosigned.")
]
Once = Annotated[bool, typer.Option("--once", help="Look once and end.")]
Interval = Annotated[
    float, typer.Option(min=0.1, metavar="SECONDS", help="How long to wait between two looks.")
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def follow_log(  # noqa: PLR0917 - typer makes an option of each
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
    as_json: Json = False,
) -> None:
    """Check that the log continues the last checkpoint seen, and keep the new one.

    The log's own server is not trusted: the proof is made here, of the published tiles. A log that is
    smaller than it was, that has forked, or that its witnesses did not cosign ends with 5; a checkpoint that
    forks is kept as FILE.refused. Without --once it goes on until then, and over every outage of the server.
    """
    asked = context.obj
    as_json = as_json or asked.as_json
    follower = LogFollower(
        files=_files(url, directory, asked.timeout),
        policy=policy_of(public_key, witness or [], quorum, max_age),
        state=state,
        max_age=max_age,
        now=time.time,
    )
    while True:
        _look(follower, once=once, as_json=as_json)
        if once:
            return
        time.sleep(interval)


def _look(follower: LogFollower, *, once: bool, as_json: bool) -> None:
    try:
        _print(follower.follow(), as_json=as_json)
    except RefusedLogError as error:
        _fail(error, as_json=as_json)
        raise typer.Exit(_UNVERIFIED) from error
    except NotReachedError as error:
        _unreached(str(error), as_json=as_json)
        if once:
            raise typer.Exit(_UNREACHABLE) from error
    except OSError as error:
        _unreached(f"{error.strerror}: {error.filename}", as_json=as_json)
        raise typer.Exit(_UNREACHABLE) from error


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
    """Return whose signatures a checkpoint needs; raises typer.BadParameter for keys that do not fit."""
    key = _key(public_key, "--public-key")
    witnesses = tuple(_key(text, "--witness") for text in witness)
    if max_age is not None and not witnesses:
        raise typer.BadParameter(
            "an age is known of cosignatures only: give --witness", param_hint="--max-age"
        )
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


def _print(followed: AcceptedCheckpoint, *, as_json: bool) -> None:
    found = followed.checkpoint
    if as_json:
        shown = {
            "size": found.size,
            "root": b64encode(found.root).decode(),
            "consistent_with": followed.before,
            "cosigned": followed.cosigned,
        }
        typer.echo(json.dumps(shown))
        return
    if not followed.before:
        typer.echo("the first checkpoint seen: nothing older was compared with it", err=True)
    typer.echo(f"log: {found.size} entries, consistent with {followed.before}")


def _unreached(text: str, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({"error": {"code": "UNAVAILABLE", "reason": text, "field": None}}), err=True)
    else:
        typer.echo(text, err=True)


def _fail(refusal: RefusedLogError, *, as_json: bool) -> None:
    if as_json:
        error = {"code": "UNVERIFIED", "reason": refusal.reason, "field": None, "text": str(refusal)}
        typer.echo(json.dumps({"error": error}), err=True)
    else:
        typer.echo(f"log: {refusal}")
