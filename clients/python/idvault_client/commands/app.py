"""The whole command `idvault-client`: the connection options and the list of commands."""

import typer

from idvault_client.commands import (
    account,
    claim,
    connection,
    credential,
    disclosure_history,
    erasure,
    filing,
)
from idvault_client.commands.campaign import commands as campaign
from idvault_client.commands.legacy_import import command as legacy_import
from idvault_client.commands.tip_off import command as tip_off
from idvault_verify.commands import moved

app = typer.Typer(
    name="idvault-client",
    no_args_is_help=True,
    add_completion=False,
    # Plain text, because markup would swallow the brackets of "idvault-client[plot]".
    rich_markup_mode=None,
    # A pretty traceback prints local variables, which may hold personal data.
    pretty_exceptions_enable=False,
)
_HELP = """Read statuses and claims of an identity vault, as a platform with its client certificate.

Exit codes: 0 done, 1 a check failed (such as a row of an import, or a receipt that is not ready), 2 wrong
usage, 3 something required cannot be reached (the text says what), 4 refused (the reason is printed), 5 a
proof or signature does not verify. Results go to stdout, everything else to stderr."""
app.callback(help=_HELP)(connection.options)
app.command("import-legacy", short_help="Import legacy accounts.")(legacy_import.import_legacy)
app.add_typer(
    campaign.app, name="campaign", short_help="Create and steer campaigns, and show their progress."
)
app.command("filings", short_help="Write the live public accounts of a day as CSV.")(filing.export)
app.add_typer(tip_off.app, name="tip-offs", short_help="File the mails of a maildir as reports.")
app.command("status", short_help="Print the status of each account.")(account.status)
app.command("get-verification", short_help="Print the state of a claim; fetch its receipt.")(claim.get)
app.command("issue-token", short_help="Fetch a status token or credential.")(credential.issue)
app.add_typer(erasure.app, name="erasure", short_help="Erase an account, or cancel that.")
app.command("history", short_help="Fetch the disclosures of an account's record.")(disclosure_history.fetch)
_VERIFY = ("follow-log", "mirror-log", *(f"check-{what}" for what in ("token", "receipt", "history")))
_VERIFY += ("check-erasure", "check-evidence", "check-report")
_MOVED = {
    **{command: f"idvault-verify {command}" for command in _VERIFY},
    "contest": "idvault-people moderator … contest",
    "desk": "idvault-people moderator … desk",
    "moderator": "idvault-people moderator",
}
moved.add(app, _MOVED, program="idvault-client")


def main() -> None:
    """Run the command."""
    app(prog_name="idvault-client")
