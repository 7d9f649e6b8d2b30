"""Reports against a reference model: a state machine on both databases, and a long random walk."""

import random
from collections import Counter
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import (
    initialize,
    invariant,
    precondition,
    rule,
)

from idvault.core.db.database import Database
from idvault.web.render import View
from idvault.web.tip_off.view import Answering, TipOffView
from idvault_client.errors import VaultError
from idvault_client.tip_offs import FiledTipOff, TipOffReport
from idvault_people.authority.referral import GivenReferral
from idvault_verify.account import Standing
from idvault_verify.attest.moderator_key import ModeratorKey
from idvault_verify.sanction import Degree
from idvault_verify.tip_off import ReferralState, TipOffOutcome
from tests.support.referral_world import ReferralWorld
from tests.support.refusal import outcome, states_or_reason
from tests.support.steps import DatabaseSteps, take_steps
from tests.support.tip_off_model import DAY, HALF_DAY, ModelReports
from tools.support import builders, walks
from tools.support.databases import Databases, Maker
from tools.support.sanction_world import signing

HOUR = 3_600
MODERATORS, REPORTERS = 3, 4
STEPS = walks.length(15_000)
VERBS = {
    "upheld": "report:uphold",
    "dismissed": "report:dismiss",
    "duplicate": "report:duplicate",
    "abusive": "report:abusive",
    "referred": "referral:accept",
}


def says(word: str) -> str:
    """Return how the page tells a state or an outcome."""
    key = "report_DISMISSED_NO_VIOLATION" if word == "DISMISSED" else f"report_{word}"
    return View(language="en", now=datetime.now(UTC)).say(key)


