"""The whole command `idvault-client`: the connection options and the list of commands."""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from idvault_client import testing
from idvault_client.backend.blocking.vault import Vault, connect
from idvault_client.commands import account, claim, credential, disclosure_history, erasure, filing, report
from idvault_client.commands.campaign import commands as campaign
from idvault_client.commands.legacy_import import command as legacy_import
from idvault_client.commands.tip_off import command as tip_off
from idvault_client.transport import DEFAULT_TIMEOUT, Tls
from idvault_people.commands import contest
from idvault_people.commands import moderator as moderation
from idvault_verify.commands import evidence, log, mirror

app = typer.Typer(
    name="idvault-client",
    no_args_is_help=True,
    add_completion=False,
    # Plain text, because markup would swallow the brackets of "idvault[plot]".
    rich_markup_mode=None,
    # A pretty traceback prints local variables, which may hold personal data.
    pretty_exceptions_enable=False,
)
app.command("follow-log", short_help="Check that the log continues the last checkpoint seen.")(log.follow)
app.command("mirror-log", short_help="Copy a public directory, and verify its log.")(mirror.mirror)
app.command("check-token", short_help="Check a status token or credential offline.")(credential.check)
app.command("check-receipt", short_help="Check the proof that a sign-up was sealed and logged.")(claim.check)
app.command("check-history", short_help="Check the proofs of a disclosure history offline.")(
    disclosure_history.check
)
app.command("check-erasure", short_help="Check the proof of an erasure's last step offline.")(erasure.check)
app.command("check-evidence", short_help="Check the evidence of an opening offline, without a key.")(
    evidence.check
)
app.command("check-report", short_help="Recompute a transparency report from the public log.")(report.check)
app.command("import-legacy", short_help="Import legacy accounts.")(legacy_import.import_legacy)
app.add_typer(
    campaign.app, name="campaign", short_help="Create and steer campaigns, and show their progress."
)
app.command("filings", short_help="Write the live public accounts of a day as CSV.")(filing.export)
app.add_typer(contest.app, name="contest", short_help='List and decide verifications that were "not me".')
app.add_typer(tip_off.app, name="tip-offs", short_help="File the mails of a maildir as reports.")
app.command("desk", short_help="Open the moderators' pages on this machine.")(moderation.serve)
app.add_typer(moderation.app, name="moderator", short_help="Create and register a moderator's key.")
app.command("status", short_help="Print the status of each account.")(account.status)
app.command("get-verification", short_help="Print the state of a claim; fetch its receipt.")(claim.get)
app.command("issue-token", short_help="Fetch a status token or credential.")(credential.issue)
app.add_typer(erasure.app, name="erasure", short_help="Erase an account, or cancel that.")
app.command("history", short_help="Fetch the disclosures of an account's record.")(disclosure_history.fetch)


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """How to reach the vault: by a ready file, or by target and PEM files."""

    ready_file: Path | None
    platform: str
    target: str | None
    tls: Tls | None
    server_name: str | None
    timeout: float
    as_json: bool

    def open(self) -> Vault:
        """Return the client; raises OSError or ValueError if a file cannot be read or is not valid."""
        if self.ready_file is not None:
            return testing.connect(self.ready_file, platform=self.platform, timeout=self.timeout)
        if self.target is None or self.tls is None:
            raise typer.BadParameter("give --ready-file, or --target with --ca, --certificate and --key")
        return connect(self.target, tls=self.tls, timeout=self.timeout, server_name=self.server_name)

    def certificate(self) -> bytes:
        """Return the platform's certificate; raises as `open` does."""
        tls = self.tls
        if self.ready_file is not None:
            tls = testing.endpoint(self.ready_file, platform=self.platform).tls
        if tls is None:
            raise typer.BadParameter("give --ready-file, or --target with --ca, --certificate and --key")
        return Path(tls.certificate).read_bytes()


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"idvault-client {version('idvault')}")
        raise typer.Exit


@app.callback()
def connection(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    ready_file: Annotated[
        Path | None,
        typer.Option(
            help="The file written by `idvault dev --ready-file`; replaces --target and the PEM options."
        ),
    ] = None,
    platform: Annotated[
        str, typer.Option(help="The platform in the ready file to call as.")
    ] = testing.DEVELOPMENT_PLATFORM,
    target: Annotated[str | None, typer.Option(help="The vault's address, HOST:PORT.")] = None,
    ca: Annotated[
        Path | None, typer.Option(help="PEM file of the authority that signed the server's certificate.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="PEM file of your certificate.")] = None,
    key: Annotated[Path | None, typer.Option(help="PEM file of your private key.")] = None,
    server_name: Annotated[
        str | None, typer.Option(help="The name in the server's certificate, if not HOST.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds a call may take, retries included.", min=0.1)] = (
        DEFAULT_TIMEOUT
    ),
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit."),
    ] = False,
) -> None:
    """Read statuses and claims of an identity vault, as a platform with its client certificate.

    Exit codes: 0 done, 1 a check failed (such as a row of an import, or a receipt that is not ready), 2 wrong
    usage, 3 something required cannot be reached (the text says what), 4 refused (the reason is printed), 5 a
    proof or signature does not verify. Results go to stdout, everything else to stderr.
    """
    tls = Tls(ca, certificate, key) if ca and certificate and key else None
    context.obj = ConnectionOptions(ready_file, platform, target, tls, server_name, timeout, as_json)


def main() -> None:
    """Run the command."""
    app(prog_name="idvault-client")
