"""What is stored is sealed again under the version in use, and what nothing needs is destroyed.

Acts are called, because an operator rewraps by a command: there is no method.
"""

from datetime import timedelta
from operator import methodcaller
from pathlib import Path

import pytest
from sqlalchemy import Table, update

from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import statement
from idvault.core.tables.claim import persons, requests
from idvault.core.tables.people import person_requests
from idvault.core.tables.sanction import appeals
from idvault.core.tables.tip_off import tip_off_reporters, tip_offs
from idvault.key.acts.rewrap import RewrapProgress
from idvault.processes.bootstrap.base import ENTROPY
from idvault.processes.bootstrap.key.rewrap import rewrappings
from idvault.sealing import key_set
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Holder, Purpose
from idvault.sealing.key_version import ROLLED_OUT
from idvault.sealing.text import KeyedTipOffSecrets
from tests.support.key_world import KeyWorld
from tests.support.sealed_rows import TEXTS_OF_A_CASE, SealedRows, plant

_DAMAGE = statement(update(appeals).where(appeals.c.appeal_id == "1").values(text=b"damaged"))


@pytest.fixture
def service(main_database: Database, tmp_path: Path) -> KeyWorld:
    """The platform edge's keys."""
    return KeyWorld(main_database, tmp_path)


@pytest.fixture
def custody(main_database: Database, tmp_path: Path) -> KeyWorld:
    """The custody edge's keys."""
    return KeyWorld(main_database, tmp_path, holder=Holder.CUSTODY)


async def _run(world: KeyWorld, keys: LocalKeyProvider, purpose: Purpose) -> tuple[RewrapProgress, list[int]]:
    """Run as the command does, with keys of its own; return the progress and what it destroyed."""
    own = world.load()
    await world.follow(own)
    rewrapping = rewrappings(world.vault, own)[purpose]
    told: list[RewrapProgress] = []
    progress = await rewrapping.run(now=world.now, tell=told.append)
    assert [each.done for each in told] == sorted(each.done for each in told)
    ended = await rewrapping.end(now=world.now)
    await world.follow(keys)
    return progress, list(ended.destroyed)


async def test_persons_move_to_the_new_index(service: KeyWorld) -> None:
    """All of them, without a number; the chain keeps its keys."""
    keys, rows = service.load(), SealedRows(service.database)
    await service.follow(keys)
    ids = {number: await rows.sign_up(keys, number) for number in range(205)}
    await service.rotated(Purpose.INDEX, keys)
    assert await rows.sign_up(keys, 7) == ids[7]  # moved by a sign-up
    assert await _run(service, keys, Purpose.INDEX) == (RewrapProgress(204, 0, 0), [])
    assert {number: await rows.sign_up(keys, number) for number in (0, 7, 204)} == {
        number: ids[number] for number in (0, 7, 204)
    }
    found = await service.database.read("all", lambda c: c.all(statement(persons.select())))
    assert {row.index_version for row in found} == {1}
    assert len(found) == 205


async def test_who_signed_up_on_a_machine_that_slept_is_known(service: KeyWorld) -> None:
    """It wrote under a version that was over: the person is found, and the next run moves everybody else."""
    keys, late, rows = service.load(), service.load(), SealedRows(service.database)
    await service.follow(keys)
    await service.follow(late)
    await service.rotated(Purpose.INDEX, keys)
    await _run(service, keys, Purpose.INDEX)
    ids = {number: await rows.sign_up(late, number) for number in (1, 2)}
    assert await rows.sign_up(keys, 1) == ids[1]
    assert await _run(service, keys, Purpose.INDEX) == (RewrapProgress(1, 0, 0), [])
    assert await rows.sign_up(keys, 2) == ids[2]


async def test_texts_of_a_machine_that_slept_keep_their_key(service: KeyWorld) -> None:
    """They are under a version that is over: sealed again where the key is, which is then destroyed."""
    service.copy("b")
    keys, late, rows = service.load(), service.load("b"), SealedRows(service.database)
    await service.follow(keys)
    await service.follow(late)
    await service.rotated(Purpose.MODERATION_TEXT, keys)
    service.copy("b")
    assert (await _run(service, keys, Purpose.MODERATION_TEXT))[1] == [0]
    await rows.file_texts(late, 1)
    assert await _run(service, keys, Purpose.MODERATION_TEXT) == (RewrapProgress(0, 0, 5), [])
    await service.follow(late)
    rewrapping = rewrappings(service.vault, late)[Purpose.MODERATION_TEXT]
    first = await rewrapping.end(now=service.now)
    assert (first.over, first.kept, first.destroyed) == ([0], {0: 5}, [])
    assert await rewrapping.run(now=service.now) == RewrapProgress(5, 0, 0)
    assert list((await rewrapping.end(now=service.now)).destroyed) == [0]
    assert await rows.read_texts(keys) == await rows.read_texts(late) == TEXTS_OF_A_CASE


async def test_texts_of_cases_are_sealed_anew(service: KeyWorld) -> None:
    """Appeals of both kinds, contests and reports; the old key is destroyed, a second run finds nothing."""
    keys, rows = service.load(), SealedRows(service.database)
    await service.follow(keys)
    for number in (1, 2, 3):
        await rows.file_texts(keys, number)
    await service.rotated(Purpose.MODERATION_TEXT, keys)
    assert await _run(service, keys, Purpose.MODERATION_TEXT) == (RewrapProgress(15, 0, 0), [0])
    assert list(keys.keys(Purpose.MODERATION_TEXT).versions) == ["1"]
    assert await rows.read_texts(keys) == 3 * TEXTS_OF_A_CASE
    assert await _run(service, keys, Purpose.MODERATION_TEXT) == (RewrapProgress(0, 0, 0), [])
    assert service.load().keys(Purpose.MODERATION_TEXT).primary == "1"


