"""The whole command `idvault-verify`: checks that need files and public keys, and trust no server."""

from dataclasses import dataclass
from importlib.metadata import version
from typing import Annotated

import typer

from idvault_verify.commands import (
    credential,
    disclosure_history,
    erasure,
    evidence,
    log,
    mirror,
    order,
    receipt,
    report,
)

_TIMEOUT = 5.0
app = typer.Typer(
    name="idvault-verify",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    # A pretty traceback prints local variables, which may hold personal data.
    pretty_exceptions_enable=False,
)
app.command("follow-log", short_help="Check that the log continues the last checkpoint seen.")(log.follow)
app.command("mirror-log", short_help="Copy a public directory, and verify its log.")(mirror.mirror)
app.command("check-token", short_help="Check a status token or credential offline.")(credential.check)
app.command("check-receipt", short_help="Check the proof that a sign-up was sealed and logged.")(
    receipt.check
)
app.command("check-history", short_help="Check the proofs of a disclosure history offline.")(
    disclosure_history.check
)
app.command("check-erasure", short_help="Check the proof of an erasure's last step offline.")(erasure.check)
app.command("check-evidence", short_help="Check the evidence of an opening offline, without a key.")(
    evidence.check
)
app.command("check-order", short_help="Check that an order is signed by an authority's key.")(order.check)
app.command("check-operation", short_help="Check that a joint operation is signed by an authority's key.")(
    order.check_operation
)
app.command("check-report", short_help="Recompute a transparency report from the public log.")(report.check)


@dataclass(frozen=True, slots=True)
class CheckOptions:
    """timeout: seconds that a request to a public directory may take."""

    timeout: float
    as_json: bool


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"idvault-verify {version('idvault-verify')}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    timeout: Annotated[
        float, typer.Option(help="Seconds a request to a public directory may take.", min=0.1)
    ] = _TIMEOUT,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit."),
    ] = False,
) -> None:
    """Check what an identity vault publishes and issues, with public keys alone.

    Exit codes: 0 done, 1 a check failed, 2 wrong usage, 3 something required cannot be reached (the text says
    what), 5 a proof or signature does not verify, 6 valid only as far as somebody told, 7 a report that the
    log contradicts. Results go to stdout, everything else to stderr.
    """
    context.obj = CheckOptions(timeout, as_json)


def main() -> None:
    """Run the command."""
    app(prog_name="idvault-verify")
