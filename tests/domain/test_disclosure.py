"""The rules of disclosures."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from idvault.disclosure import rules as disclosure_rules
from idvault.disclosure.rules import Tally
from idvault_verify import disclosure as verify_disclosure
from idvault_verify.disclosure import (
    DecidingQuorum,
    Decision,
    Disclosure,
    DisclosureState,
    QuorumMember,
    Verdict,
)
from idvault_verify.error import (
    DeniedError,
    FieldCode,
    IdvaultError,
    InvalidError,
    NotFoundError,
    PreconditionError,
    Reason,
)
from tools.support import builders

NOW = datetime(2026, 3, 1, 4, 0, 12, tzinfo=UTC)
END = NOW + verify_disclosure.USUAL_LIFETIME
QUORUM = DecidingQuorum("e" * 64, threshold=2, size=3)
MEMBERS = [QuorumMember(f"custodian-{name}", name * 32, place) for place, name in enumerate("abc", 1)]
A, B, C = MEMBERS
TERMS: dict[str, Any] = {
    "disclosure_id": "d" * 32,
    "account_token": builders.TOKEN,
    "case_reference": "案 1",
    "legal_basis": "第一条",
    "purpose": "synthetic",
    "openings": 1,
    "lifetime": verify_disclosure.USUAL_LIFETIME,
}


def disclosure(**changes: Any) -> Disclosure:
    """Return a new request of auditor-a."""
    made = Disclosure("d" * 32, "auditor-a", "9" * 32, builders.TOKEN, "1" * 32, 1, NOW, END)
    return replace(made, **changes)


def decide(before: Disclosure, member: QuorumMember, verdict: Verdict = Verdict.APPROVE) -> Disclosure:
    return disclosure_rules.decide(disclosure=before, member=member, verdict=verdict, quorum=QUORUM, now=NOW)


def release(before: Disclosure, member: QuorumMember) -> Disclosure:
    return disclosure_rules.release(disclosure=before, member=member, quorum=QUORUM, now=NOW)


def give(before: Disclosure, member: QuorumMember) -> Disclosure:
    """Approve and release."""
    return release(decide(before, member), member)


def reason(error: pytest.ExceptionInfo[IdvaultError]) -> Reason:
    return error.value.reason


def test_m_releases_disclose() -> None:
    """Approvals alone change nothing; with the second of two shares it is APPROVED, and the time is kept."""
    agreed = decide(decide(decide(disclosure(), B), A), C)
    assert (agreed.state, agreed.disclosed_at) == (DisclosureState.REQUESTED, None)
    once = release(agreed, B)
    twice = release(once, A)
    assert (once.state, once.disclosed_at) == (DisclosureState.REQUESTED, None)
    assert (twice.state, twice.disclosed_at) == (DisclosureState.APPROVED, NOW)
    assert [made.custodian for made in twice.decisions] == ["custodian-b", "custodian-a", "custodian-c"]
    assert (twice.count(Verdict.APPROVE), twice.releases) == (3, 2)


def test_a_disclosure_is_not_undone() -> None:
    """A third share, a cancellation and an expiry keep the time of the M-th release."""
    disclosed = give(give(disclosure(), A), B)
    later = NOW + timedelta(hours=1)
    third = disclosure_rules.decide(
        disclosure=disclosed, member=C, verdict=Verdict.APPROVE, quorum=QUORUM, now=later
    )
    ended = [
        disclosure_rules.release(disclosure=third, member=C, quorum=QUORUM, now=later),
        disclosure_rules.cancel(disclosure=disclosed, now=later),
        disclosure_rules.expire(disclosure=disclosed, now=END),
    ]
    assert {each.disclosed_at for each in ended} == {NOW}


def test_a_share_follows_its_own_approval_once() -> None:
    """Without an approval, after a denial, and a second time a release is refused."""
    given = give(disclosure(), A)
    denied = decide(disclosure(), B, Verdict.DENY)
    for before, member in ((disclosure(), A), (given, A), (given, replace(B, place=1)), (denied, B)):
        with pytest.raises(PreconditionError) as refused:
            release(before, member)
        assert reason(refused) is Reason.ILLEGAL_TRANSITION


def test_enough_denials_deny() -> None:
    """In a 2-of-3 quorum two denials deny; a single custodian can neither open nor block."""
    once = decide(disclosure(), A, Verdict.DENY)
    assert once.state is DisclosureState.REQUESTED
    assert give(give(once, B), C).state is DisclosureState.APPROVED
    assert decide(once, C, Verdict.DENY).state is DisclosureState.DENIED


def test_denials_after_the_disclosure_change_nothing() -> None:
    """Denials are kept, but once M shares are released they end nothing."""
    disclosed = give(give(disclosure(), A), B)
    assert decide(disclosed, C, Verdict.DENY).state is DisclosureState.APPROVED
    wide = DecidingQuorum("e" * 64, threshold=2, size=2)
    denied = disclosure_rules.decide(
        disclosure=disclosed, member=C, verdict=Verdict.DENY, quorum=wide, now=NOW
    )
    assert denied.state is DisclosureState.APPROVED


def test_shares_are_taken_until_the_auditor_confirms() -> None:
    """After an opening a share is still taken; after the confirmation neither a decision nor a share is."""
    opened = disclosure_rules.open_once(disclosure=give(give(disclosure(), A), B), now=NOW)
    assert give(opened, C).state is DisclosureState.OPENED
    agreed = decide(opened, C)
    confirmed = disclosure_rules.confirm(disclosure=agreed, now=NOW)
    assert confirmed.confirmed_at == NOW
    late: list[Any] = [
        lambda: release(confirmed, C),
        lambda: decide(disclosure_rules.confirm(disclosure=opened, now=NOW), C),
        lambda: disclosure_rules.confirm(disclosure=confirmed, now=NOW),
        lambda: disclosure_rules.confirm(disclosure=disclosure(state=DisclosureState.APPROVED), now=NOW),
    ]
    for act in late:
        with pytest.raises(PreconditionError) as refused:
            act()
        assert reason(refused) is Reason.ILLEGAL_TRANSITION


def test_a_wrong_share_is_reported_once() -> None:
    """Only a released share of an opened record is reported; a second report changes nothing."""
    disclosed = give(give(disclosure(), A), B)
    opened = disclosure_rules.open_once(disclosure=disclosed, now=NOW)
    reported = disclosure_rules.report_share(disclosure=opened, custodian="custodian-a", now=NOW)
    assert [made.reported_at for made in reported.decisions] == [NOW, None]
    assert disclosure_rules.report_share(disclosure=reported, custodian="custodian-a", now=END) == reported
    for before, name in (
        (disclosed, "custodian-a"),
        (opened, "custodian-c"),
        (decide(opened, C), "custodian-c"),
    ):
        with pytest.raises(PreconditionError):
            disclosure_rules.report_share(disclosure=before, custodian=name, now=NOW)


@pytest.mark.parametrize("member", [replace(A, name="auditor-a"), replace(A, actor_id="9" * 32)])
def test_nobody_decides_on_an_own_request(member: QuorumMember) -> None:
    """A member with the auditor's name or the auditor's actor id is refused."""
    with pytest.raises(DeniedError) as refused:
        decide(disclosure(), member)
    assert reason(refused) is Reason.SELF_APPROVAL


@pytest.mark.parametrize("member", [A, replace(A, name="custodian-d"), replace(A, place=3)])
def test_a_custodian_and_a_place_count_once(member: QuorumMember) -> None:
    """A second decision of the same custodian or place is refused, also after a hand-over."""
    with pytest.raises(PreconditionError) as refused:
        decide(decide(disclosure(), A), member)
    assert reason(refused) is Reason.ILLEGAL_TRANSITION


@pytest.mark.parametrize(
    "state", [DisclosureState.DENIED, DisclosureState.EXPIRED, DisclosureState.CANCELLED]
)
def test_only_a_waiting_request_is_decided(state: DisclosureState) -> None:
    """No decision is accepted after the request has ended."""
    with pytest.raises(PreconditionError) as refused:
        decide(disclosure(state=state), A)
    expected = Reason.DISCLOSURE_EXPIRED if state is DisclosureState.EXPIRED else Reason.ILLEGAL_TRANSITION
    assert reason(refused) is expected


def test_nothing_happens_after_the_end() -> None:
    """From expire_at on, an approval, a share, an opening and a cancellation are refused."""
    waiting, approved = disclosure(), disclosure(state=DisclosureState.APPROVED)
    late: list[Any] = [
        lambda: disclosure_rules.decide(
            disclosure=waiting, member=A, verdict=Verdict.APPROVE, quorum=QUORUM, now=END
        ),
        lambda: disclosure_rules.release(disclosure=decide(waiting, A), member=A, quorum=QUORUM, now=END),
        lambda: disclosure_rules.open_once(disclosure=approved, now=END),
        lambda: disclosure_rules.cancel(disclosure=waiting, now=END),
    ]
    for act in late:
        with pytest.raises(PreconditionError) as refused:
            act()
        assert reason(refused) is Reason.DISCLOSURE_EXPIRED


def test_openings_are_counted() -> None:
    """The request allows two openings, so the third is refused."""
    opened = disclosure(state=DisclosureState.APPROVED, openings=2)
    for count in (1, 2):
        opened = disclosure_rules.open_once(disclosure=opened, now=NOW)
        assert (opened.state, opened.opened, opened.opened_at) == (DisclosureState.OPENED, count, NOW)
    assert opened.is_used_up
    with pytest.raises(PreconditionError) as refused:
        disclosure_rules.open_once(disclosure=opened, now=NOW)
    assert reason(refused) is Reason.ILLEGAL_TRANSITION


def test_what_waits_is_not_opened() -> None:
    """With M - 1 shares nothing can be opened, however many approved."""
    with pytest.raises(PreconditionError) as refused:
        disclosure_rules.check_may_open(disclosure=decide(give(disclosure(), A), B), now=NOW)
    assert reason(refused) is Reason.ILLEGAL_TRANSITION


def test_a_withdrawal() -> None:
    """A request can be cancelled before its opening, not after."""
    assert disclosure_rules.cancel(disclosure=disclosure(), now=NOW).state is DisclosureState.CANCELLED
    with pytest.raises(PreconditionError):
        disclosure_rules.cancel(disclosure=disclosure(state=DisclosureState.OPENED), now=NOW)


def test_only_the_owner_sees_it() -> None:
    """For another auditor the disclosure does not exist."""
    disclosure_rules.check_owner(disclosure=disclosure(), actor_id="9" * 32)
    with pytest.raises(NotFoundError) as refused:
        disclosure_rules.check_owner(disclosure=disclosure(), actor_id="8" * 32)
    assert reason(refused) is Reason.REQUEST_NOT_FOUND


def test_time_ends_what_was_not_opened() -> None:
    """A request expires exactly at expire_at, and an ended one never does."""
    assert (
        disclosure_rules.expire(disclosure=disclosure(), now=END - timedelta.resolution).state
        is DisclosureState.REQUESTED
    )
    assert disclosure_rules.expire(disclosure=disclosure(), now=END).state is DisclosureState.EXPIRED
    for state in (DisclosureState.OPENED, DisclosureState.DENIED, DisclosureState.CANCELLED):
        assert disclosure_rules.expire(disclosure=disclosure(state=state), now=END).state is state


def test_how_long_shares_are_kept() -> None:
    """Shares are kept until expire_at, or ten minutes after the last opening once that is confirmed."""
    approved = disclosure(state=DisclosureState.APPROVED, openings=2)
    assert disclosure_rules.needs_shares(disclosure=disclosure(), now=NOW)
    assert disclosure_rules.needs_shares(disclosure=approved, now=END - timedelta.resolution)
    assert not disclosure_rules.needs_shares(disclosure=approved, now=END)
    once = disclosure_rules.open_once(disclosure=approved, now=NOW)
    assert disclosure_rules.needs_shares(disclosure=once, now=END - timedelta.resolution)
    assert not disclosure_rules.needs_shares(disclosure=once, now=END)
    unconfirmed = disclosure_rules.open_once(disclosure=once, now=NOW)
    repeats = NOW + disclosure_rules.REPEAT_TIME
    assert disclosure_rules.needs_shares(disclosure=unconfirmed, now=END - timedelta.resolution)
    assert not disclosure_rules.needs_shares(disclosure=unconfirmed, now=END)
    last = disclosure_rules.confirm(disclosure=unconfirmed, now=NOW)
    assert disclosure_rules.needs_shares(disclosure=last, now=repeats - timedelta.resolution)
    assert not disclosure_rules.needs_shares(disclosure=last, now=repeats)
    for state in (DisclosureState.DENIED, DisclosureState.CANCELLED, DisclosureState.EXPIRED):
        assert not disclosure_rules.needs_shares(disclosure=disclosure(state=state), now=NOW)


def test_good_terms_pass() -> None:
    """Terms at the limits are valid."""
    verify_disclosure.check_terms(**TERMS)
    for change in (
        {"openings": 3},
        {"lifetime": timedelta(days=7)},
        {"lifetime": timedelta(minutes=1)},
        {"case_reference": "x" * 200, "legal_basis": "x" * 500, "purpose": "x" * 1000},
    ):
        verify_disclosure.check_terms(**TERMS | change)


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"disclosure_id": ""}, "disclosure_id", FieldCode.REQUIRED),
        ({"disclosure_id": "d" * 31}, "disclosure_id", FieldCode.LENGTH),
        ({"disclosure_id": "D" * 32}, "disclosure_id", FieldCode.CHARACTER),
        ({"account_token": "acct_"}, "account_token", FieldCode.LENGTH),
        ({"case_reference": " "}, "case_reference", FieldCode.REQUIRED),
        ({"legal_basis": "x" * 501}, "legal_basis", FieldCode.LENGTH),
        ({"purpose": "x\u202ey"}, "purpose", FieldCode.CHARACTER),
        ({"purpose": "x\ny"}, "purpose", FieldCode.CHARACTER),
        ({"openings": 0}, "openings", FieldCode.LENGTH),
        ({"openings": 4}, "openings", FieldCode.LENGTH),
        ({"lifetime": timedelta(days=7, seconds=1)}, "expire_time", FieldCode.LENGTH),
        ({"lifetime": timedelta(seconds=59)}, "expire_time", FieldCode.LENGTH),
    ],
)
def test_bad_terms_are_named(change: dict[str, Any], field: str, code: FieldCode) -> None:
    """The error names the field and the code, never the value."""
    with pytest.raises(InvalidError) as refused:
        verify_disclosure.check_terms(**TERMS | change)
    (violation,) = refused.value.violations
    assert (violation.field, violation.code) == (field, code)


def test_a_request_was_made_just_now() -> None:
    """A difference of up to ten minutes is accepted, more is refused."""
    for ahead in (verify_disclosure.CLOCK_DIFFERENCE, -verify_disclosure.CLOCK_DIFFERENCE):
        disclosure_rules.check_fresh(created_at=NOW + ahead, now=NOW)
        with pytest.raises(PreconditionError) as refused:
            disclosure_rules.check_fresh(created_at=NOW + ahead * 1.01, now=NOW)
        assert reason(refused) is Reason.DISCLOSURE_EXPIRED


def test_refusals_are_told_once_a_minute() -> None:
    """The first refusal is logged at once, others of that minute with the next entry; none is lost."""
    told, tally = [], Tally()
    for seconds in (0, 1, 2, 47, 48, 49, 200):
        tally, count = disclosure_rules.refuse(tally=tally, now=NOW + timedelta(seconds=seconds))
        told.append(count)
    assert told == [1, 0, 0, 0, 3 + 1, 0, 2]
    assert sum(told) == 7


def test_silent_refusals_are_told_when_their_minute_is_over() -> None:
    """Silent refusals are logged after their minute, and only if there are any."""
    tally, _ = disclosure_rules.refuse(tally=Tally(), now=NOW)
    assert disclosure_rules.flush(tally=tally, now=NOW + timedelta(hours=1)) == (tally, 0)
    tally, _ = disclosure_rules.refuse(tally=tally, now=NOW)
    assert disclosure_rules.flush(tally=tally, now=NOW) == (tally, 0)
    later = NOW + timedelta(minutes=1)
    flushed, count = disclosure_rules.flush(tally=tally, now=later)
    assert (flushed, count) == (Tally(later.replace(second=0)), 1)
    assert disclosure_rules.refuse(tally=flushed, now=later)[1] == 0


def test_a_decision_is_a_value() -> None:
    """A decision has its custodian, place, verdict and time."""
    made = decide(disclosure(), C, Verdict.DENY).decisions[0]
    assert made == Decision("custodian-c", 3, Verdict.DENY, NOW)


@pytest.mark.parametrize(
    ("reason", "code"),
    [("", "REQUIRED"), ("  ", "REQUIRED"), ("x" * 501, "LENGTH"), ("a\u202eb", "CHARACTER")],
)
def test_a_denial_needs_a_printable_reason(reason: str, code: str) -> None:
    """It is shown to the auditor, so it follows the rules of the request's texts."""
    with pytest.raises(InvalidError) as refused:
        verify_disclosure.check_reason(reason)
    assert [(each.field, each.code.value) for each in refused.value.violations] == [("reason", code)]
    assert verify_disclosure.check_reason("理由 (synthetic)") == "理由 (synthetic)"
