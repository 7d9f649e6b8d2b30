"""`idvault-people moderator contest`: what owners say of a verification: that was not me."""

from typing import Annotated

import typer

from idvault_client.backend.session import AccountContest
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
        token, last, count = "", False, 0
        while not last:
            page = vault.sessions.list_contests(
                account_token=account or None, state=state, overdue=overdue, page_token=token
            )
            for contest in page.contests:
                show(_shown(contest), as_json=as_json)
            count += len(page.contests)
            token, last = page.next_page_token, not page.next_page_token
        if not as_json:
            typer.echo(f"contests: {count}")


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
    with reporting(context, json_option) as as_json:
        key = key_folder.load(moderator, password=read_passphrase(passphrase_file))
        _decide(
            context,
            contest_id,
            ContestState.UPHELD,
            reason=reason,
            key=key,
            request_id=request_id,
            as_json=as_json,
        )


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
    with reporting(context, json_option) as as_json:
        key = key_folder.load(moderator, password=read_passphrase(passphrase_file))
        _decide(
            context,
            contest_id,
            ContestState.REJECTED,
            reason=reason,
            key=key,
            request_id=request_id,
            as_json=as_json,
        )


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
    with reporting(context, json_option) as as_json:
        key = key_folder.load(moderator, password=read_passphrase(passphrase_file))
        with context.obj.open() as vault:
            found: AccountContest = vault.sessions.get_contest(contest_id)
            confirmed = vault.sessions.confirm_contest(found, key=key, request_id=request_id)
            show(_shown(confirmed), as_json=as_json)


def _decide(
    context: typer.Context,
    contest_id: str,
    verdict: ContestState,
    *,
    reason: str,
    key: ModeratorKey,
    request_id: str | None,
    as_json: bool,
) -> None:
    with context.obj.open() as vault:
        decided = vault.sessions.decide_contest(contest_id, verdict, reason, key=key, request_id=request_id)
        show(_shown(decided), as_json=as_json)


def _shown(contest: AccountContest) -> dict[str, object]:
    return {
        "contest_id": contest.contest_id,
        "account_token": contest.account_token,
        "verification_id": contest.verification_id,
        "state": contest.state,
        "filed": contest.file_time.isoformat(),
        "due": contest.due_time.isoformat(),
        "overdue": contest.overdue,
        "proposed_by": contest.propose_moderator_id or None,
        "lapses": contest.lapse_time and contest.lapse_time.isoformat(),
        "decided": contest.decide_time and contest.decide_time.isoformat(),
        "reason": contest.reason or None,
    }
