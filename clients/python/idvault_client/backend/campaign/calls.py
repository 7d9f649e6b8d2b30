"""The calls of CampaignService: pure functions that build the requests and read the answers."""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from google.protobuf.descriptor import EnumDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from idvault.campaign.invitation.rules import InvitationEvent, InvitationState
from idvault.campaign.legacy_account.rules import ImportResult as Outcome
from idvault.campaign.rules import Campaign, CampaignState, Cohort, QuietHours
from idvault.campaign.rules import CampaignPlan as Plan
from idvault.campaign.rules import ReverificationMethod as Method
from idvault.v1 import campaign_pb2 as pb
from idvault_client.backend.campaign.values import (
    CampaignPage,
    CampaignProgress,
    Funnel,
    ImportedRow,
    Invitation,
    InvitationBatch,
    LegacyAccount,
)
from idvault_client.backend.rpc import RequestId, Rpc, account, choice, chosen_id, rpc, text

CHUNK_SIZE = 2_000
"""How many accounts one ImportLegacyAccounts takes."""
_SERVICE = pb.DESCRIPTOR.services_by_name["CampaignService"]
_METHOD = pb.CampaignPlan.DESCRIPTOR.enum_types_by_name["Method"]
_OCCASIONS = {
    Method.AT_LOGIN: pb.GetInvitationRequest.OCCASION_LOGIN,
    Method.AT_SENSITIVE_ACTION: pb.GetInvitationRequest.OCCASION_SENSITIVE_ACTION,
}


def import_legacy_accounts(
    label: str, accounts: Iterable[LegacyAccount], *, request_id: RequestId = None
) -> Rpc[tuple[ImportedRow, ...]]:
    """Import up to 2,000 accounts; return the outcome of each, in order."""
    chosen = chosen_id(request_id)
    request = pb.ImportLegacyAccountsRequest(
        request_id=chosen,
        label=text(label, field="label"),
        accounts=[
            pb.LegacyAccount(
                reference=text(account.reference, field="accounts.reference"),
                create_date=text(account.create_date, field="accounts.create_date"),
            )
            for account in accounts
        ],
    )
    return rpc(_SERVICE, "ImportLegacyAccounts", request, _read_rows, request_id=chosen)


def create(plan: Plan, *, request_id: RequestId = None) -> Rpc[Campaign]:
    """Create a campaign; it invites nobody before it is started."""
    chosen = chosen_id(request_id)
    request = pb.CreateCampaignRequest(request_id=chosen, plan=_plan_message(plan))
    return rpc(_SERVICE, "CreateCampaign", request, _read_campaign, request_id=chosen)


def get(campaign_id: str) -> Rpc[Campaign]:
    """Return a campaign; raises NotFound."""
    request = pb.GetCampaignRequest(campaign_id=text(campaign_id, field="campaign_id"))
    return rpc(_SERVICE, "GetCampaign", request, _read_campaign)


def list_page(*, page_size: int = 100, page_token: str = "") -> Rpc[CampaignPage]:
    """Return a page of campaigns, older first; page_token is empty for the first page."""
    request = pb.ListCampaignsRequest(page_size=page_size, page_token=text(page_token, field="page_token"))
    return rpc(_SERVICE, "ListCampaigns", request, _read_page)


def start(campaign_id: str, *, request_id: RequestId = None) -> Rpc[Campaign]:
    """Start a draft; raises PreconditionFailed."""
    return _move("StartCampaign", pb.StartCampaignRequest, campaign_id, request_id)


def pause(campaign_id: str, *, request_id: RequestId = None) -> Rpc[Campaign]:
    """Pause a running campaign; raises PreconditionFailed."""
    return _move("PauseCampaign", pb.PauseCampaignRequest, campaign_id, request_id)


def resume(campaign_id: str, *, request_id: RequestId = None) -> Rpc[Campaign]:
    """Resume a paused campaign; raises PreconditionFailed."""
    return _move("ResumeCampaign", pb.ResumeCampaignRequest, campaign_id, request_id)


