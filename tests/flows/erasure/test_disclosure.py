"""Erasures and disclosures, really sealed, on both databases: neither ends the other or tells of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core import tables as metadata
from idvault.core.tables.account import records
from idvault.core.tables.disclosure import disclosure_decisions, disclosures, kept_records
from idvault.core.tables.log import log_entries, log_openings
from idvault.disclosure.acts import auditor
from idvault.erasure import acts
from idvault.erasure.acts import ErasureMemos
from idvault.erasure.rules import DELAY
from idvault_client.errors import PreconditionFailed, RecordDamaged, VaultError
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.disclosure import LONGEST_LIFETIME, DisclosureState
from idvault_verify.erasure import ErasureOrigin, ErasureState
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.transparency import entry
from tests.support.ages_world import put_rows, rows_of
from tests.support.erasure_room import TERMS, ErasureRoom, open_alone
from tools.support import builders, sql
from tools.support.chamber import CUSTODIANS, Chamber, chamber, identity
from tools.support.databases import Databases, Maker
from tools.support.release_world import history


@pytest_asyncio.fixture
async def room(databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber with each kind of database."""
    async with chamber(databases, tmp_path) as made:
        yield made


@pytest.fixture
def erasures(room: Chamber) -> ErasureRoom:
    """Return the erasures of the chamber."""
    return ErasureRoom(room)


async def test_an_erasure_is_no_veto(room: Chamber, erasures: ErasureRoom) -> None:
    """A record that was requested before the account was erased is released and opened after."""
    token = await room.account()
    await erasures.request(token)
    room.offset += TERMS.waiting
    disclosure_id = await room.request(token)
    await erasures.work()
    await room.approve(disclosure_id, *CUSTODIANS[:2])
    opened = await room.open(disclosure_id)
    assert opened.payload.identity.name == builders.NAME


async def test_no_new_request_after_it(room: Chamber, erasures: ErasureRoom) -> None:
    """An auditor is told that the account is erased."""
    token = await room.account()
    await erasures.erase(token)
    with pytest.raises(PreconditionFailed) as refused:
        await room.request(token)
    assert refused.value.reason == Reason.ACCOUNT_ERASED


async def test_the_longest_request_has_ended_before_the_keys_go(room: Chamber, erasures: ErasureRoom) -> None:
    """Made as late as possible for the longest time: nothing of it is open, and nothing of it is left."""
    token = await room.account()
    former = await room.request(token)
    await room.verify_again(token)
    await erasures.request(token)
    room.offset += TERMS.waiting
    disclosure_id = await room.request(token, lifetime=LONGEST_LIFETIME)
    await room.approve(disclosure_id, CUSTODIANS[0])
    await erasures.work()
    await erasures.destroy(token)
    for each in (former, disclosure_id):
        pending = await asyncio.to_thread(room.custodian(CUSTODIANS[1]).pending)
        assert each not in [one.disclosure_id for one in pending]
        with pytest.raises(VaultError):
            await room.open(each)
    for table in (records, kept_records):
        assert await sql.count(room.main, table) == 0
    shares = await sql.rows(room.main, select(disclosure_decisions.c.resealed))
    assert [row.resealed for row in shares] == [None]
    await room.sweep(limit=10)
    found = await auditor.get(
        room.context, actor_id=identity("auditor-a").actor_id, disclosure_id=former, now=room.now()
    )
    assert found.filed.disclosure.state is DisclosureState.EXPIRED


@pytest.mark.parametrize(
    ("origin", "hours", "days"),
    [(ErasureOrigin.PLATFORM, 0, 7), (ErasureOrigin.OWNER, 2, 30)],
)
async def test_what_a_platform_sees_does_not_tell_of_a_disclosure(
    maker: Maker, tmp_path: Path, origin: ErasureOrigin, hours: int, days: int
) -> None:
    """Two vaults, one with an open disclosure: state, times, status, list and history are equal at each step.

    hours: since the verification. days: which the request waits.
    """
    seen = []
    for disclosed in (False, True):
        folder = tmp_path / str(disclosed)
        folder.mkdir()
        pair = await asyncio.to_thread(maker.fresh, folder)
        async with chamber(pair, folder) as room:
            seen.append(await _seen(room, disclosed=disclosed, origin=origin, hours=hours, days=days))
        await asyncio.to_thread(maker.drop, pair)
    assert seen[0] == seen[1]


async def _seen(room: Chamber, *, disclosed: bool, origin: ErasureOrigin, hours: int, days: int) -> list[Any]:
    """Return what a platform and the readers of the log see of one erasure, from day to day."""
    erasures, seen = ErasureRoom(room), list[Any]()
    token = await room.account()
    room.pass_time(hours=hours)
    made = (await erasures.request(token, origin=origin)).erasure
    assert made.erase_at - made.requested_at == timedelta(days=days)
    if disclosed:
        disclosure_id = await room.request(token)
        await room.approve(disclosure_id, *CUSTODIANS[:2])
    for _ in range(days + 9):
        room.pass_time(days=1)
        await erasures.work()
        shown = await erasures.get(token)
        found = await room.world.accounts.get(relying_party="platform-a", account_token=token)
        assert found is not None
        made = shown.erasure
        times = (made.erase_at, made.destroy_at, made.destroyed_at)
        seen.append((made.state, times, found.state, found.revision, found.erase_at))
        listed, _ = await acts.page(room.vault, "platform-a", state=None, after="", limit=9)
        seen.append([replace(each, erasure_id="", account_token="", entry_id="") for each in listed])
        rows = await sql.rows(room.main, select(log_entries.c.leaf))
        leaves = [entry.decode_leaf(row.leaf) for row in rows]
        steps = [each for each in leaves if each.type.startswith("erasure")]
        seen.append(sorted((each.type, each.occurred_at) for each in steps))
    with pytest.raises(PreconditionError) as refused:
        await history(room, token)
    return [*seen, refused.value.reason]


