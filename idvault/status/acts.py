"""Use cases of statuses and their feed.

Reads the change feed of a relying party: accounts that changed after a place.

Reads the published status of accounts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from idvault.account import rules as account_rules
from idvault.account.ports import StatusStore
from idvault.core.act import SYSTEM, Tx, Vault, act
from idvault.core.policy import OperatorPolicy
from idvault.status import store
from idvault.status.rules import FeedChunk
from idvault.verify.account import Status
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, Reason

CHUNK = 1_000
_BATCH = 1_000


@act("feed.arrange")
async def _arrange(tx: Tx, parties: Sequence[str], limit: int) -> int:
    tx.unchanged("a number says nothing of its own")
    return await store.arrange(tx.connection, parties, limit=limit)


async def arrange(vault: Vault, now: ClockReading, *, limit: int) -> int:
    """Assign the next numbers of their relying party's feed to up to limit changes; return how many.

    Any number of processes may run this. If the result is less than limit, every change that was durable at
    the start has a number.
    """
    parties = await vault.read("feed.waiting", lambda one: store.waiting(one, limit=limit))
    return await _arrange(vault, SYSTEM, now, parties, limit) if parties else 0


async def heads(vault: Vault, relying_parties: Iterable[str]) -> dict[str, int]:
    """Return the last number of each feed, 0 if there is none."""
    wanted = list(relying_parties)
    found = await vault.read("feed.heads", lambda one: store.heads(one, wanted))
    return {name: found.get(name, 0) for name in wanted}


async def changes(vault: Vault, party: str, *, after: int, limit: int) -> FeedChunk:
    """Return the next changes after a number: up to limit ones. Without any, place is that number."""
    return await vault.read("feed.changes", lambda one: store.changes(one, party, after=after, limit=limit))


@dataclass(kw_only=True, eq=False, repr=False)
class Feeds:
    """The feeds of all relying parties for the watching callers of one process."""

    vault: Vault

    async def heads(self, relying_parties: Iterable[str], *, now: ClockReading) -> dict[str, int]:
        """Assign numbers to all durable changes, then return the end of each feed."""
        while await arrange(self.vault, now, limit=_BATCH) == _BATCH:
            pass
        return await heads(self.vault, relying_parties)

    async def read(self, *, relying_party: str, after: int) -> FeedChunk:
        """Return up to 1,000 changes after a place."""
        return await changes(self.vault, relying_party, after=after, limit=CHUNK)


@dataclass(kw_only=True, eq=False, repr=False)
class StatusFlow:
    """Statuses of a relying party's accounts."""

    store: StatusStore
    policy: OperatorPolicy

    async def packed(self, *, relying_party: str, account_token: str) -> str:
        """Return an account as one text (account.ports).

        Raises NotFoundError (ACCOUNT_NOT_FOUND), also for another party's account.
        """
        packed = await self.store.packed(relying_party=relying_party, account_token=account_token)
        if packed is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        return packed

    async def packed_many(self, *, relying_party: str, account_tokens: Sequence[str]) -> Mapping[str, str]:
        """Return the tokens of known accounts, grouped by the rest of their text (account.ports)."""
        return await self.store.packed_many(relying_party=relying_party, account_tokens=account_tokens)

    def unpack(self, packed: str, *, today: date, now: ClockReading) -> Status:
        """Return the status of such a text."""
        return account_rules.project(account=self.store.unpack(packed), today=today, now=now.business)

    @property
    def zone(self) -> tzinfo:
        """The deployment's time zone."""
        return self.policy.zone

    def today(self, *, now: ClockReading) -> date:
        """Return the day that statuses are for."""
        return now.today(self.zone)
