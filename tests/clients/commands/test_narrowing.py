"""`idvault-people moderator narrowing`: list, propose and confirm."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from idvault_people.moderation import key_folder
from idvault_verify.v1 import sanction_pb2 as pb
from tests.clients.commands.test_campaign import connection
from tests.clients.commands.test_contest import run
from tests.clients.vault_server import TOKEN, VaultServer

__all__ = ["connection"]

SANCTION = "a" * 32


def narrowing(state: str = "OPEN", **changes: Any) -> pb.Narrowing:
    """Return a narrowing as in the vault's answer."""
    number = pb.Narrowing.State.Value(f"STATE_{state}")
    made = pb.Narrowing(sanction_id=SANCTION, account_token=TOKEN, state=number, **changes)
    made.begin_time.FromJsonString("2026-03-01T00:00:00Z")
    made.due_time.FromJsonString("2026-03-16T16:00:00Z")
    return made


def test_list_reads_every_page(server: VaultServer, connection: Sequence[str]) -> None:
    """The last line counts, and JSON has one object a line."""
    first = pb.ListNarrowingsResponse(narrowings=[narrowing()], next_page_token=SANCTION)
    server.outcomes = [first, pb.ListNarrowingsResponse(narrowings=[narrowing(overdue=True)])]
    result = run(*connection, "narrowing", "list", "--open")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "narrowings: 2"
    asked = [pb.ListNarrowingsRequest.FromString(each.body) for each in server.asked]
    assert [(each.open, each.page_token) for each in asked] == [(True, ""), (True, SANCTION)]
    server.outcomes = [pb.ListNarrowingsResponse(narrowings=[narrowing("NARROWED")])]
    found = json.loads(run(*connection, "--json", "narrowing", "list").stdout)
    assert (found["state"], found["overdue"]) == ("NARROWED", False)


def test_two_moderators_narrow(server: VaultServer, connection: Sequence[str], tmp_path: Path) -> None:
    """The second one signs the proposal that the list has; an unknown sanction is told."""
    folder, passphrase = tmp_path / "moderator", tmp_path / "passphrase"
    passphrase.write_bytes(b"a synthetic passphrase")
    made = key_folder.create(
        folder, relying_party="platform-a", password=passphrase.read_bytes(), now=datetime.now(UTC)
    )
    key_folder.store(folder, made.of("e" * 32))
    signs = ("--as", str(folder), "--passphrase-file", str(passphrase))
    server.outcomes = [narrowing("PROPOSED")]
    result = run(*connection, "narrowing", "propose", SANCTION, *signs)
    assert "state=PROPOSED" in result.stdout, result.stderr
    listed = pb.ListNarrowingsResponse(narrowings=[narrowing("PROPOSED", paper_digest=b"p" * 32)])
    server.outcomes = [listed, narrowing("NARROWED")]
    result = run(*connection, "narrowing", "confirm", SANCTION, *signs)
    assert "state=NARROWED" in result.stdout, result.stderr
    sent = pb.ConfirmNarrowingRequest.FromString(server.asked[-1].body)
    assert (sent.sanction_id, sent.paper_digest) == (SANCTION, b"p" * 32)
    server.outcomes = [listed]
    assert run(*connection, "narrowing", "confirm", "b" * 32, *signs).exit_code != 0
