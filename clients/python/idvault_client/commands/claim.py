"""`idvault-client get-verification`: a claim, and its receipt."""

from pathlib import Path
from typing import Annotated

import typer

from idvault_client.backend.claim import Verification
from idvault_client.commands import account
from idvault_client.commands.output import (
    AsJson,
    CheckFailedError,
    reporting,
    show,
    write,
)


def get(
    context: typer.Context,
    request_id: Annotated[str, typer.Argument(metavar="REQUEST_ID", help="The UUID of the claim.")],
    receipt: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The file for the receipt; see check-receipt."),
    ] = None,
    json_option: AsJson = False,
) -> None:
    """Print the current state of a claim; with --receipt, exit code 1 if the receipt is not complete yet."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found = vault.get_verification(request_id)
        if receipt is not None and found.receipt is not None:
            write(receipt, found.receipt.to_json())
        _show(found, as_json=as_json)
        if receipt is not None:
            _check_covered(found)


def _check_covered(claim: Verification) -> None:
    """Raise CheckFailedError unless a claim has a receipt that can be checked."""
    if claim.receipt is None:
        raise CheckFailedError("no receipt: only a claim that SUCCEEDED has one")
    if not claim.receipt.covered:
        raise CheckFailedError("no checkpoint covers the receipt yet: repeat the command in a few seconds")


def _show(claim: Verification, *, as_json: bool) -> None:
    answer: dict[str, object] = {
        "request_id": claim.request_id,
        "account_token": claim.account_token,
        "state": claim.state,
        "failure_reason": claim.failure_reason if claim.failed else None,
        "retry_after_seconds": claim.retry_after.total_seconds() if claim.pending else None,
    }
    status = account.to_json(claim.status)
    # The one-line output shows the claim's state and not the account's.
    show(
        {**answer, "status": status} if as_json else answer | status | {"state": claim.state}, as_json=as_json
    )
