"""`idvault-people moderator narrowing`: sanctions that must concern nothing but a revoked account."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from idvault_client.backend.narrowing import SanctionNarrowing
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
        count = 0
        for narrowing in _all(vault, open_only=only_open):
            show(_shown(narrowing), as_json=as_json)
            count += 1
        if not as_json:
            typer.echo(f"narrowings: {count}")


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
    with reporting(context, json_option) as as_json:
        key = key_folder.load(moderator, password=read_passphrase(passphrase_file))
        with context.obj.open() as vault:
            made = vault.narrowings.propose(sanction_id, key=key, request_id=request_id)
            show(_shown(made), as_json=as_json)


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
    with reporting(context, json_option) as as_json:
        key = key_folder.load(moderator, password=read_passphrase(passphrase_file))
        with context.obj.open() as vault:
            found = [each for each in _all(vault) if each.sanction_id == sanction_id]
            if not found:
                raise NotFound(Reason.SANCTION_NOT_FOUND, "NOT_FOUND")
            confirmed = vault.narrowings.confirm(found[0], key=key, request_id=request_id)
            show(_shown(confirmed), as_json=as_json)


def _all(vault: Any, *, open_only: bool = False) -> Iterator[SanctionNarrowing]:
    token, last = "", False
    while not last:
        page = vault.narrowings.list_page(open_only=open_only, page_token=token)
        yield from page.narrowings
        token, last = page.next_page_token, not page.next_page_token


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
