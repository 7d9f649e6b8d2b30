"""Joint operations over both databases: opened, named by several platforms, counted and ended."""

import asyncio
from datetime import date, datetime
from typing import Any

import pytest

from idvault.report import rules as report_rules
from idvault.report import store as report_store
from idvault.sanction.operation import acts
from idvault_client.errors import NotFound
from idvault_client.sanctions import OperationState, PlatformOperation
from idvault_people.authority.joint import JointOfficer, OpenedOperation
from idvault_people.trust import FindingError
from idvault_verify.error import Reason
from idvault_verify.offline import order as order_check
from idvault_verify.sanction import Degree, SanctionCategory
from idvault_verify.v1 import authority_pb2 as pb
from tests.support.refusal import fields_of, reason_of
from tools.support import builders
from tools.support.authority_world import AuthorityWorld
from tools.support.flow_world import PARTY, at
from tools.support.orders import OFFICE, OTHER_OFFICE, joint, roster, signed
from tools.support.sanction_world import signing

DAY = 86_400
TODAY = at(0).business.astimezone(builders.ZONE).date()


def officer(
    world: AuthorityWorld, name: str = OFFICE, *, seconds: float = 0, edge: Any = None
) -> JointOfficer:
    made = world.officer(name, seconds=seconds, edge=edge)
    return JointOfficer(
        identity=made.identity,
        trust=made.trust,
        edge=made.edge,
        now=made.now,
        request_id=made.request_id,
        random=made.random,
    )


async def begin(
    world: AuthorityWorld, name: str = OFFICE, *, platforms: tuple[str, ...] = (PARTY, "platform-b")
) -> OpenedOperation:
    """Open an operation of today and tomorrow."""
    made = officer(world, name)
    terms = made.operation(
        "清朗 (synthetic)",
        categories=[SanctionCategory.FRAUD, SanctionCategory.RUMOUR],
        platforms=platforms,
        first_day=TODAY,
        last_day=date.fromordinal(TODAY.toordinal() + 1),
    )
    return await asyncio.to_thread(lambda: made.begin(terms, code=world.codes.code()))


async def read(world: AuthorityWorld, opened: OpenedOperation, *, name: str = OFFICE) -> OpenedOperation:
    return await asyncio.to_thread(officer(world, name).get, opened.operation_id)


async def at_platform(
    world: AuthorityWorld, opened: OpenedOperation, *, party: str = PARTY, seconds: float = 0
) -> PlatformOperation:
    return await world.asks(seconds, party=party).get_operation(opened.operation_id)


async def test_each_platform_has_it_and_checks_it(world: AuthorityWorld) -> None:
    """Each finds it among its own, signed; who takes no part does not."""
    opened = await begin(world)
    assert [each.platform for each in opened.counts] == [PARTY, "platform-b"]
    for party in (PARTY, "platform-b"):
        found = await at_platform(world, opened, party=party)
        checked = order_check.check_operation(
            found.signed_operation, platform=party, versions=world.rosters.versions
        )
        assert checked.terms.title == found.title == "清朗 (synthetic)"
        assert (found.state, found.end_time) == (OperationState.OPEN, opened.end_time)
    with pytest.raises(NotFound):
        await at_platform(world, opened, party="platform-c")
    assert await world.events("operation:") == ["operation:joint:open"]


async def test_counts_are_per_platform_and_small_ones_withheld(world: AuthorityWorld) -> None:
    """Of each platform, of its days; 1 to 4 could be about one person."""
    key, opened = await world.moderator(1), await begin(world)
    operation = await at_platform(world, opened)
    token = await world.account()
    for _ in range(4):
        await world.impose(token, Degree.WARN, key=key, operation=operation)
    assert _counts(await read(world, opened)) == {PARTY: [(Degree.WARN, None)], "platform-b": []}
    await world.impose(token, Degree.WARN, key=key, operation=operation)
    await world.impose(token, Degree.LIMIT, key=key, operation=operation)
    await world.impose(token, Degree.WARN, key=key)
    later = int((opened.end_time - at(0).business).total_seconds())
    # Its end is not stored yet.
    late = world.impose(token, Degree.WARN, key=key, operation=operation, seconds=later)
    assert await reason_of(late) is Reason.OPERATION_CLOSED
    shown = await read(world, opened)
    assert _counts(shown) == {PARTY: [(Degree.WARN, 5), (Degree.LIMIT, None)], "platform-b": []}
    assert [each.reports for each in shown.counts] == [0, 0]


def _counts(opened: OpenedOperation) -> dict[str, list[tuple[Degree | None, int | None]]]:
    return {
        each.platform: [(one.degree, None if one.withheld else one.count) for one in each.sanctions]
        for each in opened.counts
    }


async def test_no_withheld_count_comes_back_by_the_report(world: AuthorityWorld) -> None:
    """The sum of all degrees by the operation's title would give the one that is withheld."""
    key, opened = await world.moderator(1), await begin(world)
    operation, token = await at_platform(world, opened), await world.account()
    for degree, count in ((Degree.WARN, 5), (Degree.LIMIT, 2)):
        for _ in range(count):
            await world.impose(token, degree, key=key, operation=operation)
    assert _counts(await read(world, opened))[PARTY] == [(Degree.WARN, 5), (Degree.LIMIT, None)]
    period = {"since": at(-DAY).business, "until": at(DAY).business}
    asked = report_store.PARTS["sanctions.operation"]
    parts = await world.vault.read("parts", lambda one: one.all(asked, **period))
    assert [tuple(each) for each in parts] == [(PARTY, "", 7)]
    assert report_rules.texts(parts) == {}


