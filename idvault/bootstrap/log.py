"""What keeps the log: the guard of every change, and the worker's sequencer and publication."""

from collections.abc import Callable
from dataclasses import dataclass

from idvault.attest.roster import Roster
from idvault.bootstrap.base import Base
from idvault.config import ConfigError, Settings
from idvault.domain.clock import ClockReading
from idvault.flows.log.guard import LogGuard
from idvault.flows.log.publication import PublicationFlow
from idvault.flows.log.sequencing import LogFlow
from idvault.ports.log.store import CheckpointStore, LogSigner, LogStore, Publication
from idvault.ports.log.witness import Witness
from idvault.storage.log.checkpoint import SIGNED, SqlCheckpointStore
from idvault.storage.log.store import SqlLogStore
from idvault.storage.public_files import LocalPublicFiles
from idvault.telemetry.logs import log
from idvault.transparency.checkpoint import CosignaturePolicy
from idvault.transparency.note import Algorithm, VerifierKey, parse_key
from idvault.workers.loop import Task

_GAUGES_PERIOD = 5.0
# Entries that wait for a minute stop every change, so the log does not wait long for a store that was away.
_LONGEST_BACK_OFF = 4.0


@dataclass(frozen=True, slots=True)
class Sequencing:
    """What the worker does for the log."""

    store: LogStore
    log: LogFlow
    publication: PublicationFlow


def wire_sequencing(
    *,
    store: LogStore,
    signed: CheckpointStore,
    complete: CheckpointStore,
    files: Publication,
    signer: LogSigner,
    policy: CosignaturePolicy,
    witness: Witness | None,
    alarm: Callable[[str], None],
) -> Sequencing:
    """Connect sequencer and publication to their ports; production and tests differ in these alone."""
    flow = LogFlow(
        store=store,
        signed=signed,
        complete=complete,
        files=files,
        signer=signer,
        policy=policy,
        witness=witness,
        alarm=alarm,
    )
    return Sequencing(
        store, flow, PublicationFlow(store=store, complete=complete, files=files, policy=policy)
    )


def build_guard(base: Base) -> LogGuard:
    """Return what changes pass first; it tells the metrics how many entries wait."""
    return LogGuard(
        store=SqlLogStore(database=base.main),
        observe=lambda count: base.metrics.log_unsequenced(count=count),
    )


def build_sequencing(base: Base, roster: Roster, *, signer: LogSigner, witness: Witness | None) -> Sequencing:
    """Build it all; raises ConfigError if the witness is not what the roster demands."""
    return wire_sequencing(
        store=SqlLogStore(database=base.main),
        signed=SqlCheckpointStore(database=base.shred, name=SIGNED),
        complete=SqlCheckpointStore(database=base.shred),
        files=LocalPublicFiles(directory=base.settings.public_dir),
        signer=signer,
        policy=log_policy(base.settings, roster, signer.public_key),
        witness=witness,
        alarm=lambda why: log().error("log_alarm", why=why),
    )


def log_tasks(base: Base, sequencing: Sequencing) -> list[Task]:
    """Return the worker's tasks for the log: sequence, publish, and report how far both are behind."""

    async def read_gauges(now: ClockReading) -> None:
        base.metrics.log_checkpoint_age(seconds=sequencing.publication.age(now=now).total_seconds())
        base.metrics.log_unsequenced(count=(await sequencing.store.unsequenced()).count)

    log_flow, publication = sequencing.log, sequencing.publication
    return [
        Task("log", 1, lambda now: log_flow.run(now=now), longest=_LONGEST_BACK_OFF),
        Task("publication", 1, lambda now: publication.run(now=now), longest=_LONGEST_BACK_OFF),
        Task("log_gauges", _GAUGES_PERIOD, read_gauges),
    ]


def log_policy(settings: Settings, roster: Roster, public_key: bytes) -> CosignaturePolicy:
    """Return whose signatures a checkpoint of this deployment needs; raises ConfigError.

    The roster demands, since clients pin it; the settings say which witness is asked. One that the roster
    does not name is asked all the same, and missed by nobody.
    """
    asked = parse_key(settings.witness_key) if settings.witness_key else None
    demanded = () if roster.witness is None else roster.witness.witnesses
    quorum = 0 if roster.witness is None else roster.witness.threshold
    keys = {VerifierKey(name, key, Algorithm.COSIGNATURE_V1) for name, key in demanded}
    if quorum and (asked is None or asked not in keys or quorum > 1):
        raise ConfigError(
            "IDVAULT_WITNESS_KEY must be the key of the one witness that the roster's policy demands"
        )
    return CosignaturePolicy(
        settings.log_origin,
        (VerifierKey(settings.log_origin, public_key),),
        () if asked is None else (asked,),
        quorum,
    )
