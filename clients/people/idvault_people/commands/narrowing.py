"""`idvault-people moderator narrowing`: sanctions that must concern nothing but a revoked account."""

from typing import Annotated

import typer

from idvault_client.backend.narrowing import SanctionNarrowing
from idvault_client.commands.output import AsJson
from idvault_client.errors import NotFound
from idvault_people.commands.cases import show_all, signing
from idvault_people.commands.moderator_options import Moderator, PassphraseFile, RequestId
from idvault_people.commands.output import reporting
from idvault_people.moderation.whole_list import every
from idvault_verify.error import Reason

app = typer.Typer(
    no_args_is_help=True, help="Sanctions of revoked accounts, to be made ones of the account alone."
)
SanctionId = Annotated[str, typer.Argument(metavar="SANCTION", help="The sanction's id.")]


@app.command("list")
def list_narrowings(
    context: typer.Context,
    only_open: Annotated[bool, typer.Option("--open", help="Only those that are not narrowed yet.")] = False,
    json_option: AsJson = False,
) -> None:
    """Print the sanctions that must be narrowed, or were, as that began."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found = every(vault.narrowings.list_page, "narrowings", open_only=only_open)
        show_all(found, "narrowings", shown=_shown, as_json=as_json)


@app.command()
def propose(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    sanction_id: SanctionId,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Propose that a sanction concerns its revoked account alone; another moderator confirms it."""
    with signing(context, moderator, passphrase_file, json_option) as by:
        made = by.vault.narrowings.propose(sanction_id, key=by.key, request_id=request_id)
        by.show(_shown(made))


@app.command()
def confirm(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    sanction_id: SanctionId,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Confirm another moderator's proposal: the person whose verification was withdrawn is free of it."""
    with signing(context, moderator, passphrase_file, json_option) as by:
        listed = every(by.vault.narrowings.list_page, "narrowings")
        found = next((each for each in listed if each.sanction_id == sanction_id), None)
        if found is None:
            raise NotFound(Reason.SANCTION_NOT_FOUND, "NOT_FOUND")
        confirmed = by.vault.narrowings.confirm(found, key=by.key, request_id=request_id)
        by.show(_shown(confirmed))


def _shown(narrowing: SanctionNarrowing) -> dict[str, object]:
    return {
        "sanction_id": narrowing.sanction_id,
        "account_token": narrowing.account_token,
        "state": narrowing.state,
        "due": narrowing.due_time.isoformat(),
        "overdue": narrowing.overdue,
        "proposed_by": narrowing.propose_moderator_id or None,
        "lapses": narrowing.lapse_time and narrowing.lapse_time.isoformat(),
        "narrowed": narrowing.narrow_time and narrowing.narrow_time.isoformat(),
    }
