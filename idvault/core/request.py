"""Request ids, which make mutations idempotent.

- An id is a lower-case UUID. Every mutation requires one.
- The same id with the same method and body is the same request; with anything else it is REQUEST_ID_REUSED.
  What may differ is in core.edge.repetition.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from hmac import compare_digest
from typing import Protocol, TypeVar

from idvault_verify.error import AlreadyExistsError, FieldCode, InvalidError, Reason, Violation

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_UUID_LENGTH = 36


@dataclass(frozen=True, slots=True)
class Request:
    """The identity of a mutation. fingerprint: keyed hash of method and body, 32 bytes.

    caller: the relying party or the actor id of the client's certificate. signer: the moderator whom the act
    must find unrevoked; empty if the act checks it by itself, or no moderator decides. account_token: of the
    account that what it makes belongs to; empty if it belongs to none.
    """

    caller: str
    request_id: str
    fingerprint: bytes
    signer: str = ""
    account_token: str = ""

    def of_account(self, account_token: str) -> "Request":
        """Return the same request, about an account."""
        return replace(self, account_token=account_token)


def check_id(request_id: str) -> str:
    """Return the id unchanged, or raise InvalidError (INVALID_REQUEST_ID)."""
    if not request_id:
        raise InvalidError(Reason.INVALID_REQUEST_ID, Violation("request_id", FieldCode.REQUIRED))
    if len(request_id) != _UUID_LENGTH:
        raise InvalidError(Reason.INVALID_REQUEST_ID, Violation("request_id", FieldCode.LENGTH))
    if not _UUID.fullmatch(request_id):
        raise InvalidError(Reason.INVALID_REQUEST_ID, Violation("request_id", FieldCode.CHARACTER))
    return request_id


def check_same(*, stored: bytes, asked: bytes) -> None:
    """Raise AlreadyExistsError (REQUEST_ID_REUSED) unless both fingerprints are equal."""
    if not compare_digest(stored, asked):
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)


T = TypeVar("T")


class RepeatedRequests(Protocol):
    """Recognises repeats of requests that were kept under another version of the request key."""

    async def answer(self, work: Callable[[], Awaitable[T]], *, caller: str, request_id: str) -> T:
        """Do the work, under the version of the first time if this repeats a request; raises as it does."""
        ...


class Fingerprinter(Protocol):
    """Recognises a repeated request without storing its body."""

    def fingerprint(self, *, method: str, content: bytes) -> bytes:
        """Return the 32-byte keyed hash of a method and what its repetitions must share.

        content: of the request, its id included, as core.edge.repetition encodes it.
        """
        ...

    def kept_id(self, *, relying_party: str, request_id: str) -> str:
        """Return the UUID under which a request is stored; no key may lead from it back to request_id."""
        ...


@dataclass(frozen=True, slots=True)
class Asked:
    """A mutation's caller and content: what its repetitions must share (core.edge.repetition)."""

    relying_party: str
    actor_id: str
    request_id: str
    method: str
    content: bytes = field(repr=False)

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint."""
        fingerprint = fingerprinter.fingerprint(method=self.method, content=self.content)
        kept_id = fingerprinter.kept_id(relying_party=self.relying_party, request_id=self.request_id)
        return Request(self.relying_party, kept_id, fingerprint)


@dataclass(frozen=True, slots=True)
class MemberAsked:
    """A mutation that a roster member asks for, and its content; the member acts for no relying party."""

    actor_id: str
    request_id: str
    method: str
    content: bytes = field(repr=False)
    relying_party: str = ""

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint; a member's request is kept under its own id."""
        fingerprint = fingerprinter.fingerprint(method=self.method, content=self.content)
        return Request(self.actor_id, self.request_id, fingerprint)
