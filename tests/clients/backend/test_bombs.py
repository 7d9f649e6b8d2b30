"""Answers of a hostile vault: compressed ones, and lists without end."""

import pytest

from idvault_client import Tls
from idvault_client.errors import VaultError
from idvault_people import paging
from idvault_verify.v1 import disclosure_pb2
from tests.clients.vault_server import Compressed, VaultServer
from tools.support import confined

_SIZE = 160 << 20
_STATUS = """
import sys
from idvault_client import Tls, VaultError, connect
target, *files = sys.argv[1:]
with connect(target, tls=Tls(*files), server_name="localhost", timeout=60) as vault:
    try:
        vault.get_status("acct_0123456789abcdefghjkmnpqrs")
    except VaultError as error:
        print(error.code)
"""
_ROSTER = """
import sys
from idvault_client import Tls, VaultError
from idvault_people.custody_edge import CustodyEdge
from idvault_verify.v1 import roster_pb2
target, *files = sys.argv[1:]
with CustodyEdge(target, tls=Tls(*files), server_name="localhost", timeout=60) as edge:
    try:
        edge.call("RosterService/GetRoster", roster_pb2.GetRosterRequest(), roster_pb2.Roster)
    except VaultError as error:
        print(error.code)
"""


@pytest.mark.process
@pytest.mark.parametrize("piece", [_STATUS, _ROSTER], ids=["backend", "people"])
def test_a_compressed_answer_is_not_unpacked(piece: str, server: VaultServer, tls: Tls) -> None:
    """gRPC compares an answer with its limit before it unpacks it: no client says that it can."""
    server.outcomes = [Compressed(_SIZE)]
    done = confined.run(piece, server.target, tls.ca, tls.certificate, tls.key)
    assert done.code == 0, done.told
    assert done.told.split()[-1] == "INTERNAL"
    assert done.peak_mib < confined.MOST_MIB


@pytest.mark.parametrize("size", [0, 10_000])
def test_a_list_without_end_is_given_up(size: int) -> None:
    """Empty pages end, too: each counts for something."""
    asked = 0

    def ask(token: str) -> disclosure_pb2.ListDisclosuresResponse:
        nonlocal asked
        assert token == (f"page {asked}" if asked else "")
        asked += 1
        return disclosure_pb2.ListDisclosuresResponse(
            disclosures=[disclosure_pb2.Disclosure(disclosure_id="x" * size)] if size else [],
            next_page_token=f"page {asked}",
        )

    with pytest.raises(VaultError, match="does not end"):
        for _ in paging.pages(ask, most=1_000_000):
            pass
    assert asked <= 1_000_000 // max(size, 4_096) + 2


def test_a_list_that_ends_is_read_whole() -> None:
    """Page by page, with the token of the one before."""
    answers = {
        "": disclosure_pb2.ListDisclosuresResponse(next_page_token="a"),
        "a": disclosure_pb2.ListDisclosuresResponse(next_page_token="b"),
        "b": disclosure_pb2.ListDisclosuresResponse(),
    }
    assert list(paging.pages(answers.__getitem__)) == list(answers.values())
