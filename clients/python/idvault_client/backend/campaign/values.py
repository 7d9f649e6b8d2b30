"""Legacy accounts, invitations and progress, as frozen values; their repr shows no reference and no code."""

from dataclasses import dataclass, field
from datetime import date, datetime

from idvault.campaign.invitation.rules import InvitationState
from idvault.campaign.legacy_account.rules import ImportResult as Outcome
from idvault.campaign.rules import Campaign, CampaignState
from idvault.campaign.rules import ReverificationMethod as Method


@dataclass(frozen=True, slots=True)
class LegacyAccount:
    """An account from before the rule: your own opaque reference, and the day it was opened, YYYY-MM-DD."""

    reference: str = field(repr=False)
    create_date: str


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """The outcome of a row; the violation says why it failed."""

    outcome: Outcome | None
    account_token: str
    violation_field: str = ""
    violation_code: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation of one account; state, method and campaign_id are None where there is none.

    due: whether to show or deliver it now. code: put it into the link of a HOSTED_LINK invitation, and pass
    it to verify_individual as invitation_code.
    """

    account_token: str
    campaign_id: str | None
    state: InvitationState | None
    method: Method | None
    due: bool
    deliveries: int
    incentive_text: str
    code: str = field(repr=False)
    code_expire_time: datetime | None
    next_due_time: datetime | None
    enforcement_date: date | None


@dataclass(frozen=True, slots=True)
class InvitationBatch:
    """Invitations to deliver; those without a recorded event become due again after lease_expire_time."""

    invitations: tuple[Invitation, ...]
    lease_expire_time: datetime | None


@dataclass(frozen=True, slots=True)
class Funnel:
    """How many owners reached each stage; an owner counts once in a stage."""

    invited: int = 0
    shown: int = 0
    opened: int = 0
    later: int = 0
    dismissed: int = 0
    completed: int = 0
    verified: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class CampaignProgress:
    """The progress of a campaign. days: the funnel by day and method. coverage: verified up to each day.

    unanswered: owners who were shown the invitation and have given no answer; whoever postponed it has.
    """

    campaign_id: str
    state: CampaignState | None
    cohort_size: int
    total: Funnel
    days: tuple[tuple[date, Method | None, Funnel], ...]
    coverage: tuple[tuple[date, int], ...]
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """A page of campaigns, older first; next_page_token is empty at the end."""

    campaigns: tuple[Campaign, ...]
    next_page_token: str
