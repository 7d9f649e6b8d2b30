"""Sends messages to whom the file names now, by mail or webhook, and follows the file."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from idvault.core.telemetry.logs import log
from idvault.notification.rules import Notification, Recipient
from idvault.processes.notifier import file
from idvault.processes.notifier.file import MailServer, NotifyFile, NotifyFileError
from idvault.processes.notifier.mail import MailSender
from idvault.processes.notifier.webhook import WebhookSender


@dataclass(eq=False, repr=False)
class FollowedFile:
    """The file as it was when it could last be used; what is wrong with it since is logged once.

    Until it could be used once it names nobody, and that must not be taken for "tell nobody": reading raises.
    """

    path: Path
    _current: NotifyFile | None = field(default=None, init=False)
    _told: str = field(default="", init=False)

    def read(self) -> NotifyFile:
        """Return what the file says; raises NotifyFileError, OSError if it could never be used."""
        try:
            self._current, self._told = file.read(self.path), ""
        except (NotifyFileError, OSError) as error:
            why = str(error) if isinstance(error, NotifyFileError) else type(error).__name__
            if why != self._told:
                log().error("notify_file_unusable", why=why)
            self._told = why
            if self._current is None:
                raise
        return self._current

    def mail(self) -> MailServer | None:
        """Return the mail server, as it was named when the file was last read."""
        return (self._current or self.read()).mail


class NotifySender:
    """Sends by mail or webhook, as a recipient wants it (notification.ports.Sender)."""

    def __init__(self, followed: FollowedFile, *, clock: Callable[[], datetime]) -> None:
        """Begin without a connection. clock: real time."""
        self._followed = followed
        self.mail = MailSender(server=followed.mail)
        self._webhooks = WebhookSender(clock=clock)

    def recipients(self) -> Sequence[Recipient]:
        """Read the file, and return its recipients; raises NotifyFileError, OSError."""
        return self._followed.read().recipients

    async def send(self, recipient: Recipient, notification: Notification) -> None:
        """Send a message."""
        sender = self.mail if recipient.email else self._webhooks
        await sender.send(recipient, notification)

    async def close(self) -> None:
        """Close the connections."""
        await self._webhooks.close()
