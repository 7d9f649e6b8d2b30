"""`idvault-verify check-order`, `check-operation`: that the key of an authority signed a paper."""

from pathlib import Path
from typing import Annotated

import typer

from idvault_verify.attest import order as orders
from idvault_verify.attest import reading
from idvault_verify.attest.order import JointTerms, OrderTerms
from idvault_verify.attest.reading import RosterError
from idvault_verify.commands.output import AsJson, read, reporting, show_valid
from idvault_verify.offline import order as order_check

Key = Annotated[
    str,
    typer.Option(
        "--key", metavar="KEY", help="The authority's public key, as on the page of public supervision."
    ),
]


def check(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="Written by `moderator order show ORDER --out`, or `authority show ID --out`.",
        ),
    ],
    key: Key,
    json_option: AsJson = False,
) -> None:
    """Check an order with the public key of its authority alone, and print what was signed.

    Compare the key, or its fingerprint, with what the authority itself tells. The last line is "check:
    valid"; otherwise it is "check: REASON" with exit code 5. Whether the order was withdrawn, or carried out,
    is not in it.
    """
    public_key = _public_key(key)
    with reporting(context, json_option) as as_json:
        signed = read(file, limit=orders.LONGEST_PAPER)
        show_valid(_shown(order_check.check_by_key(signed, public_key=public_key), signed), as_json=as_json)


def check_operation(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Written by `authority operation show ID --out`.")
    ],
    key: Key,
    json_option: AsJson = False,
) -> None:
    """Check a joint operation with the public key of its authority alone, and print what was signed.

    As of an order. The counts of an operation are the vault's, and are not in the file.
    """
    public_key = _public_key(key)
    with reporting(context, json_option) as as_json:
        signed = read(file, limit=orders.LONGEST_PAPER)
        terms = order_check.check_operation_by_key(signed, public_key=public_key)
        show_valid(_shown_operation(terms), as_json=as_json)


def _public_key(text: str) -> bytes:
    try:
        return reading.ed25519(text, "--key")
    except RosterError as error:
        raise typer.BadParameter(f"{error}") from error


def _shown_operation(terms: JointTerms) -> dict[str, object]:
    return {
        "operation_id": terms.operation_id,
        "authority": terms.authority,
        "title": terms.title,
        "categories": ", ".join(each.value for each in terms.categories),
        "platforms": ", ".join(terms.platforms),
        "first_day": terms.first_day.isoformat(),
        "last_day": terms.last_day.isoformat(),
        "signed_at": terms.created_at.isoformat(),
        "roster": terms.roster_digest,
    }


def _shown(terms: OrderTerms, signed: bytes) -> dict[str, object]:
    return {
        "order_id": terms.order_id,
        "authority": terms.authority,
        "platform": terms.platform,
        "target_kind": terms.target_kind.value,
        "target": terms.target,
        "measure": terms.measure.value,
        "reference": terms.reference,
        "legal_basis": terms.legal_basis,
        "document_sha256": terms.document_digest.hex(),
        "document_size": terms.document_size,
        "signed_at": terms.created_at.isoformat(),
        "deadline": terms.deadline_at.isoformat(),
        "roster": terms.roster_digest,
        "order_digest": orders.digest(signed).hex(),
    }
