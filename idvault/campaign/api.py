"""The methods of campaigns, for platforms: legacy accounts, campaigns and invitations."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from idvault.campaign import acts
from idvault.campaign.acts import CampaignCall
from idvault.campaign.invitation import acts as invitation_acts
from idvault.campaign.invitation.acts import ShownInvitation, TakenBatch
from idvault.campaign.invitation.rules import CampaignProgress, Stage
from idvault.campaign.legacy_account import acts as legacy_account_acts
from idvault.campaign.legacy_account import rules as legacy_account_rules
from idvault.campaign.legacy_account.acts import RowResult
from idvault.campaign.legacy_account.rules import LegacyRow
from idvault.campaign.ports import InvitationCoder, Referencer
from idvault.campaign.rules import Verb
from idvault.core import day as core_day
from idvault.core.act import Vault
from idvault.core.edge import convert, repetition
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import numbers
from idvault.core.policy import OperatorPolicy
from idvault.core.telemetry.metrics import Metrics
from idvault.moderator import api as moderator_api
from idvault_verify import token
from idvault_verify.account import MinimumAssurance
from idvault_verify.campaign import (
    Campaign,
    CampaignPlan,
    CampaignState,
    Cohort,
    ImportResult,
    InvitationEvent,
    InvitationState,
    QuietHours,
    ReverificationMethod,
    plan_hash,
)
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.seal import Part
from idvault_verify.session import Proof
from idvault_verify.v1 import campaign_pb2 as pb

_BATCH_LIMIT = 1_000
_SHORTEST_LEASE, _LONGEST_LEASE = timedelta(seconds=1), timedelta(days=1)
_USUAL_LEASE = timedelta(minutes=10)
_ID = re.compile(r"[0-9a-f]{32}")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]")
_LIST = "ListCampaigns"

_Word = TypeVar("_Word")
MovingRequest = (
    pb.StartCampaignRequest | pb.PauseCampaignRequest | pb.ResumeCampaignRequest | pb.EndCampaignRequest
)

_RESULTS = numbers(ImportResult, pb.ImportLegacyAccountsResponse.Row.Outcome.Value, "OUTCOME_")
_METHODS = numbers(ReverificationMethod, pb.CampaignPlan.Method.Value, "METHOD_")
_STATES = numbers(CampaignState, pb.Campaign.State.Value, "STATE_")
_INVITATION_STATES = numbers(InvitationState, pb.Invitation.State.Value, "STATE_")
_METHOD_OF: dict[int, ReverificationMethod] = {number: method for method, number in _METHODS.items()}
_EVENT_OF: dict[int, InvitationEvent] = {
    number: event
    for event, number in numbers(
        InvitationEvent, pb.RecordInvitationEventRequest.Event.Value, "EVENT_"
    ).items()
}
_OCCASIONS: dict[int, ReverificationMethod] = {
    pb.GetInvitationRequest.OCCASION_LOGIN: ReverificationMethod.AT_LOGIN,
    pb.GetInvitationRequest.OCCASION_SENSITIVE_ACTION: ReverificationMethod.AT_SENSITIVE_ACTION,
}


def import_rows(message: pb.ImportLegacyAccountsRequest, *, today: date) -> list[LegacyRow | Violation]:
    """Return the rows of an import; an invalid row is part of it, not a refusal."""
    return [
        legacy_account_rules.read_row(reference=row.reference, create_date=row.create_date, today=today)
        for row in message.accounts
    ]


def rows(results: Iterable[RowResult]) -> pb.ImportLegacyAccountsResponse:
    """Return the message with the results of an import."""
    return pb.ImportLegacyAccountsResponse(rows=[_row(row) for row in results])


def _row(row: RowResult) -> pb.ImportLegacyAccountsResponse.Row:
    if row.violation is None:
        return pb.ImportLegacyAccountsResponse.Row(
            outcome=_RESULTS[row.result], account_token=row.account_token
        )
    return pb.ImportLegacyAccountsResponse.Row(
        outcome=_RESULTS[row.result],
        violation_field=row.violation.field,
        violation_code=row.violation.code.value,
    )


def _minimum(number: int) -> MinimumAssurance | None:
    found = convert.minimum_assurance(number, field="plan.minimum_assurance")
    return None if found is MinimumAssurance.ANY else found


def plan(message: pb.CampaignPlan) -> CampaignPlan:
    """Return the plan of a message; raises InvalidError. campaign.rules checks its rules."""
    cohort = message.cohort
    return CampaignPlan(
        title=message.title,
        cohort=Cohort(
            cohort.label,
            _day(cohort.create_date_from, "plan.cohort.create_date_from"),
            _day(cohort.create_date_before, "plan.cohort.create_date_before"),
        ),
        methods=tuple(_known(_METHOD_OF, number, "plan.methods") for number in message.methods),
        daily_limit=message.daily_limit,
        reminder_days=tuple(message.reminder_days),
        quiet_hours=_quiet_hours(message.quiet_hours) if message.HasField("quiet_hours") else None,
        incentive_text=message.incentive_text,
        enforcement_date=_day(message.enforcement_date, "plan.enforcement_date"),
        minimum_assurance=_minimum(message.minimum_assurance),
    )


def read_campaign_id(text: str) -> str:
    """Return a campaign id unchanged; raises InvalidError (INVALID_MESSAGE)."""
    if not text:
        raise _invalid("campaign_id", FieldCode.REQUIRED)
    if not _ID.fullmatch(text):
        raise _invalid("campaign_id", FieldCode.CHARACTER)
    return text


def read_call(
    message: pb.CreateCampaignRequest | MovingRequest, *fields: Part, caller: Caller
) -> CampaignCall:
    """Return a mutation's caller and content, and what a moderator signed; raises InvalidError."""
    asked = repetition.asked(message, caller)
    signature = message.signature if message.HasField("signature") else None
    decision = moderator_api.signed_if_given(message, *fields, caller=caller, signature=signature)
    return CampaignCall(
        asked.relying_party, asked.actor_id, asked.request_id, asked.method, asked.content, decision
    )


