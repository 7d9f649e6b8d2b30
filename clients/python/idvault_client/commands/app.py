"""The command `idvault-client`: statuses, claims, imports and campaigns from a shell; follows the log."""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from idvault_client import testing
from idvault_client.backend.account.status import Status
from idvault_client.backend.claim import Verification
from idvault_client.backend.vault import Vault, connect
from idvault_client.commands.campaign.commands import app as campaign_app
from idvault_client.commands.check import check_receipt, check_token
from idvault_client.commands.disclosure_history import check_history
from idvault_client.commands.exit_code import exit_codes
from idvault_client.commands.legacy_import.command import import_legacy
from idvault_client.commands.log import follow_log
from idvault_client.errors import NotFound
from idvault_client.transport import DEFAULT_TIMEOUT, Tls

_CHECK_FAILED = 1

app = typer.Typer(
    name="idvault-client",
    no_args_is_help=True,
    add_completion=False,
    # Plain text, in which "idvault[plot]" stays what it is.
    rich_markup_mode=None,
    # A pretty traceback prints local variables, and those may be personal.
    pretty_exceptions_enable=False,
)
app.command("follow-log", short_help="Check that the log continues the last checkpoint seen.")(follow_log)
app.command("check-token", short_help="Check a status token or credential offline.")(check_token)
app.command("check-receipt", short_help="Check the proof that a sign-up was sealed and logged.")(
    check_receipt
)
app.command("check-history", short_help="Check the proofs of a disclosure history offline.")(check_history)
app.command("import-legacy", short_help="Import accounts from before the rule.")(import_legacy)
app.add_typer(campaign_app, name="campaign", short_help="List campaigns, and show how far one has come.")


@dataclass(frozen=True, slots=True)
class Connection:
    """How to reach the vault: by a ready file, or by target and PEM files."""

    ready_file: Path | None
    platform: str
    target: str | None
    tls: Tls | None
    server_name: str | None
    timeout: float
    as_json: bool

    def open(self) -> Vault:
        """Return the client; raises OSError or ValueError if a file cannot be read or says nothing."""
        if self.ready_file is not None:
            return testing.connect(self.ready_file, platform=self.platform, timeout=self.timeout)
        if self.target is None or self.tls is None:
            raise typer.BadParameter("give --ready-file, or --target with --ca, --certificate and --key")
        return connect(self.target, tls=self.tls, timeout=self.timeout, server_name=self.server_name)


