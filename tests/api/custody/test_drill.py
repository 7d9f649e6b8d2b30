"""DrillService over a real channel: what it answers, and the errors of malformed calls."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest_asyncio
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from idvault_client.errors import VaultError
from idvault_verify.v1 import disclosure_pb2, drill_pb2
from tests.support.served_chamber import House, house_over
from tools.support.chamber import CUSTODIANS
from tools.support.databases import Databases

A = CUSTODIANS[0]
NUMBER = str(uuid4())
CALLS: dict[str, tuple[Message, type[Message]]] = {
    "GetDrill": (drill_pb2.GetDrillRequest(), drill_pb2.Drill),
    "PassDrill": (drill_pb2.PassDrillRequest(request_id=NUMBER), drill_pb2.PassedDrill),
    "ReportDrillFinding": (
        drill_pb2.ReportDrillFindingRequest(request_id=NUMBER, finding=disclosure_pb2.FINDING_SHARE_WRONG),
        drill_pb2.ReportDrillFindingResponse,
    ),
}


@pytest_asyncio.fixture
async def house(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[House]:
    """Return a served chamber with SQLite files, without a drill record."""
    async with house_over(sqlite_databases, tmp_path) as made:
        yield made


async def told(house: House, name: str, method: str, request: Message | None = None) -> VaultError | Message:
    """Call a method as a member; return the answer or the refusal."""
    usual, answer = CALLS[method]
    with house.edge(name) as edge:
        try:
            return await asyncio.to_thread(edge.call, f"DrillService/{method}", request or usual, answer)
        except VaultError as error:
            return error


async def test_before_and_after_there_is_a_record(house: House) -> None:
    """First REQUEST_NOT_FOUND; then the record with the caller's share and the proof of its entry."""
    for method in ("GetDrill", "PassDrill"):
        missing = await told(house, A, method)
        assert isinstance(missing, VaultError)
        assert (missing.reason, missing.code) == ("REQUEST_NOT_FOUND", "NOT_FOUND")
    await house.room.keep_drills()
    found = await told(house, A, "GetDrill")
    assert isinstance(found, drill_pb2.Drill)
    assert (found.share_index, len(found.record.share_hashes)) == (1, 3)
    assert found.entry.HasField("proof")
    assert not found.HasField("pass_time")
    assert found.due_time.seconds > 0
    assert await told(house, A, "ReportDrillFinding") == drill_pb2.ReportDrillFindingResponse()


async def test_malformed_calls_name_their_field(house: House) -> None:
    """The error names the field, never the value; a time of signing is in whole seconds."""
    passing, reporting = drill_pb2.PassDrillRequest, drill_pb2.ReportDrillFindingRequest
    wrong: list[tuple[Message, str]] = [
        (passing(request_id=NUMBER, sign_time=Timestamp(seconds=1, nanos=1)), "sign_time"),
        (passing(request_id=NUMBER, sign_time=Timestamp(seconds=-1)), "sign_time"),
        (passing(request_id=NUMBER, sign_time=Timestamp(seconds=2**62)), "sign_time"),
        (reporting(request_id=NUMBER), "finding"),
        (reporting(finding=disclosure_pb2.FINDING_SHARE_WRONG), "request_id"),
    ]
    for request, field in wrong:
        refused = await told(house, A, type(request).__name__.removesuffix("Request"), request)
        assert isinstance(refused, VaultError)
        assert (refused.code, list(refused.fields)) == ("INVALID_ARGUMENT", [field])
