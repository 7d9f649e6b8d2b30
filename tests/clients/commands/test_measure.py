"""`idvault-people moderator measure`: list, show, impose, reverse, and decide appeals."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from idvault_client import codec
from idvault_client.backend.signing import statement_message
from idvault_people.moderation import key_folder
from idvault_verify.attest import sanction as papers
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.attest.sanction import SigningOccasion
from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.sanction import AuthorityOrder, Automation, IssuerKind, Origin, StatementOfReasons
from idvault_verify.v1 import sanction_pb2 as pb
from idvault_verify.v1 import tip_off_pb2
from tests.clients.commands.test_campaign import connection
from tests.clients.commands.test_contest import run
from tests.clients.commands.test_moderator_order import order as signed_order
from tests.clients.commands.test_moderator_order import roster
from tests.clients.vault_server import VaultServer
from tools.support import orders
from tools.support.sanction_world import reasons

__all__ = ["connection", "roster"]

MEASURE, REPORT, ORDER, MODERATOR = "a" * 32, "b" * 32, "c" * 32, "e" * 32
POST, EVIDENCE = "post/17", b"a preserved post (synthetic)"
OF_AUTHORITY = AuthorityOrder("an authority (synthetic)", "order 3", date(2026, 2, 27), bytes(32))
STATED = (
    *("--ground", "AGAINST_TERMS", "--category", "RUMOUR", "--rule", "terms 4.2", "--case", "case 17"),
    *("--territory", "CN", "--redress", "write to appeals"),
)
IMPOSE = ("measure", "impose", POST, "--kind", "REMOVED", *STATED)


class SigningModerator:
    """A moderator's key in a folder, as options name it; key: what signs."""

    def __init__(self, folder: Path) -> None:
        passphrase = folder / "passphrase"
        passphrase.write_bytes(b"a synthetic passphrase")
        made = key_folder.create(
            folder / "moderator",
            relying_party="platform-a",
            password=passphrase.read_bytes(),
            now=datetime.now(UTC),
        )
        self.key: ModeratorKey = made.of(MODERATOR)
        key_folder.store(folder / "moderator", self.key)
        self.options = ("--as", str(folder / "moderator"), "--passphrase-file", str(passphrase))

    def check(
        self,
        request_id: str,
        signature: pb.ModeratorSignature,
        paper: Callable[..., bytes],
        **fields: Any,
    ) -> None:
        """Raise unless the signature is this moderator's, of this paper and call."""
        signed_at = signature.sign_time.ToDatetime(UTC)
        occasion = SigningOccasion("platform-a", request_id, self.key.moderator_id, signed_at)
        papers.signed(paper(occasion, **fields), signature.signature, public_key=self.key.public_key)


@pytest.fixture
def signer(tmp_path: Path) -> SigningModerator:
    """Return a moderator."""
    return SigningModerator(tmp_path)


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """Return a preserved file."""
    file = tmp_path / "post.html"
    file.write_bytes(EVIDENCE)
    return file


def measure(state: str = "IN_FORCE", appeal: str = "", **changes: Any) -> pb.ContentMeasure:
    """Return a measure as in the vault's answer."""
    made = pb.ContentMeasure(
        measure_id=MEASURE,
        content=POST,
        kind=pb.ContentMeasure.KIND_REMOVED,
        statement=statement_message(reasons()),
        state=pb.ContentMeasure.State.Value(f"STATE_{state}"),
        impose_moderator_id=MODERATOR,
        paper_digest=b"p" * 32,
        **changes,
    )
    made.impose_time.FromJsonString("2026-03-01T00:00:00Z")
    if state != "IN_FORCE":
        made.finish_time.FromJsonString("2026-03-02T00:00:00Z")
    if appeal:
        made.appeal.state = pb.Appeal.State.Value(f"STATE_{appeal}")
        made.appeal.file_time.FromJsonString("2026-03-03T00:00:00Z")
        made.appeal.due_time.FromJsonString("2026-03-18T16:00:00Z")
        made.appeal.overdue = appeal == "FILED"
    return made


def stated(message: pb.StatementOfReasons) -> StatementOfReasons:
    """Return a statement of a request."""
    assert message.without_end
    found: StatementOfReasons = codec.read(StatementOfReasons, message)
    return found


