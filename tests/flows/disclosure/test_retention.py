"""Disclosures: waiting for the log, lost answers, destroyed shares, and logged refusals."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from idvault.core.tables.disclosure import disclosure_decisions, disclosure_refusals, disclosures
from idvault.disclosure.store import rows
from idvault_client.errors import NotFound, Unavailable
from idvault_verify.attest import disclosure as papers
from idvault_verify.disclosure import DisclosureState, Verdict
from idvault_verify.error import Reason
from idvault_verify.event import EventType
from idvault_verify.v1 import disclosure_pb2 as pb
from tests.support.disclosure_world import (
    A,
    B,
    C,
    approved,
    cancel,
    confirm,
    decide,
    decision,
    file,
    filed,
    get,
    give,
    open_alone,
    open_once,
    refused,
    release,
    report,
    request_id,
    signed,
    terms,
)
from tools.support.chamber import Chamber
from tools.support.fakes.flaky import Fault


async def test_nothing_is_released_before_the_log_has_it(room: Chamber) -> None:
    """Without a checkpoint: LOG_UNAVAILABLE; a repeat then continues, and it is one opening."""
    disclosure_id = await approved(room)
    asked: dict[str, Any] = {"name": "auditor-a", "id": request_id(7)}
    with pytest.raises(Unavailable) as caught:
        await open_alone(room, disclosure_id, **asked, remaining=0.0)
    assert caught.value.reason == Reason.LOG_UNAVAILABLE
    assert await room.refusals("auditor-a") == 0
    room.restart()
    async with room.sequencing():
        opened = await open_alone(room, disclosure_id, **asked, code="")
    assert opened.disclosure.opened == 1
    assert len(opened.shares) == 2
    assert len(await room.logged(EventType.DISCLOSURE_OPEN)) == 1


async def test_nothing_changes_while_the_log_stands_still(room: Chamber) -> None:
    """Every act is LOG_UNAVAILABLE and stores nothing."""
    _, paper = await filed(room)
    ready = await approved(room)
    room.pass_time(minutes=5)
    room.waiting.count, room.waiting.oldest = 1, room.now().real - timedelta(minutes=2)
    acts: list[Any] = [
        file(room, signed(terms(room, papers.parse_request(paper).account_token))),
        decide(room, decision(paper, A)),
        release(room, decision(paper, B)),
        cancel(room, ready),
        open_alone(room, ready),
        report(room, ready),
    ]
    before = await room.world.contents()
    for act in acts:
        with pytest.raises(Unavailable) as caught:
            await act
        assert caught.value.reason == Reason.LOG_UNAVAILABLE
    assert await room.world.contents() == before


async def test_a_lost_answer_is_asked_for_again(room: Chamber) -> None:
    """Each act may lose its answer; the repeat finds it done and spends no second code."""
    account = await room.account()
    asked = signed(terms(room, account))
    room.flaky.plant("request", Fault.LOSE_ANSWER)
    with pytest.raises(Unavailable):
        await file(room, asked, number=11)
    assert (await file(room, asked, number=11)).state == pb.DISCLOSURE_STATE_REQUESTED
    for name in (A, B):
        command = decision(asked, name, code=room.codes.code())
        room.flaky.plant("decide", Fault.LOSE_ANSWER)
        with pytest.raises(Unavailable):
            await decide(room, command)
        await decide(room, replace(command, code="used up"))
        number = request_id()
        room.flaky.plant("release", Fault.LOSE_ANSWER)
        with pytest.raises(Unavailable):
            await release(room, command, id=number)
        again = await release(room, command, id=number)
    assert again.state == pb.DISCLOSURE_STATE_APPROVED
    disclosure_id = papers.parse_request(asked).disclosure_id
    withdrawal = request_id()
    room.flaky.plant("cancel", Fault.LOSE_ANSWER)
    with pytest.raises(Unavailable):
        await cancel(room, disclosure_id, id=withdrawal)
    assert (await cancel(room, disclosure_id, id=withdrawal)).state == pb.DISCLOSURE_STATE_CANCELLED
    assert [
        len(await room.logged(kind))
        for kind in (
            EventType.DISCLOSURE_REQUEST,
            EventType.DISCLOSURE_APPROVE,
            EventType.DISCLOSURE_RELEASE,
            EventType.DISCLOSURE_DISCLOSE,
            EventType.DISCLOSURE_CANCEL,
        )
    ] == [1, 2, 2, 1, 1]


async def test_the_worker_ends_what_time_has_ended(room: Chamber) -> None:
    """Disclosures become EXPIRED with an entry; shares are then destroyed, also after the last opening."""
    waiting, _ = await filed(room)
    ready = await approved(room)
    opened = await approved(room)
    await open_once(room, opened)
    await confirm(room, opened)

    async def shares(disclosure_id: str) -> list[bytes | None]:
        return [share.resealed for share in await room.read(rows.shares, disclosure_id=disclosure_id)]

    await room.sweep(limit=10)
    assert all(await shares(opened))
    room.pass_time(minutes=10)
    await room.sweep(limit=10)
    assert await shares(opened) == [None, None]
    assert all(await shares(ready))
    room.pass_time(hours=72)
    assert await room.sweep(limit=10) == 2
    assert await room.sweep(limit=10) == 0
    assert await shares(ready) == [None, None]
    for disclosure_id, state in (
        (waiting, DisclosureState.EXPIRED),
        (ready, DisclosureState.EXPIRED),
        (opened, DisclosureState.OPENED),
    ):
        found = await room.read(rows.get, disclosure_id=disclosure_id)
        assert found is not None
        assert found.disclosure.state is state
    assert len(await room.logged(EventType.DISCLOSURE_EXPIRE)) == 2
    assert room.counted.count("expire") == 2


async def test_a_late_repeat_gets_no_shares(room: Chamber) -> None:
    """After the shares are destroyed, a repeat is DISCLOSURE_EXPIRED."""
    disclosure_id = await approved(room)
    await open_once(room, disclosure_id, id=request_id(77))
    await confirm(room, disclosure_id)
    room.pass_time(minutes=10)
    late = open_once(room, disclosure_id, id=request_id(77))
    await refused(room, "auditor-a", late, Reason.DISCLOSURE_EXPIRED)


async def test_shares_that_are_gone_are_told(room: Chamber) -> None:
    """If shares are missing for any reason: DISCLOSURE_EXPIRED, never a partial answer."""
    disclosure_id = await approved(room)
    await room.world.do(update(disclosure_decisions).values(resealed=None))
    await refused(room, "auditor-a", open_once(room, disclosure_id), Reason.DISCLOSURE_EXPIRED)


async def test_denials_destroy_the_shares(room: Chamber) -> None:
    """After one approval and two denials: DENIED, and the released share is destroyed."""
    disclosure_id, paper = await filed(room)
    await give(room, paper, A)
    await decide(room, decision(paper, B, verdict=Verdict.DENY))
    ended = await decide(room, decision(paper, C, verdict=Verdict.DENY))
    assert ended.state == pb.DISCLOSURE_STATE_DENIED
    assert [share.resealed for share in await room.read(rows.shares, disclosure_id=disclosure_id)] == [None]


async def test_refusals_within_a_minute_are_one_entry(room: Chamber) -> None:
    """Further refusals are counted and logged with the next one or by the worker, per actor and reason."""
    for _ in range(5):
        with pytest.raises(NotFound):
            await get(room, "0" * 32)
    assert await room.refusals("auditor-a") == 1
    await room.sweep(limit=10)
    assert await room.refusals("auditor-a") == 1
    room.pass_time(minutes=1)
    await room.sweep(limit=10)
    assert await room.refusals("auditor-a") == 2
    (row,) = await room.world.all(select(disclosure_refusals))
    assert (row.silent, row.reason) == (0, "REQUEST_NOT_FOUND")
    assert room.counted == ["refuse"] * 5


async def test_a_refusal_that_cannot_be_logged_is_not_told(room: Chamber) -> None:
    """The caller gets STORE_UNAVAILABLE instead of a refusal that is not logged."""
    room.flaky.plant("refuse", Fault.REFUSE)
    with pytest.raises(Unavailable):
        await get(room, "0" * 32)


async def test_a_finding_is_logged(room: Chamber) -> None:
    """A finding is logged with the member as actor; one about an unknown request is not logged."""
    disclosure_id, _ = await filed(room)
    await report(room, disclosure_id)
    assert await room.refusals(A) == 1
    with pytest.raises(NotFound):
        await report(room, "0" * 32)


async def test_case_texts_are_nowhere_in_clear(room: Chamber) -> None:
    """No table and no leaf contains a case text."""
    await filed(room)
    contents = str(await room.world.contents())
    for text in ("案 2026-1", "第一条", "一次核查"):
        assert text not in contents
        assert repr(text.encode())[2:-1] not in contents
    (row,) = await room.world.all(select(disclosures.c.text))
    assert "一次核查".encode() not in row.text
