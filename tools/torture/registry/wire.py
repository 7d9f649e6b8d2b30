"""The mock registry's wire without a network: calls fail, each in its own way."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, cast

from aiohttp import web

from idvault.registry.nppa import (
    Credentials,
    Exchange,
    NppaCode,
    NppaRegistry,
    NppaRequest,
    NppaStatus,
    NppaWireError,
    Question,
)
from idvault.registry.ports import InTurn, at_any_time
from idvault_dev.mock_registry import notices, registry_half
from idvault_dev.mock_registry.behaviour import Behaviour, Mode
from idvault_dev.mock_registry.counting import Counters, DayCaps
from idvault_dev.mock_registry.enterprise import EnterpriseLedger
from idvault_dev.mock_registry.ledger import Ledger, LedgerResult
from idvault_dev.mock_registry.notices import NoticeLedger
from idvault_dev.mock_registry.population import Resident
from idvault_dev.mock_registry.wire import Callers, Memory, Wire
from idvault_verify.registry import RegistryAnswer

_CREDENTIALS = Credentials("campaign", "campaign", "0123456789abcdef" * 2)
_URL = "https://registry.invalid"
_NO_CAP = 10**9
# Faults and their relative frequency. The last three are codes that the registry sends.
FAULTS = {
    "hang": 5, "lose_answer": 5, "half_answer": 4, "down": 3, "maintenance": 3, "source_error": 3,
    "in_progress": 4, "wrong_signature": 0.2, "rate_ban": 0.2, "daily_limit": 0.2, "clock_skew": 0.2,
}  # fmt: skip
_MODES = {"maintenance", "source_error", "in_progress", "wrong_signature"}
_CODES = {"rate_ban": NppaCode.BUSY, "daily_limit": NppaCode.RESOURCE_LIMIT, "clock_skew": NppaCode.EXPIRED}


@dataclass(frozen=True, slots=True)
class _Arriving:
    """The parts of an HTTP request that the wire uses."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes = field(repr=False)
    remote: str = "127.0.0.1"
    transport: None = None

    async def read(self) -> bytes:
        return self.body


class WitnessedLedger(Ledger):
    """A registry's memory that records for the oracle, by id, who was asked about and the answers."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.asked: dict[str, set[tuple[str, str]]] = {}
        self.decided: dict[str, list[NppaStatus]] = {}
        self.working_on: dict[str, Question] = {}

    def check(self, question: Question, *, now: datetime, in_progress: bool = False) -> LedgerResult:
        """Decide a check and record it."""
        self.asked.setdefault(question.ai, set()).add((question.name, question.number))
        result = super().check(question, now=now, in_progress=in_progress)
        if result.status is NppaStatus.IN_PROGRESS:
            self.working_on[question.ai] = question
        else:
            self.decided.setdefault(question.ai, []).append(result.status)
        return result

    def finish(self, ai: str, *, now: datetime) -> None:
        """End a check in progress correctly; does nothing if it is forgotten."""
        question = self.working_on.pop(ai)
        status = self._decide(question.name, question.number).status
        if self.settle(ai, status, now=now):
            self.decided.setdefault(ai, []).append(status)


class Internet(Exchange):
    """Carries requests to one mock registry, and loses, cuts and corrupts them."""

    def __init__(
        self,
        *,
        people: list[Resident],
        keep_unheard: bool,
        rate: float,
        random: Random,
        clock: Callable[[], datetime],
    ) -> None:
        """Set the registry's people, and the share of calls that fail."""
        super().__init__()
        counters = Counters()
        caps = DayCaps(name=_NO_CAP, number=_NO_CAP)
        self.ledger = WitnessedLedger(people=people, keep_unheard=keep_unheard, caps=caps, counters=counters)
        self.faults: Counter[str] = Counter()
        self.calls = 0
        self.rate = rate
        self._random = random
        self._clock = clock
        self._behaviour = Behaviour(latency_ms=0)
        self._wire = Wire(
            memory=Memory(
                counters,
                self.ledger,
                EnterpriseLedger(organizations=[], keep_unheard=keep_unheard, caps=caps, counters=counters),
                NoticeLedger(key=notices.key_of(_CREDENTIALS.secret_key)),
            ),
            behaviour=self._behaviour,
            callers=Callers((_CREDENTIALS,), None),
            check_cap=_NO_CAP,
            query_cap=_NO_CAP,
            clock=clock,
        )

    def adapter(self) -> NppaRegistry:
        """Return the real adapter with its connections replaced by this one."""
        made = NppaRegistry(check_base=_URL, query_base=_URL, credentials=_CREDENTIALS, clock=self._clock)
        made._exchange = self
        return made

    async def ask(
        self,
        base: str,
        request: NppaRequest,
        *,
        patience: float,
        read: Callable[[int, bytes], RegistryAnswer],
        in_turn: InTurn = at_any_time,
    ) -> RegistryAnswer:
        """Send a request as far as the fault lets it."""
        if patience <= 0:
            return RegistryAnswer.NOT_SENT
        if not await in_turn():
            return RegistryAnswer.NO_TURN
        fault = self._fault()
        if fault == "down":
            return RegistryAnswer.NOT_SENT
        if fault == "hang":
            return RegistryAnswer.UNKNOWN
        try:
            status, body = await self._delivered(request, fault)
            return RegistryAnswer.UNKNOWN if fault == "lose_answer" else read(status, body)
        except NppaWireError:
            return RegistryAnswer.UNKNOWN

    async def _delivered(self, request: NppaRequest, fault: str) -> tuple[int, bytes]:
        if fault in _CODES:
            return 200, registry_half.build_answer(code=_CODES[fault])
        self._behaviour.change({"mode": fault if fault in _MODES else Mode.NORMAL.value})
        arriving = _Arriving(
            request.method, request.path, dict(request.params), dict(request.headers), request.body
        )
        answer = cast(web.Response, await self._wire.handle(cast(web.BaseRequest, arriving)))
        body = cast(bytes, answer.body)
        return answer.status, body[: len(body) // 2] if fault == "half_answer" else body

    def _fault(self) -> str:
        self.calls += 1
        if self._random.random() >= self.rate:
            return ""
        (fault,) = self._random.choices(list(FAULTS), weights=list(FAULTS.values()))
        self.faults[fault] += 1
        return fault
