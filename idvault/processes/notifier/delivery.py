"""Delivers messages: looks what is due, and makes the attempts beside the worker's other tasks.

- Each recipient has a lane: a task that makes a few attempts at once until nothing is due. A server that
  hangs holds its own lane alone, neither another's nor the next look.
- The mails of all lanes have one server, and a number of attempts at once in common.
- An attempt's lease begins when the attempt does, not when its message was found.
- Lanes have an owner. Whoever closes a delivery waits for the attempts in progress; a worker that fails or is
  cancelled cancels them. Such an attempt is counted, and made again by another worker.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from idvault.core.act import Vault
from idvault.notification import acts
from idvault.notification.acts import Trusts
from idvault.notification.ports import Sender
from idvault.notification.rules import Notification, Recipient
from idvault_verify.clock import ClockReading

AT_ONCE = 4
"""Attempts of one recipient."""
_MAILS_AT_ONCE = 32


@dataclass(kw_only=True, eq=False, repr=False)
class Delivery:
    """Delivers to the recipients as they are at each look; use it as a context.

    report: gets what fails beside the recipients' servers. lanes: those that run, by the recipient's name.
    trusts: whether a time is confirmed, which gives a message up.
    """

    vault: Vault
    sender: Sender
    clock: Callable[[], ClockReading]
    report: Callable[[Exception], None]
    trusts: Trusts
    lanes: dict[str, asyncio.Task[None]] = field(default_factory=dict, init=False)
    _known: dict[str, Recipient] = field(default_factory=dict, init=False)
    _group: asyncio.TaskGroup = field(default_factory=asyncio.TaskGroup, init=False)
    _mails: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_MAILS_AT_ONCE), init=False)
    _closes: bool = field(default=False, init=False)

    async def __aenter__(self) -> Self:
        await self._group.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closes = True
        if error is not None:
            for lane in self.lanes.values():
                lane.cancel()
        # Without the error, which would come out in a group.
        await self._group.__aexit__(None, None, None)

    async def look(self, now: ClockReading, recipients: Sequence[Recipient]) -> None:
        """Make messages of what has happened, and a lane for each recipient to whom one is due."""
        self._known = {each.name: each for each in recipients}
        await acts.prepare(self.vault, now, self._known)
        for name in await acts.due_recipients(self.vault, now):
            if name not in self.lanes:
                self.lanes[name] = self._group.create_task(self._drain(name))

    async def _drain(self, name: str) -> None:
        try:
            while not self._closes and await self._step(name):
                continue
        except Exception as error:  # whatever failed, the other lanes and the next look continue
            self.report(error)
        finally:
            del self.lanes[name]

    async def _step(self, name: str) -> bool:
        """Make the attempts of the longest due; return whether more may be due."""
        found = await acts.due(self.vault, self.clock(), name, limit=AT_ONCE)
        async with asyncio.TaskGroup() as group:
            made = [group.create_task(self._attempt(each)) for each in found]
        return bool(made) and all(each.result() for each in made)

    async def _attempt(self, found: Notification) -> bool:
        """Make an attempt; return False if it failed beside the recipient's server."""
        recipient = self._known.get(found.recipient)
        try:
            async with self._mails if recipient is not None and recipient.email else nullcontext():
                if not self._closes:
                    now, vault = self.clock(), self.vault
                    await acts.attempt(vault, now, found, recipient, self.sender, trusts=self.trusts)
        except Exception as error:  # the other attempts of the lane are on their way
            self.report(error)
            return False
        return True
