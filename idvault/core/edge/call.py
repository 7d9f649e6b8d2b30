"""One call on its way through the edge: the data that its stages share."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from uuid import uuid4

from google.protobuf.message import DecodeError, Message

from idvault.core.request import check_id
from idvault_verify.clock import ClockReading
from idvault_verify.error import InvalidError
from idvault_verify.session import ACCEPTED, Proof


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller; role: as in the proto file's Role.

    name: of a moderator, the platform's; moderator_id: whose key alone may have signed what is decided.
    spki: SHA-256 of the certificate's key in hex, with which a stream notices that the key is revoked.
    proofs: of people, which a platform accepts.
    """

    name: str
    role: str
    actor_id: str
    spki: str = ""
    moderator_id: str = ""
    proofs: frozenset[Proof] = ACCEPTED
    holder: str = field(init=False, repr=False, compare=False)
    """Whose share of the server a call uses; the same for all keys of a caller, or a platform's desks."""

    @property
    def pinned_name(self) -> str:
        """The name in the certificate."""
        return self.moderator_id or self.name

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
    why: a fixed word for the operator's log that says why access was refused. error_id: set once the call has
    failed; the caller gets it, and the log has it. send: sends one message of a
    streamed answer; None if the answer is a single message. receive: waits for the request and returns it
    (anything but bytes if none arrives); None if body is already set. connection: names the one it came over.
    """

    method: EdgeMethod
    body: bytes = field(repr=False)
    certificate: bytes | None
    remaining: float | None
    now: ClockReading
    caller: Caller | None = None
    why: str = ""
    error_id: str = ""
    send: Callable[[bytes], Awaitable[None]] | None = None
    receive: Callable[[], Awaitable[object]] | None = None
    connection: Callable[[], str] = str

    @property
    def holder(self) -> str:
        """Whose share of the server the call uses; the same for all keys of a caller."""
        return self.caller.holder if self.caller else ""

    def name_error(self) -> str:
        """Return the id of this call's error: the request id in its message, or a new one without any.

        A message is read again only for this: most calls succeed.
        """
        if not self.error_id:
            try:
                message = self.method.request_type.FromString(self.body)
                self.error_id = check_id(getattr(message, "request_id", ""))
            except (DecodeError, InvalidError):
                self.error_id = str(uuid4())
        return self.error_id


Stage = Callable[[Call], Awaitable[bytes]]
