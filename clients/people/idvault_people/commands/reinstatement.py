"""`idvault-people moderator reinstatement`: appeals against withdrawals of verifications."""

from typing import Annotated

import typer

from idvault_client.backend.session import AccountReinstatement
from idvault_client.commands.output import AsJson, show
from idvault_people.commands.moderator_options import (
    Moderator,
    PassphraseFile,
    RequestId,
    read_passphrase,
)
from idvault_people.commands.output import reporting
from idvault_people.moderation import key_folder
from idvault_verify.attest.moderator_key import ModeratorKey
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
        token, last, count = "", False, 0
        while not last:
            page = vault.sessions.list_reinstatements(
                account_token=account or None, state=state, overdue=overdue, page_token=token
            )
            for reinstatement in page.reinstatements:
                show(_shown(reinstatement), as_json=as_json)
            count += len(page.reinstatements)
            token, last = page.next_page_token, not page.next_page_token
        if not as_json:
            typer.echo(f"reinstatements: {count}")


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
    with reporting(context, json_option) as as_json:
        key = key_folder.load(moderator, password=read_passphrase(passphrase_file))
        _decide(
            context,
            reinstatement_id,
            ReinstatementState.UPHELD,
            reason=reason,
            key=key,
            request_id=request_id,
            as_json=as_json,
        )


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
    with reporting(context, json_option) as as_json:
        key = key_folder.load(moderator, password=read_passphrase(passphrase_file))
        _decide(
            context,
            reinstatement_id,
            ReinstatementState.REJECTED,
            reason=reason,
            key=key,
            request_id=request_id,
            as_json=as_json,
        )


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
    with reporting(context, json_option) as as_json:
        key = key_folder.load(moderator, password=read_passphrase(passphrase_file))
        with context.obj.open() as vault:
            found: AccountReinstatement = vault.sessions.get_reinstatement(reinstatement_id)
            confirmed = vault.sessions.confirm_reinstatement(found, key=key, request_id=request_id)
            show(_shown(confirmed), as_json=as_json)


def _decide(
    context: typer.Context,
    reinstatement_id: str,
    verdict: ReinstatementState,
    *,
    reason: str,
    key: ModeratorKey,
    request_id: str | None,
    as_json: bool,
) -> None:
    with context.obj.open() as vault:
        decided = vault.sessions.decide_reinstatement(
            reinstatement_id, verdict, reason, key=key, request_id=request_id
        )
        show(_shown(decided), as_json=as_json)


def _shown(reinstatement: AccountReinstatement) -> dict[str, object]:
    return {
        "reinstatement_id": reinstatement.reinstatement_id,
        "account_token": reinstatement.account_token,
        "state": reinstatement.state,
        "filed": reinstatement.file_time.isoformat(),
        "due": reinstatement.due_time.isoformat(),
        "overdue": reinstatement.overdue,
        "proposed_by": reinstatement.propose_moderator_id or None,
        "lapses": reinstatement.lapse_time and reinstatement.lapse_time.isoformat(),
        "decided": reinstatement.decide_time and reinstatement.decide_time.isoformat(),
        "reason": reinstatement.reason or None,
        "reinstated": reinstatement.reinstated,
    }
