"""No legacy account loses service because its owner does not respond (promise 14).

A state machine runs the real rules on the real store: imports, campaigns, clocks, events, verifications that
fail or wait, lost answers, crashes and a worker that stops and starts. After every step each imported account
that was never verified is UNVERIFIED and GOOD under the same token with its first revision, unless an
enforcement date has passed. Each that was verified, imported or not, has the facts and dates of a small
model: campaigns that ask for more invite nobody who has it, and only what the owner proves changes a status.
"""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from idvault.campaign.rules import Verb
from idvault.claim.acts.registry_check import Proven
from idvault.core.db.database import Database
from idvault_client.errors import Unavailable, VaultError
from idvault_verify.account import NO_ASSURANCE, AccountState, Assurance, MinimumAssurance, Standing
from idvault_verify.campaign import Campaign, Cohort, InvitationEvent, ReverificationMethod
from idvault_verify.claim import ClaimState
from idvault_verify.error import IdvaultError
from idvault_verify.registry import RegistryAnswer
from tools.support import builders, walks
from tools.support.campaign_world import DAY, CampaignWorld, tokens
from tools.support.databases import SqliteMaker
from tools.support.fakes.flaky import Fault
from tools.support.feed import Feed
from tools.support.flow_world import at, command

EVENTS = st.sampled_from(list(InvitationEvent))
VALID_DAYS = 365
MINIMUMS = st.sampled_from([None, MinimumAssurance.HOLDER, MinimumAssurance.HOLDER_OR_DOCUMENT_SEEN])
DATES = st.sampled_from([None, None, 10, 40])
METHODS = st.sampled_from(
    [
        (ReverificationMethod.WHEN_DUE,),
        (ReverificationMethod.WHEN_DUE, ReverificationMethod.AT_LOGIN),
        (ReverificationMethod.HOSTED_LINK, ReverificationMethod.AT_SENSITIVE_ACTION),
        (ReverificationMethod.AT_LOGIN, ReverificationMethod.AT_SENSITIVE_ACTION),
    ]
)
FAILURES = st.sampled_from([RegistryAnswer.MISMATCH, RegistryAnswer.NO_RECORD, RegistryAnswer.INVALID_INPUT])
FAULTS = st.sampled_from([Fault.NONE, Fault.NONE, Fault.REFUSE, Fault.LOSE_ANSWER])


@dataclass
class Known:
    """An account. shown: campaigns that showed it. limitable: whether an enforcement date passed.

    since: the day from which it is verified, None if it never was. facts: what it has proved.
    """

    reference: str
    since: int | None = None
    facts: frozenset[Assurance] = NO_ASSURANCE
    limitable: bool = False
    shown: set[str] = field(default_factory=set)

    def is_valid(self, day: int) -> bool:
        return self.since is not None and day < self.since + VALID_DAYS

    def prove(self, fact: Assurance, day: int, *, upgrade: bool) -> None:
        """Succeed with a claim; an upgrade of what is valid adds to it."""
        stays = self.facts & {Assurance.REGISTRY_MATCH} if self.is_valid(day) else NO_ASSURANCE
        self.facts = frozenset({fact}) | (stays if fact is Assurance.HOLDER else NO_ASSURANCE)
        if not (upgrade and self.is_valid(day)):
            self.since = day


