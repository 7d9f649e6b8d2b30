"""`idvault-people moderator disavowal`: accounts that the person in whose name they are disowned."""

from typing import Annotated

import typer

from idvault_client.backend.disavowal import AccountDisavowal
from idvault_client.commands.output import AsJson, show
from idvault_people.commands.cases import facts, show_all, signing
from idvault_people.commands.moderator_options import Moderator, PassphraseFile, RequestId
from idvault_people.commands.output import reporting
from idvault_people.moderation.whole_list import every
from idvault_verify.session import DisavowalState

app = typer.Typer(no_args_is_help=True, help="Accounts that a person, who was present, said not to be hers.")
DisavowalId = Annotated[str, typer.Argument(metavar="DISAVOWAL", help="The disavowal's id.")]
Why = Annotated[str, typer.Option("--reason", help="Shown to the account's holder; it must name nobody.")]


@app.command("list")
def list_disavowals(
    context: typer.Context,
    account: Annotated[str, typer.Option(metavar="TOKEN", help="Only those of this account.")] = "",
    state: Annotated[DisavowalState | None, typer.Option(help="Only those in this state.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose decision was due.")] = False,
    json_option: AsJson = False,
) -> None:
    """Print the accounts that were disowned, oldest first."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        wanted = {"account_token": account or None, "state": state, "overdue": overdue}
        found = every(vault.disavowals.list_page, "disavowals", **wanted)
        show_all(found, "disavowals", shown=_shown, as_json=as_json)


@app.command("show")
def show_disavowal(context: typer.Context, disavowal_id: DisavowalId, json_option: AsJson = False) -> None:
    """Print a disowned account, and what a moderator proposed about it."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        show(_shown(vault.disavowals.get(disavowal_id)), as_json=as_json)


@app.command()
def uphold(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    disavowal_id: DisavowalId,
    reason: Why,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Propose that the account is not the person's; another moderator confirms it within 72 hours."""
    with signing(context, moderator, passphrase_file, json_option) as by:
        made = by.vault.disavowals.decide(
            disavowal_id, DisavowalState.UPHELD, reason, key=by.key, request_id=request_id
        )
        by.show(_shown(made))


@app.command()
def reject(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    disavowal_id: DisavowalId,
    reason: Why,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Decide that the account is the person's."""
    with signing(context, moderator, passphrase_file, json_option) as by:
        made = by.vault.disavowals.decide(
            disavowal_id, DisavowalState.REJECTED, reason, key=by.key, request_id=request_id
        )
        by.show(_shown(made))


@app.command()
def confirm(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    disavowal_id: DisavowalId,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Confirm another moderator's proposal: the verification is withdrawn.

    Read it first (`show`): what you sign is the proposal that it has now.
    """
    with signing(context, moderator, passphrase_file, json_option) as by:
        found = by.vault.disavowals.get(disavowal_id)
        confirmed = by.vault.disavowals.confirm(found, key=by.key, request_id=request_id)
        by.show(_shown(confirmed))


def _shown(found: AccountDisavowal) -> dict[str, object]:
    return {
        "disavowal_id": found.disavowal_id,
        "account_token": found.account_token,
        **facts(found, begun="told"),
    }
