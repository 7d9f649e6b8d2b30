"""Client of the NPPA real-name interface V1.9 over HTTP; returns registry answers.

- Only a complete answer with HTTP status 200 decides anything.
- A query asks for the outcome of a check.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime

from idvault.registry import exchange, nppa_wire
from idvault.registry.exchange import Exchange
from idvault.registry.nppa_wire import Credentials, NppaRequest, NppaStatus, Question
from idvault.registry.ports import InTurn, at_any_time
from idvault_verify.claim import Identity
from idvault_verify.document import DocumentType
from idvault_verify.registry import RegistryAnswer

_BY_STATUS: Mapping[NppaStatus, RegistryAnswer] = {
    NppaStatus.VERIFIED: RegistryAnswer.MATCH,
    NppaStatus.IN_PROGRESS: RegistryAnswer.IN_PROGRESS,
    NppaStatus.FAILED: RegistryAnswer.MISMATCH,
}
# A query carries neither name nor number, so these answers do not describe the check.
_NOT_OF_A_QUERY = frozenset({RegistryAnswer.INVALID_INPUT, RegistryAnswer.DAILY_LIMIT, RegistryAnswer.IN_USE})


class NppaRegistry:
    """A client of one NPPA endpoint (registry.ports.Registry)."""

    def __init__(
        self,
        *,
        check_base: str,
        query_base: str,
        credentials: Credentials,
        clock: Callable[[], datetime],
        document_types: frozenset[DocumentType] = frozenset({DocumentType.RESIDENT_ID}),
        development: bool = False,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Set the endpoint and the credentials; raises InsecureUrlError for http outside development.

        clock: real time, which must be within 5 s of the registry's. random: makes the nonces.
        """
        self._check_base = exchange.base_url(check_base, development=development)
        self._query_base = exchange.base_url(query_base, development=development)
        self._credentials = credentials
        self._clock = clock
        self._document_types = document_types
        self._random = random
        self._exchange = Exchange()

    @property
    def name_limit(self) -> int:
        """Return 32, the interface's limit in code points."""
        return nppa_wire.NAME_LIMIT

    @property
    def document_types(self) -> frozenset[DocumentType]:
        """Return the document types that this deployment may check here."""
        return self._document_types

    @property
    def can_query(self) -> bool:
        """Return True: a check can be queried for 48 h."""
        return True

    async def check(
        self, *, ai: str, identity: Identity, patience: float, in_turn: InTurn = at_any_time
    ) -> RegistryAnswer:
        """Ask whether name and number belong together."""
        request = nppa_wire.build_check(
            credentials=self._credentials,
            question=Question(ai, identity.name, identity.document.number),
            now=self._clock(),
            nonce=self._random(nppa_wire.NONCE_SIZE),
        )
        return await self._ask(self._check_base, request, patience, in_turn)

    async def query(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        """Ask for the outcome of a check."""
        request = nppa_wire.build_query(credentials=self._credentials, ai=ai, now=self._clock())
        answer = await self._ask(self._query_base, request, patience, in_turn)
        return RegistryAnswer.UNKNOWN if answer in _NOT_OF_A_QUERY else answer

    async def probe(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        """Query an id of no check, and see whether the address of checks answers if it is another one."""
        begun = self._clock()
        answer = await self.query(ai=ai, patience=patience, in_turn=in_turn)
        if answer is not RegistryAnswer.NOT_FOUND or self._check_base == self._query_base:
            return answer
        left = patience - (self._clock() - begun).total_seconds()
        reached = await self._exchange.reach(self._check_base, patience=left)
        return answer if reached else RegistryAnswer.NOT_SENT

    async def close(self) -> None:
        """Close the connections."""
        await self._exchange.close()

    async def _ask(self, base: str, request: NppaRequest, patience: float, in_turn: InTurn) -> RegistryAnswer:
        return await self._exchange.ask(base, request, patience=patience, read=_read, in_turn=in_turn)


def _read(http_status: int, body: bytes) -> RegistryAnswer:
    reply = nppa_wire.parse_answer(body)
    return exchange.decide(
        http_status, reply.code, None if reply.status is None else _BY_STATUS[reply.status]
    )
