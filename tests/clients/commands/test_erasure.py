"""`idvault-client erasure list`: every erasure of a platform's accounts, page by page."""

import json
from collections.abc import Sequence

from google.protobuf.timestamp_pb2 import Timestamp
from typer.testing import CliRunner

from idvault_client.commands.app import app
from idvault_verify.v1 import erasure_pb2 as pb
from tests.clients.offline.test_disclosure_history import connection
from tests.clients.vault_server import TOKEN, VaultServer

__all__ = ["connection"]


def listed(number: int, origin: pb.Erasure.Origin.ValueType = pb.Erasure.ORIGIN_UNSPECIFIED) -> pb.Erasure:
    return pb.Erasure(
        erasure_id=f"{number:032x}",
        account_token=TOKEN,
        state=pb.Erasure.STATE_REQUESTED,
        request_time=Timestamp(seconds=60 * number),
        erase_time=Timestamp(seconds=86_400),
        destroy_time=Timestamp(seconds=2 * 86_400),
        origin=origin,
    )


def test_all_pages_are_listed(server: VaultServer, connection: Sequence[str]) -> None:
    """With who asked, null if the vault does not know it; the last line counts."""
    first = pb.ListErasuresResponse(
        erasures=[listed(1, pb.Erasure.ORIGIN_OWNER), listed(2)], next_page_token="a" * 32
    )
    last = pb.ListErasuresResponse(erasures=[listed(3, pb.Erasure.ORIGIN_PLATFORM)])
    server.outcomes = [first, last, pb.ListErasuresResponse()]
    told = CliRunner().invoke(app, [*connection, "--json", "erasure", "list", "--state", "REQUESTED"])
    shown = [json.loads(line) for line in told.stdout.splitlines()]
    assert [each["origin"] for each in shown] == ["OWNER", None, "PLATFORM"]
    assert shown[0] == {
        "account_token": TOKEN,
        "erasure_id": f"{1:032x}",
        "state": "REQUESTED",
        "request_time": "1970-01-01T00:01:00+00:00",
        "erase_time": "1970-01-02T00:00:00+00:00",
        "destroy_time": "1970-01-03T00:00:00+00:00",
        "absent_time": None,
        "kept_until_time": None,
        "origin": "OWNER",
    }
    asked = [pb.ListErasuresRequest.FromString(each.body) for each in server.asked]
    assert [(each.state, each.page_token) for each in asked] == [
        (pb.Erasure.STATE_REQUESTED, ""),
        (pb.Erasure.STATE_REQUESTED, "a" * 32),
    ]
    empty = CliRunner().invoke(app, [*connection, "erasure", "list"])
    assert (empty.exit_code, empty.stdout) == (0, "erasures: 0\n")
