"""What is filed with the authority for a day."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from idvault.public_account.rules import owner as public_account_owner
from idvault.public_account.rules.owner import FilingDay
from idvault.public_account.rules.public_account import LIVE, PublicAccount
from idvault_verify.account import Standing
from idvault_verify.error import FieldCode, InvalidError, Violation
from idvault_verify.public_account import PublicAccountCategory, PublicAccountState
from tests.domain.public_account.test_public_account import DAY, END, active, in_state
from tools.support import builders
from tools.support.builders import NOW, TODAY, ZONE
from tools.support.public_account_world import licence

READING = builders.reading()
MICROSECOND = timedelta(microseconds=1)
TODAYS = FilingDay(TODAY, NOW)


def filed(
    made: PublicAccount,
    *,
    on: FilingDay = TODAYS,
    closed: bool = False,
    category: PublicAccountCategory | None = None,
) -> PublicAccount | None:
    return public_account_owner.filed(public_account=made, owner_closed=closed, category=category, on=on)


def test_the_time_of_a_day() -> None:
    """Today is now, and a past day its last microsecond in the deployment's time zone."""
    assert (
        public_account_owner.day_of(None, now=READING, zone=ZONE)
        == public_account_owner.day_of(TODAY, now=READING, zone=ZONE)
        == TODAYS
    )
    past = public_account_owner.day_of(TODAY - DAY, now=READING, zone=ZONE)
    assert past.at == datetime(2026, 3, 1, tzinfo=ZONE) - MICROSECOND
    with pytest.raises(InvalidError) as refused:
        public_account_owner.day_of(TODAY + DAY, now=READING, zone=ZONE)
    assert refused.value.violations == (Violation("as_of", FieldCode.FUTURE_DATE),)


def test_a_day_on_which_the_clocks_change() -> None:
    """It ends where the next one begins, although it has 23 hours."""
    zone = ZoneInfo("Europe/Berlin")
    later = builders.reading(after=timedelta(days=60))
    short = public_account_owner.day_of(date(2026, 3, 29), now=later, zone=zone)
    before = public_account_owner.day_of(date(2026, 3, 28), now=later, zone=zone)
    assert short.at.astimezone(ZoneInfo("UTC")) - before.at.astimezone(ZoneInfo("UTC")) == timedelta(hours=23)


@pytest.mark.parametrize("state", PublicAccountState)
def test_live_ones_are_filed(state: PublicAccountState) -> None:
    """ACTIVE and GRACE; what its owner's closed account or a sanction closed is not."""
    made = in_state(state)
    assert (filed(made) is not None) == (state in LIVE)
    assert filed(made, closed=True) is None
    assert filed(replace(made, standing=Standing.CLOSED)) is None


def test_a_day_counts_whatever_was_stored() -> None:
    """Grace, expiry, the end of a licence and of a standing are those of the day."""
    made = replace(active(licence=licence(TODAY + DAY)), standing=Standing.CLOSED, standing_until=NOW + DAY)
    assert filed(made) is None
    tomorrow = filed(made, on=FilingDay(TODAY + DAY, NOW + DAY))
    assert tomorrow is not None
    assert (tomorrow.category, tomorrow.standing) == (PublicAccountCategory.PERSONAL, Standing.GOOD)
    grace = filed(active(), on=FilingDay(END, NOW))
    assert grace is not None
    assert grace.state is PublicAccountState.GRACE
    assert filed(active(), on=FilingDay(END + 30 * DAY, NOW)) is None


def test_the_category_is_that_of_the_day() -> None:
    """A declared category counts until its licence has run out."""
    made = active(licence=licence(TODAY + DAY))
    media, personal = PublicAccountCategory.MEDIA, PublicAccountCategory.PERSONAL
    assert filed(made, category=media) is not None
    assert filed(made, category=personal) is None
    later = FilingDay(TODAY + DAY, NOW)
    assert filed(made, category=media, on=later) is None
    assert filed(made, category=personal, on=later) is not None
