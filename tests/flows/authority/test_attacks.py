"""What authorities, thieves of their keys and lying edges try with orders, and do not get."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import uuid4

import pytest

from idvault.authority import rules
from idvault_client.errors import VaultError
from idvault_people.trust import FindingError
from idvault_verify.attest.order import OrderTerms
from idvault_verify.error import InvalidError, Reason
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import Degree
from idvault_verify.tip_off import TargetKind
from idvault_verify.v1 import authority_pb2 as pb
from tests.storage.hooks import before_statements
from tests.support.refusal import fields_of, reason_of
from tools.support.authority_world import DOCUMENT, HOUR, TERM, AuthorityWorld, carrying
from tools.support.flow_world import PARTY, at
from tools.support.orders import OFFICE, OTHER_OFFICE, roster, signed, terms

TARGET = "acct_" + "0" * 25 + "7"


def send(
    world: AuthorityWorld,
    *papers: bytes,
    name: str = OFFICE,
    seconds: float = 0,
    code: str | None = None,
    request_id: str = "",
) -> Awaitable[Any]:
    """Send what was signed, as an authority's certificate."""
    request = pb.IssueOrdersRequest(
        request_id=request_id or str(uuid4()),
        signed_orders=papers,
        code=world.codes.code() if code is None else code,
    )
    return world.edge(name, seconds=seconds).ask(
        "AuthorityService/IssueOrders", request, pb.IssueOrdersResponse
    )


def now(seconds: float = 0, **changes: Any) -> OrderTerms:
    """Return the terms of an order of a time."""
    at_ = int(at(seconds).real.timestamp())
    return terms(create_time=at_, deadline=at_ + TERM, **changes)


async def test_the_vault_takes_only_what_its_caller_signed(world: AuthorityWorld) -> None:
    """Another authority's order, an altered one, and one that names another are refused; no code is spent."""
    good, code = signed(now()), world.codes.code()
    for papers, name in (
        ((good[:-1] + bytes([good[-1] ^ 1]),), OFFICE),
        ((good,), OTHER_OFFICE),
        ((signed(now(authority=OTHER_OFFICE)),), OFFICE),
        ((signed(now(), OTHER_OFFICE),), OFFICE),
        ((good, b"x"), OFFICE),
        ((), OFFICE),
    ):
        assert await fields_of(send(world, *papers, name=name, code=code)) == ["signed_orders"]
    assert await world.orders() == []
    assert code in world.codes.good


async def test_an_order_is_given_once(world: AuthorityWorld) -> None:
    """A repeat of the request is the same; the same order, or its id, by another request is refused."""
    paper, request_id = signed(now()), str(uuid4())
    first = await send(world, paper, request_id=request_id)
    assert await send(world, paper, request_id=request_id, code="") == first
    for other in (paper, signed(now(target=TARGET)), signed(now(platform="platform-b"))):
        assert await reason_of(send(world, other)) is Reason.REQUEST_ID_REUSED
    assert await reason_of(send(world, signed(now(order_id="ef" * 16)), request_id=request_id)) is (
        Reason.REQUEST_ID_REUSED
    )
    twice = signed(now(order_id="ef" * 16))
    assert await reason_of(send(world, twice, twice)) is Reason.REQUEST_ID_REUSED
    theirs = signed(now(authority=OTHER_OFFICE), OTHER_OFFICE)
    assert await reason_of(send(world, theirs, name=OTHER_OFFICE)) is Reason.REQUEST_ID_REUSED
    assert await world.events("order:") == ["order:authority:issue"]


async def test_a_withdrawn_order_is_not_given_again(world: AuthorityWorld) -> None:
    """Its id stays taken, whoever replays the signed bytes."""
    [given] = await world.issue((PARTY, TARGET))
    await world.withdraw(given)
    assert await reason_of(send(world, given.signed_order)) is Reason.REQUEST_ID_REUSED


