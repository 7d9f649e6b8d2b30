"""`idvault-people moderator reinstatement`: appeals against withdrawals of verifications."""

from typing import Annotated

import typer

from idvault_client.backend.session import AccountReinstatement
from idvault_client.commands.output import AsJson, show
from idvault_people.commands.cases import facts, show_all, signing
from idvault_people.commands.moderator_options import Moderator, PassphraseFile, RequestId
from idvault_people.commands.output import reporting
from idvault_people.moderation.whole_list import every
from idvault_verify.session import ReinstatementState

app = typer.Typer(no_args_is_help=True, help="Appeals against withdrawals of verifications.")
ReinstatementId = Annotated[str, typer.Argument(metavar="APPEAL", help="The appeal's id.")]
Reason = Annotated[str, typer.Option(help="Shown to the account's holder; it must not name anybody.")]


@app.command("list")
def list_reinstatements(
    context: typer.Context,
    account: Annotated[str, typer.Option(metavar="TOKEN", help="Only those of this account.")] = "",
    state: Annotated[ReinstatementState | None, typer.Option(help="Only those in this state.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose decision was due.")] = False,
    json_option: AsJson = False,
) -> None:
    """Print the appeals without their texts, oldest first."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        wanted = {"account_token": account or None, "state": state, "overdue": overdue}
        found = every(vault.sessions.list_reinstatements, "reinstatements", **wanted)
        show_all(found, "reinstatements", shown=_shown, as_json=as_json)


@app.command("show")
def show_reinstatement(
    context: typer.Context, reinstatement_id: ReinstatementId, json_option: AsJson = False
) -> None:
    """Print an appeal with what the account's holder wrote."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found: AccountReinstatement = vault.sessions.get_reinstatement(reinstatement_id)
        show({**_shown(found), "text": found.text or None}, as_json=as_json)


@app.command()
def uphold(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    reinstatement_id: ReinstatementId,
    reason: Reason,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Propose that the withdrawal was wrong; another moderator confirms it within 72 hours."""
    with signing(context, moderator, passphrase_file, json_option) as by:
        made = by.vault.sessions.decide_reinstatement(
            reinstatement_id, ReinstatementState.UPHELD, reason, key=by.key, request_id=request_id
        )
        by.show(_shown(made))


@app.command()
def reject(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    reinstatement_id: ReinstatementId,
    reason: Reason,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Decide that the withdrawal was right."""
    with signing(context, moderator, passphrase_file, json_option) as by:
        made = by.vault.sessions.decide_reinstatement(
            reinstatement_id, ReinstatementState.REJECTED, reason, key=by.key, request_id=request_id
        )
        by.show(_shown(made))


@app.command()
def confirm(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    reinstatement_id: ReinstatementId,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Confirm another moderator's proposal; the account gets its verification back if it still can.

    Read the appeal first (`show`): what you sign is the proposal that it has now.
    """
    with signing(context, moderator, passphrase_file, json_option) as by:
        found: AccountReinstatement = by.vault.sessions.get_reinstatement(reinstatement_id)
        confirmed = by.vault.sessions.confirm_reinstatement(found, key=by.key, request_id=request_id)
        by.show(_shown(confirmed))


def _shown(reinstatement: AccountReinstatement) -> dict[str, object]:
    return {
        "reinstatement_id": reinstatement.reinstatement_id,
        "account_token": reinstatement.account_token,
        **facts(reinstatement),
        "reinstated": reinstatement.reinstated,
    }
