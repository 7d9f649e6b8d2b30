"""Numbers of identity documents and organisations: their format and check digits (GB 11643, GB 32100).

Those of passports and mainland travel permits are in verify.travel_document.

- The caller states the document type; it is never guessed, because some numbers are valid for two types.
- White space and dashes, which a pasted number may have anywhere, are left out; full-width characters and
  lower-case letters are normalised. Nothing else is.
- The first error is reported, in this order: required, length, character, region, birth date, future date,
  check digit.
- Retired region codes stay valid: a number keeps the code from its time of issue.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from idvault_verify import travel_document
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

_LENGTH = 18
_SHORT_LENGTH = 15
_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
_OLD_RESIDENT = re.compile(r"[0-9]{15}")
_FOREIGN = re.compile(r"9[0-9]{16}[0-9X]")
_OLD_FOREIGN = re.compile(r"[A-Z]{3}[0-9]{12}")
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CREDIT = re.compile(f"[{_CREDIT_ALPHABET}]{{18}}")
_CREDIT_REGION = re.compile(r"[0-9]{6}")
_PROVINCES = frozenset(
    str(code)
    for first, last in ((11, 15), (21, 23), (31, 37), (41, 46), (50, 54), (61, 65), (71, 71), (81, 83))
    for code in range(first, last + 1)
)
_PERMIT_REGIONS = frozenset({"810000", "820000", "830000"})
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"
_ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_ORGANISATION_CHECKS = "0X987654321"
# Only the full-width forms of ASCII: other Unicode digits (circled, superscript, Arabic) are typing errors.
_NARROW = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_SEPARATORS = re.compile(r"[\s\ufeff\u2010-\u2015\u2212-]")
_SMALL = {ord(small): ord(small.upper()) for small in "abcdefghijklmnopqrstuvwxyz"}


class DocumentType(StrEnum):
    """The types of document whose number identifies an owner."""

    RESIDENT_ID = "RESIDENT_ID"
    RESIDENCE_PERMIT = "RESIDENCE_PERMIT"
    FOREIGN_PERMANENT_RESIDENT = "FOREIGN_PERMANENT_RESIDENT"
    UNIFIED_SOCIAL_CREDIT_CODE = "UNIFIED_SOCIAL_CREDIT_CODE"
    PASSPORT = "PASSPORT"
    MAINLAND_TRAVEL_PERMIT = "MAINLAND_TRAVEL_PERMIT"


REVIEWED = frozenset({DocumentType.PASSPORT, DocumentType.MAINLAND_TRAVEL_PERMIT})
"""Those that no registry is asked about: a reviewer sees them."""

_DATED = frozenset(
    {DocumentType.RESIDENT_ID, DocumentType.RESIDENCE_PERMIT, DocumentType.FOREIGN_PERMANENT_RESIDENT}
)


@dataclass(frozen=True, slots=True)
class Document:
    """A document's type and normalised number; repr does not show the number."""

    type: DocumentType
    number: str = field(repr=False)


def parse(*, type: DocumentType, number: str, today: date) -> Document:
    """Return the normalised document, or raise InvalidError (INVALID_DOCUMENT_NUMBER) naming document.number.

    today: in the deployment's time zone; a birth date after it is refused.
    """
    plain = _normalise(number)
    if type is DocumentType.PASSPORT:
        plain = travel_document.passport(plain)
    _CHECKS[type](plain, today)
    return Document(type, plain)


def parse_legacy(*, type: DocumentType, number: str, today: date) -> Document:
    """Parse like `parse`, but also accept the 15-digit resident numbers of old accounts.

    That format (GB 11643-1989, ended 2013-01-01) has a two-digit year of the 20th century and no check digit.
    The returned number has 18 characters.
    """
    plain = _normalise(number)
    if type is DocumentType.RESIDENT_ID and len(plain) == _SHORT_LENGTH:
        _require(_OLD_RESIDENT.fullmatch(plain) is not None, FieldCode.CHARACTER)
        body = f"{plain[:6]}19{plain[6:]}"
        plain = body + resident_check_character(body=body)
    _CHECKS[type](plain, today)
    return Document(type, plain)


def birth_day(document: Document, *, today: date) -> date | None:
    """Return the day of birth that a person's number states; None if it states none.

    The old form of a foreigner's card has a two-digit year: it is read as the latest one until today.
    """
    if document.type not in _DATED:
        return None
    number = document.number
    texts = [number[6:14]] if len(number) == _LENGTH else [f"{century}{number[7:13]}" for century in (20, 19)]
    for text in texts:
        try:
            day = date(int(text[:4]), int(text[4:6]), int(text[6:]))
        except ValueError:
            continue
        if day <= today:
            return day
    return None


