"""Hand-overs in both databases: concurrent batches, repeats, and skipped shares."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.act import MemberActor
from idvault.core.request import Request
from idvault.core.tables.custody import handed_quorums
from idvault.custody.handover import acts
from idvault.custody.handover import store as handovers
from idvault.people import acts as people_acts
from idvault_people.opens.handover import reseal_to_successor as reseal
from idvault_verify.attest import succession
from idvault_verify.error import AlreadyExistsError, PreconditionError, Reason
from idvault_verify.event import EventType
from idvault_verify.handover import HandedShare, HandoverBatch, HandoverEnd
from tests.support.handover_world import A, B, C, D, E, adopt, holders, stored
from tools.support.chamber import Chamber, chamber, identity, roster_member
from tools.support.databases import Databases

ID = "11111111-2222-4333-8444-555555555555"


@pytest_asyncio.fixture
async def room(databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over each kind of database in turn."""
    async with chamber(databases, tmp_path) as made:
        yield made


async def batch(room: Chamber, *accounts: str, name: str = A) -> HandoverBatch:
    """Return the batch of a leaver."""
    (found,) = succession.find(tuple(room.rosters.versions), leaver=roster_member(name))
    shares = []
    for account in accounts:
        record = await stored(room, account)
        shares.append(
            reseal(
                identity=identity(name),
                succession=found,
                account_token=account,
                record_id=record.record_id,
                quorum_id=record.share_quorum_id(found.place),
                sealed=record.shares[found.place - 1],
                share_hash=record.share_hashes[found.place - 1],
            )
        )
    becomes = dict.fromkeys(found.former_ids, found.quorum.id)
    return HandoverBatch(found.place, found.quorum.id, becomes, shares)


async def store(
    room: Chamber, made: HandoverBatch, *, request_id: str = ID, fingerprint: bytes = bytes(32)
) -> int:
    """Store a batch."""
    who = MemberActor(roster_member(A).actor_id)
    request = Request(who.actor_id, request_id, fingerprint)
    return await acts.hand_over_stored.run(room.vault, who, room.now(), request, made, b"signed")


async def test_one_request_at_once_is_one_batch(room: Chamber) -> None:
    """Sixteen callers get the same count; the log has one entry, and each record one new share."""
    accounts = [await room.account() for _ in range(5)]
    adopt(room, D, B, C)
    made = await batch(room, *accounts)
    assert set(await asyncio.gather(*(store(room, made) for _ in range(16)))) == {5}
    assert len(await room.logged(EventType.SHARES_HAND_OVER)) == 1
    assert [await holders(room, account) for account in accounts] == [[B, C, D]] * 5
    with pytest.raises(AlreadyExistsError) as refused:
        await store(room, made, fingerprint=bytes([1]) * 32)
    assert refused.value.reason is Reason.REQUEST_ID_REUSED


async def test_two_batches_at_once_move_each_share_once(room: Chamber) -> None:
    """Overlapping batches in any order: each record counts in one of them."""
    accounts = [await room.account() for _ in range(6)]
    adopt(room, D, B, C)
    one, other = await batch(room, *accounts[:4]), await batch(room, *accounts[:1:-1])
    ids = [f"{number:08d}{ID[8:]}" for number in range(2)]
    moved = await asyncio.gather(
        *(store(room, made, request_id=each) for made, each in zip((one, other), ids, strict=True))
    )
    assert sum(moved) == 6
    assert [await holders(room, account) for account in accounts] == [[B, C, D]] * 6
    assert len(await room.logged(EventType.SHARES_HAND_OVER)) == 2
    (row,) = await room.world.all(select(handed_quorums.c.quorum_id))
    assert row.quorum_id == one.quorum_id


