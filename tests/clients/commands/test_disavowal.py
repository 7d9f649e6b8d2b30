"""`idvault-people moderator disavowal`: list, reject, and uphold by two."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from idvault_people.moderation import key_folder
from idvault_verify.v1 import disavowal_pb2 as pb
from tests.clients.commands.test_campaign import connection
from tests.clients.commands.test_contest import run
from tests.clients.vault_server import TOKEN, VaultServer

__all__ = ["connection"]

DISAVOWAL = "a" * 32


def disavowal(state: str = "FILED", **changes: Any) -> pb.Disavowal:
    """Return a disavowal as in the vault's answer."""
    number = pb.Disavowal.State.Value(f"STATE_{state}")
    made = pb.Disavowal(disavowal_id=DISAVOWAL, account_token=TOKEN, state=number, **changes)
    made.file_time.FromJsonString("2026-03-01T00:00:00Z")
    made.due_time.FromJsonString("2026-03-16T16:00:00Z")
    return made


def test_list_reads_every_page(server: VaultServer, connection: Sequence[str]) -> None:
    """The last line counts, and JSON has one object a line."""
    first = pb.ListDisavowalsResponse(disavowals=[disavowal()], next_page_token=DISAVOWAL)
    server.outcomes = [first, pb.ListDisavowalsResponse(disavowals=[disavowal(overdue=True)])]
    result = run(*connection, "disavowal", "list", "--overdue")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "disavowals: 2"
    asked = [pb.ListDisavowalsRequest.FromString(each.body) for each in server.asked]
    assert [(each.overdue, each.page_token) for each in asked] == [(True, ""), (True, DISAVOWAL)]
    server.outcomes = [pb.ListDisavowalsResponse(disavowals=[disavowal("SILENT")])]
    found = json.loads(run(*connection, "--json", "disavowal", "list").stdout)
    assert (found["state"], found["overdue"]) == ("SILENT", False)


def test_one_rejects_and_two_uphold(server: VaultServer, connection: Sequence[str], tmp_path: Path) -> None:
    """The second one signs the proposal that the disavowal has."""
    folder, passphrase = tmp_path / "moderator", tmp_path / "passphrase"
    passphrase.write_bytes(b"a synthetic passphrase")
    made = key_folder.create(
        folder, relying_party="platform-a", password=passphrase.read_bytes(), now=datetime.now(UTC)
    )
    key_folder.store(folder, made.of("e" * 32))
    signs = ("--as", str(folder), "--passphrase-file", str(passphrase))
    for command, state in (("reject", "REJECTED"), ("uphold", "PROPOSED")):
        server.outcomes = [disavowal(state)]
        result = run(*connection, "disavowal", command, DISAVOWAL, "--reason", "seen", *signs)
        assert f"state={state}" in result.stdout, result.stderr
        sent = pb.DecideDisavowalRequest.FromString(server.asked[-1].body)
        assert (sent.disavowal_id, sent.reason) == (DISAVOWAL, "seen")
    proposed = disavowal("PROPOSED", paper_digest=b"p" * 32, propose_moderator_id="e" * 32)
    server.outcomes = [proposed, disavowal("UPHELD")]
    result = run(*connection, "disavowal", "confirm", DISAVOWAL, *signs)
    assert "state=UPHELD" in result.stdout, result.stderr
    confirmed = pb.ConfirmDisavowalRequest.FromString(server.asked[-1].body)
    assert (confirmed.disavowal_id, confirmed.paper_digest) == (DISAVOWAL, b"p" * 32)
    read = pb.GetDisavowalRequest.FromString(server.asked[-2].body)
    assert read.disavowal_id == DISAVOWAL


def test_one_is_shown(server: VaultServer, connection: Sequence[str]) -> None:
    """With who proposed, and until when another moderator can confirm; it asks for this one alone."""
    proposed = disavowal("PROPOSED", paper_digest=b"p" * 32, propose_moderator_id="e" * 32)
    proposed.lapse_time.FromJsonString("2026-03-05T00:00:00Z")
    server.outcomes = [proposed]
    found = json.loads(run(*connection, "--json", "disavowal", "show", DISAVOWAL).stdout)
    assert (found["account_token"], found["state"], found["proposed_by"]) == (TOKEN, "PROPOSED", "e" * 32)
    assert found["lapses"] == "2026-03-05T00:00:00+00:00"
    (asked,) = server.asked
    assert pb.GetDisavowalRequest.FromString(asked.body).disavowal_id == DISAVOWAL