async def test_an_old_signature_gives_nothing(world: AuthorityWorld) -> None:
    """Neither one of an hour ago, nor one of tomorrow, nor one under a former version of the roster."""
    for made in (-HOUR, HOUR):
        assert await fields_of(send(world, signed(now(made)))) == ["signed_orders"]
    world.rosters.versions.append(roster(OFFICE, OTHER_OFFICE, version=2))
    assert await reason_of(send(world, signed(now()))) is Reason.ROSTER_INVALID
    await send(world, signed(now(roster_digest=world.rosters.current.digest())))


async def test_a_revoked_authority_orders_nothing(world: AuthorityWorld) -> None:
    """From that version on its calls are refused; its earlier orders stay, and platforms know them."""
    [given] = await world.issue((PARTY, TARGET))
    before = await world.checked(given)
    world.rosters.versions.append(roster(OTHER_OFFICE, version=2))
    assert await reason_of(send(world, signed(now(order_id="ef" * 16)))) is Reason.ACCESS_DENIED
    assert await reason_of(world.withdraw(given)) is Reason.ACCESS_DENIED
    assert await world.checked(given, known=True) == before
    assert [each.order_id for each in await world.orders()] == [given.order_id]


async def test_a_thief_of_the_certificate_needs_a_code(world: AuthorityWorld) -> None:
    """And of the key, too: each act spends a code, once."""
    paper, code = signed(now()), world.codes.code()
    for wrong in ("", "000000"):
        assert await reason_of(send(world, paper, code=wrong)) is Reason.SECOND_FACTOR_REFUSED
    await send(world, paper, code=code)
    again = signed(now(order_id="ef" * 16))
    assert await reason_of(send(world, again, code=code)) is Reason.SECOND_FACTOR_REFUSED
    [given] = await asyncio.to_thread(lambda officer: list(officer.every()), world.officer())
    withdraw = world.officer().withdraw
    assert await reason_of(asyncio.to_thread(withdraw, given, "x", code=code)) is Reason.SECOND_FACTOR_REFUSED


