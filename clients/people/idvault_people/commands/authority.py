"""The verbs of `idvault-people authority`: issue, list, show and withdraw orders."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from idvault_people.authority.officer import GivenOrder, OrderDocument
from idvault_people.commands import joint_operation, listing, referral
from idvault_people.commands.next_step import NextStep
from idvault_people.commands.session import MemberOptions, as_json, confirm, open_session, refuse_existing
from idvault_verify import durable_file
from idvault_verify.attest import order as order_papers
from idvault_verify.attest.order import OrderTerms
from idvault_verify.commands.errors import wrong_usage
from idvault_verify.error import InvalidError, Reason
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import OrderState
from idvault_verify.tip_off import TargetKind

_ROLE = "authority"
_TIME = "%Y-%m-%dT%H:%MZ"
_NOTICE = "--deadline is at least 24 hours after the vault takes the order, and at most 366 days from now"


class TargetWord(StrEnum):
    """What kind of thing an order is about, as an option says it."""

    ACCOUNT = "account"
    PUBLIC_ACCOUNT = "public-account"
    CONTENT = "content"


Id = Annotated[str, typer.Argument(metavar="ID", help="The order's id, as shown by `issue` and `list`.")]
SignedFile = Annotated[
    Path | None,
    typer.Option(
        "--out", metavar="FILE", help="Write what you signed: `idvault-verify check-order` checks it."
    ),
]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")]
_KINDS = {word: TargetKind[word.name] for word in TargetWord}


def add(app: typer.Typer) -> None:
    """Add the verbs to the commands of the role."""
    app.command("issue", short_help="Sign orders, and give them to platforms.")(issue)
    app.command("list")(list_)
    app.command("show")(show)
    app.command("withdraw", short_help="Withdraw an order for good.")(withdraw)
    app.add_typer(joint_operation.app, name="operation")
    app.add_typer(referral.app, name="referral")


def issue(  # noqa: PLR0917 - typer makes an option of each
    context: typer.Context,
    to: Annotated[
        list[str],
        typer.Option(metavar="PLATFORM=TARGET", help="A platform and its target; once for each platform."),
    ],
    kind: Annotated[TargetWord, typer.Option(help="What the targets are.")],
    measure: Annotated[OrderMeasure, typer.Option(help="What the platforms are to do, at least.")],
    reference: Annotated[str, typer.Option(help="Your reference, at most 200 characters.")],
    legal_basis: Annotated[str, typer.Option(help="The legal basis, at most 500 characters.")],
    deadline: Annotated[
        datetime, typer.Option(formats=[_TIME], metavar="TIME", help="By when, in UTC: 2026-12-03T18:00Z.")
    ],
    document: Annotated[
        Path,
        typer.Option(exists=True, dir_okay=False, help="The document; only its SHA-256 and size are sent."),
    ],
    yes: Yes = False,
) -> None:
    """Sign an order to each platform, and give all of them or none; needs a code of your second factor.

    Each platform gets its own target only, and checks your signature by the roster. Nobody is told whether a
    target exists: a platform that has none objects. Send the document to the platforms by another way.
    """
    given: MemberOptions = context.obj
    targets = [_target(each) for each in to]
    with open_session(_ROLE, given, next_=OrderNextStep) as session:
        officer = session.officer()
        orders = officer.orders(
            targets,
            kind=_KINDS[kind],
            measure=measure,
            reference=reference,
            legal_basis=legal_basis,
            deadline=deadline.replace(tzinfo=UTC),
            document=OrderDocument.of(document),
        )
        if not as_json(context):
            for each in orders:
                listing.show(_terms(each))
        confirm(yes, "Sign and send this?", otherwise="nothing was signed")
        made = officer.issue(orders, code=given.asked_code())
    listing.tell(context, "orders", map(_shown, made))


def list_(
    context: typer.Context,
    state: Annotated[OrderState | None, typer.Option(help="Only orders in this state.")] = None,
) -> None:
    """List your orders, in the order in which you gave them."""
    with open_session(_ROLE, context.obj, next_=OrderNextStep) as session:
        listing.tell(context, "orders", map(_shown, session.officer().every(state=state)))


def show(context: typer.Context, order_id: Id, out: SignedFile = None) -> None:
    """Show one of your orders: what you signed, and what its platform has done."""
    if out is not None:
        refuse_existing(out)
    with open_session(_ROLE, context.obj, next_=OrderNextStep) as session:
        found = session.officer().get(order_id)
    if out is not None:
        # It names an account: for its owner only, until they give it to somebody.
        durable_file.create(out, found.signed_order)
    listing.tell(context, "orders", [_shown(found)])


def withdraw(
    context: typer.Context,
    order_id: Id,
    reason: Annotated[str, typer.Option(help="Why, at most 500 characters; the platform reads it.")],
    yes: Yes = False,
) -> None:
    """Withdraw an order for good; it stays in every list. Needs a code of your second factor."""
    given: MemberOptions = context.obj
    with open_session(_ROLE, given, next_=OrderNextStep) as session:
        officer = session.officer()
        found = officer.get(order_id)
        if not as_json(context):
            listing.show(_terms(found.terms))
        confirm(yes, "Withdraw this order?", otherwise="nothing was withdrawn")
        withdrawn = officer.withdraw(found, reason, code=given.asked_code())
    listing.tell(context, "orders", [_shown(withdrawn)])


def _target(text: str) -> tuple[str, str]:
    platform, found, target = text.partition("=")
    if not found or not platform or not target:
        raise wrong_usage("--to is PLATFORM=TARGET", field="--to")
    return platform, target


def _terms(terms: OrderTerms) -> dict[str, object]:
    return {
        "order_id": terms.order_id,
        "platform": terms.platform,
        "target_kind": terms.target_kind.value,
        "target": terms.target,
        "measure": terms.measure.value,
        "reference": terms.reference,
        "legal_basis": terms.legal_basis,
        "document_sha256": terms.document_digest.hex(),
        "document_size": terms.document_size,
        "deadline": f"{terms.deadline_at:{_TIME}}",
    }


def _shown(order: GivenOrder) -> dict[str, object]:
    times = {
        "issued": order.issue_time,
        "acknowledged": order.acknowledge_time,
        "objected": order.object_time,
        "carried_out": order.carry_out_time,
        "withdrawn": order.withdraw_time,
    }
    withdrawal = order.signed_withdrawal
    return {
        **_terms(order.terms),
        "state": order.state,
        "missed": order.missed,
        **{name: None if time is None else f"{time:{_TIME}}" for name, time in times.items()},
        "objection": order.objection or None,
        "withdrawn_because": order_papers.parse_withdrawal(withdrawal).reason if withdrawal else None,
    }


class OrderNextStep(NextStep):
    """Suggests the next command after a refused order."""

    def after_mistake(self, error: InvalidError) -> str:
        """Return the text for terms that were refused before they were signed."""
        if any(each.field == "deadline" for each in error.violations):
            return self.after_refusal(f"{error}", error.reason.value, "deadline")
        return super().after_mistake(error)

    def after_refusal(self, text: str, reason: str | None, field: str) -> str:
        """Return the text for what the vault did not take."""
        words = {
            Reason.ORDER_NOT_FOUND.value: "there is no order of yours with this id",
            Reason.ILLEGAL_TRANSITION.value: "the order is withdrawn already",
            Reason.TOO_MANY_ATTEMPTS.value: "you have reached the number of calls of one day",
        }
        if field == "deadline":
            return f"{text}\nwhy: {_NOTICE}\nnext: {self.command} issue --help"
        if reason in words:
            return f"{text}\nwhy: {words[reason]}\nnext: {self.command} list"
        return super().after_refusal(text, reason, field)
