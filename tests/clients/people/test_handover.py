"""A replaced custodian hands over, and gives nothing to a lying service."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.tables.people import person_requests
from idvault_client.errors import PreconditionFailed, Unavailable
from idvault_people.custody.handover import HandOverProgress, NotReplacedError
from idvault_verify.event import EventType
from idvault_verify.offline.evidence import check as evidence_check
from tests.support.handover_world import (
    HAND_OVER,
    A,
    B,
    C,
    Cut,
    CutError,
    D,
    E,
    Wire,
    adopt,
    hand_over,
    holders,
    leaver,
    opened,
    stored,
)
from tools.support import builders, evidence_world
from tools.support.chamber import Chamber, chamber, roster_member
from tools.support.databases import Databases


@pytest_asyncio.fixture
async def room(databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over each kind of database in turn."""
    async with chamber(databases, tmp_path) as made:
        yield made


async def test_a_successor_holds_the_leavers_shares(room: Chamber) -> None:
    """Every old record keeps its digest, the leaver's share is gone, and two of the new three open it."""
    accounts = [await room.account() for _ in range(7)]
    before = [await stored(room, account) for account in accounts]
    first = room.rosters.current.quorums[0]
    adopt(room, D, B, C)
    fresh = await room.account()
    assert await holders(room, fresh) == [B, C, D]
    done = await hand_over(leaver(room), batch=3)
    assert done == HandOverProgress(total=7, handed=7)
    present = room.rosters.current.quorums[0].id
    for account, former in zip(accounts, before, strict=True):
        record = await stored(room, account)
        assert record.digest() == former.digest()
        assert (record.sealing_quorum_id, record.present_quorum_id) == (first.id, present)
        assert record.share_quorum_ids == (present, first.id, first.id)
        assert former.shares[0] not in record.shares
        assert await holders(room, account) == [B, C, D]
    batches = await room.logged(EventType.SHARES_HAND_OVER)
    assert [each.actor_id for each in batches] == [roster_member(A).actor_id] * 3
    assert (await opened(room, accounts[0], B, D)).payload.identity == builders.identity()
    found = await opened(room, accounts[1], D, C)
    assert found.payload.identity == builders.identity()
    # The record was sealed for the leaver's quorum; the successor's approval counts for the same place.
    proof = evidence_world.made(found, tuple(room.rosters.versions))
    proved = evidence_check.check(proof, policy=evidence_world.POLICY)
    assert ([member.name for member in proved.approved_by], proved.quorum.custodians[0].name) == ([D, C], A)
    assert (await opened(room, fresh, D, C)).payload.identity == builders.identity()
    assert await hand_over(leaver(room)) == HandOverProgress()


async def test_old_records_open_before_in_the_middle_and_afterwards(room: Chamber) -> None:
    """Before its hand-over a record needs the leaver, after it the successor."""
    accounts = sorted([await room.account() for _ in range(4)])
    waiting = await room.request(accounts[3])
    await room.approve(waiting, A)
    adopt(room, D, B, C)
    assert (await opened(room, accounts[0], A, B)).payload.identity == builders.identity()
    edge = Wire(room, A)
    edge.cut = Cut(HAND_OVER, "after")
    with pytest.raises(CutError):
        await hand_over(leaver(room, edge=edge), batch=2)
    assert [await holders(room, account) for account in accounts] == [[B, C, D]] * 2 + [[A, B, C]] * 2
    assert (await opened(room, accounts[0], D, C)).payload.identity == builders.identity()
    assert (await opened(room, accounts[2], A, C)).payload.identity == builders.identity()
    assert await hand_over(leaver(room)) == HandOverProgress(total=2, handed=2)
    # The leaver's earlier approval counts for the place; the successor cannot decide again.
    with pytest.raises(PreconditionFailed, match="ILLEGAL_TRANSITION"):
        await room.approve(waiting, D)
    await room.approve(waiting, B)
    assert (await room.open(waiting)).payload.identity == builders.identity()


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_killed_client_goes_on_where_it_ended(room: Chamber, when: str) -> None:
    """Whether or not the batch was stored, nothing is lost or doubled, and all of it is logged."""
    accounts = [await room.account() for _ in range(5)]
    adopt(room, D, B, C)
    edge = Wire(room, A)
    edge.cut = Cut(HAND_OVER, when, passing=1)
    with pytest.raises(CutError):
        await hand_over(leaver(room, edge=edge), batch=2)
    stored_before = 4 if when == "after" else 2
    assert await hand_over(leaver(room), batch=2) == HandOverProgress(5 - stored_before, 5 - stored_before)
    assert [await holders(room, account) for account in accounts] == [[B, C, D]] * 5
    assert len(await room.logged(EventType.SHARES_HAND_OVER)) == 3
    assert (await opened(room, accounts[4], D, C)).payload.identity == builders.identity()


async def test_a_lost_answer_is_asked_for_again_under_the_same_id(room: Chamber) -> None:
    """The service returns the first answer and writes nothing more."""
    accounts = [await room.account() for _ in range(2)]
    adopt(room, D, B, C)
    edge = Wire(room, A)
    lost: list[str] = []

    def lose(method: str, when: str) -> None:
        if method == HAND_OVER and when == "after" and not lost:
            lost.append(method)
            raise Unavailable("STORE_UNAVAILABLE", "UNAVAILABLE")

    edge.cut = lose
    assert await hand_over(leaver(room, edge=edge)) == HandOverProgress(2, 2)
    ids = {request.request_id for method, request in edge.calls if method == HAND_OVER}  # type: ignore[attr-defined]
    (request_id,) = ids
    assert sum(method == HAND_OVER for method, _ in edge.calls) == 2
    assert len(await room.logged(EventType.SHARES_HAND_OVER)) == 1
    (kept,) = await room.world.all(
        select(person_requests.c.answer).where(person_requests.c.request_id == request_id)
    )
    assert kept.answer == b"2"
    assert [await holders(room, account) for account in accounts] == [[B, C, D]] * 2