@app.callback()
def connection(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    ready_file: Annotated[
        Path | None, typer.Option(help="The file that `idvault dev --ready-file` wrote; replaces all below.")
    ] = None,
    platform: Annotated[
        str, typer.Option(help="Which platform of the ready file to be.")
    ] = testing.DEVELOPMENT_PLATFORM,
    target: Annotated[str | None, typer.Option(help="Where the vault listens, HOST:PORT.")] = None,
    ca: Annotated[Path | None, typer.Option(help="PEM file of the server's authority.")] = None,
    certificate: Annotated[Path | None, typer.Option(help="PEM file of your certificate.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file of your private key.")] = None,
    server_name: Annotated[
        str | None, typer.Option(help="The name in the server's certificate, if not HOST.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds a call may take, retries included.", min=0.1)] = (
        DEFAULT_TIMEOUT
    ),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Ask an identity vault for statuses and claims, as a platform with its client certificate.

    Exit codes: 0 done, 1 a check failed (a row of an import, a receipt that is not there yet), 2 wrong
    usage, 3 something cannot be reached (the text says what), 4 refused (the reason is printed), 5 a proof or
    signature does not verify. Results go to stdout, everything else to stderr.
    """
    tls = Tls(ca, certificate, key) if ca and certificate and key else None
    context.obj = Connection(ready_file, platform, target, tls, server_name, timeout, as_json)


@app.command(short_help="Print the status of each account.")
def status(
    context: typer.Context,
    account_tokens: Annotated[list[str], typer.Argument(metavar="TOKEN", help="Accounts to look at.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Print the status of each account; exit code 4 if one of them is unknown."""
    asked: Connection = context.obj
    as_json = as_json or asked.as_json
    with exit_codes(as_json), asked.open() as vault:
        found = vault.batch_get_statuses(account_tokens)
        for each in found.statuses:
            _print(_status(each), as_json=as_json)
        for token in found.unknown_account_tokens:
            if not as_json:
                typer.echo(f"{token}: unknown", err=True)
        if found.unknown_account_tokens:
            raise NotFound("ACCOUNT_NOT_FOUND", NotFound.usual_code)


@app.command(short_help="Print a claim as it stands now; fetch its receipt.")
def get_verification(
    context: typer.Context,
    request_id: Annotated[str, typer.Argument(metavar="REQUEST_ID", help="The UUID of the claim.")],
    receipt: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to write the receipt; see check-receipt."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Print a claim as it stands now; with --receipt, exit code 1 if there is none that proves it yet."""
    asked: Connection = context.obj
    as_json = as_json or asked.as_json
    with exit_codes(as_json), asked.open() as vault:
        found = vault.get_verification(request_id)
        if receipt is not None and found.receipt is not None:
            _write(receipt, found.receipt.to_json())
        _print(_verification(found), as_json=as_json)
    if receipt is not None and (lacking := _lacking(found)):
        if as_json:
            told = {"code": "CHECK_FAILED", "reason": lacking, "field": None}
            typer.echo(json.dumps({"error": told}), err=True)
        else:
            typer.echo(lacking, err=True)
        raise typer.Exit(_CHECK_FAILED)


def _lacking(claim: Verification) -> str:
    """Return what a claim lacks for a receipt that can be checked, empty for nothing."""
    if claim.receipt is None:
        return "no receipt: only a claim that SUCCEEDED has one"
    return "" if claim.receipt.covered else "no checkpoint covers the receipt yet: ask again in a few seconds"


@app.command(short_help="Fetch a status token or credential.")
def issue_token(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    account_token: Annotated[str, typer.Argument(metavar="TOKEN", help="The account.")],
    audience: Annotated[str, typer.Option(help="Who will check it.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the token is written.")],
    credential: Annotated[
        bool, typer.Option("--credential", help="A credential of 30 days instead of a token of ten minutes.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Fetch a status token or credential for a third party; see check-token."""
    asked: Connection = context.obj
    as_json = as_json or asked.as_json
    with exit_codes(as_json), asked.open() as vault:
        issue = vault.issue_status_credential if credential else vault.issue_status_token
        found = issue(account_token, audience)
        _write(out, found.token + "\n")
    _print({"state": "ISSUED", "expires_at": found.expires_at.isoformat()}, as_json=as_json)


@app.command(short_help="Fetch the openings of an account's record.")
def history(
    context: typer.Context,
    account_token: Annotated[str, typer.Argument(metavar="TOKEN", help="The account.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where the history is written.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Fetch the openings of an account's record with their proofs, for the person; see check-history."""
    asked: Connection = context.obj
    as_json = as_json or asked.as_json
    with exit_codes(as_json), asked.open() as vault:
        found = vault.get_disclosure_history(account_token)
        _write(out, found.to_json())
    shown = {
        "account_token": found.account_token,
        "openings": found.openings,
        "horizon": found.horizon.isoformat(),
    }
    typer.echo(
        json.dumps(shown) if as_json else f"history: {found.openings} openings before {shown['horizon']}"
    )


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner may read: whoever has it can show it as his own."""
    with open(path, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
        file.write(text)


def _status(status: Status) -> dict[str, object]:
    return {
        "account_token": status.account_token,
        "state": status.state,
        "standing": status.standing,
        "assurance": status.assurance,
        "subject_kind": status.subject_kind,
        "organization_category": status.organization_category,
        "verify_date": status.verify_date and status.verify_date.isoformat(),
        "expire_date": status.expire_date and status.expire_date.isoformat(),
        "revision": status.revision,
    }


def _verification(claim: Verification) -> dict[str, object]:
    return {
        "request_id": claim.request_id,
        "account_token": claim.account_token,
        "state": claim.state,
        "failure_reason": claim.failure_reason if claim.failed else None,
        "retry_after_seconds": claim.retry_after.total_seconds() if claim.pending else None,
        "status": _status(claim.status),
    }


def _print(answer: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(answer))
        return
    nested = answer.pop("status", None)
    shown = answer | (nested if isinstance(nested, dict) else {}) | {"state": answer["state"]}
    typer.echo(" ".join(f"{key}={value}" for key, value in shown.items() if value is not None))


def main() -> None:
    """Run the command."""
    app(prog_name="idvault-client")


if __name__ == "__main__":
    main()
