"""`idvault-client history`: the disclosures of an account's record, with their proofs."""

import json
from pathlib import Path
from typing import Annotated

import typer

from idvault_client.commands.output import AsJson, reporting, write


def fetch(
    context: typer.Context,
    account_token: Annotated[str, typer.Argument(metavar="TOKEN", help="The account.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="The file for the history.")],
    json_option: AsJson = False,
) -> None:
    """Fetch the disclosures of an account's record with their proofs, for its owner; see check-history."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found = vault.get_disclosure_history(account_token)
        write(out, found.to_json())
        horizon = found.horizon.isoformat()
        if as_json:
            shown = {
                "account_token": found.account_token,
                "disclosures": found.disclosures,
                "openings": found.openings,
                "horizon": horizon,
            }
            typer.echo(json.dumps(shown))
        else:
            counts = f"{found.disclosures} disclosures, {found.openings} openings"
            typer.echo(f"history: {counts} before {horizon}")
