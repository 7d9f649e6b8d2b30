"""`idvault-people moderator order`: what authorities order a platform to do, checked on this machine."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from idvault_client.commands.output import AsJson, show
from idvault_client.errors import NotFound
from idvault_client.sanctions import CheckedOrder, OrderSource, PlatformOrder, check_order
from idvault_people.commands.cases import SignedCall, show_all, signing
from idvault_people.commands.moderator_options import Moderator, PassphraseFile, RequestId
from idvault_people.commands.output import reporting
from idvault_people.moderation.whole_list import every
from idvault_verify import durable_file
from idvault_verify.attest.people import roster_chain
from idvault_verify.error import Reason
from idvault_verify.sanction import AuthorityOrder, OrderState

app = typer.Typer(no_args_is_help=True, help="Orders of authorities to your platform.")
OrderId = Annotated[str, typer.Argument(metavar="ORDER", help="The order's id.")]
RosterFile = Annotated[
    Path,
    typer.Option(
        "--roster", metavar="FILE", help="The published roster, with its earlier versions beside it."
    ),
]
Known = Annotated[
    bool, typer.Option("--known", help="You checked the order while its authority was in the roster.")
]


@app.command("list", short_help="Print the orders without what was ordered.")
def list_orders(
    context: typer.Context,
    state: Annotated[OrderState | None, typer.Option(help="Only those in this state.")] = None,
    json_option: AsJson = False,
) -> None:
    """Print the orders as the vault tells of them, without what was ordered: that is in `show`."""
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found = every(vault.sanctions.list_orders, "orders", state=state)
        show_all(found, "orders", shown=_told, as_json=as_json)


@app.command("show", short_help="Check an order, and print it.")
def show_order(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    order_id: OrderId,
    roster: RosterFile,
    platform: Annotated[str, typer.Option(help="Your platform, as its certificate names it.")],
    known: Known = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write what was signed: `idvault-verify check-order` checks it."),
    ] = None,
    json_option: AsJson = False,
) -> None:
    """Check an order by the roster, and print what its authority signed.

    A sanction carries it out if its statement names the order: `authority`, `reference`, `order_date` and
    `order_digest` are printed as the desk's form asks for them.
    """
    with reporting(context, json_option) as as_json, context.obj.open() as vault:
        found = _find(vault, order_id)
        if found.source is OrderSource.PAPER:
            if out is not None:
                raise typer.BadParameter("--out is for signed orders: this one is on paper")
            show({**_told(found), **_named(found.order)}, as_json=as_json)
            return
        checked = check_order(found, platform=platform, versions=roster_chain.load_all(roster), known=known)
        if out is not None:
            # It names an account: for its owner only, until they give it to somebody.
            durable_file.replace(out, found.signed_order)
        show({**_told(found), **_ordered(checked), "objection": found.objection or None}, as_json=as_json)


@app.command(short_help="Tell its authority that you have read it.")
def acknowledge(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    order_id: OrderId,
    roster: RosterFile,
    moderator: Moderator,
    known: Known = False,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Check an order by the roster, and tell its authority that you have read it."""
    with signing(context, moderator, passphrase_file, json_option) as by:
        checked = _checked(by, order_id, roster, known=known)
        by.show(_told(by.vault.sanctions.acknowledge_order(checked, key=by.key, request_id=request_id)))


@app.command("object", short_help="Tell its authority why you do not carry it out.")
def object_to(  # noqa: PLR0917 - typer's parameters
    context: typer.Context,
    order_id: OrderId,
    reason: Annotated[str, typer.Option(help="Read by the authority; it must not name anybody.")],
    roster: RosterFile,
    moderator: Moderator,
    known: Known = False,
    passphrase_file: PassphraseFile = None,
    request_id: RequestId = None,
    json_option: AsJson = False,
) -> None:
    """Check an order by the roster, and tell its authority why you do not carry it out, once.

    Its deadline runs on.
    """
    with signing(context, moderator, passphrase_file, json_option) as by:
        checked = _checked(by, order_id, roster, known=known)
        made = by.vault.sanctions.object_to_order(checked, reason, key=by.key, request_id=request_id)
        by.show({**_told(made), "objection": made.objection})


def named(by: SignedCall, order_id: str, roster: Path | None, *, known: bool) -> AuthorityOrder | None:
    """Return an order as a statement of reasons names it, None if none is asked for.

    One that an authority signed is checked by the roster first; raises BadParameter, NotFound, OrderError and
    RosterError.
    """
    if not order_id:
        return None
    found = _find(by.vault, order_id)
    if found.source is OrderSource.PAPER:
        return found.order
    if roster is None:
        # Of a signed order, all that the vault says beside the signature is its word.
        raise typer.BadParameter("an authority signed this order: --roster is missing")
    return _check(by, found, roster, known=known).order


def _checked(by: SignedCall, order_id: str, roster: Path, *, known: bool) -> CheckedOrder:
    """Return an order to the moderator's platform after its check; raises OrderError and RosterError."""
    return _check(by, _find(by.vault, order_id), roster, known=known)


def _check(by: SignedCall, found: PlatformOrder, roster: Path, *, known: bool) -> CheckedOrder:
    versions = roster_chain.load_all(roster)
    return check_order(found, platform=by.key.relying_party, versions=versions, known=known)


def _find(vault: Any, order_id: str) -> PlatformOrder:
    found: PlatformOrder
    for found in every(vault.sanctions.list_orders, "orders"):
        if found.order_id == order_id:
            return found
    raise NotFound(Reason.ORDER_NOT_FOUND, "NOT_FOUND")


def _told(order: PlatformOrder) -> dict[str, object]:
    return {
        "order_id": order.order_id,
        "source": order.source,
        "state": order.state,
        "deadline": order.deadline.isoformat(),
        "recorded": order.record_time.isoformat(),
        "acknowledged": _time(order.acknowledge_time),
        "objected": _time(order.object_time),
        "carried_out": _time(order.carry_out_time),
        "withdrawn": _time(order.withdraw_time),
    }


def _ordered(checked: CheckedOrder) -> dict[str, object]:
    terms = checked.terms
    return {
        "target_kind": terms.target_kind,
        "target": terms.target,
        "measure": terms.measure,
        "legal_basis": terms.legal_basis,
        "document_sha256": terms.document_digest.hex(),
        "document_size": terms.document_size,
        **_named(checked.order),
    }


def _named(order: AuthorityOrder) -> dict[str, object]:
    """Return what the statement of a sanction says of an order."""
    return {
        "authority": order.authority,
        "reference": order.reference,
        "order_date": order.issued_on.isoformat(),
        "order_digest": order.digest.hex(),
    }


def _time(time: datetime | None) -> str | None:
    return None if time is None else time.isoformat()
