"""The life of a public account: which verb leads where, and what a day brings."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.account import rules as account_rules
from idvault.public_account.rules import public_account as public_account_rules
from idvault.public_account.rules.public_account import LIVE, Application, PublicAccount
from idvault_verify.account import Account, AccountState, Standing, StandingPeriod, SubjectKind
from idvault_verify.error import PreconditionError, Reason, TransitionError
from idvault_verify.public_account import (
    PublicAccountCategory,
    PublicAccountKind,
    PublicAccountState,
    RejectReason,
)
from tools.support import builders
from tools.support.builders import NOW, TODAY, TOKEN
from tools.support.public_account_world import licence

DAY = timedelta(days=1)
DAYS = 365
APPLIED, ACTIVE, GRACE = PublicAccountState.APPLIED, PublicAccountState.ACTIVE, PublicAccountState.GRACE
EXPIRED, CLOSED = PublicAccountState.EXPIRED, PublicAccountState.CLOSED
REJECTED = PublicAccountState.REJECTED
END = TODAY + DAYS * DAY


def owner(**changes: Any) -> Account:
    """Return a verified person with changes."""
    usual = {
        "state": AccountState.VERIFIED,
        "person_id": builders.PERSON,
        "expire_date": TODAY + 9_000 * DAY,
        "revision": 4,
    }
    return builders.account(**{**usual, **changes})


def applied(**changes: Any) -> PublicAccount:
    application = Application("d" * 32, "platform-a", TOKEN, changes.pop("licence", None))
    return public_account_rules.apply(application=application, owner=owner(**changes), today=TODAY, now=NOW)


def active(**changes: Any) -> PublicAccount:
    made = approve(applied(licence=changes.pop("licence", None)))
    return replace(made, **changes)


def approve(
    public_account: PublicAccount, *, eligible: bool = True, who: Account | None = None
) -> PublicAccount:
    return public_account_rules.approve(
        public_account=public_account,
        owner=who or owner(),
        eligible=eligible,
        days=DAYS,
        today=TODAY,
        now=NOW,
    )


def reject(public_account: PublicAccount, who: Account | None = None) -> PublicAccount:
    return public_account_rules.reject(
        public_account=public_account,
        owner=who or owner(),
        reason=RejectReason.INCOMPLETE,
        today=TODAY,
        now=NOW,
    )


def renew(
    public_account: PublicAccount, who: Account | None = None, *, today: date = TODAY, **options: Any
) -> PublicAccount:
    return public_account_rules.renew(
        public_account=public_account,
        owner=who or owner(),
        licence=options.get("licence"),
        days=DAYS,
        today=today,
        now=NOW + (today - TODAY),
    )


def close(
    public_account: PublicAccount, who: Account | None = None, *, disputed: bool = False
) -> PublicAccount:
    return public_account_rules.close(
        public_account=public_account, owner=who or owner(), disputed=disputed, today=TODAY, now=NOW
    )


def in_state(state: PublicAccountState) -> PublicAccount:
    """Return a public account in a state that it keeps for a day."""
    dates = {GRACE: TODAY - DAY, EXPIRED: TODAY - 99 * DAY}
    return replace(active(), state=state, expire_date=dates.get(state, TODAY + DAY))


def test_an_application() -> None:
    """It has the owner's kind and category, and nothing is published yet."""
    made = applied()
    assert (made.state, made.kind, made.category) == (
        APPLIED,
        PublicAccountKind.INDIVIDUAL,
        PublicAccountCategory.PERSONAL,
    )
    assert (made.account_token, made.person_id, made.revision) == (TOKEN, builders.PERSON, 1)
    assert (made.since, made.expire_date, made.term_end, made.due_on) == (None, None, None, None)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"state": AccountState.ERASED}, Reason.ACCOUNT_ERASED),
        ({"standing": Standing.CLOSED}, Reason.ACCOUNT_CLOSED),
        ({"standing": Standing.RENEWAL_SUSPENDED}, Reason.RENEWAL_SUSPENDED),
        ({"state": AccountState.UNVERIFIED}, Reason.ACCOUNT_NOT_VERIFIED),
        ({"expire_date": TODAY}, Reason.ACCOUNT_NOT_VERIFIED),
        ({"person_id": None}, Reason.ACCOUNT_NOT_VERIFIED),
    ],
)
def test_who_may_not_apply(changes: dict[str, Any], reason: Reason) -> None:
    """Only a verified account that may renew; the refusal says which it is not."""
    with pytest.raises(PreconditionError) as refused:
        applied(**changes)
    assert refused.value.reason is reason


@pytest.mark.parametrize("standing", [Standing.GOOD, Standing.WARNED, Standing.PUBLISHING_LIMITED])
def test_a_milder_standing_applies(standing: Standing) -> None:
    """An owner below RENEWAL_SUSPENDED may apply, also one whose suspension has just ended."""
    assert applied(standing=standing).state is APPLIED
    assert applied(standing=Standing.RENEWAL_SUSPENDED, standing_until=NOW).state is APPLIED


