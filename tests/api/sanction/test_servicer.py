"""SanctionService over a real channel and a real database, called by both clients."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import idvault_client
from idvault_client import Reason
from idvault_client.errors import (
    AccessDenied,
    InvalidFields,
    NotFound,
    PreconditionFailed,
    RequestIdReused,
)
from idvault_client.sanctions import (
    AccountSanction,
    AppealFigures,
    ApplicationFigures,
    AuthorityOrder,
    Degree,
    IssuerKind,
    ModeratorKey,
    OperationFigure,
    OperationState,
    OperationTipOffs,
    OrderState,
    Origin,
    PlatformMonth,
    PlatformOperation,
    PlatformOrder,
    SanctionState,
    Scope,
    TipOffFigures,
    sign_registration,
)
from idvault_verify.account import Standing
from idvault_verify.registry import RegistryAnswer
from idvault_verify.v1 import sanction_pb2 as pb
from tests.api.sanction.conftest import AskSanctions, moderator, refused, violations
from tests.support.tip_off_world import TipOffWorld, key_files
from tools.support.sanction_world import SanctionWorld, key_of, reasons

ACCOUNT = "acct_" + "0" * 25 + "1"
ORDER = AuthorityOrder("an authority (synthetic)", "order 3", date(2026, 2, 27), bytes(32))


async def test_a_closing_from_end_to_end(world: SanctionWorld, ask: AskSanctions) -> None:
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
    assert proposed.statement is not None
    assert proposed.statement.end_at == end.replace(microsecond=0)
    assert proposed.statement.order == ORDER
    assert proposed.lapse_time == proposed.impose_time + timedelta(hours=72)
    own = await refused(ask("confirm", proposed, key=first))
    assert (type(own), own.reason) == (AccessDenied, Reason.SELF_APPROVAL)
    closed: AccountSanction = await ask("confirm", proposed, key=second)
    assert (closed.state, closed.confirm_moderator_id) == (SanctionState.IN_FORCE, second.moderator_id)
    status = await ask("get_status", token)
    assert (status.standing, status.standing_until) == (Standing.CLOSED, end.replace(microsecond=0))
    told = await refused(ask("confirm", proposed, key=second))
    assert (type(told), told.reason) == (PreconditionFailed, Reason.ILLEGAL_TRANSITION)
    assert told.states == ("IN_FORCE", "IN_FORCE")
    assert "IN_FORCE cannot become IN_FORCE" in str(told)
    lifted: AccountSanction = await ask("lift", closed, "a mistake", key=first)
    assert (lifted.state, lifted.lift_reason, lifted.lift_moderator_id) == (
        SanctionState.LIFTED,
        "a mistake",
        first.moderator_id,
    )
    assert lifted.finish_time is not None
    assert await ask("get", proposed.sanction_id) == lifted
    assert (await ask("get_status", token)).standing is Standing.GOOD


async def test_a_sanction_of_a_person(world: SanctionWorld, ask: AskSanctions) -> None:
    """The scope is sent, signed and returned; an account without a known owner is refused."""
    token, first, second = await world.account(), await moderator(world), await moderator(world)
    proposed = await ask("impose", token, Degree.WARN, reasons(), key=first, scope=Scope.PERSON)
    assert (proposed.scope, proposed.state) == (Scope.PERSON, SanctionState.PROPOSED)
    assert (await ask("confirm", proposed, key=second)).state is SanctionState.IN_FORCE
    of_account = await ask("impose", token, Degree.WARN, reasons(), key=first)
    assert (of_account.scope, of_account.state) == (Scope.ACCOUNT, SanctionState.IN_FORCE)
    world.claims.registry.script.append(RegistryAnswer.MISMATCH)
    unknown = await world.account(2)
    told = await refused(ask("impose", unknown, Degree.WARN, reasons(), key=first, scope=Scope.PERSON))
    assert (type(told), told.reason) == (PreconditionFailed, Reason.PERSON_UNKNOWN)


async def test_an_order_of_an_authority(world: SanctionWorld, ask: AskSanctions) -> None:
    """Recorded, listed by state, and carried out by a sanction that names it."""
    token, key = await world.account(), await moderator(world)
    deadline = datetime.now(UTC) + timedelta(days=1)
    recorded: PlatformOrder = await ask("record_order", ORDER, deadline=deadline, key=key)
    assert (recorded.order, recorded.state) == (ORDER, OrderState.OPEN)
    assert (recorded.deadline, recorded.carry_out_time) == (deadline.replace(microsecond=0), None)
    given = reasons(issuer_kind=IssuerKind.AUTHORITY, order=ORDER, origin=Origin.AUTHORITY)
    made = await ask("impose", token, Degree.WARN, given, key=key)
    (found,) = (await ask("list_orders", state=OrderState.CARRIED_OUT)).orders
    assert (found.order_id, found.carry_out_time) == (recorded.order_id, made.start_time)
    assert (await ask("list_orders", state=OrderState.OPEN)).orders == ()
    carried = await ask("list_page", order_id=recorded.order_id)
    assert [each.sanction_id for each in carried.sanctions] == [made.sanction_id]
    unknown = await refused(ask("list_page", order_id="f" * 32))
    assert (type(unknown), unknown.reason) == (NotFound, Reason.ORDER_NOT_FOUND)


async def test_an_operation_and_its_figures(world: SanctionWorld, ask: AskSanctions, tmp_path: Path) -> None:
    """Opened, named by a sanction and a report, counted, closed, listed."""
    token, key = await world.account(), await moderator(world)
    operation: PlatformOperation = await ask("open_operation", "a month (synthetic)", key=key)
    assert (operation.state, operation.title) == (OperationState.OPEN, "a month (synthetic)")
    made = await ask("impose", token, Degree.WARN, reasons(), key=key, operation=operation)
    assert made.operation_id == operation.operation_id
    reports = TipOffWorld(world.database, key_files(tmp_path))
    await reports.file(operation_id=operation.operation_id)
    found = await ask("get_operation", operation.operation_id)
    assert found.tip_offs == OperationTipOffs(received=1)
    assert found.figures == (OperationFigure(Degree.WARN, Scope.ACCOUNT, 1, 1, 0, 0),)
    closed = await ask("close_operation", operation.operation_id, key=key)
    assert closed.state is OperationState.CLOSED
    assert closed.close_time is not None
    page = await ask("list_operations", state=OperationState.CLOSED, page_size=1)
    assert (page.operations, page.next_page_token) == ((closed,), "")
    late = await refused(ask("impose", token, Degree.WARN, reasons(), key=key, operation=operation))
    assert (type(late), late.reason) == (PreconditionFailed, Reason.OPERATION_CLOSED)
    again = await refused(ask("close_operation", operation.operation_id, key=key))
    assert again.states == ("CLOSED", "CLOSED")
    listed = await ask("list_page", operation_id=operation.operation_id)
    assert [each.sanction_id for each in listed.sanctions] == [made.sanction_id]


async def test_the_figures_of_a_month(world: SanctionWorld, ask: AskSanctions, tmp_path: Path) -> None:
    """Of everything that began in it; a month that has not begun is refused by the name of its field."""
    token, key = await world.account(), await moderator(world)
    made = await ask("impose", token, Degree.WARN, reasons(), key=key)
    await ask("impose", token, Degree.CLOSE, reasons(), key=key)
    await ask("file_appeal", made.sanction_id, "it was satire (synthetic)")
    filed = await TipOffWorld(world.database, key_files(tmp_path)).file()
    month = f"{filed.tip_off.file_time:%Y-%m}"
    assert await ask("get_month", month) == PlatformMonth(
        month,
        TipOffFigures(filed=1, open=1, reply_late=1, solution_late=1),
        (),
        0,
        0,
        AppealFigures(),
        ApplicationFigures(),
        AppealFigures(),
    )
    present = await ask("get_month")
    assert present.sanctions == (OperationFigure(Degree.WARN, Scope.ACCOUNT, 1, 1, 0, 0),)
    assert (present.proposals_open, present.appeals) == (1, AppealFigures(filed=1, open=1))
    for wrong in ("2999-01", "soon"):
        assert set((await refused(ask("get_month", wrong))).fields) == {"month"}


async def test_a_moderator_is_read(world: SanctionWorld, ask: AskSanctions) -> None:
    """Registered, and revoked; an unknown one is not found."""
    key = await moderator(world)
    assert (await ask("get_moderator", key.moderator_id)).revoke_time is None
    revoked = await ask("revoke_moderator", key.moderator_id)
    assert await ask("get_moderator", key.moderator_id) == revoked
    assert (await refused(ask("get_moderator", "f" * 32))).reason == Reason.MODERATOR_NOT_FOUND
    assert set((await refused(ask("get_moderator", "me"))).fields) == {"moderator_id"}


async def test_a_repeat_is_signed_anew(world: SanctionWorld, ask: AskSanctions) -> None:
    """The same request id with the same body is the same decision, with another body it is refused."""
    token, key, asked = await world.account(), await moderator(world), uuid4()
    made = await ask("impose", token, Degree.LIMIT, reasons(), key=key, measure="no-video", request_id=asked)
    again = await ask("impose", token, Degree.LIMIT, reasons(), key=key, measure="no-video", request_id=asked)
    assert made == again
    assert made.measure == "no-video"
    other = await refused(
        ask("impose", token, Degree.LIMIT, reasons(), key=key, measure="other", request_id=asked)
    )
    assert type(other) is RequestIdReused


async def test_pages(world: SanctionWorld, ask: AskSanctions) -> None:
    """Lists by account and state, page by page."""
    token, other, key = await world.account(1), await world.account(2), await moderator(world)
    made = [await ask("impose", token, Degree.WARN, reasons(), key=key) for _ in range(3)]
    await ask("lift", made[0], "a mistake", key=key)
    page = await ask("list_page", account_token=token, page_size=2)
    rest = await ask("list_page", account_token=token, page_size=2, page_token=page.next_page_token)
    assert [each.sanction_id for each in (*page.sanctions, *rest.sanctions)] == [
        each.sanction_id for each in made
    ]
    assert rest.next_page_token == ""
    assert (await ask("list_page", account_token=other)).sanctions == ()
    lifted = await ask("list_page", state=SanctionState.LIFTED)
    assert [each.sanction_id for each in lifted.sanctions] == [made[0].sanction_id]


async def test_a_key_is_registered_again(world: SanctionWorld, ask: AskSanctions) -> None:
    """A key that has its id is the same moderator as before, so one key is never two people."""
    staff = [await moderator(world), await moderator(world)]
    now = datetime.now(UTC)
    made = sign_registration(ModeratorKey.generate("platform-a"), now=now)
    with pytest.raises(InvalidFields) as unsigned:
        await ask("register_moderator", made)
    assert dict(unsigned.value.items()) == {"countersignatures": "REQUIRED"}
    for key in staff:
        made = made.countersign(key, now=now)
    registered = await ask("register_moderator", made)
    assert registered.public_key == made.public_key
    again = sign_registration(
        ModeratorKey("platform-a", Ed25519PrivateKey.from_private_bytes(b"s" * 32)), now=now
    )
    assert type(await refused(ask("find_moderator", again.public_key))) is NotFound
    assert await ask("find_moderator", made.public_key) == registered
    assert (await ask("register_moderator", made)).moderator_id == registered.moderator_id


async def test_a_revoked_moderator(world: SanctionWorld, ask: AskSanctions) -> None:
    """Revoked for good, and unknown ones are not found."""
    token, key = await world.account(), await moderator(world)
    revoked = await ask("revoke_moderator", key.moderator_id)
    assert revoked.revoke_time is not None
    refusal = await refused(ask("impose", token, Degree.WARN, reasons(), key=key))
    assert (type(refusal), refusal.reason) == (PreconditionFailed, Reason.MODERATOR_REVOKED)
    assert type(await refused(ask("revoke_moderator", "f" * 32))) is NotFound
    assert type(await refused(ask("get", "f" * 32))) is NotFound


async def test_wrong_fields_are_named(world: SanctionWorld, ask: AskSanctions) -> None:
    """What the rules refuse is named with its path, and so is a signature of another key."""
    token, key = await world.account(), await moderator(world)
    wrong = await refused(ask("impose", token, Degree.WARN, reasons(evidence=(), territory=""), key=key))
    assert isinstance(wrong, InvalidFields)
    assert dict(wrong.items()) == {
        "statement.evidence_digests": "REQUIRED",
        "statement.territory": "REQUIRED",
    }
    measure = await refused(ask("impose", token, Degree.WARN, reasons(), key=key, measure="x"))
    assert dict(measure.fields) == {"measure": "CHARACTER"}
    other = ModeratorKey.generate("platform-a").of(key.moderator_id)
    forged = await refused(ask("impose", token, Degree.WARN, reasons(), key=other))
    assert dict(forged.fields) == {"signature.signature": "CHARACTER"}
    unsigned = await refused(ask("impose", token, Degree.WARN, reasons(), key=key.of("")))
    assert dict(unsigned.fields) == {"signature.moderator_id": "REQUIRED"}


def test_a_key_is_kept_in_a_file() -> None:
    """A key is stored encrypted, read back with its password only, and does not show."""
    key = key_of(1).of("1" * 32)
    pem = key.to_pem(password=b"a passphrase")
    again = ModeratorKey.from_pem(
        pem, password=b"a passphrase", relying_party="platform-a", moderator_id="1" * 32
    )
    assert (again.public_key, again.moderator_id) == (key.public_key, key.moderator_id)
    # A wrong password decrypts to nonsense, which once in 256 times is padded rightly.
    for number in range(20):
        with pytest.raises(ValueError, match="the password or the file is wrong"):
            ModeratorKey.from_pem(pem, password=b"another %d" % number, relying_party="platform-a")
    assert "private_key" not in repr(key)


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


async def test_every_missing_part_is_named(edge: tuple[str, idvault_client.Tls]) -> None:
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


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        (lambda it: setattr(it, "degree", 0), "degree", "REQUIRED"),
        (lambda it: setattr(it, "degree", 99), "degree", "CHARACTER"),
        (lambda it: setattr(it, "scope", 99), "scope", "CHARACTER"),
        (lambda it: setattr(it, "operation_id", "me"), "operation_id", "CHARACTER"),
        (lambda it: setattr(it.statement, "ground", 99), "statement.ground", "CHARACTER"),
        (lambda it: it.statement.ClearField("without_end"), "statement.end_time", "REQUIRED"),
        (lambda it: setattr(it.statement, "without_end", False), "statement.end_time", "REQUIRED"),
        (
            lambda it: setattr(it.statement.end_time, "seconds", 2**62),
            "statement.end_time",
            "CHARACTER",
        ),
        (lambda it: None, "signature.moderator_id", "REQUIRED"),
        (
            lambda it: setattr(it.signature, "moderator_id", "me"),
            "signature.moderator_id",
            "CHARACTER",
        ),
        (
            lambda it: setattr(it.signature, "moderator_id", "1" * 32),
            "signature.sign_time",
            "REQUIRED",
        ),
    ],
)
async def test_a_request_is_checked(
    edge: tuple[str, idvault_client.Tls], change: Any, field: str, code: str
) -> None:
    """One wrong field of a request without our client is named with its code."""
    request = imposed()
    change(request)
    assert await violations(edge, "ImposeSanction", request) == {field: code}


async def test_an_order_is_read(edge: tuple[str, idvault_client.Tls]) -> None:
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


async def test_lists_are_checked(edge: tuple[str, idvault_client.Tls]) -> None:
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


async def test_an_order_to_record_is_checked(edge: tuple[str, idvault_client.Tls]) -> None:
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