def test_list_reads_every_page(server: VaultServer, connection: Sequence[str]) -> None:
    """Filters are sent with each page; the last line counts, and JSON has one object a line."""
    first = pb.ListContentMeasuresResponse(measures=[measure(appeal="FILED")], next_page_token=MEASURE)
    server.outcomes = [first, pb.ListContentMeasuresResponse(measures=[measure(appeal="FILED")])]
    result = run(*connection, "measure", "list", "--appeal", "FILED")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.splitlines()[-1] == "measures: 2"
    assert f"content={POST} kind=REMOVED state=IN_FORCE" in result.stdout
    asked = [pb.ListContentMeasuresRequest.FromString(each.body) for each in server.asked]
    filed = pb.Appeal.STATE_FILED
    assert [(each.appeal, each.page_token) for each in asked] == [(filed, ""), (filed, MEASURE)]
    server.outcomes = [pb.ListContentMeasuresResponse(measures=[measure("REVERSED", finish_reason="satire")])]
    found = json.loads(run(*connection, "--json", "measure", "list", "--content", POST).stdout)
    assert (found["state"], found["ended"]) == ("REVERSED", "2026-03-02T00:00:00+00:00")
    assert (found["reason"], "appeal" in found) == ("satire", False)
    assert pb.ListContentMeasuresRequest.FromString(server.asked[-1].body).content == POST


def test_show_prints_statement_and_text(server: VaultServer, connection: Sequence[str]) -> None:
    """With control characters escaped: whoever appeals cannot write to the terminal."""
    server.outcomes = [pb.GetContentMeasureResponse(measure=measure(appeal="FILED"), text="mine\x1b[2J")]
    result = run(*connection, "measure", "show", MEASURE)
    assert (result.exit_code, "text=mine\\x1b[2J" in result.stdout) == (0, True)
    for word in ("appeal=FILED", "overdue=True", "rule=terms 4.2", "origin=OWN_INITIATIVE", "00" * 32 + ","):
        assert word in result.stdout, word


def test_impose(
    server: VaultServer, connection: Sequence[str], signer: SigningModerator, evidence: Path
) -> None:
    """The statement is signed here; of a preserved file its SHA-256 is sent, not its bytes."""
    server.outcomes = [measure()]
    result = run(*connection, *IMPOSE, "--detection", "PARTIAL", "--evidence", evidence, *signer.options)
    assert f"measure_id={MEASURE}" in result.stdout, result.stderr
    body = server.asked[-1].body
    sent = pb.ImposeContentMeasureRequest.FromString(body)
    assert (sent.content, sent.kind, EVIDENCE in body) == (POST, pb.ContentMeasure.KIND_REMOVED, False)
    expected = reasons(evidence=(sha256(EVIDENCE).digest(),), detection=Automation.PARTIAL)
    assert stated(sent.statement) == expected
    signer.check(
        sent.request_id,
        sent.signature,
        papers.content_measure,
        content=POST,
        kind=ContentMeasureKind.REMOVED,
        statement=expected,
    )


def test_an_order_on_paper_is_carried_out(
    server: VaultServer, connection: Sequence[str], signer: SigningModerator, evidence: Path
) -> None:
    """It is found among the recorded ones; nothing is signed for an unknown one."""
    paper = pb.RecordedOrder(order_id=ORDER, state=pb.RecordedOrder.STATE_OPEN)
    codec.write(paper.order, OF_AUTHORITY, path="order")
    paper.deadline.FromJsonString("2026-03-05T00:00:00Z")
    paper.record_time.FromJsonString("2026-03-01T00:00:00Z")
    command = (*connection, *IMPOSE, "--evidence", evidence, "--order")
    server.outcomes = [pb.ListOrdersResponse(orders=[paper]), measure()]
    result = run(*command, ORDER, *signer.options)
    assert result.exit_code == 0, result.stderr
    found = stated(pb.ImposeContentMeasureRequest.FromString(server.asked[-1].body).statement)
    assert (found.origin, found.issuer_kind, found.order) == (
        Origin.AUTHORITY,
        IssuerKind.AUTHORITY,
        OF_AUTHORITY,
    )
    server.outcomes = [pb.ListOrdersResponse(orders=[paper])]
    assert run(*command, "d" * 32, *signer.options).exit_code == 4
    assert [each.path.rpartition("/")[2] for each in server.asked] == [
        "ListOrders", "ImposeContentMeasure", "ListOrders",
    ]  # fmt: skip


def test_a_signed_order_is_checked_before_it_is_carried_out(
    server: VaultServer,
    connection: Sequence[str],
    signer: SigningModerator,
    evidence: Path,
    roster: tuple[str, str],
) -> None:
    """By the roster, as `order show` checks it; nothing is signed without one, or for an altered order."""
    given = signed_order()
    command = (*connection, *IMPOSE, "--evidence", evidence, "--order", given.order_id, *signer.options)
    server.outcomes = [pb.ListOrdersResponse(orders=[given]), measure()]
    result = run(*command, *roster)
    assert result.exit_code == 0, result.stderr
    found = stated(pb.ImposeContentMeasureRequest.FromString(server.asked[-1].body).statement)
    assert (found.issuer_kind, found.order) == (IssuerKind.AUTHORITY, orders.checked().order)
    altered = signed_order(signed=orders.signed(orders.terms(reference="another one (synthetic)")))
    forged = signed_order(signed=given.signed_order[:-1] + bytes([given.signed_order[-1] ^ 1]))
    for listed, options, code in ((given, (), 2), (altered, roster, 5), (forged, roster, 5)):
        server.outcomes = [pb.ListOrdersResponse(orders=[listed])]
        assert run(*command, *options).exit_code == code
        assert server.asked[-1].path.endswith("/ListOrders")


