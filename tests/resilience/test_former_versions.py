"""Promise: a former version goes with its key and no other does, whoever dies while it is destroyed."""

import asyncio
import signal
from pathlib import Path

import pytest

from idvault_verify.attest.hpke import UnsealError
from tests.support.erasure_room import open_alone
from tests.support.version_room import AFTER, VersionRoom
from tools.support import programs
from tools.support.chamber import Chamber, chamber
from tools.support.databases import Databases

pytestmark = pytest.mark.process

_SWEEPER = "tests.support.version_sweeper:main"
FORMER, PRESENT = "旧一一", "新一一"
_PEOPLE, _STEP, _MOST = 3, 7, 40


def _kill_until_done(room: Chamber, databases: Databases) -> int:
    """Let one process after the other destroy what is due, and kill each; return how many were killed."""
    time = room.now().business.isoformat()
    for life in range(1, _MOST):
        process = programs.start(_SWEEPER, databases.main_url, databases.shred_url, time, life, life * _STEP)
        _, error = process.communicate()
        if process.returncode != -signal.SIGKILL:
            assert process.returncode == 0, error[-2_000:]
            return life - 1
    raise AssertionError("it was never done")


async def test_killed_processes_destroy_former_versions_alone(databases: Databases, tmp_path: Path) -> None:
    """Each dies before a statement, or before or after a transaction; the present versions stay."""
    async with chamber(databases, tmp_path) as room:
        versions = VersionRoom(room)
        accounts = [await room.account(name=FORMER) for _ in range(_PEOPLE)]
        former = [await room.verify_again(account, name=PRESENT) for account in accounts]
        room.offset += AFTER
        kills = await asyncio.to_thread(_kill_until_done, room, databases)
        assert kills >= 3
        assert await versions.kept() == []
        for each in former:
            assert await versions.key(each) is None
            with pytest.raises(UnsealError):
                open_alone(each, await versions.key(each))
            present = room.records[each.account_token]
            assert open_alone(present, await versions.key(present)) == PRESENT
