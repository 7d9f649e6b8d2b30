"""Interrupts an act at each statement and at its commit, and holds it to the name under which it is listed.

Acts are atomic: a failed act leaves no trace, and one whose commit was not acknowledged is complete. The
faults are the errors that a driver raises when the disk or the connection fails.
"""

import errno
import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import pytest

from idvault.core.db.database import Database
from idvault_verify.error import UnavailableError
from tests.storage.hooks import failing_commit, failing_statement
from tools.support.sampling import is_tried
from tools.support.storage_world import World

Act = Callable[[], Awaitable[Any]]
_MOST = 90
_FAULTS: list[Callable[[], Exception]] = [
    lambda: OSError(errno.EIO, "Input/output error"),
    lambda: sqlite3.OperationalError("database or disk is full"),
    ConnectionResetError,
]


@contextmanager
def _only(database: Database, name: str) -> Iterator[None]:
    """Demand that every transaction of the block is of one act."""
    seen, run = set[str](), database.act

    async def noted(of: str, work: Any) -> Any:
        seen.add(of)
        return await run(of, work)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database, "act", noted)
        yield
    assert seen == {name}


async def leaves_no_trace(world: World, name: str, act: Act) -> None:
    """Whatever error the n-th statement gets, nothing changes; then the same act passes."""
    before = await world.contents()
    world.database._patience = 0  # without retries after a lost connection, so that the act meets the fault
    with _only(world.database, name):
        for number in range(1, _MOST):
            fault = _FAULTS[number % len(_FAULTS)]()
            with failing_statement(world.database, number=number, fault=fault) as seen:
                try:
                    await act()
                except UnavailableError:
                    assert len(seen) == number
                else:
                    assert len(seen) < number
                    break
            # What one leaves is found later, too: PostgreSQL, which is slow to tell all, is asked less often.
            if world.database.is_file or is_tried(number, one_in=4):
                assert await world.contents() == before, f"statement {number}"
        else:
            pytest.fail("the act never passed")
    assert await world.contents() != before


async def was_never_sent(world: World, name: str, act: Act) -> None:
    """An act whose commit was never sent is rolled back, and can be repeated."""
    before = await world.contents()
    with _only(world.database, name):
        with failing_commit(world.database, committed=False) as fired, pytest.raises(UnavailableError):
            await act()
        assert fired == [False]
        assert await world.contents() == before
        await act()
    assert await world.contents() != before


async def is_done_once(world: World, name: str, act: Act) -> None:
    """Who repeats an act whose answer was lost finds it done, and nothing is added."""
    before = await world.contents()
    with _only(world.database, name):
        with failing_commit(world.database, committed=True) as fired, pytest.raises(UnavailableError):
            await act()
        assert fired == [True]
        after = await world.contents()
        assert after != before
        await act()
    assert await world.contents() == after


class InterruptedActs:
    """The tests of a table of acts, for a class of a module to inherit.

    acts: what prepares an act, and the name under which it is listed.
    """

    acts: ClassVar[Mapping[Any, str]]

    @pytest.fixture
    def ground(self, world: World) -> Any:
        """Return what an act is prepared in."""
        return world

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Try each act of the table."""
        metafunc.parametrize(("prepare", "name"), self.acts.items())

    async def test_an_act_that_breaks_at_any_statement_leaves_no_trace(
        self, world: World, ground: Any, prepare: Any, name: str
    ) -> None:
        """Whatever error the n-th statement gets, nothing changes; then the same act passes."""
        await leaves_no_trace(world, name, await prepare(ground))

    async def test_a_commit_whose_answer_is_lost_has_done_everything_once(
        self, world: World, ground: Any, prepare: Any, name: str
    ) -> None:
        """The caller gets STORE_UNAVAILABLE and repeats: the act is found done, and nothing is added."""
        await is_done_once(world, name, await prepare(ground))


class UnsentActs(InterruptedActs):
    """The same, and that of a commit that was never sent."""

    async def test_a_commit_that_was_never_sent_leaves_no_trace(
        self, world: World, ground: Any, prepare: Any, name: str
    ) -> None:
        """The act is rolled back and can be repeated."""
        await was_never_sent(world, name, await prepare(ground))
