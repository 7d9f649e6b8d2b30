"""Who is attested to third parties, for how long, and when a list says so."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.account import rules as account_rules
from idvault.status.credential import rules as credential_rules
from idvault.status.credential.rules import TurningEntry
from idvault_verify.account import (
    Account,
    AccountState,
    Assurance,
    MinimumAssurance,
    Standing,
    SubjectKind,
    summary,
)
from idvault_verify.clock import ClockReading
from idvault_verify.error import ExhaustedError, IdvaultError, InvalidError, Reason

TODAY, END = date(2026, 3, 1), date(2027, 3, 1)
NOW = datetime(2026, 3, 1, 4, tzinfo=UTC)
ZONE = ZoneInfo("Asia/Shanghai")
LIFETIME = timedelta(days=30)
DAY = credential_rules.LONGEST_TURN
ANY = MinimumAssurance.ANY


def account(state: AccountState = AccountState.VERIFIED, standing: Standing = Standing.GOOD) -> Account:
    made = account_rules.new(account_token="acct_1", relying_party="a", subject_kind=SubjectKind.INDIVIDUAL)
    return replace(made, state=state, standing=standing, expire_date=END)


@pytest.mark.parametrize("state", AccountState)
@pytest.mark.parametrize("standing", Standing)
def test_verified_and_not_closed(state: AccountState, standing: Standing) -> None:
    """Exactly the accounts that are VERIFIED and not CLOSED hold, until the first EXPIRED day."""
    expected = state is AccountState.VERIFIED and standing is not Standing.CLOSED
    asked = account(state, standing)
    assert (
        credential_rules.holds(account=asked, minimum=ANY, today=END - timedelta(days=1), now=NOW) is expected
    )
    assert not credential_rules.holds(account=asked, minimum=ANY, today=END, now=NOW)
    if expected:
        credential_rules.admit(account=asked, minimum=ANY, today=TODAY, now=NOW)


@pytest.mark.parametrize(
    ("asked", "today", "reason"),
    [
        (account(standing=Standing.CLOSED), TODAY, Reason.ACCOUNT_CLOSED),
        (account(AccountState.ERASED), TODAY, Reason.ACCOUNT_ERASED),
        (account(AccountState.PENDING), TODAY, Reason.ILLEGAL_TRANSITION),
        (account(), END, Reason.ILLEGAL_TRANSITION),
    ],
)
def test_who_gets_no_credential(asked: Account, today: date, reason: Reason) -> None:
    """Each refusal has its reason."""
    with pytest.raises(IdvaultError) as caught:
        credential_rules.admit(account=asked, minimum=ANY, today=today, now=NOW)
    assert caught.value.reason is reason


_OF = {
    MinimumAssurance.ANY: set(Assurance) - {Assurance.NONE},
    MinimumAssurance.HOLDER_OR_DOCUMENT_SEEN: {Assurance.HOLDER, Assurance.DOCUMENT_SEEN},
    MinimumAssurance.HOLDER: {Assurance.HOLDER},
}


@pytest.mark.parametrize("minimum", MinimumAssurance)
@pytest.mark.parametrize("fact", sorted(_OF[ANY]))
def test_a_minimum_is_met_by_one_of_its_facts(minimum: MinimumAssurance, fact: Assurance) -> None:
    """Facts have no order: one that is not named never suffices, and others beside it do no harm."""
    asked, met = replace(account(), assurances=frozenset({fact})), fact in _OF[minimum]
    status = account_rules.project(account=asked, today=TODAY, now=NOW)
    assert credential_rules.holds(account=asked, minimum=minimum, today=TODAY, now=NOW) is met
    if met:
        credential_rules.admit(account=asked, minimum=minimum, today=TODAY, now=NOW)
        assert credential_rules.check_minimum(status=status, minimum=minimum) is minimum
    else:
        with pytest.raises(IdvaultError) as caught:
            credential_rules.admit(account=asked, minimum=minimum, today=TODAY, now=NOW)
        assert caught.value.reason is Reason.ASSURANCE_MISSING
    beside = replace(asked, assurances=frozenset({fact, Assurance.HOLDER}))
    assert credential_rules.holds(account=beside, minimum=minimum, today=TODAY, now=NOW)
    assert not credential_rules.holds(account=asked, minimum=minimum, today=END, now=NOW)


def test_of_an_account_that_is_not_attested_no_minimum_is_stated() -> None:
    """A token of a closed account must not tell what its verification was."""
    closed = replace(account(standing=Standing.CLOSED), assurances=frozenset({Assurance.HOLDER}))
    status = account_rules.project(account=closed, today=TODAY, now=NOW)
    assert credential_rules.check_minimum(status=status, minimum=MinimumAssurance.HOLDER) is ANY


@pytest.mark.parametrize(
    ("facts", "word"),
    [
        (set(), Assurance.NONE),
        ({Assurance.REGISTRY_MATCH}, Assurance.REGISTRY_MATCH),
        ({Assurance.HOLDER}, Assurance.REGISTRY_MATCH),
        ({Assurance.RESULT_ONLY}, Assurance.NONE),
        ({Assurance.DOCUMENT_SEEN, Assurance.HOLDER}, Assurance.REGISTRY_MATCH),
    ],
)
def test_the_one_word_of_before(facts: set[Assurance], word: Assurance) -> None:
    """Callers of before learn whether name and number were confirmed to belong together."""
    assert summary(frozenset(facts)) is word


def test_nothing_outlives_the_confirmation() -> None:
    """A token or credential expires after its lifetime, or at midnight of the expire_date if sooner."""
    real = datetime(2026, 3, 1, 12, tzinfo=UTC)
    now = ClockReading(real, real)

    def until(expire_date: date | None, at: ClockReading = now) -> datetime:
        return credential_rules.expires_at(expire_date=expire_date, lifetime=LIFETIME, now=at, zone=ZONE)

    assert until(None) == until(END) == real + LIFETIME
    assert until(date(2026, 3, 3)) == datetime(2026, 3, 2, 16, tzinfo=UTC)
    assert until(date(2026, 3, 1)) == real
    shifted = ClockReading(real + timedelta(days=1), real)
    assert until(date(2026, 3, 3), shifted) == datetime(2026, 3, 1, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("left", "gained", "again"),
    [
        (30, 0, True),
        (11, 19, True),
        (10, 20, False),
        (1, 0, True),
        (0, 0, False),
        (-1, 5, False),
        (30, -5, True),
    ],
)
def test_which_credential_is_handed_out_again(left: int, gained: int, again: bool) -> None:
    """One that lives, unless a new one would live twenty days longer."""
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    expires_at = now + timedelta(days=left)
    renewed_until = expires_at + timedelta(days=gained)
    assert credential_rules.is_current(expires_at=expires_at, renewed_until=renewed_until, now=now) is again


def test_a_quota_ends_at_midnight() -> None:
    """Of the deployment's time zone; below it nothing is refused."""
    business = datetime(2026, 3, 1, 12, tzinfo=UTC)  # 20:00 in Shanghai
    now = ClockReading(business, business - timedelta(days=9))
    credential_rules.check_quota(issued=2, quota=3, now=now, zone=ZONE)
    with pytest.raises(ExhaustedError) as caught:
        credential_rules.check_quota(issued=3, quota=3, now=now, zone=ZONE)
    assert caught.value.reason is Reason.CREDENTIAL_QUOTA_REACHED
    assert caught.value.retry_after == timedelta(hours=4)


