"""Workers that are killed while they send codes, on both databases."""

import asyncio
import signal
from collections.abc import Iterable
from pathlib import Path
from random import Random

import pytest

from idvault.core.db.database import Database
from tests.support.contact_world import ADDRESS, ContactWorld, code_of
from tests.support.notified import MailHandler, mail_server
from tests.support.tip_off_world import TipOffWorld, key_files
from tools.support import programs
from tools.support.databases import Databases

pytestmark = pytest.mark.process

_WORKER = "tests.support.mailing:main"
_ADDRESSES = (ADDRESS, "b@example.org", "c@example.org")
# A mail whose worker died is due again after 30 seconds, then after twice as long each time.
_LIVES = (0, 31, 92, 213)
_LAST = 454
_POINTS = 12


def _start(
    databases: Databases, mails: MailHandler, folder: Path, seconds: float, *, point: int = 0
) -> programs.Started:
    return programs.start(_WORKER, databases.main_url, mails.port, folder, seconds, point)


def _end(process: programs.Started) -> int:
    """Wait for the end of a worker; return its code."""
    _, error = process.communicate()
    assert process.returncode in (0, -signal.SIGKILL), error[-2_000:]
    return process.returncode


async def _end_of(worker: programs.Started) -> int:
    return await asyncio.to_thread(_end, worker)


async def test_a_killed_worker_s_code_arrives_all_the_same(databases: Databases, tmp_path: Path) -> None:
    """kill -9 when the server has the mail: another worker sends it again half a minute later, once."""
    database = Database(url=databases.main_url)
    world = ContactWorld(TipOffWorld(database, key_files(tmp_path)), tmp_path)
    await world.prepare()
    proof = await world.ask()
    async with mail_server() as mails, asyncio.timeout(60):
        mails.answers = [10.0]
        worker = await asyncio.to_thread(_start, databases, mails, tmp_path, 0)
        async with mails.asked:
            await mails.asked.wait_for(lambda: not mails.answers)
        worker.kill()
        assert await _end_of(worker) == -signal.SIGKILL
        mails.raw.clear()
        for seconds, sent in ((29, 0), (30, 1), (60, 1)):
            assert await _end_of(_start(databases, mails, tmp_path, seconds)) == 0
            assert len(mails.raw) == sent
        await world.type(proof, code_of(mails.raw[0]))
    await world.reports.world.claims.verification.drain()
    await database.close()


async def test_killed_workers_send_every_code(databases: Databases, tmp_path: Path) -> None:
    """Each dies at a drawn statement, before or after it; every address gets its one code, and proves it."""
    database, draw = Database(url=databases.main_url), Random(23)  # noqa: S311 - points of death
    world = ContactWorld(TipOffWorld(database, key_files(tmp_path)), tmp_path)
    await world.prepare()
    proofs = {address: await world.ask(address) for address in _ADDRESSES}
    kills = 0
    async with mail_server() as mails, asyncio.timeout(120):
        for seconds in (*_LIVES, _LAST):
            point = 0 if seconds == _LAST else draw.randint(1, _POINTS)
            kills += await _end_of(_start(databases, mails, tmp_path, seconds, point=point)) != 0
        world.seconds = _LAST
        assert await world.deliver() == {}
    assert kills >= len(_LIVES) // 2
    codes = _codes(mails)
    assert codes.keys() == proofs.keys()
    for address, proof in proofs.items():
        await world.type(proof, codes[address])
        await world.file(proof, address)
    assert [each.filed for each in await world.reports.reporters()] == [1] * len(_ADDRESSES)
    await world.reports.world.claims.verification.drain()
    await database.close()


def _codes(mails: MailHandler) -> dict[str, str]:
    """Return each address's code; a mail that came twice is the same, under the same id."""
    found, ids = dict[str, str](), dict[str, str]()
    for raw, mail in _each(mails):
        assert ids.setdefault(mail["To"], mail["Message-ID"]) == mail["Message-ID"]
        assert found.setdefault(mail["To"], code_of(raw)) == code_of(raw)
    return found


def _each(mails: MailHandler) -> Iterable[tuple[bytes, dict[str, str]]]:
    return ((raw, dict(mail)) for raw, mail in zip(mails.raw, mails.mails, strict=True))
