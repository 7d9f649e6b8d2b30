"""A worker that sends codes: `python -m tests.support.mailing DATABASE PORT FOLDER SECONDS`."""

import asyncio
import sys
from pathlib import Path

from idvault.core.db.database import Database
from idvault.processes.bootstrap.vault import vault_of
from idvault.processes.notifier.code import CodeMails
from idvault.processes.notifier.file import MailServer
from idvault.processes.notifier.mail import MailSender
from idvault.sealing.contact import DayLetterOpener
from idvault.tip_off.contact import acts
from tests.support.contact_world import worker_keys
from tools.support.flow_world import at


async def mail(database_url: str, port: int, folder: Path, seconds: float) -> None:
    """Send what is due some seconds after the start of the test's time."""
    database = Database(url=database_url)
    server = MailServer("127.0.0.1", port, "vault@vault.example", is_implicit=False, is_local=True)
    sender = CodeMails(MailSender(server=lambda: server))
    opener = DayLetterOpener(keys=worker_keys(folder))
    vault = vault_of(database)
    await acts.deliver(vault, at(seconds), opener=opener, sender=sender, report=_fail)
    await database.close()


def _fail(error: Exception) -> None:
    raise error


if __name__ == "__main__":
    asyncio.run(mail(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])))
