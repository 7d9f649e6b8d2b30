"""`idvault-client erasure`: erasing an account, with the proof of each step."""

from pathlib import Path
from typing import Annotated

import typer

from idvault_client.backend.erasure import ListedErasure
from idvault_client.commands.output import (
    AsJson,
    CheckFailedError,
    reporting,
    show,
    write,
)
from idvault_verify.erasure import ErasureState
from idvault_verify.offline.erasure import ErasureReceipt

Token = Annotated[str, typer.Argument(metavar="TOKEN", help="The account.")]
RequestId = Annotated[
    str | None, typer.Option(metavar="UUID", help="The request's id, to repeat it; else a random one.")
]

app = typer.Typer(
    help="Erasing an account at its owner's request: request it, cancel it, list all, fetch a receipt.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@app.command("request", short_help="Request the erasure of an account.")
def request(
    context: typer.Context, account_token: Token, request_id: RequestId = None, json_option: AsJson = False
) -> None:
    """Request the erasure of an account, for its owner; it can be cancelled until erase_time."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        _show(vault.erasures.request(account_token, request_id=request_id), as_json=as_json)


@app.command("cancel", short_help="Cancel the erasure of an account.")
def cancel(
    context: typer.Context, account_token: Token, request_id: RequestId = None, json_option: AsJson = False
) -> None:
    """Cancel the requested erasure of an account; exit code 4 once it is too late."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        _show(vault.erasures.cancel(account_token, request_id=request_id), as_json=as_json)


@app.command("get", short_help="Print the newest erasure of an account; fetch its proof.")
def get(
    context: typer.Context,
    account_token: Token,
    receipt: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file for the proof; see check-erasure.")
    ] = None,
    json_option: AsJson = False,
) -> None:
    """Print the newest erasure of an account; with --receipt, exit code 1 if its proof is not ready yet."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found = vault.erasures.get(account_token)
        if receipt is not None:
            write(receipt, found.to_json())
        _show(found, as_json=as_json)
        if receipt is not None and not found.covered:
            raise CheckFailedError("no checkpoint covers the step yet: repeat the command in a few seconds")


@app.command("list", short_help="List the erasures of your accounts.")
def list_all(
    context: typer.Context,
    state: Annotated[ErasureState | None, typer.Option(help="Only those in this state.")] = None,
    json_option: AsJson = False,
) -> None:
    """List every erasure of your accounts, whoever requested it, in the order of the requests."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        token, last, count = "", False, 0
        while not last:
            page = vault.erasures.list_page(state=state, page_token=token)
            for each in page.erasures:
                origin = each.origin.value if each.origin else None
                show(_fields(each) | {"origin": origin}, as_json=as_json)
            count += len(page.erasures)
            token, last = page.next_page_token, not page.next_page_token
        if not as_json:
            typer.echo(f"erasures: {count}")


def _show(found: ErasureReceipt, *, as_json: bool) -> None:
    show(_fields(found), as_json=as_json)


def _fields(found: ErasureReceipt | ListedErasure) -> dict[str, object]:
    return {
        "account_token": found.account_token,
        "erasure_id": found.erasure_id,
        "state": found.state.value if found.state else None,
        "request_time": found.request_time.isoformat(),
        "erase_time": found.erase_time.isoformat(),
        "destroy_time": found.destroy_time.isoformat(),
        "absent_time": found.absent_time.isoformat() if found.absent_time else None,
        "kept_until_time": found.kept_until_time.isoformat() if found.kept_until_time else None,
    }
