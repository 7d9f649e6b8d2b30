"""The worker's tasks while its clock is doubted."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from idvault.core.loop import Task
from idvault.processes.bootstrap.work import AT_ANY_TIME, CarefulTasks, monotonic
from idvault.processes.clock_trust import ClockTrust, DoubtfulClockError
from idvault_verify.clock import ClockReading
from idvault_verify.error import Reason, UnavailableError

NOW = ClockReading(datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC))
BOOTSTRAP = Path(__file__).parents[2] / "idvault" / "processes" / "bootstrap"
WAIT = {
    *("time_out", "expire_accounts", "expire_noticed", "remove_abandoned", "purge_requests", "disclosures"),
    *("enforce", "lift_limits", "public_account_terms", "reports", "publish_statements"),
    *(
        "lapse_sanctions",
        "release_followers",
        "miss_orders",
        "end_operations",
        "overdue_appeals",
        "delete_appeal_texts",
    ),
    *("purge_sessions", "overdue_contests", "delete_contest_texts", "forget_withdrawn"),
    *("overdue_reinstatements", "delete_reinstatement_texts"),
    *("overdue_narrowings", "tell_disavowals", "fall_disavowals", "purge_inquiries"),
    "forget_notifications",
    *("forget_representatives", "forget_reviews", "fall_pairings"),
    *("tip_off_reminders", "tip_off_texts", "tip_off_purge", "contact_purge"),
    *("erase_accounts", "release_erased", "destroy_day_keys", "log_keys", "statement_keys"),
    *("destroy_versions", "destroy_stray_keys", "stored_usage"),
}


class Trust(ClockTrust):
    """A trust that the test gives and takes."""

    def __init__(self) -> None:
        self.why = ""
        self.asked: list[datetime] = []

    async def check(self, *, now: datetime) -> None:
        """Doubt what the test doubts."""
        self.asked.append(now)
        if self.why:
            raise DoubtfulClockError(self.why)


class Bench:
    """One task of each kind, and what metrics and log are told."""

    def __init__(self) -> None:
        self.trust, self.seconds = Trust(), 0.0
        self.ran: list[str] = []
        self.shown: list[bool] = []
        self.told: list[str] = []
        careful = CarefulTasks(
            trust=self.trust, observe=self.shown.append, tell=self.told.append, monotonic=lambda: self.seconds
        )
        self.tasks = careful.all([self._task("gauges"), self._task("erase_accounts")])

    async def run(self) -> list[str]:
        """Run both tasks; return the names of those that did something."""
        self.ran.clear()
        for task in self.tasks:
            await task.run(NOW)
        return [*self.ran]

    def _task(self, name: str) -> Task:
        async def run(now: ClockReading) -> None:
            assert now is NOW
            self.ran.append(name)

        return Task(name, 5, run)


def test_every_task_of_the_worker_has_a_rule() -> None:
    """A new task waits for the clock unless it is listed as one that the next run makes good."""
    texts = [file.read_text("utf-8") for file in BOOTSTRAP.rglob("*.py")]
    names = {name for text in texts for name in re.findall(r'Task\(\s*"(\w+)"', text)}
    assert names - AT_ANY_TIME == WAIT
    assert names >= AT_ANY_TIME


async def test_a_doubted_clock_ends_nothing_and_keeps_the_rest_going() -> None:
    """The real time is checked before each run; metrics show it, and nothing fails."""
    bench = Bench()
    assert await bench.run() == ["gauges", "erase_accounts"]
    bench.trust.why = "run NTP"
    assert await bench.run() == ["gauges"]
    bench.trust.why = ""
    assert await bench.run() == ["gauges", "erase_accounts"]
    assert bench.shown == [False, True, False]
    assert bench.trust.asked == [NOW.real] * 3


async def test_a_doubt_is_logged_once_a_minute() -> None:
    """Not in the first seconds, in which a new vault has no checkpoint; anew after each trust."""
    bench = Bench()
    bench.trust.why = "run NTP"
    for bench.seconds in range(0, 100, 5):
        await bench.run()
    assert len(bench.told) == 2
    bench.trust.why = ""
    await bench.run()
    bench.trust.why = "restart"
    for bench.seconds in range(100, 120, 5):
        await bench.run()
    assert bench.told == ["run NTP", "run NTP", "restart"]


async def test_a_failure_of_a_task_is_its_own() -> None:
    """A task that runs and fails is reported by the loop as before."""
    bench = Bench()

    async def fail(_now: ClockReading) -> None:
        raise UnavailableError(Reason.STORE_UNAVAILABLE)

    careful = CarefulTasks(trust=bench.trust, observe=bench.shown.append, tell=bench.told.append)
    (task,) = careful.all([Task("erase_accounts", 5, fail)])
    with pytest.raises(UnavailableError):
        await task.run(NOW)


def test_the_monotonic_clock_goes_on() -> None:
    """It never goes back."""
    assert 0 < monotonic() <= monotonic()
