"""CampaignService over a real channel."""

from datetime import UTC, date, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.message import Message

from idvault.campaign.invitation.rules import InvitationEvent
from idvault.campaign.legacy_account.rules import LegacyRow
from idvault.campaign.rules import CampaignPlan, Cohort, QuietHours, ReverificationMethod, Verb
from idvault.core import invitation_code as core_invitation_code
from idvault.v1 import campaign_pb2 as pb
from tests.support.authority import spiffe
from tests.support.campaign_edge import (
    CAMPAIGN,
    CLAIM,
    CREATE,
    END,
    GET,
    IMPORT,
    LIST,
    MADE_AT,
    OFFER,
    OWNER,
    PAUSE,
    PLAN,
    PROGRESS,
    RECORD,
    REQUEST,
    RESUME,
    START,
    requests,
)
from tests.support.edge import TOKEN, VERIFY, Edge, call, platform, refused, verify_request

ROW = pb.ImportLegacyAccountsResponse.Row


async def ask(edge: Edge, path: str, **changes: Any) -> bytes:
    """Call a method as platform-a with its valid request and changes."""
    return await call(edge.mine(), path, changed(path, **changes).SerializeToString())


def changed(path: str, **changes: Any) -> Message:
    request = requests()[path]
    for name, value in changes.items():
        setattr(request, name, value)
    return request


async def test_an_import(edge: Edge) -> None:
    """Rows are answered in order; an invalid one has field and code and does not affect the others."""
    rows = [("user-1", "2012-05-01"), ("", "2012-05-01"), ("user-2", "tomorrow"), ("user-3", "9999-12-31")]
    request = pb.ImportLegacyAccountsRequest(
        request_id=REQUEST,
        label="2014",
        accounts=[pb.LegacyAccount(reference=one, create_date=day) for one, day in rows],
    )
    answer = pb.ImportLegacyAccountsResponse.FromString(
        await call(edge.mine(), IMPORT, request.SerializeToString())
    )
    assert list(answer.rows) == [
        ROW(outcome=ROW.OUTCOME_CREATED, account_token=OWNER),
        ROW(outcome=ROW.OUTCOME_FAILED, violation_field="reference", violation_code="REQUIRED"),
        ROW(outcome=ROW.OUTCOME_FAILED, violation_field="create_date", violation_code="CHARACTER"),
        ROW(outcome=ROW.OUTCOME_FAILED, violation_field="create_date", violation_code="FUTURE_DATE"),
    ]
    (command,) = edge.campaigns.legacy.commands
    assert command.fields == ("2014", *(part for row in rows for part in row))
    assert (command.label, command.rows[0]) == ("2014", LegacyRow("user-1", date(2012, 5, 1)))
    assert "user-1" not in repr(command)


@pytest.mark.parametrize(
    ("label", "count", "reason", "fields"),
    [
        ("", 1, "INVALID_MESSAGE", {"label": "REQUIRED"}),
        ("2014", 0, "INVALID_MESSAGE", {"accounts": "REQUIRED"}),
        ("2014", 2_001, "TOO_MANY_ITEMS", {"accounts": "LENGTH"}),
    ],
)
async def test_a_wrong_chunk(edge: Edge, label: str, count: int, reason: str, fields: dict[str, str]) -> None:
    """The whole chunk is refused."""
    account = pb.LegacyAccount(reference="user-1", create_date="2012-05-01")
    request = pb.ImportLegacyAccountsRequest(request_id=REQUEST, label=label, accounts=[account] * count)
    told = await refused(edge.mine(), IMPORT, request.SerializeToString())
    assert (told.code.name, told.reason, told.fields) == ("INVALID_ARGUMENT", reason, fields)


async def test_only_an_import_may_be_long(edge: Edge) -> None:
    """2,000 rows with long references are accepted; the same size is refused for other methods."""
    account = pb.LegacyAccount(reference="r" * 128, create_date="2012-05-01")
    long = pb.ImportLegacyAccountsRequest(request_id=REQUEST, label="2014", accounts=[account] * 2_000)
    assert 128 * 1024 < long.ByteSize() < 1024 * 1024
    answer = await call(edge.mine(), IMPORT, long.SerializeToString())
    assert len(pb.ImportLegacyAccountsResponse.FromString(answer).rows) == 2_000
    plan = pb.CampaignPlan(incentive_text="x" * 70_000)
    other = pb.CreateCampaignRequest(request_id=REQUEST, plan=plan)
    assert (await refused(edge.mine(), CREATE, other.SerializeToString())).reason == "INVALID_MESSAGE"


