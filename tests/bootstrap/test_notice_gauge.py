"""For how long the registry's feed was not read to its end, as the worker shows it."""

import pytest

from idvault.core.config import Settings
from idvault.core.db.database import Database
from idvault.core.policy import OperatorPolicy
from idvault.core.telemetry.logs import Logs
from idvault.core.telemetry.metrics import Metrics
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.periodic.account import notice_tasks
from idvault_verify import strict_base64
from tools.support.builders import ZONE
from tools.support.flow_world import at
from tools.support.notice_world import KEY, NoticeWorld

PUBLIC = strict_base64.encode_standard(KEY.public_key().public_bytes_raw())


class Worker:
    """What one worker shows over the database of a world."""

    def __init__(self, world: NoticeWorld, *, keys: str) -> None:
        self._metrics = Metrics()
        base = Base(
            settings=Settings(registry_notice_keys=keys),
            clock=lambda: at(0),
            metrics=self._metrics,
            logs=Logs(process="test"),
            main=world.database,
            shred=world.database,
        )
        built = notice_tasks(base, world.vault, policy=OperatorPolicy(1, 365, 1.0, ZONE))
        (self._gauge,) = [each for each in built if each.name == "notice_gauge"]

    async def shown(self, seconds: float) -> list[float]:
        """Let the task look; return what a scrape has."""
        await self._gauge.run(at(seconds))
        return [sample.value for sample in self._metrics.notices_behind.family().samples]


@pytest.mark.parametrize("submits", [False, True])
async def test_a_feed_that_was_never_read_to_its_end(main_database: Database, *, submits: bool) -> None:
    """A worker with the registry's keys counts from its first look; without them it shows nothing."""
    world = NoticeWorld(main_database)
    await world.begin()
    if submits:
        await world.send()
    expecting, other = Worker(world, keys=PUBLIC), Worker(world, keys="")
    assert [await each.shown(100) for each in (expecting, other)] == [[0.0], []]
    assert [await each.shown(4_000) for each in (expecting, other)] == [[3_900.0], []]
    await world.send(seconds=4_000, caught_up=True)
    assert [await each.shown(4_060) for each in (expecting, other)] == [[60.0], [60.0]]
    assert await Worker(world, keys=PUBLIC).shown(9_000) == [5_000.0]
