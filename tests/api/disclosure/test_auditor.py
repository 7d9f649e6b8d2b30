"""The disclosure services over a real channel: what they answer, and the errors of malformed calls."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from google.protobuf.message import Message

from idvault_client.errors import VaultError
from idvault_verify.v1 import disclosure_pb2 as pb
from idvault_verify.v1 import transparency_pb2
from tests.support.served_chamber import House, house_over
from tools.support.chamber import CUSTODIANS
from tools.support.databases import Databases

A, B, C = CUSTODIANS
ID = "d" * 32
REQUESTS: dict[str, tuple[Message, type[Message]]] = {
    "DisclosureService/RequestDisclosure": (
        pb.RequestDisclosureRequest(request_id=str(uuid4()), signed_request=b"x"),
        pb.Disclosure,
    ),
    "DisclosureService/GetDisclosure": (pb.GetDisclosureRequest(disclosure_id=ID), pb.Disclosure),
    "DisclosureService/ListDisclosures": (pb.ListDisclosuresRequest(), pb.ListDisclosuresResponse),
    "DisclosureService/CancelDisclosure": (
        pb.CancelDisclosureRequest(request_id=str(uuid4()), disclosure_id=ID),
        pb.Disclosure,
    ),
    "DisclosureService/OpenDisclosure": (
        pb.OpenDisclosureRequest(request_id=str(uuid4()), disclosure_id=ID, code="000000"),
        pb.OpenedDisclosure,
    ),
    "DisclosureService/ConfirmOpening": (
        pb.ConfirmOpeningRequest(request_id=str(uuid4()), disclosure_id=ID),
        pb.Disclosure,
    ),
    "DisclosureService/ReportShare": (
        pb.ReportShareRequest(request_id=str(uuid4()), disclosure_id=ID, custodian=A),
        pb.ReportShareResponse,
    ),
    "DisclosureService/ReportFinding": (
        pb.ReportFindingRequest(request_id=str(uuid4()), disclosure_id=ID, finding=pb.FINDING_NOT_IN_LOG),
        pb.ReportFindingResponse,
    ),
    "CustodianService/ListPendingDisclosures": (
        pb.ListPendingDisclosuresRequest(),
        pb.ListPendingDisclosuresResponse,
    ),
    "CustodianService/ListDecidedDisclosures": (
        pb.ListDecidedDisclosuresRequest(),
        pb.ListDecidedDisclosuresResponse,
    ),
    "CustodianService/GetSealedShare": (pb.GetSealedShareRequest(disclosure_id=ID), pb.SealedShare),
    "CustodianService/ApproveDisclosure": (
        pb.ApproveDisclosureRequest(request_id=str(uuid4()), disclosure_id=ID, code="000000"),
        pb.DecidedDisclosure,
    ),
    "CustodianService/ReleaseShare": (
        pb.ReleaseShareRequest(request_id=str(uuid4()), disclosure_id=ID, resealed_share=b"x"),
        pb.DecidedDisclosure,
    ),
    "CustodianService/DenyDisclosure": (
        pb.DenyDisclosureRequest(request_id=str(uuid4()), disclosure_id=ID),
        pb.DecidedDisclosure,
    ),
    "CustodianService/ReportFinding": (
        pb.ReportFindingRequest(request_id=str(uuid4()), disclosure_id=ID, finding=pb.FINDING_SHARE_WRONG),
        pb.ReportFindingResponse,
    ),
}


@pytest_asyncio.fixture
async def house(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[House]:
    """Return a served chamber with SQLite files."""
    async with house_over(sqlite_databases, tmp_path) as made:
        yield made


async def told(house: House, name: str, method: str, **changes: Any) -> VaultError | Message:
    """Call a method as a member with a changed request; return the answer or the refusal."""
    request, answer = REQUESTS[method]
    asked = type(request)()
    asked.CopyFrom(request)
    for field, value in changes.items():
        setattr(asked, field, value)
    with house.edge(name) as edge:
        try:
            return await asyncio.to_thread(edge.call, method, asked, answer)
        except VaultError as error:
            return error


def reason(answer: VaultError | Message) -> tuple[str | None, str]:
    """Return the reason and status of a refusal; OK for an answer."""
    return (answer.reason, answer.code) if isinstance(answer, VaultError) else (None, "OK")


async def test_what_is_not_there_is_not_found(house: House) -> None:
    """An unknown disclosure is REQUEST_NOT_FOUND; an invalid signed paper is INVALID_MESSAGE."""
    for method in (name for name in REQUESTS if "List" not in name):
        name = "auditor-a" if method.startswith("Disclosure") else A
        expected = ("REQUEST_NOT_FOUND", "NOT_FOUND")
        if method.endswith("RequestDisclosure"):
            expected = ("INVALID_MESSAGE", "INVALID_ARGUMENT")
        assert reason(await told(house, name, method)) == expected, method


async def test_malformed_calls_name_their_field(house: House) -> None:
    """The error names the field, never the value; each method reads its own."""
    for method, changes in (
        ("DisclosureService/GetDisclosure", {"disclosure_id": ""}),
        ("DisclosureService/ListDisclosures", {"page_size": 101}),
        ("DisclosureService/ListDisclosures", {"page_size": -1}),
        ("DisclosureService/ListDisclosures", {"page_token": "x"}),
        ("DisclosureService/CancelDisclosure", {"request_id": "1"}),
        ("DisclosureService/OpenDisclosure", {"disclosure_id": "D" * 32}),
        ("DisclosureService/ConfirmOpening", {"disclosure_id": "d"}),
        ("DisclosureService/ReportShare", {"disclosure_id": "1"}),
        ("DisclosureService/ReportFinding", {"finding": 0}),
        ("CustodianService/ListPendingDisclosures", {"page_token": "x"}),
        ("CustodianService/ListDecidedDisclosures", {"page_token": "x"}),
        ("CustodianService/ListDecidedDisclosures", {"page_size": 101}),
        ("CustodianService/GetSealedShare", {"disclosure_id": "d"}),
        ("CustodianService/ReleaseShare", {"request_id": ""}),
        ("CustodianService/DenyDisclosure", {"disclosure_id": ""}),
    ):
        answer = await told(house, "auditor-a" if method.startswith("Disclosure") else A, method, **changes)
        assert isinstance(answer, VaultError)
        assert (answer.code, list(answer.fields)) == ("INVALID_ARGUMENT", list(changes)), method


async def test_lists_are_empty_at_first(house: House) -> None:
    """An empty list has no next page, and reading it is not logged."""
    mine = await told(house, "auditor-a", "DisclosureService/ListDisclosures")
    waiting = await told(house, A, "CustodianService/ListPendingDisclosures")
    assert isinstance(mine, pb.ListDisclosuresResponse)
    assert isinstance(waiting, pb.ListPendingDisclosuresResponse)
    decided = await told(house, A, "CustodianService/ListDecidedDisclosures")
    assert isinstance(decided, pb.ListDecidedDisclosuresResponse)
    assert (len(decided.disclosures), decided.next_page_token) == (0, "")
    assert (len(mine.disclosures), mine.next_page_token) == (0, "")
    assert (mine.filed_today_count, mine.daily_limit) == (0, 20)
    assert (len(waiting.disclosures), waiting.next_page_token) == (0, "")


async def test_a_closed_connection_and_a_dead_vault_are_unavailable(house: House) -> None:
    """Neither raises a gRPC exception."""
    edge = house.edge("auditor-a")
    edge.close()
    request, answer = REQUESTS["DisclosureService/ListDisclosures"]
    with pytest.raises(VaultError) as closed:
        edge.call("DisclosureService/ListDisclosures", request, answer)
    assert closed.value.code == "CANCELLED"
    with house.edge("auditor-a") as other:
        proof = transparency_pb2.GetConsistencyProofRequest(old_size=1, new_size=2)
        with pytest.raises(VaultError) as refused:
            await asyncio.to_thread(
                other.call,
                "TransparencyService/GetConsistencyProof",
                proof,
                transparency_pb2.ConsistencyProof,
            )
        assert refused.value.code == "INVALID_ARGUMENT"
