"""Asks the enterprise interface whether an organisation's four elements belong together; its format.

This project invented the format; there is no specification.

- POST /enterprise/check with {ai, name, creditCode, representativeName, representativeNumber}; envelope,
  headers, signature and errcodes are NPPA's.
- An answer's result is {"status": 0 match, 1 in progress, 2 mismatch, 3 no record, 4 not operating}, without
  other fields. A mismatch does not say of which element; 4 is said only if all elements belong together. Only
  a complete answer with HTTP status 200 decides anything.
- There is no query. Sending the same ai with the same content again repeats the same check; with different
  content it is refused as in use.
- A check without its elements is refused as illegal if the registry answers at all: that is the probe.
"""

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum

from idvault.registry import nppa
from idvault.registry.nppa import Credentials, Exchange, NppaCode, NppaRequest, NppaWireError
from idvault.registry.ports import InTurn, at_any_time
from idvault_verify.claim import Identity
from idvault_verify.document import DocumentType
from idvault_verify.registry import RegistryAnswer

CHECK_PATH = "/enterprise/check"
NAME_LIMIT = 50


class EnterpriseStatus(IntEnum):
    """The status of a check."""

    MATCH = 0
    IN_PROGRESS = 1
    MISMATCH = 2
    NO_RECORD = 3
    NOT_OPERATING = 4


@dataclass(frozen=True, slots=True)
class EnterpriseReply:
    """An answer: its errcode, which may be unknown, and the status if the code is OK."""

    code: int
    status: EnterpriseStatus | None = None


@dataclass(frozen=True, slots=True)
class EnterpriseQuestion:
    """The content of a check: an id, and the four elements."""

    ai: str
    name: str = field(repr=False)
    number: str = field(repr=False)
    representative_name: str = field(repr=False)
    representative_number: str = field(repr=False)


def build_check(
    *, credentials: Credentials, question: EnterpriseQuestion, now: datetime, nonce: bytes
) -> NppaRequest:
    """Return the request for a check."""
    content = {
        "ai": question.ai,
        "name": question.name,
        "creditCode": question.number,
        "representativeName": question.representative_name,
        "representativeNumber": question.representative_number,
    }
    return nppa.build_post(CHECK_PATH, credentials=credentials, content=content, now=now, nonce=nonce)


def parse_answer(body: bytes) -> EnterpriseReply:
    """Parse an answer; raises NppaWireError unless it is complete."""
    code, answer = nppa.parse_code(body)
    return EnterpriseReply(code, _status(answer) if code == NppaCode.OK else None)


def _status(answer: Mapping[str, object]) -> EnterpriseStatus:
    number = nppa.result_of(answer).get("status")
    if type(number) is not int or number not in tuple(EnterpriseStatus):
        raise NppaWireError("an answer has no status")
    return EnterpriseStatus(number)


_BY_STATUS: Mapping[EnterpriseStatus, RegistryAnswer] = {
    EnterpriseStatus.MATCH: RegistryAnswer.MATCH,
    EnterpriseStatus.IN_PROGRESS: RegistryAnswer.IN_PROGRESS,
    EnterpriseStatus.MISMATCH: RegistryAnswer.MISMATCH,
    EnterpriseStatus.NO_RECORD: RegistryAnswer.NO_RECORD,
    EnterpriseStatus.NOT_OPERATING: RegistryAnswer.NOT_OPERATING,
}
# How a registry refuses a check without its elements.
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
        self._base = nppa.base_url(base, development=development)
        self._credentials = credentials
        self._clock = clock
        self._random = random
        self._exchange = Exchange()

    def use(self, credentials: Credentials) -> None:
        """Sign with these credentials from the next request on."""
        self._credentials = credentials

    @property
    def name_limit(self) -> int:
        """Return 50, the wire's limit in code points."""
        return NAME_LIMIT

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
        """Ask whether the four elements belong together; may be repeated with the same ai."""
        # One that waited since representatives were not asked for is refused as illegal, and so a mismatch.
        person = identity.representative
        request = build_check(
            credentials=self._credentials,
            question=EnterpriseQuestion(
                ai,
                identity.name,
                identity.document.number,
                "" if person is None else person.name,
                "" if person is None else person.document.number,
            ),
            now=self._clock(),
            nonce=self._random(nppa.NONCE_SIZE),
        )
        return await self._exchange.ask(self._base, request, patience=patience, read=_read, in_turn=in_turn)

    async def query(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        """Return NOT_SENT: there is no such call on this wire."""
        return RegistryAnswer.NOT_SENT

    async def probe(self, *, ai: str, patience: float, in_turn: InTurn = at_any_time) -> RegistryAnswer:
        """Send a check with empty elements, which no registry decides or charges."""
        request = build_check(
            credentials=self._credentials,
            question=EnterpriseQuestion(ai, "", "", "", ""),
            now=self._clock(),
            nonce=self._random(nppa.NONCE_SIZE),
        )
        return await self._exchange.ask(
            self._base, request, patience=patience, read=_read_probe, in_turn=in_turn
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._exchange.close()


def _read(http_status: int, body: bytes) -> RegistryAnswer:
    reply = parse_answer(body)
    return nppa.meaning(http_status, reply.code, None if reply.status is None else _BY_STATUS[reply.status])


def _read_probe(http_status: int, body: bytes) -> RegistryAnswer:
    reply = parse_answer(body)
    answer = nppa.meaning(http_status, reply.code, None)
    if answer is RegistryAnswer.UNKNOWN:
        return answer
    return RegistryAnswer.NOT_FOUND if reply.code in _ILLEGAL else answer