@pytest.mark.parametrize("audience", ["a", "https://taxi.example/", "x" * 200])
def test_an_audience(audience: str) -> None:
    """A name or a URL is returned unchanged."""
    assert credential_rules.check_audience(audience) == audience


@pytest.mark.parametrize(
    ("audience", "code"),
    [("", "REQUIRED"), ("x" * 201, "LENGTH"), ("a b", "CHARACTER"), ("a\n", "CHARACTER"), ("é", "CHARACTER")],
)
def test_what_is_no_audience(audience: str, code: str) -> None:
    """The error names the field and does not contain the value."""
    with pytest.raises(InvalidError) as caught:
        credential_rules.check_audience(audience)
    assert [(each.field, each.code.value) for each in caught.value.violations] == [("audience", code)]


def test_when_an_entry_turns() -> None:
    """At once if others rely on it, else at the time that was drawn for it; a change undone is none."""
    later, past = NOW + timedelta(hours=1), NOW - timedelta(microseconds=1)
    valid, invalid = TurningEntry(True, None), TurningEntry(False, None)
    expected = [
        (valid, True, False, valid),
        (valid, False, True, invalid),
        (valid, False, False, None),
        (TurningEntry(True, later), False, False, TurningEntry(True, later)),
        (TurningEntry(True, later), False, True, invalid),
        (TurningEntry(True, later), True, False, valid),
        (TurningEntry(True, NOW), False, False, invalid),
        (TurningEntry(False, past), True, False, valid),
        (TurningEntry(False, past), False, False, invalid),
        (invalid, True, False, None),
    ]
    found = [
        credential_rules.turn(entry=entry, holds=holds, at_once=at_once, longest=DAY, now=NOW)
        for entry, holds, at_once, _ in expected
    ]
    assert found == [after for *_, after in expected]


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.integers(0, 30 * 60)), max_size=30), st.randoms())
def test_an_entry_says_what_is_so_within_a_day(steps: list[tuple[bool, bool, int]], dice: Random) -> None:
    """However an account changes, its entry follows within 24 hours, and one change draws one time."""
    entry, now, held, since, draws, changes = TurningEntry(True, None), NOW, True, NOW, 0, 0
    for holds, at_once, minutes in steps:
        now += timedelta(minutes=minutes)
        entry = _looked(entry, held, now)
        if holds != held:
            held, since, changes = holds, now, changes + 1
        after = credential_rules.turn(entry=entry, holds=holds, at_once=at_once, longest=DAY, now=now)
        if after is None:
            draws += 1
            after = TurningEntry(
                entry.valid, now + credential_rules.turn_delay(dice.randbytes(8), longest=DAY)
            )
        assert after.valid == holds or now <= since + credential_rules.LONGEST_TURN
        assert after.valid in (entry.valid, holds)
        entry = after
    assert draws <= changes
    assert _looked(entry, held, now + credential_rules.LONGEST_TURN) == TurningEntry(held, None)


