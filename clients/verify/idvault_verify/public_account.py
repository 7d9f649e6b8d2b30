"""The kind and the category of a public account, and the licence that a category may need.

- The kind follows the owner: a person, a company (code 91), or any other organisation.
- The category is the owner's: PERSONAL, or that of the organisation's code.
- A platform may declare another one with a licence: its reference, and the day on which it runs out. From
  that day on the category is the owner's again.
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from idvault_verify.account import Account, SubjectKind
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.organization import OrganizationCategory


class PublicAccountState(StrEnum):
    """The state of a public account."""

    APPLIED = "APPLIED"
    ACTIVE = "ACTIVE"
    GRACE = "GRACE"
    EXPIRED = "EXPIRED"
    CLOSED = "CLOSED"
    REJECTED = "REJECTED"


class RejectReason(StrEnum):
    """Why an application was rejected."""

    INCOMPLETE = "INCOMPLETE"
    NAME_NOT_PERMITTED = "NAME_NOT_PERMITTED"
    CONTENT_NOT_PERMITTED = "CONTENT_NOT_PERMITTED"
    LICENCE_NOT_VALID = "LICENCE_NOT_VALID"
    OWNER_NOT_ELIGIBLE = "OWNER_NOT_ELIGIBLE"
    OTHER = "OTHER"


REFERENCE_LENGTH = 200


class PublicAccountKind(StrEnum):
    """Who owns a public account."""

    INDIVIDUAL = "INDIVIDUAL"
    COMPANY = "COMPANY"
    OTHER_ORGANIZATION = "OTHER_ORGANIZATION"


class PublicAccountCategory(StrEnum):
    """What a public account is: its owner's category, or a declared one (MEDIA and after)."""

    PERSONAL = "PERSONAL"
    STATE_ORGAN = "STATE_ORGAN"
    INSTITUTION = "INSTITUTION"
    MASS_ORGANIZATION = "MASS_ORGANIZATION"
    SOCIAL_ORGANIZATION = "SOCIAL_ORGANIZATION"
    COMPANY = "COMPANY"
    SOLE_TRADER = "SOLE_TRADER"
    COOPERATIVE = "COOPERATIVE"
    OTHER = "OTHER"
    MEDIA = "MEDIA"
    GOVERNMENT = "GOVERNMENT"
    EDUCATION = "EDUCATION"
    HEALTH = "HEALTH"
    FINANCE = "FINANCE"


DECLARED = frozenset(
    {
        PublicAccountCategory.MEDIA,
        PublicAccountCategory.GOVERNMENT,
        PublicAccountCategory.EDUCATION,
        PublicAccountCategory.HEALTH,
        PublicAccountCategory.FINANCE,
    }
)


@dataclass(frozen=True, slots=True)
class Licence:
    """A declared category. expire_date: the first day on which it is gone."""

    category: PublicAccountCategory
    reference: str = field(repr=False)
    expire_date: date


def kind_of(owner: Account) -> PublicAccountKind:
    """Return the kind of the public accounts of a verified owner."""
    if owner.subject_kind is SubjectKind.INDIVIDUAL:
        return PublicAccountKind.INDIVIDUAL
    company = owner.organization_category is OrganizationCategory.COMPANY
    return PublicAccountKind.COMPANY if company else PublicAccountKind.OTHER_ORGANIZATION


def category_of(owner: Account) -> PublicAccountCategory:
    """Return the category of the public accounts of a verified owner that has declared none."""
    return category_by(owner.subject_kind, owner.organization_category)


def category_by(
    subject_kind: SubjectKind | None, organization_category: OrganizationCategory | None
) -> PublicAccountCategory:
    """Return the category by what is shown of an owner."""
    if subject_kind is SubjectKind.INDIVIDUAL:
        return PublicAccountCategory.PERSONAL
    return PublicAccountCategory((organization_category or OrganizationCategory.OTHER).value)


def check_licence(licence: Licence, *, today: date) -> Licence:
    """Return the licence unchanged; raises InvalidError (INVALID_MESSAGE) naming every invalid part."""
    codes = {
        "category": None if licence.category in DECLARED else FieldCode.CHARACTER,
        "reference": _reference_code(licence.reference),
        "expire_date": None if licence.expire_date > today else FieldCode.LENGTH,
    }
    wrong = [Violation(f"licence.{name}", code) for name, code in codes.items() if code is not None]
    if wrong:
        raise InvalidError(Reason.INVALID_MESSAGE, *wrong)
    return licence


def _reference_code(reference: str) -> FieldCode | None:
    if not reference.strip():
        return FieldCode.REQUIRED
    if len(reference) > REFERENCE_LENGTH:
        return FieldCode.LENGTH
    return None if reference.isprintable() else FieldCode.CHARACTER
