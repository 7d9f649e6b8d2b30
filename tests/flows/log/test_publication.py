"""The public directory: the bytes of C2SP tlog-tiles, verified, and resumed from any state."""

import pytest
from sqlalchemy import ClauseElement, update

from idvault.core.tables.log import log_entries, log_nodes
from idvault.log.acts.publication import PublicationRefusedError
from idvault_verify.error import DamagedError, UnavailableError
from idvault_verify.transparency import checkpoint
from idvault_verify.transparency.note import NoteSigner
from idvault_verify.transparency.tile import Tile
from idvault_verify.transparency.tree import leaf_hash
from tools.support import merkle
from tools.support.fakes.flaky import Fault
from tools.support.log_world import KEY, SIGNER, LogWorld, at, cut_short, of
from tools.support.logs import write_folder


@pytest.fixture
def world(log_world: LogWorld) -> LogWorld:
    return log_world


def _files(world: LogWorld, *, partial: bool = True) -> dict[str, bytes]:
    return {
        str(path.relative_to(world.folder)): path.read_bytes()
        for path in world.folder.rglob("*")
        if path.is_file() and path.name[0] != "." and (partial or ".p/" not in str(path))
    }


@pytest.mark.parametrize("size", [1, 255, 256, 257, 700])
async def test_the_files_are_those_of_the_tiles(world: LogWorld, size: int) -> None:
    """Every published file is byte for byte what the tree functions compute from the entries."""
    await world.write(size)
    await world.worker().step()
    leaves = await world.placed()
    other = world.folder.parent / "other"
    write_folder(other, leaves, checkpoint.sign(of(leaves), [NoteSigner(KEY, SIGNER.sign)]))
    expected = {
        str(path.relative_to(other)): path.read_bytes() for path in other.rglob("*") if path.is_file()
    }
    assert _files(world) == expected


async def test_a_growing_log_keeps_full_files_and_the_last_partial_ones(world: LogWorld) -> None:
    """Every published size verifies; partial files of a full one are removed, and no draft is left."""
    for size in (1, 200, 300, 511, 512, 513):
        await world.write(size - world.written)
        await world.worker().step()
        assert world.published() == of(await world.placed())
    names = set(_files(world))
    assert {name for name in names if ".p/" in name and "/002." not in name} == {
        "tile/1/000.p/1",
        "tile/1/000.p/2",
    }
    assert {"tile/0/000", "tile/0/001", "tile/entries/000", "tile/entries/001"} <= names
    assert [path.name for path in world.folder.rglob(".*")] == [".lock"]


async def test_the_hash_of_a_subtree_is_that_of_the_definition(world: LogWorld) -> None:
    """A tile of level 1 contains the tree hashes of 256 entries each."""
    await world.write(600)
    await world.worker().step()
    leaves = await world.placed()
    content = (world.folder / Tile(1, 0, 2).path).read_bytes()
    assert content == merkle.mth(leaves[:256]) + merkle.mth(leaves[256:512])


@pytest.mark.parametrize("cut", range(8))
async def test_a_publication_that_was_cut_short_is_resumed(world: LogWorld, cut: int) -> None:
    """Until all files exist the former checkpoint stays and verifies; existing files stay."""
    await world.write(100)
    await world.worker().step()
    former = world.published()
    await world.write(500)
    broken = world.worker()
    await broken.log.run(now=at(1))
    if cut < 7:
        broken.files.plant("write", *[Fault.NONE] * cut, Fault.HANG)
    else:
        broken.files.plant("replace", Fault.HANG)
    await cut_short(broken.publication.run(now=at(1)), at=broken.files)
    assert world.published() == former
    before = {
        path: path.stat().st_ino for path in world.folder.rglob("*") if path.is_file() and path.name[0] != "."
    }
    await world.worker().publication.run(now=at(2))
    assert world.published() == of(await world.placed())
    kept = [path for path, number in before.items() if path.exists() and path.stat().st_ino == number]
    assert len(kept) >= cut


async def test_an_emptied_directory_is_filled_again(world: LogWorld) -> None:
    """If the checkpoint is removed, all missing files are written again."""
    await world.write(300)
    await world.worker().step()
    (world.folder / "checkpoint").unlink()
    (world.folder / "tile/0/000").unlink()
    await world.worker().publication.run(now=at(1))
    assert world.published() == of(await world.placed())


