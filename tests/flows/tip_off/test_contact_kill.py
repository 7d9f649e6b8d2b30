"""A worker that is killed while the mail server takes a code."""

import asyncio
import os
import signal
import sys
from pathlib import Path

from idvault.core.db.database import Database
from tests.support.contact_world import ContactWorld, code_of
from tests.support.notified import MailHandler, mail_server
from tests.support.tip_off_world import TipOffWorld, key_files
from tools.support.databases import Databases
from tools.support.project import ROOT


async def _start(
    databases: Databases, mails: MailHandler, folder: Path, seconds: float
) -> asyncio.subprocess.Process:
    arguments = (
        "-m",
        "tests.support.mailing",
        databases.main_url,
        str(mails.port),
        str(folder),
        str(seconds),
    )
    paths = [str(ROOT), *(str(ROOT / "clients" / name) for name in ("verify", "python", "people"))]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
    return await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT, env=environment)


async def test_a_killed_worker_s_code_arrives_all_the_same(
    sqlite_databases: Databases, tmp_path: Path
) -> None:
    """kill -9 when the server has the mail: another worker sends it again half a minute later, once."""
    database = Database(url=sqlite_databases.main_url)
    world = ContactWorld(TipOffWorld(database, key_files(tmp_path)), tmp_path)
    await world.prepare()
    proof = await world.ask()
    async with mail_server() as mails, asyncio.timeout(60):
        mails.answers = [10.0]
        worker = await _start(sqlite_databases, mails, tmp_path, 0)
        async with mails.asked:
            await mails.asked.wait_for(lambda: not mails.answers)
        worker.send_signal(signal.SIGKILL)
        assert await worker.wait() == -signal.SIGKILL
        mails.raw.clear()
        for seconds, sent in ((29, 0), (30, 1), (60, 1)):
            other = await _start(sqlite_databases, mails, tmp_path, seconds)
            assert await other.wait() == 0
            assert len(mails.raw) == sent
        await world.type(proof, code_of(mails.raw[0]))
    await world.reports.world.claims.verification.drain()
    await database.close()
