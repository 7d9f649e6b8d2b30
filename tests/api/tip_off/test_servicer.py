"""TipOffService over a real channel and a real database, called by both clients."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from idvault.core.db.database import Database
from idvault.core.edge.server import Service
from idvault.core.telemetry.logs import Logs
from idvault_client import codec
from idvault_client.backend.sanction import imposition
from idvault_client.sanctions import Degree, ModeratorKey, Origin, SanctionCategory
from idvault_client.tip_offs import (
    Dismissal,
    ReporterStanding,
    TargetKind,
    TipOffChannel,
    TipOffOutcome,
    TipOffState,
    TipOffTarget,
    UpheldSanction,
)
from idvault_verify.v1 import tip_off_pb2 as pb
from idvault_verify.v1.sanction_pb2 import ImposeSanctionRequest, ModeratorSignature, StatementOfReasons
from tests.support.both_clients import AskClient, connected
from tests.support.served import Served, refused_raw, served
from tests.support.tip_off_world import CONTENT, TipOffWorld, key_files
from tools.support.databases import Databases
from tools.support.sanction_world import reasons

SERVICE = pb.DESCRIPTOR.services_by_name["TipOffService"]
RUMOUR = SanctionCategory.RUMOUR
WEB = TipOffChannel.WEB


@pytest.fixture
async def world(sqlite_databases: Databases, tmp_path: Path) -> AsyncIterator[TipOffWorld]:
    """Return the world with a new database."""
    database = Database(url=sqlite_databases.main_url)
    made = TipOffWorld(database, key_files(tmp_path))
    yield made
    await made.world.claims.verification.drain()
    await database.close()


@pytest.fixture
async def edge(world: TipOffWorld, logs: Logs, tmp_path: Path) -> AsyncIterator[Served]:
    """Serve the world; return the target and platform-a's certificate."""
    async with served([Service(SERVICE, world.servicer)], logs=logs, folder=tmp_path) as made:
        yield made


@pytest.fixture(params=["sync", "aio"])
async def ask(request: pytest.FixtureRequest, edge: Served) -> AsyncIterator[AskClient]:
    """The reports of one of the two clients."""
    async with connected(request.param, *edge, part="tip_offs") as made:
        yield made


@pytest.fixture
async def key(world: TipOffWorld) -> ModeratorKey:
    """Return a registered moderator; signed now, as the clients sign."""
    return await world.world.moderator(1)


async def test_a_report_from_end_to_end(world: TipOffWorld, ask: AskClient, key: ModeratorKey) -> None:
    """Filed, assigned, noted, answered, handed back, upheld with a sanction; every value arrives."""
    token = await world.world.account()
    filed = await ask(
        "file",
        TipOffTarget(TargetKind.ACCOUNT, token),
        RUMOUR,
        "not true",
        channel=TipOffChannel.APP,
        contact="somebody@example.org",
        reporter_account_token=token,
        evidence=[bytes(32)],
        content=b"a copy",
    )
    made, me = filed.tip_off, key.moderator_id
    assert (made.state, made.target.key, made.evidence) == (TipOffState.RECEIVED, token, (bytes(32),))
    assert made.channel is TipOffChannel.APP
    assert made.due_time - made.file_time > timedelta(days=7)
    assigned = await ask("assign", made, key=key)
    await ask("add_note", made.tip_off_id, "a note", key=key)
    await ask("answer", made.tip_off_id, "thank you", key=key)
    await ask("hand_back", made.tip_off_id, key=key)
    await ask("assign", await _fresh(ask, made.tip_off_id), key=key)
    given = reasons(origin=Origin.TIP_OFF, tip_off=made.reference)
    upheld = await ask("uphold", made.tip_off_id, UpheldSanction(token, Degree.WARN, given), key=key)
    assert (upheld.outcome, upheld.moderator_id, len(upheld.sanction_id)) == (TipOffOutcome.UPHELD, me, 32)
    case = await ask("get", made.tip_off_id)
    assert case.tip_off == upheld
    assert (case.text, case.contact, case.content) == ("not true", "somebody@example.org", b"a copy")
    assert [(each.moderator_id, each.note) for each in case.notes] == [(me, "a note")]
    seen = await ask("follow", f"{made.reference[:4]}-{made.reference[4:]}", filed.secret)
    assert (seen.state, seen.outcome, seen.reply) == (TipOffState.RESOLVED, TipOffOutcome.UPHELD, "thank you")
    assert (seen.reference, seen.resolve_time) == (made.reference, upheld.resolve_time)
    assert assigned.moderator_id == me


async def _fresh(ask: AskClient, tip_off_id: str) -> Any:
    return (await ask("get", tip_off_id)).tip_off


