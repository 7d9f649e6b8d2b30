"""A platform reads its own month, and no other's."""

import pytest

from idvault.core.act import SYSTEM
from idvault.core.db.database import Database
from idvault.core.edge.call import Caller
from idvault.core.edge.server import Service
from idvault.core.usage import UsageBatch
from idvault.platform.usage import acts
from idvault.platform.usage.api import UsageMethods
from idvault.processes.bootstrap.vault import vault_of
from idvault_client import PlatformUsage, UsageFigure
from idvault_client.errors import InvalidFields
from idvault_verify.v1 import usage_pb2
from tools.support.fakes.sealing import CountingEntropy
from tools.support.flow_world import at
from tools.support.in_process import client

_SERVICE = usage_pb2.DESCRIPTOR.services_by_name["UsageService"]


async def test_a_platform_reads_its_own_month(main_database: Database) -> None:
    """Figures of the caller alone; another month has none; a month that is none is refused."""
    vault = vault_of(main_database, entropy=CountingEntropy())
    counts = {(party, "2026-03", "registry/charged"): number for party, number in (("a", 4), ("b", 9))}
    await acts.add(vault, SYSTEM, at(0), UsageBatch(process="p", number=1, counts=counts))
    mine = client([Service(_SERVICE, UsageMethods(vault=vault))], Caller("a", "platform", "c" * 32), at(0))
    found = await mine.get_usage("2026-03")
    assert found == PlatformUsage("2026-03", (UsageFigure("registry/charged", 4), UsageFigure("sessions", 0)))
    assert (found.count("registry/charged"), found.count("calls/x")) == (4, 0)
    assert (await mine.get_usage("2026-04")).count("registry/charged") == 0
    with pytest.raises(InvalidFields):
        await mine.get_usage("March")
