"""`idvault-verify check-token`: a status token or credential, for whom it was issued to."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from idvault_verify.commands.output import AsJson, read, reporting, show_valid
from idvault_verify.offline import Attested, AttestedPublicAccount, MinimumAssurance, StatusVerifier


def check(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The status token or credential.")],
    audience: Annotated[str, typer.Option(help="Your own name, as the token must name you.")],
    jwks: Annotated[Path, typer.Option(metavar="FILE", help="The vault's jwks.json.")],
    lists: Annotated[
        list[Path] | None,
        typer.Option("--list", metavar="FILE", help="A status/<n>.jwt of the vault; may be repeated."),
    ] = None,
    issuer: Annotated[str | None, typer.Option(help="The issuer to accept; default: any.")] = None,
    max_list_age: Annotated[
        float | None, typer.Option(metavar="SECONDS", min=0, help="The greatest age of a list's signature.")
    ] = None,
    public_account: Annotated[
        bool,
        typer.Option(
            "--public-account", help="Accept a public account's credential, and nothing else; show which one."
        ),
    ] = False,
    minimum_assurance: Annotated[
        MinimumAssurance,
        typer.Option(help="What it must state that the account meets; not of a public account."),
    ] = MinimumAssurance.ANY,
    json_option: AsJson = False,
) -> None:
    """Check a status token, or a credential and its list, offline from files alone.

    A public account's credential attests no person: it is refused (TYPE_WRONG) without --public-account, and
    with it the command shows public_account_id. The last line is "check: valid", or "check: REASON" with exit
    code 5.
    """
    given: dict[str, Any] = {
        "issuer": issuer,
        "max_list_age": max_list_age,
        "minimum_assurance": minimum_assurance,
    }
    with reporting(context, json_option) as as_json:
        verifier = StatusVerifier(jwks=read(jwks), audience=audience, **given)
        for path in lists or []:
            verifier.add_list(read(path))
        token = read(file)
        found = verifier.check_public_account(token) if public_account else verifier.check(token)
        show_valid(_shown(found), as_json=as_json)


def _shown(found: Attested | AttestedPublicAccount) -> dict[str, object]:
    shown: dict[str, object] = {
        "issuer": found.issuer,
        "subject": found.subject,
        "expires_at": datetime.fromtimestamp(found.expires_at, UTC).isoformat(),
    }
    if isinstance(found, AttestedPublicAccount):
        return {**shown, "public_account_id": found.public_account_id}
    return {**shown, "standing": found.standing, "minimum_assurance": found.minimum_assurance}
