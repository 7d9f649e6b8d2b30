"""An overload in simulated time: ten times more claims per second than the registry's cap.

The same parts are real and simulated as in a campaign; the registry works normally. Some accounts are
verified first. Then the flood comes: sign-ups of three platforms of unequal size, mixed with re-verifications
of those accounts. Every request is answered at once; waiting claims are settled after the flood, as fast as
the cap allows.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import islice
from random import Random

from idvault.claim.acts.verification import VerifyCommand
from idvault.claim.rules import Claim
from idvault.core.db.database import Database
from idvault_verify.claim import ClaimState, Identity
from idvault_verify.clock import ClockReading
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import ExhaustedError, Reason, UnavailableError
from tools.support import builders
from tools.support.fakes.sealing import FakeFingerprinter
from tools.support.flow_world import command
from tools.torture.registry.inline import inline
from tools.torture.registry.people import PARTIES, SHARES, person
from tools.torture.registry.process import Fate, Process, policy
from tools.torture.registry.wire import Internet

STEP = 0.1
WIDTH = 32  # jobs that a worker holds at once
_CALM = 60.0  # seconds of real time, which has no meaning here
_AGAIN = 20  # one claim in this many is a re-verification
REFUSED = "REFUSED"


@dataclass(slots=True)
class Arrival:
    """One arriving claim. answer: its caller's first answer. ends: when it was settled."""

    asked: VerifyCommand = field(repr=False)
    again: bool
    came: float = 0.0
    answer: str = ""
    ends: list[float] = field(default_factory=list)

    @property
    def party(self) -> str:
        return self.asked.relying_party

    @property
    def waits(self) -> bool:
        """Whether its caller got PENDING and it is still pending."""
        return self.answer == ClaimState.PENDING and not self.ends


@dataclass
class Overload:
    """One overload: count claims at per_second per second under a cap, both in calls."""

    database: Database
    count: int
    per_second: float = 1000.0
    cap: float = 100.0
    seed: int = 1

    def __post_init__(self) -> None:
        inline(self.database)
        self.seconds = 0.0
        self.flood: list[Arrival] = []
        self.shared: Counter[str] = Counter()
        self.leases: list[Counter[str]] = []
        self.overtaken = 0
        self.began, self.calls_before, self.known = 0.0, 0, 0
        self.longest_queue = 0
        self.repeated = 0
        self._random = Random(self.seed)  # noqa: S311 - the same overload for the same seed
        self._by_id: dict[tuple[str, str], Arrival] = {}
        self._waiting: Counter[tuple[str, bool]] = Counter()
        people = [person(number) for number in range(self.count)]
        self.internet = Internet(
            people=people, keep_unheard=True, rate=0, random=self._random, clock=lambda: self.now().real
        )
        self._new = iter(
            [
                command(
                    number,
                    Identity(one.name, Document(DocumentType.RESIDENT_ID, one.number)),
                    relying_party=self._random.choices(PARTIES, weights=SHARES)[0],
                )
                for number, one in enumerate(people, 1)
            ]
        )
        self.edge, self._worker = self._process(1), self._process(2)

    def now(self) -> ClockReading:
        return builders.reading(after=timedelta(seconds=self.seconds))

    async def run(self, *, stop: Callable[[], bool] = lambda: False) -> None:
        """Verify some accounts, send the flood, and let time pass until no claim waits."""
        known = await self._before()
        self.began, self.calls_before = self.seconds, self.internet.calls
        self.flood = list(self._mixed(known))
        begun, each = 0, round(self.per_second * STEP)
        while True:
            if stop():
                del self.flood[begun:]
            arrivals = self.flood[begun : begun + each]
            begun += len(arrivals)
            await self._arrive(arrivals)
            await self._work()
            if not arrivals and not any(self._waiting.values()):
                return
            self.seconds += STEP if arrivals else max(STEP, 1 / self.cap)

    async def _before(self) -> list[VerifyCommand]:
        """Verify accounts one by one, far below the cap; return their next claims."""
        known = []
        for asked in islice(self._new, self.count // _AGAIN):
            claim = await self.edge.verification.verify(asked, now=self.now(), patience=_CALM)
            while claim.state is ClaimState.PENDING:  # a second spelling needs a second slot
                self.seconds += max(STEP, 2 / self.cap)
                await self._work()
                claim = await self.edge.verification.get(
                    relying_party=asked.relying_party, request_id=asked.request_id, now=self.now()
                )
            if claim.state is not ClaimState.SUCCEEDED:
                raise RuntimeError("somebody was not verified before the flood")
            other_id = f"ffffffff{asked.request_id[8:]}"
            known.append(replace(asked, request_id=other_id, account_token=claim.account.account_token))
            self.seconds += max(STEP, 2 / self.cap)
        self.known = len(known)
        return known

    def _mixed(self, known: list[VerifyCommand]) -> Iterator[Arrival]:
        """Return every claim of the flood in order."""
        for number, asked in enumerate(self._new):
            yield Arrival(asked, again=False)
            if number % _AGAIN == 0 and known:
                yield Arrival(known.pop(), again=True)

    async def _arrive(self, arrivals: list[Arrival]) -> None:
        await asyncio.gather(*(self._call(one) for one in arrivals))
        for one in arrivals:
            self._waiting[one.party, one.again] += one.waits
        self.longest_queue = max(self.longest_queue, self._waiting.total())

    async def _call(self, one: Arrival) -> None:
        one.came = self.seconds
        kept_id = FakeFingerprinter().kept_id(relying_party=one.party, request_id=one.asked.request_id)
        self._by_id[one.party, kept_id] = one
        while not one.answer:
            try:
                claim = await self.edge.verification.verify(one.asked, now=self.now(), patience=2.0)
                one.answer = claim.state.value
            except ExhaustedError as refusal:
                one.answer = REFUSED
                if refusal.reason is not Reason.REGISTRY_BACKLOG:
                    raise
            except UnavailableError:
                # On an overloaded host the database may be overloaded too: callers repeat such a request.
                self.repeated += 1

    async def _work(self) -> None:
        while jobs := await self._worker.backlog.lease(now=self.now(), limit=WIDTH):
            if self._all_wait():
                self.leases.append(Counter(job.relying_party for job in jobs))
            settling = (self._worker.backlog.settle(job, now=self.now()) for job in jobs)
            for outcome in await asyncio.gather(*settling, return_exceptions=True):
                if isinstance(outcome, BaseException) and not isinstance(outcome, UnavailableError):
                    raise outcome

    def _settled(self, claim: Claim) -> None:
        """Record that a claim was settled: for which platform, and whether it overtook a sign-up."""
        party = claim.account.relying_party
        one = self._by_id.get((party, claim.request_id))
        if one is None:
            return
        waited = one.waits
        one.ends.append(self.seconds)
        if not waited:
            return
        if self._all_wait():
            self.shared[party] += 1
        # The worker may hold the last sign-ups when it leases the first re-verifications.
        self.overtaken += one.again and self._waiting[party, False] > WIDTH
        self._waiting[party, one.again] -= 1

    def _all_wait(self) -> bool:
        """Tell whether every platform has enough waiting claims for its share of a lease."""
        return min(self._waiting[each, False] for each in PARTIES) > WIDTH / len(PARTIES)

    def _process(self, number: int) -> Process:
        return Process(
            self.database,
            self.internet,
            policy(calls_per_second=self.cap),
            Fate(self._random, 0, 0),
            self.now,
            number,
            on_settled=self._settled,
        )
