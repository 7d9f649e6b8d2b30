"""The log's steps on both databases: one history despite crashes, races, edits and roll-backs.

The steps are called: the worker makes them, no method does.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from idvault.core.tables.log import log_entries, log_head, log_nodes
from idvault.log.acts import stored_log
from idvault.log.acts.sequencing import LogRefusedError
from idvault.log.acts.stored_log import LogGuard
from idvault.log.store import NEWEST, SIGNED
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.transparency import checkpoint
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tree import CompactRange, leaf_hash
from tools.support.fakes.flaky import Fault
from tools.support.log_world import (
    PLAIN,
    LogWorld,
    assert_one_history,
    at,
    cut_short,
    forget,
    of,
    read,
    set_back,
)


@pytest.fixture
def world(log_world: LogWorld) -> LogWorld:
    return log_world


async def test_a_step_places_signs_keeps_and_publishes(world: LogWorld) -> None:
    """The empty log has a checkpoint, and each step's checkpoint covers all earlier entries."""
    worker = world.worker()
    for count in (0, 1, 2, 0, 300):
        await world.write(count) if count else None
        await worker.step()
        leaves = await world.placed()
        assert len(leaves) == world.written
        assert [await world.newest(name) for name in (SIGNED, NEWEST)] == [of(leaves)] * 2
        assert world.published() == of(leaves)
    assert worker.alarms == []


async def test_nothing_new_is_not_signed_again(world: LogWorld) -> None:
    """A step without new entries signs no checkpoint."""
    await world.write(3)
    await world.worker().step()
    worker = world.worker()
    for name in (SIGNED, NEWEST):
        worker.notes.plant(f"{name}.replace", Fault.REFUSE)
    for word in ("replace", "write"):
        worker.files.plant(word, Fault.REFUSE)
    await worker.step()


async def test_a_step_tells_whether_there_is_another_checkpoint(world: LogWorld) -> None:
    """The empty log's is one, and a step without new entries completes none."""
    worker = world.worker()
    told = []
    for count in (0, 0, 3, 0):
        await world.write(count) if count else None
        told.append(await worker.log.run(now=at(0)))
    assert told == [True, False, True, False]


STEPS = [
    ("entries", "sequence"),
    ("entries", "head"),
    ("notes", "signed.latest"),
    ("notes", "signed.replace"),
    ("notes", "newest.latest"),
    ("notes", "newest.replace"),
    ("files", "read"),
    ("files", "write"),
    ("files", "replace"),
]


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.HANG, Fault.LOSE_ANSWER])
@pytest.mark.parametrize(("place", "word"), STEPS)
async def test_a_crash_between_two_steps_is_made_up_for(
    world: LogWorld, place: str, word: str, fault: Fault
) -> None:
    """After a refusal, a time-out or a lost answer, a new worker completes one history."""
    await world.write(5)
    await world.worker().step()
    seen = [world.published()]
    await world.write(300)
    broken = world.worker()
    getattr(broken, place).plant(word, fault)
    if fault is Fault.HANG:
        await cut_short(broken.step(), at=getattr(broken, place))
    else:
        with pytest.raises(UnavailableError):
            await broken.step()
    seen += [found for name in (SIGNED, NEWEST) if (found := await world.newest(name))]
    seen.append(world.published())
    # A published checkpoint was stored in the second database before.
    assert seen[-1].size <= seen[-2].size <= seen[-3].size
    await world.write(7)
    await world.worker().step()
    leaves = await world.placed()
    assert world.published() == of(leaves)
    assert len(leaves) == 312
    assert_one_history(seen, leaves)


async def test_two_workers_on_one_log(world: LogWorld, tmp_path: Path) -> None:
    """Under load, each checkpoint continues the one before, with a shared and with separate folders."""
    folders = (world.folder, world.folder, tmp_path / "other")
    others = LogWorld(world.databases, world.folder)
    workers = [world.worker(), others.worker(), others.worker(folder=folders[2])]
    seen: list[list[Checkpoint]] = [[] for _ in workers]
    stop = asyncio.Event()

    async def load() -> None:
        draw = random.Random(7)  # noqa: S311 - only the sizes of batches
        for number in range(25):
            await world.write(draw.randrange(1, 40), seconds=number)
            await asyncio.sleep(0.02)
        stop.set()

    async def follow(number: int) -> None:
        while not stop.is_set():
            await workers[number].step()
            shown = read(folders[number] / "checkpoint")
            if shown is not None:
                seen[number].append(checkpoint.verify(shown, PLAIN).checkpoint)

    async with asyncio.timeout(60):
        await asyncio.gather(load(), *(follow(number) for number in range(3)))
    for worker in workers:
        await worker.step()
    leaves = await world.placed()
    assert len(leaves) == world.written
    for row in seen:
        assert [one.size for one in row] == sorted(one.size for one in row)
        assert_one_history(row, leaves)
    assert {world.published(folder).size for folder in folders} == {world.written}
    assert [worker.alarms for worker in workers] == [[], [], []]
    await others.close()


