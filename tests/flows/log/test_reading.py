"""Reads of the log: pages, proofs and refusals.

They are called over a log in memory, which can lack a part; the methods are asked in tests/api/test_log.py.
"""

import random

import pytest

from idvault.core.db.database import Database
from idvault.log.acts import stored_log
from idvault.log.acts.stored_log import StoredLog
from idvault.log.rules import Subtree
from idvault_verify.error import DamagedError, FieldCode, InvalidError, Reason, UnavailableError
from idvault_verify.transparency import checkpoint, proof
from idvault_verify.transparency.checkpoint import Checkpoint, CosignaturePolicy
from idvault_verify.transparency.tree import CompactRange, leaf_hash
from tests.support.fakes.memory_log import MemoryLog
from tools.support import logs
from tools.support.databases import Databases
from tools.support.merkle import log_of, mth, signer

ORIGIN = "log.example/idvault"
SIGNER = signer(ORIGIN)


def log(size: int, *, more: int = 0) -> MemoryLog:
    """Return a log with a checkpoint of a size, and `more` entries beyond it."""
    made = MemoryLog(origin=ORIGIN, signer=SIGNER)
    leaves = log_of(size + more)
    made.append(*leaves[:size])
    made.sign()
    made.append(*leaves[size:])
    return made


async def test_the_newest_checkpoint() -> None:
    """The note is returned as signed; before the first one there is none."""
    made = log(5, more=3)
    policy = CosignaturePolicy(ORIGIN, (SIGNER.key,))
    assert checkpoint.verify(await stored_log.newest(made.stored), policy).checkpoint == Checkpoint(
        ORIGIN, 5, mth(log_of(5))
    )
    made.note = None
    with pytest.raises(UnavailableError) as caught:
        await stored_log.newest(made.stored)
    assert caught.value.reason is Reason.LOG_UNAVAILABLE


async def test_entries_by_page() -> None:
    """Pages continue up to the newest checkpoint and not beyond it."""
    made = log(10, more=4)
    found: list[bytes] = []
    start = 0
    while True:
        page = await stored_log.entries(made.stored, start=start, limit=4)
        assert page.start == start
        found += page.leaves
        if page.next is None:
            break
        start = page.next
    assert found == log_of(10)
    assert (await stored_log.entries(made.stored, start=10, limit=4)).leaves == ()
    made = log(0)
    made.note = None
    assert (await stored_log.entries(made.stored, start=0, limit=4)).leaves == ()


