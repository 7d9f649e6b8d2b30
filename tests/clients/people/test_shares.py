"""The auditor's client sorts the shares: what it could not report, and who was replaced meanwhile."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from idvault_people.trust import FindingError
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.event import EventType
from tests.support.handover_world import adopt
from tools.support import builders
from tools.support.chamber import CUSTODIANS, SUCCESSORS, Chamber, Local, chamber, roster_member
from tools.support.databases import Databases
from tools.support.release_world import give_garbage, lose

A, B, C = CUSTODIANS
D = SUCCESSORS[0]


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    """Return a chamber over SQLite files."""
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


async def test_a_lost_report_does_not_hide_the_record(room: Chamber, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record is shown with who could not be reported; without M good shares the error says it."""
    disclosure_id = await room.request(await room.account())
    await give_garbage(room, disclosure_id, B, monkeypatch)
    await room.approve(disclosure_id, A)
    for good in (1, 2):
        edge = Local(room, "auditor-a")
        edge.tamper = lose(edge, "ReportShare", before=True)
        if good == 1:
            with pytest.raises(FindingError, match=f"did not take the report about {B}") as refused:
                await room.open(disclosure_id, auditor=room.auditor(edge=edge))
            assert refused.value.finding is Finding.SHARE_WRONG
            await room.approve(disclosure_id, C)
        else:
            opened = await room.open(disclosure_id, auditor=room.auditor(edge=edge))
    assert (opened.payload.identity, opened.wrong_shares) == (builders.identity(), (B,))
    assert opened.unreported == (B,)
    assert await room.logged(EventType.DISCLOSURE_REPORT_SHARE) == []


async def test_a_custodian_replaced_after_the_release_counts(room: Chamber) -> None:
    """The approval was signed under the request's roster; the auditor pins the next one before opening."""
    disclosure_id = await room.request(await room.account())
    await room.approve(disclosure_id, A, B)
    adopt(room, D, B, C, also=())
    assert A not in {each.name for each in room.rosters.current.people}
    opened = await room.open(disclosure_id)
    assert (opened.payload.identity, opened.wrong_shares) == (builders.identity(), ())


async def test_a_custodian_of_before_the_request_does_not_count(room: Chamber) -> None:
    """Someone who had left the roster before the request was made is NOT_IN_ROSTER."""
    adopt(room, D, B, C, also=())
    trust = room.trust("auditor-a")
    first, second = (each.digest() for each in trust.versions)
    assert trust.members_since(first, name=A, role="custodian") == [roster_member(A)]
    assert trust.members_since(second, name=D, role="custodian") == [roster_member(D)]
    for since, name in ((second, A), ("0" * 64, B), (first, "auditor-a")):
        with pytest.raises(FindingError) as refused:
            trust.members_since(since, name=name, role="custodian")
        assert refused.value.finding is Finding.NOT_IN_ROSTER