class Walk:
    """The real desk and the model side by side."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database, self.folder = database, folder
        self.model = ModelReports()
        self.referred: list[GivenReferral] = []
        self.keys: list[ModeratorKey] = []
        self.token = ""
        self.people: list[str] = []
        self.made: list[TipOffReport] = []
        self.filed: list[FiledTipOff] = []
        self.sanctions: list[str] = []
        self.replies = 0
        self.now = 0
        self.told: Counter[str] = Counter()

    async def begin(self) -> None:
        self.world = ReferralWorld(self.database, self.folder, reports_per_day=10_000)
        world = self.world.world
        self.token = await world.account()
        self.people = [await self.world.person(number) for number in range(REPORTERS)]
        self.keys = [await world.moderator(number) for number in range(1, MODERATORS + 1)]

    def id_of(self, moderator: int | None) -> str | None:
        return None if moderator is None else self.keys[moderator].moderator_id

    async def file(self, reporter: int | None) -> None:
        token = None if reporter is None else self.people[reporter]
        # Noon plus whole seconds: the deadline is the end of the seventh day after this one.
        due_at = ((self.now + HALF_DAY) // DAY + 8) * DAY - HALF_DAY
        expected = self.model.file(reporter=reporter, due_at=due_at, now=self.now)

        async def filed() -> TipOffReport:
            filed = await self.world.file(reporter_token=token, seconds=self.now)
            made = filed.tip_off
            assert self.seconds(made.due_time) == due_at
            self.made.append(made)
            self.filed.append(filed)
            return made

        await self.agree_on(expected, filed())

    async def assign(self, place: int, to: int, former: int | None) -> None:
        expected = self.model.assign(place, to=to, former=former, now=self.now)
        await self.agree_on(
            expected,
            self.world.assign(
                self.made[place], str(self.id_of(to)), former=self.id_of(former), seconds=self.now
            ),
        )

    async def hand_back(self, place: int, by: int) -> None:
        expected = self.model.hand_back(place, by=by, now=self.now)
        await self.agree_on(
            expected, self.world.hand_back(self.made[place], str(self.id_of(by)), seconds=self.now)
        )

    async def answer(self, place: int, by: int) -> None:
        reply = self.new_reply()
        expected = self.model.answer(place, by=by, reply=reply, now=self.now)
        await self.agree_on(
            expected, self.world.answer(self.made[place], str(self.id_of(by)), reply, seconds=self.now)
        )

    async def speak(self, place: int, times: int) -> None:
        """Let the reporter answer so many times."""
        for _ in range(times):
            await self.supplement(place)

    async def supplement(self, place: int) -> None:
        """Let the reporter answer."""
        expected = self.model.supplement(place, now=self.now)
        await self.agree_on(expected, self.world.supplement(self.filed[place], seconds=self.now), of="answer")

    async def resolve(self, place: int, by: int, outcome: TipOffOutcome, replied: bool) -> None:
        reply = self.new_reply() if replied else ""
        expected = self.model.resolve(place, by=by, outcome=outcome.value, reply=reply, now=self.now)
        one = self.made[place]
        if outcome is TipOffOutcome.UPHELD:
            work = self.world.uphold(one, self.keys[by], self.token, reply=reply, seconds=self.now)
        else:
            work = self.world.dismiss(
                one, str(self.id_of(by)), outcome=outcome, reply=reply, seconds=self.now
            )
        await self.agree_on(expected, work)

    async def propose(self, place: int, by: int, replied: bool) -> None:
        """Decide with a closing, which a second moderator must confirm."""
        reply, one = self.new_reply() if replied else "", self.made[place]
        expected, known = self.model.propose(place, by=by, reply=reply, now=self.now), self.model.proposals
        asked = self.world.uphold(
            one, self.keys[by], self.token, degree=Degree.CLOSE, reply=reply, seconds=self.now
        )
        found = await self.agree_on(expected, asked)
        if len(known) > len(self.sanctions):
            self.sanctions.append(found.proposal_id)
            assert self.seconds(found.proposal_lapse_time) == known[-1].until

    async def confirm(self, number: int, by: int) -> None:
        expected = self.model.confirm(number, by=by, now=self.now)
        asks = self.world.world.asks(self.now)
        proposed = await asks.get(self.sanctions[number])
        await self.agree_on(
            expected, asks.confirm(proposed, key=signing(self.keys[by], self.now)), of="sanction"
        )

    async def lift(self, number: int, by: int) -> None:
        """Lift a closing, or withdraw the proposal of one."""
        expected = self.model.lift(number, now=self.now)
        asks = self.world.world.asks(self.now)
        found = await asks.get(self.sanctions[number])
        key = signing(self.keys[by], self.now)
        await self.agree_on(expected, asks.lift(found, "a mistake (synthetic)", key=key), of="sanction")

    async def refer(self, place: int, by: int, replied: bool) -> None:
        """Refer a report to an authority."""
        reply, known = self.new_reply() if replied else "", self.model.referrals
        expected = self.model.refer(place, by=by, reply=reply, now=self.now)
        asked = self.world.refer(self.made[place], str(self.id_of(by)), reply=reply, seconds=self.now)
        found = await self.agree_on(expected, asked)
        if len(known) > len(self.referred):
            self.referred.append(await self.world.referral(found, seconds=self.now))
            assert self.seconds(found.referral_lapse_time) == known[-1].until

    async def answer_referral(self, number: int, accepted: bool) -> None:
        """Let the authority accept or decline."""
        expected = self.model.answer_referral(number, accepted=accepted, now=self.now)
        answer = ReferralState.ACCEPTED if accepted else ReferralState.DECLINED
        # What was read when it was made: a referral that has ended has no target any more.
        work = self.world.answer_as(self.referred[number], answer, seconds=self.now)
        await self.agree_on(expected, work, of="referral")

    async def merge(self, place: int, others: list[int], by: int) -> None:
        expected = self.model.merge(place, others, by=by, now=self.now)
        work = self.world.merge(
            self.made[place], [self.made[each] for each in others], str(self.id_of(by)), seconds=self.now
        )
        await self.agree_on(expected, work)

    async def work(self) -> None:
        """Let the worker write what has come due; nothing that anybody sees changes."""
        await self.world.remind(seconds=self.now)
        await self.world.world.work(seconds=self.now)

    def new_reply(self) -> str:
        """Return a reply that no other report has."""
        self.replies += 1
        return f"reply {self.replies} (synthetic)"

    async def agree_on(self, expected: str, work: Any, *, of: str = "report") -> Any:
        found = await outcome(work)
        said = states_or_reason(found) if isinstance(found, VaultError) else str(found.state)
        self.told[said if of == "report" else f"{of} {said}"] += 1
        assert said == expected
        return found

    async def agree(self, places: list[int]) -> None:
        """Compare reports with the model."""
        for place in places:
            found = (await self.world.get(self.made[place], seconds=self.now)).tip_off
            expected = self.model.reports[place]
            assert found.state == expected.state()
            assert found.outcome == expected.outcome
            assert found.reminder == expected.reminder(self.now)
            assert self.seconds(found.answer_time) == expected.answered_at
            assert self.seconds(found.resolve_time) == expected.closed_at
            assert self.seconds(found.supplement_time) == expected.supplemented_at
            assert bool(found.proposal_id) is expected.waits(self.now)
            referral = expected.referral
            assert found.referral_state == (referral and referral.state(self.now))
            is_open = found.referral_state is ReferralState.OPEN
            until = referral.until if referral is not None and is_open else None
            assert self.seconds(found.referral_lapse_time) == until
            await self.agree_on_reporter(place)
            if expected.into is None:
                assert (found.moderator_id or None) == self.id_of(expected.assignee)
            else:
                assert found.merged_into_id == self.made[expected.into].tip_off_id

    async def agree_on_reporter(self, place: int) -> None:
        """Compare what the reporter reads, on the page and by the client: nothing of a proposal."""
        expected = self.model.reports[place]
        if expected.into is not None:
            return
        found = await self.world.follow(self.filed[place], seconds=self.now)
        assert (found.state, found.outcome, found.reply) == (
            expected.state(),
            expected.outcome,
            expected.reply,
        )
        assert self.seconds(found.answer_time) == expected.answered_at
        assert self.seconds(found.resolve_time) == expected.closed_at
        can_answer = expected.state() == "ANSWERED" and expected.supplemented_at is None
        assert found.can_supplement is can_answer
        page = unescape(
            TipOffView(view=View(language="en", now=datetime.now(UTC)))
            .state("platform-a", "A", found, Answering(numbers=""))
            .text
            or ""
        )
        assert says(expected.outcome or expected.state()) in page
        assert expected.reply in page
        for hidden in (expected.proposal, expected.referral):
            if hidden is not None and hidden.reply and hidden.reply != expected.reply:
                assert hidden.reply not in page

    async def agree_on_sums(self) -> None:
        """Recompute from the log: the months' sums, the open proposals, whether the account is closed."""
        told = Counter(await self.world.world.events(""))

        def of(verb: str) -> int:
            return told[f"tipoff:{verb}"]

        months = {f"{each.file_time:%Y-%m}" for each in self.made}
        found = [
            (await self.world.world.asks(self.now).get_month(month)).tip_offs for month in sorted(months)
        ]
        decided = {name: of(verb) for name, verb in VERBS.items()}
        assert {name: sum(getattr(each, name) for each in found) for name in VERBS} == decided
        assert sum(each.filed for each in found) == of("report:file") == len(self.made)
        assert sum(each.open for each in found) == of("report:file") - sum(decided.values())
        waiting = of("report:propose") - of("report:reopen") - told["sanction:close:impose"]
        closings = [told[f"sanction:close:{verb}"] for verb in ("propose", "withdraw", "expire", "impose")]
        stored = [await self.world.stored(each) for each in self.made]
        assert (
            waiting == closings[0] - sum(closings[1:]) == sum(one.proposal_id is not None for one in stored)
        )
        ended = [of(f"referral:{verb}") for verb in ("accept", "decline", "lapse")]
        with_authority = [one for one in stored if one.referral_state is ReferralState.OPEN]
        assert of("referral:make") - sum(ended) == len(with_authority)
        assert of("referral:make") == len(self.model.referrals)
        in_force = told["sanction:close:impose"] - told["sanction:close:lift"]
        status = await self.world.world.status(self.token, seconds=self.now)
        assert (status.standing is Standing.CLOSED) is (in_force > 0)

    async def agree_on_counts(self) -> None:
        """Compare what the public log counts, after the worker has written what has come due."""
        await self.work()
        events = Counter(await self.world.events())
        reports = self.model.reports
        assert (events["tipoff:reply:miss"], events["tipoff:solution:miss"]) == self.model.counts(self.now)
        assert events["tipoff:report:file"] == len(reports)
        assert events["tipoff:report:answer"] == sum(each.answered_at is not None for each in reports)
        answers = sum(each.supplemented_at is not None for each in reports)
        assert events["tipoff:report:supplement"] == answers
        outcomes = Counter(each.outcome for each in reports)
        assert [
            events[f"tipoff:report:{verb}"] for verb in ("uphold", "dismiss", "duplicate", "abusive")
        ] == [outcomes[name] for name in ("UPHELD", "DISMISSED", "DUPLICATE", "ABUSIVE")]
        ends = Counter(each.state(self.now) for each in self.model.referrals)
        assert [events[f"tipoff:referral:{verb}"] for verb in ("accept", "decline", "lapse")] == [
            ends[name] for name in ("ACCEPTED", "DECLINED", "LAPSED")
        ]
        assert outcomes["REFERRED"] == ends["ACCEPTED"]
        for reporter, judged in self.model.judged.items():
            one = next(
                each.tip_off_id
                for each, own in zip(self.made, reports, strict=True)
                if own.reporter == reporter
            )
            found = await self.world.reporter(str((await self._read(one)).reporter_id), seconds=self.now)
            assert [found.upheld, found.dismissed, found.abusive] == [
                [outcome for _, outcome in judged].count(name) for name in ("UPHELD", "DISMISSED", "ABUSIVE")
            ]

    async def _read(self, tip_off_id: str) -> TipOffReport:
        place = next(place for place, each in enumerate(self.made) if each.tip_off_id == tip_off_id)
        return (await self.world.get(self.made[place], seconds=self.now)).tip_off

    @staticmethod
    def seconds(time: Any) -> int | None:
        return None if time is None else int((time - builders.NOW).total_seconds())


