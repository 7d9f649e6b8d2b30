"""The rules of invitations."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.campaign.invitation import rules as invitation_rules
from idvault.campaign.invitation.rules import Invitation, Stage
from idvault.core import invitation_code
from idvault_verify.account import (
    Account,
    AccountState,
    Assurance,
    MinimumAssurance,
    Standing,
    SubjectKind,
)
from idvault_verify.campaign import (
    CampaignPlan,
    Cohort,
    InvitationEvent,
    InvitationState,
    ReverificationMethod,
)
from idvault_verify.error import FieldCode, InvalidError, PreconditionError, Reason
from tools.support import builders

NOW, TODAY = builders.NOW, builders.TODAY
PLAN = CampaignPlan(
    "Verify", Cohort(), (ReverificationMethod.WHEN_DUE,), daily_limit=10, reminder_days=(3, 7)
)
EVENT, IN = InvitationEvent, InvitationState
MATCH = frozenset({Assurance.REGISTRY_MATCH})


def fresh(method: ReverificationMethod = ReverificationMethod.WHEN_DUE) -> Invitation:
    """Return an undelivered invitation."""
    return invitation_rules.new(account_token=builders.TOKEN, campaign_id="c" * 32, method=method, now=NOW)


def leased(one: Invitation, *, now: datetime = NOW) -> Invitation:
    """Return an invitation leased to a batch for 10 minutes."""
    return invitation_rules.lease(invitation=one, until=now + timedelta(minutes=10), now=now, today=TODAY)


def recorded(one: Invitation, event: InvitationEvent = EVENT.SHOWN, *, now: datetime = NOW) -> Invitation:
    return invitation_rules.record(invitation=one, event=event, plan=PLAN, now=now, real=now, today=TODAY)


def due(one: Invitation, *, now: datetime = NOW) -> bool:
    return invitation_rules.is_due(invitation=one, now=now, real=now)


def concluded(one: Invitation, **changes: Any) -> Invitation:
    """Return an invitation after a claim that succeeded by name and number, with changes."""
    given = {"minimum": None, "succeeded": True, "assurances": MATCH, **changes}
    return invitation_rules.conclude(invitation=one, today=TODAY, **given)


def imported(**changes: Any) -> Account:
    return builders.account(**{"state": AccountState.UNVERIFIED, **changes})


def test_a_delivery_is_leased_and_acknowledged() -> None:
    """A leased delivery is not due; after the acknowledgement the first interval starts."""
    out = leased(fresh())
    assert (out.state, out.deliveries, out.reached) == (IN.ACTIVE, 1, {Stage.INVITED: TODAY})
    assert not due(out)
    assert due(out, now=NOW + timedelta(minutes=10))
    done = recorded(out)
    assert (done.deliveries, done.leased_until, done.due_at) == (1, None, NOW + timedelta(days=3))
    assert set(done.reached) == {Stage.INVITED, Stage.SHOWN}


def test_a_delivery_that_came_back_is_the_same_one() -> None:
    """A delivery whose lease ended is not counted again."""
    out = leased(fresh())
    again = leased(out, now=NOW + timedelta(hours=1))
    assert (again.deliveries, again.leased_until) == (1, NOW + timedelta(hours=1, minutes=10))
    assert not invitation_rules.counts(before=out, after=again)
    assert invitation_rules.counts(before=fresh(), after=out)


def test_reminders_end() -> None:
    """There is one delivery, then one for each interval."""
    one, now = fresh(ReverificationMethod.AT_LOGIN), NOW
    deliveries = []
    for _ in range(40):
        if due(one, now=now):
            one = recorded(one, now=now)
            deliveries.append((now - NOW).days)
        now += timedelta(days=1)
    assert (deliveries, one.deliveries, one.due_at) == ([0, 3, 10], 3, None)


def test_an_event_between_deliveries_moves_nothing() -> None:
    """Such an event does not change the time of the next reminder."""
    shown = recorded(fresh(ReverificationMethod.AT_LOGIN))
    later = recorded(shown, EVENT.LATER, now=NOW + timedelta(days=1))
    assert (later.deliveries, later.due_at, later.state) == (1, shown.due_at, IN.ACTIVE)


@pytest.mark.parametrize("event", list(EVENT))
@pytest.mark.parametrize("before", list(IN))
def test_where_an_event_leads(event: InvitationEvent, before: InvitationState) -> None:
    """Only DISMISSED and COMPLETED change the state; a VERIFIED invitation never changes."""
    moves: dict[InvitationEvent, dict[InvitationState, InvitationState]] = {
        EVENT.DISMISSED: {IN.NEW: IN.DISMISSED, IN.ACTIVE: IN.DISMISSED},
        EVENT.COMPLETED: {state: IN.COMPLETED for state in IN if state is not IN.VERIFIED},
    }
    otherwise = IN.ACTIVE if before is IN.NEW else before
    start = (
        fresh(ReverificationMethod.AT_LOGIN)
        if before is IN.NEW
        else replace(fresh(), state=before, due_at=None)
    )
    after = recorded(start, event)
    assert after.state is moves.get(event, {}).get(before, otherwise)
    assert {Stage.INVITED, Stage.SHOWN, Stage(event.value)} <= set(after.reached)


def test_a_stage_keeps_its_first_day() -> None:
    """Later events do not change the day of a stage."""
    early = replace(recorded(fresh()), reached={Stage.SHOWN: TODAY - timedelta(days=5)})
    assert recorded(early).reached[Stage.SHOWN] == TODAY - timedelta(days=5)


def test_a_success_ends_it() -> None:
    """After a success no delivery is due."""
    after = concluded(leased(fresh()))
    assert (after.state, after.due_at, after.leased_until) == (IN.VERIFIED, None, None)
    assert after.reached[Stage.VERIFIED] == TODAY


def test_a_failure_lets_the_reminders_go_on() -> None:
    """After COMPLETED the reminders continue as planned; DISMISSED stays."""
    shown = recorded(leased(fresh()))
    failed = concluded(recorded(shown, EVENT.COMPLETED), succeeded=False)
    assert (failed.state, failed.due_at) == (IN.ACTIVE, shown.due_at)
    assert failed.reached[Stage.FAILED] == TODAY
    refused = concluded(recorded(shown, EVENT.DISMISSED), succeeded=False)
    assert refused.state is IN.DISMISSED


@pytest.mark.parametrize("state", list(AccountState))
@pytest.mark.parametrize("standing", list(Standing))
def test_who_may_be_invited(state: AccountState, standing: Standing) -> None:
    """Only UNVERIFIED accounts that may renew are invited by a campaign without a minimum."""
    expected = state is AccountState.UNVERIFIED and standing not in (
        Standing.RENEWAL_SUSPENDED,
        Standing.CLOSED,
    )
    asked = imported(state=state, standing=standing, assurances=MATCH)
    assert invitation_rules.is_open(account=asked, minimum=None) is expected


@pytest.mark.parametrize("minimum", list(MinimumAssurance))
@pytest.mark.parametrize("kind", list(SubjectKind))
@pytest.mark.parametrize("standing", list(Standing))
def test_who_may_be_asked_for_more(minimum: MinimumAssurance, kind: SubjectKind, standing: Standing) -> None:
    """People who are verified without the minimum, unless their proof allows no other or they are barred."""
    seen = frozenset({Assurance.DOCUMENT_SEEN})
    holder = frozenset({Assurance.HOLDER})
    barred = standing in (Standing.RENEWAL_SUSPENDED, Standing.CLOSED)
    for facts, lacking in (
        (MATCH, {MinimumAssurance.HOLDER, MinimumAssurance.HOLDER_OR_DOCUMENT_SEEN}),
        (seen, set[MinimumAssurance]()),
        (MATCH | seen, set[MinimumAssurance]()),
        (holder, set[MinimumAssurance]()),
        (MATCH | holder, set[MinimumAssurance]()),
        (frozenset({Assurance.RESULT_ONLY}), set[MinimumAssurance]()),
    ):
        verified = imported(
            state=AccountState.VERIFIED, standing=standing, assurances=facts, subject_kind=kind
        )
        expected = minimum in lacking and kind is SubjectKind.INDIVIDUAL
        assert invitation_rules.lacks(account=verified, minimum=minimum) is expected
        invited = invitation_rules.is_open(account=verified, minimum=minimum)
        assert invited is (expected and not barred)
        expired = replace(verified, state=AccountState.EXPIRED)
        assert not invitation_rules.is_open(account=expired, minimum=minimum)


@pytest.mark.parametrize("event", [EVENT.SHOWN, EVENT.COMPLETED, EVENT.DISMISSED])
def test_a_success_with_less_is_neither_an_end_nor_a_failure(event: InvitationEvent) -> None:
    """A renewal by name and number leaves the invitation open; the holder's proof completes it."""
    shown = recorded(leased(fresh()), event)
    minimum = MinimumAssurance.HOLDER
    renewed = concluded(shown, minimum=minimum, assurances=MATCH)
    state = IN.DISMISSED if event is EVENT.DISMISSED else IN.ACTIVE
    assert (renewed.state, renewed.due_at, renewed.reached) == (state, shown.due_at, shown.reached)
    proved = concluded(renewed, minimum=minimum, assurances=MATCH | {Assurance.HOLDER})
    assert (proved.state, proved.reached[Stage.VERIFIED]) == (IN.VERIFIED, TODAY)
    assert concluded(proved, minimum=minimum, succeeded=False) == proved


