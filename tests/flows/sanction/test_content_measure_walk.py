"""Measures on content against a reference model: a state machine on both databases.

They are imposed alone, by reports and by orders, appealed, decided and reversed.
"""

from collections import Counter
from datetime import date
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule
from sqlalchemy import func, select

from idvault.core.tables.sanction import content_measures
from idvault.sanction.content_measure import acts
from idvault_client.errors import InvalidFields, VaultError
from idvault_client.sanctions import (
    AccountSanction,
    AppealState,
    PlatformContentMeasure,
    UpheldContentMeasure,
)
from idvault_client.tip_offs import TipOffReport, UpheldSanction
from idvault_people.authority.officer import GivenOrder
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.content_measure import ContentMeasureKind
from idvault_verify.order import OrderMeasure
from idvault_verify.report.figure import AppealFigures, ContentFigures
from idvault_verify.sanction import AuthorityOrder, Degree, IssuerKind, Origin, StatementOfReasons
from idvault_verify.tip_off import TargetKind
from tests.support.content_measure_model import KINDS, ModelContents, ModelMeasure, ModelUpheld
from tests.support.order_model import ModelOrder
from tests.support.refusal import outcome, states_or_reason
from tests.support.steps import DatabaseSteps, take_steps
from tests.support.tip_off_world import TipOffWorld, key_files
from tools.support import builders, sql
from tools.support.authority_world import TERM, AuthorityWorld, carrying
from tools.support.databases import Maker
from tools.support.flow_world import PARTY, at
from tools.support.sanction_world import reasons, signing

MODERATORS, CONTENTS, HOUR = 4, 2, 3_600
TEXT = "It was satire, 请看全文 (synthetic)"
ORDERED = (OrderMeasure.LABEL, OrderMeasure.RESTRICT, OrderMeasure.REMOVE)
BY, PLACE = st.integers(0, MODERATORS - 1), st.integers(0, 99)
CONTENT, KIND = st.integers(0, CONTENTS - 1), st.integers(0, len(KINDS) - 1)
SANCTIONS = [Degree.WARN, Degree.CLOSE]
DAYS = st.sampled_from([(0, 0), (1, 15), (2, 16), (180, 0), (181, 1)])
"""Until the appeal, and from there until the decision."""
END = st.none() | st.booleans()
VERDICT = st.sampled_from([AppealState.UPHELD, AppealState.REJECTED])


