"""`idvault-client contest`: list, show and decide."""

import json
from collections.abc import Sequence

from idvault.v1 import contest_pb2 as pb
from tests.clients.commands.test_campaign import connection, run
from tests.clients.vault_server import TOKEN, VaultServer

__all__ = ["connection"]

CONTEST, VERIFICATION = "c" * 32, "d" * 32


def contest(state: str = "FILED", **changes: object) -> pb.Contest:
    """Return a contest as in the vault's answer."""
    made = pb.Contest(
        contest_id=CONTEST,
        account_token=TOKEN,
        verification_id=VERIFICATION,
        state=pb.Contest.State.Value(f"STATE_{state}"),
        overdue=state == "FILED",
        reason="" if state == "FILED" else "seen",
    )
    made.file_time.FromJsonString("2026-03-01T00:00:00Z")
    made.due_time.FromJsonString("2026-03-16T16:00:00Z")
    if state != "FILED":
        made.decide_time.FromJsonString("2026-03-02T00:00:00Z")
        made.text_delete_time.FromJsonString("2026-06-01T00:00:00Z")
    return made


def test_list_reads_every_page(server: VaultServer, connection: Sequence[str]) -> None:
    """Filters are sent with each page; the last line counts, and JSON has one object a line."""
    first = pb.ListContestsResponse(contests=[contest()], next_page_token=CONTEST)
    server.outcomes = [first, pb.ListContestsResponse(contests=[contest()])]
    options = ("--overdue", "--account", TOKEN, "--state", "FILED")
    result = run(*connection, "contest", "list", *options)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "contests: 2"
    assert f"verification_id={VERIFICATION} state=FILED" in result.stdout
    asked = [pb.ListContestsRequest.FromString(each.body) for each in server.asked]
    assert [each.page_token for each in asked] == ["", CONTEST]
    assert {(each.overdue, each.account_token, each.state) for each in asked} == {(True, TOKEN, 1)}
    server.outcomes = [pb.ListContestsResponse(contests=[contest("UPHELD")])]
    found = json.loads(run(*connection, "--json", "contest", "list").stdout)
    assert (found["state"], found["decided"]) == ("UPHELD", "2026-03-02T00:00:00+00:00")


def test_show_prints_what_the_owner_wrote(server: VaultServer, connection: Sequence[str]) -> None:
    """With control characters escaped: the owner cannot write to the terminal."""
    server.outcomes = [pb.GetContestResponse(contest=contest(), text="not me\x1b[2J")]
    result = run(*connection, "contest", "show", CONTEST)
    assert (result.exit_code, "text=not me\\x1b[2J" in result.stdout) == (0, True)


def test_decide(server: VaultServer, connection: Sequence[str]) -> None:
    """Uphold and reject send the verdict and the reason; an answer without an id is refused."""
    for command, verdict in (("uphold", "UPHELD"), ("reject", "REJECTED")):
        server.outcomes = [contest(verdict)]
        result = run(*connection, "contest", command, CONTEST, "--reason", "seen")
        assert f"state={verdict}" in result.stdout
        sent = pb.DecideContestRequest.FromString(server.asked[-1].body)
        assert (sent.contest_id, sent.reason) == (CONTEST, "seen")
        assert sent.verdict == pb.Contest.State.Value(f"STATE_{verdict}")
    server.outcomes = [pb.Contest()]
    assert run(*connection, "contest", "reject", CONTEST, "--reason", "seen").exit_code != 0
