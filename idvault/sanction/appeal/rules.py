"""Appeals against sanctions.

| from | verb | to |
|---|---|---|
| (none) | file, once per sanction | FILED |
| FILED | decide, by a moderator who neither imposed nor confirmed the sanction | UPHELD, REJECTED |

- Any other transition is refused, and the refusal names both states.
- A sanction that has been in force can be appealed within APPEAL_DAYS, also after it has ended.
- A decision is due in APPEAL_DECISION_DAYS, counted by verify.deadline in the operator's zone.
- An upheld appeal overturns its sanction (sanction.rules.overturn). A rejected one names an outside
  body, and until when the owner can go there.
- The text is deleted some days after the decision. What else appeals share with contests is in
  sanction.objection.rules.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from typing import TypeVar

from idvault.sanction.objection.rules import TEXT_DAYS, DatedCase
from idvault.sanction.rules import Sanction
from idvault_verify import deadline
from idvault_verify.error import DeniedError, PreconditionError, Reason, TransitionError
from idvault_verify.sanction import AppealState

T = TypeVar("T", bound=DatedCase)
APPEAL_DAYS = 180
"""Half a year, as the EU's Digital Services Act gives; the pages for owners promise it at every platform."""
APPEAL_DECISION_DAYS = 15
"""What is common practice; the pages promise it, and the public log blames whoever is later."""


@dataclass(frozen=True, slots=True)
class AppealTerms:
    """The operator's terms. outside_body: where the owner can go after a rejection, within outside_days."""

    outside_body: str
    outside_days: int
    zone: tzinfo


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal against a sanction; appeal_id is 32 lower-case hex digits. Its text is sealed and not here.

    overdue_at: when it was logged as overdue. paper: the signed decision. outside_body, outside_until: of a
    rejection. delete_at: when the text must be deleted; text_deleted_at: when it was.
    """

    appeal_id: str
    relying_party: str
    account_token: str
    sanction_id: str
    state: AppealState
    filed_at: datetime
    due_at: datetime
    overdue_at: datetime | None = None
    decided_at: datetime | None = None
    decided_by: str | None = None
    reason: str = field(default="", repr=False)
    paper: bytes | None = field(default=None, repr=False)
    outside_body: str = ""
    outside_until: datetime | None = None
    delete_at: datetime | None = None
    text_deleted_at: datetime | None = None


def file(*, appeal_id: str, sanction: Sanction, terms: AppealTerms, now: datetime) -> Appeal:
    """Return a new appeal; raises PreconditionError (SANCTION_NEVER_IN_FORCE, APPEAL_TOO_LATE)."""
    if sanction.started_at is None:
        raise PreconditionError(Reason.SANCTION_NEVER_IN_FORCE)
    ends_at = deadline.due_at(start=sanction.started_at, days=APPEAL_DAYS, zone=terms.zone)
    if ends_at <= now:
        raise PreconditionError(Reason.APPEAL_TOO_LATE)
    return Appeal(
        appeal_id,
        sanction.relying_party,
        sanction.account_token,
        sanction.sanction_id,
        AppealState.FILED,
        now,
        deadline.due_at(start=now, days=APPEAL_DECISION_DAYS, zone=terms.zone),
    )


def decide(
    *,
    appeal: Appeal,
    sanction: Sanction,
    verdict: AppealState,
    moderator_id: str,
    reason: str,
    paper: bytes,
    terms: AppealTerms,
    now: datetime,
) -> Appeal:
    """Return the decided appeal; raises as `answer` does."""
    return answer(
        appeal,
        imposed_by=(sanction.imposed_by, sanction.confirmed_by),
        verdict=verdict,
        moderator_id=moderator_id,
        reason=reason,
        paper=paper,
        terms=terms,
        now=now,
    )


def answer(
    appeal: T,
    *,
    imposed_by: Collection[str | None],
    verdict: AppealState,
    moderator_id: str,
    reason: str,
    paper: bytes,
    terms: AppealTerms,
    now: datetime,
) -> T:
    """Return an appeal of any kind decided; raises TransitionError, and DeniedError (SELF_APPROVAL).

    imposed_by: who signed what it is against.
    """
    if appeal.state is not AppealState.FILED:
        raise TransitionError(state=appeal.state.value, wanted=verdict.value)
    if moderator_id in imposed_by:
        raise DeniedError(Reason.SELF_APPROVAL)
    rejected = verdict is AppealState.REJECTED
    outside_until = deadline.due_at(start=now, days=terms.outside_days, zone=terms.zone)
    return replace(
        appeal,
        state=verdict,
        decided_at=now,
        decided_by=moderator_id,
        reason=reason,
        paper=paper,
        outside_body=terms.outside_body if rejected else "",
        outside_until=outside_until if rejected else None,
        delete_at=deadline.due_at(start=now, days=TEXT_DAYS, zone=terms.zone),
    )
