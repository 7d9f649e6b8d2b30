"""`idvault-client status`: prints the statuses of accounts."""

from typing import Annotated

import typer

from idvault_client.backend.status import Status
from idvault_client.commands.output import AsJson, reporting, show
from idvault_client.errors import NotFound


def status(
    context: typer.Context,
    account_tokens: Annotated[list[str], typer.Argument(metavar="TOKEN", help="The accounts.")],
    json_option: AsJson = False,
) -> None:
    """Print the status of each account; exit code 4 if one of them is unknown."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found = vault.batch_get_statuses(account_tokens)
        for each in found.statuses:
            show(to_json(each), as_json=as_json)
        for token in found.unknown_account_tokens:
            if not as_json:
                typer.echo(f"{token}: unknown", err=True)
        if found.unknown_account_tokens:
            raise NotFound("ACCOUNT_NOT_FOUND", NotFound.usual_code)


def to_json(status: Status) -> dict[str, object]:
    """Return the published fields of a status."""
    return {
        "account_token": status.account_token,
        "state": status.state,
        "standing": status.standing,
        "assurance": status.assurance,
        "assurances": list(status.assurances),
        "subject_kind": status.subject_kind,
        "organization_category": status.organization_category,
        "verify_date": status.verify_date and status.verify_date.isoformat(),
        "expire_date": status.expire_date and status.expire_date.isoformat(),
        "revision": status.revision,
        "standing_until": status.standing_until and status.standing_until.isoformat(),
        "erase_time": status.erase_time and status.erase_time.isoformat(),
    }
