"""CampaignService over a real channel."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from google.protobuf.message import Message

from idvault.campaign import api, rules
from idvault.campaign.invitation.rules import CampaignProgress, Stage
from idvault.core import invitation_code as core_invitation_code
from idvault.core.edge import repetition
from idvault_verify.campaign import CampaignPlan, Cohort, ReverificationMethod
from idvault_verify.v1 import campaign_pb2 as pb
from tools.support.campaign_edge import (
    CAMPAIGN,
    CLAIM,
    CREATE,
    GET,
    IMPORT,
    LIST,
    OFFER,
    PROGRESS,
    RECORD,
    REQUEST,
    START,
    requests,
)
from tools.support.edge import TOKEN, VERIFY, Edge, call, refused, verify_request


def changed(path: str, **changes: Any) -> Message:
    request = requests()[path]
    for name, value in changes.items():
        setattr(request, name, value)
    return request


async def test_a_chunk_that_is_too_long(edge: Edge) -> None:
    """The whole chunk is refused."""
    account = pb.LegacyAccount(reference="user-1", create_date="2012-05-01")
    request = pb.ImportLegacyAccountsRequest(
        request_id=f"{REQUEST}001", label="2014", accounts=[account] * 2_001
    )
    told = await refused(edge.mine(), IMPORT, request.SerializeToString())
    assert (told.code.name, told.reason) == ("INVALID_ARGUMENT", "TOO_MANY_ITEMS")
    assert told.fields == {"accounts": "LENGTH"}


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


async def test_a_plan_that_is_none(edge: Edge) -> None:
    """The error names the unreadable field."""
    channel, plan = edge.mine(), pb.CampaignPlan

    def hours(start: str = "22:00", end: str = "08:00", time_zone: str = "UTC") -> pb.CampaignPlan:
        return plan(quiet_hours=pb.QuietHours(start=start, end=end, time_zone=time_zone))

    for field, code, wrong in (
        ("methods", "REQUIRED", plan(methods=[plan.METHOD_UNSPECIFIED])),
        ("methods", "CHARACTER", plan(methods=[99])),  # type: ignore[list-item]
        ("cohort.create_date_from", "CHARACTER", plan(cohort=pb.CampaignCohort(create_date_from="May"))),
        (
            "cohort.create_date_before",
            "CHARACTER",
            plan(cohort=pb.CampaignCohort(create_date_before="2014-2-1")),
        ),
        ("enforcement_date", "CHARACTER", plan(enforcement_date="soon")),
        ("quiet_hours.time_zone", "CHARACTER", hours(time_zone="Mars/Base")),
        ("quiet_hours.time_zone", "CHARACTER", hours(time_zone="../passwd")),
        ("quiet_hours.start", "CHARACTER", hours(start="24:00")),
        ("quiet_hours.end", "CHARACTER", hours(end="8")),
    ):
        request = pb.CreateCampaignRequest(request_id=f"{REQUEST}001", plan=wrong)
        told = await refused(channel, CREATE, request.SerializeToString())
        assert (told.reason, told.fields) == ("INVALID_MESSAGE", {f"plan.{field}": code})


async def test_no_campaign_id(edge: Edge) -> None:
    """A missing or invalid campaign id is refused by each method that has one."""
    channel = edge.mine()
    for path in (GET, START, CLAIM, RECORD, PROGRESS):
        for campaign_id, code in (("", "REQUIRED"), ("AB" * 16, "CHARACTER")):
            told = await refused(channel, path, changed(path, campaign_id=campaign_id).SerializeToString())
            assert (told.reason, told.fields) == ("INVALID_MESSAGE", {"campaign_id": code})


async def test_a_wrong_page(edge: Edge) -> None:
    """Another list's token, and a page that is too long."""
    channel = edge.mine()
    for wrong in (pb.ListCampaignsRequest(page_token="home-made"), pb.ListCampaignsRequest(page_size=1_001)):
        assert (await refused(channel, LIST, wrong.SerializeToString())).reason == "INVALID_MESSAGE"


def test_a_usual_batch() -> None:
    """The defaults are 100 invitations and 10 minutes."""
    usual = pb.ClaimDueInvitationsRequest(campaign_id=CAMPAIGN)
    assert (api.batch_size(usual), api.lease(usual)) == (100, timedelta(minutes=10))


async def test_a_wrong_batch(edge: Edge) -> None:
    """A batch has at most 1,000 invitations and a lease of 1 second to 1 day."""
    channel = edge.mine()
    for count, seconds, reason, field in (
        (1_001, 60, "TOO_MANY_ITEMS", "max_invitations"),
        (-1, 60, "INVALID_MESSAGE", "max_invitations"),
        (1, 0, "INVALID_MESSAGE", "lease_duration"),
        (1, 86_401, "INVALID_MESSAGE", "lease_duration"),
    ):
        request = changed(CLAIM, max_invitations=count)
        assert isinstance(request, pb.ClaimDueInvitationsRequest)
        request.lease_duration.FromTimedelta(timedelta(seconds=seconds))
        told = await refused(channel, CLAIM, request.SerializeToString())
        assert (told.reason, told.fields) == (reason, {field: "LENGTH"})


async def test_a_word_that_is_none(edge: Edge) -> None:
    """The error names the field."""
    channel = edge.mine()
    for path, field, number, code in (
        (OFFER, "occasion", 0, "REQUIRED"),
        (OFFER, "occasion", 9, "CHARACTER"),
        (RECORD, "event", 0, "REQUIRED"),
        (RECORD, "method", 0, "REQUIRED"),
    ):
        told = await refused(channel, path, changed(path, **{field: number}).SerializeToString())
        assert told.fields == {field: code}


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