@pytest.mark.parametrize(
    "change",
    [
        {"record_id": "0" * 32},
        {"quorum_id": "0" * 64},
        {"share_hash": bytes(32)},
        {"account_token": "acct_" + "0" * 26},
    ],
)
async def test_a_share_of_something_else_is_passed_over(room: Chamber, change: dict[str, Any]) -> None:
    """A wrong version, quorum, hash or account changes only the log."""
    account = await room.account()
    before = await stored(room, account)
    adopt(room, D, B, C)
    made = await batch(room, account)
    values = {name: getattr(made.shares[0], name) for name in HandedShare.__slots__}
    assert (
        await store(room, HandoverBatch(1, made.quorum_id, made.becomes, [HandedShare(**values | change)]))
        == 0
    )
    assert (
        await store(room, HandoverBatch(4, made.quorum_id, made.becomes, made.shares), request_id=ID[::-1])
        == 0
    )
    assert await store(room, HandoverBatch(1, made.quorum_id, {}, made.shares), request_id=ID.upper()) == 0
    assert await stored(room, account) == before


async def test_what_waits_is_counted_by_quorum(room: Chamber) -> None:
    """Tokens in order, after a token, up to a limit; counts per present quorum, including mixed ones."""
    accounts = sorted([await room.account() for _ in range(4)])
    first = room.rosters.current.quorums[0].id
    assert await room.read(handovers.tokens, quorum_ids={first}, after="", limit=3) == accounts[:3]
    assert await room.read(handovers.tokens, quorum_ids={first}, after=accounts[2], limit=3) == accounts[3:]
    assert await room.read(handovers.tokens, quorum_ids=set(), after="", limit=3) == []
    adopt(room, D, B, C)
    adopt(room, D, E, C, also=(A, B))
    last = room.rosters.current.quorums[0].id
    made = await batch(room, *accounts[:1], name=B)
    moved = HandoverBatch(made.place, made.quorum_id, {first: "9" * 64}, made.shares)
    assert await store(room, moved) == 1
    assert await room.read(handovers.by_quorum) == {first: 3, "9" * 64: 1}
    assert await room.read(handovers.count, quorum_ids={first, "9" * 64}) == 4
    assert await people_acts.handed(room.vault) == {"9" * 64: (first, last, first)}


async def test_pages_of_several_quorums_are_in_one_order(room: Chamber) -> None:
    """Each account is listed once, whatever its record's quorum, and no page exceeds its limit."""
    accounts = sorted([await room.account() for _ in range(5)])
    first = room.rosters.current.quorums[0].id
    adopt(room, D, B, C)
    made = await batch(room, accounts[1], accounts[4])
    assert await store(room, made) == 2
    asked, found, after = {first, made.quorum_id}, list[str](), ""
    while page := await room.read(handovers.tokens, quorum_ids=asked, after=after, limit=2):
        assert len(page) <= 2
        found += page
        after = page[-1]
    assert found == accounts
    assert await room.read(handovers.count, quorum_ids=asked) == 5


async def end(
    room: Chamber, made: HandoverBatch, *, request_id: str = ID, fingerprint: bytes = bytes(32)
) -> int:
    """End the hand-over that a batch belongs to."""
    who = MemberActor(roster_member(A).actor_id)
    request = Request(who.actor_id, request_id, fingerprint)
    ending = HandoverEnd(who.actor_id, made.quorum_id, frozenset(made.becomes))
    return await acts.end_stored.run(room.vault, who, room.now(), request, ending, b"signed")


async def test_a_hand_over_ends_once(room: Chamber) -> None:
    """Sixteen callers get the count of what is left, with one entry; no batch is taken afterwards."""
    accounts = [await room.account() for _ in range(3)]
    adopt(room, D, B, C)
    made, late = await batch(room, accounts[0]), await batch(room, accounts[1])
    others = [f"{number:08d}{ID[8:]}" for number in range(3)]
    assert await store(room, made, request_id=others[0]) == 1
    assert set(await asyncio.gather(*(end(room, made) for _ in range(16)))) == {2}
    assert len(await room.logged(EventType.HANDOVER_END)) == 1
    assert await acts.ended(room.vault) == {(made.quorum_id, roster_member(A).actor_id)}
    # A repeat of what was done before still gets its answer; anything new is refused and writes nothing.
    assert await store(room, made, request_id=others[0]) == 1
    for act in (store(room, late, request_id=others[1]), end(room, made, request_id=others[2])):
        with pytest.raises(PreconditionError) as refused:
            await act
        assert refused.value.reason is Reason.ILLEGAL_TRANSITION
    assert await holders(room, accounts[1]) == [A, B, C]
    assert len(await room.logged(EventType.SHARES_HAND_OVER)) == 1
