"""Request ids, which make mutations idempotent.

- An id is a lower-case UUID. Every mutation requires one.
- The same id with the same method and body is the same request; with anything else it is REQUEST_ID_REUSED.
  What may differ is in core.edge.repetition.
- A request is known under every version of its key under which requests are kept, whoever asks for it.
"""

import re
from collections.abc import Awaitable, Callable, Sequence
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
    account that what it makes belongs to; empty if it belongs to none. former: its id and fingerprint under
    each other version of the key.
    """

    caller: str
    request_id: str
    fingerprint: bytes
    signer: str = ""
    account_token: str = ""
    former: tuple[tuple[str, bytes], ...] = ()

    def of_account(self, account_token: str) -> "Request":
        """Return the same request, about an account."""
        return replace(self, account_token=account_token)

    def known_as(self) -> dict[str, list[bytes]]:
        """Return the ids under which it may be kept, its own first, each with its fingerprints."""
        found: dict[str, list[bytes]] = {}
        for kept_id, fingerprint in ((self.request_id, self.fingerprint), *self.former):
            found.setdefault(kept_id, []).append(fingerprint)
        return found

    def kept_as(self, kept_id: str) -> "Request":
        """Return the same request, kept under this one of its ids, whichever version of the key is in use.

        Raises AlreadyExistsError (REQUEST_ID_REUSED) for an id that it does not have.
        """
        versions = ((self.request_id, self.fingerprint), *self.former)
        (own, fingerprint), *former = sorted(versions, key=lambda each: each[0] != kept_id)
        if own != kept_id:
            raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)
        return replace(self, request_id=own, fingerprint=fingerprint, former=tuple(former))


def check_id(request_id: str) -> str:
    """Return the id unchanged, or raise InvalidError (INVALID_REQUEST_ID)."""
    if not request_id:
        raise InvalidError(Reason.INVALID_REQUEST_ID, Violation("request_id", FieldCode.REQUIRED))
    if len(request_id) != _UUID_LENGTH:
        raise InvalidError(Reason.INVALID_REQUEST_ID, Violation("request_id", FieldCode.LENGTH))
    if not _UUID.fullmatch(request_id):
        raise InvalidError(Reason.INVALID_REQUEST_ID, Violation("request_id", FieldCode.CHARACTER))
    return request_id


def is_same(*, stored: bytes, asked: Sequence[bytes]) -> bool:
    """Return whether a request has the stored fingerprint."""
    return any(compare_digest(stored, each) for each in asked)


def check_same(*, stored: bytes, asked: Sequence[bytes]) -> None:
    """Raise AlreadyExistsError (REQUEST_ID_REUSED) unless a request has the stored fingerprint."""
    if not is_same(stored=stored, asked=asked):
        raise AlreadyExistsError(Reason.REQUEST_ID_REUSED)


T = TypeVar("T")


class RepeatedRequests(Protocol):
    """Lets a repeat derive from the request key what the first call did: links and codes."""

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

    def former(self) -> "Sequence[Fingerprinter]":
        """Return those of the other versions of the key under which requests may be kept."""
        ...


class PlatformCall(Protocol):
    """A mutation that is asked for in the name of a relying party."""

    @property
    def relying_party(self) -> str:
        """The relying party."""
        ...

    @property
    def request_id(self) -> str:
        """The id that the caller chose."""
        ...

    @property
    def method(self) -> str:
        """The method that is called."""
        ...

    @property
    def content(self) -> bytes:
        """What its repetitions must share."""
        ...


def keyed(call: PlatformCall, fingerprinter: Fingerprinter) -> Request:
    """Return a relying party's request, which is kept under a keyed hash of its id."""
    party = call.relying_party
    (kept_id, fingerprint), *former = (
        (
            each.kept_id(relying_party=party, request_id=call.request_id),
            each.fingerprint(method=call.method, content=call.content),
        )
        for each in (fingerprinter, *fingerprinter.former())
    )
    return Request(party, kept_id, fingerprint, former=tuple(former))


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
        return keyed(self, fingerprinter)


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
        fingerprint, *former = (
            each.fingerprint(method=self.method, content=self.content)
            for each in (fingerprinter, *fingerprinter.former())
        )
        return Request(
            self.actor_id,
            self.request_id,
            fingerprint,
            former=tuple((self.request_id, each) for each in former),
        )
