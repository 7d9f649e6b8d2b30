"""Builds TransparencyService: what roster members and monitors read of the log."""

from idvault.core.edge.server import Service
from idvault.log.acts.reading import TransparencyFlow
from idvault.log.api import TransparencyServicer
from idvault.log.ports import CheckpointStore, LogStore
from idvault.log.store import SqlCheckpointStore, SqlLogStore
from idvault.processes.bootstrap.base import Base
from idvault.v1 import transparency_pb2


def wire_transparency(*, log: LogStore, checkpoints: CheckpointStore) -> Service:
    """Connect the service to its ports; production and tests differ only in the ports."""
    flow = TransparencyFlow(log=log, checkpoints=checkpoints)
    known = transparency_pb2.DESCRIPTOR.services_by_name
    return Service(known["TransparencyService"], TransparencyServicer(flow=flow))


def build_transparency(base: Base) -> Service:
    """Return TransparencyService."""
    return wire_transparency(
        log=SqlLogStore(database=base.main), checkpoints=SqlCheckpointStore(database=base.shred)
    )
