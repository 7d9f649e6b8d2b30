"""Synthetic organisations: 990000 is not the region of any registration authority, so no code is real."""

from idvault_verify import document
from idvault_verify.claim import Identity
from idvault_verify.document import Document, DocumentType

NAME = "虚构晴岚科技有限公司"
REPRESENTATIVE = Identity("某一一", Document(DocumentType.RESIDENT_ID, "110000190101010001"))
"""Of a test system, no person's."""


def credit_code(*, pair: str = "91", body: str = "MA000001") -> str:
    """Return the code of an authority and category and an organisation's 8 characters."""
    head = f"{pair}990000{body}{document.organisation_check_character(body=body)}"
    return head + document.credit_check_character(body=head)


def organization(
    *,
    name: str = NAME,
    pair: str = "91",
    body: str = "MA000001",
    representative: Identity | None = REPRESENTATIVE,
) -> Identity:
    """Return an organisation's identity, as passed to registries and sealers."""
    number = credit_code(pair=pair, body=body)
    return Identity(name, Document(DocumentType.UNIFIED_SOCIAL_CREDIT_CODE, number), representative)