@pytest.mark.parametrize("was_shown", [True, False])
@pytest.mark.parametrize("state", list(AccountState))
@pytest.mark.parametrize("standing", list(Standing))
def test_who_is_limited(was_shown: bool, state: AccountState, standing: Standing) -> None:
    """Only unverified owners who were shown an invitation are limited, whatever their standing is."""
    asked = imported(state=state, standing=standing)
    expected = was_shown and state is AccountState.UNVERIFIED
    assert invitation_rules.is_limited(account=asked, was_shown=was_shown) is expected


def test_a_code_by_link_lives_a_day() -> None:
    """Only invitations by link have a code."""
    assert leased(fresh(ReverificationMethod.HOSTED_LINK)).code_expires_at == NOW + timedelta(days=1)
    assert leased(fresh()).code_expires_at is None


@given(st.binary(min_size=16, max_size=16))
def test_codes_are_well_formed(random: bytes) -> None:
    """Every generated code passes the check."""
    assert invitation_code.check_code(invitation_code.code(random)) == invitation_code.code(random)


def test_codes_differ_with_every_bit() -> None:
    """Each of the 128 bits changes the code."""
    codes = {invitation_code.code((1 << bit).to_bytes(16, "big")) for bit in range(128)}
    assert len(codes) == 128


@pytest.mark.parametrize(
    ("code", "expected"),
    [("0" * 25, FieldCode.LENGTH), ("8" + "0" * 25, FieldCode.CHARACTER), ("U" * 26, FieldCode.CHARACTER)],
)
def test_a_malformed_code(code: str, expected: FieldCode) -> None:
    """The error names the field and does not contain the code."""
    with pytest.raises(InvalidError) as refused:
        invitation_code.check_code(code)
    (violation,) = refused.value.violations
    assert (violation.field, violation.code) == ("invitation_code", expected)


def test_a_code_is_for_claims_that_establish_enough() -> None:
    """A campaign that asks for a holder is not answered by a match."""
    for proved in (Assurance.REGISTRY_MATCH, Assurance.HOLDER):
        invitation_rules.check_minimum(minimum=MinimumAssurance.ANY, proved=proved)
    invitation_rules.check_minimum(minimum=MinimumAssurance.HOLDER, proved=Assurance.HOLDER)
    with pytest.raises(PreconditionError) as refused:
        invitation_rules.check_minimum(minimum=MinimumAssurance.HOLDER, proved=Assurance.REGISTRY_MATCH)
    assert refused.value.reason is Reason.ASSURANCE_MISSING


def test_a_code_is_its_accounts_own() -> None:
    """The hash depends on the account, and every refusal is the same."""
    code = invitation_code.code(bytes(16))
    hashes = {invitation_code.code_hash(account_token=token, code=code) for token in ("a", "b")}
    assert len(hashes) == 2
    refusal = invitation_rules.refuse_code()
    assert isinstance(refusal, PreconditionError)
    assert refusal.reason is Reason.ILLEGAL_TRANSITION