def test_a_report_is_upheld(server: VaultServer, connection: Sequence[str], signer: SigningModerator) -> None:
    """In one call, which two signatures of the same request id cover; the evidence is the report's."""
    report = tip_off_pb2.TipOff(
        tip_off_id=REPORT,
        reference="202600930001",
        channel=tip_off_pb2.TipOff.CHANNEL_APP,
        target=tip_off_pb2.TipOffTarget(content=POST),
        category=pb.StatementOfReasons.CATEGORY_RUMOUR,
        evidence_digests=[b"d" * 32],
        state=tip_off_pb2.TipOff.STATE_ASSIGNED,
    )
    report.file_time.FromJsonString("2026-03-01T00:00:00Z")
    report.due_time.FromJsonString("2026-03-08T00:00:00Z")
    decided = tip_off_pb2.TipOff()
    decided.CopyFrom(report)
    decided.state, decided.outcome = tip_off_pb2.TipOff.STATE_RESOLVED, tip_off_pb2.TipOff.OUTCOME_UPHELD
    decided.measure_id = MEASURE
    server.outcomes = [tip_off_pb2.TipOffCase(tip_off=report), decided]
    result = run(*connection, *IMPOSE, "--report", REPORT, "--reply", "You were right.", *signer.options)
    assert result.exit_code == 0, result.stderr
    assert f"measure_id={MEASURE} report=202600930001 state=RESOLVED outcome=UPHELD" in result.stdout
    sent = tip_off_pb2.ResolveTipOffRequest.FromString(server.asked[-1].body)
    assert (sent.tip_off_id, sent.reply, sent.HasField("sanction")) == (REPORT, "You were right.", False)
    expected = reasons(
        evidence=(b"d" * 32,), origin=Origin.TIP_OFF, tip_off="202600930001", detection=Automation.NONE
    )
    assert stated(sent.content_measure.statement) == expected
    signer.check(
        sent.request_id,
        sent.content_measure.signature,
        papers.content_measure,
        content=POST,
        kind=ContentMeasureKind.REMOVED,
        statement=expected,
    )
    calls = len(server.asked)
    # Refused before a passphrase is asked for.
    bare = run(*connection, *IMPOSE, "--reply", "You were right.", "--as", "nowhere")
    assert (bare.exit_code, len(server.asked)) == (2, calls)
    assert "--report is missing" in bare.stderr


def test_reverse(server: VaultServer, connection: Sequence[str], signer: SigningModerator) -> None:
    """What is signed names the measure as it was signed."""
    server.outcomes = [pb.GetContentMeasureResponse(measure=measure()), measure("REVERSED")]
    result = run(*connection, "measure", "reverse", MEASURE, "--reason", "satire", *signer.options)
    assert "state=REVERSED" in result.stdout, result.stderr
    sent = pb.ReverseContentMeasureRequest.FromString(server.asked[-1].body)
    assert (sent.measure_id, sent.reason) == (MEASURE, "satire")
    signed = {"measure_id": MEASURE, "paper_digest": b"p" * 32, "reason": "satire"}
    signer.check(sent.request_id, sent.signature, papers.content_reversal, **signed)


@pytest.mark.parametrize("verdict", ["UPHELD", "REJECTED"])
def test_an_appeal_is_decided(
    server: VaultServer, connection: Sequence[str], signer: SigningModerator, verdict: str
) -> None:
    """Verdict, reason and signature are sent; a repetition has the id that it is given."""
    chosen = "5b6f1f8e-6a3c-4f0e-9d1e-3c1f7b2a9e10"
    verb, state = {"UPHELD": ("uphold", "OVERTURNED"), "REJECTED": ("reject", "IN_FORCE")}[verdict]
    server.outcomes = [pb.GetContentMeasureResponse(measure=measure(appeal="FILED")), measure(state, verdict)]
    command = ("measure", "appeal", verb, MEASURE, "--reason", "read again", "--request-id", chosen)
    result = run(*connection, *command, *signer.options)
    assert f"appeal={verdict}" in result.stdout, result.stderr
    assert f"state={state}" in result.stdout
    sent = pb.DecideContentAppealRequest.FromString(server.asked[-1].body)
    assert (sent.request_id, sent.reason) == (chosen, "read again")
    assert sent.verdict == pb.Appeal.State.Value(f"STATE_{verdict}")
    signed = {"measure_id": MEASURE, "paper_digest": b"p" * 32, "verdict": verdict, "reason": "read again"}
    signer.check(chosen, sent.signature, papers.content_appeal_decision, **signed)