async def test_a_campaign_is_made(edge: Edge) -> None:
    """Every field of the plan reaches the flow and is returned."""
    answer = pb.Campaign.FromString(await ask(edge, CREATE))
    ((asked, plan),) = edge.campaigns.campaigns.asked
    assert plan == CampaignPlan(
        title="Verify",
        cohort=Cohort("2014", date(2010, 1, 1), date(2014, 8, 7)),
        methods=(ReverificationMethod.HOSTED_LINK, ReverificationMethod.AT_LOGIN),
        daily_limit=100,
        reminder_days=(3, 7),
        quiet_hours=QuietHours(time(22), time(8), ZoneInfo("Asia/Shanghai")),
        incentive_text="一枚徽章",
        enforcement_date=date(2027, 1, 1),
    )
    assert (answer.campaign_id, answer.state, answer.plan) == (CAMPAIGN, pb.Campaign.STATE_DRAFT, PLAN)
    assert answer.create_time.ToDatetime(UTC) == MADE_AT
    assert not answer.HasField("start_time")
    assert asked.fields == (
        *("Verify", "2014", "2010-01-01", "2014-08-07", 2, 4, 2, 100, 2, 3, 7),
        *("22:00", "08:00", "Asia/Shanghai", "一枚徽章", "2027-01-01"),
    )
    assert (asked.relying_party, asked.request_id, asked.method) == ("platform-a", REQUEST, "CreateCampaign")


@pytest.mark.parametrize(
    ("field", "code", "plan"),
    [
        ("methods", "REQUIRED", pb.CampaignPlan(methods=[pb.CampaignPlan.METHOD_UNSPECIFIED])),
        ("methods", "CHARACTER", pb.CampaignPlan(methods=[99])),  # type: ignore[list-item]
        (
            "cohort.create_date_from",
            "CHARACTER",
            pb.CampaignPlan(cohort=pb.CampaignCohort(create_date_from="May")),
        ),
        (
            "cohort.create_date_before",
            "CHARACTER",
            pb.CampaignPlan(cohort=pb.CampaignCohort(create_date_before="2014-2-1")),
        ),
        ("enforcement_date", "CHARACTER", pb.CampaignPlan(enforcement_date="soon")),
        (
            "quiet_hours.time_zone",
            "CHARACTER",
            pb.CampaignPlan(quiet_hours=pb.QuietHours(start="22:00", end="08:00", time_zone="Mars/Base")),
        ),
        (
            "quiet_hours.time_zone",
            "CHARACTER",
            pb.CampaignPlan(quiet_hours=pb.QuietHours(start="22:00", end="08:00", time_zone="../passwd")),
        ),
        (
            "quiet_hours.start",
            "CHARACTER",
            pb.CampaignPlan(quiet_hours=pb.QuietHours(start="24:00", end="08:00", time_zone="UTC")),
        ),
        (
            "quiet_hours.end",
            "CHARACTER",
            pb.CampaignPlan(quiet_hours=pb.QuietHours(start="22:00", end="8", time_zone="UTC")),
        ),
    ],
)
async def test_a_plan_that_is_none(edge: Edge, field: str, code: str, plan: pb.CampaignPlan) -> None:
    """The error names the unreadable field."""
    request = pb.CreateCampaignRequest(request_id=REQUEST, plan=plan)
    told = await refused(edge.mine(), CREATE, request.SerializeToString())
    assert (told.reason, told.fields) == ("INVALID_MESSAGE", {f"plan.{field}": code})


@pytest.mark.parametrize(
    ("path", "verb"), [(START, Verb.START), (PAUSE, Verb.PAUSE), (RESUME, Verb.RESUME), (END, Verb.END)]
)
async def test_a_campaign_is_moved(edge: Edge, path: str, verb: Verb) -> None:
    """Each transition has its own method name in the fingerprint."""
    answer = pb.Campaign.FromString(await ask(edge, path))
    ((asked, moved),) = edge.campaigns.campaigns.asked
    assert (moved, asked.method, asked.fields) == (verb, path.rpartition("/")[2], (CAMPAIGN,))
    assert answer.start_time.ToDatetime(UTC) == MADE_AT
    assert answer.state == pb.Campaign.STATE_RUNNING


