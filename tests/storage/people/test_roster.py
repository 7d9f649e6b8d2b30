"""Adopted and proposed roster versions, against both databases."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from idvault.claim.acts import backlog as claim_backlog
from idvault.core.act import SYSTEM, MemberActor
from idvault.core.request import Request
from idvault.core.tables.log import log_entries
from idvault.core.tables.people import roster_versions
from idvault.people import acts, store
from idvault.people import rules as people_rules
from idvault.people.rules import StoredProposal, StoredVersion
from idvault_verify.error import ExhaustedError, NotFoundError, PreconditionError, Reason
from idvault_verify.event import EventType
from idvault_verify.transparency import entry
from tools.support.storage_world import World, at

FIRST, SECOND = "1" * 64, "2" * 64
WHO = MemberActor("d" * 32)


def _version(version: int, digest: str) -> StoredVersion:
    return StoredVersion(version, digest, f"file {digest}".encode())


async def _adopt(world: World, version: int, digest: str) -> bool:
    return await acts.adopt_stored(world.vault, SYSTEM, at(), _version(version, digest))


async def _propose(
    world: World, digest: str, *, request: Request | None = None, after: timedelta = timedelta(0)
) -> StoredProposal:
    proposal = StoredProposal(2, digest, f"file {digest}".encode())
    now, asked = at(after=after), request or world.request()
    return await acts.propose_stored.run(world.vault, WHO, now, asked, proposal)


async def _sign(world: World, digest: str, name: str, signature: bytes = b"s" * 64) -> StoredProposal:
    return await acts.sign_stored.run(world.vault, WHO, at(), None, digest, name, signature)


async def _newest(world: World) -> tuple[int, str] | None:
    return await world.database.one("test", store.NEWEST)


async def _after(world: World, version: int) -> list[StoredVersion]:
    return await world.vault.read("test", lambda one: store.after(one, version=version))


async def _proposed(world: World, version: int) -> list[str]:
    found = await world.vault.read("test", lambda one: store.proposals(one, version=version))
    return [each.digest for each in found]


async def test_version_is_adopted_once(world: World) -> None:
    """The first call stores the version with its file and entry; a repeat writes nothing."""
    assert await _newest(world) is None
    event = world.event(EventType.ROSTER_ADOPTED)
    assert await acts.adopt_stored(world.vault_of(event), SYSTEM, at(), _version(1, FIRST))
    (row,) = await world.all(select(log_entries))
    assert row.leaf == entry.encode_leaf(event.with_fields(version=1, hash=FIRST))
    before = await world.contents()
    assert not await _adopt(world, 1, FIRST)
    assert await world.contents() == before
    assert await _adopt(world, 2, SECOND)
    assert not await _adopt(world, 1, FIRST)
    assert await _newest(world) == (2, SECOND)
    assert await _after(world, 0) == [_version(1, FIRST), _version(2, SECOND)]
    assert await _after(world, 1) == [_version(2, SECOND)]


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
    assert await _after(world, 0) == [_version(1, FIRST)]
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
    assert await _proposed(world, 2) == ["3" * 64, SECOND]
    assert await _proposed(world, 3) == []
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


async def test_nobody_fills_the_database_with_proposals(world: World) -> None:
    """Eight proposals may wait, the ninth is refused; after 30 days there is room again."""
    await _adopt(world, 1, FIRST)
    for number in range(people_rules.MOST_PROPOSALS):
        await _propose(world, f"{number:064x}")
    with pytest.raises(ExhaustedError):
        await _propose(world, "f" * 64)
    await _propose(world, "f" * 64, after=people_rules.PROPOSAL_LIFETIME + timedelta(seconds=1))
    assert await _proposed(world, 2) == ["f" * 64]


async def test_requests_of_people_are_purged(world: World) -> None:
    """Members' request rows are deleted with those of platforms."""
    await _propose(world, SECOND)
    later = at(after=timedelta(days=7, seconds=1))
    assert await claim_backlog.forget(world.vault, SYSTEM, later) == 1
    assert (await world.counts())["person_requests"] == 0