class MeasureWalk:
    """The real platform and the model side by side."""

    def __init__(self, steps: DatabaseSteps) -> None:
        self.world = AuthorityWorld(steps.database, steps.folder)
        self.reporting = TipOffWorld(steps.database, key_files(steps.folder), sanctions=self.world)
        self.model = ModelContents()
        self.keys: list[ModeratorKey] = []
        self.made: list[PlatformContentMeasure] = []
        self.statements: list[StatementOfReasons] = []
        self.given: dict[int, GivenOrder] = {}
        self.reports: list[TipOffReport] = []
        self.proposals: dict[int, AccountSanction] = {}
        self.token = ""
        self.now = 0
        self.told: Counter[str] = Counter()

    async def begin(self) -> None:
        await self.world.register_platforms(PARTY)
        self.keys = [await self.world.moderator(number + 1) for number in range(MODERATORS)]
        self.token = await self.world.account()

    def asks(self) -> Any:
        return self.world.platform(self.now).content_measures

    def key(self, by: int) -> ModeratorKey:
        return signing(self.keys[by], self.now)

    async def impose(self, content: int, kind: int, by: int, order: int | None, *, twice: bool) -> None:
        expected = self.model.impose(content, kind, by, self.now, order=order)
        given = reasons() if order is None else self.statements[order]
        asked = (_content(content), ContentMeasureKind(KINDS[kind]), given)
        ids = {"request_id": self.world.new_id()}
        made = await self._heard(self.asks().impose(*asked, key=self.key(by), **ids), expected)
        if made is not None:
            assert made.statement == given
            self.made.append(made)
            if twice:
                again = await self.asks().impose(*asked, key=self.key(by), **ids)
                assert again.measure_id == made.measure_id

    async def reverse(self, place: int, by: int) -> None:
        expected = self.model.reverse(place, by, self.now)
        await self._heard(self.asks().reverse(self.made[place], "wrong", key=self.key(by)), expected)

    async def file(self, place: int) -> None:
        expected = self.model.file(place, self.now)
        await self._heard(self.asks().file_appeal(self.made[place].measure_id, TEXT), expected)

    async def decide(self, place: int, verdict: AppealState, by: int) -> None:
        expected = self.model.decide(place, verdict.value, by, self.now)
        work = self.asks().decide_appeal(self.made[place], verdict, "read again", key=self.key(by))
        await self._heard(work, expected)

    async def issue(self, content: int, kind: int, term: int) -> None:
        """Let an authority order a measure by its own key."""
        target, deadline = (PARTY, _content(content)), self.now + TERM + term
        [given] = await self.world.issue(
            target, kind=TargetKind.CONTENT, measure=ORDERED[kind], deadline=deadline, seconds=self.now
        )
        self.given[len(self.statements)] = given
        self.statements.append(carrying(await self.world.checked(given, seconds=self.now)))
        self.model.orders.append(ModelOrder(content, kind, deadline))

    async def record(self, by: int, term: int) -> None:
        """Let the platform record an order on paper."""
        if by in self.model.revoked:
            return
        number, deadline = len(self.statements), self.now + TERM + term
        digest = bytes([number]) * 32
        order = AuthorityOrder("an authority (synthetic)", f"{number}", date(2026, 2, 27), digest)
        asks = self.world.asks(self.now)
        await asks.record_order(order, deadline=at(deadline).business, key=self.key(by))
        self.statements.append(reasons(issuer_kind=IssuerKind.AUTHORITY, order=order))
        self.model.orders.append(ModelOrder(0, 0, deadline, on_paper=True))

    async def withdraw(self, place: int) -> None:
        expected = self.model.withdraw(place, self.now)
        await self._heard(self.world.withdraw(self.given[place], seconds=self.now), expected)

    async def report(self, by: int) -> None:
        """Let somebody report, and a moderator begin to work on it."""
        if by not in self.model.revoked:
            filed = await self.reporting.file(seconds=self.now)
            moderator_id = self.keys[by].moderator_id
            self.reports.append(await self.reporting.assign(filed.tip_off, moderator_id, seconds=self.now))
            self.model.reports.append(ModelUpheld(by))

    async def uphold(
        self, place: int, content: int, kind: int, by: int, *, names: bool, sanction: Degree | None
    ) -> None:
        beside = "" if sanction is None else sanction.value
        expected = self.model.uphold(place, content, kind, by, self.now, names=names, sanction=beside)
        report = self.reports[place]
        named = reasons(origin=Origin.TIP_OFF, tip_off=report.reference)
        measure = UpheldContentMeasure(
            _content(content), ContentMeasureKind(KINDS[kind]), named if names else reasons()
        )
        work = self.reporting.asks(self.now).uphold(
            report.tip_off_id,
            None if sanction is None else UpheldSanction(self.token, sanction, named),
            measure=measure,
            key=self.key(by),
            reply="removed (synthetic)",
        )
        found = await self._heard(work, expected)
        if found is not None:
            self.made.append(await self.asks().get(found.measure_id))
            if found.proposal_id:
                self.proposals[place] = await self.world.asks(self.now).get(found.proposal_id)

    async def end_proposal(self, place: int, by: int, *, confirms: bool) -> None:
        expected = self.model.end_proposal(place, by, self.now, confirms=confirms)
        asks, sanction = self.world.asks(self.now), self.proposals[place]
        if confirms:
            work = asks.confirm(sanction, key=self.key(by))
        else:
            work = asks.lift(sanction, "a mistake", key=self.key(by))
        if await self._heard(work, expected) is not None:
            del self.proposals[place]

    async def revoke(self, by: int) -> None:
        """End a moderator's key; two others are left to decide."""
        if MODERATORS - len(self.model.revoked) > 2:
            await self.world.revoke(self.keys[by], seconds=self.now)
            self.model.revoked.add(by)

    async def work(self) -> None:
        late = await acts.note_all_overdue(self.world.vault, at(self.now), limit=100)
        bare = await acts.delete_texts(self.world.vault, at(self.now), limit=100)
        assert (late, bare) == self.model.sweep(self.now)
        await self.world.work(seconds=self.now)

    async def agree(self) -> None:
        """Compare every measure, order and report, the lists, the log, and the months' figures."""
        for made, expected in zip(self.made, self.model.measures, strict=True):
            await self._measure_agrees(made, expected)
        shown = {each.order.digest: each.state for each in await self.world.orders(seconds=self.now)}
        for statement, order in zip(self.statements, self.model.orders, strict=True):
            assert statement.order is not None
            assert shown[statement.order.digest] == order.state(self.now)
        for report, upheld in zip(self.reports, self.model.reports, strict=True):
            found = (await self.reporting.get(report, seconds=self.now)).tip_off
            assert (found.state == "RESOLVED") is upheld.closed
            assert bool(found.proposal_id) is upheld.waits(self.now)
            assert bool(found.measure_id) is upheld.has_measure(self.now)
        await self._lists_agree()
        await self._log_agrees()

    async def _measure_agrees(self, made: PlatformContentMeasure, expected: ModelMeasure) -> None:
        found = await self.asks().get(made.measure_id)
        assert (found.content, found.kind, found.state) == (
            _content(expected.content),
            KINDS[expected.kind],
            expected.state,
        )
        assert (found.statement, found.impose_moderator_id) == (
            made.statement,
            self.keys[expected.by].moderator_id,
        )
        if expected.ended is None:
            assert (found.finish_time, found.finish_moderator_id) == (None, "")
        else:
            ended_at, by = expected.ended
            assert (found.finish_time, found.finish_moderator_id) == (
                at(ended_at).business,
                self.keys[by].moderator_id,
            )
        appeal = expected.appeal
        assert (found.appeal is None) == (appeal is None)
        if found.appeal is not None and appeal is not None:
            assert (found.appeal.state, found.appeal.overdue) == (appeal.state, appeal.overdue(self.now))
            assert found.appeal.due_time == at(appeal.due).business
            assert found.text == (TEXT if appeal.readable(self.now) else "")

    async def _lists_agree(self) -> None:
        ids, model = [each.measure_id for each in self.made], self.model.measures
        for content in range(CONTENTS):
            found = (await self.asks().list_page(content=_content(content))).measures
            wanted = [key for key, each in zip(ids, model, strict=True) if each.content == content]
            assert sorted(each.measure_id for each in found) == sorted(wanted)
        states = [each.appeal.state if each.appeal else None for each in model]
        for state in AppealState:
            found = (await self.asks().list_page(appeal=state)).measures
            wanted = [key for key, each in zip(ids, states, strict=True) if each == state]
            assert sorted(each.measure_id for each in found) == sorted(wanted)
        kept = select(func.count()).select_from(content_measures).where(content_measures.c.text.is_not(None))
        ((texts,),) = await sql.rows(self.world.database, kept)
        assert texts == sum(each.appeal is not None and each.appeal.text for each in model)
        overdue = sum(each.appeal is not None and each.appeal.overdue(self.now) for each in model)
        assert await acts.overdue(self.world.vault, now=at(self.now)) == overdue

    async def _log_agrees(self) -> None:
        """Compare what anybody can count in the log with the model, and with the sums of all months."""
        logged = Counter(await self.world.events("content"))
        assert logged == +self.model.logged
        begun = {_month(each.at) for each in self.model.measures}
        begun |= {_month(each.appeal.filed) for each in self.model.measures if each.appeal}
        imposed: Counter[str] = Counter()
        for month in begun:
            figures = await self.world.asks(self.now).get_month(month)
            assert figures.content_measures == self._measures_of(month)
            assert figures.content_appeals == self._appeals_of(month)
            for each in figures.content_measures:
                assert each.kind is not None
                of = f"content:{each.kind.value.lower()}:"
                imposed[of + "impose"] += each.imposed
                imposed[of + "in force"] += each.in_force
        for kind in KINDS:
            of = f"content:{kind.lower()}:"
            assert imposed[of + "impose"] == logged[of + "impose"]
            ended = logged[of + "reverse"] + logged[of + "overturn"]
            assert imposed[of + "in force"] == logged[of + "impose"] - ended

    def _measures_of(self, month: str) -> tuple[ContentFigures, ...]:
        found = [each for each in self.model.measures if _month(each.at) == month]
        figures = []
        for kind in ContentMeasureKind:
            states = Counter(each.state for each in found if KINDS[each.kind] == kind)
            if states:
                counts = [states[state] for state in ("IN_FORCE", "REVERSED", "OVERTURNED")]
                figures.append(ContentFigures(kind, states.total(), *counts))
        return tuple(figures)

    def _appeals_of(self, month: str) -> AppealFigures:
        appeals = [each.appeal for each in self.model.measures if each.appeal is not None]
        found = [each for each in appeals if _month(each.filed) == month]
        states = Counter(each.state for each in found)
        return AppealFigures(
            len(found),
            open=states["FILED"],
            upheld=states["UPHELD"],
            rejected=states["REJECTED"],
            late=sum(each.was_late(self.now) for each in found),
        )

    async def _heard(self, work: Any, expected: str) -> Any:
        """Return what an act made, None if it was refused as expected."""
        found = await outcome(work)
        told = _said(found)
        assert told == expected
        self.told[told] += 1
        return None if isinstance(found, VaultError) else found


