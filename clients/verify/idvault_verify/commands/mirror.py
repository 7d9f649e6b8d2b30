"""`idvault-verify mirror-log`: copies a public directory, and verifies the log on the way."""

import json
import time
from base64 import b64encode
from pathlib import Path
from typing import Annotated

import typer

from idvault_verify.commands import log
from idvault_verify.commands.output import AsJson, reporting
from idvault_verify.offline.log.mirror import MOST_BYTES, LogMirror, Mirrored

From = Annotated[
    str, typer.Option("--from", metavar="URL", help="The public directory: https, or http on this machine.")
]
MostBytes = Annotated[
    int,
    typer.Option(
        min=1,
        metavar="BYTES",
        help="The most that the log's files may have; the other files have at most 1 GiB besides.",
    ),
]
Folder = Annotated[Path, typer.Argument(metavar="DIR", help="The copy; created if it is missing.")]


def mirror(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    folder: Folder,
    source: From,
    public_key: log.PublicKey,
    witness: log.Witness = None,
    quorum: log.Quorum = None,
    roster: log.RosterFile = None,
    unwitnessed: log.Unwitnessed = False,
    max_age: log.MaxAge = None,
    most_bytes: MostBytes = MOST_BYTES,
    json_option: AsJson = False,
) -> None:
    """Copy a public directory over HTTP, or bring a copy up to date.

    The server is not trusted: each checkpoint must continue the last one seen, and every file of the log is
    verified before it is written. A run that was interrupted continues where it was. The exit code is 5 if
    the log has shrunk or forked, its witnesses did not cosign, or a file is not what the log's key signed; a
    refused checkpoint is kept as DIR/.mirror/seen.refused. The other files of the directory, such as status
    lists and reports, are copied as they are: their own checks are check-token and check-report.

    Whoever has the log's key can sign a log of any size. The command stops with exit code 3 before the log's
    files have more than --most-bytes.
    """
    with reporting(context, json_option) as as_json:
        versions = log.versions_of(roster)
        policy = log.policy_of(public_key, witness or [], quorum, versions)
        copied = LogMirror(
            files=log.website(source, context.obj.timeout, option="--from"),
            folder=folder,
            policy=policy,
            max_age=log.max_age_of(policy, max_age, unwitnessed=unwitnessed),
            now=time.time,
            versions=versions,
            most_bytes=most_bytes,
        ).run()
        if not policy.quorum:
            log.tell_unwitnessed(as_json=as_json)
        _show(copied, as_json=as_json)


def _show(copied: Mirrored, *, as_json: bool) -> None:
    found = copied.accepted.checkpoint
    if as_json:
        shown = {
            "size": found.size,
            "root": b64encode(found.root).decode(),
            "consistent_with": copied.accepted.before,
            "complete_before": copied.before,
            "fetched": copied.fetched,
            "left_out": copied.left_out,
            "cosigned": copied.accepted.cosigned,
            **log.epochs_json(copied.accepted),
        }
        typer.echo(json.dumps(shown))
        return
    log.tell_epochs(copied.accepted)
    if copied.left_out:
        typer.echo(
            f"{copied.left_out} lines of the index were left out: no path, gone, or too long", err=True
        )
    fetched, before = copied.fetched, copied.accepted.before
    typer.echo(f"mirror: {found.size} entries, {fetched} files fetched, consistent with {before}")
