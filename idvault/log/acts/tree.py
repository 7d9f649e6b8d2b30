"""The stored log of a main database: its head, its leaves, and roots and proofs of its tree (RFC 6962 2.1).

The hashes of every eighth level are stored; the hash of any perfect subtree is computed from them.
"""

from collections.abc import Sequence

from idvault.core.db.database import Database
from idvault.log import store
from idvault.log.rules import Head, Subtree, Unsequenced
from idvault_verify.error import DamagedError, Reason
from idvault_verify.transparency import proof
from idvault_verify.transparency.tile import HEIGHT
from idvault_verify.transparency.tree import Position, decompose, fold, node_hash


async def head(main: Database) -> Head:
    """Return the head; before the first sequencing its size is 0 and its time is in 1970."""
    return await main.one("log.head", store.HEAD) or store.NO_HEAD


async def unsequenced(main: Database) -> Unsequenced:
    """Return how many entries wait for an index, and when the oldest was recorded."""
    return await main.read("log.unsequenced", store.unsequenced)


async def leaves(main: Database, *, start: int, limit: int) -> list[bytes]:
    """Return up to `limit` leaves from index `start`, in order, stopping before the first missing one."""
    return await main.read("log.leaves", lambda one: store.leaves(one, start=start, limit=limit))


async def nodes(main: Database, wanted: Sequence[Subtree]) -> list[bytes]:
    """Return the 32-byte hashes of stored nodes, in order; raises DamagedError if one is missing."""
    found = await main.read("log.nodes", lambda one: store.find(one, store.runs_of(wanted)))
    try:
        return [found[one] for one in wanted]
    except KeyError:
        raise DamagedError(Reason.RECORD_DAMAGED) from None


async def hashes(main: Database, positions: Sequence[Position]) -> list[bytes]:
    """Return the hashes in the order of positions; raises DamagedError if a stored one is missing."""
    wanted = [node for position in positions for node in _stored(position)]
    rest = iter(await nodes(main, wanted) if wanted else [])
    return [_fold([next(rest) for _ in _stored(position)]) for position in positions]


async def root(main: Database, size: int) -> bytes:
    """Return the root of the first size entries."""
    return fold(await hashes(main, decompose(0, size)))


async def inclusion(main: Database, *, index: int, size: int) -> tuple[bytes, ...]:
    """Return the audit path of an entry to the root of a size."""
    plan = proof.plan_inclusion(index=index, size=size)
    return plan.assemble(await hashes(main, plan.positions))


async def consistency(main: Database, *, old: int, new: int) -> tuple[bytes, ...]:
    """Return the proof that the tree of one size begins with that of a smaller one."""
    plan = proof.plan_consistency(old=old, new=new)
    return plan.assemble(await hashes(main, plan.positions))


def _stored(position: Position) -> list[Subtree]:
    """Return the stored subtrees to fold: the position itself, or those of the next stored level below."""
    height = position.level % HEIGHT
    first = position.index << height
    return [Subtree(position.level - height, first + place) for place in range(1 << height)]


def _fold(row: Sequence[bytes]) -> bytes:
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]
