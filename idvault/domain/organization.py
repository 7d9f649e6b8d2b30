"""The category of an organisation, all that is told of a unified social credit code (GB 32100-2015).

- The code's first two characters decide it: who registered the organisation, and as what.
- 11 state organ, 12 institution, 13 mass organisation, 51 to 53 social organisation, 91 company, 92 sole
  trader, 93 co-operative; every other pair, and so every authority with a letter, is another organisation.
"""

from collections.abc import Mapping
from enum import StrEnum

from idvault.domain.document import Document, DocumentType


class OrganizationCategory(StrEnum):
    """What kind of organisation it is."""

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
    """Return the category of a parsed credit code, None for the document of a person."""
    if document.type is not DocumentType.UNIFIED_SOCIAL_CREDIT_CODE:
        return None
    return _BY_PAIR.get(document.number[:2], OrganizationCategory.OTHER)
