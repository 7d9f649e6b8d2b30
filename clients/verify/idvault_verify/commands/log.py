"""`idvault-verify follow-log`: watches that a log only grows."""

import json
import time
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.commands.output import AsJson, read, reporting, tell_error
from idvault_verify.offline import witness_policy
from idvault_verify.offline.log import epochs
from idvault_verify.offline.log.continuity import AcceptedCheckpoint, LogContinuity
from idvault_verify.offline.log.files import LogFiles, LogFolder, LogWebsite, NotReachedError, UrlError
from idvault_verify.offline.proof import UnverifiedError
from idvault_verify.transparency import epoch, log_key
from idvault_verify.transparency.checkpoint import MAX_AGE, CheckpointError
from idvault_verify.transparency.checkpoint import CosignaturePolicy as Policy
from idvault_verify.transparency.epoch import Break
from idvault_verify.transparency.log_key import LogKeyChange, LogKeyError
from idvault_verify.transparency.note import NoteError, VerifierKey, parse_key

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
RosterFile = Annotated[
    Path | None,
    typer.Option(
        "--roster",
        metavar="FILE",
        help="The published roster, with its earlier versions beside it: its witnesses must have cosigned.",
    ),
]
EpochsFile = Annotated[
    Path | None,
    typer.Option(
        "--epochs",
        metavar="FILE",
        help="The log's public epochs.json, if it has lost entries; its statements are verified by --roster.",
    ),
]
LogKeys = Annotated[
    Path | None,
    typer.Option(
        "--log-keys",
        metavar="FILE",
        help="The published log-keys.json: the later keys count, too, and with witnesses the former ones.",
    ),
]
Unwitnessed = Annotated[
    bool,
    typer.Option("--unwitnessed", help="Accept a log without witnesses, which may be a copy made for you."),
]
MaxAge = Annotated[
    float | None,
    typer.Option(
        min=1, metavar="SECONDS", help="The greatest age of their cosignatures; default: 900 (15 minutes)."
    ),
]
UNWITNESSED = "a log without witnesses says"
"""The end of the last line of a check for which no witness was named."""

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
    roster: RosterFile = None,
    unwitnessed: Unwitnessed = False,
    max_age: MaxAge = None,
    once: Once = False,
    interval: Interval = 60.0,
    json_option: AsJson = False,
) -> None:
    """Check that the log continues the last checkpoint seen, and keep the new one.

    Its witnesses are named by --roster or --witness; their cosignatures must be recent. The log's server is
    not trusted: this command computes the consistency proof from the published tiles. The exit code is 5 if
    the log has shrunk or forked, or its witnesses did not cosign. A refused checkpoint is saved as
    FILE.refused. Without --once the command runs until then, and continues through outages.
    """
    with reporting(context, json_option) as as_json:
        versions = versions_of(roster)
        policy = policy_of(public_key, witness or [], quorum, versions)
        continuity = LogContinuity(
            files=files_of(url, directory, context.obj.timeout),
            policy=policy,
            state=state,
            max_age=max_age_of(policy, max_age, unwitnessed=unwitnessed),
            now=time.time,
            versions=versions,
        )
        while True:
            try:
                _show(continuity.follow(), as_json=as_json)
            except NotReachedError as error:
                if once:
                    raise
                tell_error("UNAVAILABLE", str(error), as_json=as_json)
            if once:
                return
            time.sleep(interval)


def files_of(url: str | None, directory: Path | None, timeout: float) -> LogFiles:
    """Return the public directory of the options; raises typer.BadParameter."""
    if url is not None and directory is None:
        return website(url, timeout, option="--url")
    if directory is not None and url is None:
        return LogFolder(directory)
    raise typer.BadParameter("give --url or --directory")


def website(url: str, timeout: float, *, option: str) -> LogFiles:
    """Return the public directory at a URL; raises typer.BadParameter that names the option."""
    try:
        return LogWebsite(url, timeout=timeout)
    except UrlError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error


def policy_of(
    public_key: str,
    witness: list[str],
    quorum: int | None,
    versions: Sequence[Roster] = (),
    changes: Sequence[LogKeyChange] = (),
) -> Policy:
    """Return whose signatures a checkpoint needs; for a kept paper those of a former roster suffice.

    versions: of `versions_of`. changes: of the log's key, in order. Raises typer.BadParameter for unusable
    keys, UnverifiedError for a roster that cannot be in force.
    """
    key = _key(public_key, "--public-key")
    if versions:
        if witness or quorum is not None:
            raise typer.BadParameter("the roster names the witnesses: give it alone", param_hint="--roster")
        return _roster_policy(versions, key, changes)
    witnesses = tuple(_key(text, "--witness") for text in witness)
    keys, preceding = log_key.keys_of(key, changes), log_key.preceding(key, changes)
    try:
        return Policy(key.name, keys, witnesses, _quorum(witnesses, quorum), preceding=preceding)
    except CheckpointError as error:
        raise typer.BadParameter(str(error)) from error


