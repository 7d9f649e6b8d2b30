"""The rules of campaigns."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from idvault.campaign import rules as campaign_rules
from idvault.campaign.rules import Verb
from idvault_verify import seal
from idvault_verify.account import MinimumAssurance
from idvault_verify.campaign import (
    Campaign,
    CampaignPlan,
    CampaignState,
    Cohort,
    QuietHours,
    ReverificationMethod,
    plan_hash,
)
from idvault_verify.error import FieldCode, InvalidError, PreconditionError, Reason
from idvault_verify.session import Proof
from idvault_verify.v1 import campaign_pb2, common_pb2
from tools.support import builders
from tools.support.campaign_edge import PLAN

SHANGHAI = ZoneInfo("Asia/Shanghai")
TODAY = builders.TODAY


def plan(**changes: Any) -> CampaignPlan:
    """Return a valid plan with changes."""
    return replace(
        CampaignPlan("Verify", Cohort(), (ReverificationMethod.WHEN_DUE,), daily_limit=10), **changes
    )


def running(**changes: Any) -> Campaign:
    return Campaign("a" * 32, "platform-a", plan(**changes), CampaignState.RUNNING, builders.NOW)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"methods": tuple({*ReverificationMethod} - {ReverificationMethod.WHEN_DUE})},
        {"reminder_days": tuple(range(1, 11))},
        {"daily_limit": 1_000_000},
        {"incentive_text": "x" * 500},
        {"cohort": Cohort("2014", date(2010, 1, 1), date(2010, 1, 2))},
        {"enforcement_date": TODAY + timedelta(days=1)},
        {"quiet_hours": QuietHours(time(22), time(8), SHANGHAI)},
    ],
)
def test_a_plan_that_is_right(changes: dict[str, Any]) -> None:
    """A valid plan is returned unchanged."""
    assert campaign_rules.check_plan(plan=plan(**changes), today=TODAY) == plan(**changes)


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"title": ""}, "title", FieldCode.REQUIRED),
        ({"title": "x" * 101}, "title", FieldCode.LENGTH),
        ({"title": "a\n"}, "title", FieldCode.CHARACTER),
        ({"cohort": Cohort("x" * 65)}, "cohort.label", FieldCode.LENGTH),
        ({"cohort": Cohort("", TODAY, TODAY)}, "cohort.create_date_before", FieldCode.LENGTH),
        ({"methods": ()}, "methods", FieldCode.REQUIRED),
        ({"methods": (ReverificationMethod.AT_LOGIN,) * 2}, "methods", FieldCode.CHARACTER),
        (
            {"methods": (ReverificationMethod.WHEN_DUE, ReverificationMethod.HOSTED_LINK)},
            "methods",
            FieldCode.CHARACTER,
        ),
        ({"daily_limit": 0}, "daily_limit", FieldCode.LENGTH),
        ({"daily_limit": 1_000_001}, "daily_limit", FieldCode.LENGTH),
        ({"reminder_days": tuple(range(1, 12))}, "reminder_days", FieldCode.LENGTH),
        ({"reminder_days": (3, 3)}, "reminder_days", FieldCode.CHARACTER),
        ({"reminder_days": (0,)}, "reminder_days", FieldCode.CHARACTER),
        ({"reminder_days": (366,)}, "reminder_days", FieldCode.CHARACTER),
        (
            {"quiet_hours": QuietHours(time(8), time(8), SHANGHAI)},
            "quiet_hours.end",
            FieldCode.CHARACTER,
        ),
        ({"incentive_text": "x" * 501}, "incentive_text", FieldCode.LENGTH),
        ({"enforcement_date": TODAY}, "enforcement_date", FieldCode.LENGTH),
    ],
)
def test_a_wrong_plan(changes: dict[str, Any], field: str, code: FieldCode) -> None:
    """The error names the invalid field."""
    with pytest.raises(InvalidError) as refused:
        campaign_rules.check_plan(plan=plan(**changes), today=TODAY)
    assert refused.value.reason is Reason.INVALID_MESSAGE
    assert [(one.field, one.code) for one in refused.value.violations] == [(f"plan.{field}", code)]


@pytest.mark.parametrize(
    ("minimum", "more"),
    [
        (common_pb2.MINIMUM_ASSURANCE_UNSPECIFIED, ()),
        (common_pb2.MINIMUM_ASSURANCE_ANY, ()),
        (common_pb2.MINIMUM_ASSURANCE_HOLDER, (3,)),
    ],
)
def test_the_hash_of_a_plan_covers_all_its_fields(minimum: Any, more: tuple[int, ...]) -> None:
    """In their order, a list after its length; a minimum only if there is one."""
    message = campaign_pb2.CampaignPlan()
    message.CopyFrom(PLAN)
    message.minimum_assurance = minimum
    fields: list[seal.Part] = [
        *("Verify", "2014", "2010-01-01", "2014-08-07"),
        *(2, 4, 2, 100, 2, 3, 7),
        *("22:00", "08:00", "Asia/Shanghai", "一枚徽章", "2099-01-01"),
        *more,
    ]
    assert plan_hash(message) == sha256(seal.encode("idvault/campaign-plan/v1", *fields)).digest()


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("state", list(CampaignState))
def test_the_life_of_a_campaign(verb: Verb, state: CampaignState) -> None:
    """Only these transitions exist; the start time is set once."""
    after = {
        (Verb.START, CampaignState.DRAFT): CampaignState.RUNNING,
        (Verb.PAUSE, CampaignState.RUNNING): CampaignState.PAUSED,
        (Verb.RESUME, CampaignState.PAUSED): CampaignState.RUNNING,
        (Verb.END, CampaignState.DRAFT): CampaignState.ENDED,
        (Verb.END, CampaignState.RUNNING): CampaignState.ENDED,
        (Verb.END, CampaignState.PAUSED): CampaignState.ENDED,
    }.get((verb, state))
    before = replace(running(), state=state)
    if after is None:
        with pytest.raises(PreconditionError) as refused:
            campaign_rules.move(campaign=before, verb=verb, now=builders.NOW)
        assert refused.value.reason is Reason.ILLEGAL_TRANSITION
        return
    moved = campaign_rules.move(campaign=before, verb=verb, now=builders.NOW)
    assert moved.state is after
    assert moved.started_at == (builders.NOW if verb is Verb.START else None)
    earlier = builders.NOW - timedelta(days=1)
    again = campaign_rules.move(campaign=replace(before, started_at=earlier), verb=verb, now=builders.NOW)
    assert again.started_at == earlier


@pytest.mark.parametrize(
    ("minimum", "proofs", "reached"),
    [
        (None, {Proof.NUMBER_MATCH}, True),
        (MinimumAssurance.HOLDER, {Proof.NUMBER_MATCH, Proof.HOLDER}, True),
        (MinimumAssurance.HOLDER, {Proof.NUMBER_MATCH}, False),
        (MinimumAssurance.HOLDER_OR_DOCUMENT_SEEN, {Proof.RESULT_ONLY}, False),
        (MinimumAssurance.HOLDER, set[Proof](), False),
    ],
)
def test_a_minimum_can_be_reached(
    minimum: MinimumAssurance | None, proofs: set[Proof], reached: bool
) -> None:
    """A campaign does not ask for what no proof of its platform establishes."""
    asked = plan(minimum_assurance=minimum)
    if reached:
        campaign_rules.check_reach(plan=asked, proofs=proofs)
        return
    with pytest.raises(PreconditionError) as refused:
        campaign_rules.check_reach(plan=asked, proofs=proofs)
    assert refused.value.reason is Reason.PROOF_NOT_OFFERED


@pytest.mark.parametrize("cohort", [Cohort("2014"), Cohort("", date(2010, 1, 1)), Cohort("", None, TODAY)])
def test_who_signed_up_is_in_the_cohort_of_all(cohort: Cohort) -> None:
    """An account that was not imported has no label and no day of creation."""
    assert campaign_rules.covers_all(cohort=Cohort())
    assert not campaign_rules.covers_all(cohort=cohort)


def test_a_new_campaign_invites_nobody() -> None:
    """A new campaign is a draft."""
    made = campaign_rules.make(
        campaign_id="a" * 32, relying_party="platform-a", plan=plan(), now=builders.NOW
    )
    assert (made.state, made.created_at, made.started_at) == (CampaignState.DRAFT, builders.NOW, None)
    with pytest.raises(PreconditionError):
        campaign_rules.check_delivers(campaign=made)


def test_the_method_of_batches() -> None:
    """The method is the one whose batches the platform delivers."""
    both = running(methods=(ReverificationMethod.AT_LOGIN, ReverificationMethod.HOSTED_LINK))
    assert campaign_rules.check_delivers(campaign=both) is ReverificationMethod.HOSTED_LINK
    with pytest.raises(PreconditionError):
        campaign_rules.check_delivers(campaign=running(methods=(ReverificationMethod.AT_LOGIN,)))


@pytest.mark.parametrize(
    ("cohort", "covered"),
    [
        (Cohort(), True),
        (Cohort("a"), True),
        (Cohort("b"), False),
        (Cohort("a", date(2012, 5, 1)), True),
        (Cohort("a", date(2012, 5, 2)), False),
        (Cohort("", None, date(2012, 5, 2)), True),
        (Cohort("", None, date(2012, 5, 1)), False),
    ],
)
def test_a_cohort(cohort: Cohort, covered: bool) -> None:
    """An account must match every field; the end date is exclusive."""
    assert campaign_rules.covers(cohort=cohort, label="a", create_date=date(2012, 5, 1)) is covered


@pytest.mark.parametrize(
    ("start", "end", "quiet"),
    [
        (time(11), time(12), False),
        (time(12), time(13), True),
        (time(22), time(8), False),
        (time(11), time(8), True),
        (time(22), time(12, 1), True),
    ],
)
def test_quiet_hours(start: time, end: time, quiet: bool) -> None:
    """At noon in Shanghai: the start is inclusive, the end exclusive, and the hours may span midnight."""
    hours = QuietHours(start, end, SHANGHAI)
    now = datetime(2026, 3, 1, 4, 0, tzinfo=UTC)
    assert campaign_rules.is_quiet(plan=plan(quiet_hours=hours), now=now) is quiet


@pytest.mark.parametrize(
    ("now", "quiet"),
    [
        (datetime(2026, 3, 28, 6, 30, tzinfo=UTC), True),
        (datetime(2026, 3, 29, 6, 30, tzinfo=UTC), False),
        (datetime(2026, 10, 24, 20, 30, tzinfo=UTC), True),
        (datetime(2026, 10, 25, 20, 30, tzinfo=UTC), False),
    ],
)
def test_quiet_hours_follow_their_own_clock(now: datetime, quiet: bool) -> None:
    """From ten to eight in Berlin, before and after its clocks change in spring and in autumn."""
    hours = QuietHours(time(22), time(8), ZoneInfo("Europe/Berlin"))
    assert campaign_rules.is_quiet(plan=plan(quiet_hours=hours), now=now) is quiet


def test_no_quiet_hours() -> None:
    """A plan without quiet hours is never quiet."""
    assert not campaign_rules.is_quiet(plan=plan(), now=builders.NOW)


def test_the_deployment_keeps_half_for_sign_ups() -> None:
    """90 checks a second are 7,776,000 a day."""
    assert campaign_rules.deployment_limit(registry_calls_per_second=90) == 3_888_000


@pytest.mark.parametrize(
    ("delivered", "everybodys", "left"), [(0, 0, 10), (9, 0, 1), (12, 0, 0), (0, 95, 5), (0, 120, 0)]
)
def test_the_smaller_limit_counts(delivered: int, everybodys: int, left: int) -> None:
    """The allowance is limited by the campaign and by the deployment."""
    allowed = campaign_rules.allowance(
        plan=plan(), delivered=delivered, deployment_limit=100, deployment_delivered=everybodys
    )
    assert allowed == left


@pytest.mark.parametrize("state", list(CampaignState))
@pytest.mark.parametrize("day", [None, TODAY, TODAY + timedelta(days=1)])
def test_enforcement(state: CampaignState, day: date | None) -> None:
    """Only a running campaign enforces, and only from its enforcement date on."""
    one = replace(running(enforcement_date=day), state=state)
    expected = state is CampaignState.RUNNING and day == TODAY
    assert campaign_rules.enforces(campaign=one, today=TODAY) is expected