async def test_a_service_that_stays_away_is_told(room: Chamber) -> None:
    """After a few tries the client gives up; a later run starts again."""
    await room.account()
    adopt(room, D, B, C)
    edge, pauses = Wire(room, A), list[float]()

    def away(_method: str, _when: str) -> None:
        raise Unavailable("STORE_UNAVAILABLE", "UNAVAILABLE")

    edge.cut = away
    with pytest.raises(Unavailable):
        await hand_over(leaver(room, edge=edge, sleep=pauses.append))
    assert pauses == [0.5, 1.0, 2.0, 4.0, 8.0]


async def test_one_leaves_before_the_other_has_handed_over(room: Chamber) -> None:
    """The shares of two leavers move independently; in between the holders match no roster version."""
    accounts = [await room.account() for _ in range(3)]
    adopt(room, D, B, C)
    adopt(room, D, E, C, also=(A, B))
    assert (await hand_over(leaver(room, B))).handed == 3
    between = await stored(room, accounts[0])
    assert between.present_quorum_id not in {each.quorums[0].id for each in room.rosters.versions}
    assert await holders(room, accounts[0]) == [A, C, E]
    disclosure_id = await room.request(accounts[0])
    for name, expected in ((A, 1), (E, 1), (C, 1), (B, 0), (D, 0)):
        assert len(await asyncio.to_thread(room.custodian(name).pending)) == expected
    await room.approve(disclosure_id, A, E)
    assert (await room.open(disclosure_id)).payload.identity == builders.identity()
    assert (await hand_over(leaver(room, A))).handed == 3
    assert await holders(room, accounts[0]) == [C, D, E]
    assert (await stored(room, accounts[0])).present_quorum_id == room.rosters.current.quorums[0].id
    assert (await opened(room, accounts[1], D, E)).payload.identity == builders.identity()


async def test_without_a_lost_custodian_the_others_open_and_hand_over(room: Chamber) -> None:
    """A removed custodian hands nothing over: M others can open, and another may still leave."""
    accounts = [await room.account() for _ in range(2)]
    adopt(room, D, B, C, also=())
    assert (await opened(room, accounts[0], B, C)).payload.identity == builders.identity()
    with pytest.raises(NotReplacedError, match="no longer names you"):
        leaver(room).successions()
    adopt(room, D, E, C, also=(B,))
    assert (await hand_over(leaver(room, B))).handed == 2
    assert (await opened(room, accounts[1], E, C)).payload.identity == builders.identity()


async def test_who_was_not_replaced_hands_nothing_over(room: Chamber) -> None:
    """A custodian who keeps the place, and an auditor, hand nothing over."""
    adopt(room, D, B, C)
    with pytest.raises(NotReplacedError, match="nobody has replaced you"):
        leaver(room, B).successions()
    with pytest.raises(NotReplacedError, match="no longer names you"):
        leaver(room, "auditor-a").successions()


async def test_a_record_that_was_renewed_meanwhile_is_passed_over(room: Chamber) -> None:
    """Its new version is already sealed to the new quorum; the batch's count shows it."""
    accounts = [await room.account() for _ in range(2)]
    adopt(room, D, B, C)
    edge = Wire(room, A)
    renewed: list[str] = []

    def renew(method: str, when: str) -> None:
        if (method, when) == (HAND_OVER, "before") and not renewed:
            renewed.append(method)
            asyncio.run_coroutine_threadsafe(room.verify_again(accounts[0]), room.loop).result(30)

    edge.cut = renew
    assert (await hand_over(leaver(room, edge=edge))).handed == 1
    assert (await stored(room, accounts[0])).share_quorum_ids == ()
    assert [await holders(room, account) for account in accounts] == [[B, C, D]] * 2


async def test_a_hand_over_ends_for_good_and_another_begins(room: Chamber) -> None:
    """Nothing more goes to the first successor, by a signed entry; the next one gets what is left."""
    accounts = [await room.account() for _ in range(3)]
    adopt(room, D, B, C)
    wire = Wire(room, A)
    wire.cut = Cut(HAND_OVER, "before", passing=1)
    with pytest.raises(CutError):
        await hand_over(leaver(room, edge=wire), batch=1)
    client = leaver(room)
    (found,) = client.successions()
    assert await asyncio.to_thread(client.end, found) == 2
    (entry,) = await room.logged(EventType.HANDOVER_END)
    assert entry.actor_id == roster_member(A).actor_id
    with pytest.raises(PreconditionFailed, match="ILLEGAL_TRANSITION"):
        await asyncio.to_thread(client.end, found)
    with pytest.raises(PreconditionFailed, match="ILLEGAL_TRANSITION"):
        await hand_over(leaver(room))
    adopt(room, E, B, C, also=(A, D))
    done = await hand_over(leaver(room))
    # The share that was on its way to the first successor stays: it goes to nobody else.
    assert (done.handed, done.refused) == (1, 1)
    assert sorted([await holders(room, account) for account in accounts]) == [[A, B, C], [B, C, D], [B, C, E]]