def resident_check_character(*, body: str) -> str:
    """Return the check character of 17 digits (ISO 7064 MOD 11-2)."""
    total = sum(weight * int(digit) for weight, digit in zip(_RESIDENT_WEIGHTS, body, strict=True))
    return _RESIDENT_CHECKS[total % 11]


def organisation_check_character(*, body: str) -> str:
    """Return the check character of the first 8 characters of an organisation code (GB 11714)."""
    values = (_ORGANISATION_ALPHABET.index(character) for character in body)
    total = sum(weight * value for weight, value in zip(_ORGANISATION_WEIGHTS, values, strict=True))
    return _ORGANISATION_CHECKS[total % 11]


def credit_check_character(*, body: str) -> str:
    """Return the last character of a unified social credit code from its first 17 (GB 32100, MOD 31)."""
    total = sum(_CREDIT_ALPHABET.index(character) * pow(3, i, 31) for i, character in enumerate(body))
    return _CREDIT_ALPHABET[-total % 31]


def compact(typed: str) -> str:
    """Return a typed number in the narrow forms of ASCII, without blanks and dashes of any kind."""
    return _SEPARATORS.sub("", typed.translate(_NARROW))


def _normalise(number: str) -> str:
    plain = compact(number).translate(_SMALL)
    _require(plain != "", FieldCode.REQUIRED)
    return plain


def _require(condition: bool, code: FieldCode) -> None:
    if not condition:
        raise InvalidError(Reason.INVALID_DOCUMENT_NUMBER, Violation("document.number", code))


def _check_form(number: str, form: re.Pattern[str], length: int) -> None:
    _require(len(number) == length, FieldCode.LENGTH)
    _require(form.fullmatch(number) is not None, FieldCode.CHARACTER)


def _check_birth(digits: str, today: date) -> None:
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        # "from None": the message of the cause would repeat part of the number.
        raise InvalidError(
            Reason.INVALID_DOCUMENT_NUMBER, Violation("document.number", FieldCode.BIRTH_DATE)
        ) from None
    _require(born <= today, FieldCode.FUTURE_DATE)


def _check_dated(number: str, today: date) -> None:
    """Check the birth date and check character that resident, permit and foreign numbers share."""
    _check_birth(number[6:14], today)
    _require(resident_check_character(body=number[:17]) == number[17], FieldCode.CHECK_DIGIT)


def _check_resident(number: str, today: date) -> None:
    _check_form(number, _RESIDENT, _LENGTH)
    _require(number[:2] in _PROVINCES, FieldCode.REGION)
    _check_dated(number, today)


def _check_permit(number: str, today: date) -> None:
    _check_form(number, _RESIDENT, _LENGTH)
    _require(number[:6] in _PERMIT_REGIONS, FieldCode.REGION)
    _check_dated(number, today)


def _check_foreign(number: str, today: date) -> None:
    """Check the format of 2023 (9, province, country, birth date) or the older one without a check digit."""
    if len(number) == _SHORT_LENGTH:
        _check_form(number, _OLD_FOREIGN, _SHORT_LENGTH)
        return
    _check_form(number, _FOREIGN, _LENGTH)
    _require(number[1:3] in _PROVINCES, FieldCode.REGION)
    # The country's three digits are not looked up: the list of countries changes, and cards keep their
    # number.
    _check_dated(number, today)


def _check_credit(number: str, _today: date) -> None:
    """Check a credit code. Authorities and regions are not looked up: both lists grow without notice."""
    _check_form(number, _CREDIT, _LENGTH)
    _require(_CREDIT_REGION.fullmatch(number[2:8]) is not None, FieldCode.REGION)
    _require(organisation_check_character(body=number[8:16]) == number[16], FieldCode.CHECK_DIGIT)
    _require(credit_check_character(body=number[:17]) == number[17], FieldCode.CHECK_DIGIT)


def _check_passport(number: str, _today: date) -> None:
    _check_reviewed(number, travel_document.passport_error(number))


def _check_travel_permit(number: str, _today: date) -> None:
    _check_reviewed(number, travel_document.permit_error(number))


def _check_reviewed(number: str, found: FieldCode | None) -> None:
    _require(not travel_document.is_resident_number(number), FieldCode.RESIDENT_NUMBER)
    if found is not None:
        _require(False, found)


_CHECKS: dict[DocumentType, Callable[[str, date], None]] = {
    DocumentType.RESIDENT_ID: _check_resident,
    DocumentType.RESIDENCE_PERMIT: _check_permit,
    DocumentType.FOREIGN_PERMANENT_RESIDENT: _check_foreign,
    DocumentType.UNIFIED_SOCIAL_CREDIT_CODE: _check_credit,
    DocumentType.PASSPORT: _check_passport,
    DocumentType.MAINLAND_TRAVEL_PERMIT: _check_travel_permit,
}
