"""Proposals of one moderator that another confirms: until when, and by whom."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from idvault.moderator import rules
from idvault_verify.error import DeniedError, InvalidError, Reason

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Marked:
    """What a moderator proposed, or nobody."""

    proposed_by: str | None = "a" * 32
    proposed_at: datetime | None = NOW
    proposal_digest: bytes | None = b"d" * 32


def test_a_proposal_can_be_confirmed_for_72_hours() -> None:
    """Not in the last instant any more, and never without one."""
    assert rules.lapses_at(case=Marked()) == NOW + timedelta(hours=72)
    last = NOW + rules.CONFIRM_WITHIN - timedelta(microseconds=1)
    assert rules.is_proposed(case=Marked(), now=last)
    assert not rules.is_proposed(case=Marked(), now=NOW + rules.CONFIRM_WITHIN)
    nothing = Marked(None, None, None)
    assert rules.lapses_at(case=nothing) is None
    assert not rules.is_proposed(case=nothing, now=NOW)


def test_another_moderator_confirms_what_was_read() -> None:
    """Neither who proposed it, nor one who has read another proposal."""
    rules.check_confirmation(case=Marked(), moderator_id="b" * 32, paper_digest=b"d" * 32)
    with pytest.raises(DeniedError) as denied:
        rules.check_confirmation(case=Marked(), moderator_id="a" * 32, paper_digest=b"d" * 32)
    assert denied.value.reason is Reason.SELF_APPROVAL
    with pytest.raises(InvalidError) as invalid:
        rules.check_confirmation(case=Marked(), moderator_id="b" * 32, paper_digest=b"e" * 32)
    assert [each.field for each in invalid.value.violations] == ["paper_digest"]
