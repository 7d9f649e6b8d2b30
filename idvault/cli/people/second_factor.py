"""`idvault auditor second-factor`, `idvault custodian second-factor`: enrols an authenticator app."""

import json
import sys
from typing import Annotated

import segno
import typer

from idvault.cli.people.session import MemberOptions, as_json, open_session
from idvault_client.people import second_factor as enrolments

Confirm = Annotated[
    str | None,
    typer.Option(
        metavar="CODE", help="Only confirm an enrolment begun earlier, with a code that the app shows now."
    ),
]


def second_factor(context: typer.Context, confirm: Confirm = None) -> None:
    """Enrol an authenticator app: show a QR code, and ask for the app's first code.

    If you already have a second factor, give one of its codes with --code before `second-factor`. The secret
    is sealed to your own key, so not even the operator can read it. A lost second factor cannot be reset: the
    custodians must name you again in the next roster, with new keys from `init`.
    """
    given: MemberOptions = context.obj
    role = str(context.parent.info_name if context.parent else "")
    with open_session(role, given) as session:
        if confirm is None:
            _show(context, enrolments.begin(session.edge, identity=session.identity, code=given.code or ""))
            if not sys.stdin.isatty():
                _tell(context, session.identity.name, "begun, to be confirmed with --confirm CODE")
                return
            confirm = str(typer.prompt("The code that the app shows now", err=True))
        enrolments.confirm(session.edge, code=confirm)
    _tell(context, session.identity.name, "enrolled")


def _show(context: typer.Context, uri: str) -> None:
    """Draw the URI as a QR code on a terminal, and print the URI itself for apps without a camera."""
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
