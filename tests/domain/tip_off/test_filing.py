"""What may be filed: targets, texts, evidence, references and secrets."""

from datetime import timedelta
from typing import Any

import pytest

from idvault.tip_off import rules as tip_off_rules
from idvault_verify.error import ExhaustedError, InvalidError
from idvault_verify.tip_off import TAKEN_DOWN, TargetKind, TipOffChannel, TipOffTarget

TOKEN = "acct_" + "0" * 25 + "1"


def named(error: InvalidError) -> dict[str, str]:
    return {each.field: each.code.value for each in error.violations}


@pytest.mark.parametrize(
    "target",
    [
        TipOffTarget(TargetKind.ACCOUNT, TOKEN),
        TipOffTarget(TargetKind.PUBLIC_ACCOUNT, "a" * 32),
        TipOffTarget(TargetKind.CONTENT, "帖子/17"),
    ],
)
def test_targets(target: TipOffTarget) -> None:
    """An account, a public account, and content by any reference of the platform's."""
    assert tip_off_rules.check(target) is target
    assert target.key not in repr(target)


@pytest.mark.parametrize(
    ("kind", "key", "field", "code"),
    [
        (TargetKind.ACCOUNT, "acct_1", "target.account_token", "LENGTH"),
        (TargetKind.PUBLIC_ACCOUNT, "", "target.public_account_id", "REQUIRED"),
        (TargetKind.PUBLIC_ACCOUNT, "a" * 201, "target.public_account_id", "LENGTH"),
        (TargetKind.PUBLIC_ACCOUNT, "a" * 33, "target.public_account_id", "CHARACTER"),
        (TargetKind.CONTENT, "a\n", "target.content", "CHARACTER"),
        (TargetKind.CONTENT, "a" * 201, "target.content", "LENGTH"),
    ],
)
def test_wrong_targets(kind: TargetKind, key: str, field: str, code: str) -> None:
    """The refusal names the field of the kind."""
    with pytest.raises(InvalidError) as refused:
        tip_off_rules.check(TipOffTarget(kind, key))
    assert named(refused.value) == {field: code}


def test_a_report_is_about_something() -> None:
    """Without a target the field is named."""
    assert named(tip_off_rules.missing()) == {"target": "REQUIRED"}


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({}, {}),
        ({"text": "a\n\tb\r\n", "contact": "a@example.org"}, {}),
        ({"text": "好" * 5_000, "evidence": (bytes(32),) * 50, "content": bytes(65_536)}, {}),
        ({"text": " \n"}, {"text": "REQUIRED"}),
        ({"text": "a" * 5_001}, {"text": "LENGTH"}),
        ({"text": "a\x00"}, {"text": "CHARACTER"}),
        ({"contact": "a\nb"}, {"contact": "CHARACTER"}),
        ({"contact": "a" * 201}, {"contact": "LENGTH"}),
        ({"evidence": (bytes(31),)}, {"evidence_digests": "LENGTH"}),
        ({"evidence": (bytes(32),) * 51}, {"evidence_digests": "LENGTH"}),
        ({"content": bytes(65_537)}, {"content_copy": "LENGTH"}),
        ({"text": "", "contact": "\x1b"}, {"text": "REQUIRED", "contact": "CHARACTER"}),
    ],
)
def test_what_is_filed(changes: dict[str, Any], wrong: dict[str, str]) -> None:
    """Every wrong field is named at once, never with its value."""
    given: dict[str, Any] = {"text": "a", "contact": "", "evidence": (), "content": b""} | changes
    if not wrong:
        tip_off_rules.check_filing(**given)
        return
    with pytest.raises(InvalidError) as refused:
        tip_off_rules.check_filing(**given)
    assert named(refused.value) == wrong


def test_lines() -> None:
    """Replies and notes have several lines, and nothing but text in them."""
    assert tip_off_rules.check_lines("a\nb", field="reply", limit=3) == "a\nb"
    with pytest.raises(InvalidError) as refused:
        tip_off_rules.check_lines("a\u202eb", field="reply", limit=3)
    assert named(refused.value) == {"reply": "CHARACTER"}


def test_references() -> None:
    """Twelve digits that follow from the report's id, with leading zeros."""
    assert tip_off_rules.reference_of("0" * 15 + "7" + "f" * 16) == "000000000007"
    assert len(tip_off_rules.reference_of("f" * 32)) == 12


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "REQUIRED"),
        (" - ", "REQUIRED"),
        ("123", "LENGTH"),
        ("12345678901x", "CHARACTER"),
        ("①" * 12, "CHARACTER"),
    ],
)
def test_wrong_digits(typed: str, code: str) -> None:
    """Too few, none, and characters that are no ASCII digits."""
    with pytest.raises(InvalidError) as refused:
        tip_off_rules.read_digits(typed, field="reference", count=12)
    assert named(refused.value) == {"reference": code}


def test_digits_as_people_type_them() -> None:
    """Spaces and dashes of each kind do not count, and full-width digits are digits."""
    kinds = ("1234-5678 9012", "1234\u00a05678\u30009012\t", " 123456789012 ", "１２３４－5678\u20139012")
    for typed in kinds:
        assert tip_off_rules.read_digits(typed, field="reference", count=12) == "123456789012"


def test_what_a_moderator_takes_down() -> None:
    """Calls, letters and visits, and nothing by which somebody may have signed in or written a mail."""
    for channel in TipOffChannel:
        if channel in TAKEN_DOWN:
            tip_off_rules.check_taken(channel)
        else:
            with pytest.raises(InvalidError) as refused:
                tip_off_rules.check_taken(channel)
            assert named(refused.value) == {"channel": "CHARACTER"}


def test_how_much_a_moderator_takes_down() -> None:
    """The 200th report of a day is filed; the next one can be filed when the day has ended."""
    rest = timedelta(hours=3)
    tip_off_rules.check_takes(taken=200, remaining=rest)
    with pytest.raises(ExhaustedError) as refused:
        tip_off_rules.check_takes(taken=201, remaining=rest)
    assert refused.value.retry_after == rest
