"""Hand-written fakes for the registry tests."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from idvault.core.db.database import Database
from idvault.core.db.statement import from_micros, to_micros
from idvault.registry.ports import InTurn, at_any_time
from idvault_verify.claim import Identity
from idvault_verify.document import DocumentType
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.registry import RegistryAnswer

T = TypeVar("T")


@dataclass
class Clock:
    """A clock that moves when told to, or when slept on."""

    now: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    async def sleep(self, seconds: float) -> None:
        """Sleep without waiting."""
        self.slept.append(seconds)
        self.advance(seconds)


class ScriptedRegistry:
    """A registry that answers by script and records the patience it got."""

    def __init__(
        self, *answers: RegistryAnswer, meanwhile: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        """Answer with each in turn, then with the last one; `meanwhile` runs within each call."""
        self.answers = list(answers)
        self.open = True
        self.connecting: Callable[[], Awaitable[None]] | None = None
        self.calls: list[tuple[str, float]] = []
        self._meanwhile = meanwhile

    @property
    def name_limit(self) -> int:
        return 32

    @property
    def document_types(self) -> frozenset[DocumentType]:
        return frozenset({DocumentType.RESIDENT_ID})

    @property
    def can_query(self) -> bool:
        return True

    def admits(self) -> bool:
        return self.open

    async def check(
        self, *, ai: str, identity: Identity, patience: float, in_turn: InTurn = at_any_time
    ) -> RegistryAnswer:
        return await self._answer("check", patience, in_turn)

    async def query(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        return await self._answer("query", patience, in_turn)

    async def probe(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        return await self._answer("probe", patience, in_turn)

    async def _answer(self, call: str, patience: float, in_turn: InTurn) -> RegistryAnswer:
        if self.connecting is not None:
            await self.connecting()
        if not await in_turn():
            return RegistryAnswer.NO_TURN
        self.calls.append((call, patience))
        if self._meanwhile is not None:
            await self._meanwhile()
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class MemoryBudget(Database):
    """A database in memory that has nothing but rows of slots; `broken` refuses every call."""

    def __init__(self) -> None:
        """Start without rows."""
        self.next_at: dict[str, datetime] = {}
        self.broken = False

    async def write(self, _name: str, _statement: Any, /, **parameters: Any) -> Any:
        """Take a slot."""
        self._refuse()
        name, now, gap = parameters["name"], parameters["now"], parameters["gap"]
        slot = max(to_micros(self.next_at[name]), now) if name in self.next_at else now
        if slot > parameters["latest"]:
            return None
        self.next_at[name] = from_micros(slot + gap)
        return slot + gap

    async def act(self, _name: str, work: Callable[[Any], Awaitable[T]]) -> T:
        """Allow no slot before a time."""
        self._refuse()
        return await work(self)

    async def run(self, _statement: Any, *, name: str, next_at: datetime) -> None:
        self.next_at[name] = max(self.next_at.get(name, next_at), next_at)

    def _refuse(self) -> None:
        if self.broken:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
