"""The worker across a break: one history in each epoch, on both databases, published with what was lost.

Its steps are called: no method makes them.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from idvault.core.public_files import LocalPublicFiles
from idvault.core.tables.log import log_checkpoints
from idvault.log.acts import epoch as log_epoch
from idvault.log.acts import stored_log
from idvault.log.acts.epoch import LogEpochs
from idvault.log.acts.publication import PublicationRefusedError
from idvault.log.acts.sequencing import LogRefusedError
from idvault.log.acts.witness import Compared, OtherEpochError, UnwitnessedError, check, check_kept
from idvault.log.ports import WitnessRefusedError
from idvault.log.store import EPOCHS
from idvault.processes.backup import acts as backup_acts
from idvault.processes.bootstrap.vault import vault_of
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.error import DamagedError
from idvault_verify.transparency import checkpoint, epoch, verifier
from idvault_verify.transparency.checkpoint import CosignaturePolicy
from idvault_verify.transparency.tree import CompactRange, leaf_hash
from tests.support.epoch_world import LOG, DiskWitness, cosigned, signed, statement
from tools.support import people, sql
from tools.support.log_world import KEY, ORIGIN, PLAIN, LogWorld, Worker, at, of, read, set_back

POLICY = CosignaturePolicy(ORIGIN, (KEY,), (people.WITNESS.key,), 1)


class Restored:
    """A log of eleven entries, whose main database was restored to the first four."""

    def __init__(self, world: LogWorld) -> None:
        self.world = world
        self.witness = DiskWitness(world.folder.parent / "witness")

    def worker(self) -> Worker:
        return self.world.worker(policy=POLICY, witness=self.witness)

    async def lose(self) -> EpochStatement:
        """Write eleven entries, lose seven; return the signed statement."""
        await self.world.write(11)
        await self.worker().step()
        before = (self.world.folder / "checkpoint").read_bytes()
        await set_back(self.world)
        return signed(statement(before, of((await self.world.placed())[:4]), seen=11))

    async def accept(self, found: EpochStatement) -> None:
        """Do what `restore --accept-loss` does, after its checks."""
        signed = checkpoint.sign(epoch.read(found).kept, [LOG])
        await log_epoch.begin(vault_of(self.world.main), self.world.shred, at(0), [found], signed=signed)


@pytest_asyncio.fixture
async def restored(log_world: LogWorld) -> AsyncIterator[Restored]:
    made = Restored(log_world)
    yield made
    made.witness.close()


async def test_the_log_goes_on_in_a_new_epoch(restored: Restored) -> None:
    """Once the witness follows, new entries are signed, cosigned and published; the statement is public."""
    world, found = restored.world, await restored.lose()
    with pytest.raises(LogRefusedError, match="older than a signed checkpoint"):
        await restored.worker().log.run(now=at(0))
    await restored.accept(found)
    await restored.accept(found)  # repeated after a crash: the entry is there once
    await world.write(3)
    worker = restored.worker()
    with pytest.raises(WitnessRefusedError):
        await worker.log.run(now=at(0))
    assert world.published().size == 11
    restored.witness.follow(found)
    await worker.step()
    shown = checkpoint.verify((world.folder / "checkpoint").read_bytes(), POLICY).checkpoint
    assert (shown.size, epoch.of(shown)) == (8, epoch.Epoch(2, found.digest()))
    assert world.published() == shown
    assert statements.parse_chain((world.folder / "epochs.json").read_bytes()) == (found,)
    await world.write(300)
    await worker.step()
    assert world.published().size == 308


async def test_a_start_waits_until_the_witness_follows(restored: Restored) -> None:
    """Until then the comparison names the reason; afterwards the entries that are left are confirmed."""
    world, found = restored.world, await restored.lose()
    await restored.accept(found)
    witnesses = {people.WITNESS.key: restored.witness}
    compared = Compared(main=world.main, shred=world.shred, witnesses=witnesses, quorum=1)
    with pytest.raises(OtherEpochError, match="idvault witness --epoch"):
        await check(compared)
    # Below K there is no checkpoint of this epoch to start against.
    with pytest.raises(UnwitnessedError):
        await check_kept(compared, keys=[people.WITNESS.key])
    restored.witness.follow(found)
    assert await check(compared) == 4


async def test_what_was_lost_stays_public(restored: Restored) -> None:
    """The former files are kept aside, and prove the former checkpoint together with those that are left."""
    world, found = restored.world, await restored.lose()
    await restored.accept(found)
    restored.witness.follow(found)
    await restored.worker().step()
    lost = world.folder / "lost" / "1"
    former = checkpoint.verify((lost / "checkpoint").read_bytes(), PLAIN).checkpoint
    assert former.size == 11
    verifier.verify_files(lambda path: read(lost / path) or read(world.folder / path), former)


async def test_an_interrupted_publication_is_repeated(restored: Restored, tmp_path: Path) -> None:
    """The kept files are not replaced by those of the new epoch."""
    world, found = restored.world, await restored.lose()
    former = (world.folder / "checkpoint").read_bytes()
    await restored.accept(found)
    restored.witness.follow(found)
    worker = restored.worker()
    await worker.step()
    kept = {path: path.read_bytes() for path in (world.folder / "lost").rglob("*") if path.is_file()}
    (world.folder / "checkpoint").write_bytes(former)
    await worker.publication.run(now=at(0))
    assert {path: path.read_bytes() for path in kept} == kept
    assert world.published().size == 5


async def test_a_statement_that_contradicts_what_was_signed_stops_the_log(restored: Restored) -> None:
    """Its checkpoint has fewer entries than the published one: it hides something, or is of another log."""
    world, found = restored.world, await restored.lose()
    hiding = signed(
        statement(cosigned(of((await world.placed())[:4])), of((await world.placed())[:3]), seen=5)
    )
    await set_back(world, 3)
    await restored.accept(hiding)
    with pytest.raises(LogRefusedError, match="hides what it lost"):
        await restored.worker().log.run(now=at(0))
    assert found.seen == 11


async def test_a_database_from_before_the_statement_is_refused(restored: Restored) -> None:
    """The public directory shows the new epoch, and the shred database has forgotten it."""
    world, found = restored.world, await restored.lose()
    await restored.accept(found)
    restored.witness.follow(found)
    await restored.worker().step()
    await sql.change(world.shred, log_checkpoints.delete())
    with pytest.raises(LogRefusedError, match="epoch"):
        await restored.worker().log.run(now=at(0))


async def test_a_directory_of_another_epoch_is_not_overwritten(restored: Restored) -> None:
    """A worker of the former epoch publishes nothing over the new one."""
    world, found = restored.world, await restored.lose()
    await restored.accept(found)
    restored.witness.follow(found)
    await restored.worker().step()
    await sql.change(world.shred, log_checkpoints.delete())
    await stored_log.replace_note(world.shred, former=None, note=cosigned(of((await world.placed())[:5])))
    with pytest.raises(PublicationRefusedError):
        await restored.worker().publication.run(now=at(0))


async def test_damaged_statements_are_named_so(log_world: LogWorld) -> None:
    """What cannot be read is damage of the database; without any, the log is in its first epoch."""
    epochs = LogEpochs(shred=log_world.shred)
    await epochs.refresh()
    assert epochs.current == epoch.Epoch()
    await stored_log.replace_note(log_world.shred, EPOCHS, former=None, note=b"{}")
    with pytest.raises(DamagedError):
        await epochs.refresh()


async def test_lost_entries_are_counted_if_they_are_public(log_world: LogWorld) -> None:
    """By type, if the published entries lead to the signed root; nothing is claimed otherwise."""
    await log_world.write(300)
    await log_world.worker().step()
    files = LocalPublicFiles(directory=log_world.folder)
    signed_at = log_world.published()
    entries = await log_world.placed()
    left = CompactRange()
    for leaf in entries[:270]:
        left.append(leaf_hash(leaf))
    # These entries are no leaves of a vault's log, so their types cannot be told.
    assert await backup_acts.count_lost_entries(files, left=left, signed=signed_at) is None
    nowhere = LocalPublicFiles(directory=log_world.folder / "x")
    assert await backup_acts.count_lost_entries(nowhere, left=left, signed=signed_at) is None
