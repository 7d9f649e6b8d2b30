"""The connection of auditors, custodians and operators: which calls are retried automatically."""

from collections.abc import Iterator

import grpc
import pytest

from idvault_client import Tls, transport
from idvault_client.errors import Unavailable
from idvault_people.custody_edge import CustodyEdge
from idvault_verify.v1 import authority_pb2, disclosure_pb2, drill_pb2, roster_pb2, transparency_pb2
from tests.clients.vault_server import REQUEST_ID, Refuse, VaultServer

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
    files = (authority_pb2, disclosure_pb2, drill_pb2, roster_pb2, transparency_pb2)
    services = [service for file in files for service in file.DESCRIPTOR.services_by_name.values()]
    reads = {
        service.name: {
            method.name for method in service.methods if method.GetOptions().idempotency_level == 1
        }
        for service in services
    }
    assert {name: set(methods) for name, methods in transport.MEMBER_READS.items()} == reads
