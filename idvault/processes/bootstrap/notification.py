"""What the operator's commands do with notifications: read what was not sent, send a test, try again."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from idvault.core.act import SYSTEM
from idvault.core.config import Settings
from idvault.notification import acts
from idvault.notification.rules import Notification, Recipient, SendError
from idvault.processes.bootstrap.base import ENTROPY
from idvault.processes.bootstrap.operator import main_database
from idvault.processes.bootstrap.vault import vault_of
from idvault.processes.notifier import file
from idvault.processes.notifier.sender import FollowedFile, NotifySender
from idvault_verify.clock import ClockReading


@dataclass(frozen=True, slots=True)
class RecipientState:
    """A recipient, and how many messages wait and were given up. failure: of the oldest that waits."""

    recipient: Recipient
    unsent: int
    dead: int
    failure: str | None


async def recipient_states(settings: Settings) -> list[RecipientState]:
    """Return what the file says, and what did not arrive; raises NotifyFileError, OSError."""
    found = file.read(file.beside(settings.keys)).recipients
    async with main_database(settings) as main:
        vault = vault_of(main)
        unsent, dead = await acts.unsent(vault), Counter(each.recipient for each in await acts.dead(vault))
    return [_state(each, [one for one in unsent if one.recipient == each.name], dead) for each in found]


def _state(recipient: Recipient, unsent: Sequence[Notification], dead: Counter[str]) -> RecipientState:
    failure = next((each.failure for each in unsent if each.failure), None)
    return RecipientState(recipient, len(unsent), dead[recipient.name], failure)


async def send_test(settings: Settings, name: str, *, now: ClockReading) -> str:
    """Send a test to a recipient; return why it failed, "" if it arrived.

    Raises LookupError if the file has no recipient of this name.
    """
    path = file.beside(settings.keys)
    recipient = next((each for each in file.read(path).recipients if each.name == name), None)
    if recipient is None:
        raise LookupError(name)
    sender = NotifySender(FollowedFile(path), clock=lambda: now.real)
    made = Notification(ENTROPY.random(16).hex(), name, {}, now.real, 1, now.real)
    try:
        await sender.send(recipient, made)
    except SendError as error:
        return str(error)
    finally:
        await sender.close()
    return ""


async def dead_messages(settings: Settings) -> list[Notification]:
    """Return the messages that were given up, the oldest first."""
    async with main_database(settings) as main:
        return await acts.dead(vault_of(main))


async def retry_dead(settings: Settings, *, now: ClockReading) -> int:
    """Let every message that was given up be tried again; return how many."""
    async with main_database(settings) as main:
        vault = vault_of(main)
        dead = await acts.dead(vault)
        return sum([await acts.revive(vault, SYSTEM, now, each.message_id) for each in dead])


async def forget_dead(settings: Settings, *, now: ClockReading) -> int:
    """Delete every message that was given up; return how many."""
    async with main_database(settings) as main:
        return await acts.forget_dead(vault_of(main), SYSTEM, now)
