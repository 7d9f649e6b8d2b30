"""Signed orders and joint operations against a reference model: a state machine on both databases."""

import asyncio
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from idvault.sanction.operation import acts as operation_acts
from idvault.sanction.order import acts
from idvault_client.errors import VaultError
from idvault_client.sanctions import CheckedOrder
from idvault_people.authority.joint import CountsOfPlatform, JointOfficer, OpenedOperation
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import Degree, OperationState, OrderState, SanctionCategory
from tests.support.appeal_model import end_of_day
from tests.support.order_model import ModelOperation, ModelOrder, shown
from tests.support.steps import DatabaseSteps, take_steps
from tests.support.tip_off_world import TipOffWorld, key_files
from tools.support import builders
from tools.support.authority_world import HOUR, TERM, AuthorityWorld, carrying
from tools.support.databases import Maker
from tools.support.flow_world import PARTY, at
from tools.support.sanction_world import signing

ACCOUNTS = 2
DEGREES = [Degree.WARN, Degree.LIMIT, Degree.SUSPEND]
PLACE = st.integers(0, 20)
OTHER = "platform-b"
WAITING = {"OPEN", "ACKNOWLEDGED", "OBJECTED", "OVERDUE"}


class OrderSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.misses = 0, set[int]()
        self.operations: list[ModelOperation] = []
        self.joint: list[OpenedOperation] = []
        self.model: list[ModelOrder] = []
        self.given: list[Any] = []
        self.read: list[CheckedOrder] = []
        self.tokens: list[str] = []

    async def end(self) -> None:
        await self.world.claims.verification.drain()

    @initialize()
    def begin(self) -> None:
        """Sign up two accounts, and register the platform and a moderator."""
        self.run(self._begin())

    async def _begin(self) -> None:
        self.world = AuthorityWorld(self.database, self.folder)
        await self.world.register_platforms(PARTY, OTHER)
        self.tokens = [await self.world.account(number) for number in range(1, ACCOUNTS + 1)]
        self.key: ModeratorKey = await self.world.moderator(1)
        self.reporting = TipOffWorld(self.database, key_files(self.folder), sanctions=self.world)

    @rule(account=st.integers(0, ACCOUNTS - 1), degree=st.integers(0, 2), term=st.integers(1, 9))
    def issue(self, account: int, degree: int, term: int) -> None:
        """An authority gives an order, which the platform checks."""
        deadline = self.now + TERM + term * 10
        measure = OrderMeasure(DEGREES[degree].value)
        target = (PARTY, self.tokens[account])
        work = self.world.issue(target, measure=measure, deadline=deadline, seconds=self.now)
        [given] = self.run(work)
        self.given.append(given)
        self.model.append(ModelOrder(account, degree, deadline))
        self.read.append(self.run(self.world.checked(given, seconds=self.now)))

    @precondition(lambda self: self.given)
    @rule(place=PLACE)
    def acknowledge(self, place: int) -> None:
        """A moderator reads it."""
        order, model = self.read[place % len(self.read)], self.model[place % len(self.read)]
        asks, key = self.world.asks(self.now), signing(self.key, self.now)
        taken = self._taken(asks.acknowledge_order(order, key=key))
        assert taken is (model.withdrawn is None)
        model.read |= taken

    @precondition(lambda self: self.given)
    @rule(place=PLACE)
    def object_to(self, place: int) -> None:
        """A moderator objects."""
        order, model = self.read[place % len(self.read)], self.model[place % len(self.read)]
        asks, key = self.world.asks(self.now), signing(self.key, self.now)
        taken = self._taken(asks.object_to_order(order, "unknown", key=key))
        assert taken is (model.withdrawn is None and model.carried_out is None and not model.objected)
        model.objected |= taken

    @precondition(lambda self: self.given)
    @rule(place=PLACE, account=st.integers(0, ACCOUNTS - 1), degree=st.integers(0, 2))
    def impose(self, place: int, account: int, degree: int) -> None:
        """A moderator imposes a sanction that names it, of the same account or of another one."""
        order, model = self.read[place % len(self.read)], self.model[place % len(self.read)]
        work = self.world.impose(
            self.tokens[account],
            DEGREES[degree],
            key=self.key,
            given=carrying(order),
            seconds=self.now,
        )
        taken = self._taken(work)
        assert taken is (model.withdrawn is None)
        if taken:
            model.carry_out(account, degree, self.now)

    @precondition(lambda self: self.given)
    @rule(place=PLACE)
    def withdraw(self, place: int) -> None:
        """The authority withdraws it."""
        model = self.model[place % len(self.given)]
        taken = self._taken(self.world.withdraw(self.given[place % len(self.given)], seconds=self.now))
        assert taken is (model.withdrawn is None)
        if taken:
            model.withdrawn = self.now

    @rule(first=st.integers(0, 1), days=st.integers(0, 1))
    def open_operation(self, first: int, days: int) -> None:
        """An authority opens an operation of both platforms, of today or later."""
        day = at(self.now).today(builders.ZONE) + timedelta(days=first)
        officer = self.officer()
        terms = officer.operation(
            "清朗 (synthetic)",
            categories=[SanctionCategory.RUMOUR],
            platforms=(PARTY, OTHER),
            first_day=day,
            last_day=day + timedelta(days=days),
        )
        self.joint.append(self.run(asyncio.to_thread(officer.begin, terms, code=self.world.codes.code())))
        begin = end_of_day(self.now, first - 1)
        self.operations.append(ModelOperation(begin, begin + (days + 1) * 24 * HOUR))

    def officer(self) -> JointOfficer:
        made = self.world.officer(seconds=self.now)
        return JointOfficer(
            identity=made.identity,
            trust=made.trust,
            edge=made.edge,
            now=made.now,
            request_id=made.request_id,
            random=made.random,
        )

    @precondition(lambda self: self.joint)
    @rule(place=PLACE, degree=st.integers(0, 2), times=st.sampled_from([1, 4, 5]))
    def name_operation(self, place: int, degree: int, times: int) -> None:
        """A moderator imposes sanctions that belong to an operation, until its end."""
        place %= len(self.joint)
        named = self.run(self.world.asks(self.now).get_operation(self.joint[place].operation_id))
        for number in range(times):
            account = self.tokens[number % ACCOUNTS]
            work = self.world.impose(
                account, DEGREES[degree], key=self.key, operation=named, seconds=self.now
            )
            assert self._taken(work) is self.operations[place].impose(DEGREES[degree].value, self.now)

    @precondition(lambda self: self.joint)
    @rule(place=PLACE, times=st.sampled_from([1, 4, 5]))
    def report(self, place: int, times: int) -> None:
        """The public reports within an operation."""
        place %= len(self.joint)
        named = self.joint[place].operation_id
        for _ in range(times):
            work = self.reporting.file(operation_id=named, seconds=self.now)
            assert self._taken(work) is self.operations[place].report(self.now)

    @rule(seconds=st.integers(1, 40) | st.just(12 * HOUR) | st.just(TERM))
    def time_passes(self, seconds: int) -> None:
        """Deadlines come."""
        self.now += seconds

    @precondition(lambda self: self.ends())
    @rule()
    def an_end_comes(self) -> None:
        """It is the very time of a deadline, or of the end of a last day."""
        self.now = min(self.ends())

    def ends(self) -> list[int]:
        """Return what is still to come."""
        found = [*(each.deadline for each in self.model), *(each.end for each in self.operations)]
        return [each for each in found if each > self.now]

    @rule()
    def the_worker_works(self) -> None:
        """Each deadline that passed is logged once, and each operation ends once at each platform."""
        due = {
            place
            for place, each in enumerate(self.model)
            if each.state(self.now) == "OVERDUE" and place not in self.misses
        }
        assert self.run(acts.miss_all(self.world.vault, at(self.now), limit=100)) == len(due)
        self.misses |= due
        over = [each for each in self.operations if not each.ended and each.end <= self.now]
        assert self.run(operation_acts.end_all(self.world.vault, at(self.now), limit=100)) == 2 * len(over)
        for each in over:
            each.ended = True

    def _taken(self, work: Any) -> bool:
        try:
            self.run(work)
        except VaultError:
            return False
        return True

    @invariant()
    def all_agree(self) -> None:
        """Platform, authority and worker read the same state, which is the model's."""
        if not self.given:
            return
        shown = {each.order_id: each.state for each in self.run(self.world.orders(seconds=self.now))}
        for given, model in zip(self.given, self.model, strict=True):
            assert shown[given.order_id] is OrderState(model.state(self.now))
            read = self.run(self.world.read(given, seconds=self.now))
            assert (read.state, read.missed) == (shown[given.order_id], model.missed(self.now))
        overdue = sum(each.state(self.now) == "OVERDUE" for each in self.model)
        assert self.run(acts.overdue(self.world.vault, now=at(self.now))) == overdue
        counted = self.run(acts.deadlines(self.world.vault, now=at(self.now)))
        waits = sum(each.state(self.now) in WAITING for each in self.model)
        assert (sum(each.open for each in counted), sum(each.overdue for each in counted)) == (waits, overdue)

    @invariant()
    def lists_agree(self) -> None:
        """Each list of one state has the orders in it, for the platform and for the authority."""
        if not self.given:
            return
        states = [each.state(self.now) for each in self.model]
        for state in OrderState:
            listed = self.run(self.world.asks(self.now).list_orders(state=state)).orders
            officer = self.world.officer(seconds=self.now)
            given = self.run(asyncio.to_thread(lambda one, of: list(one.every(state=of)), officer, state))
            wanted = [order.order_id for order, each in zip(self.given, states, strict=True) if each == state]
            assert sorted(each.order_id for each in listed) == sorted(wanted)
            assert sorted(each.order_id for each in given) == sorted(wanted)

    @invariant()
    def operations_agree(self) -> None:
        """The authority reads the counts of its days without small ones, each platform whether it is open."""
        for opened, model in zip(self.joint, self.operations, strict=True):
            found = self.run(asyncio.to_thread(self.officer().get, opened.operation_id))
            assert (found.begin_time, found.end_time) == (at(model.begin).business, at(model.end).business)
            counts = {each.platform: each for each in found.counts}
            assert counts[OTHER] == CountsOfPlatform(OTHER, (), 0, reports_withheld=False)
            mine = counts[PARTY]
            told = {each.degree: None if each.withheld else each.count for each in mine.sanctions}
            assert told == model.shown()
            assert (None if mine.reports_withheld else mine.reports) == shown(len(model.reports()))
            for party in (PARTY, OTHER):
                asks = self.world.asks(self.now, party=party)
                state = self.run(asks.get_operation(opened.operation_id)).state
                assert state == ("CLOSED" if model.end <= self.now else "OPEN")
                for wanted in OperationState:
                    listed = self.run(asks.list_operations(state=wanted)).operations
                    assert (opened.operation_id in {each.operation_id for each in listed}) is (
                        state == wanted
                    )


def test_any_steps_agree_with_the_model(maker: Maker) -> None:
    """On both databases: states for platform and authority, misses, lists, counts, and what is refused."""
    take_steps(OrderSteps, maker, count=12)