def end(campaign_id: str, *, request_id: RequestId = None) -> Rpc[Campaign]:
    """End a campaign for good, and lift the limits it set; raises PreconditionFailed."""
    return _move("EndCampaign", pb.EndCampaignRequest, campaign_id, request_id)


def claim_due_invitations(
    campaign_id: str, *, limit: int = 100, lease: timedelta | None = None, request_id: RequestId = None
) -> Rpc[InvitationBatch]:
    """Lease up to 1,000 invitations to deliver; lease: how long they are yours, by default 10 minutes."""
    chosen = chosen_id(request_id)
    request = pb.ClaimDueInvitationsRequest(
        request_id=chosen, campaign_id=text(campaign_id, field="campaign_id"), max_invitations=limit
    )
    if lease is not None:
        request.lease_duration.FromTimedelta(lease)
    return rpc(_SERVICE, "ClaimDueInvitations", request, _read_batch, request_id=chosen)


def get_invitation(account_token: str, occasion: Method) -> Rpc[Invitation]:
    """Return whether to invite the owner now; occasion: Method.AT_LOGIN or AT_SENSITIVE_ACTION."""
    if occasion not in _OCCASIONS:
        raise ValueError("occasion must be AT_LOGIN or AT_SENSITIVE_ACTION")
    request = pb.GetInvitationRequest(account_token=account(account_token), occasion=_OCCASIONS[occasion])
    return rpc(_SERVICE, "GetInvitation", request, _read_invitation)


def record_invitation_event(
    account_token: str,
    campaign_id: str,
    *,
    method: Method,
    event: InvitationEvent,
    request_id: RequestId = None,
) -> Rpc[Invitation]:
    """Record what happened to an invitation; campaign_id and method are those of the invitation."""
    chosen = chosen_id(request_id)
    request = pb.RecordInvitationEventRequest(
        request_id=chosen,
        account_token=account(account_token),
        campaign_id=text(campaign_id, field="campaign_id"),
        method=pb.CampaignPlan.Method.Value(f"METHOD_{method.value}"),
        event=pb.RecordInvitationEventRequest.Event.Value(f"EVENT_{event.value}"),
    )
    return rpc(_SERVICE, "RecordInvitationEvent", request, _read_invitation, request_id=chosen)


def progress(campaign_id: str) -> Rpc[CampaignProgress]:
    """Return how far a campaign has come; raises NotFound."""
    request = pb.GetCampaignProgressRequest(campaign_id=text(campaign_id, field="campaign_id"))
    return rpc(_SERVICE, "GetCampaignProgress", request, _read_progress)


def _move(
    method: str, request: Callable[..., Message], campaign_id: str, request_id: RequestId
) -> Rpc[Campaign]:
    chosen = chosen_id(request_id)
    message = request(request_id=chosen, campaign_id=text(campaign_id, field="campaign_id"))
    return rpc(_SERVICE, method, message, _read_campaign, request_id=chosen)


def _plan_message(plan: Plan) -> pb.CampaignPlan:
    message = pb.CampaignPlan(
        title=text(plan.title, field="plan.title"),
        cohort=pb.CampaignCohort(
            label=text(plan.cohort.label, field="plan.cohort.label"),
            create_date_from=_day_text(plan.cohort.created_from),
            create_date_before=_day_text(plan.cohort.created_before),
        ),
        methods=[pb.CampaignPlan.Method.Value(f"METHOD_{method.value}") for method in plan.methods],
        daily_limit=plan.daily_limit,
        reminder_days=plan.reminder_days,
        incentive_text=text(plan.incentive_text, field="plan.incentive_text"),
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


def _read_batch(data: bytes) -> InvitationBatch:
    answer = pb.ClaimDueInvitationsResponse.FromString(data)
    return InvitationBatch(
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
        unanswered=answer.unanswered,
    )


def _campaign(message: pb.Campaign) -> Campaign:
    state = choice(CampaignState, _states(), message.state)
    if state is None or not message.campaign_id:
        raise ValueError("a campaign without id, or in an unknown state")
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