def page(message: pb.ListCampaignsRequest) -> tuple[int, int]:
    """Return the start and length of a page; raises InvalidError (INVALID_MESSAGE)."""
    size = convert.page_size(message.page_size)
    return convert.read_page_token(message.page_token, of=_LIST) if message.page_token else 0, size


def batch_size(message: pb.ClaimDueInvitationsRequest) -> int:
    """Return the maximum size of a batch; raises InvalidError (TOO_MANY_ITEMS, INVALID_MESSAGE)."""
    if message.max_invitations > _BATCH_LIMIT:
        raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("max_invitations", FieldCode.LENGTH))
    return convert.page_size(message.max_invitations, most=_BATCH_LIMIT, field="max_invitations")


def lease(message: pb.ClaimDueInvitationsRequest) -> timedelta:
    """Return the length of a batch's lease; raises InvalidError (INVALID_MESSAGE)."""
    if not message.HasField("lease_duration"):
        return _USUAL_LEASE
    seconds = message.lease_duration.seconds
    if not _SHORTEST_LEASE.total_seconds() <= seconds <= _LONGEST_LEASE.total_seconds():
        raise _invalid("lease_duration", FieldCode.LENGTH)
    return timedelta(seconds=seconds)


def account_token(text: str) -> str:
    """Return a checked token; raises InvalidError (INVALID_ACCOUNT_TOKEN)."""
    return token.check(text)


def occasion(number: int) -> ReverificationMethod:
    """Return the method of an occasion; raises InvalidError (INVALID_MESSAGE)."""
    return _known(_OCCASIONS, number, "occasion")


def method(number: int) -> ReverificationMethod:
    """Return a method; raises InvalidError (INVALID_MESSAGE)."""
    return _known(_METHOD_OF, number, "method")


def event(number: int) -> InvitationEvent:
    """Return an event; raises InvalidError (INVALID_MESSAGE)."""
    return _known(_EVENT_OF, number, "event")


def campaign(value: Campaign) -> pb.Campaign:
    """Return the message of a campaign."""
    message = pb.Campaign(
        campaign_id=value.campaign_id,
        plan=_plan_message(value.plan),
        state=_STATES[value.state],
    )
    message.create_time.FromDatetime(value.created_at)
    if value.started_at is not None:
        message.start_time.FromDatetime(value.started_at)
    return message


def campaigns(values: Sequence[Campaign], following: int | None) -> pb.ListCampaignsResponse:
    """Return the message of a page of campaigns."""
    return pb.ListCampaignsResponse(
        campaigns=[campaign(value) for value in values],
        next_page_token=convert.page_token(following, of=_LIST),
    )


