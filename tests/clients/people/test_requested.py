"""Custodians refuse requests that a lying service logged for no record, or that name an unfit roster."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import update

from idvault.core.tables.disclosure import disclosures
from idvault_people.trust import FindingError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.disclosure import HistoryFinding as Finding
from tests.clients.people.test_release import signed_anyhow
from tools.support import people
from tools.support.chamber import CUSTODIANS, Chamber, Local, chamber
from tools.support.databases import Databases

A = CUSTODIANS[0]


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over SQLite files."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


async def test_a_roster_that_nobody_pinned_is_refused(room: Chamber) -> None:
    """A request under a version that the custodian does not know is NOT_IN_ROSTER."""
    asked = await signed_anyhow(room, await room.account(), {"roster_digest": "0" * 64})
    (pending,) = await asyncio.to_thread(room.custodian(A).pending)
    assert (pending.disclosure_id, pending.refused is not None) == (asked, True)
    assert pending.refused is not None
    assert pending.refused.finding is Finding.NOT_IN_ROSTER


async def _refusal(room: Chamber, version: Roster) -> FindingError | None:
    """Let a lying service log a request that names a version; return why a custodian's client refuses it."""
    made = await signed_anyhow(room, await room.account(), {"roster_digest": version.digest()})
    await room.step()
    return (await asyncio.to_thread(room.custodian(A).find, made)).refused


def _versions(room: Chamber) -> list[Roster]:
    current = room.rosters.current
    return [people.signed(replace(current, version=n, signatures=()), *CUSTODIANS) for n in (1, 2, 3)]


@pytest.mark.parametrize(("named", "refused"), [(0, True), (1, False), (2, False)])
async def test_only_the_last_two_versions_may_be_named(room: Chamber, named: int, refused: bool) -> None:
    """The version decides whose cosignatures evidence demands: older ones are refused."""
    room.rosters.versions[:] = _versions(room)
    found = await _refusal(room, room.rosters.versions[named])
    assert (found is not None and found.finding is Finding.NOT_IN_ROSTER) == refused


async def test_a_former_version_must_have_been_fit(room: Chamber) -> None:
    """One without witnesses would demand none of evidence."""
    first, second, third = _versions(room)
    unwitnessed = people.signed(replace(second, witness=None, signatures=()), *CUSTODIANS)
    room.rosters.versions[:] = [first, unwitnessed, third]
    found = await _refusal(room, unwitnessed)
    assert found is not None
    assert "names no witnesses" in str(found)


async def test_no_request_comes_back_to_witnesses_that_were_replaced(room: Chamber) -> None:
    """The attack: witnesses were replaced for good reason, and auditor and operator name the former version.

    What was logged before the custodian's client knew the successor is accepted, now and later.
    """
    first, second, _ = _versions(room)
    room.rosters.versions[:] = [first]
    early = await room.request(await room.account())
    await asyncio.to_thread(room.custodian(A).pending)
    room.rosters.versions[:] = [first, second]
    unseen = await signed_anyhow(room, await room.account(), {"roster_digest": first.digest()})
    await room.step()
    found = await asyncio.to_thread(room.custodian(A).pending)
    assert {each.disclosure_id: each.refused for each in found} == {early: None, unseen: None}
    late = await _refusal(room, first)
    assert late is not None
    assert late.finding is Finding.NOT_IN_ROSTER
    assert "logged after its successor" in str(late)
    assert await _refusal(room, second) is None
    found = await asyncio.to_thread(room.custodian(A).pending)
    assert [each.refused for each in found if each.disclosure_id in (early, unseen)] == [None, None]
    (room.folder / f"{A}.checkpoint.roster").write_bytes(b"[]")
    found = await asyncio.to_thread(room.custodian(A).pending)
    assert [each.refused.finding for each in found if each.refused is not None] == [Finding.LOG_INVALID] * 4


async def test_a_new_request_has_an_entry_that_fixes_its_record(room: Chamber) -> None:
    """No share is given for a request that a lying service logs for no record, or for another one."""
    unfixed = await signed_anyhow(room, await room.account(), {}, digest=b"")
    await room.world.do(update(disclosures).values(record_digest=b""))
    other = await signed_anyhow(room, await room.account(), {}, digest=bytes(32))
    for disclosure_id, finding in ((unfixed, Finding.OTHER_REQUEST), (other, Finding.NOT_IN_LOG)):
        with pytest.raises(FindingError) as refused:
            await room.approve(disclosure_id, A)
        assert refused.value.finding is finding


@pytest.mark.parametrize("wrong", ["../keys", "x" * 5_000, "é"])
async def test_an_id_that_is_none_hides_no_other_request(room: Chamber, wrong: str) -> None:
    """The attack: an id that named a file elsewhere, or was too long for one, ended the whole list."""
    made = await room.request(await room.account())
    edge = Local(room, A)

    def add(name: str, answer: Any) -> Any:
        if name.endswith("/ListPendingDisclosures"):
            answer.disclosures.add().CopyFrom(answer.disclosures[0])
            answer.disclosures[0].disclosure_id = wrong
        return answer

    edge.tamper = add
    first, second = await asyncio.to_thread(room.custodian(A, edge=edge).pending)
    assert (first.refused is not None, first.is_approved) == (True, False)
    assert (second.disclosure_id, second.refused) == (made, None)
    assert second.terms is not None
    for text in (second.terms.case_reference, second.terms.legal_basis, second.terms.purpose):
        assert text not in repr(second)
