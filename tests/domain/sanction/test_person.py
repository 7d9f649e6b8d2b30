"""What follows a sanction of a person: which accounts, until when, and how long after a lift."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idvault.account import rules as account_rules
from idvault.account.rules import Follower, PersonSanction
from idvault_verify.account import Standing, StandingPeriod
from idvault_verify.sanction import STANDINGS, Degree

DAY = timedelta(days=1)
STARTED = datetime(2026, 3, 4, 9, 30, tzinfo=UTC)  # a Wednesday
TIMES = st.datetimes(datetime(2026, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


def sanction(
    degree: Degree = Degree.LIMIT,
    *,
    account: str = "acct_1",
    started: datetime = STARTED,
    end: datetime | None = None,
) -> PersonSanction:
    return PersonSanction("a" * 32, account, degree, started, end)


def end_of(made: PersonSanction) -> datetime | None:
    (follower,) = account_rules.followers(sanctions=[made], account_token="acct_2")
    return follower.end_at


def test_the_named_account_follows_nothing() -> None:
    """Its own sanction counts there; every other account follows, with degree and rounded end alone."""
    own, other = sanction(account="acct_1"), sanction(Degree.WARN, account="acct_2")
    assert account_rules.followers(sanctions=[own, other], account_token="acct_1") == [
        Follower("a" * 32, Degree.WARN, None)
    ]


@pytest.mark.parametrize("degree", Degree)
def test_a_follower_has_the_standing_of_the_degree(degree: Degree) -> None:
    """Until its own end."""
    follower = Follower("a" * 32, degree, STARTED)
    assert follower.period == StandingPeriod(STANDINGS[degree], STARTED)


@pytest.mark.parametrize(
    ("end", "rounded"),
    [
        (datetime(2026, 3, 4, 9, 31, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)),
        (datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 3, 5, tzinfo=UTC)),
        (datetime(2026, 3, 31, 23, 59, 59, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)),
        (datetime(2026, 4, 13, tzinfo=UTC), datetime(2026, 4, 13, tzinfo=UTC)),
        (datetime(2026, 4, 13, 0, 0, 1, tzinfo=UTC), datetime(2026, 4, 20, tzinfo=UTC)),
        (datetime(2026, 8, 28, tzinfo=UTC), datetime(2026, 8, 31, tzinfo=UTC)),
        (datetime(2026, 12, 31, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)),
        (datetime(2027, 1, 31, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)),
        (datetime(2027, 2, 1, tzinfo=UTC), datetime(2027, 2, 1, tzinfo=UTC)),
    ],
)
def test_the_end_is_shared_by_many(end: datetime, rounded: datetime) -> None:
    """A day for a short sanction, a Monday for a longer one, the first of a month for a long one."""
    assert end_of(sanction(end=end)) == rounded


@given(started=TIMES, length=st.timedeltas(timedelta(seconds=1), timedelta(days=2_000)))
def test_a_follower_is_never_much_longer(started: datetime, length: timedelta) -> None:
    """It ends at midnight UTC, not before the sanction, and at most a day or a quarter later."""
    end = (started + length).replace(microsecond=0)
    rounded = end_of(sanction(started=started.replace(microsecond=0), end=end))
    assert rounded is not None
    assert (rounded.hour, rounded.minute, rounded.second, rounded.microsecond) == (0, 0, 0, 0)
    assert timedelta(0) <= rounded - end < max(DAY, length / 4)


def test_a_sanction_without_an_end_has_followers_without_one() -> None:
    """They end with a lift."""
    assert end_of(sanction()) is None


def test_what_stops_a_claim() -> None:
    """CLOSE stops every claim, SUSPEND those of accounts that were verified before."""
    stopped = {
        degree: (account_rules.closes([sanction(degree)]), account_rules.bars([sanction(degree)]))
        for degree in Degree
    }
    assert stopped == {
        Degree.WARN: (False, False),
        Degree.LIMIT: (False, False),
        Degree.SUSPEND: (False, True),
        Degree.CLOSE: (True, True),
    }
    assert (account_rules.closes([]), account_rules.bars([])) == (False, False)
    assert Standing.CLOSED is STANDINGS[Degree.CLOSE]


@given(st.binary(min_size=account_rules.DELAY_SEED_SIZE, max_size=account_rules.DELAY_SEED_SIZE))
def test_a_delay_is_between_one_and_72_hours(seed: bytes) -> None:
    """In whole seconds; every delay is possible."""
    drawn = account_rules.delay(seed)
    assert timedelta(hours=1) <= drawn <= timedelta(hours=72)
    assert drawn.microseconds == 0


def test_every_delay_is_drawn() -> None:
    """The shortest and the longest included."""
    drawn = {account_rules.delay(number.to_bytes(8, "big")) for number in range(71 * 3_600 + 1)}
    assert (min(drawn), max(drawn), len(drawn)) == (timedelta(hours=1), timedelta(hours=72), 71 * 3_600 + 1)
