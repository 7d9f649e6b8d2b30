"""Drills in both databases: one record per quorum, and concurrent passes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.act import SYSTEM, MemberActor
from idvault.core.request import Request
from idvault.core.tables.log import log_entries
from idvault.custody.drill import acts as drill_acts
from idvault.custody.drill import store as drill_store
from idvault.custody.drill.rules import DrillHistory
from idvault_verify.error import AlreadyExistsError, Reason
from idvault_verify.event import EventType
from tests.support.disclosure_world import request_id
from tools.support import builders
from tools.support.chamber import CUSTODIANS, Chamber, chamber, roster_member
from tools.support.databases import Databases

A = CUSTODIANS[0]


@pytest_asyncio.fixture
async def room(databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over each kind of database in turn."""
    async with chamber(databases, tmp_path) as made:
        yield made


async def complete(room: Chamber, *, seconds: int = 0, number: str | None = None) -> None:
    """Store a pass of custodian-a, signed this many seconds after the start."""
    actor_id, now = roster_member(A).actor_id, room.now()
    request = Request(actor_id, number or request_id(), bytes(32))
    signed_at, who = now.real + timedelta(seconds=seconds), MemberActor(actor_id)
    await drill_acts.complete_stored.run(room.vault, who, now, request, "e" * 64, signed_at, b"4")


async def test_a_record_comes_back_as_it_was_sealed(room: Chamber) -> None:
    """The record has its entry and time; another quorum has none."""
    record = builders.record()
    assert await drill_acts.renew(room.vault, SYSTEM, room.now(), record)
    (made,) = await room.world.all(select(log_entries.c.entry_id))
    found = await drill_acts.find(room.vault, "e" * 64)
    assert found is not None
    assert (found.record, found.entry_id, found.made_at) == (record, made.entry_id, room.now().business)
    assert await drill_acts.find(room.vault, "f" * 64) is None
    assert await room.read(drill_store.history) == DrillHistory({"e" * 64: room.now().business}, {})


async def test_two_workers_make_one_record(room: Chamber) -> None:
    """The second worker writes nothing, and no entry."""
    records = [replace(builders.record(), record_id=f"{number:032x}") for number in range(4)]
    written = await asyncio.gather(
        *(drill_acts.renew(room.vault, SYSTEM, room.now(), each) for each in records)
    )
    assert sorted(written) == [False, False, False, True]
    assert len(await room.logged(EventType.DRILL_RENEW)) == 1


async def test_a_signature_counts_once_at_once(room: Chamber) -> None:
    """The same signature eight times is one pass; a signature of the same second or earlier is refused."""
    answers = await asyncio.gather(*(complete(room) for _ in range(8)), return_exceptions=True)
    refused = [answer for answer in answers if answer is not None]
    assert len(refused) == 7
    assert {type(answer) for answer in refused} == {AlreadyExistsError}
    with pytest.raises(AlreadyExistsError) as older:
        await complete(room, seconds=-1)
    assert older.value.reason is Reason.REQUEST_ID_REUSED
    assert len(await room.logged(EventType.DRILL_COMPLETE)) == 1
    await complete(room, seconds=1)
    assert len(await room.logged(EventType.DRILL_COMPLETE)) == 2


async def test_one_request_eight_times_at_once(room: Chamber) -> None:
    """With one request_id it is one pass and nobody is refused; a refused pass leaves no trace."""
    number = request_id()
    await asyncio.gather(*(complete(room, number=number) for _ in range(8)))
    assert len(await room.logged(EventType.DRILL_COMPLETE)) == 1
    history = await room.read(drill_store.history)
    assert history.passed == {("e" * 64, roster_member(A).actor_id): room.now().business}
    again = request_id()
    with pytest.raises(AlreadyExistsError):
        await complete(room, seconds=-1, number=again)
    await complete(room, seconds=1, number=again)
    assert len(await room.logged(EventType.DRILL_COMPLETE)) == 2