def test_a_decision() -> None:
    """An approval begins the term today; one that the owner may not have is rejected, as by the platform."""
    made = approve(applied())
    assert (made.state, made.since, made.expire_date, made.revision) == (ACTIVE, TODAY, END, 2)
    refused = approve(applied(), eligible=False)
    assert (refused.state, refused.reject_reason) == (REJECTED, RejectReason.OWNER_NOT_ELIGIBLE)
    assert (refused.since, refused.expire_date, refused.revision) == (None, None, 2)
    told = reject(applied())
    assert (told.state, told.reject_reason, told.revision) == (REJECTED, RejectReason.INCOMPLETE, 2)
    assert replace(told, reject_reason=RejectReason.OWNER_NOT_ELIGIBLE) == refused


VERBS: dict[str, tuple[Callable[[PublicAccount], PublicAccount], PublicAccountState, frozenset[Any]]] = {
    "approve": (approve, ACTIVE, frozenset({APPLIED})),
    "reject": (reject, REJECTED, frozenset({APPLIED})),
    "renew": (renew, ACTIVE, LIVE),
    "close": (close, CLOSED, LIVE),
}


@pytest.mark.parametrize("state", PublicAccountState)
@pytest.mark.parametrize("verb", VERBS)
def test_every_transition(verb: str, state: PublicAccountState) -> None:
    """The table of the module: what is not in it is refused with both states."""
    act, wanted, states = VERBS[verb]
    if state in states:
        made = act(in_state(state))
        assert (made.state, made.revision) == (wanted, in_state(state).revision + 1)
        return
    with pytest.raises(TransitionError) as refused:
        act(in_state(state))
    assert (refused.value.state, refused.value.wanted) == (state.value, wanted.value)


def test_a_refused_approval_does_not_depend_on_the_owner() -> None:
    """A second decision is refused in the same words, whether the owner is eligible or not."""
    for eligible in (True, False):
        with pytest.raises(TransitionError) as refused:
            approve(active(), eligible=eligible)
        assert refused.value.wanted == "ACTIVE"


def test_when_it_can_be_renewed() -> None:
    """From 60 days before the end, and the new term follows the old one; in grace it begins today."""
    with pytest.raises(PreconditionError) as early:
        renew(active(), today=END - 61 * DAY)
    assert early.value.reason is Reason.RENEWAL_TOO_EARLY
    assert renew(active(), today=END - 60 * DAY).expire_date == END + DAYS * DAY
    late = renew(active(), today=END + 29 * DAY)
    assert (late.state, late.expire_date) == (ACTIVE, END + (29 + DAYS) * DAY)
    with pytest.raises(TransitionError) as lapsed:
        renew(active(), today=END + 30 * DAY)
    assert lapsed.value.state == "EXPIRED"


def test_who_may_not_renew() -> None:
    """The owner must be verified and not suspended; a closed one has no public account to renew."""
    for changes, reason in (
        ({"standing": Standing.RENEWAL_SUSPENDED}, Reason.RENEWAL_SUSPENDED),
        ({"expire_date": TODAY}, Reason.ACCOUNT_NOT_VERIFIED),
    ):
        with pytest.raises(PreconditionError) as refused:
            renew(in_state(GRACE), owner(**changes))
        assert refused.value.reason is reason
    with pytest.raises(TransitionError) as closed:
        renew(in_state(GRACE), owner(standing=Standing.CLOSED))
    assert closed.value.state == "CLOSED"


def test_a_licence_is_replaced_by_a_renewal() -> None:
    """A renewal keeps the licence, or takes another one."""
    old, new = licence(END + DAY), licence(END + 9 * DAY, PublicAccountCategory.FINANCE)
    due = active(licence=old, expire_date=TODAY + DAY)
    assert renew(due).licence == old
    assert renew(due, licence=new).category is PublicAccountCategory.FINANCE


def test_a_licence_ends_on_its_day() -> None:
    """On that day the category is the owner's again, whatever is stored."""
    made = active(licence=licence(TODAY + DAY))
    assert (made.category, made.due_on) == (PublicAccountCategory.MEDIA, TODAY + DAY)
    assert public_account_rules.fall(public_account=made, today=TODAY) == made
    after = public_account_rules.fall(public_account=made, today=TODAY + DAY)
    assert (after.category, after.revision) == (PublicAccountCategory.PERSONAL, made.revision + 1)
    waiting = applied(licence=licence(TODAY + DAY))
    assert public_account_rules.fall(public_account=waiting, today=TODAY + DAY).licence is None


