"""Roots and consistency proofs out of the hashes that the log's store keeps (RFC 6962 2.1)."""

from idvault.flows.log import subtree
from idvault.ports.log.store import LogStore
from idvault.transparency import proof
from idvault.transparency.tree import decompose, fold


class LogTree:
    """The stored tree of one log; raises DamagedError where a hash is missing."""

    def __init__(self, *, store: LogStore) -> None:
        """Take the store."""
        self._store = store

    async def root(self, size: int) -> bytes:
        """Return the root of the first size entries."""
        return fold(await subtree.read(self._store, decompose(0, size)))

    async def consistency(self, *, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of one size begins with that of a smaller one."""
        plan = proof.plan_consistency(old=old, new=new)
        return plan.assemble(await subtree.read(self._store, plan.positions))
