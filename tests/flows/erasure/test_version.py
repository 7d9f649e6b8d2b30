"""Versions of a record, really sealed, on both databases: each has its own shred key, and its own end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete, insert, select

from idvault.account.rules import FORMER_KEPT
from idvault.core.tables.account import records
from idvault.core.tables.disclosure import kept_records
from idvault.core.tables.key import record_keys, shred_keys
from idvault.core.tables.log import log_entries, log_openings
from idvault_client.errors import InvalidFields, NotFound, PreconditionFailed
from idvault_people.finding import FindingError
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.disclosure import LONGEST_LIFETIME, HistoryFinding
from idvault_verify.erasure import ErasureState
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.registry import RegistryAnswer
from idvault_verify.transparency import entry
from tests.support.erasure_room import ErasureRoom, open_alone
from tests.support.version_room import AFTER, DiedError, Dying, VersionRoom
from tools.support import builders, sql
from tools.support.chamber import CUSTODIANS, Chamber, Local, chamber
from tools.support.databases import Databases

FORMER, PRESENT = "旧一一", "新一一"


@pytest_asyncio.fixture
async def room(databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber with each kind of database."""
    async with chamber(databases, tmp_path) as made:
        yield made


@pytest.fixture
def versions(room: Chamber) -> VersionRoom:
    """Return the former versions of the chamber."""
    return VersionRoom(room)


async def opened(room: Chamber, account: str, *, record_id: str = "") -> str:
    """Request, approve and open a version; return the name."""
    disclosure_id = await room.request(account, record_id=record_id)
    await room.approve(disclosure_id, *CUSTODIANS[:2])
    answer = await room.open(disclosure_id)
    name: str = answer.payload.identity.name
    return name


async def test_an_older_record_that_is_put_back_opens_for_nobody(
    room: Chamber, versions: VersionRoom
) -> None:
    """An older backup of the main database, and M of N custodians with every key that is left: attack.

    Its row is put back as a former version, and the operator gives the custodians all that they ask for.
    """
    account = await room.account(name=FORMER)
    backup = [row._asdict() for row in await sql.rows(room.main, select(records))]
    former = await room.verify_again(account, name=PRESENT)
    before = await versions.key(former)
    assert open_alone(former, before) == FORMER
    room.offset += AFTER
    assert await versions.work() == 1
    assert (await versions.key(former), await versions.kept()) == (None, [])
    await versions.put_back(former, backup)
    for record_id in (former.record_id, "0" * 32):
        with pytest.raises(PreconditionFailed) as refused:
            await room.request(account, record_id=record_id)
        assert refused.value.reason == Reason.RECORD_VERSION_GONE
    # All custodians, whatever the shred database has, and whatever opens the log.
    left = [row.shred_key for row in await sql.rows(room.shred, select(record_keys.c.shred_key))]
    left += [row.shred_key for row in await sql.rows(room.shred, select(shred_keys.c.shred_key))]
    left += [row.opening_key for row in await sql.rows(room.main, select(log_openings.c.opening_key))]
    assert len(left) > 2
    for key in [*left, None]:
        with pytest.raises(UnsealError):
            open_alone(former, key)
    # The present version opens as before.
    assert await opened(room, account) == PRESENT
    assert open_alone(room.records[account], await versions.key(room.records[account])) == PRESENT


async def test_a_request_that_was_approved_before_the_row_was_put_back(
    room: Chamber, versions: VersionRoom
) -> None:
    """Custodians released their shares in time, and the row comes back after the end: nothing opens."""
    account = await room.account(name=FORMER)
    backup = [row._asdict() for row in await sql.rows(room.main, select(records))]
    former = await room.verify_again(account, name=PRESENT)
    disclosure_id = await room.request(account, record_id=former.record_id, lifetime=LONGEST_LIFETIME)
    await room.approve(disclosure_id, *CUSTODIANS[:2])
    await versions.shred_keys.destroy_version(
        account_token=account, record_id=former.record_id, others=[room.records[account].record_id]
    )
    await versions.put_back(former, backup)
    code = room.codes.code()
    with pytest.raises(PreconditionFailed) as refused:
        await room.open(disclosure_id)
    assert refused.value.reason == Reason.RECORD_VERSION_GONE
    assert code in room.codes.good


