"""`idvault-people moderator report`: takes down a report by telephone, by letter or at a counter."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idvault_client.backend.tip_off import FiledTipOff
from idvault_client.commands.output import AsJson
from idvault_people.commands.cases import signing
from idvault_people.commands.moderator_options import Moderator, PassphraseFile, RequestId
from idvault_people.local_time import to_minute
from idvault_people.moderation.digits import grouped
from idvault_verify import small_file
from idvault_verify.sanction import SanctionCategory
from idvault_verify.tip_off import TargetKind, TipOffChannel, TipOffTarget

app = typer.Typer(no_args_is_help=True, help="Reports: take one down, work on one, refer one.")


class TakenChannel(StrEnum):
    """How what a moderator takes down arrived."""

    PHONE = "phone"
    MAIL = "mail"
    COUNTER = "counter"


@app.command()
def take(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    said: Annotated[
        Path, typer.Argument(metavar="TEXT", help="The file with what the reporter said or wrote.")
    ],
    channel: Annotated[TakenChannel, typer.Option(help="How it arrived.")],
    moderator: Moderator,
    content: Annotated[str, typer.Option(help="The content that is reported, by your own reference.")] = "",
    account: Annotated[str, typer.Option(metavar="TOKEN", help="Or the account that is reported.")] = "",
    public_account: Annotated[str, typer.Option(metavar="ID", help="Or the public account.")] = "",
    category: Annotated[
        SanctionCategory, typer.Option(help="What the report is about.")
    ] = SanctionCategory.RUMOUR,
    contact_file: Annotated[
        Path | None, typer.Option(help="The file with how the reporter can be reached.")
    ] = None,
    operation: Annotated[
        str, typer.Option(metavar="ID", help="The open operation that the report belongs to.")
    ] = "",
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """File what somebody reports, and print number and secret to read out, or to print for the reporter.

    The secret is printed once. With both the reporter reads state and reply on the pages, without an account.
    What the reporter said is read from files: arguments of a command can be read by others.
    """
    target = _target(content=content, account=account, public_account=public_account)
    with signing(context, moderator, passphrase_file, json_option) as by:
        filed: FiledTipOff = by.vault.tip_offs.take(
            target,
            category,
            read_text(said),
            key=by.key,
            channel=TipOffChannel[channel.name],
            contact=read_text(contact_file) if contact_file else "",
            operation_id=operation,
            request_id=request_id,
        )
        made = filed.tip_off
        shown = {"number": made.reference, "secret": filed.secret, "due": made.due_time.isoformat()}
        if by.as_json:
            by.show({**shown, "page": filed.reply_url or None})
            return
        for name in ("number", "secret"):
            typer.echo(f"{name}: {grouped(shown[name])}")
        typer.echo(f"reply until: {to_minute(made.due_time)}")
        if filed.reply_url:
            typer.echo(f"read it at: {filed.reply_url}")


def read_text(file: Path) -> str:
    """Return a text without the line end of its last line; raises BadParameter, OSError."""
    try:
        return small_file.read(file).decode().rstrip("\r\n")
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file} is not UTF-8") from error


def _target(*, content: str, account: str, public_account: str) -> TipOffTarget:
    """Return what is reported; raises BadParameter unless one of them is given."""
    given = {
        TargetKind.CONTENT: content,
        TargetKind.ACCOUNT: account,
        TargetKind.PUBLIC_ACCOUNT: public_account,
    }
    named = [TipOffTarget(kind, key) for kind, key in given.items() if key]
    if len(named) != 1:
        raise typer.BadParameter("name one of --content, --account and --public-account")
    return named[0]