async def test_dismissed_abusive_and_merged(world: TipOffWorld, ask: AskClient, key: ModeratorKey) -> None:
    """The other ways in which a report closes."""
    filed = [
        (
            await ask(
                "file", CONTENT, RUMOUR, "a", channel=WEB, reporter_account_token=await world.person(place)
            )
        ).tip_off
        for place in range(3)
    ]
    for each in filed[:2]:
        await ask("assign", each, key=key)
    dismissed = await ask("dismiss", filed[0].tip_off_id, Dismissal.NOT_COMPETENT, key=key, reply="not us")
    assert (dismissed.outcome, dismissed.dismissal) == (TipOffOutcome.DISMISSED, Dismissal.NOT_COMPETENT)
    merged = await ask("merge", filed[0].tip_off_id, [filed[2].tip_off_id], key=key)
    assert merged == dismissed
    duplicate = await _fresh(ask, filed[2].tip_off_id)
    assert (duplicate.outcome, duplicate.merged_into_id) == (TipOffOutcome.DUPLICATE, filed[0].tip_off_id)
    abusive = await ask("find_abusive", filed[1].tip_off_id, key=key, reply="do not")
    assert abusive.outcome is TipOffOutcome.ABUSIVE
    page = await ask("list_reporters", standing=ReporterStanding.WARNED)
    (warned,) = page.reporters
    assert (warned.abusive, warned.accuracy, page.next_page_token) == (1, 0.0, "")
    end = datetime.now(UTC).replace(microsecond=0) + timedelta(days=3)
    limited = await ask(
        "set_reporter_standing", warned.reporter_id, ReporterStanding.LIMITED, key=key, limit_end=end
    )
    assert (limited.standing, limited.limit_end_time) == (ReporterStanding.LIMITED, end)
    first = await ask("list_reporters", page_size=2)
    rest = await ask("list_reporters", page_size=2, page_token=first.next_page_token)
    assert len({each.reporter_id for each in (*first.reporters, *rest.reporters)}) == 3
    # One of an id is read by itself, wherever in the list it stands.
    [last] = rest.reporters
    assert (await ask("list_reporters", reporter_id=last.reporter_id)).reporters == (last,)
    assert (await ask("list_reporters", reporter_id="f" * 32)).reporters == ()
    found = {
        standing: (await ask("list_reporters", reporter_id=warned.reporter_id, standing=standing)).reporters
        for standing in (ReporterStanding.LIMITED, ReporterStanding.WARNED)
    }
    assert found == {ReporterStanding.LIMITED: (limited,), ReporterStanding.WARNED: ()}


def request(**changes: Any) -> pb.FileTipOffRequest:
    """Return a complete request, with changes."""
    made = pb.FileTipOffRequest(
        request_id=str(uuid4()),
        channel=pb.TipOff.CHANNEL_WEB,
        target=pb.TipOffTarget(content="post/1"),
        category=StatementOfReasons.CATEGORY_RUMOUR,
        text="a",
    )
    for name, value in changes.items():
        setattr(made, name, value)
    return made


def about(**target: str) -> pb.FileTipOffRequest:
    """Return a complete request about something else."""
    made = request()
    made.target.CopyFrom(pb.TipOffTarget(**target))
    return made


async def violations(edge: Served, method: str, asked: Any) -> list[str]:
    """Return the invalid fields of a request as a platform without our client sends it."""
    return list((await refused_raw(edge, SERVICE, method, asked)).fields)


async def test_wrong_fields_are_named(edge: Served) -> None:
    """What no report, decision or list has is refused with the path of its field."""
    no_target, mine = request(), str(uuid4())
    no_target.ClearField("target")
    wrong: list[tuple[str, Any, str]] = [
        ("FileTipOff", request(channel=0), "channel"),
        ("FileTipOff", request(category=99), "category"),
        ("FileTipOff", no_target, "target"),
        ("FileTipOff", request(text=""), "text"),
        ("FileTipOff", about(public_account_id="a" * 33), "target.public_account_id"),
        ("FileTipOff", about(account_token="acct_1"), "target.account_token"),
        ("FileTipOff", request(reporter_account_token="me"), "reporter_account_token"),
        ("FileTipOff", request(operation_id="a" * 31), "operation_id"),
        ("ListTipOffs", pb.ListTipOffsRequest(operation_id="month"), "operation_id"),
        ("FollowTipOff", pb.FollowTipOffRequest(reference="1", secret="1" * 16), "reference"),
        ("FollowTipOff", pb.FollowTipOffRequest(reference="1" * 12, secret="1"), "secret"),
        ("ListTipOffs", pb.ListTipOffsRequest(reference="1234 5678 9012"), "reference"),
        ("SupplementTipOff", pb.SupplementTipOffRequest(request_id=mine, reference="1" * 12), "text"),
        (
            "SupplementTipOff",
            pb.SupplementTipOffRequest(request_id=mine, reference="1", secret="1" * 16, text="a"),
            "reference",
        ),
        (
            "SupplementTipOff",
            pb.SupplementTipOffRequest(request_id=mine, text="a", reference="1" * 12),
            "secret",
        ),
        ("ListTipOffs", pb.ListTipOffsRequest(page_size=1_001), "page_size"),
        ("ListTipOffs", pb.ListTipOffsRequest(page_token="a" * 32), "page_token"),
        ("ListTipOffs", pb.ListTipOffsRequest(page_token="0-" + "9" * 18 + "-" + "a" * 32), "page_token"),
        ("ListTipOffs", pb.ListTipOffsRequest(state=99), "state"),  # type: ignore[arg-type]
        ("ListTipOffs", pb.ListTipOffsRequest(due_before_time=Timestamp(seconds=2**62)), "due_before_time"),
        ("ListReporters", pb.ListReportersRequest(page_token="me"), "page_token"),
        ("ListReporters", pb.ListReportersRequest(reporter_id="me"), "reporter_id"),
    ]
    for method, asked, field in wrong:
        assert await violations(edge, method, asked) == [field], method