class CampaignSteps(RuleBasedStateMachine):
    """The steps; the world and its database exist for one run."""

    maker: SqliteMaker

    def __init__(self) -> None:
        super().__init__()
        self._folder = Path(tempfile.mkdtemp(prefix="idvault-campaign-"))
        self._loop = asyncio.new_event_loop()
        self._database = Database(url=self.maker.fresh(self._folder).main_url)
        self.world = CampaignWorld(self._database)
        self.accounts: dict[str, Known] = {}
        self.campaigns: list[Campaign] = []
        # The requested date, not the stored one, so that a date that was not requested is detected.
        self.dates: dict[str, date] = {}
        self.day = 0
        self.asked = 1
        self.lives = 0

    def teardown(self) -> None:
        self.run(self.world.claims.verification.drain())
        self.run(self._database.close())
        self._loop.close()
        shutil.rmtree(self._folder)

    def run(self, work: Any) -> Any:
        return self._loop.run_until_complete(work)

    def attempt(self, work: Any) -> Any:
        """Run a coroutine that may be refused, like a platform's backend."""
        try:
            return self.run(work)
        except (IdvaultError, VaultError):
            return None

    @property
    def seconds(self) -> float:
        return self.day * DAY

    def choose(self, index: int) -> str | None:
        known = sorted(self.accounts)
        return known[index % len(known)] if known else None

    @rule(first=st.integers(0, 6), count=st.integers(1, 4), fault=FAULTS)
    def import_accounts(self, first: int, count: int, fault: Fault) -> None:
        """Import new and known accounts; a lost answer is repeated under the same id."""
        names = [f"user-{place}" for place in range(first, first + count)]
        self.asked += 1
        self.world.main.plant("act", fault)
        for _ in range(2):
            try:
                rows = self.run(self.world.bring(*names, number=self.asked, seconds=self.seconds))
            except Unavailable:
                continue
            for name, row in zip(names, rows, strict=True):
                known = self.accounts.setdefault(row.account_token, Known(name))
                assert known.reference == name, "a reference has one token, and a token one reference"
            return
        raise AssertionError("the second try should pass")

    @rule(methods=METHODS, enforce_after=DATES, limit=st.integers(1, 5), minimum=MINIMUMS)
    def start_campaign(
        self,
        methods: tuple[ReverificationMethod, ...],
        enforce_after: int | None,
        limit: int,
        minimum: MinimumAssurance | None,
    ) -> None:
        """Start a campaign, sometimes with an enforcement date, sometimes asking verified owners for more."""
        day = None
        if enforce_after is not None:
            day = builders.TODAY + timedelta(days=self.day + enforce_after)
        started = self.run(
            self.world.started(
                seconds=self.seconds,
                methods=methods,
                cohort=Cohort("" if minimum else "2014"),
                daily_limit=limit,
                enforcement_date=day,
                minimum_assurance=minimum,
            )
        )
        self.campaigns.append(started)
        if day is not None:
            self.dates[started.campaign_id] = day

    @precondition(lambda self: self.campaigns)
    @rule(index=st.integers(0, 9), verb=st.sampled_from([Verb.PAUSE, Verb.RESUME, Verb.END]))
    def move(self, index: int, verb: Verb) -> None:
        """Pause, resume or end a campaign; some transitions are refused."""
        campaign = self.campaigns[index % len(self.campaigns)]
        self.attempt(self.world.move(campaign, verb, seconds=self.seconds))

    @precondition(lambda self: self.campaigns)
    @rule(index=st.integers(0, 9), event=EVENTS, acknowledged=st.integers(0, 5), fault=FAULTS)
    def deliver(self, index: int, event: InvitationEvent, acknowledged: int, fault: Fault) -> None:
        """Lease a batch and acknowledge part of it; the answer may be lost, and the caller may die."""
        campaign = self.campaigns[index % len(self.campaigns)]
        self.world.main.plant("act", fault)
        batch = self.attempt(self.world.take(campaign, limit=5, seconds=self.seconds))
        for token in tokens(batch) if batch else []:
            self.check_invited(campaign, token)
        for token in tokens(batch)[:acknowledged] if batch else []:
            self.accounts[token].shown.add(campaign.campaign_id)
            self.attempt(self.world.record(campaign, token, event, seconds=self.seconds))

    @precondition(lambda self: self.campaigns and self.accounts)
    @rule(
        which=st.integers(0, 20),
        event=EVENTS,
        method=st.sampled_from([ReverificationMethod.AT_LOGIN, ReverificationMethod.AT_SENSITIVE_ACTION]),
    )
    def occasion(self, which: int, event: InvitationEvent, method: ReverificationMethod) -> None:
        """An owner logs in or does something sensitive, and responds to the invitation or ignores it."""
        token = self.choose(which)
        assert token is not None
        shown = self.run(self.world.offer(token, method, seconds=self.seconds))
        if shown.due:
            (campaign,) = (each for each in self.campaigns if each.campaign_id == shown.campaign_id)
            self.check_invited(campaign, token)
            self.accounts[token].shown.add(campaign.campaign_id)
            self.attempt(self.world.record(campaign, token, event, method, seconds=self.seconds))

    def check_invited(self, campaign: Campaign, token: str) -> None:
        """Whoever is invited was never verified, or lacks what the campaign asks for."""
        known, minimum = self.accounts[token], campaign.plan.minimum_assurance
        if known.since is None:
            return
        assert minimum is not None, "who is verified is asked for nothing"
        assert known.is_valid(self.day), "only a valid verification is upgraded"
        assert not minimum.holds(known.facts), "who has it needs nothing"

    @rule(which=st.integers(100, 104))
    def sign_up(self, which: int) -> None:
        """Somebody signs up who was never imported; each person once, so that no limit of accounts is met."""
        if any(known.reference == f"user-{which}" for known in self.accounts.values()):
            return
        claim = self.claim(f"user-{which}", RegistryAnswer.MATCH)
        if claim is not None and claim.account.state is AccountState.VERIFIED:
            known = self.accounts.setdefault(claim.account.account_token, Known(f"user-{which}"))
            known.prove(Assurance.REGISTRY_MATCH, self.day, upgrade=False)

    @precondition(lambda self: self.accounts)
    @rule(which=st.integers(0, 20), upgrade=st.booleans())
    def prove_presence(self, which: int, upgrade: bool) -> None:
        """An owner proves to be the holder of the number, for a campaign or as a renewal."""
        proven = Proven(RegistryAnswer.MATCH, Assurance.HOLDER, "signed")
        self.verify(which, RegistryAnswer.MATCH, proven=proven, upgrade=upgrade)

    @precondition(lambda self: self.accounts)
    @rule(which=st.integers(0, 20), answer=FAILURES)
    def fail_to_verify(self, which: int, answer: RegistryAnswer) -> None:
        """An owner's name is not confirmed."""
        self.verify(which, answer)

    @precondition(lambda self: self.accounts)
    @rule(which=st.integers(0, 20))
    def wait_for_the_registry(self, which: int) -> None:
        """An owner's claim stays pending."""
        self.world.claims.registry.script.append(RegistryAnswer.NOT_SENT)
        self.verify(which, RegistryAnswer.MISMATCH)
        self.world.claims.registry.script.clear()

    @precondition(lambda self: self.accounts)
    @rule(which=st.integers(0, 20))
    def verify_well(self, which: int) -> None:
        """An owner verifies by name and number."""
        self.verify(which, RegistryAnswer.MATCH)

    def verify(self, which: int, answer: RegistryAnswer, **changes: Any) -> None:
        """Verify an account's owner; each account has a different person."""
        token = self.choose(which)
        assert token is not None
        known = self.accounts[token]
        claim = self.claim(known.reference, answer, account_token=token, **changes)
        if claim is not None and claim.state is ClaimState.SUCCEEDED:
            fact = Assurance.HOLDER if "proven" in changes else Assurance.REGISTRY_MATCH
            known.prove(fact, self.day, upgrade=changes.get("upgrade", False))

    def claim(self, reference: str, answer: RegistryAnswer, **changes: Any) -> Any:
        self.asked += 1
        self.world.claims.registry.verdict = answer
        identity = builders.identity(number=f"1101011990010{int(reference[5:]):05}")
        asked = command(self.asked, identity, **changes)
        return self.attempt(self.world.claims.verify(asked, seconds=self.seconds))

    @rule(days=st.integers(1, 20))
    def time_passes(self, days: int) -> None:
        """The clock advances; a pending claim may time out."""
        self.day += days

    @rule()
    def the_worker_works(self) -> None:
        """The worker enforces, lifts, ends overdue claims and removes abandoned accounts."""
        now = at(self.seconds)
        passed = {one for one, day in self.dates.items() if day <= now.today(builders.ZONE)}
        for known in self.accounts.values():
            known.limitable |= bool(known.shown & passed)
        self.run(self.world.enforce(now))
        self.run(self.world.lift(now))
        self.run(self.world.claims.backlog.time_out(now=now, limit=100))
        self.run(self.world.claims.retention.expire_accounts(now=now, limit=100))
        self.run(self.world.claims.retention.remove_abandoned(now=now, limit=100))
        self.run(Feed(self._database).arrange(limit=1_000))

    @rule()
    def the_service_starts_again(self) -> None:
        """Crash: the processes lose their memory, the database stays."""
        self.run(self.world.claims.verification.drain())
        self.run(self._database.close())
        self.lives += 1
        self._database = Database(url=f"sqlite:///{self._folder / 'main.sqlite3'}")
        self.world = CampaignWorld(self._database, life=self.lives)

    @invariant()
    def nobody_loses_service(self) -> None:
        """Each account that was never verified is UNVERIFIED and GOOD, each other one as it proved to be."""
        for token, known in self.accounts.items():
            status = self.run(self.world.status(token, seconds=self.seconds))
            if known.since is not None:
                state = AccountState.VERIFIED if known.is_valid(self.day) else AccountState.EXPIRED
                assert (status.state, status.standing) == (state, Standing.GOOD)
                assert status.verify_date == builders.TODAY + timedelta(days=known.since)
                assert status.assurances == known.facts
                continue
            assert (status.state, status.account_token) == (AccountState.UNVERIFIED, token)
            if not known.limitable:
                assert (status.standing, status.revision) == (Standing.GOOD, 1)
            assert status.standing in (Standing.GOOD, Standing.PUBLISHING_LIMITED)


def test_nobody_is_locked_out(sqlite_maker: SqliteMaker) -> None:
    """The invariant holds for all campaigns, owners, clocks and crashes."""
    CampaignSteps.maker = sqlite_maker
    run_state_machine_as_test(
        CampaignSteps,
        settings=settings(
            max_examples=walks.length(200),
            stateful_step_count=30,
            suppress_health_check=list(HealthCheck),
        ),
    )
