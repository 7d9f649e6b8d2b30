"""The campaign methods of both clients: what they send, and how they read the answers."""

import asyncio
import inspect
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

import grpc
import pytest

import idvault_client
from idvault_client import Tls
from idvault_client.backend.campaign import CampaignPage, Funnel, ImportedRow, LegacyAccount
from idvault_client.campaigns import AioCampaigns, Campaigns
from idvault_client.errors import InvalidFields, NotFound, PreconditionFailed, VaultError
from idvault_verify.campaign import CampaignPlan as Plan
from idvault_verify.campaign import CampaignState, Cohort, InvitationEvent, InvitationState, QuietHours
from idvault_verify.campaign import ImportResult as Outcome
from idvault_verify.campaign import ReverificationMethod as Method
from idvault_verify.v1 import campaign_pb2 as pb
from tests.clients.vault_server import REQUEST_ID, TOKEN, Refuse, VaultServer


class AskCampaigns(Protocol):
    """Calls a campaign method by name on either client."""

    async def __call__(self, name: str, /, *arguments: Any, **keywords: Any) -> Any:
        """Return what the method returns."""
        raise AssertionError


CAMPAIGN = "ab" * 16
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
PLAN = Plan(
    title="Verify",
    cohort=Cohort("2014", date(2010, 1, 1), date(2014, 8, 7)),
    methods=(Method.HOSTED_LINK, Method.AT_LOGIN),
    daily_limit=100,
    reminder_days=(3, 7),
    quiet_hours=QuietHours(time(22), time(8), ZoneInfo("Asia/Shanghai")),
    incentive_text="badge",
    enforcement_date=date(2027, 1, 1),
)


@pytest.fixture(params=["sync", "aio"])
async def campaigns(
    request: pytest.FixtureRequest, server: VaultServer, tls: Tls
) -> AsyncIterator[AskCampaigns]:
    """The campaigns of one of the two clients."""
    if request.param == "aio":
        async with idvault_client.aio.connect(server.target, tls=tls, server_name="localhost") as awaited:

            async def ask_aio(name: str, /, *arguments: Any, **keywords: Any) -> Any:
                return await getattr(awaited.campaigns, name)(*arguments, **keywords)

            yield ask_aio
        return
    with idvault_client.connect(server.target, tls=tls, server_name="localhost") as vault:

        async def ask_sync(name: str, /, *arguments: Any, **keywords: Any) -> Any:
            return await asyncio.to_thread(getattr(vault.campaigns, name), *arguments, **keywords)

        yield ask_sync


def message(state: int = pb.Campaign.STATE_RUNNING) -> pb.Campaign:
    """Return a campaign as in the vault's answer."""
    answer = pb.Campaign(
        campaign_id=CAMPAIGN,
        plan=pb.CampaignPlan(
            title="Verify",
            cohort=pb.CampaignCohort(
                label="2014", create_date_from="2010-01-01", create_date_before="2014-08-07"
            ),
            methods=[pb.CampaignPlan.METHOD_HOSTED_LINK, pb.CampaignPlan.METHOD_AT_LOGIN],
            daily_limit=100,
            reminder_days=[3, 7],
            quiet_hours=pb.QuietHours(start="22:00", end="08:00", time_zone="Asia/Shanghai"),
            incentive_text="badge",
            enforcement_date="2027-01-01",
        ),
        state=state,  # type: ignore[arg-type]
    )
    answer.create_time.FromDatetime(NOON)
    answer.start_time.FromDatetime(NOON)
    return answer


async def test_both_clients_have_the_same_methods() -> None:
    """With the same arguments."""
    for name, method in inspect.getmembers(Campaigns, inspect.isfunction):
        if not name.startswith("_"):
            assert inspect.signature(method) == inspect.signature(getattr(AioCampaigns, name)), name


async def test_an_import(campaigns: AskCampaigns, server: VaultServer) -> None:
    """Results are in row order; neither a reference nor its hash is shown."""
    kind = pb.ImportLegacyAccountsResponse.Row
    server.outcomes = [
        pb.ImportLegacyAccountsResponse(
            rows=[
                kind(outcome=kind.OUTCOME_CREATED, account_token=TOKEN),
                kind(outcome=kind.OUTCOME_FAILED, violation_field="create_date", violation_code="REQUIRED"),
            ]
        )
    ]
    accounts = [LegacyAccount("user-1", "2012-05-01"), LegacyAccount("user-2", "")]
    rows = await campaigns("import_legacy_accounts", "2014", accounts, request_id=REQUEST_ID)
    assert rows == (
        ImportedRow(Outcome.CREATED, TOKEN),
        ImportedRow(Outcome.FAILED, "", "create_date", "REQUIRED"),
    )
    sent = pb.ImportLegacyAccountsRequest.FromString(server.asked[0].body)
    assert (sent.request_id, sent.label) == (REQUEST_ID, "2014")
    assert [(one.reference, one.create_date) for one in sent.accounts] == [
        ("user-1", "2012-05-01"),
        ("user-2", ""),
    ]
    assert "user-1" not in repr(accounts)


