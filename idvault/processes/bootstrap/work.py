"""Builds and runs `idvault work`: tasks, of which those that cannot be undone wait for a trusted clock."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from math import ceil

from idvault.claim.acts.backlog import Backlog, Settler
from idvault.core.act import Vault
from idvault.core.config import Settings
from idvault.core.db.database import SqlServerClock
from idvault.core.loop import Changes, Loop, Task
from idvault.core.policy import OperatorPolicy
from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.traces import Traces
from idvault.core.telemetry.watching import cancel
from idvault.log.acts import stored_log
from idvault.log.acts.witness import Cosigning, Witnesses
from idvault.log.rules import Unsequenced
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.base import Base, Clock, Ready, load_keys, open_base, operator_policy, urls
from idvault.processes.bootstrap.claim import settlement_context
from idvault.processes.bootstrap.health import open_port, watch_health
from idvault.processes.bootstrap.periodic.account import (
    account_tasks,
    appeal_tasks,
    campaign_tasks,
    claim_tasks,
    credential_tasks,
    disclosure_tasks,
    erasure_tasks,
    notice_tasks,
    public_account_tasks,
    sanction_tasks,
    session_tasks,
    tip_off_tasks,
)
from idvault.processes.bootstrap.periodic.contact import contact_tasks
from idvault.processes.bootstrap.periodic.notification import notification_tasks
from idvault.processes.bootstrap.periodic.vault import (
    backup_tasks,
    drill_tasks,
    handover_tasks,
    key_tasks,
    log_key_tasks,
    log_keys,
    log_tasks,
    report_tasks,
)
from idvault.processes.bootstrap.roster import follow_rosters, read_rosters
from idvault.processes.bootstrap.usage import follow_usage, usage_tasks
from idvault.processes.bootstrap.vault import guard_of, vault_of
from idvault.processes.bootstrap.witness import (
    WitnessWatch,
    check_witnessed,
    demand_of,
    open_witnesses,
    stopped,
    watch_cosigned,
)
from idvault.processes.clock_trust import (
    ClockTrust,
    DoubtfulClockError,
    TrustedTime,
    TwoClocks,
    WitnessedTime,
)
from idvault.processes.notifier import file as notify_file
from idvault.processes.notifier.sender import FollowedFile, NotifySender
from idvault.sealing.intake import DayIntakeOpener
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.signing import Ed25519Signer, public_keys
from idvault_verify.clock import ClockReading
from idvault_verify.error import IdvaultError

_PERIOD = 0.1
Look = Callable[[], Awaitable[Unsequenced]]


def watch_changes(stack: AsyncExitStack, changes: Changes, *, look: Look, clock: Clock) -> None:
    """Tell of changes until the stack closes; does nothing where they make no difference.

    look: reads which entries of the log wait.

    Whatever changes writes an entry of the log, which waits for its index; or the clock file was changed.
    """
    if changes.speed > 1:
        stack.push_async_callback(cancel, asyncio.create_task(_watch(changes, look, clock)))


async def _watch(changes: Changes, look: Look, clock: Clock) -> None:
    shift: timedelta | None = None
    while True:
        now = clock()
        if now.business - now.real != shift or await _waits(look):
            shift = now.business - now.real
            changes.tell()
        await asyncio.sleep(_PERIOD)


async def _waits(look: Look) -> bool:
    try:
        return (await look()).count > 0
    except IdvaultError:
        return False  # a task that needs the database reports it


AT_ANY_TIME = frozenset({
    "log", "publication", "directory_index", "day_keys", "status_lists", "status_keys", "follow_status_keys",
    "count_unkeyed_records", "drill_records", "supervision_page", "repeat_erasures",
    "log_gauges", "gauges", "appeal_gauge", "contest_gauge", "campaign_gauges", "drill_gauges",
    "erasure_gauges", "quorum_gauges", "sanction_gauges", "tip_off_gauges", "notice_gauge",
    "disavowal_gauges", "notifications", "notification_gauges", "contact_codes", "contact_offer",
})  # fmt: skip
"""What the next run makes good, or no time decides. Every other task ends, deletes or publishes for good."""
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
    head = await stored_log.head(base.main)
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
        observe=base.metrics.vitals.clock_doubted.set,
        tell=lambda why: log().error("clock_doubted", why=why),
    )
    return careful.all(tasks)


_LEAST_WIDTH, _MOST_WIDTH = 32, 200


async def work(
    settings: Settings,
    *,
    ready: Ready,
    stop: asyncio.Event,
    clock: Clock,
    clock_agrees: bool = False,
    speed: float = 1,
) -> None:
    """Run the worker until stop is set; clock_agrees: an operator says so. speed: as that of `Changes`."""
    async with AsyncExitStack() as stack:
        base = await stack.enter_async_context(open_base(settings, clock, process="work"))
        metrics_url, keys = open_port(stack, base), load_keys(settings)
        signer = Ed25519Signer(keys=keys.keys(Purpose.LOG))
        rosters = await read_rosters(base, keys=public_keys(keys, Purpose.LOG, Purpose.STATUS_LIST))
        # Before anything else is written: a restored old copy must not grow into a second history.
        witnesses = open_witnesses(stack, base)
        watch = await check_witnessed(base, rosters.current, witnesses=witnesses, signer=signer)
        trust = await build_clock_trust(base, rosters, witnesses=witnesses, agrees=clock_agrees)
        await _adopt(stack, base, rosters)
        vault, signing = vault_of(base.main, guard=guard_of(base)), log_keys(base, keys)
        policy, changes = operator_policy(settings), Changes(speed=speed)
        settlement = settlement_context(stack, base, rosters, policy)
        await signing.run(now=clock())
        backlog = Backlog(vault=vault, context=settlement, opener=DayIntakeOpener(keys=keys))
        tasks = [
            *log_tasks(base, rosters, signing, signer=signer, witnesses=witnesses, changed=changes.tell),
            *log_key_tasks(vault, signing, keys=keys),
            *await key_tasks(base, keys=keys),
            *claim_tasks(base, vault, context=settlement),
            *account_tasks(vault, policy=policy),
            *await credential_tasks(base, vault, keys=keys, policy=policy),
            *disclosure_tasks(base, vault),
            *handover_tasks(base, rosters),
            *campaign_tasks(base, vault, policy=policy),
            *sanction_tasks(base, vault),
            *session_tasks(base, vault),
            *appeal_tasks(base, vault),
            *public_account_tasks(vault, policy=policy),
            *notice_tasks(base, vault, policy=policy),
            *report_tasks(base, rosters, signer=signer),
            *tip_off_tasks(base, vault),
            *erasure_tasks(base, vault),
            *await _tasks_of_operation(stack, base, vault, rosters, keys=keys, trust=trust),
        ]
        loop = await _begun(_loop(base, trust, tasks, changes))
        watch_health(stack, base, lambda: rosters.current)
        watch_changes(stack, changes, look=partial(stored_log.unsequenced, base.main), clock=clock)
        ready({"metrics": metrics_url})
        await _run(base, loop, _settler(base, backlog, trust, width=_width(policy)), watch, stop)


async def _tasks_of_operation(
    stack: AsyncExitStack,
    base: Base,
    vault: Vault,
    rosters: RosterHolder,
    *,
    keys: LocalKeyProvider,
    trust: ClockTrust,
) -> list[Task]:
    """Return the tasks that serve the vault's own operation, those who work with it, and what sends mails."""
    sender = NotifySender(FollowedFile(notify_file.beside(base.settings.keys)), clock=base.real_now)
    stack.push_async_callback(sender.close)
    follow_usage(stack, base, vault)

    async def trusts(now: ClockReading) -> bool:
        try:
            await trust.check(now=now.real)
        except DoubtfulClockError:
            return False
        return True

    return [
        *backup_tasks(base),
        *drill_tasks(base, vault, rosters),
        *await notification_tasks(stack, base, vault, sender, report=_report, trusts=trusts),
        *contact_tasks(vault, sender, keys=keys, metrics=base.metrics, report=_report),
        *usage_tasks(base, vault),
    ]


