"""For whom the acts of a claim are done: callers are served in turn by it (core.caller).

Acts are called, because the edge sets the caller of a turn before it calls a method.
"""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from idvault.core import caller
from idvault_verify.registry import RegistryAnswer
from tools.support.flow_world import PARTY, World

PLATFORM = caller.platform(PARTY)


@contextmanager
def noted(world: World) -> Iterator[dict[str, set[str]]]:
    """Note for whom each act and read was done."""
    seen: dict[str, set[str]] = defaultdict(set)
    database = world.database
    with pytest.MonkeyPatch.context() as patch:
        for way in ("act", "read"):
            patch.setattr(database, way, _noting(getattr(database, way), seen))
        yield seen


def _noting(run: Any, seen: dict[str, set[str]]) -> Any:
    async def noting(name: str, work: Any) -> Any:
        seen[name].add(caller.current())
        return await run(name, work)

    return noting


async def test_a_claim_is_its_platforms_whoever_sends_it(world: World) -> None:
    """The hosted pages send claims of all platforms; what is begun does not wait behind new claims."""
    with noted(world) as seen, caller.serving("web/pages"):
        await world.verify()
    assert seen["verification.open"] == {PLATFORM}
    assert seen["verification.settle"] == {caller.begun(PLATFORM)}
    assert seen["job.backlog"] == {caller.NOBODY}


async def test_the_worker_settles_for_the_platform(world: World) -> None:
    """Its other work has turns of its own, so that a backlog delays no sweep."""
    world.registry.script.append(RegistryAnswer.NOT_SENT)
    await world.verify()
    with noted(world) as seen, caller.serving(caller.NOBODY):
        await world.work(seconds=2)
    assert seen["job.lease"] == {caller.NOBODY}
    assert seen["verification.settle"] == {PLATFORM}


async def test_who_reads_for_many_reads_for_nobody(world: World) -> None:
    """The guard's look at the log serves all callers for a second."""
    seen: list[str] = []
    look = world.waiting.unsequenced

    async def noting() -> Any:
        seen.append(caller.current())
        return await look()

    world.guard._look = noting
    with caller.serving(PLATFORM):
        await world.verify()
    assert seen == [caller.NOBODY]
