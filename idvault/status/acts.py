"""Reads published statuses and the change feed of a relying party, and what befalls accounts by time alone.

A verification expires, and an account that was never verified is removed: the worker's part.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from functools import partial

from idvault.account import rules as account_rules
from idvault.account.store import rows as account_rows
from idvault.core.act import SYSTEM, Actor, Tx, Vault, act, sweep
from idvault.core.policy import OperatorPolicy
from idvault.status import store
from idvault.status.rules import REJECTED_ACCOUNT_DAYS, FeedChunk
from idvault_verify import deadline
from idvault_verify.account import Account, Status
from idvault_verify.clock import ClockReading
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.event import EventType

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


async def arrange_of(vault: Vault, now: ClockReading, party: str, *, limit: int) -> None:
    """Assign the next numbers of one relying party's feed to about limit changes, for a reader in the vault.

    Acts of their own, as for every reader: their locks are held together with no others.
    """
    for _ in range(0, limit, _BATCH):
        if not await vault.read("feed.waits", lambda one: store.waits(one, party)):
            break
        await _arrange(vault, SYSTEM, now, [party], _BATCH)


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
class StatusTexts:
    """Reads accounts as texts, and statuses of them."""

    vault: Vault
    policy: OperatorPolicy

    async def packed(self, *, relying_party: str, account_token: str) -> str:
        """Return an account as one text (status.store); one indexed read.

        Raises NotFoundError (ACCOUNT_NOT_FOUND), also for another party's account.
        """
        found = await self.vault.main.get(store.PACKED_ONE, relying_party, account_token)
        if found is None:
            raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        return f"{found.account_token}{found.shown}"

    async def packed_many(self, *, relying_party: str, account_tokens: Sequence[str]) -> Mapping[str, str]:
        """Return the tokens of known accounts, joined by commas, for each rest of their texts; one read."""
        return await self.vault.read(
            "status.packed_many", lambda one: store.packed_many(one, relying_party, account_tokens)
        )

    def unpack(self, packed: str, *, today: date, now: ClockReading) -> Status:
        """Return the status of such a text."""
        return account_rules.project(account=account_rows.unpack(packed), today=today, now=now.business)

    @property
    def zone(self) -> tzinfo:
        """The deployment's time zone."""
        return self.policy.zone

    def today(self, *, now: ClockReading) -> date:
        """Return the day that statuses are for."""
        return now.today(self.zone)


@act("status.expire")
async def _expire(tx: Tx, owner: Account, expired: Account) -> bool:
    if not await store.expire(tx.connection, owner, expired):
        tx.unchanged("the account has changed")
        return False
    token = owner.account_token
    await tx.log(EventType.ACCOUNT_EXPIRE, account_token=token, expire_date=str(owner.expire_date))
    return True


async def expire(vault: Vault, by: Actor, now: ClockReading, account: Account, *, today: date) -> bool:
    """Store that a verification expired; False unless it has, and the account is still as it was read."""
    expired = account_rules.expire(account=account, today=today)
    return expired != account and await _expire(vault, by, now, account, expired)


async def expire_all(vault: Vault, now: ClockReading, *, zone: tzinfo, limit: int) -> int:
    """Store expired verifications as EXPIRED; return how many."""
    today = now.today(zone)

    async def due() -> list[Account]:
        return await vault.read("status.expiring", lambda one: store.expiring(one, today=today, limit=limit))

    return await sweep(vault, now, due=due, each=partial(expire, today=today))


@act("status.remove")
async def remove(tx: Tx, account: Account) -> bool:
    """Delete a REJECTED account that was never verified, with its claims and jobs; False if it has changed.

    Request rows stay until they are purged; GetVerification answers NOT_FOUND for them.
    """
    if not await store.remove(tx.connection, account):
        tx.unchanged("the account has changed")
        return False
    token = account.account_token
    await tx.log(EventType.ACCOUNT_REMOVE, account_token=token, reason="never_verified")
    return True


async def remove_abandoned(vault: Vault, now: ClockReading, *, zone: tzinfo, limit: int) -> int:
    """Remove never-verified accounts some days after the day when their last claim ended; return how many."""
    # All of a day go together: a removal at the minute of its claim would tell in the log which one failed.
    last = now.today(zone) - timedelta(days=REJECTED_ACCOUNT_DAYS + 1)
    before = deadline.end_of_day(last, zone=zone)

    async def due() -> list[Account]:
        return await vault.read(
            "status.abandoned", lambda one: store.abandoned(one, before=before, limit=limit)
        )

    return await sweep(vault, now, due=due, each=remove)
