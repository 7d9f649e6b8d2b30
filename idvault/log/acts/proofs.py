"""Proves that an account's entries are in the log under the newest checkpoint; can wait for one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from idvault.core.db.database import Database
from idvault.log import store
from idvault.log.acts import notes, tree
from idvault.log.acts import reading as log_reading
from idvault_verify.error import DamagedError, Reason, UnavailableError

_PERIOD = 0.05


@dataclass(frozen=True, slots=True)
class Proved:
    """An entry with its audit path for a tree size; hashes: None if no checkpoint covers it yet."""

    leaf: bytes
    opening_key: bytes = field(repr=False)
    index: int | None
    size: int
    hashes: tuple[bytes, ...] | None


@dataclass(frozen=True, slots=True)
class Proofs:
    """Entries, in the order requested, and the signed checkpoint that their paths lead to."""

    note: bytes
    entries: tuple[Proved, ...]

    @property
    def are_complete(self) -> bool:
        """Whether the checkpoint covers every entry."""
        return all(entry.hashes is not None for entry in self.entries)


@dataclass(kw_only=True, eq=False, repr=False)
class LogProofs:
    """Where inclusion proofs are made from. period: seconds between two looks at the log."""

    main: Database
    shred: Database
    period: float = _PERIOD

    async def wait(self, entry_ids: Sequence[str], *, account_token: str, patience: float) -> Proofs:
        """Return the proofs once a checkpoint covers every entry.

        Raises UnavailableError (LOG_UNAVAILABLE) after `patience` seconds; the caller may then try again.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        while True:
            proofs = await self.now(entry_ids, account_token=account_token)
            if proofs.are_complete:
                return proofs
            if loop.time() + self.period > end:
                raise UnavailableError(Reason.LOG_UNAVAILABLE)
            await asyncio.sleep(self.period)

    async def now(self, entry_ids: Sequence[str], *, account_token: str) -> Proofs:
        """Return the entries, with proofs for those that the newest checkpoint covers."""
        # Read before the entries, so that every entry it covers already has its index.
        newest = await notes.latest(self.shred)
        size = log_reading.size(newest)
        entries = [await self._entry(account_token, entry_id, size) for entry_id in entry_ids]
        return Proofs(newest or b"", tuple(entries))

    async def _entry(self, account_token: str, entry_id: str, size: int) -> Proved:
        found = await self.main.one("disclosure.logged", store.LOGGED, token=account_token, entry_id=entry_id)
        if found is None:
            raise DamagedError(Reason.RECORD_DAMAGED)
        path = None
        if found.index is not None and found.index < size:
            path = await tree.inclusion(self.main, index=found.index, size=size)
        return Proved(found.leaf, found.opening_key, found.index, size, path)