@pytest.mark.parametrize("path", [GET, START, CLAIM, RECORD, PROGRESS])
@pytest.mark.parametrize(("campaign_id", "code"), [("", "REQUIRED"), ("AB" * 16, "CHARACTER")])
async def test_no_campaign_id(edge: Edge, path: str, campaign_id: str, code: str) -> None:
    """A missing or invalid campaign id is refused."""
    told = await refused(edge.mine(), path, changed(path, campaign_id=campaign_id).SerializeToString())
    assert (told.reason, told.fields) == ("INVALID_MESSAGE", {"campaign_id": code})


@pytest.mark.parametrize("path", [IMPORT, CREATE, START, CLAIM, RECORD])
async def test_no_request_id(edge: Edge, path: str) -> None:
    """Every mutation needs a request id."""
    told = await refused(edge.mine(), path, changed(path, request_id="1").SerializeToString())
    assert (told.reason, told.fields) == ("INVALID_REQUEST_ID", {"request_id": "LENGTH"})


async def test_campaigns_by_pages(edge: Edge) -> None:
    """Each page except the last has a token for the next; another list's token is refused."""
    token, pages = "", 0
    while not pages or token:
        body = pb.ListCampaignsRequest(page_size=1, page_token=token).SerializeToString()
        answer = pb.ListCampaignsResponse.FromString(await call(edge.mine(), LIST, body))
        assert [one.campaign_id for one in answer.campaigns] == [CAMPAIGN]
        token, pages = answer.next_page_token, pages + 1
    assert pages == 3
    for request in (
        pb.ListCampaignsRequest(page_token="home-made"),
        pb.ListCampaignsRequest(page_size=1_001),
    ):
        told = await refused(edge.mine(), LIST, request.SerializeToString())
        assert told.reason == "INVALID_MESSAGE"


@pytest.mark.parametrize("role", ["auditor", "custodian", "operator", "monitor"])
async def test_only_platforms_list(edge: Edge, role: str) -> None:
    """Other roles are denied."""
    issued = edge.authority.client(spiffe(role, "somebody"))
    edge.platforms.platforms.append(platform(issued, name="somebody", role=role))
    await edge.directory.load()
    told = await refused(edge.channel(issued), LIST, b"")
    assert told.reason == "ACCESS_DENIED"


async def test_a_batch(edge: Edge) -> None:
    """An invitation by link has its code; the answer has the end of the lease."""
    request = changed(CLAIM, max_invitations=5)
    assert isinstance(request, pb.ClaimDueInvitationsRequest)
    request.lease_duration.FromTimedelta(timedelta(minutes=1))
    answer = pb.ClaimDueInvitationsResponse.FromString(
        await call(edge.mine(), CLAIM, request.SerializeToString())
    )
    (one,) = answer.invitations
    assert (one.account_token, one.due, one.code) == (OWNER, True, "0" * 26)
    assert one.code_expire_time.ToDatetime(UTC) == MADE_AT + timedelta(days=1)
    assert one.method == pb.CampaignPlan.METHOD_HOSTED_LINK
    assert answer.lease_expire_time.ToDatetime(UTC) == MADE_AT + timedelta(minutes=1)
    ((asked, *rest),) = edge.campaigns.invitations.asked
    assert rest == [CAMPAIGN, 5, timedelta(minutes=1)]
    assert getattr(asked, "fields") == (CAMPAIGN, 5, "60.0")  # noqa: B009 - the fakes keep objects


async def test_an_empty_batch(edge: Edge) -> None:
    """An empty batch has no lease; the defaults are 100 invitations and 10 minutes."""
    answer = pb.ClaimDueInvitationsResponse.FromString(await ask(edge, CLAIM, max_invitations=7))
    assert not answer.HasField("lease_expire_time")
    await ask(edge, CLAIM)
    assert edge.campaigns.invitations.asked[1][1:] == (CAMPAIGN, 100, timedelta(minutes=10))


