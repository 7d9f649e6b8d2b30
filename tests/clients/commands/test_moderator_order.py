"""`idvault-people moderator order`: list, show, acknowledge and object."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from idvault_people.commands.moderator import app
from idvault_people.moderation import key_folder
from idvault_verify.attest import order as order_papers
from idvault_verify.v1 import sanction_pb2 as pb
from tests.clients.commands.test_campaign import connection
from tests.clients.vault_server import TOKEN, VaultServer
from tools.support import orders

__all__ = ["connection"]

TERMS = orders.terms()
SIGNED = orders.signed(TERMS)
DIGEST = order_papers.digest(SIGNED)


def run(*arguments: object) -> Result:
    """Run a command of `idvault-people moderator`."""
    return CliRunner().invoke(app, [*map(str, arguments)])


@pytest.fixture
def roster(tmp_path: Path) -> tuple[str, str]:
    """Return the option for a roster with the authority."""
    file = tmp_path / "roster.json"
    file.write_bytes(orders.roster(orders.OFFICE, orders.OTHER_OFFICE).to_bytes())
    return "--roster", str(file)


@pytest.fixture
def signs(tmp_path: Path) -> Sequence[str]:
    """Return the options of a moderator who signs."""
    folder, passphrase = tmp_path / "moderator", tmp_path / "passphrase"
    passphrase.write_bytes(b"a synthetic passphrase")
    now = datetime.now(UTC)
    made = key_folder.create(folder, relying_party="platform-a", password=passphrase.read_bytes(), now=now)
    key_folder.store(folder, made.of("e" * 32))
    return "--as", str(folder), "--passphrase-file", str(passphrase)


def order(state: str = "OPEN", *, signed: bytes = SIGNED, **changes: Any) -> pb.RecordedOrder:
    """Return an order as in the vault's answer."""
    checked = orders.checked().order
    made = pb.RecordedOrder(
        order_id=TERMS.order_id,
        order=pb.AuthorityOrder(
            authority=checked.authority,
            reference=checked.reference,
            order_date=checked.issued_on.isoformat(),
            digest=checked.digest,
        ),
        state=pb.RecordedOrder.State.Value(f"STATE_{state}"),
        signed_order=signed,
        **changes,
    )
    made.deadline.FromDatetime(TERMS.deadline_at)
    made.record_time.FromDatetime(TERMS.created_at)
    return made


def test_list_reads_every_page(server: VaultServer, connection: Sequence[str]) -> None:
    """Without targets, which the vault could have altered; the last line counts."""
    first = pb.ListOrdersResponse(orders=[order()], next_page_token="next")
    server.outcomes = [first, pb.ListOrdersResponse(orders=[order(signed=b"")])]
    result = run(*connection, "order", "list", "--state", "OPEN")
    assert result.exit_code == 0, result.stderr
    one, two, last = result.stdout.splitlines()
    assert ("source=SIGNED state=OPEN" in one, "source=PAPER" in two, last) == (True, True, "orders: 2")
    assert TOKEN not in result.stdout
    asked = [pb.ListOrdersRequest.FromString(each.body) for each in server.asked]
    assert [(each.page_token, each.state) for each in asked] == [("", 1), ("next", 1)]


def test_show_prints_what_was_signed(
    server: VaultServer, connection: Sequence[str], roster: tuple[str, str], tmp_path: Path
) -> None:
    """Target, measure, and what the statement of a sanction says of the order; the paper goes into a file."""
    server.outcomes = [pb.ListOrdersResponse(orders=[order()])]
    out = tmp_path / "order"
    given = (*roster, "--platform", "platform-a", "--out", out, "--json")
    found = json.loads(run(*connection, "order", "show", TERMS.order_id, *given).stdout)
    assert (found["target"], found["measure"], found["order_digest"]) == (TOKEN, "WARN", DIGEST.hex())
    assert found["reference"] == TERMS.reference
    assert (out.read_bytes(), out.stat().st_mode & 0o777) == (SIGNED, 0o600)


def test_an_order_on_paper_has_no_file(
    server: VaultServer, connection: Sequence[str], roster: tuple[str, str], tmp_path: Path
) -> None:
    """Nobody signed it: there is nothing that a stranger could check."""
    server.outcomes = [pb.ListOrdersResponse(orders=[order(signed=b"")])]
    out = tmp_path / "order"
    given = (*roster, "--platform", "platform-a", "--out", out)
    assert run(*connection, "order", "show", TERMS.order_id, *given).exit_code == 2
    assert not out.exists()


def test_show_refuses_what_no_authority_signed_for_this_platform(
    server: VaultServer, connection: Sequence[str], roster: tuple[str, str]
) -> None:
    """Another platform's order, an altered one, one that is not there; paper is shown as it was recorded."""
    altered = SIGNED[:-1] + bytes([SIGNED[-1] ^ 1])
    cases: list[tuple[list[pb.RecordedOrder], str, int, str]] = [
        ([order()], "platform-b", 5, "check: OTHER_PLATFORM"),
        ([order(signed=altered)], "platform-a", 5, "check: SIGNATURE_INVALID"),
        ([], "platform-a", 4, "ORDER_NOT_FOUND"),
        ([order(signed=b"")], "platform-a", 0, f"order_digest={DIGEST.hex()}"),
    ]
    for answer, platform, code, text in cases:
        server.outcomes = [pb.ListOrdersResponse(orders=answer)]
        result = run(*connection, "order", "show", TERMS.order_id, *roster, "--platform", platform)
        assert (result.exit_code, text in result.output) == (code, True), result.output


def test_acknowledge_and_object_send_what_was_checked(
    server: VaultServer, connection: Sequence[str], roster: tuple[str, str], signs: Sequence[str]
) -> None:
    """Both name the signed order by its SHA-256; an order that is not verified is answered by nobody."""
    server.outcomes = [pb.ListOrdersResponse(orders=[order()]), order("ACKNOWLEDGED")]
    result = run(*connection, "order", "acknowledge", TERMS.order_id, *roster, *signs)
    assert "state=ACKNOWLEDGED" in result.stdout, result.stderr
    read = pb.AcknowledgeOrderRequest.FromString(server.asked[-1].body)
    assert (read.order_id, read.order_digest) == (TERMS.order_id, DIGEST)
    server.outcomes = [
        pb.ListOrdersResponse(orders=[order()]),
        order("OBJECTED", objection="no such account"),
    ]
    said = ("--reason", "no such account")
    result = run(*connection, "order", "object", TERMS.order_id, *said, *roster, *signs)
    assert "state=OBJECTED" in result.stdout, result.stderr
    objected = pb.ObjectToOrderRequest.FromString(server.asked[-1].body)
    assert (objected.order_digest, objected.reason) == (DIGEST, "no such account")
    asked = len(server.asked)
    server.outcomes = [pb.ListOrdersResponse(orders=[order(signed=SIGNED[1:])])]
    result = run(*connection, "order", "acknowledge", TERMS.order_id, *roster, *signs)
    assert (result.exit_code, len(server.asked)) == (5, asked + 1)