async def test_the_history_until_the_keys_are_destroyed(room: Chamber, erasures: ErasureRoom) -> None:
    """An erased account's owner still reads it; afterwards nothing could prove it, and it is refused."""
    token = await room.account()
    await erasures.erase(token)
    before = room.offset
    assert (await history(room, token)).disclosures == ()
    room.offset = before
    await erasures.destroy(token)
    with pytest.raises(PreconditionError) as refused:
        await history(room, token)
    assert refused.value.reason is Reason.ACCOUNT_ERASED


async def test_a_disclosure_opened_while_its_account_is_erased(room: Chamber, erasures: ErasureRoom) -> None:
    """At the last possible time: whichever comes first, the record is opened and the account is erased."""
    token = await room.account()
    await erasures.request(token)
    disclosure_id = await room.request(token)
    await room.approve(disclosure_id, *CUSTODIANS[:2])
    room.offset += TERMS.waiting
    late = await room.request(token)
    await room.approve(late, *CUSTODIANS[:2])
    opened, _ = await asyncio.gather(room.open(late), erasures.work())
    assert opened.payload.identity.name == builders.NAME
    assert (await erasures.get(token)).erasure.state is ErasureState.ERASED


async def test_promise_12(room: Chamber, erasures: ErasureRoom) -> None:
    """After the destruction no backup of the main database opens, with every key that is left; nor alone."""
    token, other = await room.account(), await room.account(name="某一二")
    main_backup = room.records[token]
    shred_backup = await erasures.key(token)
    assert open_alone(main_backup, shred_backup) == builders.NAME
    await erasures.erase(token)
    await erasures.destroy(token)
    # The main database of before, with today's shred database and all custodians.
    left = await erasures.key(token)
    assert left is None
    with pytest.raises(UnsealError):
        open_alone(main_backup, left)
    for key in [row.opening_key for row in await sql.rows(room.main, select(log_openings))]:
        with pytest.raises(UnsealError):
            open_alone(main_backup, key)
    # Today's main database with the shred database of before: there is no record.
    assert await room.world.stored_record(token) is None
    assert await sql.rows(room.main, select(log_openings).where(log_openings.c.account_token == token)) != []
    # Everybody else's record opens as before.
    other_key = await erasures.key(other)
    assert open_alone(room.records[other], other_key) == "某一二"
    # Both of before open it: hence backups of the shred database are kept for seven days at most.
    assert open_alone(main_backup, shred_backup) == builders.NAME


async def test_opening_says_that_the_key_is_destroyed(room: Chamber, erasures: ErasureRoom) -> None:
    """A restored main database has an approved request: no code is spent for it, and no opening counts.

    Until the erasure is carried out again, the record has lost its key; afterwards, it was erased.
    """
    token = await room.account()
    await erasures.request(token)
    room.offset += TERMS.waiting
    disclosure_id = await room.request(token)
    await room.approve(disclosure_id, *CUSTODIANS[:2])
    before, at_restore = await rows_of(room.main, metadata.main), room.offset
    await erasures.work()
    await erasures.destroy(token)
    await put_rows(room.main, metadata.main, before)
    room.offset = at_restore
    with pytest.raises(RecordDamaged):
        await room.open(disclosure_id)
    memos = ErasureMemos(room.shred)
    assert len(await acts.repeat_all(room.vault, memos, room.now(), zone=builders.ZONE)) == 1
    with pytest.raises(PreconditionFailed) as refused:
        await room.open(disclosure_id)
    assert refused.value.reason == Reason.ACCOUNT_ERASED
    rows = await sql.rows(room.main, select(disclosures.c.opened))
    assert [row.opened for row in rows] == [0]


async def test_a_crash_between_the_two_databases(room: Chamber, erasures: ErasureRoom) -> None:
    """The shred key goes first: the record is closed already, and the next run finishes the step."""
    token = await room.account()
    await erasures.erase(token)
    room.offset += DELAY
    await erasures.shred_keys.destroy(account_token=token)
    with pytest.raises(UnsealError):
        open_alone(room.records[token], await erasures.key(token))
    with suppress(VaultError):
        await room.request(token)
    assert await erasures.work() == 1
    assert (await erasures.get(token)).erasure.state is ErasureState.DESTROYED


async def test_each_step_is_proved(room: Chamber, erasures: ErasureRoom) -> None:
    """An answer has the entry of the last step; once a checkpoint covers it, with its proof."""
    token = await room.account()
    made = await erasures.request(token)
    assert (made.entry.hashes, made.note) == (None, b"")
    await room.step()
    assert (await erasures.get(token)).entry.hashes is not None
    room.offset += TERMS.waiting
    await erasures.work()
    shown = await erasures.get(token)
    assert shown.note
    assert entry.decode_leaf(shown.entry.leaf).type == "erasure:account:erase"
