"""`idvault-people authority operation`: joint operations of several platforms."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from idvault_people.authority.joint import OpenedOperation
from idvault_people.commands import listing
from idvault_people.commands.next_step import NextStep
from idvault_people.commands.session import MemberOptions, as_json, confirm, open_session, refuse_existing
from idvault_verify import durable_file
from idvault_verify.attest.order import JointTerms
from idvault_verify.error import Reason
from idvault_verify.sanction import SanctionCategory

_REFUSED = {
    Reason.OPERATION_NOT_FOUND.value: "there is no joint operation of yours with this id",
    Reason.PLATFORM_NOT_FOUND.value: "a platform of this name was never registered at the vault",
    Reason.TOO_MANY_ATTEMPTS.value: "you have reached the number of calls of one day",
}
_ROLE, _DAY = "authority", "%Y-%m-%d"
app = typer.Typer(no_args_is_help=True, help="Joint operations of several platforms, and their counts.")
Day = typer.Option(formats=[_DAY], metavar="DAY", help="In the deployment's time zone.")
OperationId = Annotated[str, typer.Argument(metavar="ID", help="The operation's id.")]


@app.command("open")
def open_(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    title: Annotated[str, typer.Option(help="At most 200 characters; it must name nobody.")],
    category: Annotated[list[SanctionCategory], typer.Option(help="What it is against; repeat it for more.")],
    platform: Annotated[list[str], typer.Option(help="A platform that takes part; repeat it for more.")],
    first_day: Annotated[datetime, Day],
    last_day: Annotated[datetime, Day],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
) -> None:
    """Sign an operation, and open it at each platform; needs a code of your second factor.

    Sanctions and reports may name it until the end of its last day; then it closes by itself.
    """
    given: MemberOptions = context.obj
    with open_session(_ROLE, given, next_=OperationNextStep) as session:
        officer = session.joint_officer()
        terms = officer.operation(
            title,
            categories=category,
            platforms=platform,
            first_day=first_day.date(),
            last_day=last_day.date(),
        )
        if not as_json(context):
            listing.show(_terms(terms))
        confirm(yes, f"Sign and open this for {', '.join(terms.platforms)}?", otherwise="nothing was signed")
        opened = officer.begin(terms, code=given.asked_code())
    listing.tell(context, "operations", [_shown(opened)])


@app.command("list")
def list_(context: typer.Context) -> None:
    """List your joint operations, in the order in which you opened them."""
    with open_session(_ROLE, context.obj, next_=OperationNextStep) as session:
        listing.tell(context, "operations", map(_shown, session.joint_officer().every()))


@app.command()
def show(
    context: typer.Context,
    operation_id: OperationId,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write what you signed: `idvault-verify check-operation` checks it."
        ),
    ] = None,
) -> None:
    """Show one of your joint operations with its counts at each platform; 1 to 4 are withheld."""
    if out is not None:
        refuse_existing(out)
    with open_session(_ROLE, context.obj, next_=OperationNextStep) as session:
        found = session.joint_officer().get(operation_id)
    if out is not None:
        durable_file.create(out, found.signed_operation)
    listing.tell(context, "operations", [_shown(found)])


class OperationNextStep(NextStep):
    """Suggests the next command after a refused joint operation."""

    def after_refusal(self, text: str, reason: str | None, field: str) -> str:
        """Return the text for what the vault did not take."""
        if reason in _REFUSED:
            return f"{text}\nwhy: {_REFUSED[reason]}\nnext: {self.command} operation list"
        return super().after_refusal(text, reason, field)


def _terms(terms: JointTerms) -> dict[str, object]:
    return {
        "operation_id": terms.operation_id,
        "title": terms.title,
        "categories": [each.value for each in terms.categories],
        "platforms": list(terms.platforms),
        "first_day": terms.first_day.isoformat(),
        "last_day": terms.last_day.isoformat(),
    }


def _shown(opened: OpenedOperation) -> dict[str, object]:
    return {
        **_terms(opened.terms),
        "counts": {
            each.platform: {
                **{str(one.degree): None if one.withheld else one.count for one in each.sanctions},
                "reports": None if each.reports_withheld else each.reports,
            }
            for each in opened.counts
        },
    }