@pytest.mark.parametrize("size", [1, 2, 7, 255, 256, 257, 700])
async def test_every_proof_verifies(size: int) -> None:
    """Entries and older sizes are proved for tree sizes around the stored levels."""
    made = log(size, more=9)
    leaves = log_of(size)
    rng = random.Random(size)  # noqa: S311 - a choice of what to look at
    for tree_size in {1, size, (size + 1) // 2, rng.randint(1, size)}:
        root = mth(leaves[:tree_size])
        for index in {0, tree_size - 1, tree_size // 2, rng.randrange(tree_size)}:
            path = await stored_log.inclusion(made.stored, index=index, tree_size=tree_size)
            proof.verify_inclusion(
                leaf_hash=leaf_hash(leaves[index]), index=index, size=tree_size, root=root, proof=path
            )
        for old in {1, tree_size, (tree_size + 1) // 2, rng.randint(1, tree_size)}:
            hashes = await stored_log.consistency(made.stored, old_size=old, new_size=tree_size)
            proof.verify_consistency(
                old=old, new=tree_size, old_root=mth(leaves[:old]), new_root=root, proof=hashes
            )


async def test_a_proof_in_a_tree_of_three_stored_levels() -> None:
    """With stored subtrees of level 16, proofs are folded from few hashes."""
    made = log(66_000)
    tree = CompactRange()
    leaves = log_of(66_000)
    for leaf in leaves:
        tree.append(leaf_hash(leaf))
    path = await stored_log.inclusion(made.stored, index=65_700, tree_size=66_000)
    proof.verify_inclusion(
        leaf_hash=leaf_hash(leaves[65_700]), index=65_700, size=66_000, root=tree.root(), proof=path
    )


@pytest.mark.parametrize(
    ("index", "tree_size", "field"),
    [(0, 11, "tree_size"), (0, 0, "tree_size"), (0, -1, "tree_size"), (5, 5, "index"), (-1, 5, "index")],
)
async def test_an_inclusion_that_cannot_be(index: int, tree_size: int, field: str) -> None:
    """An index beyond the newest checkpoint is refused, even if the entry exists; the field is named."""
    made = log(10, more=3)
    with pytest.raises(InvalidError) as caught:
        await stored_log.inclusion(made.stored, index=index, tree_size=tree_size)
    told(caught.value, field)


@pytest.mark.parametrize(
    ("old", "new", "field"),
    [(1, 11, "new_size"), (0, 0, "new_size"), (0, 5, "old_size"), (-1, 5, "old_size"), (6, 5, "old_size")],
)
async def test_a_consistency_that_cannot_be(old: int, new: int, field: str) -> None:
    """Sizes beyond the checkpoint, and an old size above the new one, are refused; the field is named."""
    made = log(10, more=3)
    with pytest.raises(InvalidError) as caught:
        await stored_log.consistency(made.stored, old_size=old, new_size=new)
    told(caught.value, field)


@pytest.mark.parametrize("start", [-1, 11])
async def test_a_place_that_is_not_in_the_log(start: int) -> None:
    """A page must start within the log or at its end."""
    made = log(10, more=3)
    with pytest.raises(InvalidError) as caught:
        await stored_log.entries(made.stored, start=start, limit=1, field="page_token")
    told(caught.value, "page_token")


async def test_without_a_checkpoint_nothing_is_proved() -> None:
    """Entries without a checkpoint have no proof."""
    made = log(3)
    made.note = None
    with pytest.raises(InvalidError) as caught:
        await stored_log.inclusion(made.stored, index=0, tree_size=1)
    told(caught.value, "tree_size")


async def test_what_is_damaged_is_said_to_be() -> None:
    """Missing entries or hashes and an invalid checkpoint are DATA_LOSS."""
    made = log(10)
    made.lose_node(Subtree(0, 4))
    with pytest.raises(DamagedError):
        await stored_log.inclusion(made.stored, index=5, tree_size=10)
    made.lose_entry(9)
    with pytest.raises(DamagedError):
        await stored_log.entries(made.stored, start=8, limit=5)
    made.note = b"no note"
    with pytest.raises(DamagedError):
        await stored_log.entries(made.stored, start=0, limit=1)


async def test_over_both_databases(databases: Databases) -> None:
    """Real databases give every page and proof of the newest checkpoint."""
    leaves = await logs.fill(databases, 600, waiting=2)
    main, shred = Database(url=databases.main_url), Database(url=databases.shred_url)
    stored = StoredLog(main, shred)
    try:
        assert await stored_log.newest(stored) == logs.signed(leaves)
        page = await stored_log.entries(stored, start=590, limit=100)
        assert (page.leaves, page.next) == (tuple(leaves[590:]), None)
        for index, size in ((0, 600), (255, 256), (300, 513), (599, 600)):
            path = await stored_log.inclusion(stored, index=index, tree_size=size)
            proof.verify_inclusion(
                leaf_hash=leaf_hash(leaves[index]),
                index=index,
                size=size,
                root=mth(leaves[:size]),
                proof=path,
            )
        for old, new in ((1, 600), (256, 600), (300, 513)):
            hashes = await stored_log.consistency(stored, old_size=old, new_size=new)
            proof.verify_consistency(
                old=old, new=new, old_root=mth(leaves[:old]), new_root=mth(leaves[:new]), proof=hashes
            )
        with pytest.raises(InvalidError):
            await stored_log.inclusion(stored, index=0, tree_size=601)
    finally:
        await main.close()
        await shred.close()


def told(error: InvalidError, field: str) -> None:
    """Check the field of a refusal."""
    assert error.reason is Reason.INVALID_MESSAGE
    assert [(violation.field, violation.code) for violation in error.violations] == [
        (field, FieldCode.LENGTH)
    ]
