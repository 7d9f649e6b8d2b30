"""Builds the worker's tasks that send codes to reporters' addresses, say that they do, and forget both."""

from collections.abc import Callable
from functools import partial

from idvault.core.act import Vault
from idvault.core.loop import Task
from idvault.core.telemetry.logs import log
from idvault.core.telemetry.metrics import Metrics
from idvault.notification.rules import SendError
from idvault.processes.notifier.code import CodeMails
from idvault.processes.notifier.file import NotifyFileError
from idvault.processes.notifier.sender import NotifySender
from idvault.sealing.contact import DayLetterOpener
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.tip_off.contact import acts
from idvault.tip_off.contact.acts import Mailed
from idvault_verify.clock import ClockReading

_PERIOD, _OFFER_PERIOD, _PURGE_PERIOD = 2.0, 20.0, 30.0
_USUAL = frozenset(Mailed)


def contact_tasks(
    vault: Vault,
    sender: NotifySender,
    *,
    keys: LocalKeyProvider,
    metrics: Metrics,
    report: Callable[[str, Exception], None],
) -> list[Task]:
    """Return the tasks. report: gets what fails in one attempt beside others."""
    failed = partial(report, "contact_codes")
    opener, mails = DayLetterOpener(keys=keys), CodeMails(sender.mail)

    async def send(now: ClockReading) -> None:
        ended = await acts.deliver(vault, now, opener=opener, sender=mails, report=failed)
        for word in ended.keys() - _USUAL:
            log().warning("contact_code_not_sent", why=word, count=ended[word])

    async def offer(now: ClockReading) -> None:
        metrics.moderation.contact_codes_oldest.set(await acts.oldest(vault, now))
        if _has_server(sender):
            await acts.offer(vault, now)

    async def purge(now: ClockReading) -> None:
        await acts.purge(vault, now)

    return [
        Task("contact_codes", _PERIOD, send),
        Task("contact_offer", _OFFER_PERIOD, offer),
        Task("contact_purge", _PURGE_PERIOD, purge),
    ]


def _has_server(sender: NotifySender) -> bool:
    try:
        sender.mail.server()
    except (SendError, NotifyFileError, OSError):
        return False  # what is wrong with the file the task of notifications reports
    return True
