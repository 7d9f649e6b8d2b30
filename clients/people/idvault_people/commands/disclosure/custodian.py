"""The verbs of `idvault-people custodian`: pending, approve, deny.

Drill and hand-over are in `idvault_people.commands.custody`.
"""

import time
from typing import Annotated

import typer

from idvault_people.commands import passphrase
from idvault_people.commands.custody import drill, handover
from idvault_people.commands.disclosure import display, tables
from idvault_people.commands.disclosure.evidence import Kept, export, show_kept
from idvault_people.commands.session import MemberOptions, as_json, confirm, open_session
from idvault_people.disclosure.pending import NotPendingError, PendingRequest
from idvault_verify.commands.errors import ExitCode
from idvault_verify.disclosure import USUAL_DAILY
from idvault_verify.printable import escaped
from idvault_verify.v1 import disclosure_pb2

_ROLE = "custodian"
_PERIOD = 5.0
Id = Annotated[str, typer.Argument(metavar="ID", help="The disclosure's id, as shown by `pending`.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]


def add(app: typer.Typer) -> None:
    """Add the verbs to the commands of the role."""
    app.command("pending", short_help="Check and show the requests that wait for you.")(pending)
    app.command("show", short_help="Check and show one request.")(show)
    app.command("approve", short_help="Approve a request with your share.")(approve)
    app.command("deny", short_help="Deny a request.")(deny)
    app.command("export", short_help="Export evidence that was sealed for you.")(export)
    app.command("drill", short_help="Prove every 90 days that your keys work.")(drill.drill)
    app.command("hand-over", short_help="Re-seal your shares to your successor.")(handover.hand_over)


def pending(
    context: typer.Context,
    watch: Annotated[
        bool, typer.Option("--watch", help="Keep running, and show each new request when it arrives.")
    ] = False,
) -> None:
    """Check the requests that wait for your decision against roster and log, and show them.

    For a request that does not verify, the command shows the reason and not its content.
    """
    seen: set[str] = set()
    with open_session(_ROLE, context.obj) as session:
        while True:
            pending = session.custodian().pending()
            for each in pending:
                if each.disclosure_id not in seen:
                    _show(context, each)
            seen = {each.disclosure_id for each in pending}
            if not watch:
                break
            time.sleep(_PERIOD)
    if not as_json(context):
        typer.echo(f"pending: {len(seen)}")


def show(context: typer.Context, disclosure_id: Id, evidence: Kept = None) -> None:
    """Check and show one request that waits for you, with the decisions of the other custodians.

    With --evidence, check and show evidence that an auditor exported for you.
    """
    with open_session(_ROLE, context.obj, disclosure_id=disclosure_id) as session:
        if evidence is not None:
            show_kept(context, session.custodian(), evidence, disclosure_id)
            return
        found = session.custodian().find(disclosure_id)
    _show(context, found)
    if found.refused is not None:
        raise typer.Exit(ExitCode.UNVERIFIED)
    if not as_json(context):
        typer.echo(f"disclosure: {disclosure_id} waits for you")


def approve(
    context: typer.Context,
    disclosure_id: Id,
    yes: Yes = False,
    quota: Annotated[
        int, typer.Option(min=1, help="The most shares that you give to one auditor in a day.")
    ] = USUAL_DAILY,
) -> None:
    """Check a request on this machine, approve it, and release your share once the log has your approval.

    Refused unless an auditor in your pinned roster signed the request, its terms are allowed and its entry is
    in the log. Your share leaves this machine only after your approval is in the log. If the command stops
    before that, repeat it: it continues.
    """
    given: MemberOptions = context.obj
    with open_session(_ROLE, given, disclosure_id=disclosure_id) as session:
        custodian = session.custodian(daily=quota)
        try:
            found = custodian.find(disclosure_id)
        except NotPendingError:
            _tell(context, custodian.finish(disclosure_id))
            return
        _show(context, found, on_stdout=False)
        code = ""  # the client refuses before it uses a code
        if found.refused is None and not found.is_approved:
            confirm(yes, "Give your share for this request?", otherwise="nothing was decided")
            code = given.asked_code()
        _tell(context, custodian.approve(found, code=code))


def deny(
    context: typer.Context,
    disclosure_id: Id,
    reason: Annotated[
        str | None,
        typer.Option(
            help="Why, at most 500 characters; without it the command asks at the terminal. The auditor and "
            "the other custodians read it."
        ),
    ] = None,
    yes: Yes = False,
) -> None:
    """Deny a request, and sign why; it ends when too few custodians are left to approve it."""
    with open_session(_ROLE, context.obj, disclosure_id=disclosure_id) as session:
        custodian = session.custodian()
        found = custodian.find(disclosure_id)
        _show(context, found, on_stdout=False)
        confirm(yes, "Refuse your share for this request?", otherwise="nothing was decided")
        _tell(context, custodian.deny(found, reason=reason or passphrase.prompt("Reason", option="--reason")))


def _show(context: typer.Context, found: PendingRequest, *, on_stdout: bool = True) -> None:
    if not as_json(context):
        tables.show_pending(found)
    elif on_stdout:
        display.tell(display.pending(found))


def _tell(context: typer.Context, found: disclosure_pb2.DecidedDisclosure) -> None:
    state = display.state(found.state)
    verdicts = [decision.verdict for decision in found.decisions]
    content = {
        "disclosure_id": found.disclosure_id,
        "state": state,
        "threshold": found.threshold,
        "approvals": verdicts.count(disclosure_pb2.VERDICT_APPROVE),
        "denials": verdicts.count(disclosure_pb2.VERDICT_DENY),
        "releases": sum(decision.HasField("release_time") for decision in found.decisions),
    }
    if as_json(context):
        display.tell(content)
    else:
        typer.echo(escaped(f"disclosure: {found.disclosure_id} {state}"))
