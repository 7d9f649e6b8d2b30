"""`idvault-people custodian drill`: opens a share of a test record, so that a lost key is noticed."""

import typer

from idvault_people.commands.disclosure import display, tables
from idvault_people.commands.next_step import WITNESSES, NextStep
from idvault_people.commands.session import MemberOptions, as_json, open_session
from idvault_people.custody.drill import VerifiedDrill
from idvault_verify.disclosure import HistoryFinding
from idvault_verify.error import Reason

_ROLE = "custodian"


def drill(context: typer.Context) -> None:
    """Open your share of the drill record, and sign that you did; due every 90 days.

    It needs what an approval needs: keys, passphrase, second factor, roster and log. The record is synthetic,
    your share never leaves this machine, and no other record is opened. The last line is "drill: passed, the
    next one is due by DATE".
    """
    given: MemberOptions = context.obj
    with open_session(_ROLE, given, next_=DrillNextStep) as session:
        client = session.drill()
        found = client.fetch()
        if not as_json(context):
            _show(found)
        passed = client.complete(found, code=given.asked_code())
    if as_json(context):
        display.tell(
            {
                "record_id": passed.record_id,
                "quorum_id": found.record.present_quorum_id,
                "share_index": found.place,
                "log_size": found.log_size,
                "pass_time": passed.passed_at.isoformat(),
                "due_time": passed.due_at.isoformat(),
            }
        )
    else:
        typer.echo(f"drill: passed, the next one is due by {passed.due_at:%Y-%m-%d}")


class DrillNextStep(NextStep):
    """Suggests the next command after a failed drill."""

    def after_finding(self, text: str, finding: HistoryFinding) -> str:
        """Return the text for a drill record or share that does not verify."""
        if finding is HistoryFinding.LOG_NOT_WITNESSED:
            return f"{text}\nnothing was signed; {WITNESSES}"
        return (
            f"{text}\nnothing was signed; tell the operator and the other custodians\n"
            f"next, once it is repaired: {self.command} drill"
        )

    def after_refusal(self, text: str, reason: str | None, field: str) -> str:
        """Return the text for a drill that the vault refused."""
        words = {
            Reason.REQUEST_NOT_FOUND.value: "repeat the command in a minute: the record is being created",
            Reason.REQUEST_ID_REUSED.value: "repeat the command",
        }
        if field == "sign_time":
            return f"{text}\nnext: set the clock of this machine (NTP), then repeat the command"
        if reason in words:
            return f"{text}\nnext: {words[reason]}"
        return super().after_refusal(text, reason, field)


def _show(found: VerifiedDrill) -> None:
    last = f"{found.passed_at:%Y-%m-%d}" if found.passed_at else "never with these keys"
    tables.show_rows(
        {
            "record": f"{found.record.record_id} (a test record)",
            "your place": f"{found.place} of {found.custodians}",
            "in the log": f"yes, since {found.made_at:%Y-%m-%d %H:%M} UTC, at {found.log_size} entries",
            "your last drill": last,
            "due by": f"{found.due_at:%Y-%m-%d}",
        },
        title="drill",
    )