async def test_each_version_is_opened_by_its_name(room: Chamber, versions: VersionRoom) -> None:
    """The present one without a name; a former one as long as it is kept, and then not any more."""
    account = await room.account(name=FORMER)
    former = await room.verify_again(account, name=PRESENT)
    present = room.records[account]
    assert await versions.key(former) != await versions.key(present)
    assert await opened(room, account) == PRESENT
    assert await opened(room, account, record_id=present.record_id) == PRESENT
    assert await opened(room, account, record_id=former.record_id) == FORMER
    room.offset += AFTER
    await room.sweep(limit=10)
    room.offset += AFTER
    assert await versions.work() == 1
    with pytest.raises(PreconditionFailed) as refused:
        await opened(room, account, record_id=former.record_id)
    assert refused.value.reason == Reason.RECORD_VERSION_GONE
    assert await opened(room, account) == PRESENT


async def test_an_answer_for_another_version_is_refused(room: Chamber) -> None:
    """A server that files the request for the present version instead of the named one is found out."""
    account = await room.account(name=FORMER)
    former = await room.verify_again(account, name=PRESENT)
    edge = Local(room, "auditor-a")

    def lie(_: str, answer: Any) -> Any:
        answer.record_id = room.records[account].record_id
        return answer

    edge.tamper = lie
    asked: dict[str, Any] = {"case_reference": "案 1", "legal_basis": "第一条 (synthetic)", "purpose": "核查"}
    request = partial(room.auditor(edge=edge).request, account_token=account, **asked)
    with pytest.raises(FindingError) as found:
        await asyncio.to_thread(request, record_id=former.record_id)
    assert found.value.finding is HistoryFinding.OTHER_REQUEST


@pytest.mark.parametrize("record_id", ["1" * 31, "G" * 32])
async def test_what_is_no_id_of_a_version(room: Chamber, record_id: str) -> None:
    """The refusal names the field."""
    account = await room.account()
    with pytest.raises(InvalidFields) as refused:
        await room.request(account, record_id=record_id)
    assert list(refused.value.fields) == ["record_id"]


async def test_an_open_request_keeps_its_version_and_days_follow(
    room: Chamber, versions: VersionRoom
) -> None:
    """A version goes 8 days after the last request about it has ended, and not before."""
    account = await room.account(name=FORMER)
    former = await room.verify_again(account, name=PRESENT)
    room.offset += FORMER_KEPT - timedelta(hours=1)
    disclosure_id = await room.request(account, record_id=former.record_id)
    room.offset += timedelta(hours=2)
    assert await versions.work() == 0
    await room.step()
    await room.approve(disclosure_id, *CUSTODIANS[:2])
    assert (await room.open(disclosure_id)).payload.identity.name == FORMER
    room.offset += timedelta(hours=1)
    await room.sweep(limit=10)
    room.offset += FORMER_KEPT - timedelta(hours=1)
    assert await versions.work() == 0
    assert await versions.key(former) is not None
    room.offset += timedelta(hours=2)
    assert await versions.work() == 1
    assert (await versions.key(former), await versions.kept()) == (None, [])


