"""Builds what proves that entries are in the log."""

from idvault.disclosure.acts.history import LogProofs
from idvault.log.store import SqlCheckpointStore, SqlLogStore
from idvault.processes.bootstrap.base import Base


def log_proofs(base: Base) -> LogProofs:
    """Return what makes inclusion proofs from a process's databases."""
    return LogProofs(
        log=SqlLogStore(database=base.main),
        checkpoints=SqlCheckpointStore(database=base.shred),
        main=base.main,
    )
