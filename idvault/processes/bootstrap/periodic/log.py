"""Builds the worker's tasks of the log and of its keys."""

from collections.abc import Callable

from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.core.public_files import LocalPublicFiles
from idvault.core.telemetry.logs import log
from idvault.log.acts import tree
from idvault.log.acts.publication import LogKeys, Publisher, publish_index
from idvault.log.acts.sequencing import Sequencer
from idvault.log.acts.witness import Witnesses
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.log import check_asked, log_policy
from idvault.sealing import key_set
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import Signer
from idvault.sealing.signing import Ed25519Signer
from idvault.status.credential.acts import vouch_for_statements
from idvault_verify.clock import ClockReading
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.note import NoteSigner, VerifierKey

_GAUGES_PERIOD = 5.0
_INDEX_PERIOD = 10.0
# Entries that wait for a minute stop every change, so the log retries soon after a store failure.
_LONGEST_BACK_OFF = 4.0


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
        base.metrics.log_checkpoint_age(seconds=publisher.age(now=now).total_seconds())
        base.metrics.log_unsequenced(count=(await tree.unsequenced(main)).count)

    return [
        Task("log", 1, step, longest=_LONGEST_BACK_OFF),
        Task("publication", 1, lambda now: publisher.run(now=now), longest=_LONGEST_BACK_OFF),
        Task("directory_index", _INDEX_PERIOD, lambda _: publish_index(files)),
        Task("log_gauges", _GAUGES_PERIOD, read_gauges),
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
        Task("log_keys", _INDEX_PERIOD, follow),
        # Each second, because a new edge tells no history before.
        Task("statement_keys", 1, vouch),
    ]