async def test_no_entry_tells_when_a_version_goes(room: Chamber, versions: VersionRoom) -> None:
    """The minute of an entry would tell of a request that has kept the version."""
    account = await room.account()
    await room.verify_again(account)
    before = len(await sql.rows(room.main, select(log_entries.c.entry_id)))
    room.offset += AFTER
    assert await versions.work() == 1
    assert len(await sql.rows(room.main, select(log_entries.c.entry_id))) == before


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
async def test_a_process_that_dies_anywhere(room: Chamber, versions: VersionRoom, *, before: bool) -> None:
    """At each use of a database: the next process ends what was begun, and no present version is lost."""
    point, died = 1, True
    while died:
        account = await room.account(name=FORMER)
        former = await room.verify_again(account, name=PRESENT)
        room.offset += AFTER
        with Dying(room, point, before=before) as dying:
            with suppress(DiedError):
                await versions.process().step(now=room.now(), limit=100)
            died = dying.count >= point
        await versions.process().step(now=room.now(), limit=100)
        assert (await versions.key(former), await versions.kept()) == (None, [])
        present = room.records[account]
        assert open_alone(present, await versions.key(present)) == PRESENT
        with pytest.raises(UnsealError):
            open_alone(former, await versions.key(former))
        point += 1
    assert point > 6


async def test_a_held_version_stays_whatever_comes(room: Chamber, versions: VersionRoom) -> None:
    """A new verification, its days, and an erasure to its end; it opens until the hold is over."""
    erasures = ErasureRoom(room)
    account = await room.account(name=FORMER)
    held = room.records[account]
    until = await versions.hold(held, days=180)
    assert await versions.versions(account) == [held.record_id]
    with pytest.raises(NotFound):
        await room.request(account)
    await room.verify_again(account, name=PRESENT)
    present = room.records[account]
    room.offset += AFTER
    assert await versions.work() == 0
    await erasures.erase(account)
    await erasures.destroy(account)
    made = (await erasures.get(account)).erasure
    assert (made.state, made.kept_until) == (ErasureState.DESTROYED, until.replace(microsecond=0))
    assert await versions.key(present) is None
    assert open_alone(held, await versions.key(held)) == FORMER
    assert await versions.versions(account) == [held.record_id]
    with pytest.raises(NotFound):
        await room.request(account)
    with pytest.raises(PreconditionFailed) as refused:
        await room.request(account, record_id=present.record_id)
    assert refused.value.reason == Reason.RECORD_VERSION_GONE
    assert await opened(room, account, record_id=held.record_id) == FORMER
    room.offset += timedelta(days=180)
    await room.sweep(limit=10)
    room.offset += AFTER
    assert await versions.work() == 1
    assert (await versions.key(held), await versions.kept()) == (None, [])
    with pytest.raises(UnsealError):
        open_alone(held, await versions.key(held))
    mine = select(log_openings.c.entry_id).where(log_openings.c.account_token == account)
    assert [row.entry_id for row in await sql.rows(room.main, mine)] == [made.entry_id]


async def test_the_receipt_of_a_destruction_without_a_hold(room: Chamber, versions: VersionRoom) -> None:
    """Former versions go with the erasure, and nothing is said of any."""
    erasures = ErasureRoom(room)
    account = await room.account()
    former = await room.verify_again(account)
    await erasures.erase(account)
    await erasures.destroy(account)
    assert (await erasures.get(account)).erasure.kept_until is None
    assert (await versions.key(former), await versions.kept()) == (None, [])
    leaves = [entry.decode_leaf(row.leaf) for row in await sql.rows(room.main, select(log_entries.c.leaf))]
    assert [each.type for each in leaves].count("erasure:keys:destroy") == 1


async def test_a_hold_that_is_lifted(room: Chamber, versions: VersionRoom) -> None:
    """The version is the present one again, or goes when it is due."""
    account = await room.account(name=FORMER)
    held = room.records[account]
    await versions.hold(held, days=180)
    await versions.lift(held, present=True)
    assert await versions.kept() == []
    assert await opened(room, account) == FORMER
    former = await room.verify_again(account, name=PRESENT)
    await versions.hold(former, days=1)
    await versions.lift(former, present=False)
    room.offset += AFTER
    await room.sweep(limit=10)
    room.offset += AFTER
    assert await versions.work() == 1
    for act in (versions.hold(former, days=1), versions.lift(former, present=True)):
        with pytest.raises(PreconditionError) as refused:
            await act
        assert refused.value.reason is Reason.RECORD_VERSION_GONE


