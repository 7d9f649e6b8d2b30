"""A worker that sends codes, as a process of its own, which may be killed at a point of its database."""

import asyncio
import sys
from pathlib import Path

from idvault.processes.bootstrap.vault import vault_of
from idvault.processes.notifier.code import CodeMails
from idvault.processes.notifier.file import MailServer
from idvault.processes.notifier.mail import MailSender
from idvault.sealing.contact import DayLetterOpener
from idvault.tip_off.contact import acts
from tests.support.contact_world import worker_keys
from tools.support.flow_world import at
from tools.torture.erasures.strike import Strike, StruckDatabase
from tools.torture.notices.submitter import strike_at_statements


def main(arguments: list[str] | None = None) -> int:
    """Send what is due. Arguments: address, mail server's port, folder of keys, seconds, when to die.

    seconds: since the start of the tests' time. The last line is the number of points that there were.
    """
    url, port, folder, seconds, point = arguments or sys.argv[1:]
    strike = Strike(int(point), None)
    strike_at_statements(strike)
    database = StruckDatabase(url=url, strike=strike)
    asyncio.run(_mail(database, int(port), Path(folder), float(seconds)))
    print(strike.points, flush=True)
    return 0


async def _mail(database: StruckDatabase, port: int, folder: Path, seconds: float) -> None:
    server = MailServer("127.0.0.1", port, "vault@vault.example", is_implicit=False, is_local=True)
    sender = CodeMails(MailSender(server=lambda: server, patience=60.0))
    opener = DayLetterOpener(keys=worker_keys(folder))
    await acts.deliver(vault_of(database), at(seconds), opener=opener, sender=sender, report=_fail)
    await database.close()


def _fail(error: Exception) -> None:
    raise error


if __name__ == "__main__":
    sys.exit(main())
