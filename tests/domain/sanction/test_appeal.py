"""The life of an appeal: when it may be filed, who decides, until when, and what remains."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from idvault.sanction.appeal import rules as appeal_rules
from idvault.sanction.appeal.rules import Appeal
from idvault.sanction.objection import rules as objection_rules
from idvault.sanction.rules import Sanction
from idvault_verify.error import (
    DeniedError,
    FieldCode,
    InvalidError,
    PreconditionError,
    Reason,
    TransitionError,
)
from idvault_verify.sanction import AppealState, SanctionState
from tests.domain.sanction.test_sanction import imposed, in_state
from tools.support.builders import NOW
from tools.support.sanction_world import TERMS

SECOND = timedelta(seconds=1)
FILED, UPHELD, REJECTED = AppealState.FILED, AppealState.UPHELD, AppealState.REJECTED
# 15, 60, 90 and 180 whole days after the 1st of March in Shanghai, where a day ends at 16:00 UTC.
DECISION_DUE = datetime(2026, 3, 16, 16, tzinfo=UTC)
OUTSIDE_DUE = datetime(2026, 4, 30, 16, tzinfo=UTC)
TEXT_DUE = datetime(2026, 5, 30, 16, tzinfo=UTC)
LAST_DAY_OVER = datetime(2026, 8, 28, 16, tzinfo=UTC)


def filed(sanction: Sanction | None = None, *, now: datetime = NOW) -> Appeal:
    return appeal_rules.file(appeal_id="d" * 32, sanction=sanction or imposed(), terms=TERMS, now=now)


def decided(verdict: AppealState, *, appeal: Appeal | None = None, **changes: Any) -> Appeal:
    given: dict[str, Any] = {"sanction": imposed(), "moderator_id": "3" * 32, "terms": TERMS, "now": NOW}
    return appeal_rules.decide(
        appeal=appeal or filed(), verdict=verdict, reason="read again", paper=b"paper", **{**given, **changes}
    )


@pytest.mark.parametrize("text", ["x", "申诉。\n\t\r\n　第二段 👩‍⚖️", "x" * 2_000])
def test_an_ordinary_text(text: str) -> None:
    """Lines, indents, emoji and 2,000 characters are fine."""
    assert objection_rules.check_text(text) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", FieldCode.REQUIRED),
        (" \n　", FieldCode.REQUIRED),
        ("x" * 2_001, FieldCode.LENGTH),
        ("a\0b", FieldCode.CHARACTER),
        ("a\x1b[31m", FieldCode.CHARACTER),
        ("a\x85b", FieldCode.CHARACTER),
    ],
)
def test_a_text_that_is_refused(text: str, code: FieldCode) -> None:
    """The error names the field and never the text."""
    with pytest.raises(InvalidError) as refused:
        objection_rules.check_text(text)
    (violation,) = refused.value.violations
    assert (refused.value.reason, violation.field, violation.code) == (Reason.INVALID_MESSAGE, "text", code)
    assert not text.strip() or text not in repr(refused.value)


def test_a_new_appeal() -> None:
    """It belongs to the sanction's account, and is due after 15 whole days of the operator's zone."""
    assert filed() == Appeal(
        "d" * 32, "platform-a", imposed().account_token, "a" * 32, FILED, NOW, DECISION_DUE
    )
    berlin = replace(TERMS, zone=ZoneInfo("Europe/Berlin"))
    later = appeal_rules.file(appeal_id="d" * 32, sanction=imposed(), terms=berlin, now=NOW)
    assert later.due_at == datetime(2026, 3, 16, 23, tzinfo=UTC)


def test_the_time_for_an_appeal() -> None:
    """It ends with the 180th day after the sanction came into force, whatever happened to it."""
    assert filed(now=LAST_DAY_OVER - SECOND).state is FILED
    lapsed = replace(imposed(), state=SanctionState.LAPSED, ended_at=NOW + SECOND)
    assert filed(lapsed, now=LAST_DAY_OVER - SECOND).state is FILED
    for sanction in (imposed(), lapsed):
        with pytest.raises(PreconditionError) as refused:
            filed(sanction, now=LAST_DAY_OVER)
        assert refused.value.reason is Reason.APPEAL_TOO_LATE


def test_what_was_never_in_force() -> None:
    """A proposal, withdrawn or not, did nothing to the account."""
    for state in (SanctionState.PROPOSED, SanctionState.LIFTED, SanctionState.LAPSED):
        with pytest.raises(PreconditionError) as refused:
            filed(in_state(state))
        assert refused.value.reason is Reason.SANCTION_NEVER_IN_FORCE


def test_an_upheld_appeal() -> None:
    """It names no outside body; its text has 90 days left."""
    assert decided(UPHELD) == replace(
        filed(),
        state=UPHELD,
        decided_at=NOW,
        decided_by="3" * 32,
        reason="read again",
        paper=b"paper",
        delete_at=TEXT_DUE,
    )


def test_a_rejected_appeal() -> None:
    """It names the outside body, and the end of the last day on which it can be asked."""
    found = decided(REJECTED)
    assert (found.state, found.outside_body, found.outside_until) == (
        REJECTED,
        "Internet Court (synthetic)",
        OUTSIDE_DUE,
    )
    assert found.delete_at == TEXT_DUE


@pytest.mark.parametrize("state", [UPHELD, REJECTED])
@pytest.mark.parametrize("verdict", [UPHELD, REJECTED])
def test_an_appeal_is_decided_once(state: AppealState, verdict: AppealState) -> None:
    """The refusal names both states."""
    with pytest.raises(TransitionError) as refused:
        decided(verdict, appeal=decided(state))
    assert (refused.value.state, refused.value.wanted) == (state.value, verdict.value)


def test_another_moderator_decides() -> None:
    """Neither the one who imposed nor the one who confirmed."""
    sanction = replace(imposed(), confirmed_by="2" * 32)
    for moderator_id in ("1" * 32, "2" * 32):
        with pytest.raises(DeniedError) as refused:
            decided(UPHELD, sanction=sanction, moderator_id=moderator_id)
        assert refused.value.reason is Reason.SELF_APPROVAL
    assert decided(UPHELD, sanction=sanction).decided_by == "3" * 32


def test_overdue() -> None:
    """From the end of the last day, until it is decided; it is noted once, and stays noted."""
    appeal = filed()
    assert not objection_rules.is_overdue(appeal, now=DECISION_DUE - SECOND)
    assert objection_rules.is_overdue(appeal, now=DECISION_DUE)
    assert objection_rules.note_overdue(appeal, now=DECISION_DUE - SECOND) is appeal
    noted = objection_rules.note_overdue(appeal, now=DECISION_DUE)
    assert noted == replace(appeal, overdue_at=DECISION_DUE)
    assert objection_rules.note_overdue(noted, now=DECISION_DUE + SECOND) is noted
    late = decided(UPHELD, appeal=noted, now=DECISION_DUE + SECOND)
    assert late.overdue_at == DECISION_DUE
    assert not objection_rules.is_overdue(late, now=DECISION_DUE + SECOND)


def test_the_text_is_deleted() -> None:
    """At the end of the 90th day after the decision, once; never while it waits for one."""
    appeal = filed()
    assert objection_rules.delete_text(appeal, now=LAST_DAY_OVER) is appeal
    rejected = decided(REJECTED)
    assert objection_rules.delete_text(rejected, now=TEXT_DUE - SECOND) is rejected
    bare = objection_rules.delete_text(rejected, now=TEXT_DUE)
    assert bare == replace(rejected, delete_at=None, text_deleted_at=TEXT_DUE)
    assert objection_rules.delete_text(bare, now=TEXT_DUE + SECOND) is bare


def test_an_appeal_does_not_show_its_reason() -> None:
    """Neither reason nor paper are in its repr."""
    assert "read again" not in repr(decided(UPHELD))
    assert "paper" not in repr(decided(UPHELD))
