"""`idvault auditor second-factor`, `idvault custodian second-factor`: enrols an authenticator app."""

import json
import sys
from typing import Annotated

import segno
import typer

from idvault.cli.people.session import MemberOptions, as_json, open_session
from idvault_client.people import second_factor as enrolment

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
    given: MemberOptions = context.obj
    role = str(context.parent.info_name if context.parent else "")
    with open_session(role, given) as session:
        if confirm is None:
            _show(context, enrolment.begin(session.edge, identity=session.identity, code=given.code or ""))
            if not sys.stdin.isatty():
                _tell(context, session.identity.name, "begun, to be confirmed with --confirm CODE")
                return
            confirm = str(typer.prompt("The code that the app shows now", err=True))
        enrolment.confirm(session.edge, code=confirm)
    _tell(context, session.identity.name, "enrolled")


def _show(context: typer.Context, uri: str) -> None:
    """Draw the URI for a camera, and write it for whoever has none; a terminal only shows the drawing."""
    if as_json(context):
        typer.echo(json.dumps({"uri": uri}))
        return
    if sys.stderr.isatty():
        segno.make_qr(uri, error="l").terminal(out=sys.stderr, compact=True)
    typer.echo(uri, err=sys.stdin.isatty())


def _tell(context: typer.Context, name: str, state: str) -> None:
    if as_json(context):
        typer.echo(json.dumps({"person": name, "second_factor": state.split(",", maxsplit=1)[0]}))
    else:
        typer.echo(f"second factor: {name} {state}")
