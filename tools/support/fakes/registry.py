"""A registry that answers by script, hangs, or decides but loses the answer."""

import asyncio
from collections import deque

from idvault.registry.ports import CallTurn, Reserved
from idvault_verify.claim import Identity
from idvault_verify.document import DocumentType
from idvault_verify.registry import DECIDED, RegistryAnswer


class FakeRegistry:
    """Answers from the script, then MATCH. Remembers its decisions, so that queries return the same."""

    name_limit = 32
    document_types = frozenset({DocumentType.RESIDENT_ID, DocumentType.UNIFIED_SOCIAL_CREDIT_CODE})

    def __init__(
        self, *script: RegistryAnswer, decided: RegistryAnswer = RegistryAnswer.MATCH, can_query: bool = True
    ) -> None:
        """Set the answers to the next calls, in order, and the verdict of every check after them."""
        self.script = deque(script)
        self.verdict = decided
        self.can_query = can_query
        self.decided: dict[str, RegistryAnswer] = {}
        self.charged = 0
        self.checks: list[tuple[str, Identity]] = []
        self.queries: list[str] = []
        self.probes: list[str] = []
        self.lose_answers = False
        self.refuses_repeats = False
        self.hang = False
        self.gate: asyncio.Event | None = None
        self.asked = asyncio.Event()
        self.next_turn: CallTurn | None = None
        self.reserved: list[Reserved | None] = []

    def turn(self, *, patience: float) -> CallTurn | None:
        """Return the turn set by the test."""
        return self.next_turn

    async def check(
        self, *, ai: str, identity: Identity, patience: float, reserved: Reserved | None = None
    ) -> RegistryAnswer:
        """Decide once per ai; the answer may be lost."""
        self.reserved.append(reserved)
        self.checks.append((ai, identity))
        self.asked.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.hang:
            await asyncio.sleep(patience)
            return RegistryAnswer.UNKNOWN
        if self.refuses_repeats and ai in self.decided:
            return RegistryAnswer.IN_USE
        answer = self.script.popleft() if self.script else self.verdict
        if answer in DECIDED and ai not in self.decided:
            self.decided[ai] = answer
            self.charged += 1
        return RegistryAnswer.UNKNOWN if self.lose_answers else self.decided.get(ai, answer)

    async def query(self, *, ai: str, patience: float) -> RegistryAnswer:
        """Return the decision; the script comes first."""
        self.queries.append(ai)
        if self.script:
            return self.script.popleft()
        return self.decided.get(ai, RegistryAnswer.NOT_FOUND)

    async def probe(self, *, ai: str, patience: float, reserved: Reserved | None = None) -> RegistryAnswer:
        """Answer like a query of an unknown id; the script comes first."""
        self.probes.append(ai)
        return self.script.popleft() if self.script else RegistryAnswer.NOT_FOUND
