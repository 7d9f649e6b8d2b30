"""Builds the worker's tasks of the vault itself: log, keys, records, drills, hand-overs, reports."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from idvault.core.act import Vault
from idvault.core.config import operator_file
from idvault.core.db.database import Database
from idvault.core.loop import Task
from idvault.core.public_files import LocalPublicFiles
from idvault.core.telemetry.logs import log
from idvault.core.telemetry.vitals import Vitals
from idvault.custody.drill import acts as drill_acts
from idvault.erasure.former_version.acts import StrayKeys
from idvault.key.acts.version import DayKeys, ShredKeys
from idvault.log.acts import stored_log
from idvault.log.acts.publication import LogKeys, Publisher, publish_index
from idvault.log.acts.sequencing import Sequencer
from idvault.log.acts.witness import Witnesses
from idvault.people import acts as people_acts
from idvault.people.acts import RosterHolder, RosterSource
from idvault.processes.backup import acts as backup_acts
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.roster import count_records
from idvault.processes.bootstrap.witness import check_asked, log_policy, witness_keys
from idvault.report.acts import report as report_acts
from idvault.report.acts import supervision
from idvault.report.acts.report import RunningMonth
from idvault.report.acts.sources import ReportSources
from idvault.report.acts.supervision import PublicPage
from idvault.sealing import key_set
from idvault.sealing.identity import QuorumRecordSealer
from idvault.sealing.intake import LocalDayKeyring
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import Signer
from idvault.sealing.signing import Ed25519Signer
from idvault.status.credential.acts import vouch_for_statements
from idvault_verify.clock import ClockReading
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.note import NoteSigner, VerifierKey

_LOG_GAUGES_PERIOD = 5.0
_LOG_INDEX_PERIOD = 10.0
# Entries that wait for a minute stop every change, so the log retries soon after a store failure.
_LOG_LONGEST_BACK_OFF = 4.0


def log_keys(base: Base, keys: LocalKeyProvider) -> LogKeys:
    """Return the log's keys in the worker's key file."""
    origin = base.settings.log_origin

    def find() -> list[NoteSigner]:
        held = keys.keys(Purpose.LOG).versions
        signers = [
            Ed25519Signer(keys=KeySet(version, {version: held[version]}))
            for version in sorted(held, key=key_set.age)
        ]
        return [NoteSigner(VerifierKey(origin, each.public_key), each.sign) for each in signers]

    return LogKeys(base.shred, LocalPublicFiles(directory=base.settings.public_dir), find)


def log_tasks(
    base: Base,
    rosters: RosterHolder,
    keys: LogKeys,
    *,
    signer: Signer,
    witnesses: Witnesses,
    changed: Callable[[], None],
) -> list[Task]:
    """Return the worker's tasks for the log: sequence, publish, and update the metrics of both.

    keys: those that sign. changed: called after each new checkpoint,
    which there is something to publish of. Raises ConfigError if the roster requires other witnesses.
    """
    settings, asked = base.settings, tuple(witnesses)
    check_asked(rosters.current, asked)
    main, shred, files = base.main, base.shred, LocalPublicFiles(directory=settings.public_dir)

    def policy() -> CosignaturePolicy:
        roster = rosters.current
        return log_policy(settings.log_origin, roster, signer.public_key, asked=asked, more=keys.keys)

    sequencer = Sequencer(
        main=main,
        shred=shred,
        files=files,
        signer=signer,
        policy=policy,
        witnesses=witnesses,
        alarm=lambda why: log().error("log_alarm", why=why),
        signers=keys.signers,
    )
    publisher = Publisher(main=main, shred=shred, files=files, policy=policy)

    async def step(now: ClockReading) -> None:
        if await sequencer.run(now=now):
            changed()

    async def read_gauges(now: ClockReading) -> None:
        base.metrics.log_checkpoint_age.set(publisher.age(now=now).total_seconds())
        base.metrics.log_unsequenced.set((await stored_log.unsequenced(main)).count)

    return [
        Task("log", 1, step, longest=_LOG_LONGEST_BACK_OFF),
        Task("publication", 1, lambda now: publisher.run(now=now), longest=_LOG_LONGEST_BACK_OFF),
        Task("directory_index", _LOG_INDEX_PERIOD, lambda _: publish_index(files)),
        Task("log_gauges", _LOG_GAUGES_PERIOD, read_gauges),
    ]


def log_key_tasks(vault: Vault, log_keys: LogKeys, *, keys: LocalKeyProvider) -> list[Task]:
    """Return the worker's tasks of the log's keys: announce a later one, end one, vouch for statements."""

    async def follow(now: ClockReading) -> None:
        await keys.held()
        await log_keys.run(now=now)
        over = log_keys.over(now.real)
        versions = sorted(map(int, keys.keys(Purpose.LOG).versions))
        await keys.destroyed(Purpose.LOG.value, versions[: len(over)], successor=versions[-1])

    async def vouch(now: ClockReading) -> None:
        purpose = Purpose.STATUS_TOKEN.value
        await vouch_for_statements(vault, now, signers=log_keys.signers, purpose=purpose)

    return [
        Task("log_keys", _LOG_INDEX_PERIOD, follow),
        # Each second, because a new edge tells no history before.
        Task("statement_keys", 1, vouch),
    ]


async def key_tasks(base: Base, *, keys: LocalKeyProvider) -> list[Task]:
    """Return the worker's tasks for day keys, after the first ones are published.

    They are published before the worker reports that it is ready: without a day key an edge cannot store an
    intake.
    """
    day_keys = LocalDayKeyring(keys=keys, store=DayKeys(base.main), entropy=ENTROPY)
    await day_keys.publish(now=base.real_now())
    return [
        Task("day_keys", 60, lambda now: day_keys.publish(now=now.real)),
        Task("destroy_day_keys", 60, lambda now: day_keys.destroy(now=now.real)),
    ]


_WALK_PERIOD = 60.0
# A step takes a tenth of a second of a core; a million records take 50 of them.
_WALK_STEP = 20_000
# What only a restore can cause need not be looked for all the time.
_WALK_REST = timedelta(hours=1)
# A million keys take an hour and a half.
_STRAY_PERIOD, _STRAY_STEP = 10.0, 2_000
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(kw_only=True, eq=False, repr=False)
class UnkeyedCount:
    """Counts the records without a shred key, a step a minute, and rests an hour after each round."""

    main: Database
    shred: Database
    vitals: Vitals
    step: int = _WALK_STEP
    _after: str = ""
    _count: int = 0
    _shown: int = -1
    _next: datetime = _LONG_AGO

    async def look(self, now: ClockReading) -> None:
        """Run a step. A whole round sets the metric; within one it is only raised."""
        if now.real < self._next:
            return
        found = await backup_acts.walk_records(self.main, self.shred, after=self._after, most=self.step)
        self._after, self._count = found.after, self._count + len(found.unkeyed)
        if not found.after or self._count > max(self._shown, 0):
            self._shown = self._count
            self.vitals.records_without_key.set(self._count)
        if not found.after:
            self._count, self._next = 0, now.real + _WALK_REST


@dataclass(eq=False, repr=False)
class StrayRounds:
    """Looks for stray keys, and rests an hour after each round."""

    keys: StrayKeys
    _next: datetime = field(default=_LONG_AGO, init=False)

    async def look(self, now: ClockReading) -> None:
        """Run a step."""
        if now.real < self._next:
            return
        deleted, is_over = await self.keys.look()
        if deleted:
            log().info("stray_keys_deleted", count=deleted)
        if is_over:
            self._next = now.real + _WALK_REST


def backup_tasks(base: Base) -> list[Task]:
    """Return the worker's tasks that count records without a shred key, and delete keys without a record."""
    count = UnkeyedCount(main=base.main, shred=base.shred, vitals=base.metrics.vitals)
    stray = StrayKeys(main=base.main, shred_keys=ShredKeys(base.shred), step=_STRAY_STEP)
    return [
        Task("count_unkeyed_records", _WALK_PERIOD, count.look),
        Task("destroy_stray_keys", _STRAY_PERIOD, StrayRounds(stray).look),
    ]