async def test_a_plan_goes_and_comes(campaigns: AskCampaigns, server: VaultServer) -> None:
    """Every part of it is sent and read."""
    server.outcomes = [message()]
    made = await campaigns("create", PLAN)
    assert (made.plan, made.state, made.campaign_id) == (PLAN, CampaignState.RUNNING, CAMPAIGN)
    assert (made.created_at, made.started_at) == (NOON, NOON)
    sent = pb.CreateCampaignRequest.FromString(server.asked[0].body)
    assert sent.plan == message().plan
    assert len(sent.request_id) == 36


async def test_a_plan_without_extras(campaigns: AskCampaigns, server: VaultServer) -> None:
    """Unset parts are neither sent nor read."""
    plain = Plan("Verify", Cohort(), (Method.AT_LOGIN,), daily_limit=1)
    answer = pb.Campaign(
        campaign_id=CAMPAIGN,
        state=pb.Campaign.STATE_DRAFT,
        plan=pb.CampaignPlan(
            title="Verify",
            cohort=pb.CampaignCohort(),
            methods=[pb.CampaignPlan.METHOD_AT_LOGIN],
            daily_limit=1,
        ),
    )
    server.outcomes = [answer]
    made = await campaigns("create", plain)
    assert (made.plan, made.started_at) == (plain, None)
    assert pb.CreateCampaignRequest.FromString(server.asked[0].body).plan == answer.plan


@pytest.mark.parametrize("verb", ["start", "pause", "resume", "end", "get"])
async def test_a_campaign_by_its_id(campaigns: AskCampaigns, server: VaultServer, verb: str) -> None:
    """Each verb calls its method."""
    server.outcomes = [message()]
    assert (await campaigns(verb, CAMPAIGN)).campaign_id == CAMPAIGN
    method = f"{verb.title()}Campaign"
    assert server.asked[0].path == f"/idvault.v1.CampaignService/{method}"
    assert getattr(pb, f"{method}Request").FromString(server.asked[0].body).campaign_id == CAMPAIGN


async def test_pages(campaigns: AskCampaigns, server: VaultServer) -> None:
    """A page and the next page token."""
    server.outcomes = [pb.ListCampaignsResponse(campaigns=[message()], next_page_token="next")]
    page = await campaigns("list_page", page_size=1, page_token="this")
    assert isinstance(page, CampaignPage)
    assert ([one.campaign_id for one in page.campaigns], page.next_page_token) == ([CAMPAIGN], "next")
    assert pb.ListCampaignsRequest.FromString(server.asked[0].body).page_token == "this"


def invited(**changes: Any) -> pb.Invitation:
    """Return an invitation as in the vault's answer."""
    answer = pb.Invitation(
        account_token=TOKEN,
        campaign_id=CAMPAIGN,
        state=pb.Invitation.STATE_ACTIVE,
        method=pb.CampaignPlan.METHOD_HOSTED_LINK,
        due=True,
        deliveries=1,
        incentive_text="badge",
        code="0" * 26,
        **changes,
    )
    answer.code_expire_time.FromDatetime(NOON)
    return answer


async def test_a_batch(campaigns: AskCampaigns, server: VaultServer) -> None:
    """The code is returned but not shown by repr."""
    answer = pb.ClaimDueInvitationsResponse(invitations=[invited()])
    answer.lease_expire_time.FromDatetime(NOON)
    server.outcomes = [answer]
    batch = await campaigns("claim_due_invitations", CAMPAIGN, limit=5, lease=timedelta(minutes=1))
    (one,) = batch.invitations
    assert (one.account_token, one.due, one.code, one.code_expire_time) == (TOKEN, True, "0" * 26, NOON)
    assert (one.method, one.state) == (Method.HOSTED_LINK, InvitationState.ACTIVE)
    assert batch.lease_expire_time == NOON
    assert "0" * 26 not in repr(batch)
    sent = pb.ClaimDueInvitationsRequest.FromString(server.asked[0].body)
    assert (sent.max_invitations, sent.lease_duration.seconds) == (5, 60)


