"""`idvault auditor second-factor`, `idvault custodian second-factor`: enrols an authenticator app."""

import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from idvault.cli.people import session as desk
from idvault.cli.people.session import MemberOptions

if TYPE_CHECKING:
    from idvault_client.people.custody_edge import CustodyCalls

Confirm = Annotated[
    str | None,
    typer.Option(
        metavar="CODE", help="Only confirm what was begun before, with a code that the app now shows."
    ),
]


def second_factor(context: typer.Context, confirm: Confirm = None) -> None:
    """Enrol an authenticator app: shows a QR code, and asks for the first code that the app makes of it.

    Whoever has a second factor already gives one of its codes by --code, before the verb. The secret comes
    sealed to your own key: nobody but you can read it, the operator included. There is no way to take a lost
    one back: let the custodians name you anew in the next roster, with new keys from `init`.
    """
    from idvault_client.people import second_factor as enrolment  # noqa: PLC0415 - `--help` needs no cryptography

    given: MemberOptions = context.obj
    role = str(context.parent.info_name if context.parent else "")
    with desk.sit_down(role, given) as own:
        if confirm is None:
            _show(context, enrolment.begin(own.edge, identity=own.identity, code=given.code or ""))
            if not sys.stdin.isatty():
                _tell(context, own.identity.name, "begun, to be confirmed with --confirm CODE")
                return
            confirm = str(typer.prompt("The code that the app shows now", err=True))
        enrolment.confirm(own.edge, code=confirm)
    _tell(context, own.identity.name, "enrolled")


def _show(context: typer.Context, uri: str) -> None:
    """Draw the URI for a camera, and write it for whoever has none; a terminal only shows the drawing."""
    if desk.as_json(context):
        typer.echo(json.dumps({"uri": uri}))
        return
    import segno  # noqa: PLC0415 - no other command draws

    if sys.stderr.isatty():
        segno.make_qr(uri, error="l").terminal(out=sys.stderr, compact=True)
    typer.echo(uri, err=sys.stdin.isatty())


def _tell(context: typer.Context, name: str, state: str) -> None:
    if desk.as_json(context):
        typer.echo(json.dumps({"person": name, "second_factor": state.split(",", maxsplit=1)[0]}))
    else:
        typer.echo(f"second factor: {name} {state}")


def development(document: Mapping[str, Any], names: Iterable[str]) -> None:
    """Enrol people of a development machine, by its ready file's content, and write their totp.txt.

    Safe to repeat after a crash: what was begun is kept in a draft until it is confirmed.
    """
    from idvault import durable_file  # noqa: PLC0415
    from idvault.custody import identity as identities  # noqa: PLC0415 - production loads no development
    from idvault.development import totp  # noqa: PLC0415
    from idvault.development.layout import PASSPHRASE  # noqa: PLC0415
    from idvault_client.people import identity_folder as home  # noqa: PLC0415
    from idvault_client.people import second_factor as enrolment  # noqa: PLC0415

    for name in names:
        folder = Path(document["identities"][name])
        draft = folder / f"{totp.FILE}.draft"
        if (folder / totp.FILE).exists():
            continue
        own = identities.load(folder, passphrase=PASSPHRASE)
        before = draft.read_text(encoding="ascii").strip() if draft.exists() else None
        with home.load(folder).connect() as edge:
            code = totp.code(before, now=desk.now()) if before else ""
            uri = enrolment.begin(edge, identity=own, code=code)
            durable_file.replace(draft, f"{uri}\n".encode())
            _confirm_early(edge, uri)
        draft.replace(folder / totp.FILE)


def _confirm_early(edge: "CustodyCalls", uri: str) -> None:
    """Confirm with the code of the step before, so that this step's and the next one's are still unused."""
    from idvault.development import totp  # noqa: PLC0415 - production loads no development
    from idvault.domain.error import Reason  # noqa: PLC0415
    from idvault_client.errors import VaultError  # noqa: PLC0415
    from idvault_client.people import second_factor as enrolment  # noqa: PLC0415

    try:
        enrolment.confirm(edge, code=totp.code(uri, now=desk.now(), steps=-1))
    except VaultError as error:
        if error.reason != Reason.SECOND_FACTOR_REFUSED:
            raise
        # The step ended between here and there.
        enrolment.confirm(edge, code=totp.code(uri, now=desk.now()))
