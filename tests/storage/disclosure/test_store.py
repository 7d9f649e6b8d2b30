"""Disclosures in both databases: concurrent acts, their lock order, and what they store."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from sqlalchemy import select

from idvault.account.rules import FORMER_KEPT
from idvault.core.tables.disclosure import (
    disclosure_decisions,
    disclosure_openings,
    disclosure_refusals,
    disclosures,
    kept_records,
)
from idvault.disclosure.acts import auditor
from idvault.disclosure.store import lists, rows
from idvault.log import store as log_store
from idvault_client.errors import VaultError
from idvault_verify.disclosure import DisclosureState
from idvault_verify.error import Reason
from idvault_verify.event import EventType
from idvault_verify.v1 import disclosure_pb2 as pb
from tests.support.disclosure_world import (
    cancel,
    decide,
    decision,
    file,
    filed,
    get,
    open_once,
    release,
    request_id,
    signed,
    terms,
)
from tools.support.chamber import CUSTODIANS, Chamber, chamber, roster_member
from tools.support.databases import Databases

A, B, C = CUSTODIANS


@pytest_asyncio.fixture
async def room(databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over each kind of database in turn."""
    async with chamber(databases, tmp_path) as made:
        yield made


async def at_once(*works: Any) -> list[Any]:
    """Run everything concurrently; return answers and refusals."""
    return list(await asyncio.gather(*works, return_exceptions=True))


def reasons(answers: list[Any]) -> list[Reason]:
    """Return the reasons of the refusals."""
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    known = [Reason(str(answer.reason)) for answer in refused if isinstance(answer, VaultError)]
    assert len(known) == len(refused), refused
    return known


async def test_three_custodians_at_once(room: Chamber) -> None:
    """All three approve and release; exactly one release is the disclosure."""
    disclosure_id, paper = await filed(room)
    commands = [decision(paper, name) for name in CUSTODIANS]
    assert reasons(await at_once(*(decide(room, each) for each in commands))) == []
    answers = await at_once(*(release(room, each) for each in commands))
    assert reasons(answers) == []
    found = await room.read(rows.get, disclosure_id=disclosure_id)
    assert found is not None
    assert found.disclosure.state is DisclosureState.APPROVED
    assert found.disclosure.releases == 3
    assert len(await room.world.all(select(disclosure_decisions))) == 3
    assert len(await room.logged(EventType.DISCLOSURE_APPROVE)) == 3
    assert len(await room.logged(EventType.DISCLOSURE_RELEASE)) == 3
    assert len(await room.logged(EventType.DISCLOSURE_DISCLOSE)) == 1


async def test_two_disclosures_of_a_kept_version_end_at_once(room: Chamber) -> None:
    """The version is due some days after whichever ends last."""
    account = await room.account()
    made = [await room.request(account) for _ in range(4)]
    former = await room.verify_again(account)
    version = {"account_token": account, "record_id": former.record_id}
    assert (await room.read(rows.evidence, **version)) is not None
    ends = (cancel(room, each) for each in made)
    assert reasons(await at_once(*ends)) == []
    ((due_at,),) = await room.world.all(select(kept_records.c.due_at))
    assert due_at == room.now().business + FORMER_KEPT


async def test_a_version_is_kept_while_its_request_ends_at_the_same_time(room: Chamber) -> None:
    """In either order each former version is due some days later."""
    for _ in range(4):
        account = await room.account()
        disclosure_id = await room.request(account)
        cancelling = cancel(room, disclosure_id)
        assert reasons(await at_once(room.verify_again(account), cancelling)) == []
    found = await room.world.all(select(kept_records.c.due_at))
    assert len(found) == 4
    assert all(room.now().business < row.due_at <= room.now().business + FORMER_KEPT for row in found)


async def test_one_share_released_eight_times_at_once(room: Chamber) -> None:
    """With one request_id it is one release; with another one the share is there already."""
    _, paper = await filed(room)
    command = decision(paper, A)
    await decide(room, command)
    number = request_id()
    answers = await at_once(*(release(room, command, id=number) for _ in range(8)))
    assert reasons(answers) == []
    assert reasons(await at_once(release(room, command))) == [Reason.ILLEGAL_TRANSITION]
    assert len(await room.logged(EventType.DISCLOSURE_RELEASE)) == 1


