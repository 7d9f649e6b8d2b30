"""One call on its way through the edge: what the rooms of the pipeline hand to each other."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from google.protobuf.message import Message

from idvault.domain.clock import ClockReading


@dataclass(frozen=True, slots=True)
class Caller:
    """A caller whose certificate was checked; role: platform, auditor, custodian, operator or monitor.

    spki: the certificate's key, SHA-256 in hex, by which a stream finds out that it was revoked.
    """

    name: str
    role: str
    actor_id: str
    spki: str = ""


@dataclass(frozen=True, slots=True)
class EdgeMethod:
    """A method that can be called: its full path, who may call it, and what it takes."""

    path: str
    roles: frozenset[str]
    request_type: type[Message]
    request_limit: int


@dataclass(slots=True)
class Call:
    """A call. body: the request as it came, in bytes. certificate: the client's, in PEM.

    remaining: seconds that are left to answer, None if the caller set no deadline. caller is set by access;
    why: a fixed word that says why access was refused, for the operator's log only. send: sends one message
    of an answer in many parts; None where the answer is one. receive: waits for the request, None if none
    comes; absent where body is it already.
    """

    method: EdgeMethod
    body: bytes = field(repr=False)
    certificate: bytes | None
    remaining: float | None
    now: ClockReading
    caller: Caller | None = None
    why: str = ""
    send: Callable[[bytes], Awaitable[None]] | None = None
    receive: Callable[[], Awaitable[bytes | None]] | None = None


Stage = Callable[[Call], Awaitable[bytes]]