async def _begun(loop: Loop) -> Loop:
    """Return the loop after the tasks that come before all others have run once."""
    # Entries that wait since the set-up, or since a worker stopped, would have each other task refused.
    await loop.once("log")
    # A main database that was restored must not show an erased account for a moment longer.
    await loop.once("repeat_erasures")
    return loop


async def _adopt(stack: AsyncExitStack, base: Base, rosters: RosterHolder) -> None:
    """Adopt the roster's file, and follow it and the witnesses that it names."""
    await rosters.adopt_file(now=base.clock())
    follow_rosters(stack, base, rosters)
    watch_cosigned(stack, base, lambda: rosters.current)


async def _run(base: Base, loop: Loop, settler: Settler, watch: WitnessWatch, stop: asyncio.Event) -> None:
    """Work until stop is set, or until the witnesses show that an old copy of the databases was restored."""
    ending = asyncio.Event()

    async def end() -> None:
        try:
            await stopped(stop, watch)
        finally:
            base.metrics.health.stop()
            ending.set()

    await asyncio.gather(loop.run(stop=ending), settler.run(stop=ending), end())


def _loop(base: Base, trust: ClockTrust, tasks: Sequence[Task], changes: Changes) -> Loop:
    careful = [traced(base.traces, task) for task in careful_tasks(base, trust, tasks)]
    return Loop(tasks=careful, clock=base.clock, report=_report, changes=changes)


def _settler(base: Base, backlog: Backlog, trust: ClockTrust, *, width: int) -> Settler:
    return Settler(
        backlog=backlog,
        clock=base.clock,
        report=_report,
        width=width,
        span=nullcontext if base.traces is None else base.traces.span,
        is_wrong=lambda now: trust.is_wrong(now=now.real),
    )


def traced(traces: Traces | None, task: Task) -> Task:
    """Return a task whose runs are spans, each with the acts of its batch; the task itself without traces."""
    if traces is None:
        return task

    async def run(now: ClockReading) -> object:
        with traces.span(f"task {task.name}"):
            return await task.run(now)

    return replace(task, run=run)


def _width(policy: OperatorPolicy) -> int:
    """Return how many settlements run at once: the rate cap per second, within bounds."""
    return min(max(_LEAST_WIDTH, ceil(policy.registry_calls_per_second)), _MOST_WIDTH)


def _report(task: str, error: Exception) -> None:
    # What our errors say beside their reason is fixed text for the operator.
    why = {"why": str(error)} if isinstance(error, IdvaultError) and str(error) != error.reason.value else {}
    log().error("task_failed", task=task, **why, **describe(error))
