"""`idvault-people moderator contest`: what owners say of a verification: that was not me."""

from typing import Annotated

import typer

from idvault_client.backend.session import AccountContest
from idvault_client.commands.output import AsJson, show
from idvault_people.commands.cases import facts, show_all, signing
from idvault_people.commands.moderator_options import Moderator, PassphraseFile, RequestId
from idvault_people.commands.output import reporting
from idvault_people.moderation.whole_list import every
from idvault_verify.session import ContestState

app = typer.Typer(no_args_is_help=True, help='Verifications of which the owner says "that was not me".')
ContestId = Annotated[str, typer.Argument(metavar="CONTEST", help="The contest's id.")]
Reason = Annotated[str, typer.Option(help="Shown to the owner; it must not name anybody.")]


@app.command("list")
def list_contests(
    context: typer.Context,
    account: Annotated[str, typer.Option(metavar="TOKEN", help="Only those of this account.")] = "",
    state: Annotated[ContestState | None, typer.Option(help="Only those in this state.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose decision was due.")] = False,
    json_option: AsJson = False,
) -> None:
    """Print the contests without their texts, oldest first."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        wanted = {"account_token": account or None, "state": state, "overdue": overdue}
        found = every(vault.sessions.list_contests, "contests", **wanted)
        show_all(found, "contests", shown=_shown, as_json=as_json)


@app.command("show")
def show_contest(context: typer.Context, contest_id: ContestId, json_option: AsJson = False) -> None:
    """Print a contest with what the owner wrote."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found: AccountContest = vault.sessions.get_contest(contest_id)
        show({**_shown(found), "text": found.text or None}, as_json=as_json)


@app.command()
def uphold(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    contest_id: ContestId,
    reason: Reason,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Propose that it was not the owner; another moderator confirms it within 72 hours."""
    with signing(context, moderator, passphrase_file, json_option) as by:
        made = by.vault.sessions.decide_contest(
            contest_id, ContestState.UPHELD, reason, key=by.key, request_id=request_id
        )
        by.show(_shown(made))


@app.command()
def reject(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    contest_id: ContestId,
    reason: Reason,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Decide that it was the owner."""
    with signing(context, moderator, passphrase_file, json_option) as by:
        made = by.vault.sessions.decide_contest(
            contest_id, ContestState.REJECTED, reason, key=by.key, request_id=request_id
        )
        by.show(_shown(made))


@app.command()
def confirm(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    contest_id: ContestId,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Confirm another moderator's proposal; if it was the newest, the verification is withdrawn.

    Read the contest first (`show`): what you sign is the proposal that it has now.
    """
    with signing(context, moderator, passphrase_file, json_option) as by:
        found: AccountContest = by.vault.sessions.get_contest(contest_id)
        confirmed = by.vault.sessions.confirm_contest(found, key=by.key, request_id=request_id)
        by.show(_shown(confirmed))


def _shown(contest: AccountContest) -> dict[str, object]:
    return {
        "contest_id": contest.contest_id,
        "account_token": contest.account_token,
        "verification_id": contest.verification_id,
        **facts(contest),
    }
