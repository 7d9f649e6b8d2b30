"""One call on its way through the edge: the data that its stages share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from google.protobuf.message import Message

from idvault.domain.clock import ClockReading


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller; role: platform, auditor, custodian, operator, monitor or web.

    spki: SHA-256 of the certificate's key in hex, with which a stream notices that the key is revoked.
    """

    name: str
    role: str
    actor_id: str
    spki: str = ""
    holder: str = field(init=False, repr=False, compare=False)
    """Whose share of the server a call uses; the same for all keys of a caller."""

    def __post_init__(self) -> None:
        """Make the holder once, not for each call."""
        object.__setattr__(self, "holder", f"{self.role}/{self.name}")


@dataclass(frozen=True, slots=True)
class EdgeMethod:
    """A method: its full path, the roles that may call it, its request type and its size limit."""

    path: str
    roles: frozenset[str]
    request_type: type[Message]
    request_limit: int


@dataclass(slots=True)
class Call:
    """A call. body: the request's bytes, as received. certificate: the client's, in PEM.

    remaining: seconds left to answer, None if the caller set no deadline. caller: set by the access stage.
    why: a fixed word for the operator's log that says why access was refused. send: sends one message of a
    streamed answer; None if the answer is a single message. receive: waits for the request and returns it
    (anything but bytes if none arrives); None if body is already set.
    """

    method: EdgeMethod
    body: bytes = field(repr=False)
    certificate: bytes | None
    remaining: float | None
    now: ClockReading
    caller: Caller | None = None
    why: str = ""
    send: Callable[[bytes], Awaitable[None]] | None = None
    receive: Callable[[], Awaitable[object]] | None = None

    @property
    def holder(self) -> str:
        """Whose share of the server the call uses; the same for all keys of a caller."""
        return self.caller.holder if self.caller else ""


Stage = Callable[[Call], Awaitable[bytes]]
