"""Hand-written campaign flows behind the edge, and a valid request for each method."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from google.protobuf.message import Message

from idvault.campaign.acts import CampaignFlow
from idvault.campaign.api import CampaignServicer
from idvault.campaign.invitation import rules as invitation_rules
from idvault.campaign.invitation.acts import InvitationFlow, ShownInvitation, TakenBatch
from idvault.campaign.invitation.rules import Invitation, InvitationEvent, InvitationState, Stage
from idvault.campaign.legacy_account.acts import ImportCommand, RowResult
from idvault.campaign.legacy_account.rules import ImportResult, LegacyRow
from idvault.campaign.ports import CampaignProgress
from idvault.campaign.rules import Campaign, CampaignPlan, CampaignState, Cohort, ReverificationMethod, Verb
from idvault.core import invitation_code
from idvault.core.edge.server import Service
from idvault.core.request import Asked
from idvault.v1 import campaign_pb2 as pb
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason, Violation

ZONE = ZoneInfo("Asia/Shanghai")
CAMPAIGN = "ab" * 16
OWNER = "acct_" + "0" * 25 + "1"
REQUEST = "0b5f4c1e-5a4e-4c7e-9a52-5d9f6ad3c002"
MADE_AT = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
_SERVICE = "/idvault.v1.CampaignService/"
METHODS = tuple(
    _SERVICE + name
    for name in (
        "ImportLegacyAccounts",
        "CreateCampaign",
        "GetCampaign",
        "StartCampaign",
        "PauseCampaign",
        "ResumeCampaign",
        "EndCampaign",
        "ClaimDueInvitations",
        "GetInvitation",
        "RecordInvitationEvent",
        "GetCampaignProgress",
    )
)
IMPORT, CREATE, GET, START, PAUSE, RESUME, END, CLAIM, OFFER, RECORD, PROGRESS = METHODS
OF_ONE_CAMPAIGN = (GET, START, PAUSE, RESUME, END, PROGRESS)
LIST = _SERVICE + "ListCampaigns"
PLAN = pb.CampaignPlan(
    title="Verify",
    cohort=pb.CampaignCohort(label="2014", create_date_from="2010-01-01", create_date_before="2014-08-07"),
    methods=[pb.CampaignPlan.METHOD_HOSTED_LINK, pb.CampaignPlan.METHOD_AT_LOGIN],
    daily_limit=100,
    reminder_days=[3, 7],
    quiet_hours=pb.QuietHours(start="22:00", end="08:00", time_zone="Asia/Shanghai"),
    incentive_text="一枚徽章",
    enforcement_date="2027-01-01",
)


def requests() -> dict[str, Message]:
    """Return a valid request for each method."""
    return {
        IMPORT: pb.ImportLegacyAccountsRequest(
            request_id=REQUEST,
            label="2014",
            accounts=[pb.LegacyAccount(reference="user-1", create_date="2012-05-01")],
        ),
        CREATE: pb.CreateCampaignRequest(request_id=REQUEST, plan=PLAN),
        GET: pb.GetCampaignRequest(campaign_id=CAMPAIGN),
        START: pb.StartCampaignRequest(request_id=REQUEST, campaign_id=CAMPAIGN),
        PAUSE: pb.PauseCampaignRequest(request_id=REQUEST, campaign_id=CAMPAIGN),
        RESUME: pb.ResumeCampaignRequest(request_id=REQUEST, campaign_id=CAMPAIGN),
        END: pb.EndCampaignRequest(request_id=REQUEST, campaign_id=CAMPAIGN),
        CLAIM: pb.ClaimDueInvitationsRequest(request_id=REQUEST, campaign_id=CAMPAIGN),
        OFFER: pb.GetInvitationRequest(account_token=OWNER, occasion=pb.GetInvitationRequest.OCCASION_LOGIN),
        RECORD: pb.RecordInvitationEventRequest(
            request_id=REQUEST,
            account_token=OWNER,
            campaign_id=CAMPAIGN,
            method=pb.CampaignPlan.METHOD_AT_LOGIN,
            event=pb.RecordInvitationEventRequest.EVENT_OPENED,
        ),
        PROGRESS: pb.GetCampaignProgressRequest(campaign_id=CAMPAIGN),
    }


class FakeLegacy:
    """Creates an account for every valid row."""

    def __init__(self) -> None:
        self.commands: list[ImportCommand] = []

    async def import_chunk(self, command: ImportCommand, *, now: ClockReading) -> list[RowResult]:
        """Return CREATED or the error for each row."""
        self.commands.append(command)
        return [
            RowResult(ImportResult.CREATED, OWNER)
            if isinstance(row, LegacyRow)
            else RowResult(ImportResult.FAILED, violation=_violation(row))
            for row in command.rows
        ]


def _violation(row: LegacyRow | Violation) -> Violation:
    assert isinstance(row, Violation)
    return row


class FakeCampaigns(CampaignFlow):
    """One campaign of platform-a."""

    def __init__(self) -> None:
        self.campaign = Campaign(
            CAMPAIGN,
            "platform-a",
            CampaignPlan(
                "Verify",
                Cohort(),
                (ReverificationMethod.HOSTED_LINK, ReverificationMethod.AT_LOGIN),
                daily_limit=100,
            ),
            CampaignState.DRAFT,
            MADE_AT,
        )
        self.asked: list[tuple[Asked, object]] = []

    async def create(self, asked: Asked, *, plan: CampaignPlan, now: ClockReading) -> Campaign:
        self.asked.append((asked, plan))
        return replace(self.campaign, plan=plan)

    async def move(self, asked: Asked, *, campaign_id: str, verb: Verb, now: ClockReading) -> Campaign:
        self.asked.append((asked, verb))
        found = await self.get(relying_party=asked.relying_party, campaign_id=campaign_id)
        return replace(found, state=CampaignState.RUNNING, started_at=MADE_AT)

    async def get(self, *, relying_party: str, campaign_id: str) -> Campaign:
        if (relying_party, campaign_id) != ("platform-a", CAMPAIGN):
            raise NotFoundError(Reason.REQUEST_NOT_FOUND)
        return self.campaign

    async def list(self, *, relying_party: str, start: int, limit: int) -> tuple[list[Campaign], int | None]:
        """Return three pages with one campaign each."""
        return ([self.campaign], start + 1) if start < 2 else ([self.campaign], None)

    async def progress(self, *, relying_party: str, campaign_id: str) -> tuple[Campaign, CampaignProgress]:
        """Return figures for two days and two methods."""
        found = await self.get(relying_party=relying_party, campaign_id=campaign_id)
        first, second = date(2026, 3, 1), date(2026, 3, 2)
        reached = {
            (second, ReverificationMethod.AT_LOGIN, Stage.VERIFIED): 1,
            (first, ReverificationMethod.HOSTED_LINK, Stage.INVITED): 5,
            (first, ReverificationMethod.AT_LOGIN, Stage.INVITED): 2,
            (second, ReverificationMethod.HOSTED_LINK, Stage.INVITED): 1,
        }
        return found, CampaignProgress(9, reached, {second: 2, first: 1}, 4)


class FakeInvitations(InvitationFlow):
    """One invitation of OWNER, by link in batches and otherwise at login."""

    def __init__(self) -> None:
        self.asked: list[tuple[object, ...]] = []
        self.campaign = FakeCampaigns().campaign

    async def take(
        self, asked: Asked, *, campaign_id: str, limit: int, lease: timedelta, now: ClockReading
    ) -> TakenBatch:
        """Return a batch of one, or an empty one for a limit of 7."""
        self.asked.append((asked, campaign_id, limit, lease))
        one = replace(
            self._one(ReverificationMethod.HOSTED_LINK), code_expires_at=MADE_AT + timedelta(days=1)
        )
        shown = ShownInvitation(OWNER, one, self.campaign, due=True, code=invitation_code.code(bytes(16)))
        return TakenBatch(() if limit == 7 else (shown,), MADE_AT + lease)

    async def get(
        self, *, relying_party: str, account_token: str, method: ReverificationMethod, now: ClockReading
    ) -> ShownInvitation:
        """Invite OWNER, and no other account, at login."""
        if (relying_party, account_token) != ("platform-a", OWNER):
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        if method is not ReverificationMethod.AT_LOGIN:
            return ShownInvitation(account_token)
        return ShownInvitation(account_token, self._one(method), self.campaign, due=True)

    async def record(
        self,
        asked: Asked,
        *,
        account_token: str,
        campaign_id: str,
        method: ReverificationMethod,
        event: InvitationEvent,
        now: ClockReading,
    ) -> ShownInvitation:
        self.asked.append((asked, account_token, campaign_id, method, event))
        one = replace(self._one(method), state=InvitationState.ACTIVE, due_at=MADE_AT + timedelta(days=3))
        return ShownInvitation(account_token, one, self.campaign)

    def _one(self, method: ReverificationMethod) -> Invitation:
        return invitation_rules.new(account_token=OWNER, campaign_id=CAMPAIGN, method=method, now=MADE_AT)


class CampaignFakes:
    """The three flows."""

    def __init__(self) -> None:
        self.legacy, self.campaigns, self.invitations = FakeLegacy(), FakeCampaigns(), FakeInvitations()

    def service(self) -> Service:
        return Service(
            pb.DESCRIPTOR.services_by_name["CampaignService"],
            CampaignServicer(
                legacy=self.legacy, campaigns=self.campaigns, invitations=self.invitations, zone=ZONE
            ),
        )
