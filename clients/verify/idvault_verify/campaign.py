"""A campaign's values: its plan and state, the state of an invitation, and the result of an imported row."""

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from idvault_verify import seal
from idvault_verify.account import MinimumAssurance
from idvault_verify.error import FieldCode

_PLAN_PURPOSE = "idvault/campaign-plan/v1"
_ANY = 1
_DAILY_LIMIT = 1_000_000
_REMINDERS = 10
_LONGEST_REMINDER = 365
_TITLE_LENGTH = 100
_LABEL_LENGTH = 64
_INCENTIVE_LENGTH = 500


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


DELIVERED = frozenset({ReverificationMethod.WHEN_DUE, ReverificationMethod.HOSTED_LINK})
"""The methods whose invitations the platform fetches in batches and delivers."""


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


def plan_hash(plan: Any) -> bytes:
    """Return the hash of a plan that the log has, and that a moderator signs.

    plan: the message `CampaignPlan`, all fields as received; a list follows its length.
    """
    hours, minimum = plan.quiet_hours, plan.minimum_assurance
    encoded = seal.encode(
        _PLAN_PURPOSE,
        plan.title,
        plan.cohort.label,
        plan.cohort.create_date_from,
        plan.cohort.create_date_before,
        len(plan.methods),
        *plan.methods,
        plan.daily_limit,
        len(plan.reminder_days),
        *plan.reminder_days,
        hours.start,
        hours.end,
        hours.time_zone,
        plan.incentive_text,
        plan.enforcement_date,
        # It came later: plans without one keep the hash that they had.
        *([minimum] if minimum > _ANY else []),
    )
    return sha256(encoded).digest()


def plan_problems(plan: CampaignPlan, *, today: date) -> dict[str, FieldCode]:
    """Return what is wrong with a plan by the path of its field; nothing if the plan is valid."""
    found = {
        "title": _text(plan.title, _TITLE_LENGTH, required=True),
        "cohort.label": _text(plan.cohort.label, _LABEL_LENGTH),
        "cohort.create_date_before": _ordered(plan.cohort),
        "methods": _methods(plan.methods),
        "daily_limit": None if 1 <= plan.daily_limit <= _DAILY_LIMIT else FieldCode.LENGTH,
        "reminder_days": _reminders(plan.reminder_days),
        "quiet_hours.end": _quiet(plan.quiet_hours),
        "incentive_text": _text(plan.incentive_text, _INCENTIVE_LENGTH),
        "enforcement_date": _enforcement(plan.enforcement_date, today),
    }
    return {name: code for name, code in found.items() if code is not None}


def _text(text: str, limit: int, *, required: bool = False) -> FieldCode | None:
    if not text:
        return FieldCode.REQUIRED if required else None
    if len(text) > limit:
        return FieldCode.LENGTH
    return None if text.isprintable() else FieldCode.CHARACTER


def _ordered(cohort: Cohort) -> FieldCode | None:
    if cohort.created_from is None or cohort.created_before is None:
        return None
    return None if cohort.created_from < cohort.created_before else FieldCode.LENGTH


def _methods(methods: tuple[ReverificationMethod, ...]) -> FieldCode | None:
    if not methods:
        return FieldCode.REQUIRED
    # Both methods would draw from the same queue, with nothing to decide which one an invitation uses.
    if len(set(methods)) != len(methods) or set(methods) >= DELIVERED:
        return FieldCode.CHARACTER
    return None


def _reminders(days: tuple[int, ...]) -> FieldCode | None:
    if len(days) > _REMINDERS:
        return FieldCode.LENGTH
    growing = all(former < later for former, later in zip((0, *days), days, strict=False))
    return None if growing and all(day <= _LONGEST_REMINDER for day in days) else FieldCode.CHARACTER


def _quiet(hours: QuietHours | None) -> FieldCode | None:
    return FieldCode.CHARACTER if hours is not None and hours.start == hours.end else None


def _enforcement(day: date | None, today: date) -> FieldCode | None:
    return FieldCode.LENGTH if day is not None and day <= today else None