WHO = st.integers(0, MODERATORS - 1)
PLACE = st.integers(0, 50)


class TipOffSteps(DatabaseSteps):
    """The steps; the databases exist for one run."""

    def __init__(self) -> None:
        super().__init__()
        self.walk = Walk(self.database, self.folder)

    async def end(self) -> None:
        await self.walk.agree_on_counts()
        await self.walk.world.world.claims.verification.drain()

    @initialize()
    def begin(self) -> None:
        """Register the moderators."""
        self.run(self.walk.begin())

    @rule(reporter=st.none() | st.integers(0, REPORTERS - 1))
    def file(self, reporter: int | None) -> None:
        """Somebody reports."""
        self.run(self.walk.file(reporter))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE, to=WHO, former=st.none() | WHO)
    def assign(self, place: int, to: int, former: int | None) -> None:
        """A report is assigned, or somebody was faster."""
        self.run(self.walk.assign(place % len(self.walk.made), to, former))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE, by=WHO)
    def hand_back(self, place: int, by: int) -> None:
        """A report is handed back."""
        self.run(self.walk.hand_back(place % len(self.walk.made), by))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE, by=WHO)
    def answer(self, place: int, by: int) -> None:
        """A reporter is answered."""
        self.run(self.walk.answer(place % len(self.walk.made), by))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE)
    def supplement(self, place: int) -> None:
        """A reporter answers the reply."""
        self.run(self.walk.supplement(place % len(self.walk.made)))

    @precondition(lambda self: self.walk.made)
    @rule(
        place=PLACE,
        by=WHO,
        outcome=st.sampled_from([TipOffOutcome.UPHELD, TipOffOutcome.DISMISSED, TipOffOutcome.ABUSIVE]),
        replied=st.booleans(),
    )
    def resolve(self, place: int, by: int, outcome: TipOffOutcome, replied: bool) -> None:
        """A report is decided."""
        self.run(self.walk.resolve(place % len(self.walk.made), by, outcome, replied))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE, replied=st.booleans())
    def propose(self, place: int, replied: bool) -> None:
        """A report is decided with a closing, by whoever works on it."""
        place %= len(self.walk.made)
        self.run(self.walk.propose(place, self.walk.model.reports[place].assignee or 0, replied))

    @precondition(lambda self: self.walk.sanctions)
    @rule(number=PLACE, by=WHO)
    def confirm(self, number: int, by: int) -> None:
        """A closing is confirmed, by another moderator or not."""
        self.run(self.walk.confirm(number % len(self.walk.sanctions), by))

    @precondition(lambda self: self.walk.sanctions)
    @rule(number=PLACE, by=WHO)
    def lift(self, number: int, by: int) -> None:
        """A closing is withdrawn or lifted."""
        self.run(self.walk.lift(number % len(self.walk.sanctions), by))

    @precondition(lambda self: self.walk.made)
    @rule(place=PLACE, replied=st.booleans())
    def refer(self, place: int, replied: bool) -> None:
        """A report is referred to an authority, by whoever works on it."""
        place %= len(self.walk.made)
        self.run(self.walk.refer(place, self.walk.model.reports[place].assignee or 0, replied))

    @precondition(lambda self: self.walk.referred)
    @rule(number=PLACE, accepted=st.booleans())
    def answer_referral(self, number: int, accepted: bool) -> None:
        """The authority accepts or declines."""
        self.run(self.walk.answer_referral(number % len(self.walk.referred), accepted))

    @precondition(lambda self: len(self.walk.made) > 1)
    @rule(place=PLACE, others=st.sets(PLACE, min_size=1, max_size=3), by=WHO)
    def merge(self, place: int, others: set[int], by: int) -> None:
        """Reports of one matter are merged."""
        count = len(self.walk.made)
        chosen = sorted({each % count for each in others} - {place % count})
        if chosen:
            self.run(self.walk.merge(place % count, chosen, by))

    @rule(hours=st.integers(1, 60))
    def time_passes(self, hours: int) -> None:
        """Reminders and deadlines come."""
        self.walk.now += hours * HOUR

    @rule()
    def the_worker_works(self) -> None:
        """What has come due is written."""
        self.run(self.walk.work())

    @invariant()
    def both_agree(self) -> None:
        """Every report is as in the model."""
        self.run(self.walk.agree(list(range(len(self.walk.made)))))

    @invariant()
    def sums_agree(self) -> None:
        """The sums are those of the log."""
        self.run(self.walk.agree_on_sums())


