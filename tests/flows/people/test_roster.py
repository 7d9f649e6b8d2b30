"""The life cycle of a roster: proposed, signed by M custodians of the previous version, adopted.

Members ask RosterService; what a start does, a refresh and the file of an operator have no method.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from idvault.core.act import MemberActor
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import scalar, statement
from idvault.core.tables.log import log_entries
from idvault.people import acts as people_acts
from idvault_client.errors import NotFound, RequestIdReused
from idvault_verify.attest.people import roster_signature
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.error import DeniedError, NotFoundError, Reason
from tests.support.refusal import reason_of
from tests.support.roster_world import NAMES, Process, first, next_version, signature, write
from tools.support import people
from tools.support.databases import Databases
from tools.support.flow_world import at

_LEAVES = statement(select(log_entries.c.leaf).order_by(log_entries.c.recorded_at), scalar)

A, B, C = NAMES


@dataclass
class Town:
    """Two processes on one database and one file."""

    database: Database
    path: Path
    roster: Roster
    here: Process
    there: Process

    def process(self) -> Process:
        """Return another process, not started."""
        return Process(self.database, self.path)

    async def logged(self) -> list[str]:
        """Return the types of the log's entries, in order."""

        async def read(connection: Connection) -> list[bytes]:
            return await connection.all(_LEAVES)

        leaves = await self.database.read("test", read)
        words = [
            word
            for leaf in leaves
            for word in ("adopted", "propose", "sign")
            if b"version:" + word.encode() in leaf
        ]
        return sorted(words)


@pytest_asyncio.fixture
async def town(databases: Databases, tmp_path: Path) -> AsyncIterator[Town]:
    """Return a town that has adopted the first version."""
    database = Database(url=databases.main_url)
    path = tmp_path / "roster.json"
    roster = first(path)
    here, there = await asyncio.gather(*(Process(database, path).start() for _ in range(2)))
    yield Town(database, path, roster, here, there)
    await database.close()


async def test_m_custodians_put_a_version_in_force_everywhere(town: Town) -> None:
    """A version signed by two of three is adopted at once, and by the other process at its next refresh."""
    second = next_version(town.roster, variant=2)
    assert not (await town.here.propose(second)).adopted
    assert not (await town.here.sign(second, A)).adopted
    published = await town.there.get(0)
    assert (published.roster.version, published.newest_version) == (1, 1)
    assert [each.roster.digest() for each in published.proposals] == [second.digest()]
    assert [each.name for each in published.proposals[0].roster.signatures] == [A]
    assert (await town.there.sign(second, B)).adopted
    assert town.there.holder.current.version == 2
    assert await town.here.holder.refresh(now=at(1))
    assert not await town.here.holder.refresh(now=at(2))
    assert town.here.holder.current.digest() == second.digest()
    assert town.here.holder.version(1).digest() == town.roster.digest()
    assert (await town.here.get(1)).proposals == ()
    assert await town.logged() == ["adopted", "adopted", "propose", "sign", "sign"]
    late = await town.process().start()
    assert late.holder.current.digest() == second.digest()
    assert town.here.alarms == town.there.alarms == late.alarms == []


async def test_a_signed_file_is_in_force_when_it_is_proposed(town: Town) -> None:
    """Signatures may be collected in the file; proposing the same file again changes nothing."""
    second = next_version(town.roster)
    for name in (A, C):
        second = roster_signature.sign(second, name=name, signer=people.signer(name).sign)
    assert (await town.here.propose(second)).adopted
    before = await town.logged()
    assert (await town.here.propose(second)).adopted
    assert (await town.here.sign(second, B)).adopted
    assert await town.logged() == before


async def test_a_removed_person_counts_no_more(town: Town) -> None:
    """The removed auditor is refused from the adoption on."""
    auditor = people.roster_member("auditor-a", role="auditor").actor_id
    assert town.here.holder.member(auditor).name == "auditor-a"
    second = next_version(town.roster, auditor=False)
    await town.here.propose(second)
    await town.here.sign(second, A)
    await town.here.sign(second, B)
    with pytest.raises(DeniedError) as refused:
        town.here.holder.member(auditor)
    assert refused.value.reason is Reason.ACCESS_DENIED


async def test_whoever_is_replaced_does_not_sign_the_replacement(town: Town) -> None:
    """C's signature on a version without C is valid but does not count."""
    second = next_version(town.roster, names=(A, B, "custodian-d"))
    await town.here.propose(second)
    await town.here.sign(second, C)
    assert not (await town.here.sign(second, A)).adopted
    assert await reason_of(town.here.sign(second, "custodian-d")) == Reason.ROSTER_INVALID
    assert (await town.here.sign(second, B)).adopted
    assert town.here.holder.quorum.id == second.quorums[0].id


