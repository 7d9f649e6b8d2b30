"""What one moderator proposes, another one confirms within 72 hours.

A proposal is a mark on what is decided: nothing must be stored when it lapses.
"""

from datetime import datetime, timedelta
from typing import Protocol

from idvault_verify.error import DeniedError, FieldCode, InvalidError, Reason, Violation

CONFIRM_WITHIN = timedelta(hours=72)


class Proposed(Protocol):
    """The mark. proposed_by: the moderator's id; proposal_digest: SHA-256 of what that one signed."""

    @property
    def proposed_by(self) -> str | None: ...

    @property
    def proposed_at(self) -> datetime | None: ...

    @property
    def proposal_digest(self) -> bytes | None: ...


def lapses_at(*, case: Proposed) -> datetime | None:
    """Return until when a proposal can be confirmed; None without one."""
    return None if case.proposed_at is None else case.proposed_at + CONFIRM_WITHIN


def is_proposed(*, case: Proposed, now: datetime) -> bool:
    """Return whether a proposal can be confirmed."""
    until = lapses_at(case=case)
    return until is not None and now < until


def check_confirmation(*, case: Proposed, moderator_id: str, paper_digest: bytes) -> None:
    """Check who confirms a proposal, and that it is the one that was read.

    Raises DeniedError (SELF_APPROVAL) and InvalidError (INVALID_MESSAGE, paper_digest).
    """
    if moderator_id == case.proposed_by:
        raise DeniedError(Reason.SELF_APPROVAL)
    if paper_digest != case.proposal_digest:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("paper_digest", FieldCode.CHARACTER))
