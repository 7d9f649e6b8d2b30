"""`idvault-people auditor second-factor`, and that of the other roles: enrols an authenticator app."""

import json
import sys
from typing import Annotated

import segno
import typer

from idvault_people import second_factor as enrolments
from idvault_people.commands.next_step import NextStep
from idvault_people.commands.session import MemberOptions, as_json, open_session
from idvault_people.second_factor import SecondFactorState
from idvault_verify.error import Reason

Confirm = Annotated[
    str | None,
    typer.Option(
        metavar="CODE", help="Only confirm an enrolment begun earlier, with a code that the app shows now."
    ),
]


Status = Annotated[
    bool, typer.Option("--status", help="Only show whether there is one, the tries left, and a lock's end.")
]


def second_factor(context: typer.Context, confirm: Confirm = None, status: Status = False) -> None:
    """Enrol an authenticator app: show a QR code, and ask for the app's first code.

    If you already have a second factor, give one of its codes with --code before `second-factor`. The secret
    is sealed to your own key, so not even the operator can read it. A lost second factor cannot be reset: the
    custodians must name you again in the next roster, with new keys from `init`.
    """
    given: MemberOptions = context.obj
    role = str(context.parent.info_name if context.parent else "")
    with open_session(role, given, next_=SecondFactorNextStep) as session:
        if status:
            _tell_state(context, session.identity.name, enrolments.state(session.edge))
            return
        if confirm is None:
            _show(context, enrolments.begin(session.edge, identity=session.identity, code=given.code or ""))
            if not sys.stdin.isatty():
                _tell(context, session.identity.name, "begun, to be confirmed with --confirm CODE")
                return
            confirm = str(typer.prompt("The code that the app shows now", err=True))
        enrolments.confirm(session.edge, code=confirm)
    _tell(context, session.identity.name, "enrolled")


class SecondFactorNextStep(NextStep):
    """Suggests the next command after a failed enrolment."""

    def after_refusal(self, text: str, reason: str | None, field: str) -> str:
        """Return the text for an enrolment that the vault refused."""
        if reason == Reason.ILLEGAL_TRANSITION:
            why = "no enrolment waits for a code: none was begun, or it is confirmed"
            return f"{text}\nwhy: {why}\nnext: {self.command} second-factor --status"
        return super().after_refusal(text, reason, field)


def _tell_state(context: typer.Context, name: str, found: SecondFactorState) -> None:
    if as_json(context):
        until = found.locked_until.isoformat() if found.locked_until else None
        content = {"person": name, "enrolled": found.enrolled, "pending": found.pending}
        typer.echo(json.dumps({**content, "tries_left": found.tries_left, "locked_until": until}))
        return
    state = "enrolled" if found.enrolled else "not enrolled"
    if found.pending:
        state += ", a new one waits for --confirm CODE"
    if found.locked_until:
        state += f", locked until {found.locked_until:%Y-%m-%d %H:%M} UTC"
    else:
        state += f", {found.tries_left} tries left"
    typer.echo(f"second factor: {name} {state}")


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
