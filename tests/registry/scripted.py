"""Hand-written fakes for the registry tests."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from idvault.registry.ports import InTurn, at_any_time
from idvault.verify.claim import Identity
from idvault.verify.document import DocumentType
from idvault.verify.error import Reason, UnavailableError
from idvault.verify.registry import RegistryAnswer


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


class MemoryBudget:
    """The budget port in memory; `broken` refuses every call."""

    def __init__(self) -> None:
        self.next_at: dict[str, datetime] = {}
        self.broken = False

    async def take(self, name: str, *, gap: timedelta, now: datetime, latest: datetime) -> datetime | None:
        self._refuse()
        slot = max(self.next_at.get(name, now), now)
        if slot > latest:
            return None
        self.next_at[name] = slot + gap
        return slot

    async def pause(self, name: str, *, until: datetime) -> None:
        """Allow no slot before a time."""
        self._refuse()
        self.next_at[name] = max(self.next_at.get(name, until), until)

    def _refuse(self) -> None:
        if self.broken:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