async def test_one_decision_asked_for_eight_times_at_once(room: Chamber) -> None:
    """With one request_id it is one decision, and all callers get the same answer."""
    _, paper = await filed(room)
    command = decision(paper, A)
    answers = await at_once(*(decide(room, command) for _ in range(8)))
    assert reasons(answers) == []
    assert {answer.state for answer in answers} == {pb.DISCLOSURE_STATE_REQUESTED}
    assert len(await room.logged(EventType.DISCLOSURE_APPROVE)) == 1


async def test_eight_openings_at_once(room: Chamber) -> None:
    """One opening is allowed, so one happens; with one request_id all get the same answer."""
    disclosure_id = await room.request(await room.account())
    await room.approve(disclosure_id, A, B)
    answers = await at_once(*(open_once(room, disclosure_id) for _ in range(8)))
    assert set(reasons(answers)) == {Reason.ILLEGAL_TRANSITION}
    assert len(reasons(answers)) == 7
    assert len(await room.world.all(select(disclosure_openings))) == 1
    other = await room.request(await room.account())
    await room.approve(other, A, B)
    number = request_id()
    answers = await at_once(*(open_once(room, other, id=number) for _ in range(8)))
    assert reasons(answers) == []
    assert len({answer.request.leaf for answer in answers}) == 1
    assert len(await room.world.all(select(disclosure_openings))) == 2
    actor_id, since = roster_member("auditor-a").actor_id, room.now().business - timedelta(minutes=1)
    assert await room.read(lists.disclosures_since, actor_id=actor_id, since=since) == 2


async def test_the_budget_holds_at_once(room: Chamber) -> None:
    """Of eight requests of an auditor exactly three pass, and their numbers differ; the next day has room."""
    room.daily = 3
    room.restart()
    account = await room.account()
    answers = await at_once(*(file(room, signed(terms(room, account))) for _ in range(8)))
    assert reasons(answers) == [Reason.TOO_MANY_ATTEMPTS] * 5
    own = terms(room, account, auditor="auditor-b")
    await file(room, signed(own, "auditor-b"), name="auditor-b")
    numbers = {row.number for row in await room.world.all(select(disclosures.c.number))}
    assert len(numbers) == 3
    assert await auditor.quota(
        room.context, actor_id=roster_member("auditor-a").actor_id, now=room.now()
    ) == (3, 3)
    room.pass_time(days=1)
    assert await auditor.quota(
        room.context, actor_id=roster_member("auditor-a").actor_id, now=room.now()
    ) == (0, 3)


async def test_refusals_at_once_are_all_counted(room: Chamber) -> None:
    """One entry, and a count of the others."""
    looks = (get(room, "0" * 32) for _ in range(8))
    assert reasons(await at_once(*looks)) == [Reason.REQUEST_NOT_FOUND] * 8
    (row,) = await room.world.all(select(disclosure_refusals))
    assert row.silent == 7
    assert await room.refusals("auditor-a") == 1


async def test_pages_of_what_waits(room: Chamber) -> None:
    """Oldest first, without decided, expired or other quorums' disclosures."""
    account = await room.account()
    made = []
    for _ in range(3):
        made.append((await filed(room))[0])
        room.pass_time(seconds=1)
    quorum_ids = {room.rosters.current.quorums[0].id}
    asked: dict[str, Any] = {"custodian": A, "quorum_ids": quorum_ids, "now": room.now().business}
    page = await room.read(lists.pending, **asked, offset=1, limit=1)
    assert [each.disclosure.disclosure_id for each in page] == made[1:2]
    assert await room.read(lists.pending, **asked | {"quorum_ids": {"0" * 64}}, offset=0, limit=9) == []
    assert await room.main.one("test", log_store.LOGGED, token=account, entry_id="0" * 32) is None
    assert await room.read(rows.evidence, account_token="acct_" + "0" * 26) is None