async def test_wrong_fields_of_decisions_are_named(edge: Served) -> None:
    """What no decision has is refused with the path of its field, and a wrong signature, too."""
    ids: dict[str, Any] = {"request_id": str(uuid4()), "tip_off_id": "a" * 32, "moderator_id": "b" * 32}
    resolve = pb.ResolveTipOffRequest(**ids, outcome=pb.TipOff.OUTCOME_UPHELD)
    resolve.sanction.request_id = ids["request_id"]
    signing: dict[str, Any] = {
        "moderator_id": "b" * 32,
        "sign_time": Timestamp(seconds=1),
        "signature": bytes(64),
    }
    by: dict[str, Any] = {"signature": ModeratorSignature(**signing)}
    wrong: list[tuple[str, Any, str]] = [
        ("AssignTipOff", pb.AssignTipOffRequest(request_id=ids["request_id"]), "tip_off_id"),
        (
            "AssignTipOff",
            pb.AssignTipOffRequest(**ids, former_moderator_id="x"),
            "former_moderator_id",
        ),
        ("MergeTipOffs", pb.MergeTipOffsRequest(**ids), "duplicate_ids"),
        ("MergeTipOffs", pb.MergeTipOffsRequest(**ids, duplicate_ids=["a" * 32] * 101), "duplicate_ids"),
        ("MergeTipOffs", pb.MergeTipOffsRequest(**ids, duplicate_ids=["a" * 32, "x"]), "duplicate_ids[1]"),
        ("ResolveTipOff", pb.ResolveTipOffRequest(**ids), "outcome"),
        (
            "ResolveTipOff",
            pb.ResolveTipOffRequest(**ids, **by, outcome=pb.TipOff.OUTCOME_DUPLICATE),
            "outcome",
        ),
        (
            "ResolveTipOff",
            pb.ResolveTipOffRequest(**ids, **by, outcome=pb.TipOff.OUTCOME_DISMISSED, reply="x"),
            "signature.text_salt",
        ),
        ("AddTipOffNote", pb.AddTipOffNoteRequest(**ids, note="x"), "signature.text_salt"),
        ("ReturnTipOff", pb.ReturnTipOffRequest(**ids), "signature.moderator_id"),
        (
            "ReturnTipOff",
            pb.ReturnTipOffRequest(**{**ids, "moderator_id": "c" * 32}, **by),
            "signature.moderator_id",
        ),
        ("ResolveTipOff", resolve, "sanction.request_id"),
        ("SetReporterStanding", pb.SetReporterStandingRequest(**ids_of_reporter()), "standing"),
    ]
    for method, asked, field in wrong:
        assert await violations(edge, method, asked) == [field], method


def ids_of_reporter() -> dict[str, Any]:
    return {"request_id": str(uuid4()), "reporter_id": "a" * 32}


async def test_a_sanction_is_signed_by_the_assignee(
    world: TipOffWorld, ask: AskClient, key: ModeratorKey, edge: Served
) -> None:
    """The moderator of the decision and of the signature are one."""
    filed = (await ask("file", CONTENT, RUMOUR, "a", channel=WEB)).tip_off
    asked = pb.ResolveTipOffRequest(
        request_id=str(uuid4()),
        tip_off_id=filed.tip_off_id,
        moderator_id="e" * 32,
        outcome=pb.TipOff.OUTCOME_UPHELD,
    )
    token = await world.world.account()
    wanted = UpheldSanction(token, Degree.WARN, reasons())
    signed = imposition(wanted, key=key, signed_id=asked.request_id)
    asked.sanction.CopyFrom(codec.message_of(ImposeSanctionRequest.DESCRIPTOR, signed))
    assert await violations(edge, "ResolveTipOff", asked) == ["sanction.signature.moderator_id"]