def test_any_steps_agree_with_the_model(maker: Maker) -> None:
    """On both databases: states, reminders, answers, decisions, and what the log counts."""
    take_steps(TipOffSteps, maker, count=25)


async def decide_with_others(walk: Walk, chance: random.Random, kind: int, place: int, by: int) -> None:
    """Propose or refer, or let a second moderator or an authority answer."""
    worker = walk.model.reports[place].assignee or by
    if kind in (24, 25):
        await walk.refer(place, worker, chance.random() < 0.7)
    elif kind > 25 and walk.referred:
        number = chance.randrange(len(walk.referred))
        await walk.answer_referral(number, chance.random() < 0.5)
    elif kind == 20 or not walk.sanctions:
        await walk.propose(place, worker, chance.random() < 0.7)
    else:
        number = max(0, len(walk.sanctions) - 1 - chance.randrange(4))
        await (walk.lift if kind == 21 else walk.confirm)(number, by)


@pytest.mark.long
async def test_a_long_walk_agrees_with_the_model(sqlite_databases: Databases, tmp_path: Path) -> None:
    """Random steps, 15,000 in full: every kind of answer occurs."""
    database, chance = Database(url=sqlite_databases.main_url), random.Random(31)  # noqa: S311 - no secret
    walk, speaks = Walk(database, tmp_path), random.Random(7)  # noqa: S311 - no secret
    await walk.begin()
    for _ in range(STEPS):
        kind, by = chance.randrange(29), chance.randrange(MODERATORS)
        # The newest ones, so that most decisions are about reports that are still open.
        place = max(0, len(walk.made) - 1 - chance.randrange(15))
        if kind < 4 or len(walk.made) < 2:
            await walk.file(chance.choice([None, *range(REPORTERS)]))
        elif kind < 9:
            own = walk.model.reports[place].assignee
            await walk.assign(place, by, chance.choice([own, own, own, None, by]))
        elif kind < 11:
            await walk.answer(place, walk.model.reports[place].assignee or by)
            await walk.speak(place, speaks.randrange(3))
        elif kind < 15:
            outcome = chance.choice([TipOffOutcome.UPHELD, TipOffOutcome.DISMISSED, TipOffOutcome.ABUSIVE])
            by = chance.choice([by, walk.model.reports[place].assignee or by])
            await walk.resolve(place, by, outcome, chance.random() < 0.7)
            await walk.speak(place, speaks.randrange(5) // 4)
        elif kind < 17:
            count = len(walk.made)
            others = {max(0, count - 1 - chance.randrange(15)) for _ in range(3)} - {place}
            if others:
                await walk.merge(place, sorted(others), walk.model.reports[place].assignee or by)
        elif kind == 17:
            await walk.hand_back(place, by)
        elif kind in (18, 28):
            walk.now += chance.randrange(1, 30) * HOUR
        elif kind == 19:
            await walk.work()
        else:
            await decide_with_others(walk, chance, kind, place, by)
        await walk.agree([place])
    await walk.agree_on_counts()
    await walk.agree_on_sums()
    assert walk.told.keys() >= {
        *("RECEIVED", "ASSIGNED", "ANSWERED", "RESOLVED"),
        *("ASSIGNEE_CHANGED", "INVALID_MESSAGE", "TIP_OFF_LIMIT_REACHED", "PROPOSAL_OPEN"),
        *("REFERRAL_OPEN", "referral ACCEPTED", "referral DECLINED", "referral LAPSED -> ACCEPTED"),
        *("sanction IN_FORCE", "sanction LIFTED", "sanction SELF_APPROVAL", "sanction LAPSED -> IN_FORCE"),
        *("RESOLVED -> ASSIGNED", "MERGED -> ASSIGNED", "RESOLVED -> MERGED", "MERGED -> MERGED"),
        *("answer ANSWERED", "answer SUPPLEMENTED -> SUPPLEMENTED", "answer RESOLVED -> SUPPLEMENTED"),
        *("RECEIVED -> ANSWERED", "ANSWERED -> ANSWERED", "RECEIVED -> RESOLVED", "RECEIVED -> RECEIVED"),
    }
    await walk.world.world.claims.verification.drain()
    await database.close()
