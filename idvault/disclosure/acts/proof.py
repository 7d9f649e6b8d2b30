"""Proves that an account's entries are in the log under the newest checkpoint; can wait for one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from idvault.disclosure.ports import DisclosureStore
from idvault.log.acts import stored, subtree
from idvault.log.ports.log import CheckpointStore, LogStore
from idvault.log.ports.logged import Logged
from idvault.verify.error import DamagedError, Reason, UnavailableError
from idvault.verify.transparency import proof

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
    """Makes inclusion proofs from the log. period: for how many seconds to wait between two looks at it."""

    log: LogStore
    checkpoints: CheckpointStore
    store: DisclosureStore
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
        newest = await self.checkpoints.latest()
        size = stored.size(newest)
        entries = [await self._entry(account_token, entry_id, size) for entry_id in entry_ids]
        return Proofs(newest or b"", tuple(entries))

    async def _entry(self, account_token: str, entry_id: str, size: int) -> Proved:
        found = await self.store.logged(account_token=account_token, entry_id=entry_id)
        if found is None:
            raise DamagedError(Reason.RECORD_DAMAGED)
        return Proved(found.leaf, found.opening_key, found.index, size, await self._path(found, size))

    async def _path(self, found: Logged, size: int) -> tuple[bytes, ...] | None:
        if found.index is None or found.index >= size:
            return None
        plan = proof.plan_inclusion(index=found.index, size=size)
        return plan.assemble(await subtree.read(self.log, plan.positions))
