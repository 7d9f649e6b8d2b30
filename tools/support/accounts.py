"""Accounts of a database, as acts read, expire and remove them."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeVar

from idvault.account import acts as account_acts
from idvault.account.store import rows
from idvault.core.act import SYSTEM, Vault
from idvault.core.db.database import Database
from idvault.processes.bootstrap.vault import vault_of
from idvault.status import acts, store
from idvault_verify.account import Account
from idvault_verify.clock import ClockReading
from idvault_verify.event import Event
from tools.support.known_events import KnownEvents

T = TypeVar("T")


class Accounts:
    """Short calls. event: the entry that the log gets."""

    def __init__(self, database: Database) -> None:
        self.database, self.vault = database, vault_of(database)

    async def get(self, *, relying_party: str, account_token: str) -> Account | None:
        return await account_acts.find(self.vault.main, relying_party, account_token)

    async def packed(self, *, relying_party: str, account_token: str) -> str | None:
        found = await self.vault.main.get(store.PACKED_ONE, relying_party, account_token)
        return None if found is None else f"{found.account_token}{found.shown}"

    async def packed_many(self, *, relying_party: str, account_tokens: Sequence[str]) -> Mapping[str, str]:
        return await self._read(store.packed_many, relying_party, account_tokens)

    def unpack(self, packed: str) -> Account:
        return rows.unpack(packed)

    async def expiring(self, *, today: date, limit: int) -> list[Account]:
        return await self._read(store.expiring, today=today, limit=limit)

    async def abandoned(self, *, before: datetime, limit: int) -> list[Account]:
        return await self._read(store.abandoned, before=before, limit=limit)

    async def expire(self, account: Account, *, today: date, now: ClockReading, event: Event) -> bool:
        return await acts.expire(self._told(event), SYSTEM, now, account, today=today)

    async def remove(self, account: Account, *, now: ClockReading, event: Event) -> bool:
        return await acts.remove(self._told(event), SYSTEM, now, account)

    def _told(self, event: Event) -> Vault:
        return replace(self.vault, events=KnownEvents(event, entropy=self.vault.events.entropy))

    async def _read(self, work: Callable[..., Coroutine[Any, Any, T]], *arguments: Any, **named: Any) -> T:
        return await self.vault.read("test", lambda one: work(one, *arguments, **named))
