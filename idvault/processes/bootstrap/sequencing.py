"""Builds the worker's part of the log: sequencer and publication."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from idvault.core.public_files import LocalPublicFiles
from idvault.core.telemetry.logs import log
from idvault.log.acts.publication import LogKeys, PublicationFlow
from idvault.log.acts.sequencing import LogFlow
from idvault.log.acts.witness import Witnesses
from idvault.log.ports import CheckpointStore, LogStore, Publication
from idvault.log.store import EPOCHS, LOG_KEYS, SIGNED, SqlCheckpointStore, SqlLogStore
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.log import check_asked, log_policy
from idvault.sealing import key_set
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import KeySet, Purpose
from idvault.sealing.ports import Signer
from idvault.sealing.signing import Ed25519Signer
from idvault.verify.attest.people.roster import Roster
from idvault.verify.transparency.checkpoint import CosignaturePolicy
from idvault.verify.transparency.note import NoteSigner, VerifierKey


@dataclass(frozen=True, slots=True)
class Sequencing:
    """The worker's part of the log."""

    store: LogStore
    log: LogFlow
    publication: PublicationFlow


def wire_sequencing(
    *,
    store: LogStore,
    signed: CheckpointStore,
    complete: CheckpointStore,
    epochs: CheckpointStore,
    files: Publication,
    signer: Signer,
    policy: Callable[[], CosignaturePolicy],
    witnesses: Witnesses,
    alarm: Callable[[str], None],
    signers: Callable[[datetime], Sequence[NoteSigner]] | None = None,
) -> Sequencing:
    """Connect sequencer and publication to their ports; production and tests differ only in the ports."""
    flow = LogFlow(
        store=store,
        signed=signed,
        complete=complete,
        epochs=epochs,
        files=files,
        signer=signer,
        policy=policy,
        witnesses=witnesses,
        alarm=alarm,
        signers=signers,
    )
    publication = PublicationFlow(store=store, complete=complete, epochs=epochs, files=files, policy=policy)
    return Sequencing(store, flow, publication)


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

    return LogKeys(
        store=SqlCheckpointStore(database=base.shred, name=LOG_KEYS),
        files=LocalPublicFiles(directory=base.settings.public_dir),
        find=find,
    )


def build_sequencing(
    base: Base, roster: Callable[[], Roster], *, signer: Signer, keys: LogKeys, witnesses: Witnesses
) -> Sequencing:
    """Build the sequencer and the publication; raises ConfigError if the roster requires other witnesses.

    roster: returns the version in force. keys: those that sign.
    """
    settings = base.settings
    asked = tuple(witnesses)
    check_asked(roster(), asked)
    return wire_sequencing(
        store=SqlLogStore(database=base.main),
        signed=SqlCheckpointStore(database=base.shred, name=SIGNED),
        complete=SqlCheckpointStore(database=base.shred),
        epochs=SqlCheckpointStore(database=base.shred, name=EPOCHS),
        files=LocalPublicFiles(directory=settings.public_dir),
        signer=signer,
        policy=lambda: log_policy(
            settings.log_origin, roster(), signer.public_key, asked=asked, more=keys.keys
        ),
        witnesses=witnesses,
        alarm=lambda why: log().error("log_alarm", why=why),
        signers=keys.signers,
    )