async def test_an_erased_account_gets_no_hold(room: Chamber, versions: VersionRoom) -> None:
    """Nothing is taken back of what its erasure has begun."""
    erasures = ErasureRoom(room)
    account = await room.account()
    await erasures.erase(account)
    with pytest.raises(PreconditionError) as refused:
        await versions.hold(room.records[account], days=1)
    assert refused.value.reason is Reason.ACCOUNT_ERASED


async def test_a_key_that_versions_share(room: Chamber, versions: VersionRoom) -> None:
    """Sealed by a program of before: the shared key opens them, and goes with the last one that needs it."""
    account = await room.account(name=FORMER)
    first = room.records[account]
    key = await versions.key(first)
    assert key is not None
    await sql.change(room.shred, delete(record_keys))
    await sql.change(room.shred, insert(shred_keys).values(account_token=account, shred_key=key))
    assert await opened(room, account) == FORMER
    await room.verify_again(account, name=PRESENT)
    present = room.records[account]
    assert await versions.key(present) != key
    assert await opened(room, account, record_id=first.record_id) == FORMER
    assert await versions.look_for_strays() == 0
    room.offset += AFTER
    await room.sweep(limit=10)
    room.offset += AFTER
    assert await versions.work() == 1
    assert await versions.key(first) is None
    assert open_alone(present, await versions.key(present)) == PRESENT


async def test_keys_without_a_version(room: Chamber, versions: VersionRoom) -> None:
    """Those of a seal that was never stored, and of a shred database of before, go; each other one stays."""
    accounts = [await room.account(name=FORMER) for _ in range(3)]
    former = await room.verify_again(accounts[0], name=PRESENT)
    before = [row._asdict() for row in await sql.rows(room.shred, select(record_keys))]
    await room.keep_drill()
    room.offset += AFTER
    assert await versions.work() == 1
    await sql.change(room.shred, delete(record_keys).where(record_keys.c.record_id == former.record_id))
    gone = [row for row in before if row["record_id"] == former.record_id]
    await sql.change(room.shred, insert(record_keys).values(**gone[0]))
    await versions.shred_keys.obtain(account_token=accounts[1], record_id="9" * 32, candidate=b"9" * 32)
    await sql.change(room.shred, insert(shred_keys).values(account_token=accounts[2], shred_key=b"8" * 32))
    drills = len(await sql.rows(room.shred, select(record_keys))) - 5
    assert drills == 1
    assert await versions.look_for_strays(step=2) == 3
    assert await versions.look_for_strays() == 0
    assert await versions.key(former) is None
    for account in accounts:
        present = room.records[account]
        assert open_alone(present, await versions.key(present)) in {FORMER, PRESENT}


async def test_a_key_whose_claim_is_open_is_left_alone(room: Chamber, versions: VersionRoom) -> None:
    """Between sealing and settlement there is a key without a version: the settlement must find it."""
    account = await room.account(name=FORMER)
    person = room.world.person(room.owners[account])
    await room.world.job(account_token=account, new_account=False, person=person)
    sealed = await room.sealer().seal(
        relying_party="platform-a",
        account_token=account,
        identity=builders.identity(name=PRESENT),
        answer=RegistryAnswer.MATCH,
        consent=builders.consent(),
    )
    assert await versions.look_for_strays() == 0
    assert open_alone(sealed, await versions.key(sealed)) == PRESENT


async def test_a_row_of_a_program_of_before(room: Chamber, versions: VersionRoom) -> None:
    """It kept a version for its requests, and did not say until when: it is due after the last of them."""
    account = await room.account(name=FORMER)
    disclosure_id = await room.request(account)
    former = await room.verify_again(account, name=PRESENT)
    await sql.change(room.main, kept_records.update().values(due_at=None))
    room.offset += AFTER
    assert await versions.work() == 0
    await room.sweep(limit=10)
    assert await versions.work() == 0
    room.offset += AFTER
    assert await versions.work() == 1
    assert (await versions.key(former), disclosure_id != "") == (None, True)
