"""Computes the hash of any perfect subtree from the stored ones, which are those of every eighth level."""

from collections.abc import Sequence

from idvault.log.ports.log import LogStore, Subtree
from idvault.verify.transparency.tile import HEIGHT
from idvault.verify.transparency.tree import Position, node_hash


async def read(log: LogStore, positions: Sequence[Position]) -> list[bytes]:
    """Return the hashes in the order of positions; raises DamagedError if a stored one is missing."""
    wanted = [node for position in positions for node in _stored(position)]
    rest = iter(await log.nodes(wanted) if wanted else [])
    return [_fold([next(rest) for _ in _stored(position)]) for position in positions]


def _stored(position: Position) -> list[Subtree]:
    """Return the stored subtrees to fold: the position itself, or those of the next stored level below."""
    height = position.level % HEIGHT
    first = position.index << height
    return [Subtree(position.level - height, first + place) for place in range(1 << height)]


def _fold(row: Sequence[bytes]) -> bytes:
    while len(row) > 1:
        row = [node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]
