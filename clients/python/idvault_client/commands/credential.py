"""`idvault-client issue-token`: status tokens and credentials for third parties."""

from pathlib import Path
from typing import Annotated

import typer

from idvault_client.commands.output import AsJson, reporting, show, write
from idvault_verify.account import MinimumAssurance


def issue(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    account_token: Annotated[str, typer.Argument(metavar="TOKEN", help="The account.")],
    audience: Annotated[str, typer.Option(help="The party that will check it.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The file for the token.")],
    credential: Annotated[
        bool,
        typer.Option("--credential", help="Fetch a credential for 30 days, not a token for ten minutes."),
    ] = False,
    minimum_assurance: Annotated[
        MinimumAssurance | None, typer.Option(help="What that party demands of the account.")
    ] = None,
    json_option: AsJson = False,
) -> None:
    """Fetch a status token or credential for a third party; see check-token."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        fetch = vault.issue_status_credential if credential else vault.issue_status_token
        found = fetch(account_token, audience, minimum_assurance=minimum_assurance)
        write(out, found.token + "\n")
        show({"state": "ISSUED", "expires_at": found.expires_at.isoformat()}, as_json=as_json)
