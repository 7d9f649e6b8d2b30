"""Categories of organisations. All codes are synthetic: 990000 is no authority's region."""

import pytest

from idvault_verify import document, organization
from idvault_verify.document import Document, DocumentType
from idvault_verify.organization import OrganizationCategory as Category
from tools.support.builders import TODAY
from tools.support.organizations import credit_code

CREDIT = DocumentType.UNIFIED_SOCIAL_CREDIT_CODE


@pytest.mark.parametrize(
    ("pair", "category"),
    [
        ("11", Category.STATE_ORGAN),
        ("12", Category.INSTITUTION),
        ("13", Category.MASS_ORGANIZATION),
        ("51", Category.SOCIAL_ORGANIZATION),
        ("52", Category.SOCIAL_ORGANIZATION),
        ("53", Category.SOCIAL_ORGANIZATION),
        ("91", Category.COMPANY),
        ("92", Category.SOLE_TRADER),
        ("93", Category.COOPERATIVE),
        ("19", Category.OTHER),
        ("31", Category.OTHER),
        ("59", Category.OTHER),
        ("99", Category.OTHER),
        ("A1", Category.OTHER),
        ("N2", Category.OTHER),
        ("Y1", Category.OTHER),
    ],
)
def test_the_first_two_characters_decide(pair: str, category: Category) -> None:
    """The rest of the code does not matter, and an unlisted pair is OTHER."""
    for body in ("MA000001", "12345678"):
        parsed = document.parse(type=CREDIT, number=credit_code(pair=pair, body=body), today=TODAY)
        assert organization.category(document=parsed) is category


def test_a_person_has_no_category() -> None:
    """The first two digits of a resident number are a province, not a category."""
    resident = Document(DocumentType.RESIDENT_ID, "110000190101010001")
    assert organization.category(document=resident) is None
