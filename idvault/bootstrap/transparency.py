"""Builds TransparencyService: what roster members and monitors read of the log."""

from idvault.api.edge.server import Service
from idvault.api.log import TransparencyServicer
from idvault.bootstrap.base import Base
from idvault.flows.log.reading import TransparencyFlow
from idvault.ports.log.store import CheckpointStore, LogStore
from idvault.storage.log.checkpoint import SqlCheckpointStore
from idvault.storage.log.store import SqlLogStore
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