def invitation(value: ShownInvitation) -> pb.Invitation:
    """Return the message of an invitation; without one, only the account token is set."""
    message = pb.Invitation(account_token=value.account_token, due=value.due)
    one, found = value.invitation, value.campaign
    if one is None or found is None:
        return message
    message.campaign_id = one.campaign_id
    message.state = _INVITATION_STATES[one.state]
    message.method = _METHODS[one.method]
    message.deliveries = one.deliveries
    message.incentive_text = found.plan.incentive_text
    message.enforcement_date = _text(found.plan.enforcement_date)
    message.minimum_assurance = convert.MINIMUM_ASSURANCES[
        found.plan.minimum_assurance or MinimumAssurance.ANY
    ]
    message.code = value.code
    if value.code and one.code_expires_at is not None:
        message.code_expire_time.FromDatetime(one.code_expires_at)
    if one.due_at is not None and not value.due:
        message.next_due_time.FromDatetime(one.due_at)
    return message


def batch(value: TakenBatch) -> pb.ClaimDueInvitationsResponse:
    """Return the message of a batch."""
    message = pb.ClaimDueInvitationsResponse(invitations=[invitation(one) for one in value.shown])
    if value.shown:
        message.lease_expire_time.FromDatetime(value.lease_until)
    return message


def progress(found: Campaign, figures: CampaignProgress) -> pb.CampaignProgress:
    """Return the message of a campaign's progress."""
    message = pb.CampaignProgress(
        campaign_id=found.campaign_id,
        state=_STATES[found.state],
        cohort_size=figures.cohort_size,
        unanswered=figures.unanswered,
    )
    for (day, by, stage), count in sorted(figures.reached.items()):
        _add(message.total, stage, count)
        _add(_day_of(message, day, by).funnel, stage, count)
    verified = 0
    for day, count in sorted(figures.verified.items()):
        verified += count
        message.coverage.add(day=day.isoformat(), verified=verified)
    return message


def _day_of(message: pb.CampaignProgress, day: date, by: ReverificationMethod) -> pb.CampaignProgress.Day:
    """Return the funnel of a day and method; the figures are sorted, so it is the last one or new."""
    if message.days and (message.days[-1].day, message.days[-1].method) == (day.isoformat(), _METHODS[by]):
        return message.days[-1]
    return message.days.add(day=day.isoformat(), method=_METHODS[by])


def _add(funnel: pb.CampaignFunnel, stage: Stage, count: int) -> None:
    name = stage.value.lower()
    setattr(funnel, name, getattr(funnel, name) + count)


def _plan_message(value: CampaignPlan) -> pb.CampaignPlan:
    message = pb.CampaignPlan(
        title=value.title,
        cohort=pb.CampaignCohort(
            label=value.cohort.label,
            create_date_from=_text(value.cohort.created_from),
            create_date_before=_text(value.cohort.created_before),
        ),
        methods=[_METHODS[one] for one in value.methods],
        daily_limit=value.daily_limit,
        reminder_days=value.reminder_days,
        incentive_text=value.incentive_text,
        enforcement_date=_text(value.enforcement_date),
        minimum_assurance=convert.MINIMUM_ASSURANCES[value.minimum_assurance or MinimumAssurance.ANY],
    )
    if value.quiet_hours is not None:
        message.quiet_hours.start = value.quiet_hours.start.strftime("%H:%M")
        message.quiet_hours.end = value.quiet_hours.end.strftime("%H:%M")
        message.quiet_hours.time_zone = value.quiet_hours.zone.key
    return message


def _quiet_hours(message: pb.QuietHours) -> QuietHours:
    try:
        zone = ZoneInfo(message.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise _invalid("plan.quiet_hours.time_zone", FieldCode.CHARACTER) from None
    return QuietHours(
        _clock(message.start, "plan.quiet_hours.start"), _clock(message.end, "plan.quiet_hours.end"), zone
    )


def _clock(text: str, field: str) -> time:
    if not _CLOCK.fullmatch(text):
        raise _invalid(field, FieldCode.CHARACTER)
    return time.fromisoformat(text)


def _day(text: str, field: str) -> date | None:
    if not text:
        return None
    day = core_day.read_day(text)
    if day is None:
        raise _invalid(field, FieldCode.CHARACTER)
    return day


def _known(words: Mapping[int, _Word], number: int, field: str) -> _Word:
    if number not in words:
        raise _invalid(field, FieldCode.CHARACTER if number else FieldCode.REQUIRED)
    return words[number]


def _text(day: date | None) -> str:
    return day.isoformat() if day else ""


def _invalid(field: str, code: FieldCode) -> InvalidError:
    return InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))


