"""CampaignService over a real channel."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from google.protobuf.message import Message

from idvault.campaign import acts, api, rules
from idvault.campaign.invitation.rules import CampaignProgress, Stage
from idvault.campaign.legacy_account.rules import LegacyRow
from idvault.core import invitation_code as core_invitation_code
from idvault.core.edge import repetition
from idvault_verify import token
from idvault_verify.campaign import CampaignPlan, Cohort, QuietHours, ReverificationMethod
from idvault_verify.v1 import campaign_pb2 as pb
from tools.support.authority import spiffe
from tools.support.campaign_edge import (
    CAMPAIGN,
    CLAIM,
    CREATE,
    END,
    GET,
    IMPORT,
    LIST,
    OFFER,
    PAUSE,
    PLAN,
    PROGRESS,
    RECORD,
    REQUEST,
    RESUME,
    START,
    requests,
)
from tools.support.edge import TOKEN, VERIFY, Edge, call, platform, refused, verify_request
from tools.support.fakes.campaign import FakeCoder

ROW = pb.ImportLegacyAccountsResponse.Row


async def ask(edge: Edge, path: str, **changes: Any) -> bytes:
    """Call a method as platform-a with its valid request and changes."""
    return await call(edge.mine(), path, changed(path, **changes).SerializeToString())


def changed(path: str, **changes: Any) -> Message:
    request = requests()[path]
    for name, value in changes.items():
        setattr(request, name, value)
    return request


async def made(edge: Edge, *, start: bool = True, **changes: Any) -> str:
    """Create a campaign for every account, and start it; return its id."""
    request = pb.CreateCampaignRequest(request_id=str(uuid4()), plan=PLAN)
    request.plan.ClearField("cohort")
    request.plan.ClearField("quiet_hours")
    for name, value in changes.items():
        setattr(request.plan, name, value)
    created = pb.Campaign.FromString(await call(edge.mine(), CREATE, request.SerializeToString()))
    if start:
        await ask(edge, START, request_id=str(uuid4()), campaign_id=created.campaign_id)
    return created.campaign_id


async def owner(edge: Edge) -> str:
    """Import an account; return its token."""
    answer = pb.ImportLegacyAccountsResponse.FromString(await ask(edge, IMPORT))
    return answer.rows[0].account_token


async def test_an_import(edge: Edge) -> None:
    """Rows are answered in order; an invalid one has field and code and does not affect the others."""
    rows = [("user-1", "2012-05-01"), ("", "2012-05-01"), ("user-2", "tomorrow"), ("user-3", "9999-12-31")]
    request = pb.ImportLegacyAccountsRequest(
        request_id=f"{REQUEST}001",
        label="2014",
        accounts=[pb.LegacyAccount(reference=one, create_date=day) for one, day in rows],
    )
    answer = pb.ImportLegacyAccountsResponse.FromString(
        await call(edge.mine(), IMPORT, request.SerializeToString())
    )
    first, *others = answer.rows
    assert (first.outcome, token.check(first.account_token)) == (ROW.OUTCOME_CREATED, first.account_token)
    assert others == [
        ROW(outcome=ROW.OUTCOME_FAILED, violation_field="reference", violation_code="REQUIRED"),
        ROW(outcome=ROW.OUTCOME_FAILED, violation_field="create_date", violation_code="CHARACTER"),
        ROW(outcome=ROW.OUTCOME_FAILED, violation_field="create_date", violation_code="FUTURE_DATE"),
    ]
    read = api.import_rows(request, today=date(2026, 3, 1))
    assert read[0] == LegacyRow("user-1", date(2012, 5, 1))
    assert "user-1" not in repr(read)
    counted = [
        (sample.labels["outcome"], sample.value)
        for family in edge.metrics.families()
        for sample in family.samples
        if sample.name == "idvault_legacy_accounts_total"
    ]
    assert sorted(counted) == [("CREATED", 1), ("FAILED", 3)]


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
    request = pb.ImportLegacyAccountsRequest(
        request_id=f"{REQUEST}001", label=label, accounts=[account] * count
    )
    told = await refused(edge.mine(), IMPORT, request.SerializeToString())
    assert (told.code.name, told.reason, told.fields) == ("INVALID_ARGUMENT", reason, fields)


async def test_only_an_import_may_be_long(edge: Edge) -> None:
    """2,000 rows with long references are accepted; the same size is refused for other methods."""
    account = pb.LegacyAccount(reference="r" * 128, create_date="2012-05-01")
    long = pb.ImportLegacyAccountsRequest(
        request_id=f"{REQUEST}001", label="2014", accounts=[account] * 2_000
    )
    assert 128 * 1024 < long.ByteSize() < 1024 * 1024
    answer = await call(edge.mine(), IMPORT, long.SerializeToString())
    assert len(pb.ImportLegacyAccountsResponse.FromString(answer).rows) == 2_000
    plan = pb.CampaignPlan(incentive_text="x" * 70_000)
    other = pb.CreateCampaignRequest(request_id=f"{REQUEST}001", plan=plan)
    assert (await refused(edge.mine(), CREATE, other.SerializeToString())).reason == "INVALID_MESSAGE"


async def test_a_campaign_is_made(edge: Edge) -> None:
    """Every field of the plan is stored and returned, and belongs to the request."""
    answer = pb.Campaign.FromString(await ask(edge, CREATE))
    found = await acts.get(edge.campaigns.vault, "platform-a", answer.campaign_id)
    assert found.plan == CampaignPlan(
        title="Verify",
        cohort=Cohort("2014", date(2010, 1, 1), date(2014, 8, 7)),
        methods=(ReverificationMethod.HOSTED_LINK, ReverificationMethod.AT_LOGIN),
        daily_limit=100,
        reminder_days=(3, 7),
        quiet_hours=QuietHours(time(22), time(8), ZoneInfo("Asia/Shanghai")),
        incentive_text="一枚徽章",
        enforcement_date=date(2099, 1, 1),
    )
    assert (answer.state, answer.plan) == (pb.Campaign.STATE_DRAFT, PLAN)
    assert answer.create_time.ToDatetime(UTC) == found.created_at
    assert not answer.HasField("start_time")
    assert api.plan_fields(PLAN) == (
        *("Verify", "2014", "2010-01-01", "2014-08-07", 2, 4, 2, 100, 2, 3, 7),
        *("22:00", "08:00", "Asia/Shanghai", "一枚徽章", "2099-01-01"),
    )
    told = await refused(edge.mine(), CREATE, _other_title().SerializeToString())
    assert told.reason == "REQUEST_ID_REUSED"


def _other_title() -> Message:
    request = requests()[CREATE]
    assert isinstance(request, pb.CreateCampaignRequest)
    request.plan.title = "Other"
    return request


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
    request = pb.CreateCampaignRequest(request_id=f"{REQUEST}001", plan=plan)
    told = await refused(edge.mine(), CREATE, request.SerializeToString())
    assert (told.reason, told.fields) == ("INVALID_MESSAGE", {f"plan.{field}": code})


async def test_a_campaign_is_moved(edge: Edge) -> None:
    """Each method moves it; each has its own name in the fingerprint of its request."""
    campaign_id, ids = await made(edge, start=False), [str(uuid4()) for _ in range(4)]
    states = [pb.Campaign.STATE_RUNNING, pb.Campaign.STATE_PAUSED] * 2
    steps = zip([START, PAUSE, RESUME, END], ids, [*states[:3], pb.Campaign.STATE_ENDED], strict=True)
    for path, request_id, state in steps:
        change = {"campaign_id": campaign_id, "request_id": request_id}
        answer = pb.Campaign.FromString(await ask(edge, path, **change))
        assert (answer.state, answer.HasField("start_time")) == (state, True)
        for other in {START, PAUSE, RESUME, END} - {path}:
            told = await refused(edge.mine(), other, changed(other, **change).SerializeToString())
            assert told.reason == "REQUEST_ID_REUSED"


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
    ids = [await made(edge, start=False) for _ in range(3)]
    following, found = "", list[str]()
    while not found or following:
        body = pb.ListCampaignsRequest(page_size=1, page_token=following).SerializeToString()
        answer = pb.ListCampaignsResponse.FromString(await call(edge.mine(), LIST, body))
        found += [one.campaign_id for one in answer.campaigns]
        following = answer.next_page_token
    assert found == ids
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
    account_token, campaign_id = await owner(edge), await made(edge)
    request = changed(CLAIM, max_invitations=5, campaign_id=campaign_id)
    assert isinstance(request, pb.ClaimDueInvitationsRequest)
    request.lease_duration.FromTimedelta(timedelta(minutes=1))
    before = datetime.now(UTC)
    answer = pb.ClaimDueInvitationsResponse.FromString(
        await call(edge.mine(), CLAIM, request.SerializeToString())
    )
    (one,) = answer.invitations
    batch_id = request.request_id.replace("-", "")
    code = FakeCoder().code(account_token=account_token, campaign_id=campaign_id, batch_id=batch_id)
    assert (one.account_token, one.due, one.code) == (account_token, True, code)
    assert one.code_expire_time.ToDatetime(UTC) >= before + timedelta(days=1)
    assert one.method == pb.CampaignPlan.METHOD_HOSTED_LINK
    until = answer.lease_expire_time.ToDatetime(UTC)
    assert before + timedelta(minutes=1) <= until <= datetime.now(UTC) + timedelta(minutes=1)


async def test_an_empty_batch(edge: Edge) -> None:
    """An empty batch has no lease; the defaults are 100 invitations and 10 minutes."""
    campaign_id = await made(edge)
    answer = pb.ClaimDueInvitationsResponse.FromString(await ask(edge, CLAIM, campaign_id=campaign_id))
    assert answer == pb.ClaimDueInvitationsResponse()
    usual = pb.ClaimDueInvitationsRequest(campaign_id=campaign_id)
    assert (api.batch_size(usual), api.lease(usual)) == (100, timedelta(minutes=10))


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
    account_token, campaign_id = await owner(edge), await made(edge)
    shown = pb.Invitation.FromString(await ask(edge, OFFER, account_token=account_token))
    assert (shown.campaign_id, shown.due, shown.state) == (campaign_id, True, pb.Invitation.STATE_NEW)
    sensitive = pb.GetInvitationRequest.OCCASION_SENSITIVE_ACTION
    nothing = await ask(edge, OFFER, account_token=account_token, occasion=sensitive)
    assert pb.Invitation.FromString(nothing) == pb.Invitation(account_token=account_token)
    for occasion, code in ((0, "REQUIRED"), (9, "CHARACTER")):
        told = await refused(edge.mine(), OFFER, changed(OFFER, occasion=occasion).SerializeToString())
        assert told.fields == {"occasion": code}


async def test_an_event(edge: Edge) -> None:
    """The event is recorded as sent, and the answer has the next reminder."""
    account_token, campaign_id = await owner(edge), await made(edge)
    change = {"account_token": account_token, "campaign_id": campaign_id}
    before = datetime.now(UTC)
    answer = pb.Invitation.FromString(await ask(edge, RECORD, **change))
    assert answer.next_due_time.ToDatetime(UTC) >= before + timedelta(days=3)
    assert (answer.method, answer.deliveries) == (pb.CampaignPlan.METHOD_AT_LOGIN, 1)
    progress = pb.CampaignProgress.FromString(await ask(edge, PROGRESS, campaign_id=campaign_id))
    assert progress.total == pb.CampaignFunnel(invited=1, shown=1, opened=1)
    other = pb.RecordInvitationEventRequest.EVENT_LATER
    told = await refused(edge.mine(), RECORD, changed(RECORD, **change, event=other).SerializeToString())
    assert told.reason == "REQUEST_ID_REUSED"
    for field in ("event", "method"):
        told = await refused(edge.mine(), RECORD, changed(RECORD, **{field: 0}).SerializeToString())
        assert told.fields == {field: "REQUIRED"}


def test_progress() -> None:
    """Progress has days and methods in order, their sum, and the cumulative number of verified accounts."""
    first, second = date(2026, 3, 1), date(2026, 3, 2)
    reached = {
        (second, ReverificationMethod.AT_LOGIN, Stage.VERIFIED): 1,
        (first, ReverificationMethod.HOSTED_LINK, Stage.INVITED): 5,
        (first, ReverificationMethod.AT_LOGIN, Stage.INVITED): 2,
        (second, ReverificationMethod.HOSTED_LINK, Stage.INVITED): 1,
    }
    plan = CampaignPlan("Verify", Cohort(), (ReverificationMethod.AT_LOGIN,), daily_limit=100)
    found = rules.make(campaign_id=CAMPAIGN, relying_party="platform-a", plan=plan, now=datetime.now(UTC))
    answer = api.progress(found, CampaignProgress(9, reached, {second: 2, first: 1}, 4))
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
    assert (answer.campaign_id, answer.unanswered) == (CAMPAIGN, 4)


async def test_an_invitation_code_needs_its_account(edge: Edge) -> None:
    """VerifyIndividual accepts a code only with a token, and checks its format."""
    code = "0" * 26
    for account_token, sent, fields in (
        ("", code, {"account_token": "REQUIRED"}),
        (TOKEN, "short", {"invitation_code": "LENGTH"}),
        (TOKEN, "U" * 26, {"invitation_code": "CHARACTER"}),
    ):
        body = verify_request(account_token=account_token, invitation_code=sent).SerializeToString()
        told = await refused(edge.mine(), VERIFY, body)
        assert (told.reason, told.fields) == ("INVALID_MESSAGE", fields)
    request = verify_request(account_token=TOKEN, invitation_code=code)
    await call(edge.mine(), VERIFY, request.SerializeToString())
    (command,) = edge.claims.commands
    assert command.content == repetition.content(request)
    assert command.invitation_code_hash == core_invitation_code.code_hash(account_token=TOKEN, code=code)
    assert code not in repr(command)
