"""A campaign's values: its plan and state, the state of an invitation, and the result of an imported row."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from zoneinfo import ZoneInfo

from idvault_verify.account import MinimumAssurance


class InvitationState(StrEnum):
    """The state of an invitation."""

    NEW = "NEW"
    ACTIVE = "ACTIVE"
    DISMISSED = "DISMISSED"
    COMPLETED = "COMPLETED"
    VERIFIED = "VERIFIED"


class InvitationEvent(StrEnum):
    """What a platform reports about an invitation."""

    SHOWN = "SHOWN"
    OPENED = "OPENED"
    DISMISSED = "DISMISSED"
    LATER = "LATER"
    COMPLETED = "COMPLETED"


class ImportResult(StrEnum):
    """The result of importing one row."""

    CREATED = "CREATED"
    REPEATED = "REPEATED"
    FAILED = "FAILED"


class ReverificationMethod(StrEnum):
    """How an owner is invited."""

    WHEN_DUE = "WHEN_DUE"
    AT_LOGIN = "AT_LOGIN"
    AT_SENSITIVE_ACTION = "AT_SENSITIVE_ACTION"
    HOSTED_LINK = "HOSTED_LINK"


class CampaignState(StrEnum):
    """The state of a campaign."""

    DRAFT = "DRAFT"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    ENDED = "ENDED"


@dataclass(frozen=True, slots=True)
class Cohort:
    """Which accounts a campaign is for; an account must match every field that is set.

    One that was not imported has neither label nor day. created_before: exclusive.
    """

    label: str = ""
    created_from: date | None = None
    created_before: date | None = None


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Daily hours without invitations; end is before start if the hours span midnight."""

    start: time
    end: time
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class CampaignPlan:
    """What a campaign does. reminder_days: the days between each reminder and the delivery before it.

    minimum_assurance: what a claim with the code of an invitation must establish, None for nothing in
    particular. With one, accounts that are verified without it are invited as well.
    """

    title: str
    cohort: Cohort
    methods: tuple[ReverificationMethod, ...]
    daily_limit: int
    reminder_days: tuple[int, ...] = ()
    quiet_hours: QuietHours | None = None
    incentive_text: str = ""
    enforcement_date: date | None = None
    minimum_assurance: MinimumAssurance | None = None


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign of one relying party; campaign_id is 32 lower-case hex digits."""

    campaign_id: str
    relying_party: str
    plan: CampaignPlan
    state: CampaignState
    created_at: datetime
    started_at: datetime | None = None
