"""The examples of the standards, and properties of all numbers. All numbers are synthetic."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric, uscc  # type: ignore[import-untyped, unused-ignore]

from idvault_verify import document
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

TODAY = date(2026, 3, 1)
RESIDENT = DocumentType.RESIDENT_ID
PERMIT = DocumentType.RESIDENCE_PERMIT
FOREIGN = DocumentType.FOREIGN_PERMANENT_RESIDENT
CREDIT = DocumentType.UNIFIED_SOCIAL_CREDIT_CODE
CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def refusal(type: DocumentType, number: str, *, legacy: bool = False) -> FieldCode:
    parse = document.parse_legacy if legacy else document.parse
    with pytest.raises(InvalidError) as caught:
        parse(type=type, number=number, today=TODAY)
    assert caught.value.reason is Reason.INVALID_DOCUMENT_NUMBER
    (violation,) = caught.value.violations
    assert violation == Violation("document.number", violation.code)
    return violation.code


def stdnum_accepts(type: DocumentType, number: str) -> bool:
    return bool(uscc.is_valid(number) if type is CREDIT else ric.is_valid(number))


@pytest.mark.parametrize(
    ("type", "number"),
    [
        (RESIDENT, "11010519491231002X"),
        (RESIDENT, "440524188001010014"),
        (RESIDENT, "440308199901101512"),
        (RESIDENT, "110000190101010001"),
        (PERMIT, "810000199408230021"),
        (PERMIT, "830000199201300022"),
        (PERMIT, "820000199003070017"),
        (FOREIGN, "911398199012310021"),
        (FOREIGN, "KAZ110190123100"),
        (CREDIT, "91350100M000100Y43"),
        (CREDIT, "91110000600037341L"),
        (CREDIT, "51110000500004569N"),
        (CREDIT, "92350206MA2ABCDEXH"),
        (CREDIT, "N2330106MF1234567L"),
        (CREDIT, "A1110108MC0000012L"),
        (CREDIT, "Y1500000MD00000247"),
    ],
)
def test_valid_numbers_of_the_table(type: DocumentType, number: str) -> None:
    """Every valid number of the table is accepted unchanged."""
    assert document.parse(type=type, number=number, today=TODAY) == Document(type, number)


@pytest.mark.parametrize(
    ("type", "number", "code"),
    [
        (RESIDENT, "110101300001010019", FieldCode.FUTURE_DATE),
        (RESIDENT, "371321199012310912", FieldCode.CHECK_DIGIT),
        (RESIDENT, "", FieldCode.REQUIRED),
        (RESIDENT, " \u3000", FieldCode.REQUIRED),
        (RESIDENT, "11010519491231002", FieldCode.LENGTH),
        (RESIDENT, "11010519491231002XX", FieldCode.LENGTH),
        (RESIDENT, "610104620927690", FieldCode.LENGTH),
        (RESIDENT, "1101051949123100 X", FieldCode.LENGTH),
        (RESIDENT, "1101051949123100.X", FieldCode.CHARACTER),
        (RESIDENT, "- \u2014", FieldCode.REQUIRED),
        (RESIDENT, "11010519491231X02X", FieldCode.CHARACTER),
        (RESIDENT, "11010519491231002Ⅹ", FieldCode.CHARACTER),
        (RESIDENT, "1101051949123100①X", FieldCode.CHARACTER),
        (RESIDENT, "1101051949123100٢X", FieldCode.CHARACTER),
        (RESIDENT, "16010519491231002X", FieldCode.REGION),
        (RESIDENT, "00010519491231002X", FieldCode.REGION),
        (RESIDENT, "110105194902300023", FieldCode.BIRTH_DATE),
        (RESIDENT, "110105000012310020", FieldCode.BIRTH_DATE),
        (RESIDENT, "110105194913010020", FieldCode.BIRTH_DATE),
        (PERMIT, "11010519491231002X", FieldCode.REGION),
        (PERMIT, "810001199408230021", FieldCode.REGION),
        (PERMIT, "810000199408230022", FieldCode.CHECK_DIGIT),
        (FOREIGN, "811398199012310021", FieldCode.CHARACTER),
        (FOREIGN, "916398199012310021", FieldCode.REGION),
        (FOREIGN, "911398199002310021", FieldCode.BIRTH_DATE),
        (FOREIGN, "911398299012310021", FieldCode.FUTURE_DATE),
        (FOREIGN, "911398199012310022", FieldCode.CHECK_DIGIT),
        (FOREIGN, "KA1110190123100", FieldCode.CHARACTER),
        (FOREIGN, "KAZ11019012310", FieldCode.LENGTH),
        (FOREIGN, "KAZ11019012310A", FieldCode.CHARACTER),
        (CREDIT, "91350100M000100Y4", FieldCode.LENGTH),
        (CREDIT, "91350100M000100I43", FieldCode.CHARACTER),
        (CREDIT, "9135010AM000100Y43", FieldCode.REGION),
        (CREDIT, "91350100M000100Y44", FieldCode.CHECK_DIGIT),
        (CREDIT, "91350100M000100Y34", FieldCode.CHECK_DIGIT),
    ],
)
def test_refused_numbers(type: DocumentType, number: str, code: FieldCode) -> None:
    """An invalid number is refused with the code of its error."""
    assert refusal(type, number) is code


def test_the_inner_check_of_a_credit_code_counts() -> None:
    """A code with a valid last character but an invalid organisation check is refused."""
    body = "91350100M000100Y5"
    assert refusal(CREDIT, body + document.credit_check_character(body=body)) is FieldCode.CHECK_DIGIT


@pytest.mark.parametrize(
    ("type", "typed", "number"),
    [
        (RESIDENT, "11010519491231002x", "11010519491231002X"),
        (RESIDENT, "１１０１０５１９４９１２３１００２ｘ", "11010519491231002X"),
        (RESIDENT, "  11010519491231002Ｘ\n", "11010519491231002X"),
        (RESIDENT, "110105 19491231 002X", "11010519491231002X"),
        (RESIDENT, "110105-19491231\u2014002\uff0dX\ufeff", "11010519491231002X"),
        (FOREIGN, "kaz110190123100", "KAZ110190123100"),
        (CREDIT, "91350100m000100y43", "91350100M000100Y43"),
    ],
)
def test_writing_is_normalised(type: DocumentType, typed: str, number: str) -> None:
    """Full-width characters and lower-case letters are normalised; spaces and dashes are left out."""
    assert document.parse(type=type, number=typed, today=TODAY).number == number


def test_birth_today_and_tomorrow() -> None:
    """Today is a valid birth date, tomorrow is not."""
    body = f"110105{TODAY:%Y%m%d}002"
    number = body + document.resident_check_character(body=body)
    assert document.parse(type=RESIDENT, number=number, today=TODAY).number == number
    with pytest.raises(InvalidError) as caught:
        document.parse(type=RESIDENT, number=number, today=TODAY - timedelta(days=1))
    assert caught.value.violations[0].code is FieldCode.FUTURE_DATE


def test_old_form_is_for_imports_only() -> None:
    """The 15-digit form gets its century and check digit in an import, and is refused elsewhere."""
    parsed = document.parse_legacy(type=RESIDENT, number="６１０１０４620927690", today=TODAY)
    assert parsed == Document(RESIDENT, "610104196209276908")
    assert refusal(RESIDENT, "610104620927690") is FieldCode.LENGTH


@pytest.mark.parametrize(
    ("type", "number", "code"),
    [
        (RESIDENT, "61010462092769X", FieldCode.CHARACTER),
        (RESIDENT, "160104620927690", FieldCode.REGION),
        (RESIDENT, "610104621327690", FieldCode.BIRTH_DATE),
        (RESIDENT, "61010462092769", FieldCode.LENGTH),
        (RESIDENT, "", FieldCode.REQUIRED),
        (RESIDENT, "371321199012310912", FieldCode.CHECK_DIGIT),
        (PERMIT, "810000940823002", FieldCode.LENGTH),
    ],
)
def test_refused_in_an_import(type: DocumentType, number: str, code: FieldCode) -> None:
    """An import refuses every other invalid number too."""
    assert refusal(type, number, legacy=True) is code


def test_an_import_takes_the_present_form_too() -> None:
    """The 18-character form is accepted by an import."""
    parsed = document.parse_legacy(type=RESIDENT, number="11010519491231002x", today=TODAY)
    assert parsed.number == "11010519491231002X"


def test_no_repr_or_error_shows_a_number() -> None:
    """Neither repr nor an error or its cause contains the number."""
    assert "1949" not in repr(document.parse(type=RESIDENT, number="11010519491231002X", today=TODAY))
    with pytest.raises(InvalidError) as caught:
        document.parse(type=RESIDENT, number="110105194902300023", today=TODAY)
    assert "1949" not in repr(caught.value)
    assert caught.value.__suppress_context__
    assert "1949" not in str(caught.value)


@pytest.mark.parametrize(
    ("type", "number", "ours", "theirs"),
    [
        (RESIDENT, "11010519491231002X", True, True),
        (RESIDENT, "440308199901101512", True, True),
        (RESIDENT, "371321199012310912", False, False),
        (CREDIT, "91350100M000100Y43", True, True),
        (CREDIT, "91110000600037341L", True, True),
        (CREDIT, "51110000500004569N", True, True),
        (CREDIT, "92350206MA2ABCDEXH", True, True),
        # The differences: python-stdnum refuses a valid number or accepts an invalid one.
        (RESIDENT, "440524188001010014", True, False),
        (PERMIT, "810000199408230021", True, False),
        (PERMIT, "830000199201300022", True, False),
        (PERMIT, "820000199003070017", True, False),
        (FOREIGN, "911398199012310021", True, False),
        (RESIDENT, "110101300001010019", False, True),
        (CREDIT, "N2330106MF1234567L", True, False),
        (CREDIT, "A1110108MC0000012L", True, False),
        (CREDIT, "Y1500000MD00000247", True, False),
    ],
)
def test_agreement_with_python_stdnum(type: DocumentType, number: str, ours: bool, theirs: bool) -> None:
    """Every difference from python-stdnum is known and listed here."""
    try:
        document.parse(type=type, number=number, today=TODAY)
        accepted = True
    except InvalidError:
        accepted = False
    assert (accepted, stdnum_accepts(type, number)) == (ours, theirs)


PROVINCES = ["11", "15", "21", "37", "44", "50", "54", "65", "71", "83"]


@st.composite
def resident_numbers(draw: st.DrawFn) -> str:
    born = draw(st.dates(min_value=date(1850, 1, 1), max_value=TODAY))
    province = draw(st.sampled_from(PROVINCES))
    body = f"{province}{draw(st.integers(0, 9999)):04}{born:%Y%m%d}{draw(st.integers(0, 999)):03}"
    return body + document.resident_check_character(body=body)


@st.composite
def credit_codes(draw: st.DrawFn) -> str:
    characters = st.sampled_from(CREDIT_ALPHABET)
    head = draw(characters) + draw(characters) + f"{draw(st.integers(0, 999999)):06}"
    organisation = "".join(draw(st.lists(characters, min_size=8, max_size=8)))
    body = head + organisation + document.organisation_check_character(body=organisation)
    return body + document.credit_check_character(body=body)


@given(number=resident_numbers())
def test_made_up_resident_numbers_are_accepted(number: str) -> None:
    """A number made by the standard's rule is valid."""
    assert document.parse(type=RESIDENT, number=number, today=TODAY).number == number


