"""What tells recipients, over a real database: things happen, and the worker's task runs."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from email.message import Message
from typing import Any

from idvault.core.act import SYSTEM, MemberActor, Tx, act
from idvault.core.db.database import Database
from idvault.core.log_entry import Late
from idvault.core.topic import Audience
from idvault.notification import acts
from idvault.notification.rules import Recipient
from idvault.processes.bootstrap.vault import vault_of
from idvault.processes.notifier.delivery import Delivery
from idvault.processes.notifier.file import MailServer
from idvault.processes.notifier.mail import MailSender
from idvault.processes.notifier.webhook import WebhookSender
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType, names_platform
from tests.support.notified import SECRET, Hook
from tools.support.fakes.sealing import CountingEntropy
from tools.support.flow_world import PARTY, at


@act("test.happen")
async def happen(tx: Tx, kind: EventType, party: str, fields: dict[str, str]) -> None:
    """Let something happen that has an entry."""
    if names_platform(kind.value):
        await tx.log_miss(kind, Late(party, tx.now.business), by=None, account_token="", **fields)
    else:
        await tx.log(kind, by=None, account_token="", party=party, **fields)


class FailedError(Exception):
    """An act fails after it has written."""


@act("test.fail")
async def fail(tx: Tx, kind: EventType, fields: dict[str, str]) -> None:
    """Let an act fail after its entry."""
    await tx.log(kind, by=None, account_token="", party=PARTY, **fields)
    raise FailedError


class NotifiedWorld:
    """Things that happen, and what tells of them. patience: seconds of an attempt."""

    def __init__(self, database: Database, *, patience: float = 5.0, life: int = 0) -> None:
        self.database = database
        self.vault = vault_of(database, entropy=CountingEntropy(start=90_000_000 + life * 1_000_000))
        self.recipients = list[Recipient]()
        self.mail: MailServer | None = None
        self.seconds = 0.0
        self.arrived = 0
        self.is_trusted = True
        self.failures: list[Exception] = []
        self._mails = MailSender(server=lambda: self.mail, patience=patience)
        self._hooks = WebhookSender(clock=lambda: at(self.seconds).real, patience=patience)

    async def wait_longer(self) -> None:
        """Let no further attempt fail because this machine is slow."""
        await self.close()
        self._mails = MailSender(server=lambda: self.mail, patience=60.0)
        self._hooks = WebhookSender(clock=lambda: at(self.seconds).real, patience=60.0)

    async def send(self, recipient: Recipient, notification: Any) -> None:
        """Send as the worker does (notification.ports.Sender)."""
        await (self._mails if recipient.email else self._hooks).send(recipient, notification)
        self.arrived += 1

    async def close(self) -> None:
        await self._hooks.close()

    def by_hook(self, url: str, audience: Audience = Audience.PLATFORM, **changes: Any) -> Recipient:
        """Add a recipient with a webhook."""
        of = PARTY if audience in (Audience.PLATFORM, Audience.MODERATOR) else ""
        values = {"name": f"r{len(self.recipients)}", "of": of, "secret": SECRET, "webhook": url} | changes
        self.recipients.append(Recipient(audience=audience, **values))
        return self.recipients[-1]

    def by_mail(self, port: int, audience: Audience, **changes: Any) -> Recipient:
        """Add a recipient with an address, at a server of this machine."""
        self.mail = MailServer("127.0.0.1", port, "vault@vault.example", is_implicit=False, is_local=True)
        name = f"r{len(self.recipients)}"
        values = {"name": name, "email": f"{name}@office.example"} | changes
        self.recipients.append(Recipient(audience=audience, **values))
        return self.recipients[-1]

    async def happens(self, kind: EventType, *, party: str = PARTY, **fields: str) -> None:
        await happen(self.vault, SYSTEM, at(self.seconds), kind, party, fields)

    async def erasure(self, kind: EventType, number: int = 1, *, party: str = PARTY) -> None:
        """Let something happen to an erasure of a platform."""
        more = {
            EventType.ERASURE_REQUEST: {"erase_at": "2026-01-01"},
            EventType.ERASURE_ERASE: {"destroy_at": "2026-01-02"},
        }
        await self.happens(kind, party=party, erasure_id=f"{number:032x}", **more.get(kind, {}))

    def delivery(self) -> Delivery:
        """Return what a worker delivers by."""
        return Delivery(
            vault=self.vault,
            sender=self,
            clock=lambda: at(self.seconds),
            report=self.failures.append,
            trusts=self.trusts,
        )

    async def trusts(self, _now: ClockReading) -> bool:
        """Tell whether the worker's clock is confirmed."""
        return self.is_trusted

    @asynccontextmanager
    async def failing(self) -> AsyncIterator[Delivery]:
        """Return what a worker delivers by that fails at the end of the context."""
        with suppress(FailedError):
            async with self.delivery() as delivery:
                yield delivery
                raise FailedError

    async def run(self, *, after: float = 0.0) -> int:
        """Let a worker look, some seconds later, and send what is due; return how many messages arrived."""
        self.seconds += after
        before = self.arrived
        async with self.delivery() as delivery:
            await delivery.look(at(self.seconds), self.recipients)
            await asyncio.gather(*delivery.lanes.values())
        return self.arrived - before

    async def levels(self) -> tuple[int, timedelta | None]:
        """Return how many messages are dead, and how long the oldest has waited."""
        dead, oldest = await acts.levels(self.vault)
        return dead, None if oldest is None else at(self.seconds).real - oldest

    @property
    def auditor(self) -> MemberActor:
        return MemberActor("a" * 32)


def told(hook: Hook) -> dict[str, int]:
    """Return what a webhook says, by kind."""
    return {each["kind"]: each["number"] for each in json.loads(hook.body)["data"]["waiting"]}


def counted(mail: Message) -> dict[str, int]:
    """Return what a mail says, by kind."""
    found = re.findall(r"^ *([0-9]+) x ([a-z ]+?)$", str(mail.get_payload()).replace("\r", ""), re.MULTILINE)
    return {kind.replace(" ", "_"): int(number) for number, kind in found}
