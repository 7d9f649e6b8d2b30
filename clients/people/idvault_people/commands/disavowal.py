"""`idvault-people moderator disavowal`: accounts that the person in whose name they are disowned."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from idvault_client.backend.disavowal import AccountDisavowal
from idvault_client.commands.output import AsJson, show
from idvault_client.errors import NotFound
from idvault_people.commands.moderator_options import (
    Moderator,
    PassphraseFile,
    RequestId,
    read_passphrase,
)
from idvault_people.commands.output import reporting
from idvault_people.moderation import key_folder
from idvault_verify.error import Reason
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
        count = 0
        for found in _all(vault, account_token=account or None, state=state, overdue=overdue):
            show(_shown(found), as_json=as_json)
            count += 1
        if not as_json:
            typer.echo(f"disavowals: {count}")


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
    with reporting(context, json_option) as as_json:
        key = key_folder.load(moderator, password=read_passphrase(passphrase_file))
        with context.obj.open() as vault:
            made = vault.disavowals.decide(
                disavowal_id, DisavowalState.UPHELD, reason, key=key, request_id=request_id
            )
            show(_shown(made), as_json=as_json)


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
    with reporting(context, json_option) as as_json:
        key = key_folder.load(moderator, password=read_passphrase(passphrase_file))
        with context.obj.open() as vault:
            made = vault.disavowals.decide(
                disavowal_id, DisavowalState.REJECTED, reason, key=key, request_id=request_id
            )
            show(_shown(made), as_json=as_json)


@app.command()
def confirm(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    disavowal_id: DisavowalId,
    moderator: Moderator,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Confirm another moderator's proposal: the verification is withdrawn."""
    with reporting(context, json_option) as as_json:
        key = key_folder.load(moderator, password=read_passphrase(passphrase_file))
        with context.obj.open() as vault:
            found = [each for each in _all(vault) if each.disavowal_id == disavowal_id]
            if not found:
                raise NotFound(Reason.DISAVOWAL_NOT_FOUND, "NOT_FOUND")
            confirmed = vault.disavowals.confirm(found[0], key=key, request_id=request_id)
            show(_shown(confirmed), as_json=as_json)


def _all(vault: Any, **wanted: Any) -> Iterator[AccountDisavowal]:
    token, last = "", False
    while not last:
        page = vault.disavowals.list_page(**wanted, page_token=token)
        yield from page.disavowals
        token, last = page.next_page_token, not page.next_page_token


def _shown(found: AccountDisavowal) -> dict[str, object]:
    return {
        "disavowal_id": found.disavowal_id,
        "account_token": found.account_token,
        "state": found.state,
        "told": found.file_time.isoformat(),
        "due": found.due_time.isoformat(),
        "overdue": found.overdue,
        "proposed_by": found.propose_moderator_id or None,
        "lapses": found.lapse_time and found.lapse_time.isoformat(),
        "decided": found.decide_time and found.decide_time.isoformat(),
        "reason": found.reason or None,
    }
