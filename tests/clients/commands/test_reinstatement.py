"""`idvault-people moderator reinstatement`: list, show, decide and confirm."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from typer.testing import CliRunner, Result

from idvault_people.commands.moderator import app
from idvault_people.moderation import key_folder
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.sanction import SigningOccasion
from idvault_verify.v1 import reinstatement_pb2 as pb
from tests.clients.commands.test_campaign import connection
from tests.clients.vault_server import TOKEN, VaultServer

__all__ = ["connection"]

APPEAL = "c" * 32


def run(*arguments: object) -> Result:
    """Run a command of `idvault-people moderator`."""
    return CliRunner().invoke(app, [*map(str, arguments)])


def reinstatement(state: str = "FILED", **changes: Any) -> pb.Reinstatement:
    """Return a reinstatement as in the vault's answer."""
    made = pb.Reinstatement(
        reinstatement_id=APPEAL,
        account_token=TOKEN,
        state=pb.Reinstatement.State.Value(f"STATE_{state}"),
        overdue=state == "FILED",
        reason="" if state == "FILED" else "seen",
        **changes,
    )
    made.file_time.FromJsonString("2026-03-01T00:00:00Z")
    made.due_time.FromJsonString("2026-03-16T16:00:00Z")
    if state != "FILED":
        made.decide_time.FromJsonString("2026-03-02T00:00:00Z")
        made.text_delete_time.FromJsonString("2026-06-01T00:00:00Z")
    return made


def test_list_reads_every_page(server: VaultServer, connection: Sequence[str]) -> None:
    """Filters are sent with each page; the last line counts, and JSON has one object a line."""
    first = pb.ListReinstatementsResponse(reinstatements=[reinstatement()], next_page_token=APPEAL)
    server.outcomes = [first, pb.ListReinstatementsResponse(reinstatements=[reinstatement()])]
    options = ("--overdue", "--account", TOKEN, "--state", "FILED")
    result = run(*connection, "reinstatement", "list", *options)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "reinstatements: 2"
    assert f"account_token={TOKEN} state=FILED" in result.stdout
    asked = [pb.ListReinstatementsRequest.FromString(each.body) for each in server.asked]
    assert [each.page_token for each in asked] == ["", APPEAL]
    assert {(each.overdue, each.account_token, each.state) for each in asked} == {(True, TOKEN, 1)}
    server.outcomes = [pb.ListReinstatementsResponse(reinstatements=[reinstatement("UPHELD")])]
    found = json.loads(run(*connection, "--json", "reinstatement", "list").stdout)
    assert (found["state"], found["decided"]) == ("UPHELD", "2026-03-02T00:00:00+00:00")


def test_show_prints_what_the_holder_wrote(server: VaultServer, connection: Sequence[str]) -> None:
    """With control characters escaped: whoever writes cannot write to the terminal."""
    server.outcomes = [pb.GetReinstatementResponse(reinstatement=reinstatement(), text="not me\x1b[2J")]
    result = run(*connection, "reinstatement", "show", APPEAL)
    assert (result.exit_code, "text=not me\\x1b[2J" in result.stdout) == (0, True)


def test_decide(server: VaultServer, connection: Sequence[str], tmp_path: Path) -> None:
    """Uphold and reject send verdict, reason and signature; an answer without an id is refused."""
    folder, passphrase = tmp_path / "moderator", tmp_path / "passphrase"
    passphrase.write_bytes(b"a synthetic passphrase")
    now = datetime.now(UTC)
    key = key_folder.create(folder, relying_party="platform-a", password=passphrase.read_bytes(), now=now).of(
        "e" * 32
    )
    key_folder.store(folder, key)
    signs = ("--as", str(folder), "--passphrase-file", str(passphrase))
    for command, verdict in (("uphold", "UPHELD"), ("reject", "REJECTED")):
        server.outcomes = [reinstatement(verdict)]
        result = run(*connection, "reinstatement", command, APPEAL, "--reason", "seen", *signs)
        assert f"state={verdict}" in result.stdout
        sent = pb.DecideReinstatementRequest.FromString(server.asked[-1].body)
        assert (sent.reinstatement_id, sent.reason) == (APPEAL, "seen")
        assert sent.verdict == pb.Reinstatement.State.Value(f"STATE_{verdict}")
        signed = sent.signature
        occasion = SigningOccasion(
            "platform-a", sent.request_id, key.moderator_id, signed.sign_time.ToDatetime(UTC)
        )
        paper = papers.act(occasion, method="DecideReinstatement", fields=(APPEAL, sent.verdict, "seen"))
        papers.signed(paper, signed.signature, public_key=key.public_key)
    proposed = reinstatement("PROPOSED", paper_digest=b"p" * 32)
    server.outcomes = [
        pb.GetReinstatementResponse(reinstatement=proposed, text="not me"),
        reinstatement("UPHELD"),
    ]
    result = run(*connection, "reinstatement", "confirm", APPEAL, *signs)
    assert "state=UPHELD" in result.stdout, result.stderr
    confirmed = pb.ConfirmReinstatementRequest.FromString(server.asked[-1].body)
    assert (confirmed.reinstatement_id, confirmed.paper_digest) == (APPEAL, b"p" * 32)
    server.outcomes = [pb.Reinstatement()]
    assert run(*connection, "reinstatement", "reject", APPEAL, "--reason", "seen", *signs).exit_code != 0
    assert run(*connection, "reinstatement", "reject", APPEAL, "--reason", "seen").exit_code == 2