async def test_no_batch(campaigns: AskCampaigns, server: VaultServer) -> None:
    """An empty batch has no lease."""
    server.outcomes = [pb.ClaimDueInvitationsResponse()]
    batch = await campaigns("claim_due_invitations", CAMPAIGN)
    assert (batch.invitations, batch.lease_expire_time) == ((), None)
    assert not pb.ClaimDueInvitationsRequest.FromString(server.asked[0].body).HasField("lease_duration")


async def test_an_occasion(campaigns: AskCampaigns, server: VaultServer) -> None:
    """No invitation is a valid answer; an unknown occasion is refused."""
    server.outcomes = [pb.Invitation(account_token=TOKEN)]
    answer = await campaigns("get_invitation", TOKEN, Method.AT_SENSITIVE_ACTION)
    assert (answer.due, answer.campaign_id, answer.state, answer.method) == (False, None, None, None)
    sent = pb.GetInvitationRequest.FromString(server.asked[0].body)
    assert sent.occasion == pb.GetInvitationRequest.OCCASION_SENSITIVE_ACTION
    with pytest.raises(ValueError, match="occasion"):
        await campaigns("get_invitation", TOKEN, Method.HOSTED_LINK)


async def test_an_event(campaigns: AskCampaigns, server: VaultServer) -> None:
    """It is sent as given."""
    answer = invited()
    answer.next_due_time.FromDatetime(NOON)
    server.outcomes = [answer]
    said: dict[str, Any] = {"method": Method.AT_LOGIN, "event": InvitationEvent.LATER}
    one = await campaigns("record_invitation_event", TOKEN, CAMPAIGN, **said)
    assert one.next_due_time == NOON
    sent = pb.RecordInvitationEventRequest.FromString(server.asked[0].body)
    assert (sent.account_token, sent.campaign_id) == (TOKEN, CAMPAIGN)
    assert sent.method == pb.CampaignPlan.METHOD_AT_LOGIN
    assert sent.event == pb.RecordInvitationEventRequest.EVENT_LATER


async def test_progress(campaigns: AskCampaigns, server: VaultServer) -> None:
    """Days, methods and the curve are read."""
    funnel = pb.CampaignFunnel(invited=5, shown=4, opened=3, later=1, dismissed=1, completed=2, verified=1)
    day = pb.CampaignProgress.Day(day="2026-03-01", method=pb.CampaignPlan.METHOD_WHEN_DUE, funnel=funnel)
    server.outcomes = [
        pb.CampaignProgress(
            campaign_id=CAMPAIGN,
            state=pb.Campaign.STATE_PAUSED,
            cohort_size=9,
            total=funnel,
            days=[day],
            coverage=[pb.CampaignProgress.Coverage(day="2026-03-01", verified=1)],
        )
    ]
    found = await campaigns("progress", CAMPAIGN)
    expected = Funnel(5, 4, 3, 1, 1, 2, 1, 0)
    assert (found.cohort_size, found.state, found.total) == (9, CampaignState.PAUSED, expected)
    assert found.days == ((date(2026, 3, 1), Method.WHEN_DUE, expected),)
    assert found.coverage == ((date(2026, 3, 1), 1),)


async def test_refusals(campaigns: AskCampaigns, server: VaultServer) -> None:
    """Refusals raise the client's errors."""
    for refuse, error in (
        (Refuse(grpc.StatusCode.NOT_FOUND, "REQUEST_NOT_FOUND"), NotFound),
        (Refuse(grpc.StatusCode.FAILED_PRECONDITION, "ILLEGAL_TRANSITION"), PreconditionFailed),
    ):
        server.outcomes = [refuse]
        with pytest.raises(error):
            await campaigns("start", CAMPAIGN)
    with pytest.raises(InvalidFields):
        await campaigns("get", "\ud800")


@pytest.mark.parametrize(
    "answer",
    [pb.Campaign(), pb.Campaign(campaign_id=CAMPAIGN, state=99)],  # type: ignore[arg-type]
)
async def test_an_answer_that_is_none(
    campaigns: AskCampaigns, server: VaultServer, answer: pb.Campaign
) -> None:
    """A campaign without id or state is refused."""
    server.outcomes = [answer]
    with pytest.raises(VaultError):
        await campaigns("get", CAMPAIGN)
    server.outcomes = [pb.Invitation()]
    with pytest.raises(VaultError):
        await campaigns("get_invitation", TOKEN, Method.AT_LOGIN)
