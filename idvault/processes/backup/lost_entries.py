"""Counts what a restored main database has lost, from the entries that are still published.

The stored tree is continued with the published entries beyond it. If that leads to the root of a checkpoint
that the log's key has signed, they are exactly what is lost, and the database was cut off and not changed.
"""

from collections import Counter

from idvault.log.ports import PublicFiles
from idvault_verify.error import DamagedError
from idvault_verify.transparency import entry
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tile import WIDTH, Bundle, MalformedTileError, decode_bundle, grown_bundles
from idvault_verify.transparency.tree import CompactRange, leaf_hash


async def count(files: PublicFiles, *, left: CompactRange, signed: Checkpoint) -> dict[str, int] | None:
    """Return how many entries of each type are lost, None if the published files do not prove it.

    left: the tree of the entries that are left. signed: a verified checkpoint of what there was.
    """
    if signed.size <= left.size:
        return {}
    tree = CompactRange(left.size, left.nodes)
    types: Counter[str] = Counter()
    for bundle in grown_bundles(left.size - left.size % WIDTH, signed.size):
        raw = await files.read(bundle.path) or await files.read(Bundle(bundle.index).path)
        try:
            entries = decode_bundle(raw or b"", bundle.width)
            for leaf in entries[max(0, left.size - bundle.start) :]:
                tree.append(leaf_hash(leaf))
                types[entry.decode_leaf(leaf).type] += 1
        except (MalformedTileError, DamagedError):
            return None
    return dict(sorted(types.items())) if tree.root() == signed.root else None
