"""Kind, category and licence of a public account."""

from datetime import timedelta
from typing import Any

import pytest

from idvault_verify import public_account as rules
from idvault_verify.account import SubjectKind
from idvault_verify.error import FieldCode, InvalidError, Violation
from idvault_verify.organization import OrganizationCategory
from idvault_verify.public_account import DECLARED, Licence, PublicAccountCategory, PublicAccountKind
from tools.support import builders
from tools.support.builders import TODAY
from tools.support.public_account_world import licence

DAY = timedelta(days=1)


def owner(category: OrganizationCategory | None) -> Any:
    return builders.account(subject_kind=SubjectKind.ORGANIZATION, organization_category=category)


def test_a_person() -> None:
    """A person's public account is personal."""
    person = builders.account()
    assert rules.kind_of(person) is PublicAccountKind.INDIVIDUAL
    assert rules.category_of(person) is PublicAccountCategory.PERSONAL


@pytest.mark.parametrize("category", OrganizationCategory)
def test_an_organisation(category: OrganizationCategory) -> None:
    """Its code decides both; only a company is of the kind COMPANY."""
    company = category is OrganizationCategory.COMPANY
    kind = PublicAccountKind.COMPANY if company else PublicAccountKind.OTHER_ORGANIZATION
    assert rules.kind_of(owner(category)) is kind
    assert rules.category_of(owner(category)).value == category.value


def test_an_organisation_without_category() -> None:
    """An organisation that was verified before categories were published is OTHER."""
    assert rules.category_of(owner(None)) is PublicAccountCategory.OTHER


@pytest.mark.parametrize("category", sorted(DECLARED))
def test_a_licence_is_kept(category: PublicAccountCategory) -> None:
    """A complete licence that ends after today is accepted, and its reference does not show."""
    given = licence(TODAY + DAY, category)
    assert rules.check_licence(given, today=TODAY) is given
    assert "synthetic" not in repr(given)


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        (licence(TODAY + DAY, PublicAccountCategory.COMPANY), "category", FieldCode.CHARACTER),
        (licence(TODAY), "expire_date", FieldCode.LENGTH),
        (licence(TODAY + DAY, reference=" "), "reference", FieldCode.REQUIRED),
        (licence(TODAY + DAY, reference="x" * 201), "reference", FieldCode.LENGTH),
        (licence(TODAY + DAY, reference="a\nb"), "reference", FieldCode.CHARACTER),
    ],
)
def test_a_wrong_part_is_named(given: Licence, field: str, code: FieldCode) -> None:
    """A category that is not declared, a day that has come, a reference that is no text."""
    with pytest.raises(InvalidError) as refused:
        rules.check_licence(given, today=TODAY)
    assert refused.value.violations == (Violation(f"licence.{field}", code),)