async def test_a_day_has_an_end(world: AuthorityWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who fishes by many orders reaches the budget; another authority has its own."""
    monkeypatch.setattr(rules, "MOST_CALLS_A_DAY", 2)
    for number in range(2):
        await send(world, signed(now(order_id=f"{number:032x}")))
    assert await reason_of(send(world, signed(now(order_id="f" * 32)))) is Reason.TOO_MANY_ATTEMPTS
    theirs = signed(now(order_id="e" * 32, authority=OTHER_OFFICE), OTHER_OFFICE)
    await send(world, theirs, name=OTHER_OFFICE)


async def test_an_answer_does_not_tell_whether_a_target_exists(world: AuthorityWorld) -> None:
    """An account, one of another platform, one that nobody has: answers, statements and entries are alike."""
    mine = await world.account()
    theirs = await world.account(2, relying_party="platform-b")
    told: list[dict[str, Any]] = []
    for number, target in enumerate((mine, theirs, TARGET)):
        statements: list[str] = []
        with before_statements(world.database, statements.append):
            [given] = await world.issue((PARTY, target), seconds=number)
        read = await world.read(given, seconds=5)
        fields = {
            name: getattr(read, name)
            for name in ("platform", "state", "missed", "objection", "acknowledge_time", "carry_out_time")
        }
        told.append(fields | {"statements": statements})
    assert told[0] == told[1] == told[2]


async def test_a_lying_edge_is_noticed_by_the_officer(world: AuthorityWorld) -> None:
    """An order that the vault invents, alters, or says to be withdrawn is no answer."""
    [given] = await world.issue((PARTY, TARGET))
    edge = world.edge()
    shown = await edge.ask(
        "AuthorityService/GetIssuedOrder", pb.GetIssuedOrderRequest(order_id=given.order_id), pb.IssuedOrder
    )

    class Lying:
        """Answers with a message of its own."""

        def __init__(self, answer: pb.IssuedOrder) -> None:
            self.answer = answer

        def call(self, _method: str, _request: Any, _answer: Any) -> Any:
            return self.answer

    def lie(**changes: Any) -> pb.IssuedOrder:
        made = pb.IssuedOrder.FromString(shown.SerializeToString())
        for name, value in changes.items():
            setattr(made, name, value)
        return made

    later = lie()
    later.deadline.FromDatetime(at(9 * HOUR).business)
    withdrawn = lie()
    withdrawn.withdraw_time.FromDatetime(at(1).business)
    for answer in (
        lie(signed_order=signed(now(target=TARGET), OTHER_OFFICE)),
        lie(signed_order=given.signed_order[:-1] + b"x"),
        lie(platform="platform-b"),
        lie(order_id="f" * 32),
        lie(signed_withdrawal=b"x" * 100),
        later,
        withdrawn,
    ):
        with pytest.raises(FindingError):
            await asyncio.to_thread(world.officer(edge=Lying(answer)).get, given.order_id)
    assert await asyncio.to_thread(world.officer(edge=Lying(lie())).get, given.order_id) == given


async def test_wrong_terms_are_refused_before_they_are_signed(world: AuthorityWorld) -> None:
    """The officer's machine says which part is wrong, and sends nothing."""
    edge = world.edge()
    officer = world.officer(edge=edge)
    with pytest.raises(InvalidError) as refused:
        officer.orders(
            [(PARTY, "post/1")],
            kind=TargetKind.ACCOUNT,
            measure=OrderMeasure.REMOVE,
            reference="x",
            legal_basis="x",
            deadline=at(TERM).business,
            document=DOCUMENT,
        )
    assert refused.value.reason is Reason.INVALID_ACCOUNT_TOKEN
    assert edge.calls == []


async def test_no_order_is_late_when_it_is_given(world: AuthorityWorld) -> None:
    """A platform has a day from the receipt on: the officer's machine says so, and the vault decides."""
    code, day = world.codes.code(), 24 * HOUR
    taken = int(at(0).business.timestamp())
    for deadline in (taken - 1, taken, taken + day - 1):
        made = signed(terms(create_time=min(taken, deadline - 1), deadline=deadline))
        assert await fields_of(send(world, made, code=code)) == ["deadline"]
        with pytest.raises(InvalidError) as refused:
            await world.issue((PARTY, TARGET), deadline=deadline - taken)
        assert [each.field for each in refused.value.violations] == ["deadline"]
    assert await world.orders() == []
    assert code in world.codes.good
    paper, request_id = signed(terms(create_time=taken, deadline=taken + day)), str(uuid4())
    first = await send(world, paper, code=code, request_id=request_id)
    assert await send(world, paper, code="", seconds=2, request_id=request_id) == first


async def test_an_unknown_platform_costs_no_code(world: AuthorityWorld) -> None:
    """Who mistypes a name repeats the command with the same code."""
    code = world.codes.code()
    nobody = send(world, signed(now(platform="nobody")), code=code)
    assert await reason_of(nobody) is Reason.PLATFORM_NOT_FOUND
    assert code in world.codes.good
    await send(world, signed(now()), code=code)


async def test_two_requests_at_once_give_an_order_once(world: AuthorityWorld) -> None:
    """One of them is refused, on both databases."""
    paper = signed(now())
    answers = await asyncio.gather(send(world, paper), send(world, paper), return_exceptions=True)
    assert sum(isinstance(each, VaultError) for each in answers) == 1
    assert len(await world.orders()) == 1


async def test_a_withdrawal_and_a_sanction_at_once(world: AuthorityWorld) -> None:
    """Whichever is first: carried out and then withdrawn, or withdrawn and refused; never the rest."""
    token, key = await world.account(), await world.moderator(1)
    [given] = await world.issue((PARTY, token))
    order = await world.checked(given)
    impose = world.impose(token, Degree.WARN, key=key, given=carrying(order), seconds=1)
    made, _ = await asyncio.gather(impose, world.withdraw(given, seconds=1), return_exceptions=True)
    read = await world.read(given, seconds=2)
    assert isinstance(made, VaultError) is (read.carry_out_time is None)
