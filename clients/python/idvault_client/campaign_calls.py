"""Requests of CampaignService built and answers read by pure functions."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from idvault.domain.campaign import Campaign, CampaignState, Cohort, Method, Plan, QuietHours, Verb
from idvault.domain.error import Reason
from idvault.domain.invitation import InvitationEvent, InvitationState
from idvault.domain.legacy_account import Outcome
from idvault.v1 import campaign_pb2 as pb
from idvault_client.calls import Call, choice, path, text
from idvault_client.campaign_values import (
    Batch,
    CampaignPage,
    CampaignProgress,
    Funnel,
    ImportedRow,
    Invitation,
    LegacyAccount,
)

CHUNK_SIZE = 2_000
"""How many accounts one ImportLegacyAccounts takes."""
_SERVICE = pb.DESCRIPTOR.services_by_name["CampaignService"]
_METHOD = pb.CampaignPlan.DESCRIPTOR.enum_types_by_name["Method"]
_MOVES: dict[Verb, type[Message]] = {
    Verb.START: pb.StartCampaignRequest,
    Verb.PAUSE: pb.PauseCampaignRequest,
    Verb.RESUME: pb.ResumeCampaignRequest,
    Verb.END: pb.EndCampaignRequest,
}
_OCCASIONS = {
    Method.AT_LOGIN: pb.GetInvitationRequest.OCCASION_LOGIN,
    Method.AT_SENSITIVE_ACTION: pb.GetInvitationRequest.OCCASION_SENSITIVE_ACTION,
}
RequestId = str | UUID | None


def import_legacy_accounts(
    label: str, accounts: Iterable[LegacyAccount], *, request_id: RequestId
) -> Call[tuple[ImportedRow, ...]]:
    """Return the call that imports a chunk."""
    chosen = _chosen(request_id)
    request = pb.ImportLegacyAccountsRequest(
        request_id=chosen,
        label=_text(label, "label"),
        accounts=[
            pb.LegacyAccount(
                reference=_text(account.reference, "accounts.reference"),
                create_date=_text(account.create_date, "accounts.create_date"),
            )
            for account in accounts
        ],
    )
    return Call(path(_SERVICE, "ImportLegacyAccounts"), request.SerializeToString(), _read_rows, chosen)


def create(plan: Plan, *, request_id: RequestId) -> Call[Campaign]:
    """Return the call that makes a campaign."""
    chosen = _chosen(request_id)
    request = pb.CreateCampaignRequest(request_id=chosen, plan=_plan_message(plan))
    return Call(path(_SERVICE, "CreateCampaign"), request.SerializeToString(), _read_campaign, chosen)


def get(campaign_id: str) -> Call[Campaign]:
    """Return the call that reads a campaign."""
    request = pb.GetCampaignRequest(campaign_id=_text(campaign_id, "campaign_id"))
    return Call(path(_SERVICE, "GetCampaign"), request.SerializeToString(), _read_campaign)


def list_page(page_size: int, page_token: str) -> Call[CampaignPage]:
    """Return the call that reads a page of campaigns."""
    request = pb.ListCampaignsRequest(page_size=page_size, page_token=_text(page_token, "page_token"))
    return Call(path(_SERVICE, "ListCampaigns"), request.SerializeToString(), _read_page)


def move(verb: Verb, campaign_id: str, *, request_id: RequestId) -> Call[Campaign]:
    """Return the call that moves a campaign."""
    chosen = _chosen(request_id)
    request = _MOVES[verb](request_id=chosen, campaign_id=_text(campaign_id, "campaign_id"))
    method = f"{verb.value.title()}Campaign"
    return Call(path(_SERVICE, method), request.SerializeToString(), _read_campaign, chosen)


def claim(campaign_id: str, *, limit: int, lease: timedelta | None, request_id: RequestId) -> Call[Batch]:
    """Return the call that takes a batch."""
    chosen = _chosen(request_id)
    request = pb.ClaimDueInvitationsRequest(
        request_id=chosen, campaign_id=_text(campaign_id, "campaign_id"), max_invitations=limit
    )
    if lease is not None:
        request.lease_duration.FromTimedelta(lease)
    return Call(path(_SERVICE, "ClaimDueInvitations"), request.SerializeToString(), _read_batch, chosen)


def get_invitation(account_token: str, occasion: Method) -> Call[Invitation]:
    """Return the call that asks whom to invite; raises ValueError unless occasion is one."""
    if occasion not in _OCCASIONS:
        raise ValueError("occasion must be AT_LOGIN or AT_SENSITIVE_ACTION")
    request = pb.GetInvitationRequest(account_token=_token(account_token), occasion=_OCCASIONS[occasion])
    return Call(path(_SERVICE, "GetInvitation"), request.SerializeToString(), _read_invitation)


def record(
    account_token: str,
    campaign_id: str,
    *,
    method: Method,
    event: InvitationEvent,
    request_id: RequestId,
) -> Call[Invitation]:
    """Return the call that records an event."""
    chosen = _chosen(request_id)
    request = pb.RecordInvitationEventRequest(
        request_id=chosen,
        account_token=_token(account_token),
        campaign_id=_text(campaign_id, "campaign_id"),
        method=pb.CampaignPlan.Method.Value(f"METHOD_{method.value}"),
        event=pb.RecordInvitationEventRequest.Event.Value(f"EVENT_{event.value}"),
    )
    return Call(
        path(_SERVICE, "RecordInvitationEvent"), request.SerializeToString(), _read_invitation, chosen
    )


def progress(campaign_id: str) -> Call[CampaignProgress]:
    """Return the call that reads how far a campaign has come."""
    request = pb.GetCampaignProgressRequest(campaign_id=_text(campaign_id, "campaign_id"))
    return Call(path(_SERVICE, "GetCampaignProgress"), request.SerializeToString(), _read_progress)


def _chosen(request_id: RequestId) -> str:
    return text(str(request_id or uuid4()), field="request_id", reason=Reason.INVALID_REQUEST_ID)


def _text(value: str, field: str) -> str:
    return text(value, field=field, reason=Reason.INVALID_MESSAGE)


def _token(value: str) -> str:
    return text(value, field="account_token", reason=Reason.INVALID_ACCOUNT_TOKEN)


def _plan_message(plan: Plan) -> pb.CampaignPlan:
    message = pb.CampaignPlan(
        title=_text(plan.title, "plan.title"),
        cohort=pb.CampaignCohort(
            label=_text(plan.cohort.label, "plan.cohort.label"),
            create_date_from=_day_text(plan.cohort.created_from),
            create_date_before=_day_text(plan.cohort.created_before),
        ),
        methods=[pb.CampaignPlan.Method.Value(f"METHOD_{method.value}") for method in plan.methods],
        daily_limit=plan.daily_limit,
        reminder_days=plan.reminder_days,
        incentive_text=_text(plan.incentive_text, "plan.incentive_text"),
        enforcement_date=_day_text(plan.enforcement_date),
    )
    if plan.quiet_hours is not None:
        message.quiet_hours.start = plan.quiet_hours.start.strftime("%H:%M")
        message.quiet_hours.end = plan.quiet_hours.end.strftime("%H:%M")
        message.quiet_hours.time_zone = plan.quiet_hours.zone.key
    return message


def _read_rows(data: bytes) -> tuple[ImportedRow, ...]:
    kind = pb.ImportLegacyAccountsResponse.Row.DESCRIPTOR.enum_types_by_name["Outcome"]
    return tuple(
        ImportedRow(
            choice(Outcome, kind, row.outcome),
            row.account_token,
            row.violation_field,
            row.violation_code,
        )
        for row in pb.ImportLegacyAccountsResponse.FromString(data).rows
    )


def _read_campaign(data: bytes) -> Campaign:
    return _campaign(pb.Campaign.FromString(data))


def _read_page(data: bytes) -> CampaignPage:
    answer = pb.ListCampaignsResponse.FromString(data)
    return CampaignPage(tuple(_campaign(one) for one in answer.campaigns), answer.next_page_token)


def _read_batch(data: bytes) -> Batch:
    answer = pb.ClaimDueInvitationsResponse.FromString(data)
    return Batch(
        tuple(_invitation(one) for one in answer.invitations),
        _time(answer.lease_expire_time) if answer.HasField("lease_expire_time") else None,
    )


def _read_invitation(data: bytes) -> Invitation:
    return _invitation(pb.Invitation.FromString(data))


def _read_progress(data: bytes) -> CampaignProgress:
    answer = pb.CampaignProgress.FromString(data)
    return CampaignProgress(
        campaign_id=answer.campaign_id,
        state=choice(CampaignState, _states(), answer.state),
        cohort_size=answer.cohort_size,
        total=_funnel(answer.total),
        days=tuple(
            (date.fromisoformat(one.day), choice(Method, _METHOD, one.method), _funnel(one.funnel))
            for one in answer.days
        ),
        coverage=tuple((date.fromisoformat(one.day), one.verified) for one in answer.coverage),
    )


def _campaign(message: pb.Campaign) -> Campaign:
    state = choice(CampaignState, _states(), message.state)
    if state is None or not message.campaign_id:
        raise ValueError("a campaign without id, or in a state that this client does not know")
    return Campaign(
        message.campaign_id,
        "",
        _plan(message.plan),
        state,
        _time(message.create_time),
        _time(message.start_time) if message.HasField("start_time") else None,
    )


def _plan(message: pb.CampaignPlan) -> Plan:
    hours = message.quiet_hours
    known = (choice(Method, _METHOD, number) for number in message.methods)
    return Plan(
        title=message.title,
        cohort=Cohort(
            message.cohort.label,
            _day(message.cohort.create_date_from),
            _day(message.cohort.create_date_before),
        ),
        methods=tuple(method for method in known if method is not None),
        daily_limit=message.daily_limit,
        reminder_days=tuple(message.reminder_days),
        quiet_hours=QuietHours(
            time.fromisoformat(hours.start), time.fromisoformat(hours.end), ZoneInfo(hours.time_zone)
        )
        if message.HasField("quiet_hours")
        else None,
        incentive_text=message.incentive_text,
        enforcement_date=_day(message.enforcement_date),
    )


def _invitation(message: pb.Invitation) -> Invitation:
    if not message.account_token:
        raise ValueError("an invitation without account")
    states = pb.Invitation.DESCRIPTOR.enum_types_by_name["State"]
    return Invitation(
        account_token=message.account_token,
        campaign_id=message.campaign_id or None,
        state=choice(InvitationState, states, message.state),
        method=choice(Method, _METHOD, message.method),
        due=message.due,
        deliveries=message.deliveries,
        incentive_text=message.incentive_text,
        code=message.code,
        code_expire_time=_time(message.code_expire_time) if message.HasField("code_expire_time") else None,
        next_due_time=_time(message.next_due_time) if message.HasField("next_due_time") else None,
        enforcement_date=_day(message.enforcement_date),
    )


def _funnel(message: pb.CampaignFunnel) -> Funnel:
    return Funnel(
        message.invited,
        message.shown,
        message.opened,
        message.later,
        message.dismissed,
        message.completed,
        message.verified,
        message.failed,
    )


def _states() -> EnumDescriptor:
    return pb.Campaign.DESCRIPTOR.enum_types_by_name["State"]


def _day(value: str) -> date | None:
    return date.fromisoformat(value) if value else None


def _day_text(value: date | None) -> str:
    return value.isoformat() if value else ""


def _time(value: Timestamp) -> datetime:
    return value.ToDatetime(UTC)
