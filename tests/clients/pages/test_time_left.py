"""How much time is left: one set of words on hosted pages and consoles, and a bar beside it."""

from datetime import UTC, datetime, timedelta

import pytest

from idvault_client.pages import rendering
from idvault_client.pages.texts import SHARED

NOW = datetime(2026, 12, 1, 8, tzinfo=UTC)
SAYS = {language: rendering.saying(SHARED, language) for language in ("en", "zh")}


@pytest.mark.parametrize(
    ("rest", "english", "chinese"),
    [
        (timedelta(days=7), "7 days left", "还剩7天"),
        (timedelta(days=2), "2 days left", "还剩2天"),
        (timedelta(hours=47, minutes=59), "47 hours left", "还剩47小时"),
        (timedelta(hours=2), "2 hours left", "还剩2小时"),
        (timedelta(minutes=119), "119 minutes left", "还剩119分钟"),
        (timedelta(minutes=2), "2 minutes left", "还剩2分钟"),
        (timedelta(seconds=119), "less than two minutes left", "还剩不到2分钟"),
        (timedelta(seconds=1), "less than two minutes left", "还剩不到2分钟"),
        (timedelta(), "just overdue", "刚刚逾期"),
        (timedelta(minutes=-3), "3 minutes overdue", "已逾期3分钟"),
        (timedelta(hours=-26), "26 hours overdue", "已逾期26小时"),
        (timedelta(days=-2), "2 days overdue", "已逾期2天"),
    ],
)
def test_the_largest_unit_of_which_there_are_two(rest: timedelta, english: str, chinese: str) -> None:
    """So no text needs a singular, and a wait of three days is not told in minutes."""
    found = {name: rendering.time_left(NOW + rest, now=NOW, say=say) for name, say in SAYS.items()}
    assert found == {"en": english, "zh": chinese}


@pytest.mark.parametrize(
    ("begun", "due", "spent"),
    [(-15, 0, 100), (-15, -1, 100), (-3, 12, 20), (0, 15, 0), (2, 15, 0), (5, 5, 100), (-14.99, 0.01, 99)],
)
def test_the_bar_fills_as_time_passes(begun: float, due: float, spent: int) -> None:
    """Full once it is over, never more; empty before the beginning. In minutes from now."""
    begin, end = NOW + timedelta(minutes=begun), NOW + timedelta(minutes=due)
    assert rendering.time_spent(begin, end, now=NOW) == spent
