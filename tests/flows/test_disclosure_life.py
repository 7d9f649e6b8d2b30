"""The life cycle of disclosures against a model: 3 custodians, 2 auditors, a clock, crashes, lost answers.

The model implements the rules independently. After every step the store must agree with the model, every
completed act must have exactly one log entry, and nothing may be released against the rules.
"""

import asyncio
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from idvault.disclosure.store import lists, rows
from idvault_client.errors import Unavailable, VaultError
from idvault_verify.attest.disclosure import Terms
from idvault_verify.disclosure import DisclosureState, Verdict
from idvault_verify.event import EventType
from tests.support.disclosure_world import (
    SHARE,
    cancel,
    confirm,
    decide,
    decision,
    file,
    open_alone,
    release,
    request_id,
    signed,
    terms,
)
from tools.support import walks
from tools.support.chamber import AUDITORS, CUSTODIANS, Chamber
from tools.support.databases import SqliteMaker
from tools.support.fakes.flaky import Fault

M, N = 2, 3
HOURS = 72


@dataclass
class Model:
    """The expected state of a disclosure, with times in hours since the start."""

    auditor: str
    openings: int
    end: float
    paper: bytes
    approved: list[str] = field(default_factory=list)
    released: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    opened: int = 0
    blocked: bool = False
    disclosed: bool = False
    confirmed: bool = False
    cancelled: bool = False
    swept: bool = False

    def takes_shares(self) -> bool:
        """Return whether custodians may still decide and release."""
        ended = (DisclosureState.DENIED, DisclosureState.CANCELLED, DisclosureState.EXPIRED)
        return self.state() not in ended and not self.confirmed

    def state(self) -> DisclosureState:
        """Return the state that the store must show."""
        if self.cancelled:
            return DisclosureState.CANCELLED
        if self.opened:
            return DisclosureState.OPENED
        if self.blocked:
            return DisclosureState.DENIED
        if self.swept:
            return DisclosureState.EXPIRED
        return DisclosureState.APPROVED if self.disclosed else DisclosureState.REQUESTED


