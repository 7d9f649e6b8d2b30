"""Passports and mainland travel permits: the example of ICAO 9303, and what is refused. All are synthetic."""

from datetime import date

import pytest

from idvault_verify import document, travel_document
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

TODAY = date(2026, 3, 1)
PASSPORT, PERMIT = DocumentType.PASSPORT, DocumentType.MAINLAND_TRAVEL_PERMIT


def parse(kind: DocumentType, number: str) -> Document:
    return document.parse(type=kind, number=number, today=TODAY)


@pytest.mark.parametrize(
    ("kind", "given", "normal"),
    [
        # ICAO 9303 part 4, appendix B, with a country that exists.
        (PASSPORT, "GBRL898902C36", "GBRL898902C36"),
        (PASSPORT, " gbrl898902c36 ", "GBRL898902C36"),
        (PASSPORT, "D<<C01X00T478", "DEUC01X00T478"),
        (PASSPORT, "DEUC01X00T478", "DEUC01X00T478"),
        (PASSPORT, "ISLA1234<<<<" + "0", "ISLA1234<<<<0"),
        (PERMIT, "h01234567", "H01234567"),
        (PERMIT, "M01234567", "M01234567"),
        (PERMIT, "01234567", "01234567"),
    ],
)
def test_valid_numbers(kind: DocumentType, given: str, normal: str) -> None:
    """They are normalised as other numbers are, and Germany has one spelling."""
    if normal.startswith("ISL"):
        normal = given = "ISLA1234<<<<" + travel_document.check_digit("A1234<<<<")
    assert parse(kind, given) == Document(kind, normal)
    assert document.birth_day(Document(kind, normal), today=TODAY) is None


@pytest.mark.parametrize(
    ("text", "digit"), [("L898902C3", "6"), ("740812", "2"), ("120415", "9"), ("ZE184226B<<<<<", "1")]
)
def test_check_digits_of_the_standard(text: str, digit: str) -> None:
    """Those of the machine-readable zone in ICAO 9303 part 4, appendix B."""
    assert travel_document.check_digit(text) == digit


@pytest.mark.parametrize(
    ("kind", "number", "code"),
    [
        (PASSPORT, "", FieldCode.REQUIRED),
        (PASSPORT, "GBRL898902C3", FieldCode.LENGTH),
        (PASSPORT, "GBRL898902C366", FieldCode.LENGTH),
        (PASSPORT, "GBRL898902C/6", FieldCode.CHARACTER),
        (PASSPORT, "GBRL898<02C36", FieldCode.CHARACTER),
        (PASSPORT, "GBR<<<<<<<<<0", FieldCode.CHARACTER),
        (PASSPORT, "GBRL898902C3A", FieldCode.CHARACTER),
        (PASSPORT, "UTOL898902C36", FieldCode.REGION),
        (PASSPORT, "GBRL898902C37", FieldCode.CHECK_DIGIT),
        (PASSPORT, "GBRL898902D36", FieldCode.CHECK_DIGIT),
        (PERMIT, "H0123456", FieldCode.CHARACTER),
        (PERMIT, "H012345678", FieldCode.LENGTH),
        (PERMIT, "A01234567", FieldCode.CHARACTER),
        (PERMIT, "012345678", FieldCode.CHARACTER),
        (PERMIT, "11010519491231002X", FieldCode.RESIDENT_NUMBER),
        (PERMIT, "110105491231002", FieldCode.RESIDENT_NUMBER),
        (PASSPORT, "11010519491231002x", FieldCode.RESIDENT_NUMBER),
        (PASSPORT, "CHN11010519491231002X", FieldCode.RESIDENT_NUMBER),
    ],
)
def test_invalid_numbers(kind: DocumentType, number: str, code: FieldCode) -> None:
    """The error says what is wrong, and a resident number is told from a mistyped one."""
    with pytest.raises(InvalidError) as refused:
        parse(kind, number)
    assert refused.value.reason is Reason.INVALID_DOCUMENT_NUMBER
    assert refused.value.violations == (Violation("document.number", code),)


def test_the_countries_of_iso_3166() -> None:
    """All 249, and none that only travel documents have."""
    digit = travel_document.check_digit("L898902C3")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    codes = [a + b + c for a in alphabet for b in alphabet for c in alphabet]
    known = [each for each in codes if travel_document.passport_error(f"{each}L898902C3{digit}") is None]
    assert len(known) == 249
    assert not {"UTO", "UNO", "XXA", "GBD", "RKS"} & set(known)
    assert {"CHN", "HKG", "MAC", "TWN", "DEU", "GBR", "USA"} <= set(known)