async def test_it_closes_by_itself(world: AuthorityWorld) -> None:
    """At the end of its last day, once for each platform; no moderator closes it before."""
    key, opened = await world.moderator(1), await begin(world)
    operation = await at_platform(world, opened)
    closing = world.asks().close_operation(operation.operation_id, key=signing(key, 0))
    assert await reason_of(closing) is Reason.ILLEGAL_TRANSITION
    end = int((opened.end_time - at(0).business).total_seconds())
    assert opened.end_time == datetime.fromisoformat(f"{date.fromordinal(TODAY.toordinal() + 2)}T00:00+08:00")
    assert await acts.end_all(world.vault, at(end - 1), limit=9) == 0
    counts = await asyncio.gather(*(acts.end_all(world.vault, at(end), limit=9) for _ in range(2)))
    assert sum(counts) == 2
    assert (await at_platform(world, opened)).state is OperationState.CLOSED
    token = await world.account()
    named = world.impose(token, Degree.WARN, key=key, operation=operation, seconds=end)
    assert await reason_of(named) is Reason.OPERATION_CLOSED
    assert await world.events("operation:") == [
        "operation:joint:end", "operation:joint:end", "operation:joint:open",
    ]  # fmt: skip


async def test_an_authority_reads_its_own_operations(world: AuthorityWorld) -> None:
    """In lists, and by id; another's is not found."""
    made = [await begin(world), await begin(world, platforms=(PARTY,))]
    other = await begin(world, OTHER_OFFICE)
    listed = await asyncio.to_thread(lambda: list(officer(world).every()))
    assert {each.operation_id for each in listed} == {each.operation_id for each in made}
    with pytest.raises(NotFound) as refused:
        await read(world, other)
    assert refused.value.reason == Reason.OPERATION_NOT_FOUND.value


async def test_what_is_refused(world: AuthorityWorld) -> None:
    """Altered, of somebody else, old, under another roster, without a code, twice, for nobody."""

    async def send(paper: bytes, *, name: str = OFFICE, code: str | None = None) -> Any:
        request = pb.OpenJointOperationRequest(
            request_id=world.new_id(),
            signed_operation=paper,
            code=world.codes.code() if code is None else code,
        )
        edge = world.edge(name)
        return await edge.ask("AuthorityService/OpenJointOperation", request, pb.JointOperation)

    now = int(at(0).real.timestamp())
    good = signed(joint(create_time=now))
    for paper, name in (
        (good[:-1] + b"x", OFFICE),
        (good, OTHER_OFFICE),
        (signed(joint(create_time=now - DAY)), OFFICE),
        (b"x", OFFICE),
    ):
        assert await fields_of(send(paper, name=name)) == ["signed_operation"]
    assert await reason_of(send(good, code="")) is Reason.SECOND_FACTOR_REFUSED
    nobody, code = signed(joint(create_time=now, platforms=("nobody",))), world.codes.code()
    assert await reason_of(send(nobody, code=code)) is Reason.PLATFORM_NOT_FOUND
    assert code in world.codes.good
    await send(good)
    assert await reason_of(send(good)) is Reason.REQUEST_ID_REUSED
    world.rosters.versions.append(roster(OFFICE, OTHER_OFFICE, version=2))
    other = signed(joint(create_time=now, operation_id="ef" * 16))
    assert await reason_of(send(other)) is Reason.ROSTER_INVALID


async def test_no_day_is_beyond_the_calendar(world: AuthorityWorld) -> None:
    """An operation of the year 1 is refused, and the authority's list can be read."""
    opened = await begin(world)
    for day in (date.min, date.max):
        paper = signed(joint(create_time=int(at(0).real.timestamp()), first_day=day, last_day=day))
        request = pb.OpenJointOperationRequest(
            request_id=world.new_id(), signed_operation=paper, code=world.codes.code()
        )
        asked = world.edge().ask("AuthorityService/OpenJointOperation", request, pb.JointOperation)
        assert await fields_of(asked) == ["first_day"]
    listed = await asyncio.to_thread(lambda: list(officer(world).every()))
    assert [each.operation_id for each in listed] == [opened.operation_id]


async def test_a_lying_edge_is_noticed(world: AuthorityWorld) -> None:
    """An operation that this authority did not sign is no answer."""
    opened = await begin(world)

    class Lying:
        """Answers with a message of its own."""

        def call(self, _method: str, _request: Any, _answer: Any) -> Any:
            theirs = joint(authority=OTHER_OFFICE, operation_id=opened.operation_id)
            return pb.JointOperation(
                operation_id=opened.operation_id, signed_operation=signed(theirs, OTHER_OFFICE)
            )

    with pytest.raises(FindingError):
        await asyncio.to_thread(officer(world, edge=Lying()).get, opened.operation_id)
