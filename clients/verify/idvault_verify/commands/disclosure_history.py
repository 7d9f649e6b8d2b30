"""`idvault-verify check-history`: the proofs of the disclosures of an account's record."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from idvault_verify.commands.log import (
    UNWITNESSED,
    Directory,
    EpochsFile,
    LogKeys,
    PublicKey,
    Quorum,
    RosterFile,
    Url,
    Witness,
    breaks_of,
    changes_of,
    files_of,
    policy_of,
    tell_former,
    tell_unwitnessed,
    versions_of,
)
from idvault_verify.commands.output import AsJson, read, reporting, show_limited
from idvault_verify.offline import disclosure_count, disclosure_history
from idvault_verify.offline.disclosure_count import LogCount
from idvault_verify.offline.disclosure_history import (
    DisclosureHistory,
    HistoryError,
    ProvedDisclosure,
    ProvedHistory,
    ProvedOpening,
)
from idvault_verify.offline.log import epochs
from idvault_verify.printable import escaped


def check(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file written by `history TOKEN --out FILE`.")
    ],
    public_key: PublicKey,
    account: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="The account that the history must belong to.")
    ] = None,
    witness: Witness = None,
    quorum: Quorum = None,
    roster: RosterFile = None,
    log_keys: LogKeys = None,
    epochs_file: EpochsFile = None,
    url: Url = None,
    directory: Directory = None,
    json_option: AsJson = False,
) -> None:
    """Check, with the log's public key, that the log holds every disclosure of a history.

    The vault has signed the history whole, so nobody else can leave anything out of it or change it; the
    command shows when the vault did. The log cannot show that the vault told all: it alone knows which
    entries are this account's. With --url or --directory the command reads the whole public log, and prints
    how many disclosures of all accounts it has in that time. With --roster or --witness the log must be
    witnessed, and the last line is "check: valid as far as the vault told" with exit code 6. Without
    witnesses the log may be a copy that only you are shown: "check: valid as far as the vault told, and a log
    without witnesses says". Otherwise the last line is "check: REASON" with exit code 5.
    """
    with reporting(context, json_option) as as_json:
        changes, versions = changes_of(log_keys), versions_of(roster)
        policy = policy_of(public_key, witness or [], quorum, versions, changes)
        found = disclosure_history.parse(read(file, limit=disclosure_history.MOST_BYTES))
        if account is not None and found.account_token != account:
            raise HistoryError("OTHER_ACCOUNT", "the history belongs to another account")
        breaks = breaks_of(epochs_file, public_key, versions, changes)
        proved = disclosure_history.check(found, policy=policy, breaks=breaks)
        counted = None
        if url is not None or directory is not None:
            files = files_of(url, directory, context.obj.timeout)
            counted = disclosure_count.count(found, policy=policy, files=files, breaks=breaks)
        tell_former(policy, proved.roster_version, as_json=as_json)
        if not policy.quorum:
            tell_unwitnessed(as_json=as_json)
        _show(found, proved, counted, witnessed=bool(policy.quorum), as_json=as_json)


def _show(
    found: DisclosureHistory,
    proved: ProvedHistory,
    counted: LogCount | None,
    *,
    witnessed: bool,
    as_json: bool,
) -> NoReturn:
    horizon = found.horizon.isoformat()
    if as_json:
        shown = {
            "account_token": found.account_token,
            "horizon": horizon,
            "stated_at": proved.stated_at.isoformat(),
            "disclosures": [
                {**asdict(each), "disclosed_at": each.disclosed_at.isoformat()} for each in proved.disclosures
            ],
            "openings": [
                {**asdict(each), "opened_at": each.opened_at.isoformat()} for each in proved.openings
            ],
            "roster_version": proved.roster_version,
            **epochs.told(proved.checkpoint),
        }
        _end({**shown, "log": None if counted is None else asdict(counted)}, witnessed, as_json=True)
    typer.echo("the log proves what is listed; that nothing is missing is the vault's statement", err=True)
    counts = f"{len(proved.disclosures)} disclosures, {len(proved.openings)} openings"
    typer.echo(f"account {found.account_token}: {counts} before {horizon}")
    typer.echo(f"stated by the vault at {proved.stated_at.isoformat()}")
    for disclosure in proved.disclosures:
        _show_disclosure(disclosure)
    for opening in proved.openings:
        _show_opening(opening)
    typer.echo(_counted(counted, horizon))
    if proved.roster_version is not None:
        typer.echo(f"roster_version: {proved.roster_version}")
    for name, text in epochs.told(proved.checkpoint).items():
        typer.echo(f"{name}: {text}")
    _end({}, witnessed, as_json=False)


def _end(shown: Mapping[str, object], witnessed: bool, *, as_json: bool) -> NoReturn:
    if witnessed:
        show_limited(shown, field="valid_as_told", text="the vault told", as_json=as_json)
    text = f"the vault told, and {UNWITNESSED}"
    show_limited(shown, field="valid_as_told_unwitnessed", text=text, as_json=as_json)


def _show_disclosure(each: ProvedDisclosure) -> None:
    text = (
        f"disclosed {each.disclosed_at.isoformat()} to {each.actor_id}, disclosure "
        f"{each.disclosure_id}, log entry {each.index}, legal basis: {each.legal_basis}"
    )
    typer.echo(escaped(text))


def _show_opening(each: ProvedOpening) -> None:
    text = (
        f"opened {each.opened_at.isoformat()} by {each.actor_id}, disclosure "
        f"{each.disclosure_id}, log entry {each.index}"
    )
    typer.echo(escaped(text))


def _counted(counted: LogCount | None, horizon: str) -> str:
    if counted is None:
        return "public log: not counted (give --url or --directory)"
    return (
        f"public log: {counted.disclosures} disclosures, {counted.openings} openings, {counted.approvals} "
        f"approvals and {counted.releases} releases of shares, of all accounts, before {horizon}"
    )