@given(number=resident_numbers(), position=st.integers(0, 17), other=st.sampled_from("0123456789X"))
def test_every_single_change_of_a_resident_number_is_refused(number: str, position: int, other: str) -> None:
    """One wrong character never makes another valid number."""
    changed = number[:position] + other + number[position + 1 :]
    if changed != number:
        refusal(RESIDENT, changed)


@pytest.mark.parametrize(
    ("kind", "number", "day"),
    [
        (RESIDENT, "371321199012310910", date(1990, 12, 31)),
        (PERMIT, "820000199003070017", date(1990, 3, 7)),
        (FOREIGN, "911398199012310021", date(1990, 12, 31)),
        (FOREIGN, "KAZ110190123100", date(1990, 12, 31)),
        (FOREIGN, "KAZ110126123100", date(1926, 12, 31)),
        (FOREIGN, "KAZ110100022900", date(2000, 2, 29)),
        (FOREIGN, "KAZ110190999900", None),
        (CREDIT, "91350100M000100Y43", None),
    ],
)
def test_the_day_of_birth_is_read_from_the_number(kind: DocumentType, number: str, day: date | None) -> None:
    """The old foreign card has two digits of the year; an organisation has no birth day."""
    assert document.birth_day(Document(kind, number), today=TODAY) == day


@given(number=credit_codes())
def test_made_up_credit_codes_are_accepted(number: str) -> None:
    """A code made by the standard's rule is valid."""
    assert document.parse(type=CREDIT, number=number, today=TODAY).number == number


@given(number=credit_codes(), position=st.integers(0, 17), other=st.sampled_from(CREDIT_ALPHABET))
def test_every_single_change_of_a_credit_code_is_refused(number: str, position: int, other: str) -> None:
    """One wrong character never makes another valid code."""
    changed = number[:position] + other + number[position + 1 :]
    if changed != number:
        refusal(CREDIT, changed)


@given(text=st.text() | st.text(alphabet="0123456789Xx9AKZ", min_size=15, max_size=18), legacy=st.booleans())
def test_any_text_is_a_number_or_a_refusal(text: str, legacy: bool) -> None:
    """Any text gives a document that parses to itself, or InvalidError."""
    parse = document.parse_legacy if legacy else document.parse
    for type in DocumentType:
        try:
            parsed = parse(type=type, number=text, today=TODAY)
        except InvalidError:
            continue
        assert document.parse(type=type, number=parsed.number, today=TODAY) == parsed
