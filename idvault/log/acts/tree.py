"""Roots and consistency proofs from the hashes in the log's store (RFC 6962 2.1)."""

from dataclasses import dataclass

from idvault.log.acts import subtree
from idvault.log.ports.log import LogStore
from idvault.verify.transparency import proof
from idvault.verify.transparency.tree import decompose, fold


@dataclass(kw_only=True, eq=False, repr=False)
class LogTree:
    """The stored tree of one log; raises DamagedError if a hash is missing."""

    store: LogStore

    async def root(self, size: int) -> bytes:
        """Return the root of the first size entries."""
        return fold(await subtree.read(self.store, decompose(0, size)))

    async def consistency(self, *, old: int, new: int) -> tuple[bytes, ...]:
        """Return the proof that the tree of one size begins with that of a smaller one."""
        plan = proof.plan_consistency(old=old, new=new)
        return plan.assemble(await subtree.read(self.store, plan.positions))