_DRILL_KEEP_PERIOD = 60.0
_DRILL_COUNT_PERIOD = 5.0


def drill_tasks(base: Base, vault: Vault, rosters: RosterHolder) -> list[Task]:
    """Return the worker's tasks for drills."""
    sealer = QuorumRecordSealer(
        quorum=lambda: rosters.quorum,
        shred_store=ShredKeys(base.shred),
        entropy=ENTROPY,
    )

    def observe(overdue: int, oldest: float) -> None:
        base.metrics.people.drills_overdue.set(overdue)
        base.metrics.people.drill_oldest.set(oldest)

    return [
        Task(
            "drill_records",
            _DRILL_KEEP_PERIOD,
            lambda now: drill_acts.keep(vault, now, rosters=rosters, sealer=sealer),
        ),
        Task(
            "drill_gauges",
            _DRILL_COUNT_PERIOD,
            lambda now: drill_acts.count(vault, now, rosters=rosters, observe=observe),
        ),
    ]


_HANDOVER_PERIOD = 30.0


def handover_tasks(base: Base, rosters: RosterSource) -> list[Task]:
    """Return the worker's task: it counts records by who holds their shares."""

    async def read_gauges(_now: ClockReading) -> None:
        found = await count_records(base.main, lambda: people_acts.versions(rosters))
        base.metrics.people.quorum_records.set_all(
            {(version, holders.value): number for (version, holders), number in found.records.items()}
        )

    return [Task("quorum_gauges", _HANDOVER_PERIOD, read_gauges)]


_REPORTS_PERIOD, _PAGE_PERIOD = 10.0, 20.0


def report_tasks(base: Base, rosters: RosterHolder, *, signer: Signer) -> list[Task]:
    """Return the worker's tasks: publish reports of what has ended, and the page of public supervision."""
    settings, done = base.settings, set[str]()
    files = LocalPublicFiles(directory=settings.public_dir)
    key = VerifierKey(settings.log_origin, signer.public_key)
    signs = NoteSigner(key, signer.sign)
    sources = ReportSources(main=base.main, shred=base.shred, zone=settings.zone, published=files)
    run_by = operator_file.read(settings.web_operator, development=settings.development)
    page = PublicPage(
        files=files,
        running=RunningMonth(sources=sources),
        key=key,
        roster=lambda: rosters.current,
        # The published checkpoint may have been complete under the roster before.
        policy=lambda: CosignaturePolicy(key.name, (key,), witness_keys(rosters.current)),
        web_url=settings.web_url,
        run_by=run_by.names,
        url=run_by.supervision,
    )
    return [
        Task(
            "reports",
            _REPORTS_PERIOD,
            lambda now: report_acts.publish(sources, files, signs, done=done, now=now),
        ),
        Task("supervision_page", _PAGE_PERIOD, lambda now: supervision.publish(page, now=now)),
    ]
