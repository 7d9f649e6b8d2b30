"""Every reason has a text in both languages, and docs/reasons.md is up to date."""

import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from idvault_client import public_accounts, reasons
from idvault_client.backend.texts import REJECT_TEXTS
from idvault_client.reasons import FailureReason
from idvault_client.sanctions import cause_text
from idvault_verify import claim as verify_claim
from idvault_verify.account import Standing
from idvault_verify.error import FieldCode, Reason
from idvault_verify.public_account import RejectReason
from idvault_verify.sanction import Ground, SanctionCategory
from idvault_verify.text import Text
from idvault_verify.v1 import verification_pb2
from tools.support.generate import reasons as pages

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.mark.parametrize(
    ("vocabulary", "texts"),
    [
        (Reason, reasons.REASON_TEXTS),
        (FailureReason, reasons.FAILURE_TEXTS),
        (FieldCode, reasons.FIELD_TEXTS),
        (Standing, reasons.STANDING_TEXTS),
        (RejectReason, REJECT_TEXTS),
    ],
)
def test_both_texts_exist(vocabulary: type[Reason], texts: Mapping[str, Text]) -> None:
    """Each reason has one full sentence in Chinese and in English, and there are no others."""
    assert set(texts) == set(vocabulary)
    for text in texts.values():
        assert text.in_language("zh").endswith("。")
        assert any("\u4e00" <= character <= "\u9fff" for character in text.in_language("zh"))
        assert text.in_language("en").endswith(".")
        assert text.in_language("en").isascii()


def test_a_sanctioned_owner_is_told_everything() -> None:
    """Each text about a sanction says where to find why, until when, and what one can do."""
    told = [
        *(text for standing, text in reasons.STANDING_TEXTS.items() if standing is not Standing.GOOD),
        *(reasons.REASON_TEXTS[reason] for reason in (Reason.ACCOUNT_CLOSED, Reason.RENEWAL_SUSPENDED)),
        *(reasons.FAILURE_TEXTS[each] for each in (FailureReason.PERSON_CLOSED, FailureReason.SANCTIONED)),
        reasons.FOLLOWED,
    ]
    for text in told:
        assert [
            word for word in ("理由", "期限", "申诉方式", "通知") if word not in text.in_language("zh")
        ] == [], text.in_language("zh")
        assert "says why, until when, and how you can appeal." in text.in_language("en")
    assert reasons.followed_text(language="zh") == reasons.FOLLOWED.in_language("zh")


def test_each_cause_of_a_sanction_is_one_sentence() -> None:
    """Every ground with every category has a text in both languages, and no two read the same."""
    for language, end in (("zh", "。"), ("en", ".")):
        told = [
            cause_text(ground, category, language=language)
            for ground in Ground
            for category in SanctionCategory
        ]
        assert len(set(told)) == len(Ground) * len(SanctionCategory)
        assert all(text.endswith(end) and text.count(end) == 1 for text in told)
    with pytest.raises(ValueError, match="zh and en"):
        cause_text(Ground.ILLEGAL, SanctionCategory.FRAUD, language="fr")


def test_an_owner_who_may_not_have_it_hears_one_sentence() -> None:
    """A rejected application and a refused transfer say the same, so that neither says more."""
    told = public_accounts.reject_text(RejectReason.OWNER_NOT_ELIGIBLE, language="zh")
    assert told == reasons.reason_text(Reason.OWNER_NOT_ELIGIBLE, language="zh")


def test_failure_reasons_are_those_of_the_vault() -> None:
    """The client's failure reasons equal the domain's and the contract's, plus one for none."""
    assert set(FailureReason) == {*verify_claim.FailureReason, "UNSPECIFIED"}
    contract = verification_pb2.Verification.FailureReason.keys()
    assert {name.removeprefix("FAILURE_REASON_") for name in contract} == set(FailureReason)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("zh", "此项为必填项。"),
        ("zh-CN", "此项为必填项。"),
        ("ZH_hans", "此项为必填项。"),
        ("en", "This is required."),
        ("en-US", "This is required."),
    ],
)
def test_language_tags(language: str, text: str) -> None:
    """The first part of a language tag selects the text."""
    assert reasons.FIELD_TEXTS[FieldCode.REQUIRED].in_language(language) == text


def test_other_languages() -> None:
    """A language without texts raises an error."""
    with pytest.raises(ValueError, match="zh and en"):
        FailureReason.MISMATCH.text("fr")


def test_unknown_code_shows_the_reason() -> None:
    """An unknown code shows the reason's text."""
    shown = reasons.field_text("real_name", "NEW", reason="INVALID_NAME", language="en")
    assert shown == reasons.REASON_TEXTS[Reason.INVALID_NAME].in_language("en")


def test_page_is_fresh() -> None:
    """docs/reasons.md equals the output of scripts/gen_reasons.py."""
    page = (ROOT / "docs" / "reasons.md").read_text(encoding="utf-8")
    assert page == pages.render(), "run scripts/gen_reasons.py"


def test_check_tells_freshness(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The script's --check says that the page is fresh and ends with 0."""
    monkeypatch.setattr(sys, "argv", ["gen_reasons.py", "--check"])
    assert (pages.main(), capsys.readouterr().out) == (0, "docs/reasons.md is fresh\n")
