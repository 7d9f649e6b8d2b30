"""`idvault-people moderator report assign` and `refer`: a report by its number, as `take` prints it."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from idvault_verify.v1 import tip_off_pb2 as pb
from tests.clients.commands.test_campaign import connection
from tests.clients.commands.test_contest import run
from tests.clients.commands.test_taking import REFERENCE, filed, signs
from tests.clients.vault_server import VaultServer

__all__ = ["connection", "signs"]

REPORT, ME, COLLEAGUE = "a" * 32, "e" * 32, "f" * 32
NAMED = ("0123 4567 8901", REFERENCE, "0123-4567-8901")


def report(moderator_id: str = "") -> pb.TipOff:
    """Return the report that `take` filed."""
    made = filed().tip_off
    made.moderator_id = moderator_id
    made.state = pb.TipOff.STATE_ASSIGNED if moderator_id else pb.TipOff.STATE_RECEIVED
    return made


def referred() -> pb.TipOff:
    """Return it as `ResolveTipOff` answers."""
    made = report(ME)
    made.referral_id, made.authority = "d" * 32, "office"
    made.referral_state = pb.TipOff.REFERRAL_STATE_OPEN
    made.referral_lapse_time.FromJsonString("2026-03-09T16:00:00Z")
    return made


def methods(server: VaultServer) -> list[str]:
    """Return what was called, and forget it."""
    called = [each.path.rpartition("/")[2] for each in server.asked]
    server.asked.clear()
    return called


@pytest.mark.parametrize("named", NAMED)
def test_a_report_is_referred_by_its_number(
    server: VaultServer, connection: Sequence[str], tmp_path: Path, signs: Sequence[str], named: str
) -> None:
    """With blanks as it is printed, or without: the vault says which report it is."""
    server.outcomes = [pb.ListTipOffsResponse(tip_offs=[report(ME)]), referred()]
    reply = tmp_path / "reply"
    reply.write_text("Passed on (synthetic)\n", encoding="utf-8")
    options = ("--authority", "office", "--reply-file", reply)
    result = run(*connection, "--json", "report", "refer", named, *options, *signs)
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["report"], told["authority"], told["state"]) == (REPORT, "office", "OPEN")
    assert pb.ListTipOffsRequest.FromString(server.asked[0].body).reference == REFERENCE
    sent = pb.ResolveTipOffRequest.FromString(server.asked[-1].body)
    assert (sent.tip_off_id, sent.authority, sent.reply) == (REPORT, "office", "Passed on (synthetic)")
    assert methods(server) == ["ListTipOffs", "ResolveTipOff"]


def test_an_id_needs_no_search(server: VaultServer, connection: Sequence[str], signs: Sequence[str]) -> None:
    """As in pages and answers, an id names the report by itself."""
    server.outcomes = [referred()]
    result = run(*connection, "report", "refer", REPORT, "--authority", "office", *signs)
    assert result.exit_code == 0, result.stderr
    assert methods(server) == ["ResolveTipOff"]


@pytest.mark.parametrize("before", ["", COLLEAGUE])
def test_a_report_is_taken_on_by_its_number(
    server: VaultServer, connection: Sequence[str], signs: Sequence[str], before: str
) -> None:
    """Whoever worked on it before is named, so that nobody takes it unseen; a repeat asks for nothing."""
    listed = pb.ListTipOffsResponse(tip_offs=[report(before)])
    server.outcomes = [listed, pb.TipOffCase(tip_off=report(before)), report(ME)]
    result = run(*connection, "report", "assign", NAMED[0], *signs)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.split() == [
        *(f"report={REPORT}", f"number={REFERENCE}", "state=ASSIGNED", "due=2026-03-08T16:00:00+00:00")
    ]
    sent = pb.AssignTipOffRequest.FromString(server.asked[-1].body)
    assert (sent.tip_off_id, sent.moderator_id, sent.former_moderator_id) == (REPORT, ME, before)
    assert methods(server) == ["ListTipOffs", "GetTipOff", "AssignTipOff"]
    server.outcomes = [pb.TipOffCase(tip_off=report(ME))]
    again = run(*connection, "report", "assign", REPORT, *signs)
    assert (again.exit_code, again.stdout, methods(server)) == (0, result.stdout, ["GetTipOff"])


def test_an_unknown_number_is_refused(
    server: VaultServer, connection: Sequence[str], signs: Sequence[str]
) -> None:
    """Nothing is signed for a report that is not there."""
    server.outcomes = [pb.ListTipOffsResponse()]
    for command in (("assign", REFERENCE), ("refer", REFERENCE, "--authority", "office")):
        result = run(*connection, "--json", "report", *command, *signs)
        assert result.exit_code == 4, result.stdout
        assert json.loads(result.stderr)["error"]["reason"] == "TIP_OFF_NOT_FOUND"
        assert methods(server) == ["ListTipOffs"]
