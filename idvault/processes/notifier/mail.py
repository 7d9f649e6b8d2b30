"""Hands mails to the operator's mail server by SMTP, each in a connection of its own.

- The connection is encrypted and the server's certificate checked, unless the server is on this machine.
- Message-ID is the message's id: the same at each attempt, so that whoever gets it twice can tell.
"""

import asyncio
import ssl
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from idvault.notification import rules
from idvault.notification.rules import Failure, Notification, Recipient, SendError
from idvault.processes.notifier.file import MailServer

_PATIENCE = 15.0
_HEADING = "This waits for you since the last message:"
_FOOTER = "This message says nothing else on purpose. Sign in on your own machine to see what it is."


def mail_of(server: MailServer, recipient: Recipient, notification: Notification) -> EmailMessage:
    """Return the mail of a message: the same at each attempt."""
    number = sum(notification.body.values())
    subject = f"idvault: {number} waiting" if number else "idvault: a test"
    told = [_HEADING, "", *rules.words(notification.body)] if number else ["This is a test."]
    lines = [*told, "", *([recipient.link, ""] if recipient.link else []), _FOOTER]
    return plain_mail(
        server,
        to=recipient.email,
        message_id=notification.message_id,
        subject=subject,
        lines=lines,
        made_at=notification.made_at,
    )


def plain_mail(
    server: MailServer, *, to: str, message_id: str, subject: str, lines: list[str], made_at: datetime
) -> EmailMessage:
    """Return a mail of plain text that no program is to answer."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = server.sender, to, subject
    mail["Date"] = format_datetime(made_at)
    mail["Message-ID"] = f"<{message_id}@{server.sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join(lines) + "\n")
    return mail


class MailSender:
    """Hands over mails; calls may overlap."""

    def __init__(self, *, server: Callable[[], MailServer | None], patience: float = _PATIENCE) -> None:
        """Set where the server is named. patience: seconds of one attempt."""
        self._server, self._patience = server, patience

    async def send(self, recipient: Recipient, notification: Notification) -> None:
        """Hand over a message (notification.ports.Sender)."""
        server = self.server()
        await self.hand_over(server, mail_of(server, recipient, notification))

    def server(self) -> MailServer:
        """Return the server; raises SendError without one."""
        found = self._server()
        if found is None:
            raise SendError(Failure.NOT_SET_UP)
        return found

    async def hand_over(self, server: MailServer, mail: EmailMessage) -> None:
        """Hand over a mail; raises SendError."""
        try:
            async with asyncio.timeout(self._patience):
                await aiosmtplib.send(
                    mail,
                    hostname=server.host,
                    port=server.port,
                    username=server.user or None,
                    password=server.password or None,
                    use_tls=server.is_implicit,
                    start_tls=not server.is_implicit and not server.is_local,
                    tls_context=ssl.create_default_context(),
                    local_hostname="localhost",
                    timeout=self._patience,
                )
        except (TimeoutError, aiosmtplib.SMTPTimeoutError):
            raise SendError(Failure.LATE) from None
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise SendError(Failure.REFUSED, error.recipients[0].code) from None
        except aiosmtplib.SMTPResponseException as error:
            # The server's text may repeat the address.
            raise SendError(Failure.REFUSED, error.code) from None
        except (aiosmtplib.SMTPException, OSError, ValueError):
            raise SendError(Failure.UNREACHABLE) from None
