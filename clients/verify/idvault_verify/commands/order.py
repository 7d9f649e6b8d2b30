"""`idvault-verify check-order`: that an order is signed by the key of an authority."""

from pathlib import Path
from typing import Annotated

import typer

from idvault_verify.attest import order as orders
from idvault_verify.attest import reading
from idvault_verify.attest.order import OrderTerms
from idvault_verify.attest.reading import RosterError
from idvault_verify.commands.output import AsJson, read, reporting, show_valid
from idvault_verify.offline import order as order_check


def check(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="The file written by `order show ORDER --out FILE`.")
    ],
    key: Annotated[
        str,
        typer.Option(
            "--key",
            metavar="KEY",
            help="The authority's public key, as on the page of public supervision.",
        ),
    ],
    json_option: AsJson = False,
) -> None:
    """Check an order with the public key of its authority alone, and print what was signed.

    Compare the key, or its fingerprint, with what the authority itself tells. The last line is "check:
    valid"; otherwise it is "check: REASON" with exit code 5. Whether the order was withdrawn, or carried out,
    is not in it.
    """
    try:
        public_key = reading.ed25519(key, "--key")
    except RosterError as error:
        raise typer.BadParameter(f"{error}") from error
    with reporting(context, json_option) as as_json:
        signed = read(file, limit=orders.LONGEST_PAPER)
        show_valid(_shown(order_check.check_by_key(signed, public_key=public_key), signed), as_json=as_json)


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
