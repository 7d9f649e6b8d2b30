"""The category of an organisation: all that is published of a unified social credit code (GB 32100-2015).

- The code's first two characters decide it: the registering authority and the kind of organisation.
- 11 state organ, 12 institution, 13 mass organisation, 51 to 53 social organisation, 91 company, 92 sole
  trader, 93 co-operative. Every other pair, including every authority with a letter, is OTHER.
"""

from collections.abc import Mapping
from enum import StrEnum

from idvault_verify.document import Document, DocumentType


class OrganizationCategory(StrEnum):
    """The kind of an organisation."""

    STATE_ORGAN = "STATE_ORGAN"
    INSTITUTION = "INSTITUTION"
    MASS_ORGANIZATION = "MASS_ORGANIZATION"
    SOCIAL_ORGANIZATION = "SOCIAL_ORGANIZATION"
    COMPANY = "COMPANY"
    SOLE_TRADER = "SOLE_TRADER"
    COOPERATIVE = "COOPERATIVE"
    OTHER = "OTHER"


_BY_PAIR: Mapping[str, OrganizationCategory] = {
    "11": OrganizationCategory.STATE_ORGAN,
    "12": OrganizationCategory.INSTITUTION,
    "13": OrganizationCategory.MASS_ORGANIZATION,
    "51": OrganizationCategory.SOCIAL_ORGANIZATION,
    "52": OrganizationCategory.SOCIAL_ORGANIZATION,
    "53": OrganizationCategory.SOCIAL_ORGANIZATION,
    "91": OrganizationCategory.COMPANY,
    "92": OrganizationCategory.SOLE_TRADER,
    "93": OrganizationCategory.COOPERATIVE,
}


def category(*, document: Document) -> OrganizationCategory | None:
    """Return the category of a credit code, None for the document of a person."""
    if document.type is not DocumentType.UNIFIED_SOCIAL_CREDIT_CODE:
        return None
    return _BY_PAIR.get(document.number[:2], OrganizationCategory.OTHER)
