"""`idvault-client check-token` and `check-receipt`: verify files without a call."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from idvault_client.commands.exit_code import unreached, unverified
from idvault_client.commands.log import PublicKey, Quorum, Witness, policy_of
from idvault_client.offline import receipt
from idvault_client.offline.credential import CheckError, StatusVerifier
from idvault_client.offline.receipt import ReceiptError

_MOST_BYTES = 4 * 1024 * 1024

AsJson = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]


def check_token(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The status token or credential.")],
    audience: Annotated[str, typer.Option(help="Who you are, as the token names you.")],
    jwks: Annotated[Path, typer.Option(metavar="FILE", help="The vault's jwks.json.")],
    lists: Annotated[
        list[Path] | None,
        typer.Option("--list", metavar="FILE", help="A status/<n>.jwt of the vault; may be repeated."),
    ] = None,
    issuer: Annotated[str | None, typer.Option(help="Whose tokens to take; without it, any.")] = None,
    max_list_age: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0, help="How long ago a list may have been signed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check a status token, or a credential and its list, by files alone; nobody is asked.

    The last line is "check: valid", or "check: REASON" with exit code 5.
    """
    as_json = as_json or context.obj.as_json
    try:
        verifier = StatusVerifier(
            jwks=read(jwks), audience=audience, issuer=issuer, max_list_age=max_list_age
        )
        for path in lists or []:
            verifier.add_list(read(path))
        found = verifier.check(read(file))
    except CheckError as error:
        unverified(error.reason, str(error), as_json=as_json)
    except OSError as error:
        unreached(error, as_json=as_json)
    shown: dict[str, object] = {
        "issuer": found.issuer,
        "subject": found.subject,
        "expires_at": datetime.fromtimestamp(found.expires_at, UTC).isoformat(),
        "standing": found.standing,
    }
    _tell(shown, as_json=as_json)


def check_receipt(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="What `get-verification ID --receipt FILE` wrote.")
    ],
    public_key: PublicKey,
    account: Annotated[
        str | None, typer.Option(metavar="TOKEN", help="The account that it must be about.")
    ] = None,
    witness: Witness = None,
    quorum: Quorum = None,
    as_json: AsJson = False,
) -> None:
    """Check that a sign-up's identity was sealed and logged, by the log's public key alone; nobody is asked.

    The last line is "check: valid", or "check: REASON" with exit code 5.
    """
    as_json = as_json or context.obj.as_json
    policy = policy_of(public_key, witness or [], quorum, None)
    try:
        found = receipt.parse(read(file))
        if account is not None and found.account_token != account:
            raise ReceiptError("OTHER_ACCOUNT", "the receipt is of another account")
        proved = receipt.check(found, policy=policy)
    except ReceiptError as error:
        unverified(error.reason, str(error), as_json=as_json)
    except OSError as error:
        unreached(error, as_json=as_json)
    shown = {
        "account_token": proved.account_token,
        "record_digest": proved.record_digest.hex(),
        "quorum": proved.quorum,
        "sealed_at": proved.sealed_at.isoformat(),
        "index": proved.index,
    }
    _tell(shown, as_json=as_json)


def read(path: Path, *, limit: int = _MOST_BYTES) -> bytes:
    """Return a file; one that is longer than any of ours is not read to its end, and is then none of ours."""
    with path.open("rb") as file:
        return file.read(limit + 1)


def _tell(shown: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps({**shown, "valid": True}))
        return
    for name, value in shown.items():
        if value is not None:
            typer.echo(f"{name}: {value}")
    typer.echo("check: valid")
