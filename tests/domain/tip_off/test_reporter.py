"""Reporters: limits of the day, what an abusive report leads to, trusted flaggers."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from idvault.tip_off.reporter import rules as reporter_rules
from idvault.tip_off.reporter.rules import LIMITED_FOR, Reporter
from idvault_verify.error import ExhaustedError, InvalidError, Reason
from idvault_verify.tip_off import ReporterStanding, TipOffChannel, TipOffOutcome
from tools.support.builders import NOW, TODAY

ENDS = NOW + timedelta(hours=12)
DAY = timedelta(days=1)
ORDINARY, TRUSTED = ReporterStanding.ORDINARY, ReporterStanding.TRUSTED
WARNED, LIMITED = ReporterStanding.WARNED, ReporterStanding.LIMITED


def reporter(**changes: Any) -> Reporter:
    return replace(Reporter("f" * 32, "platform-a"), **changes)


def file(one: Reporter, *, limit: int = 2) -> Reporter:
    return reporter_rules.file(one, limit=limit, today=TODAY, day_ends=ENDS, now=NOW)


@pytest.mark.parametrize(
    ("channel", "signed_in"),
    [
        (TipOffChannel.APP, True),
        (TipOffChannel.WEB, True),
        (TipOffChannel.EMAIL, False),
        (TipOffChannel.PHONE, False),
    ],
)
def test_who_is_proved(channel: TipOffChannel, signed_in: bool) -> None:
    """An account that the platform had signed in; nobody without one, and nobody by mail or telephone."""
    assert reporter_rules.proved(token="acct_1", channel=channel) == ("acct_1" if signed_in else None)
    assert reporter_rules.proved(token=None, channel=channel) is None


@pytest.mark.parametrize("standing", [ORDINARY, WARNED])
def test_a_limit_for_the_day(standing: ReporterStanding) -> None:
    """After the limit a report is refused until the end of the operator's day; the next day is new."""
    one = file(file(reporter(standing=standing)))
    assert (one.filed_today, one.filed, one.day) == (2, 2, TODAY)
    with pytest.raises(ExhaustedError) as refused:
        file(one)
    assert (refused.value.reason, refused.value.retry_after) == (
        Reason.TIP_OFF_LIMIT_REACHED,
        timedelta(hours=12),
    )
    assert file(replace(one, day=TODAY - DAY)).filed_today == 1


def test_a_trusted_flagger_has_no_limit() -> None:
    """They report as much as they find."""
    assert file(reporter(standing=TRUSTED, day=TODAY, filed_today=99)).filed_today == 100


def test_a_limited_reporter_has_one_a_day() -> None:
    """Even an abusive reporter may be right; a limit that has ended is a warning."""
    limited = reporter(standing=LIMITED, limited_until=NOW + DAY)
    one = file(limited)
    with pytest.raises(ExhaustedError):
        file(one)
    over = reporter_rules.as_of(limited, now=NOW + DAY)
    assert (over.standing, over.limited_until) == (WARNED, None)
    assert reporter_rules.as_of(limited, now=NOW) == limited


@pytest.mark.parametrize(
    ("before", "after", "until"),
    [
        (ORDINARY, WARNED, None),
        (TRUSTED, WARNED, None),
        (WARNED, LIMITED, NOW + LIMITED_FOR),
        (LIMITED, LIMITED, NOW + LIMITED_FOR),
    ],
)
def test_an_abusive_report(before: ReporterStanding, after: ReporterStanding, until: Any) -> None:
    """First a warning, which costs a flagger the trust, then a limit for 30 days."""
    limited_until = NOW + DAY if before is LIMITED else None
    one = reporter(standing=before, limited_until=limited_until)
    judged = reporter_rules.judge(one, outcome=TipOffOutcome.ABUSIVE, now=NOW)
    assert (judged.standing, judged.limited_until, judged.abusive) == (after, until, 1)


@pytest.mark.parametrize("standing", [ORDINARY, TRUSTED, WARNED])
def test_what_is_counted(standing: ReporterStanding) -> None:
    """What was upheld and dismissed is counted and changes no standing."""
    one = reporter(standing=standing)
    right = reporter_rules.judge(one, outcome=TipOffOutcome.UPHELD, now=NOW)
    both = reporter_rules.judge(right, outcome=TipOffOutcome.DISMISSED, now=NOW)
    assert (both.upheld, both.dismissed, both.abusive, both.standing) == (1, 1, 0, standing)


@pytest.mark.parametrize(
    ("standing", "until", "code"),
    [
        (TRUSTED, None, None),
        (ORDINARY, None, None),
        (LIMITED, NOW + DAY, None),
        (LIMITED, None, "REQUIRED"),
        (LIMITED, NOW, "LENGTH"),
        (TRUSTED, NOW + DAY, "CHARACTER"),
    ],
)
def test_what_a_platform_sets(standing: ReporterStanding, until: Any, code: str | None) -> None:
    """A limit has an end in the future, and nothing else has one."""
    one = reporter(standing=WARNED)
    if code is None:
        made = reporter_rules.set_standing(one, standing=standing, limited_until=until, now=NOW)
        assert (made.standing, made.limited_until) == (standing, until)
        return
    with pytest.raises(InvalidError) as refused:
        reporter_rules.set_standing(one, standing=standing, limited_until=until, now=NOW)
    assert [(each.field, each.code.value) for each in refused.value.violations] == [("limit_end_time", code)]