@pytest.mark.parametrize(
    "edit",
    [
        update(log_entries).where(log_entries.c.log_index == 290).values(leaf=b"forged"),
        update(log_entries).where(log_entries.c.log_index == 290).values(log_index=1_000),
        update(log_nodes).where(log_nodes.c.node_index == 290).values(hash=b"f" * 32),
        update(log_nodes).where(log_nodes.c.node_index == 3, log_nodes.c.level == 0).values(hash=b"f" * 32),
        update(log_nodes).where(log_nodes.c.level == 8).values(hash=b"f" * 32),
    ],
)
async def test_nothing_is_published_that_does_not_verify(world: LogWorld, edit: ClauseElement) -> None:
    """An entry or a hash that was changed after it was signed is not published."""
    await world.write(300)
    worker = world.worker()
    await worker.log.run(now=at(0))
    await world.do(edit)
    with pytest.raises(DamagedError):
        await worker.publication.run(now=at(0))
    assert not (world.folder / "checkpoint").exists()
    files = _files(world)
    assert not any(b"forged" in content or b"f" * 32 in content for content in files.values())


async def test_the_directory_of_another_log_is_left_alone(world: LogWorld) -> None:
    """A wrong setting does not overwrite another log."""
    world.folder.mkdir()
    foreign = checkpoint.sign(of([b"other"]), [merkle.signer("log.example/idvault", seed=9)])
    (world.folder / "checkpoint").write_bytes(foreign)
    await world.write(3)
    worker = world.worker()
    await worker.log.run(now=at(0))
    with pytest.raises(PublicationRefusedError):
        await worker.publication.run(now=at(0))
    assert _files(world) == {"checkpoint": foreign}


@pytest.mark.parametrize("leaves", [[b"another"] * 2, [b"more"] * 9])
async def test_a_directory_that_shows_another_history_is_left_alone(
    world: LogWorld, leaves: list[bytes]
) -> None:
    """A fork, or more than was ever stored, is evidence and is not overwritten."""
    await world.write(3)
    worker = world.worker()
    await worker.log.run(now=at(0))
    world.folder.mkdir()
    shown = checkpoint.sign(of(leaves), [NoteSigner(KEY, SIGNER.sign)])
    (world.folder / "checkpoint").write_bytes(shown)
    with pytest.raises(PublicationRefusedError):
        await worker.publication.run(now=at(0))
    assert _files(world) == {"checkpoint": shown}


async def test_the_age_is_that_of_the_last_whole_publication(world: LogWorld) -> None:
    """The age grows while the directory is behind, and before the first publication too."""
    worker = world.worker()
    assert worker.publication.age(now=at(0)).total_seconds() == 0
    await worker.publication.run(now=at(4))
    assert worker.publication.age(now=at(5)).total_seconds() == 5
    await worker.step(6)
    assert worker.publication.age(now=at(7)).total_seconds() == 1
    await world.write(1)
    await worker.log.run(now=at(8))
    worker.files.plant("write", Fault.REFUSE)
    with pytest.raises(UnavailableError):
        await worker.publication.run(now=at(9))
    assert worker.publication.age(now=at(10)).total_seconds() == 4
    await worker.step(11)
    assert worker.publication.age(now=at(11)).total_seconds() == 0


async def test_an_entry_that_was_forged_with_its_hash_is_not_published(world: LogWorld) -> None:
    """The hash above a full tile, which the signed root covers, reveals the forgery."""
    await world.write(300)
    worker = world.worker()
    await worker.log.run(now=at(0))
    forged = leaf_hash(b"forged")
    await world.do(update(log_entries).where(log_entries.c.log_index == 3).values(leaf=b"forged"))
    zero = (log_nodes.c.level == 0) & (log_nodes.c.node_index == 3)
    await world.do(update(log_nodes).where(zero).values(hash=forged))
    with pytest.raises(DamagedError):
        await worker.publication.run(now=at(0))
    files = _files(world)
    assert "checkpoint" not in files
    assert not any(b"forged" in content or forged in content for content in files.values())