@dataclass(kw_only=True, eq=False, repr=False)
class CampaignServicer:
    """CampaignService: legacy accounts, campaigns and invitations.

    metrics: counts imported rows. offered: the proofs of people that this deployment has a provider or a
    registry for.
    """

    vault: Vault
    referencer: Referencer
    coder: InvitationCoder
    policy: OperatorPolicy
    metrics: Metrics
    offered: frozenset[Proof]

    async def ImportLegacyAccounts(
        self,
        request: pb.ImportLegacyAccountsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ImportLegacyAccountsResponse:
        """Import a chunk of legacy accounts."""
        label = legacy_account_rules.check_chunk(label=request.label, count=len(request.accounts))
        asked = repetition.asked(request, caller)
        results = await legacy_account_acts.import_chunk(
            self.vault,
            asked,
            now,
            referencer=self.referencer,
            label=label,
            rows=import_rows(request, today=now.today(self.policy.zone)),
        )
        for row in results:
            self.metrics.people.legacy_accounts.add(row.result.value)
        return rows(results)

    async def CreateCampaign(
        self, request: pb.CreateCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """Make a campaign."""
        hashed = plan_hash(request.plan)
        made = await acts.create(
            self.vault,
            read_call(request, hashed, caller=caller),
            now,
            plan=plan(request.plan),
            plan_hash=hashed,
            proofs=caller.proofs & self.offered,
            zone=self.policy.zone,
        )
        return campaign(made)

    async def GetCampaign(
        self, request: pb.GetCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """Return one campaign."""
        campaign_id = read_campaign_id(request.campaign_id)
        return campaign(await acts.get(self.vault, caller.name, campaign_id))

    async def ListCampaigns(
        self, request: pb.ListCampaignsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListCampaignsResponse:
        """Return a page of campaigns."""
        start, limit = page(request)
        found = await acts.page(self.vault, caller.name, start=start, limit=limit)
        return campaigns(*found)

    async def StartCampaign(
        self, request: pb.StartCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """Start a campaign."""
        return await self._move(request, Verb.START, caller, now)

    async def PauseCampaign(
        self, request: pb.PauseCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """Pause a campaign."""
        return await self._move(request, Verb.PAUSE, caller, now)

    async def ResumeCampaign(
        self, request: pb.ResumeCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """Resume a campaign."""
        return await self._move(request, Verb.RESUME, caller, now)

    async def EndCampaign(
        self, request: pb.EndCampaignRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Campaign:
        """End a campaign permanently."""
        return await self._move(request, Verb.END, caller, now)

    async def ClaimDueInvitations(
        self,
        request: pb.ClaimDueInvitationsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ClaimDueInvitationsResponse:
        """Return a batch of due invitations under a lease."""
        taken = await invitation_acts.take(
            self.vault,
            repetition.asked(request, caller),
            now,
            campaign_id=read_campaign_id(request.campaign_id),
            limit=batch_size(request),
            lease=lease(request),
            coder=self.coder,
            policy=self.policy,
        )
        return batch(taken)

    async def GetInvitation(
        self, request: pb.GetInvitationRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Invitation:
        """Return the invitation to show to an account's owner on an occasion, if any."""
        shown = await invitation_acts.get(
            self.vault,
            caller.name,
            account_token(request.account_token),
            method=occasion(request.occasion),
            now=now,
            policy=self.policy,
        )
        return invitation(shown)

    async def RecordInvitationEvent(
        self,
        request: pb.RecordInvitationEventRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Invitation:
        """Record an event of an invitation."""
        shown = await invitation_acts.record(
            self.vault,
            repetition.asked(request, caller),
            now,
            account_token=account_token(request.account_token),
            campaign_id=read_campaign_id(request.campaign_id),
            method=method(request.method),
            event=event(request.event),
            zone=self.policy.zone,
        )
        return invitation(shown)

    async def GetCampaignProgress(
        self,
        request: pb.GetCampaignProgressRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.CampaignProgress:
        """Return the progress of a campaign."""
        campaign_id = read_campaign_id(request.campaign_id)
        return progress(*await acts.progress(self.vault, caller.name, campaign_id))

    async def _move(
        self,
        request: MovingRequest,
        verb: Verb,
        caller: Caller,
        now: ClockReading,
    ) -> pb.Campaign:
        campaign_id = read_campaign_id(request.campaign_id)
        call = read_call(request, campaign_id, caller=caller)
        return campaign(await acts.move(self.vault, call, now, campaign_id, verb))
