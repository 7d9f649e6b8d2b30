"""The connection of auditors, custodians and operators: which calls are retried automatically."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import grpc
import pytest
from google.protobuf.message import Message

from idvault.v1 import disclosure_pb2, drill_pb2, roster_pb2, transparency_pb2
from idvault_client import Tls, transport
from idvault_client.errors import Unavailable
from idvault_client.people.custody_edge import CustodyEdge
from tests.clients.vault_server import REQUEST_ID, Refuse, VaultServer, running

DOWN = Refuse(grpc.StatusCode.UNAVAILABLE)


@pytest.fixture
def edge(server: VaultServer, tls: Tls) -> Iterator[CustodyEdge]:
    """A connection to the scripted server."""
    with CustodyEdge(server.target, tls=tls, server_name="localhost") as connected:
        yield connected


def test_a_read_is_made_again(edge: CustodyEdge, server: VaultServer) -> None:
    """After a short outage, or from an edge that stops, the read is repeated with the same bytes."""
    server.outcomes = [DOWN, Refuse(grpc.StatusCode.CANCELLED), roster_pb2.Roster(file=b"{}")]
    asked = roster_pb2.GetRosterRequest()
    assert edge.call("RosterService/GetRoster", asked, roster_pb2.Roster).file == b"{}"
    assert {attempt.path for attempt in server.asked} == {"/idvault.v1.RosterService/GetRoster"}
    assert len(server.asked) == 3


def test_a_read_outlasts_a_restart(
    server_certificate: Tls, tls: Tls, port: int, lost: threading.Semaphore
) -> None:
    """A read that found nobody is made again once the edge listens, within its deadline."""
    answers: dict[str, Message] = {"/idvault.v1.RosterService/GetRoster": roster_pb2.Roster(file=b"{}")}
    with (
        CustodyEdge(f"127.0.0.1:{port}", tls=tls, server_name="localhost", timeout=60) as edge,
        ThreadPoolExecutor(1) as pool,
    ):
        asked = roster_pb2.GetRosterRequest()
        read = pool.submit(edge.call, "RosterService/GetRoster", asked, roster_pb2.Roster)
        assert lost.acquire(timeout=60)  # gRPC's own attempts are used up
        with running(server_certificate, port=port, by_path=answers):
            assert read.result().file == b"{}"


def test_a_code_is_sent_once(edge: CustodyEdge, server: VaultServer) -> None:
    """A one-time code may have been spent: the member must enter another, under the same request id."""
    server.outcomes = [DOWN]
    request = drill_pb2.PassDrillRequest(request_id=REQUEST_ID, code="123456")
    with pytest.raises(Unavailable) as caught:
        edge.call("DrillService/PassDrill", request, drill_pb2.PassedDrill)
    assert caught.value.request_id == REQUEST_ID
    assert len(server.asked) == 1


def test_the_reads_are_those_of_the_contract() -> None:
    """Exactly the methods marked as free of side effects in the contract."""
    files = (disclosure_pb2, drill_pb2, roster_pb2, transparency_pb2)
    services = [service for file in files for service in file.DESCRIPTOR.services_by_name.values()]
    reads = {
        service.name: {
            method.name for method in service.methods if method.GetOptions().idempotency_level == 1
        }
        for service in services
    }
    assert {name: set(methods) for name, methods in transport.MEMBER_READS.items()} == reads