def _content(place: int) -> str:
    return f"post/{17 + place}"


def _month(seconds: int) -> str:
    return f"{at(seconds).business.astimezone(builders.ZONE):%Y-%m}"


def _said(found: Any) -> str:
    """Return an answer as the model says it: the state, or why it was refused."""
    if isinstance(found, InvalidFields):
        ((field, code),) = found.items()
        return f"{field} {code}"
    return states_or_reason(found) if isinstance(found, VaultError) else str(found.state)


class MeasureSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    walk: MeasureWalk

    async def end(self) -> None:
        await self.walk.world.claims.verification.drain()

    @initialize()
    def begin(self) -> None:
        """Register the platform and its moderators."""
        self.run(self._begin())

    async def _begin(self) -> None:
        self.walk = MeasureWalk(self)
        await self.walk.begin()

    def measure(self, drawn: int) -> int:
        """Return a measure, mostly a new one."""
        return max(0, len(self.walk.made) - 1 - drawn % 6)

    @rule(content=CONTENT, kind=KIND, by=BY, twice=st.booleans())
    def impose(self, content: int, kind: int, by: int, twice: bool) -> None:
        """A moderator imposes a measure; perhaps the call is repeated."""
        self.run(self.walk.impose(content, kind, by, None, twice=twice))

    @precondition(lambda self: self.walk.statements)
    @rule(place=PLACE, content=CONTENT, kind=KIND, by=BY)
    def carry_out(self, place: int, content: int, kind: int, by: int) -> None:
        """A moderator imposes a measure that names an order, of its content or of another one."""
        order = place % len(self.walk.statements)
        self.run(self.walk.impose(content, kind, by, order, twice=False))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE, by=BY)
    def reverse(self, place: int, by: int) -> None:
        """A moderator reverses a measure, or is refused."""
        self.run(self.walk.reverse(self.measure(place), by))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE)
    def file(self, place: int) -> None:
        """Whoever is concerned appeals, or is refused."""
        self.run(self.walk.file(self.measure(place)))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE, verdict=VERDICT, by=BY)
    def decide(self, place: int, verdict: AppealState, by: int) -> None:
        """A moderator decides an appeal, or is refused."""
        self.run(self.walk.decide(self.measure(place), verdict, by))

    @rule(kind=KIND, reverses=st.integers(0, 2), verdict=VERDICT, by=BY, days=DAYS)
    def appeal(self, kind: int, reverses: int, verdict: AppealState, by: int, days: tuple[int, int]) -> None:
        """The usual way: imposed, perhaps reversed, appealed and decided, each some days later."""
        place, imposer = len(self.walk.made), self.live()
        self.run(self.walk.impose(0, kind, imposer, None, twice=False))
        if reverses == 1:
            self.run(self.walk.reverse(place, imposer))
        self.walk.now += days[0] * 24 * HOUR
        self.run(self.walk.file(place))
        self.walk.now += days[1] * 24 * HOUR
        self.run(self.walk.decide(place, verdict, by))
        if reverses == 2:
            self.run(self.walk.reverse(place, imposer))

    def live(self) -> int:
        """Return a moderator who can sign."""
        revoked = self.walk.model.revoked
        return next(by for by in range(MODERATORS) if by not in revoked)

    @rule(content=CONTENT, kind=KIND, hours=st.integers(0, 9))
    def issue(self, content: int, kind: int, hours: int) -> None:
        """An authority orders a measure."""
        self.run(self.walk.issue(content, kind, hours * HOUR))

    @rule(content=CONTENT, kind=KIND, done=KIND, hours=st.sampled_from([0, 25, 40]), withdraws=st.booleans())
    def order(self, content: int, kind: int, done: int, hours: int, withdraws: bool) -> None:
        """The usual way: ordered, carried out in time or late, and perhaps withdrawn before or afterwards."""
        order, by = len(self.walk.statements), self.live()
        self.run(self.walk.issue(content, kind, 0))
        self.walk.now += hours * HOUR
        if withdraws and hours:
            self.run(self.walk.withdraw(order))
        self.run(self.walk.impose(content, done, by, order, twice=False))
        if withdraws and not hours:
            self.run(self.walk.withdraw(order))

    @rule(by=BY, hours=st.integers(0, 9))
    def record(self, by: int, hours: int) -> None:
        """The platform records an order on paper."""
        self.run(self.walk.record(by, hours * HOUR))

    @precondition(lambda self: self.walk.given)
    @rule(place=PLACE)
    def withdraw(self, place: int) -> None:
        """The authority withdraws its order; what was done stays."""
        places = sorted(self.walk.given)
        self.run(self.walk.withdraw(places[place % len(places)]))

    @rule(by=BY)
    def report(self, by: int) -> None:
        """Somebody reports a content, and a moderator begins to work on it."""
        self.run(self.walk.report(by))

    @precondition(lambda self: self.walk.reports)
    @rule(place=PLACE, content=CONTENT, kind=KIND, by=BY, beside=st.sampled_from([None, None, *SANCTIONS]))
    def uphold(self, place: int, content: int, kind: int, by: int, beside: Degree | None) -> None:
        """A moderator upholds a report by a measure, perhaps with a sanction, or is refused."""
        place %= len(self.walk.reports)
        self.run(self.walk.uphold(place, content, kind, by, names=True, sanction=beside))

    @rule(by=BY, kind=KIND, names=st.booleans(), beside=st.sampled_from([None, *SANCTIONS]), confirms=END)
    def take_up(self, by: int, kind: int, names: bool, beside: Degree | None, confirms: bool | None) -> None:
        """The usual way: reported, upheld by a measure that names it, and the closing beside ended."""
        place = len(self.walk.reports)
        self.run(self.walk.report(by))
        if len(self.walk.reports) == place:
            return
        if not names:
            self.run(self.walk.uphold(place, 0, kind, by, names=False, sanction=None))
        self.run(self.walk.uphold(place, 0, kind, by, names=True, sanction=beside))
        if place in self.walk.proposals and confirms is not None:
            self.run(self.walk.end_proposal(place, self.live(), confirms=confirms))

    @precondition(lambda self: self.walk.proposals)
    @rule(place=PLACE, by=BY, confirms=st.booleans())
    def end_proposal(self, place: int, by: int, confirms: bool) -> None:
        """A second moderator confirms or withdraws the closing beside a measure, or is refused."""
        places = sorted(self.walk.proposals)
        self.run(self.walk.end_proposal(places[place % len(places)], by, confirms=confirms))

    @rule(by=BY)
    def revoke(self, by: int) -> None:
        """A moderator's key ends."""
        self.run(self.walk.revoke(by))

    @rule(hours=st.integers(1, 40) | st.sampled_from([72, 16 * 24, 91 * 24, 181 * 24]))
    def time_passes(self, hours: int) -> None:
        """Deadlines come."""
        self.walk.now += hours * HOUR

    @rule()
    def the_worker_works(self) -> None:
        """What has come due is stored."""
        self.run(self.walk.work())

    @invariant()
    def both_agree(self) -> None:
        """Everything is as in the model."""
        self.run(self.walk.agree())


def test_any_steps_agree_with_the_model(maker: Maker) -> None:
    """On both databases: states, appeals, orders and reports, the log, and the figures of each month."""
    take_steps(MeasureSteps, maker)