def test_what_has_ended_changes_no_more() -> None:
    """The licence of a closed or rejected public account is kept as it was."""
    for state in (CLOSED, REJECTED, EXPIRED):
        ended = replace(active(licence=licence(TODAY + DAY)), state=state)
        assert (ended.due_on, ended.term_end) == (None, None)
        assert public_account_rules.fall(public_account=ended, today=TODAY + 999 * DAY) == ended


def test_a_term_runs_out() -> None:
    """GRACE from the expire_date, EXPIRED 30 days later; each is a revision, also if both come at once."""
    made = active()
    grace = public_account_rules.fall(public_account=made, today=END)
    assert (grace.state, grace.term_end, grace.revision) == (GRACE, END + 30 * DAY, 3)
    expired = public_account_rules.fall(public_account=made, today=END + 30 * DAY)
    assert (expired.state, expired.revision) == (EXPIRED, 4)
    assert public_account_rules.fall(public_account=grace, today=END + 30 * DAY) == expired


@given(
    ends=st.integers(1, 80),
    lasts=st.integers(1, 40),
    days=st.lists(st.integers(0, 120), min_size=1, max_size=6),
)
def test_it_does_not_matter_what_is_stored_when(ends: int, lasts: int, days: list[int]) -> None:
    """Steps stored on any days lead to what a single reading gives, with the same revision."""
    made = active(licence=licence(TODAY + ends * DAY), expire_date=TODAY + lasts * DAY)
    stored = made
    for day in sorted(days):
        stored = public_account_rules.fall(public_account=stored, today=TODAY + day * DAY)
    assert stored == public_account_rules.fall(public_account=made, today=TODAY + max(days) * DAY)


def test_a_closed_owner() -> None:
    """What the owner's account closes is CLOSED as long as that is so; what has ended stays as it is."""
    closed = owner(
        standing=Standing.CLOSED, standing_until=NOW + DAY, later_standings=(StandingPeriod(Standing.WARNED),)
    )
    for state in LIVE:
        made = in_state(state)
        assert (
            public_account_rules.present(public_account=made, owner=closed, today=TODAY, now=NOW).state
            is CLOSED
        )
        assert (
            public_account_rules.present(public_account=made, owner=closed, today=TODAY, now=NOW + DAY).state
            is state
        )
        erased = owner(state=AccountState.ERASED)
        assert (
            public_account_rules.present(public_account=made, owner=erased, today=TODAY, now=NOW).state
            is CLOSED
        )
    for state in (APPLIED, REJECTED, EXPIRED):
        made = in_state(state)
        assert (
            public_account_rules.present(public_account=made, owner=closed, today=TODAY, now=NOW).state
            is state
        )


def test_the_profile() -> None:
    """It has what readers may see, and neither token nor person."""
    made = active(licence=licence(END), owner_changed_on=TODAY)
    shown = public_account_rules.project(public_account=made, owner=owner(), today=TODAY, now=NOW)
    assert (shown.state, shown.category, shown.licence) == (ACTIVE, PublicAccountCategory.MEDIA, made.licence)
    assert (shown.since, shown.owner_changed_on, shown.next_change) == (TODAY, TODAY, END)
    assert TOKEN not in repr(shown)
    assert builders.PERSON not in repr(shown)


def test_the_profile_is_newer_after_a_change_of_the_owner() -> None:
    """Closing the owner's account, its end and an expired verification raise the profile's revision."""
    made = active()
    good = owner(expire_date=TODAY + 2 * DAY)
    closed = account_rules.sanction(
        account=good, sources=[StandingPeriod(Standing.CLOSED, NOW + DAY)], now=NOW
    )
    shown = [
        public_account_rules.project(
            public_account=made, owner=who, today=TODAY + days * DAY, now=NOW + days * DAY
        )
        for who, days in ((good, 0), (closed, 0), (closed, 1), (closed, 2))
    ]
    assert [each.state for each in shown] == [ACTIVE, CLOSED, ACTIVE, ACTIVE]
    revisions = [each.revision for each in shown]
    assert revisions == sorted(set(revisions))


def test_the_kind_is_the_owners() -> None:
    """A company's public account is a company's."""
    made = applied(subject_kind=SubjectKind.ORGANIZATION)
    assert made.kind is PublicAccountKind.OTHER_ORGANIZATION


@pytest.mark.parametrize("state", PublicAccountState)
def test_only_an_active_one_is_attested(state: PublicAccountState) -> None:
    """Third parties are told of a public account that may publish."""
    made = in_state(state)
    assert public_account_rules.attests(public_account=made, owner=owner(), today=TODAY, now=NOW) is (
        state is ACTIVE
    )
    if state is ACTIVE:
        public_account_rules.check_attested(public_account=made, owner=owner(), today=TODAY, now=NOW)
        return
    with pytest.raises(PreconditionError) as refused:
        public_account_rules.check_attested(public_account=made, owner=owner(), today=TODAY, now=NOW)
    assert refused.value.reason is Reason.PUBLIC_ACCOUNT_NOT_LIVE
