"""Adopted and proposed roster versions, against both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from idvault.core.request import Request
from idvault.core.tables.log import log_entries
from idvault.core.tables.people import roster_versions
from idvault.people import rules as people_rules
from idvault.people.ports import StoredProposal, StoredVersion
from idvault.verify.error import AlreadyExistsError, ExhaustedError, NotFoundError, PreconditionError, Reason
from idvault.verify.event import EventType
from idvault.verify.transparency import entry
from tests.support.storage_world import World, at

FIRST, SECOND = "1" * 64, "2" * 64


def _version(version: int, digest: str) -> StoredVersion:
    return StoredVersion(version, digest, f"file {digest}".encode())


async def _adopt(world: World, version: int, digest: str) -> bool:
    event = world.event(EventType.ROSTER_ADOPTED)
    return await world.roster.adopt(_version(version, digest), now=at(), event=event)


async def _propose(
    world: World, digest: str, *, request: Request | None = None, after: timedelta = timedelta(0)
) -> StoredProposal:
    return await world.roster.propose(
        StoredProposal(2, digest, f"file {digest}".encode()),
        request=request or world.request(),
        now=at(after=after),
        event=world.event(EventType.ROSTER_PROPOSE, version=2, hash=digest),
    )


async def _sign(world: World, digest: str, name: str, signature: bytes = b"s" * 64) -> StoredProposal:
    return await world.roster.sign(
        digest=digest,
        name=name,
        signature=signature,
        request=None,
        now=at(),
        event=world.event(EventType.ROSTER_SIGN, version=2, hash=digest, signature=signature),
    )


async def test_version_is_adopted_once(world: World) -> None:
    """The first call stores the version with its file and entry; a repeat writes nothing."""
    assert await world.roster.newest() is None
    event = world.event(EventType.ROSTER_ADOPTED)
    assert await world.roster.adopt(_version(1, FIRST), now=at(), event=event)
    (row,) = await world.all(select(log_entries))
    assert row.leaf == entry.encode_leaf(event.with_fields(version=1, hash=FIRST))
    before = await world.contents()
    assert not await _adopt(world, 1, FIRST)
    assert await world.contents() == before
    assert await _adopt(world, 2, SECOND)
    assert not await _adopt(world, 1, FIRST)
    assert await world.roster.newest() == (2, SECOND)
    assert await world.roster.after(version=0) == [_version(1, FIRST), _version(2, SECOND)]
    assert await world.roster.after(version=1) == [_version(2, SECOND)]


@pytest.mark.parametrize(("version", "digest"), [(2, FIRST), (1, SECOND), (2, "3" * 64), (3, SECOND)])
async def test_other_hash_of_a_version_is_refused(world: World, version: int, digest: str) -> None:
    """A known version with another hash, or a known hash under another version, changes nothing."""
    await _adopt(world, 1, FIRST)
    await _adopt(world, 2, SECOND)
    before = await world.contents()
    with pytest.raises(Exception) as refused:  # noqa: PT011 - the reason is compared
        await _adopt(world, version, digest)
    if version < 3:
        assert isinstance(refused.value, PreconditionError)
        assert refused.value.reason is Reason.ROSTER_INVALID
    assert await world.contents() == before


async def test_a_version_adopted_before_files_were_kept_gets_its_file(world: World) -> None:
    """If only number and hash are known, the verified file is added without another entry."""
    await _adopt(world, 1, FIRST)
    await world.do(delete(roster_versions))
    with pytest.raises(PreconditionError):
        await _adopt(world, 1, SECOND)
    assert not await _adopt(world, 1, FIRST)
    assert await world.roster.after(version=0) == [_version(1, FIRST)]
    assert (await world.counts())["log_entries"] == 1


async def test_one_of_many_adopts(world: World) -> None:
    """Of 8 processes that start at once, exactly one stores the version."""
    for version, digest in ((1, FIRST), (2, SECOND)):
        done = await asyncio.gather(*(_adopt(world, version, digest) for _ in range(8)))
        assert done.count(True) == 1
    assert (await world.counts())["log_entries"] == 2


async def test_signatures_are_collected_and_go_with_the_adoption(world: World) -> None:
    """Each is written once with its entry; adoption deletes proposals for its version and earlier ones."""
    await _adopt(world, 1, FIRST)
    assert await _propose(world, SECOND) == StoredProposal(2, SECOND, b"file " + SECOND.encode())
    await _propose(world, "3" * 64, after=timedelta(seconds=1))
    await _sign(world, SECOND, "b")
    signed = await _sign(world, SECOND, "a")
    assert signed.signatures == (("a", b"s" * 64), ("b", b"s" * 64))
    before = await world.contents()
    assert await _sign(world, SECOND, "a") == signed
    assert await world.contents() == before
    changed = await _sign(world, SECOND, "a", b"t" * 64)
    assert changed.signatures == (("a", b"t" * 64), ("b", b"s" * 64))
    assert [each.digest for each in await world.roster.proposals(version=2)] == ["3" * 64, SECOND]
    assert await world.roster.proposals(version=3) == []
    await _adopt(world, 2, SECOND)
    counts = await world.counts()
    assert (counts["roster_proposals"], counts["roster_signatures"]) == (0, 0)
    with pytest.raises(NotFoundError):
        await _sign(world, SECOND, "c")


async def test_signatures_at_once_see_each_other(world: World) -> None:
    """Of three concurrent signers, the last one sees all three signatures."""
    await _propose(world, SECOND)
    found = await asyncio.gather(*(_sign(world, SECOND, name) for name in "abc"))
    assert sorted(len(each.signatures) for each in found) == [1, 2, 3]


async def test_a_request_proposes_once(world: World) -> None:
    """A repeat writes nothing; the same id with another file is refused."""
    request = world.request(relying_party="d" * 32)
    first = await _propose(world, SECOND, request=request)
    before = await world.contents()
    assert await _propose(world, SECOND, request=request) == first
    assert await world.contents() == before
    other = Request(request.caller, request.request_id, b"o" * 32)
    with pytest.raises(AlreadyExistsError):
        await _propose(world, "3" * 64, request=other)
    with pytest.raises(AlreadyExistsError):
        await world.person_requests.find(other)
    assert await world.person_requests.find(request) == b""
    assert await world.person_requests.find(world.request()) is None


async def test_nobody_fills_the_database_with_proposals(world: World) -> None:
    """Eight proposals may wait, the ninth is refused; after 30 days there is room again."""
    await _adopt(world, 1, FIRST)
    for number in range(people_rules.MOST_PROPOSALS):
        await _propose(world, f"{number:064x}")
    with pytest.raises(ExhaustedError):
        await _propose(world, "f" * 64)
    await _propose(world, "f" * 64, after=people_rules.PROPOSAL_LIFETIME + timedelta(seconds=1))
    assert [each.digest for each in await world.roster.proposals(version=2)] == ["f" * 64]


async def test_requests_of_people_are_purged(world: World) -> None:
    """Members' request rows are deleted with those of platforms."""
    await _propose(world, SECOND)
    purged = world.event(EventType.REQUEST_PURGE)
    before = at(after=timedelta(seconds=1)).business
    assert await world.claims.purge(before=before, now=at(), event=purged) == 1
    assert (await world.counts())["person_requests"] == 0