async def test_texts_of_disclosures_and_second_factors_are_sealed_anew(custody: KeyWorld) -> None:
    """A decision that is not sealed stays as it is."""
    keys, rows = custody.load(), SealedRows(custody.database)
    await custody.follow(keys)
    for number in (1, 2):
        await rows.file_case(keys, number)
    for purpose in (Purpose.CASE_TEXT, Purpose.SECOND_FACTOR):
        await custody.rotated(purpose, keys)
        assert await _run(custody, keys, purpose) == (RewrapProgress(4, 0, 0), [0])
    assert await rows.read_cases(keys) == 8


async def test_what_does_not_open_keeps_its_key(service: KeyWorld) -> None:
    """It is counted once in a run, and the version is not over."""
    keys, rows = service.load(), SealedRows(service.database)
    await service.follow(keys)
    await rows.file_texts(keys, 1)
    await service.database.act("damage", lambda connection: connection.run(_DAMAGE))
    await service.rotated(Purpose.MODERATION_TEXT, keys)
    assert await _run(service, keys, Purpose.MODERATION_TEXT) == (RewrapProgress(4, 0, 1), [])
    rewrapping = rewrappings(service.vault, keys)[Purpose.MODERATION_TEXT]
    assert (await rewrapping.end(now=service.now)).kept == {0: 1}


async def test_a_version_is_kept_for_ten_minutes(service: KeyWorld) -> None:
    """Until then a process may write under it: nothing is destroyed before, and nothing before the first."""
    keys = service.load()
    rewrapping = rewrappings(service.vault, keys)[Purpose.MODERATION_TEXT]
    assert not (await rewrapping.end(now=service.now)).is_settled
    await service.follow(keys)
    service.after += timedelta(seconds=1)
    service.load().put(Purpose.MODERATION_TEXT, "1", ENTROPY.random(key_set.KEY_SIZE))
    await service.follow(keys)
    service.after += ROLLED_OUT
    await service.follow(keys)
    ended = await rewrapping.end(now=service.now)
    assert (ended.kept, ended.over, ended.is_settled) == ({0: 0}, [], False)


async def test_a_copy_on_another_machine_is_cleaned_there(service: KeyWorld) -> None:
    """The version is over for all; each file loses its key where the command runs."""
    keys = service.load()
    await service.follow(keys)
    await service.rotated(Purpose.MODERATION_TEXT, keys)
    service.copy("b")
    assert (await _run(service, keys, Purpose.MODERATION_TEXT))[1] == [0]
    other = service.load("b")
    await service.follow(other)
    rewrapping = rewrappings(service.vault, other)[Purpose.MODERATION_TEXT]
    assert list((await rewrapping.end(now=service.now)).destroyed) == [0]
    assert list(service.load("b").keys(Purpose.MODERATION_TEXT).versions) == ["1"]


@pytest.mark.parametrize(
    ("holder", "purpose", "table"),
    [
        (Holder.SERVICE, Purpose.REQUEST, requests),
        (Holder.CUSTODY, Purpose.PERSON_REQUEST, person_requests),
    ],
)
async def test_requests_end_by_themselves(
    main_database: Database, tmp_path: Path, holder: Holder, purpose: Purpose, table: Table
) -> None:
    """The old key stays as long as a request from before the rotation is kept."""
    world = KeyWorld(main_database, tmp_path, holder=holder)
    keys = world.load()
    await world.follow(keys)
    asked_at = world.now.real

    async def act(connection: Connection) -> None:
        await plant(connection, table, 1, made_at=asked_at)

    await world.database.act("test.request", act)
    await world.rotated(purpose, keys)
    rewrapping = rewrappings(world.vault, keys)[purpose]
    assert (await rewrapping.end(now=world.now)).kept == {0: 1}
    await world.database.act("test.purge", lambda c: c.run(statement(table.delete())))
    assert list((await rewrapping.end(now=world.now)).destroyed) == [0]


async def test_reports_and_reporters_keep_their_key(service: KeyWorld) -> None:
    """A secret is checked under the version of its report; reporters are known under the first one for ever.

    Those who have not reported yet are, too: without any report, only the first version is kept.
    """
    keys = service.load()
    await service.follow(keys)

    async def act(connection: Connection) -> None:
        await plant(connection, tip_offs, 1, secret_key="0")
        await plant(connection, tip_offs, 2, secret_key="1")
        await plant(connection, tip_off_reporters, 1)

    await service.database.act("test.report", act)
    for _ in range(2):
        await service.rotated(Purpose.TIP_OFF, keys)
    rewrapping = rewrappings(service.vault, keys)[Purpose.TIP_OFF]
    ended = await rewrapping.end(now=service.now)
    assert (ended.kept, ended.destroyed) == ({0: 2, 1: 1}, [])
    for table in (tip_offs, tip_off_reporters):
        purge = statement(table.delete())
        await service.database.act("test.purge", methodcaller("run", purge))
    assert await _run(service, keys, Purpose.TIP_OFF) == (RewrapProgress(0, 0, 0), [1])
    after = await rewrappings(service.vault, keys)[Purpose.TIP_OFF].end(now=service.now)
    assert (after.kept, after.over, after.is_settled) == ({0: 0}, [1], True)
    secrets = KeyedTipOffSecrets(keys=service.load())
    assert secrets.reporter_id(relying_party="platform-a", kind="person", value="synthetic")
