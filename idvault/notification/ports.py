"""What sends messages."""

from typing import Protocol

from idvault.notification.rules import Notification, Recipient


class Sender(Protocol):
    """Sends messages by mail and by webhooks."""

    async def send(self, recipient: Recipient, notification: Notification) -> None:
        """Return once the recipient's server has accepted a message; raises SendError.

        Must end within 20 seconds, must send nothing but the message's id, time, kinds, numbers and the
        recipient's link, and must give the server the same id and text at each attempt.
        """
        ...
