"""Builds the worker's trust in its clock, and lets tasks that cannot be undone wait for it."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from idvault.core.db.clock import SqlServerClock
from idvault.core.loop import Task
from idvault.core.telemetry.logs import log
from idvault.log.acts import tree
from idvault.log.acts.witness import Cosigning, Witnesses
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.base import Base, urls
from idvault.processes.bootstrap.witness import demand_of
from idvault.processes.clock_trust import (
    ClockTrust,
    DoubtfulClockError,
    TrustedTime,
    TwoClocks,
    WitnessedTime,
)
from idvault_verify.clock import ClockReading

AT_ANY_TIME = frozenset({
    "log", "publication", "directory_index", "day_keys", "status_lists", "status_keys", "follow_status_keys",
    "count_unkeyed_records", "drill_records", "supervision_page",
    "log_gauges", "gauges", "appeal_gauge", "contest_gauge", "campaign_gauges", "drill_gauges",
    "erasure_gauges", "quorum_gauges", "sanction_gauges", "tip_off_gauges",
})  # fmt: skip
"""What the next run makes good. Every other task ends, deletes or publishes something for good."""
# Longer than a worker's first checkpoint takes.
_LATER = 15.0
_EVERY = 60.0


def monotonic() -> float:
    """Return seconds that also pass while the machine sleeps, where the system has such a clock."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


async def build_clock_trust(
    base: Base, rosters: RosterHolder, *, witnesses: Witnesses, agrees: bool
) -> ClockTrust:
    """Build the trust, before anything is sequenced. agrees: an operator says that the clock is right."""
    head = await tree.head(base.main)
    trusted = TrustedTime(base.shred)
    sequenced_at = None if agrees or not head.size else head.sequenced_at
    return ClockTrust(
        servers=[
            SqlServerClock(database=database, url=url).read
            for database, url in zip((base.main, base.shred), urls(base.settings), strict=True)
        ],
        witnesses=WitnessedTime(
            shred=base.shred,
            cosigning=Cosigning(witnesses=witnesses, main=base.main),
            demand=lambda: demand_of(rosters.current),
        ),
        start=TwoClocks(base.real_now(), monotonic()),
        sequenced_at=sequenced_at,
        trusted_at=None if sequenced_at is None else await trusted.latest(otherwise=sequenced_at),
        keep=trusted.keep,
        monotonic=monotonic,
    )


@dataclass(kw_only=True, eq=False, repr=False)
class CarefulTasks:
    """Runs tasks only while the clock is trusted; says in metrics and log that they wait."""

    trust: ClockTrust
    observe: Callable[[bool], None]
    tell: Callable[[str], None]
    monotonic: Callable[[], float] = monotonic
    _since: float | None = field(default=None, init=False)
    _told: float | None = field(default=None, init=False)

    def all(self, tasks: Iterable[Task]) -> list[Task]:
        """Return the tasks; those that cannot be undone wait for the clock."""
        return [task if task.name in AT_ANY_TIME else self._careful(task) for task in tasks]

    def _careful(self, task: Task) -> Task:
        async def run(now: ClockReading) -> object:
            try:
                await self.trust.check(now=now.real)
            except DoubtfulClockError as error:
                self._doubt(error.why)
                return None
            self._since = self._told = None
            self.observe(False)
            return await task.run(now)

        return replace(task, run=run)

    def _doubt(self, why: str) -> None:
        now = self.monotonic()
        self._since = now if self._since is None else self._since
        self.observe(True)
        if now - self._since >= _LATER and (self._told is None or now - self._told >= _EVERY):
            self._told = now
            self.tell(why)


def careful_tasks(base: Base, trust: ClockTrust, tasks: Iterable[Task]) -> list[Task]:
    """Return the worker's tasks, of which those that cannot be undone wait for the clock."""
    careful = CarefulTasks(
        trust=trust,
        observe=base.metrics.vitals.clock_doubted,
        tell=lambda why: log().error("clock_doubted", why=why),
    )
    return careful.all(tasks)