def _looked(entry: TurningEntry, holds: bool, until: datetime) -> TurningEntry:
    """Return what a worker that runs has made of an entry whose time came before another one."""
    if entry.turns_at is None or entry.turns_at > until:
        return entry
    asked: dict[str, Any] = {"at_once": False, "longest": DAY, "now": entry.turns_at}
    after = credential_rules.turn(entry=entry, holds=holds, **asked)
    assert after is not None
    return after


def test_delays_reach_from_nothing_to_the_bound() -> None:
    """Each time within 24 hours is drawn as often as any other."""
    size = credential_rules.TURN_SEED_SIZE
    steps = credential_rules.LONGEST_TURN // timedelta(microseconds=1)
    found = [
        credential_rules.turn_delay(number.to_bytes(size, "big"), longest=DAY)
        for number in (0, steps, steps + 1)
    ]
    assert found == [timedelta(0), credential_rules.LONGEST_TURN, timedelta(0)]


def test_a_withdrawn_verification_is_told_within_an_hour() -> None:
    """A time that was drawn before, within a day, does not make it later; one within the hour stays."""
    asks: dict[str, Any] = {"turns_at": None, "now": NOW}
    hour = credential_rules.longest_turn(withdrawn=True, **asks)
    assert (hour, credential_rules.longest_turn(withdrawn=False, **asks)) == (timedelta(hours=1), DAY)
    late, soon = NOW + timedelta(hours=2), NOW + timedelta(minutes=20)
    asked: dict[str, Any] = {"holds": False, "at_once": False, "longest": hour, "now": NOW}
    assert credential_rules.turn(entry=TurningEntry(True, late), **asked) is None
    assert credential_rules.turn(entry=TurningEntry(True, soon), **asked) == TurningEntry(True, soon)


def test_a_time_that_was_missed_is_drawn_again_within_an_hour() -> None:
    """After a minute without a look all that waited would turn at once. What is asked for waits no more."""
    minute, least = credential_rules.MISSED_AFTER, timedelta(microseconds=1)
    asked: dict[str, Any] = {"holds": False, "at_once": False, "longest": DAY, "now": NOW}
    turned = TurningEntry(False, None)
    for turns_at, after in (
        (NOW - minute, turned),
        (NOW - minute - least, None),
        (credential_rules.AT_ONCE, turned),
    ):
        assert credential_rules.turn(entry=TurningEntry(True, turns_at), **asked) == after
    for withdrawn, missed in ((False, NOW - DAY), (True, NOW - minute - least)):
        found = credential_rules.longest_turn(turns_at=missed, withdrawn=withdrawn, now=NOW)
        assert found == credential_rules.LONGEST_LATE_TURN
    entry = TurningEntry(True, NOW - DAY)
    assert credential_rules.turn(entry=entry, **asked | {"at_once": True}) == turned
    assert credential_rules.turn(entry=entry, **asked | {"holds": True}) == TurningEntry(True, None)


def test_only_a_closing_protects_others() -> None:
    """No other standing, and no state, is published at once."""
    found = {
        (state, standing)
        for state in AccountState
        for standing in Standing
        if credential_rules.protects_others(account=account(state, standing), today=TODAY, now=NOW)
    }
    assert {standing for _, standing in found} == {Standing.CLOSED}
    assert (AccountState.VERIFIED, Standing.CLOSED) in found
