"""Asks the enterprise wire whether an organisation's name and credit code belong together.

- Only a complete answer with HTTP status 200 decides anything; NO_RECORD is a separate answer.
- There is no query: to learn a check's outcome, send the same check with the same ai again.
- A check without name and code is refused as illegal if the registry answers at all: that is the probe.
"""

import secrets
from collections.abc import Callable, Mapping
from datetime import datetime

from idvault.registry import enterprise_wire, exchange, nppa_wire
from idvault.registry.enterprise_wire import EnterpriseStatus
from idvault.registry.exchange import Exchange
from idvault.registry.nppa_wire import Credentials, NppaCode, Question
from idvault.registry.ports import InTurn, at_any_time
from idvault_verify.claim import Identity
from idvault_verify.document import DocumentType
from idvault_verify.registry import RegistryAnswer

_BY_STATUS: Mapping[EnterpriseStatus, RegistryAnswer] = {
    EnterpriseStatus.MATCH: RegistryAnswer.MATCH,
    EnterpriseStatus.IN_PROGRESS: RegistryAnswer.IN_PROGRESS,
    EnterpriseStatus.MISMATCH: RegistryAnswer.MISMATCH,
    EnterpriseStatus.NO_RECORD: RegistryAnswer.NO_RECORD,
}
# How a registry refuses a check without name and code.
_ILLEGAL = frozenset({NppaCode.NUMBER_ILLEGAL, NppaCode.NAME_ILLEGAL, NppaCode.BODY_ERROR})


class EnterpriseRegistry:
    """A client of one enterprise endpoint (registry.ports.Registry)."""

    def __init__(
        self,
        *,
        base: str,
        credentials: Credentials,
        clock: Callable[[], datetime],
        development: bool = False,
        random: Callable[[int], bytes] = secrets.token_bytes,
    ) -> None:
        """Set the endpoint and the credentials; raises InsecureUrlError for http outside development.

        clock: real time, which must be within 5 s of the registry's. random: makes the nonces.
        """
        self._base = exchange.base_url(base, development=development)
        self._credentials = credentials
        self._clock = clock
        self._random = random
        self._exchange = Exchange()

    @property
    def name_limit(self) -> int:
        """Return 50, the wire's limit in code points."""
        return enterprise_wire.NAME_LIMIT

    @property
    def document_types(self) -> frozenset[DocumentType]:
        """Return only the unified social credit code."""
        return frozenset({DocumentType.UNIFIED_SOCIAL_CREDIT_CODE})

    @property
    def can_query(self) -> bool:
        """Return False: the check is sent again instead."""
        return False

    async def check(
        self, *, ai: str, identity: Identity, patience: float, in_turn: InTurn = at_any_time
    ) -> RegistryAnswer:
        """Ask whether name and code belong together; may be repeated with the same ai."""
        request = enterprise_wire.build_check(
            credentials=self._credentials,
            question=Question(ai, identity.name, identity.document.number),
            now=self._clock(),
            nonce=self._random(nppa_wire.NONCE_SIZE),
        )
        return await self._exchange.ask(self._base, request, patience=patience, read=_read, in_turn=in_turn)

    async def query(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        """Return NOT_SENT: there is no such call on this wire."""
        return RegistryAnswer.NOT_SENT

    async def probe(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        """Send a check with an empty name and an empty code, which no registry decides or charges."""
        request = enterprise_wire.build_check(
            credentials=self._credentials,
            question=Question(ai, "", ""),
            now=self._clock(),
            nonce=self._random(nppa_wire.NONCE_SIZE),
        )
        return await self._exchange.ask(
            self._base, request, patience=patience, read=_read_probe, in_turn=in_turn
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._exchange.close()


def _read(http_status: int, body: bytes) -> RegistryAnswer:
    reply = enterprise_wire.parse_answer(body)
    return exchange.decide(
        http_status, reply.code, None if reply.status is None else _BY_STATUS[reply.status]
    )


def _read_probe(http_status: int, body: bytes) -> RegistryAnswer:
    reply = enterprise_wire.parse_answer(body)
    answer = exchange.decide(http_status, reply.code, None)
    if answer is RegistryAnswer.UNKNOWN:
        return answer
    return RegistryAnswer.NOT_FOUND if reply.code in _ILLEGAL else answer