@pytest.mark.parametrize(
    ("count", "seconds", "reason", "fields"),
    [
        (1_001, 60, "TOO_MANY_ITEMS", {"max_invitations": "LENGTH"}),
        (-1, 60, "INVALID_MESSAGE", {"max_invitations": "LENGTH"}),
        (1, 0, "INVALID_MESSAGE", {"lease_duration": "LENGTH"}),
        (1, 86_401, "INVALID_MESSAGE", {"lease_duration": "LENGTH"}),
    ],
)
async def test_a_wrong_batch(
    edge: Edge, count: int, seconds: int, reason: str, fields: dict[str, str]
) -> None:
    """A batch has at most 1,000 invitations and a lease of 1 second to 1 day."""
    request = changed(CLAIM, max_invitations=count)
    assert isinstance(request, pb.ClaimDueInvitationsRequest)
    request.lease_duration.FromTimedelta(timedelta(seconds=seconds))
    told = await refused(edge.mine(), CLAIM, request.SerializeToString())
    assert (told.reason, told.fields) == (reason, fields)


async def test_an_occasion(edge: Edge) -> None:
    """The answer is the invitation, or that there is none."""
    shown = pb.Invitation.FromString(await ask(edge, OFFER))
    assert (shown.campaign_id, shown.due, shown.state) == (CAMPAIGN, True, pb.Invitation.STATE_NEW)
    nothing = pb.Invitation.FromString(
        await ask(edge, OFFER, occasion=pb.GetInvitationRequest.OCCASION_SENSITIVE_ACTION)
    )
    assert nothing == pb.Invitation(account_token=OWNER)
    for occasion, code in ((0, "REQUIRED"), (9, "CHARACTER")):
        told = await refused(edge.mine(), OFFER, changed(OFFER, occasion=occasion).SerializeToString())
        assert told.fields == {"occasion": code}


async def test_an_event(edge: Edge) -> None:
    """The flow gets the event as sent, and the answer has the next reminder."""
    answer = pb.Invitation.FromString(await ask(edge, RECORD))
    assert answer.next_due_time.ToDatetime(UTC) == MADE_AT + timedelta(days=3)
    ((asked, *rest),) = edge.campaigns.invitations.asked
    assert rest == [OWNER, CAMPAIGN, ReverificationMethod.AT_LOGIN, InvitationEvent.OPENED]
    assert getattr(asked, "fields") == (OWNER, CAMPAIGN, 2, 2)  # noqa: B009
    for field in ("event", "method"):
        told = await refused(edge.mine(), RECORD, changed(RECORD, **{field: 0}).SerializeToString())
        assert told.fields == {field: "REQUIRED"}


async def test_progress(edge: Edge) -> None:
    """Progress has days and methods in order, their sum, and the cumulative number of verified accounts."""
    answer = pb.CampaignProgress.FromString(await ask(edge, PROGRESS))
    login, link = pb.CampaignPlan.METHOD_AT_LOGIN, pb.CampaignPlan.METHOD_HOSTED_LINK
    assert [(one.day, one.method) for one in answer.days] == [
        ("2026-03-01", login),
        ("2026-03-01", link),
        ("2026-03-02", login),
        ("2026-03-02", link),
    ]
    assert [one.funnel.invited for one in answer.days] == [2, 5, 0, 1]
    assert (answer.total.invited, answer.total.verified, answer.cohort_size) == (8, 1, 9)
    assert [(one.day, one.verified) for one in answer.coverage] == [("2026-03-01", 1), ("2026-03-02", 3)]


async def test_an_invitation_code_needs_its_account(edge: Edge) -> None:
    """VerifyIndividual accepts a code only with a token, and checks its format."""
    code = "0" * 26
    for token, sent, fields in (
        ("", code, {"account_token": "REQUIRED"}),
        (TOKEN, "short", {"invitation_code": "LENGTH"}),
        (TOKEN, "U" * 26, {"invitation_code": "CHARACTER"}),
    ):
        body = verify_request(account_token=token, invitation_code=sent).SerializeToString()
        told = await refused(edge.mine(), VERIFY, body)
        assert (told.reason, told.fields) == ("INVALID_MESSAGE", fields)
    body = verify_request(account_token=TOKEN, invitation_code=code).SerializeToString()
    await call(edge.mine(), VERIFY, body)
    (command,) = edge.claims.commands
    assert command.fields[-1] == code
    assert command.invitation_code_hash == core_invitation_code.code_hash(account_token=TOKEN, code=code)
    assert code not in repr(command)
