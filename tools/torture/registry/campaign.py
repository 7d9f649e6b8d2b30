"""A campaign in simulated time: claims of three platforms, a failing registry, dying workers and edges.

Real: the stores and their database, the flows, the adapter with its wire, breaker and shared cap, the mock
registry's wire and memory. Simulated: time, the network, and process deaths. Sealing is faked. The database
outlives every death, so it need not be on disk: promises 1 and 2 cover that.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random

from idvault.claim.acts.verification import VerifyCommand
from idvault.claim.rules import Claim
from idvault.core.db.database import Database
from idvault_dev.mock_registry.population import Resident
from idvault_verify.claim import Identity
from idvault_verify.clock import ClockReading
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import IdvaultError, NotFoundError
from tools.support import builders
from tools.support.claims import Jobs
from tools.support.flow_world import command
from tools.torture.registry import people
from tools.torture.registry.inline import inline
from tools.torture.registry.process import Fate, KilledError, Process, policy
from tools.torture.registry.wire import Internet

LIFETIME = timedelta(hours=48)
_AT_ONCE = 40
_WIDTH = 32
_ROUNDS = 8
_GIVES_UP = 0.02
_EDGE_DIES, _WORKER_DIES, _FAILS = 0.0005, 0.002, 0.002
_REGISTRY_FINISHES = 0.05
_LONGEST_PAUSE = 1800.0
_LONGEST_BAN_PAUSE = 15.0


@dataclass(slots=True)
class Claimant:
    """A person who signs up. matches: whether the registry knows the number under this name."""

    asked: VerifyCommand = field(repr=False)
    matches: bool
    retries: bool
    again_at: float = 0.0
    calls: int = 0
    claim: Claim | None = field(default=None, repr=False)


@dataclass
class Campaign:
    """All parts of one campaign. deaths: how much more often than usual processes die."""

    database: Database
    count: int
    seed: int = 1
    rate: float = 0.25
    keep_unheard: bool = True
    deaths: float = 1.0

    def __post_init__(self) -> None:
        inline(self.database)
        self.random = Random(self.seed)  # noqa: S311 - the same campaign for the same seed
        self.seconds = 0.0
        self.restarts = 0
        self.policy = policy(calls_per_second=90)
        everybody = [people.person(number) for number in range(self.count)]
        self.claimants = [self._claimant(number, person) for number, person in enumerate(everybody)]
        self.internet = Internet(
            people=[person for number, person in enumerate(everybody) if number % 10],
            keep_unheard=self.keep_unheard,
            rate=self.rate,
            random=self.random,
            clock=lambda: self.now().real,
        )
        self._jobs = Jobs(self.database)
        self._number = 0
        self.edge, self.worker = self._process(_EDGE_DIES), self._process(_WORKER_DIES)

    def now(self) -> ClockReading:
        return builders.reading(after=timedelta(seconds=self.seconds))

    async def run(self, *, stop: Callable[[], bool] = lambda: False) -> None:
        """Make all claims and let time pass until every claim has ended; after stop no new claim starts."""
        begun, pause = 0, 1.0
        callers: list[Claimant] = []
        while True:
            if stop():
                del self.claimants[begun:]
            arrivals = self.claimants[begun : begun + _AT_ONCE]
            begun += len(arrivals)
            waiting = [one for one in callers if one.again_at <= self.seconds]
            await asyncio.gather(*(self._call(one) for one in (*arrivals, *waiting)))
            callers = [one for one in (*callers, *arrivals) if one.claim is None and one.retries]
            calls = self.internet.calls
            worked = await self._work()
            self._registry_finishes()
            # While nothing is sent, as during a ban, looking at the queue occasionally is enough.
            longest = _LONGEST_BAN_PAUSE if worked else _LONGEST_PAUSE
            pause = 1.0 if arrivals or self.internet.calls > calls else min(2 * pause, longest)
            if not arrivals and not worked and not callers and not await self._jobs.backlog():
                return await self._ask_all()
            self.seconds += pause

    async def _call(self, claimant: Claimant) -> None:
        # A repeat that meets another holder waits in real time, which must be short.
        patience, claimant.calls = 0.1 if claimant.calls else 2.0, claimant.calls + 1
        try:
            claimant.claim = await self.edge.verification.verify(
                claimant.asked, now=self.now(), patience=patience
            )
        except (KilledError, IdvaultError):
            claimant.again_at = self.seconds + self.random.uniform(1, 40)
        self._bury()

    async def _work(self) -> int:
        worked = 0
        for turn in range(_ROUNDS):
            try:
                if not turn:
                    await self.worker.backlog.time_out(now=self.now(), limit=1_000)
                jobs = await self.worker.backlog.lease(now=self.now(), limit=_WIDTH)
            except (KilledError, IdvaultError):
                jobs = []
            worked += len(jobs)
            settling = (self.worker.backlog.settle(job, now=self.now()) for job in jobs)
            for outcome in await asyncio.gather(*settling, return_exceptions=True):
                _check_expected(outcome)
            self._bury()
            if not jobs:
                break
        return worked

    def _bury(self) -> None:
        """Restart dead processes with empty memory."""
        if self.edge.fate.dead:
            self.edge = self._process(_EDGE_DIES)
            self.restarts += 1
        if self.worker.fate.dead:
            self.worker = self._process(_WORKER_DIES)
            self.restarts += 1

    def _process(self, dies: float) -> Process:
        self._number += 1
        fate = Fate(self.random, dies * self.deaths, _FAILS if self.rate else 0)
        return Process(self.database, self.internet, self.policy, fate, self.now, self._number)

    def _registry_finishes(self) -> None:
        """Let the registry end some checks in progress."""
        for ai in list(self.internet.ledger.working_on):
            if self.random.random() < _REGISTRY_FINISHES:
                self.internet.ledger.finish(ai, now=self.now().real)

    async def _ask_all(self) -> None:
        """Ask for the outcome of every claim by request id, as platforms do."""
        self._number += 1
        calm = Process(
            self.database, self.internet, self.policy, Fate(self.random, 0, 0), self.now, self._number
        )
        for claimant in self.claimants:
            try:
                claimant.claim = await calm.verification.get(
                    relying_party=claimant.asked.relying_party,
                    request_id=claimant.asked.request_id,
                    now=self.now(),
                )
            except NotFoundError:
                claimant.claim = None

    def _claimant(self, number: int, person: Resident) -> Claimant:
        stranger, other_name = number % 10 == 0, number % 10 == 1
        name = person.name[0] + "错" + person.name[1:] if other_name else person.name
        (party,) = self.random.choices(people.PARTIES, weights=people.SHARES)
        identity = Identity(name, Document(DocumentType.RESIDENT_ID, person.number))
        asked = command(number + 1, identity, relying_party=party)
        return Claimant(asked, not stranger and not other_name, self.random.random() >= _GIVES_UP)


def _check_expected(outcome: object) -> None:
    """Raise a settlement's error, unless its process died or its store failed."""
    if isinstance(outcome, BaseException) and not isinstance(outcome, (KilledError, IdvaultError)):
        raise outcome