Edit = Callable[[LogWorld], Awaitable[None]]


async def _rewrite(world: LogWorld) -> None:
    """Change one entry and everything derived from it."""
    await world.do(update(log_entries).where(log_entries.c.log_index == 2).values(leaf=b"forged"))
    tree = CompactRange()
    for index, leaf in enumerate(await world.placed()):
        value = tree.append(leaf_hash(leaf))[0]
        await world.do(update(log_nodes).where(log_nodes.c.node_index == index).values(hash=value))
    await world.do(update(log_head).values(tree=tree.to_bytes()))


async def _change_node(world: LogWorld) -> None:
    await world.do(update(log_nodes).where(log_nodes.c.node_index == 3).values(hash=b"f" * 32))


async def _drop_node(world: LogWorld) -> None:
    await world.do(delete(log_nodes).where(log_nodes.c.node_index == 3))


async def _change_head(world: LogWorld) -> None:
    stored = CompactRange.from_bytes((await stored_log.head(world.main)).tree)
    nodes = (b"f" * 32, *stored.nodes[1:])
    await world.do(update(log_head).values(tree=CompactRange(stored.size, nodes).to_bytes()))


async def _break_head(world: LogWorld) -> None:
    await world.do(update(log_head).values(tree=b"broken"))


async def _other_size(world: LogWorld) -> None:
    await world.do(update(log_head).values(tree=CompactRange().to_bytes()))


@pytest.mark.parametrize(
    "edit", [set_back, _rewrite, _change_node, _drop_node, _change_head, _break_head, _other_size]
)
async def test_an_edited_or_rolled_back_database_is_signed_no_more(world: LogWorld, edit: Edit) -> None:
    """Every worker refuses it permanently, and a minute later all changes are refused."""
    await world.write(11)
    old = world.worker()
    await old.step()
    before = [await world.newest(SIGNED), await world.newest(), world.published()]
    await edit(world)
    await world.write(3)
    for worker in (old, world.worker()):
        for _ in range(2):
            with pytest.raises(LogRefusedError):
                await worker.log.run(now=at(1))
        assert len(worker.alarms) == 1
    assert [await world.newest(SIGNED), await world.newest(), world.published()] == before
    guard = LogGuard(look=partial(stored_log.unsequenced, world.main))
    await guard.check(now=at(59))
    with pytest.raises(UnavailableError) as caught:
        await guard.check(now=at(61))
    assert caught.value.reason is Reason.LOG_UNAVAILABLE


async def test_the_words_of_the_alarm(world: LogWorld) -> None:
    """For a restored database the alarm has both sizes, and no path or entry."""
    await world.write(11)
    await world.worker().step()
    await set_back(world)
    worker = world.worker()
    with pytest.raises(LogRefusedError, match=r"older than a signed checkpoint \(4 < 11\)"):
        await worker.log.run(now=at(0))


async def test_both_databases_put_back_are_found_by_what_is_public(world: LogWorld) -> None:
    """The log's key signed the published checkpoint, so a new worker trusts it."""
    await world.write(11)
    await world.worker().step()
    await forget(world, folder=False)
    await set_back(world)
    await world.write(20)
    with pytest.raises(LogRefusedError):
        await world.worker().log.run(now=at(0))
    assert await world.newest(SIGNED) == of([b"entry %d" % number for number in range(4)])


async def test_both_databases_put_back_are_found_by_the_worker_itself(world: LogWorld) -> None:
    """A running worker remembers what it signed last."""
    await world.write(11)
    worker = world.worker()
    await worker.step()
    await forget(world, folder=True)
    await set_back(world)
    with pytest.raises(LogRefusedError, match="4 < 11"):
        await worker.log.run(now=at(0))


async def test_a_second_database_alone_that_was_put_back_catches_up(world: LogWorld) -> None:
    """The log still contains everything that was signed, so nothing is refused."""
    await world.write(11)
    await world.worker().step()
    await forget(world, folder=False)
    await world.worker().step()
    assert await world.newest() == world.published() == of(await world.placed())


async def test_a_checkpoint_of_another_key_is_refused(world: LogWorld) -> None:
    """The log's key was replaced or the row was forged, so the operator is alarmed."""
    await world.write(2)
    await world.worker().step()
    raw = await stored_log.latest_note(world.shred)
    assert raw is not None
    await stored_log.replace_note(world.shred, SIGNED, former=raw, note=raw.replace(b" ", b"  "))
    with pytest.raises(LogRefusedError, match="does not verify"):
        await world.worker().log.run(now=at(0))
