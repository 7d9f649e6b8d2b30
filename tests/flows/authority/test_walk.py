"""Signed orders against a reference model: a state machine on both databases."""

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from idvault.sanction.order import acts
from idvault_client.errors import VaultError
from idvault_client.sanctions import CheckedOrder
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.order import OrderMeasure
from idvault_verify.sanction import Degree, OrderState
from tests.support.steps import DatabaseSteps, take_steps
from tools.support.authority_world import HOUR, TERM, AuthorityWorld, carrying
from tools.support.databases import Maker
from tools.support.flow_world import PARTY, at
from tools.support.sanction_world import signing

ACCOUNTS = 2
DEGREES = [Degree.WARN, Degree.LIMIT, Degree.SUSPEND]
PLACE = st.integers(0, 20)


@dataclass
class ModelOrder:
    """An order as the page on authorities describes it; times in seconds, None for what has not happened."""

    account: int
    degree: int
    deadline: int
    read: bool = False
    objected: bool = False
    carried_out: int | None = None
    withdrawn: int | None = None

    def state(self, now: int) -> str:
        """Return the state at a time."""
        if self.withdrawn is not None:
            return "WITHDRAWN"
        if self.carried_out is not None:
            return "CARRIED_OUT" if self.carried_out <= self.deadline else "CARRIED_OUT_LATE"
        if now >= self.deadline:
            return "OVERDUE"
        return "OBJECTED" if self.objected else "ACKNOWLEDGED" if self.read else "OPEN"

    def missed(self, now: int) -> bool:
        """Return whether the deadline passed first."""
        ends = [each for each in (self.carried_out, self.withdrawn) if each is not None]
        return min(ends) > self.deadline if ends else now >= self.deadline


class OrderSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.misses = 0, set[int]()
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
        await self.world.register_platforms(PARTY)
        self.tokens = [await self.world.account(number) for number in range(1, ACCOUNTS + 1)]
        self.key: ModeratorKey = await self.world.moderator(1)

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
        if taken and account == model.account and degree >= model.degree and model.carried_out is None:
            model.carried_out = self.now

    @precondition(lambda self: self.given)
    @rule(place=PLACE)
    def withdraw(self, place: int) -> None:
        """The authority withdraws it."""
        model = self.model[place % len(self.given)]
        taken = self._taken(self.world.withdraw(self.given[place % len(self.given)], seconds=self.now))
        assert taken is (model.withdrawn is None)
        if taken:
            model.withdrawn = self.now

    @rule(seconds=st.integers(1, 40) | st.just(12 * HOUR) | st.just(TERM))
    def time_passes(self, seconds: int) -> None:
        """Deadlines come."""
        self.now += seconds

    @rule()
    def the_worker_works(self) -> None:
        """Each deadline that passed is logged once, unless the order was over before."""
        due = {
            place
            for place, each in enumerate(self.model)
            if each.state(self.now) == "OVERDUE" and place not in self.misses
        }
        assert self.run(acts.miss_all(self.world.vault, at(self.now), limit=100)) == len(due)
        self.misses |= due

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


def test_any_steps_agree_with_the_model(maker: Maker) -> None:
    """On both databases: states for platform and authority, misses, and what is refused."""
    take_steps(OrderSteps, maker, count=12)