def changes_of(path: Path | None) -> tuple[LogKeyChange, ...]:
    """Return the changes of the log's key in the file of the option; raises UnverifiedError, OSError."""
    if path is None:
        return ()
    try:
        return log_key.decode(read(path, limit=log_key.MOST_BYTES))
    except LogKeyError as error:
        raise UnverifiedError("LOG_KEYS_INVALID", str(error)) from error


def versions_of(roster: Path | None) -> tuple[Roster, ...]:
    """Return every version of the roster of the option, none without it; raises UnverifiedError.

    Each version is verified, which takes seconds for a long chain: a command asks once.
    """
    try:
        return () if roster is None else roster_chain.load_all(roster)
    except RosterError as error:
        raise UnverifiedError("ROSTER_INVALID", str(error)) from error


def breaks_of(
    epochs_file: Path | None,
    public_key: str,
    versions: Sequence[Roster],
    changes: Sequence[LogKeyChange] = (),
) -> tuple[Break, ...]:
    """Return what the log's statements say, nothing without the option.

    versions: of `versions_of`. changes: of the log's key, in order; custodians have signed, so every key
    counts. Raises typer.BadParameter without a roster, and UnverifiedError for a file that does not verify.
    """
    if epochs_file is None:
        return ()
    if not versions:
        raise typer.BadParameter("its custodians must have signed: give --roster", param_hint="--epochs")
    key, raw = _key(public_key, "--public-key"), read(epochs_file, limit=epochs.MOST_BYTES)
    more = log_key.every(key, changes)[1:]
    return epochs.verified(epochs.parse(raw), versions=versions, log_key=key, more_keys=more)


def tell_former(policy: Policy, version: int | None, *, as_json: bool) -> None:
    """Say on stderr that the witnesses of a former version of the roster cosigned a paper's checkpoint."""
    if version != policy.version and not as_json:
        text = f"cosigned by the witnesses of version {version} of the roster, not by those in force"
        typer.echo(text, err=True)


def tell_epochs(accepted: AcceptedCheckpoint) -> None:
    """Say on stderr which breaks the log has, and what the checkpoint before has lost."""
    for each in accepted.breaks:
        text = f"epoch {each.epoch.number}: the log had {each.seen} entries and went on from {each.kept.size}"
        typer.echo(f"{text} (epochs.json, {each.epoch.digest[:16]})", err=True)
    for part in accepted.lost:
        text = f"entries {part.first} to {part.last - 1} of the last checkpoint here are lost"
        typer.echo(f"epoch {part.epoch.number}: {text}", err=True)
    if not accepted.proved:
        text = "that this checkpoint was part of the log is not proved: the lost entries are not published"
        typer.echo(text, err=True)
    if accepted.kept is not None:
        typer.echo(f"the checkpoint before the loss is kept in {accepted.kept}", err=True)


def epochs_json(accepted: AcceptedCheckpoint) -> dict[str, object]:
    """Return the epoch of a checkpoint, and what the checkpoint before has lost, for --json."""
    return {
        "epoch": epoch.of(accepted.checkpoint).number,
        "lost": [[part.first, part.last] for part in accepted.lost],
        "lost_proved": accepted.proved,
    }


def tell_unwitnessed(*, as_json: bool) -> None:
    """Say on stderr what a check without witnesses does not show; in JSON the result's field says so."""
    if not as_json:
        text = "no witness was named (--roster, --witness): this log may be a copy that only you are shown"
        typer.echo(text, err=True)


def _roster_policy(versions: Sequence[Roster], key: VerifierKey, changes: Sequence[LogKeyChange]) -> Policy:
    keys, preceding = log_key.keys_of(key, changes), log_key.preceding(key, changes)
    try:
        return witness_policy.of_chain(versions, *keys, preceding=preceding)
    except (RosterError, CheckpointError) as error:
        raise UnverifiedError("ROSTER_INVALID", str(error)) from error


def max_age_of(policy: Policy, asked: float | None, *, unwitnessed: bool) -> float | None:
    """Return the greatest age of cosignatures; raises typer.BadParameter if nobody witnesses the log."""
    if policy.quorum:
        return MAX_AGE if asked is None else asked
    if asked is not None:
        raise typer.BadParameter("only cosignatures have an age: give --witness", param_hint="--max-age")
    if not unwitnessed:
        raise typer.BadParameter("give --roster or --witness, or accept the log --unwitnessed")
    return None


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
            **epochs_json(accepted),
        }
        typer.echo(json.dumps(shown))
        return
    tell_epochs(accepted)
    if not accepted.before:
        typer.echo("this is the first checkpoint: there is no earlier one to compare it with", err=True)
    typer.echo(f"log: {found.size} entries, consistent with {accepted.before}")
