"""Builds and runs `idvault work`."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack, nullcontext
from dataclasses import replace
from functools import partial
from math import ceil

from idvault.claim.acts.backlog import Backlog, Settler
from idvault.core.config import Settings
from idvault.core.loop import Changes, Loop, Task
from idvault.core.policy import OperatorPolicy
from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.traces import Traces
from idvault.log.acts import tree
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.base import Base, Clock, Ready, load_keys, open_base
from idvault.processes.bootstrap.changes import watch_changes
from idvault.processes.bootstrap.claim import settlement_context
from idvault.processes.bootstrap.clock_trust import build_clock_trust, careful_tasks
from idvault.processes.bootstrap.health import open_port, watch_health
from idvault.processes.bootstrap.periodic.account import account_tasks, credential_tasks
from idvault.processes.bootstrap.periodic.backup import backup_tasks
from idvault.processes.bootstrap.periodic.campaign import campaign_tasks
from idvault.processes.bootstrap.periodic.claim import claim_tasks
from idvault.processes.bootstrap.periodic.disclosure import disclosure_tasks
from idvault.processes.bootstrap.periodic.drill import drill_tasks
from idvault.processes.bootstrap.periodic.erasure import erasure_tasks
from idvault.processes.bootstrap.periodic.handover import handover_tasks
from idvault.processes.bootstrap.periodic.key import key_tasks
from idvault.processes.bootstrap.periodic.log import log_key_tasks, log_keys, log_tasks
from idvault.processes.bootstrap.periodic.public_account import public_account_tasks
from idvault.processes.bootstrap.periodic.report import report_tasks
from idvault.processes.bootstrap.periodic.sanction import appeal_tasks, sanction_tasks
from idvault.processes.bootstrap.periodic.session import session_tasks
from idvault.processes.bootstrap.periodic.tip_off import tip_off_tasks
from idvault.processes.bootstrap.policy import operator_policy
from idvault.processes.bootstrap.roster import follow_rosters, read_rosters
from idvault.processes.bootstrap.vault import guard_of, vault_of
from idvault.processes.bootstrap.witness import (
    WitnessWatch,
    check_witnessed,
    open_witnesses,
    stopped,
    watch_cosigned,
)
from idvault.processes.clock_trust import ClockTrust
from idvault.sealing.intake import DayIntakeOpener
from idvault.sealing.key_set import Purpose
from idvault.sealing.signing import Ed25519Signer, public_keys
from idvault_verify.clock import ClockReading

_LEAST_WIDTH, _MOST_WIDTH = 32, 200


async def work(
    settings: Settings, *, ready: Ready, stop: asyncio.Event, clock: Clock, clock_agrees: bool = False
) -> None:
    """Run the worker until stop is set; clock_agrees: an operator says that the clock is right."""
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
        guard, signing = guard_of(base), log_keys(base, keys)
        vault = vault_of(base.main, guard=guard)
        policy, changes = operator_policy(settings), Changes(speed=settings.work_speed)
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
            *report_tasks(base, rosters, signer=signer),
            *tip_off_tasks(base, vault),
            *erasure_tasks(base, vault),
            *backup_tasks(base),
            *drill_tasks(base, vault, rosters),
        ]
        loop = _loop(base, trust, tasks, changes)
        # Entries that wait since the set-up, or since a worker stopped, would have each other task refused.
        await loop.once("log")
        watch_health(stack, base, lambda: rosters.current)
        watch_changes(stack, changes, look=partial(tree.unsequenced, base.main), clock=clock)
        ready({"metrics": metrics_url})
        await _run(base, loop, _settler(base, backlog, trust, width=_width(policy)), watch, stop)


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
    log().error("task_failed", task=task, **describe(error))