class Life(RuleBasedStateMachine):
    """Acts in any order; each may lose its answer, and the process may crash between any two."""

    made = Bundle("made")
    template: SqliteMaker

    @initialize()
    def begin(self) -> None:
        """Open a deployment with two accounts."""
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="idvault-life-"))
        self.now = 0.0
        self.models: dict[str, Model] = {}
        names = ("request", "approve", "release", "disclose", "deny", "cancel", "open", "confirm", "expire")
        self.acts = dict.fromkeys(names, 0)
        self.room = self.run(self._open())
        self.accounts = [self.run(self.room.account()) for _ in range(2)]

    async def _open(self) -> Chamber:
        return Chamber(self.template.fresh(self.folder), self.folder)

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    def teardown(self) -> None:
        if hasattr(self, "room"):
            self.run(self.room.close())
            self.runner.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    def attempt(self, make: Any, *, method: str, lose: bool) -> bool:
        """Perform an act, repeating it if the answer is lost; return whether it succeeded."""
        if lose:
            self.room.flaky.plant(method, Fault.LOSE_ANSWER)
        try:
            try:
                self.run(make())
            except Unavailable:
                assert lose
                self.room.restart()
                self.run(make())
        except VaultError:
            return False
        finally:
            self.room.flaky.faults.clear()
        return True

    @rule(
        target=made,
        auditor=st.sampled_from(AUDITORS),
        openings=st.integers(1, 3),
        account=st.integers(0, 1),
        lose=st.booleans(),
    )
    def request(self, auditor: str, openings: int, account: int, lose: bool) -> Any:
        asked: Terms = terms(self.room, self.accounts[account], auditor=auditor, openings=openings)
        paper, number = signed(asked, auditor), len(self.models) + 1

        def make() -> Any:
            return file(self.room, paper, name=auditor, number=number)

        assert self.attempt(make, method="request", lose=lose)
        self.acts["request"] += 1
        self.models[asked.disclosure_id] = Model(auditor, openings, self.now + HOURS, paper)
        return asked.disclosure_id

    @rule(
        which=made,
        custodian=st.sampled_from(CUSTODIANS),
        verdict=st.sampled_from(list(Verdict)),
        good_code=st.booleans(),
        lose=st.booleans(),
    )
    def decide(self, which: str, custodian: str, verdict: Verdict, good_code: bool, lose: bool) -> None:
        model = self.models[which]
        allowed = (
            model.takes_shares()
            and self.now < model.end
            and custodian not in (*model.approved, *model.denied)
            and (good_code or verdict is Verdict.DENY)
        )
        asked = decision(
            model.paper, custodian, verdict=verdict, code=self.room.codes.code() if good_code else "000000"
        )
        done = self.attempt(lambda: decide(self.room, asked), method="decide", lose=lose)
        assert done is allowed
        if done:
            (model.approved if verdict is Verdict.APPROVE else model.denied).append(custodian)
            model.blocked |= not model.disclosed and len(model.denied) >= N - M + 1
            self.acts[verdict.value.lower()] += 1

    @rule(which=made, custodian=st.sampled_from(CUSTODIANS), good_share=st.booleans(), lose=st.booleans())
    def release(self, which: str, custodian: str, good_share: bool, lose: bool) -> None:
        """A custodian releases a share, perhaps one that was never approved."""
        model = self.models[which]
        allowed = (
            model.takes_shares()
            and self.now < model.end
            and custodian in model.approved
            and custodian not in model.released
            and good_share
        )
        share, number = SHARE if good_share else b"another share", request_id()
        approval = decision(model.paper, custodian)

        def make() -> Any:
            return release(self.room, approval, share=share, id=number)

        assert self.attempt(make, method="release", lose=lose) is allowed
        if allowed:
            model.released.append(custodian)
            self.acts["release"] += 1
            if len(model.released) == M:
                model.disclosed = True
                self.acts["disclose"] += 1

    @rule(which=made, auditor=st.sampled_from(AUDITORS), lose=st.booleans())
    def confirm(self, which: str, auditor: str, lose: bool) -> None:
        """An auditor confirms that the shares open the record."""
        model, number = self.models[which], request_id()
        allowed = auditor == model.auditor and model.opened > 0 and not model.confirmed

        def make() -> Any:
            return confirm(self.room, which, name=auditor, id=number)

        assert self.attempt(make, method="confirm", lose=lose) is allowed
        if allowed:
            model.confirmed = True
            self.acts["confirm"] += 1

    @rule(which=made, auditor=st.sampled_from(AUDITORS), lose=st.booleans())
    def cancel(self, which: str, auditor: str, lose: bool) -> None:
        """An auditor cancels a request, perhaps another auditor's."""
        model, number = self.models[which], request_id()
        allowed = (
            auditor == model.auditor
            and model.state() in (DisclosureState.REQUESTED, DisclosureState.APPROVED)
            and self.now < model.end
        )

        def make() -> Any:
            return cancel(self.room, which, name=auditor, id=number)

        assert self.attempt(make, method="cancel", lose=lose) is allowed
        if allowed:
            model.cancelled = True
            self.acts["cancel"] += 1

    @rule(
        which=made,
        auditor=st.sampled_from(AUDITORS),
        good_code=st.booleans(),
        lose=st.booleans(),
        crash=st.booleans(),
    )
    def open(self, which: str, auditor: str, good_code: bool, lose: bool, crash: bool) -> None:
        """An auditor opens: the first call waits in vain for the checkpoint, then the worker runs."""
        model, number = self.models[which], request_id()
        allowed = (
            auditor == model.auditor
            and model.state() in (DisclosureState.APPROVED, DisclosureState.OPENED)
            and self.now < model.end
            and model.opened < model.openings
            and good_code
        )
        asked: dict[str, Any] = {"name": auditor, "id": number}
        code = self.room.codes.code() if good_code else "000000"
        if lose:
            self.room.flaky.plant("open", Fault.LOSE_ANSWER)
        with pytest.raises(VaultError) as caught:
            self.run(open_alone(self.room, which, **asked, code=code, remaining=0.0))
        self.room.flaky.faults.clear()
        assert isinstance(caught.value, Unavailable) is allowed
        if not allowed:
            return
        model.opened += 1
        self.acts["open"] += 1
        if crash:
            self.room.restart()
        self.run(self.room.step())
        opened = self.run(open_alone(self.room, which, **asked, code=""))
        assert len(opened.shares) >= M
        assert {share.custodian for share in opened.shares} == set(model.released)
        assert opened.opening.HasField("proof")

    @rule(hours=st.sampled_from([0.1, 1, 24, 71, 73]))
    def wait(self, hours: float) -> None:
        self.now += hours
        self.room.pass_time(hours=hours)

    @rule()
    def crash(self) -> None:
        """The process crashes; only the databases are left."""
        self.room.restart()

    @rule()
    def sweep(self) -> None:
        self.run(self.room.sweep(limit=100))
        for which, model in self.models.items():
            if (
                model.state() in (DisclosureState.REQUESTED, DisclosureState.APPROVED)
                and self.now >= model.end
            ):
                model.swept = True
                self.acts["expire"] += 1
            kept = [s.resealed for s in self.run(self.room.read(rows.shares, disclosure_id=which))]
            over = self.now >= model.end or model.state() in (
                DisclosureState.DENIED,
                DisclosureState.CANCELLED,
            )
            recently = model.opened > 0  # within ten minutes of an opening a repeat may still come
            assert not (over and not recently and any(kept))

    @invariant()
    def store_and_model_agree(self) -> None:
        """State, openings and decisions match the model."""
        for which, model in getattr(self, "models", {}).items():
            found = self.run(self.room.read(rows.get, disclosure_id=which)).disclosure
            assert (found.state, found.opened) == (model.state(), model.opened)
            assert {made.custodian for made in found.decisions} == {*model.approved, *model.denied}
            assert found.opened == 0 or len(model.released) >= M
            assert (found.disclosed_at is not None) is model.disclosed
            released = {made.custodian for made in found.decisions if made.released_at is not None}
            assert released == set(model.released)

    @invariant()
    def the_history_has_every_disclosure(self) -> None:
        """Each request with M released shares is a disclosure of its account, whatever happened later."""
        models = getattr(self, "models", {})
        told = {
            each.disclosure_id
            for account in getattr(self, "accounts", [])
            for each in self.run(self.room.read(lists.disclosed, account_token=account))
        }
        assert told == {which for which, model in models.items() if model.disclosed}

    @invariant()
    def every_act_has_one_entry(self) -> None:
        """There is no act without an entry and no entry without an act."""
        kinds = {
            "request": EventType.DISCLOSURE_REQUEST,
            "approve": EventType.DISCLOSURE_APPROVE,
            "release": EventType.DISCLOSURE_RELEASE,
            "disclose": EventType.DISCLOSURE_DISCLOSE,
            "confirm": EventType.DISCLOSURE_CONFIRM,
            "deny": EventType.DISCLOSURE_DENY,
            "cancel": EventType.DISCLOSURE_CANCEL,
            "open": EventType.DISCLOSURE_OPEN,
            "expire": EventType.DISCLOSURE_EXPIRE,
        }
        for act, count in getattr(self, "acts", {}).items():
            assert len(self.run(self.room.logged(kinds[act]))) == count


@pytest.mark.long
def test_the_life_of_disclosures(sqlite_maker: SqliteMaker) -> None:
    """In any order of acts the rules hold and the log is complete."""
    Life.template = sqlite_maker
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=walks.length(120),
            stateful_step_count=25,
            suppress_health_check=list(HealthCheck),
        ),
    )
