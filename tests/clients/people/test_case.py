"""A case as its auditor reads it: from signed texts only, whatever the service says."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from idvault_people.disclosure import case as cases
from idvault_people.disclosure.auditor import Auditor
from idvault_people.disclosure.case import DisclosureCase
from idvault_people.disclosure.search import DisclosureSearch, case_reference, state
from idvault_people.trust import FindingError
from idvault_verify.attest import disclosure as papers
from idvault_verify.disclosure import DisclosureState, Verdict
from idvault_verify.disclosure import HistoryFinding as Finding
from idvault_verify.v1 import disclosure_pb2
from tools.support.chamber import CUSTODIANS, Chamber, chamber, identity
from tools.support.databases import Databases

A, B, C = CUSTODIANS
REASON = "理由不足 (synthetic)"


@pytest_asyncio.fixture
async def room(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[Chamber]:
    async with chamber(sqlite_databases, tmp_path) as made:
        yield made


def read(auditor: Auditor, found: disclosure_pb2.Disclosure) -> DisclosureCase:
    return cases.read(found, identity=auditor.identity, trust=auditor.trust)


async def denied(room: Chamber) -> disclosure_pb2.Disclosure:
    """Return a disclosure that custodian-a has denied."""
    disclosure_id = await room.request(await room.account())
    custodian = room.custodian(A)
    pending = await asyncio.to_thread(custodian.find, disclosure_id)
    await asyncio.to_thread(partial(custodian.deny, pending, reason=REASON))
    return await asyncio.to_thread(room.auditor().show, disclosure_id)


async def test_a_reason_is_shown_only_if_its_custodian_signed_it(room: Chamber) -> None:
    """A changed one, one for another request, and one in another's name are refused, and not shown."""
    found, other = await denied(room), await denied(room)
    auditor = room.auditor()
    (made,) = read(auditor, found).decisions
    assert (made.custodian, made.verdict, made.reason, made.refused) == (A, Verdict.DENY, REASON, None)
    said = papers.parse_decision(found.decisions[0].signed_denial, verdict=Verdict.DENY)
    forged = replace(said, reason="somebody else's words").canonical() + bytes(64)
    in_other_name = replace(said, custodian=B).canonical()
    lies: dict[str, dict[Any, Finding]] = {
        "signed_denial": {
            forged: Finding.SIGNATURE_INVALID,
            b"noise": Finding.SIGNATURE_INVALID,
            b"": Finding.SIGNATURE_INVALID,
            other.decisions[0].signed_denial: Finding.OTHER_REQUEST,
            in_other_name + identity(A).sign(in_other_name): Finding.OTHER_REQUEST,
        },
        "custodian": {"custodian-x": Finding.NOT_IN_ROSTER, B: Finding.SIGNATURE_INVALID},
        "verdict": {disclosure_pb2.VERDICT_APPROVE: Finding.OTHER_REQUEST},
    }
    for field, values in lies.items():
        for value, finding in values.items():
            lie = disclosure_pb2.Disclosure.FromString(found.SerializeToString())
            setattr(lie.decisions[0], field, value)
            (shown,) = read(auditor, lie).decisions
            assert shown.refused is not None
            assert (shown.reason, shown.refused.finding) == ("", finding)
            assert REASON not in repr(shown)


async def test_another_case_is_not_shown_for_this_one(room: Chamber) -> None:
    """Texts that the auditor did not sign, or signed for another request, are refused."""
    found, other = await denied(room), await denied(room)
    signed = found.signed_request
    lies = {
        other.signed_request: Finding.OTHER_REQUEST,
        signed[:-64] + bytes(64): Finding.SIGNATURE_INVALID,
        b"noise": Finding.OTHER_REQUEST,
    }
    for value, finding in lies.items():
        lie = disclosure_pb2.Disclosure.FromString(found.SerializeToString())
        lie.signed_request = value
        with pytest.raises(FindingError) as refused:
            read(room.auditor(), lie)
        assert refused.value.finding is finding
    assert read(room.auditor(), found).terms.disclosure_id == found.disclosure_id


async def test_a_search_reads_what_was_signed(room: Chamber) -> None:
    """State, part of the case or account, and days; a state or request that is unknown matches no search."""
    found = await denied(room)
    day = found.create_time.ToDatetime(UTC).date()
    account, reference = found.account_token, case_reference(found)
    matching = (
        DisclosureSearch(),
        DisclosureSearch(states=frozenset({DisclosureState.REQUESTED, DisclosureState.DENIED})),
        DisclosureSearch(case=reference[1:].upper(), account=account[5:], since=day, until=day),
    )
    other = (
        DisclosureSearch(states=frozenset({DisclosureState.DENIED})),
        DisclosureSearch(case="another case"),
        DisclosureSearch(account=account[::-1]),
        DisclosureSearch(since=day + timedelta(days=1)),
        DisclosureSearch(until=day - timedelta(days=1)),
    )
    assert all(search.matches(found) for search in matching)
    assert not any(search.matches(found) for search in other)
    strange = disclosure_pb2.Disclosure(signed_request=b"noise")
    strange.create_time.FromDatetime(datetime(2026, 3, 1, tzinfo=UTC))
    assert (state(strange), case_reference(strange)) == (None, "")
    listed = await asyncio.to_thread(room.auditor().list, DisclosureSearch(account=account))
    assert [each.disclosure_id for each in listed] == [found.disclosure_id]
