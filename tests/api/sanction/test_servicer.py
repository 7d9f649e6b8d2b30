"""SanctionService over a real channel and a real database, called by both clients."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

from idvault_client.errors import PreconditionFailed
from idvault_client.sanctions import (
    AccountSanction,
    AuthorityOrder,
    Degree,
    IssuerKind,
    Origin,
    SanctionState,
)
from idvault_verify.account import Standing
from idvault_verify.v1 import sanction_pb2 as pb
from tests.api.sanction.conftest import moderator, status, violations
from tests.support.both_clients import AskClient
from tests.support.refusal import refused
from tests.support.served import Served
from tools.support.sanction_world import SanctionWorld, reasons

ACCOUNT = "acct_" + "0" * 25 + "1"
ORDER = AuthorityOrder("an authority (synthetic)", "order 3", date(2026, 2, 27), bytes(32))


async def test_a_closing_from_end_to_end(world: SanctionWorld, ask: AskClient, edge: Served) -> None:
    """Proposed, confirmed by another key, told in the status, lifted; every value arrives."""
    token = await world.account()
    first, second = await moderator(world), await moderator(world)
    end = datetime.now(UTC) + timedelta(days=9)
    given = reasons(end_at=end, issuer_kind=IssuerKind.AUTHORITY, order=ORDER, origin=Origin.AUTHORITY)
    proposed: AccountSanction = await ask("impose", token, Degree.CLOSE, given, key=first)
    assert (proposed.degree, proposed.state, proposed.start_time) == (
        Degree.CLOSE,
        SanctionState.PROPOSED,
        None,
    )
    assert proposed.statement == replace(given, end_at=end.replace(microsecond=0))
    assert proposed.lapse_time == proposed.impose_time + timedelta(hours=72)
    closed: AccountSanction = await ask("confirm", proposed, key=second)
    assert (closed.state, closed.confirm_moderator_id) == (SanctionState.IN_FORCE, second.moderator_id)
    shown = await status(edge, token)
    assert (shown.standing, shown.standing_until) == (Standing.CLOSED, end.replace(microsecond=0))
    told = await refused(ask("confirm", proposed, key=second))
    assert (type(told), told.states) == (PreconditionFailed, ("IN_FORCE", "IN_FORCE"))
    lifted: AccountSanction = await ask("lift", closed, "a mistake", key=first)
    assert (lifted.state, lifted.lift_reason, lifted.lift_moderator_id) == (
        SanctionState.LIFTED,
        "a mistake",
        first.moderator_id,
    )
    assert lifted.finish_time is not None
    assert await ask("get", proposed.sanction_id) == lifted
    assert (await status(edge, token)).standing is Standing.GOOD


def imposed(**changes: Any) -> pb.ImposeSanctionRequest:
    """Return a request that nobody has signed, with changes."""
    kind = pb.StatementOfReasons
    request = pb.ImposeSanctionRequest(
        request_id=str(uuid4()),
        account_token=ACCOUNT,
        degree=pb.Sanction.DEGREE_WARN,
        statement=kind(
            ground=kind.GROUND_ILLEGAL,
            category=kind.CATEGORY_FRAUD,
            rule_reference="a",
            case_reference="b",
            evidence_digests=[bytes(32)],
            origin=kind.ORIGIN_OWN_INITIATIVE,
            detection=kind.AUTOMATION_NONE,
            decision=kind.AUTOMATION_NONE,
            without_end=True,
            territory="CN",
            redress="write",
            issuer_kind=kind.ISSUER_KIND_PLATFORM,
        ),
    )
    for name, value in changes.items():
        setattr(request, name, value)
    return request


async def test_every_missing_part_is_named(edge: Served) -> None:
    """An empty statement is refused with all its parts at once, whatever is known of their order."""
    empty = imposed()
    empty.statement.Clear()
    found = await violations(edge, "ImposeSanction", empty)
    assert found == dict.fromkeys(
        [
            f"statement.{name}"
            for name in (
                "ground",
                "category",
                "rule_reference",
                "case_reference",
                "evidence_digests",
                "origin",
                "detection",
                "decision",
                "end_time",
                "territory",
                "redress",
                "issuer_kind",
            )
        ],
        "REQUIRED",
    )


WRONG: list[tuple[Callable[[Any], object], str, str]] = [
    (lambda it: setattr(it, "degree", 0), "degree", "REQUIRED"),
    (lambda it: setattr(it, "degree", 99), "degree", "CHARACTER"),
    (lambda it: setattr(it, "scope", 99), "scope", "CHARACTER"),
    (lambda it: setattr(it, "operation_id", "me"), "operation_id", "CHARACTER"),
    (lambda it: setattr(it.statement, "ground", 99), "statement.ground", "CHARACTER"),
    (lambda it: it.statement.ClearField("without_end"), "statement.end_time", "REQUIRED"),
    (lambda it: setattr(it.statement, "without_end", False), "statement.end_time", "REQUIRED"),
    (lambda it: setattr(it.statement.end_time, "seconds", 2**62), "statement.end_time", "CHARACTER"),
    (lambda it: None, "signature.moderator_id", "REQUIRED"),
    (lambda it: setattr(it.signature, "moderator_id", "me"), "signature.moderator_id", "CHARACTER"),
    (lambda it: setattr(it.signature, "moderator_id", "1" * 32), "signature.sign_time", "REQUIRED"),
]


async def test_a_request_is_checked(edge: Served) -> None:
    """One wrong field of a request without our client is named with its code."""
    for change, field, code in WRONG:
        request = imposed()
        change(request)
        assert await violations(edge, "ImposeSanction", request) == {field: code}


async def test_an_order_is_read(edge: Served) -> None:
    """The day of an order is a day, and a signature has 64 bytes."""
    request = imposed()
    request.statement.issuer_kind = pb.StatementOfReasons.ISSUER_KIND_AUTHORITY
    order = pb.AuthorityOrder(authority="a", reference="b", digest=bytes(32))
    request.statement.order.CopyFrom(order)
    found = await violations(edge, "ImposeSanction", request)
    assert found == {"statement.order.order_date": "REQUIRED"}
    request.statement.order.order_date = "2026-02-30"
    found = await violations(edge, "ImposeSanction", request)
    assert found == {"statement.order.order_date": "CHARACTER"}
    short = imposed()
    short.signature.moderator_id = "1" * 32
    short.signature.sign_time.GetCurrentTime()
    assert await violations(edge, "ImposeSanction", short) == {"signature.signature": "LENGTH"}


async def test_lists_are_checked(edge: Served) -> None:
    """Sizes, states and page tokens that no page has."""
    for request, field in (
        (pb.ListSanctionsRequest(page_size=1_001), "page_size"),
        (pb.ListSanctionsRequest(page_size=-1), "page_size"),
        (pb.ListSanctionsRequest(page_token="f" * 31), "page_token"),
        (pb.ListSanctionsRequest(page_token="f" * 32), "page_token"),
        (pb.ListSanctionsRequest(state=99), "state"),  # type: ignore[arg-type]
        (pb.ListSanctionsRequest(account_token="acct_1"), "account_token"),
        (pb.ListSanctionsRequest(operation_id="me"), "operation_id"),
        (pb.ListSanctionsRequest(order_id="me"), "order_id"),
        (pb.ListSanctionsRequest(operation_id="f" * 32, order_id="f" * 32), "order_id"),
        (pb.ListSanctionsRequest(account_token=ACCOUNT, operation_id="f" * 32), "operation_id"),
    ):
        assert list(await violations(edge, "ListSanctions", request)) == [field]
    for method, other in (
        ("ListOrders", pb.ListOrdersRequest(state=99)),  # type: ignore[arg-type]
        ("ListOperations", pb.ListOperationsRequest(state=99)),  # type: ignore[arg-type]
    ):
        assert await violations(edge, method, other) == {"state": "CHARACTER"}


async def test_an_order_to_record_is_checked(edge: Served) -> None:
    """Every missing part is named at once, and a deadline that is no time."""
    request = pb.RecordOrderRequest(request_id=str(uuid4()))
    assert await violations(edge, "RecordOrder", request) == {
        "order.order_date": "REQUIRED",
        "order.authority": "REQUIRED",
        "order.reference": "REQUIRED",
        "order.digest": "LENGTH",
        "deadline": "REQUIRED",
    }
    request.order.CopyFrom(
        pb.AuthorityOrder(authority="a", reference="b", order_date="2026-02-27", digest=bytes(32))
    )
    request.deadline.seconds = 2**62
    assert await violations(edge, "RecordOrder", request) == {"deadline": "CHARACTER"}
