"""The rules of names. All names are made up."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault_verify import name
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation

SEPARATORS = ["\u00b7", "\u2022", "\u30fb", "\u2027", "\u22c5", "\uff65", "\u0387"]


@pytest.mark.parametrize("separator", SEPARATORS)
def test_separators_become_one(separator: str) -> None:
    """Every separator that keyboards offer becomes U+00B7."""
    assert name.parse(f"买买提{separator}艾力", limit=32) == "买买提\u00b7艾力"


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("某一一", "某一一"),
        (" \u3000某一一\t\n", "某一一"),
        ("𠮷某某", "𠮷某某"),
        ("𬭎", "𬭎"),
        ("某〇", "某〇"),
        ("\U00031350某", "\U00031350某"),
        ("\U0002ebf0", "\U0002ebf0"),
        ("ＪＯＨＮ　Ｏ＇Ｎｅｉｌ", "JOHN O'Neil"),
        ("Jose\u0301 Mou-Mou", "Jos\u00e9 Mou-Mou"),
        ("\u2f00某", "一某"),
        ("\uf9dc某", "隆某"),
        ("某\ue863", "某\u4dae"),
        ("\ue85f某", "\u4b8c某"),
        ("某某（北京）科技360", "某某(北京)科技360"),
    ],
)
def test_normal_form(typed: str, normal: str) -> None:
    """A name is normalised, and the normal form is stable."""
    assert name.parse(typed, limit=32) == normal
    assert name.parse(normal, limit=32) == normal


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", FieldCode.REQUIRED),
        (" \u3000\n", FieldCode.REQUIRED),
        ("某" * 33, FieldCode.LENGTH),
        ("某\u0000一", FieldCode.CHARACTER),
        ("某\t一", FieldCode.CHARACTER),
        ("某\n一", FieldCode.CHARACTER),
        ("某\u200b一", FieldCode.CHARACTER),
        ("某\u200d一", FieldCode.CHARACTER),
        ("某\u202e一", FieldCode.CHARACTER),
        ("\ufeff某一", FieldCode.CHARACTER),
        ("某\u00ad一", FieldCode.CHARACTER),
        ("某\U000e0100", FieldCode.CHARACTER),
        ("某\ufe0f", FieldCode.CHARACTER),
        ("某\u3164", FieldCode.CHARACTER),
        ("某\u2028一", FieldCode.CHARACTER),
        ("某\ue000", FieldCode.CHARACTER),
        ("某\ud800", FieldCode.CHARACTER),
        ("某\U0002ffff", FieldCode.CHARACTER),
        ("某😀", FieldCode.CHARACTER),
        ("某$", FieldCode.CHARACTER),
        ("123", FieldCode.CHARACTER),
        ("\u00b7\u00b7", FieldCode.CHARACTER),
    ],
)
def test_refused(typed: str, code: FieldCode) -> None:
    """An invalid name is refused with the code of its error, which does not contain the name."""
    with pytest.raises(InvalidError) as caught:
        name.parse(typed, limit=32)
    assert caught.value.reason is Reason.INVALID_NAME
    assert caught.value.violations == (Violation("real_name", code),)


def test_length_counts_code_points() -> None:
    """32 characters beyond the BMP are 32, although they are 64 units of UTF-16."""
    assert name.parse("𠮷" * 32, limit=32) == "𠮷" * 32
    assert len(name.parse("某" * 50, limit=50)) == 50


def test_no_limit_goes_beyond_fifty() -> None:
    """A higher limit of the registry does not raise ours."""
    with pytest.raises(InvalidError):
        name.parse("某" * 51, limit=100)


@pytest.mark.parametrize(
    ("normal", "spelling"), [("某\u4dae", "某\ue863"), ("\u4b8c\u4dae", "\ue85f\ue863"), ("某一一", None)]
)
def test_alternative_spelling(normal: str, spelling: str | None) -> None:
    """A second spelling exists if and only if a character has a private-use code point."""
    assert name.alternative_spelling(normal) == spelling


@given(
    text=st.text(max_size=60)
    | st.text(alphabet=[*SEPARATORS, "某", " ", "\ue863", "\u3000", "é", "e\u0301"[1]])
)
def test_any_text_is_a_name_or_a_refusal(text: str) -> None:
    """Any text is a stable name in NFKC with one kind of separator, or InvalidError."""
    try:
        parsed = name.parse(text, limit=32)
    except InvalidError:
        return
    assert name.parse(parsed, limit=32) == parsed
    assert unicodedata.is_normalized("NFKC", parsed)
    assert 1 <= len(parsed) <= 32
    assert not set(parsed) & set(SEPARATORS[1:])


@given(text=st.text(alphabet="某\u4dae\u4b8c", min_size=1, max_size=8))
def test_a_second_spelling_reads_as_the_first(text: str) -> None:
    """Both spellings have the same normal form."""
    spelling = name.alternative_spelling(text)
    assert spelling is None or name.parse(spelling, limit=32) == text