async def test_what_does_not_verify_is_refused_and_not_kept(town: Town) -> None:
    """A wrong or another's signature, a version that does not follow, and an unknown proposal are refused."""
    second = next_version(town.roster)
    with pytest.raises(NotFound):
        await town.here.sign(second, A)
    await town.here.propose(second)
    before = await town.logged()
    for name, forged in ((A, bytes(64)), (A, signature(second, B)), ("auditor-a", None)):
        assert await reason_of(town.here.sign(second, name, forged=forged)) == Reason.ROSTER_INVALID
    third = next_version(second)
    for wrong in (third, second.with_signature(A, bytes(64)), second.with_signature("zoe", bytes(64))):
        assert await reason_of(town.here.propose(wrong)) == Reason.ROSTER_INVALID
    with pytest.raises(NotFoundError):
        town.here.holder.version(2)
    assert await town.logged() == before


async def test_requests_are_repeated_and_not_reused(town: Town) -> None:
    """A repeat returns the same answer; the same id for another request is refused."""
    second, other = next_version(town.roster, variant=1), next_version(town.roster, variant=2)
    once = await town.here.propose(second, request=1)
    assert await town.here.propose(second, request=1) == once
    with pytest.raises(RequestIdReused):
        await town.here.propose(other, request=1)
    await town.here.propose(other)
    signed = await town.here.sign(second, A, request=2)
    assert await town.here.sign(second, A, request=2) == signed
    with pytest.raises(RequestIdReused):
        await town.here.sign(other, A, request=2)


async def test_a_proposal_that_waits_is_proposed_once(town: Town) -> None:
    """Another request for the same version finds it as it waits, with its signatures, and logs nothing."""
    second = next_version(town.roster)
    await town.here.propose(second)
    signed = await town.here.sign(second, A)
    assert await town.there.propose(second) == signed
    assert (await town.logged()).count("propose") == 1


async def test_nothing_is_proposed_while_the_log_stands_still(town: Town) -> None:
    """The answer is LOG_UNAVAILABLE, and no row is written."""
    town.here.waiting.oldest = datetime(2020, 1, 1, tzinfo=UTC)
    assert await reason_of(town.here.propose(next_version(town.roster))) == Reason.LOG_UNAVAILABLE
    assert (await town.here.get(0)).proposals == ()


async def test_a_version_published_as_a_file_is_taken_up(town: Town) -> None:
    """The first process that reads it adopts it, with one entry for all processes."""
    second = next_version(town.roster)
    for name in (A, B):
        second = roster_signature.sign(second, name=name, signer=people.signer(name).sign)
    write(town.path, second)
    for process in (town.here, town.there):
        assert await process.holder.refresh(now=at(1))
        assert process.holder.current.digest() == second.digest()
    assert await town.logged() == ["adopted", "adopted"]


async def test_of_two_versions_signed_at_once_one_is_adopted(town: Town) -> None:
    """The other version no longer follows, in any process."""
    variants = [next_version(town.roster, variant=number) for number in (1, 2)]
    for variant in variants:
        await town.here.propose(variant)
        await town.here.sign(variant, A)
    results = await asyncio.gather(
        town.here.sign(variants[0], B), town.there.sign(variants[1], B), return_exceptions=True
    )
    adopted = [each for each in results if not isinstance(each, BaseException) and each.adopted]
    assert len(adopted) == 1
    for process in (town.here, town.there):
        await process.holder.refresh(now=at(1))
        assert process.holder.current.digest() == adopted[0].roster.digest()
        assert process.alarms == []


async def test_a_crash_before_the_adoption_is_made_good(town: Town) -> None:
    """A fully signed proposal that was not adopted is adopted once by the next start of the custody edge."""
    second = next_version(town.roster)
    await town.here.propose(second)
    for name in (A, B):
        signer = MemberActor(town.roster.member(name).actor_id)
        signed = (second.digest(), name, signature(second, name))
        await people_acts.sign_stored.run(town.here.vault, signer, at(0), None, *signed)
    assert await town.there.complete(seconds=1)
    assert not await town.there.complete(seconds=2)
    assert town.there.holder.current.version == 2


async def test_a_version_without_witnesses_is_not_proposed(town: Town) -> None:
    """Neither a proposal nor a signed file nor a version published as a file may drop the witnesses."""
    second = replace(next_version(town.roster), witness=None)
    whole = second.with_signature(A, signature(second, A)).with_signature(B, signature(second, B))
    for wrong in (second, whole):
        assert await reason_of(town.here.propose(wrong)) == Reason.ROSTER_INVALID
    write(town.path, whole)
    assert not await town.here.holder.refresh(now=at(1))
    assert town.here.holder.current == town.roster
    assert "names no witnesses" in town.here.alarms[0][1]
    with pytest.raises(RosterError, match="names no witnesses"):
        await town.process().start()


async def test_a_vault_of_an_earlier_version_starts_with_a_successor(
    databases: Databases, tmp_path: Path
) -> None:
    """Its first version named no witnesses: the chain verifies, and only the newest must name them."""
    database, path = Database(url=databases.main_url), tmp_path / "roster.json"
    old = people.signed(replace(next_version(None), witness=None), *NAMES)
    write(path, old)
    process = Process(database, path)
    with pytest.raises(RosterError, match="names no witnesses"):
        await process.start()
    second = next_version(old)
    write(path, second.with_signature(A, signature(second, A)).with_signature(B, signature(second, B)))
    started = await Process(database, path).start()
    assert started.holder.current.version == 2
    assert started.holder.version(1) == old
    await database.close()
