"""The service's keys and their versions, as announced in the main database."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from idvault.domain.event import Event
from idvault.domain.key import HeldKey, KeyVersion
from idvault.ports.sealing import Fingerprinter

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class UsedVersions:
    """What a process does with a purpose's versions: seals under one, and need not look under those over.

    own: the versions of its file that are the vault's, as announced: it uses no others; None: all are.
    """

    version: int
    over: frozenset[int]
    own: frozenset[int] | None = None


class KeyRing(Protocol):
    """The key file of a process."""

    async def held(self) -> Sequence[HeldKey]:
        """Return the versions of every purpose whose versions are announced, reading a changed file again.

        Raises UnavailableError (STORE_UNAVAILABLE) if the file cannot be used, or has another key under a
        version that it had before; the keys then stay as they were.
        """
        ...

    def last_held(self) -> Sequence[HeldKey]:
        """Return the same as last read."""
        ...

    def use(self, used: Mapping[str, UsedVersions]) -> None:
        """Use these versions from now on, by purpose; one that is missing makes its purpose unavailable.

        So does one that is not the vault's; the file may later have the vault's key under it.
        """
        ...


class KeyVersionStore(Protocol):
    """The announced versions. Every method raises UnavailableError (STORE_UNAVAILABLE)."""

    async def all(self) -> Sequence[KeyVersion]:
        """Return every announced version."""
        ...

    async def announce(self, key: KeyVersion, *, event: Event) -> bool:
        """Insert if absent, with the event; return whether it was absent. Durable before it returns."""
        ...

    async def end(self, key: KeyVersion, *, event: Event) -> bool:
        """Set `over_at` if it is not set, with the event; return whether it was not."""
        ...

    async def withdraw(self, key: KeyVersion, *, event: Event) -> bool:
        """Delete the version if it has this check value, with the event; return whether it was there."""
        ...


class RequestKeyRing(Protocol):
    """The versions of the key under which an edge keeps requests."""

    def others(self) -> Sequence[tuple[str, Fingerprinter]]:
        """Return the versions other than the one in use under which requests may be kept."""
        ...

    def under(self, version: str) -> AbstractContextManager[None]:
        """Use a version for what runs inside, and for the tasks that it starts."""
        ...


class KeptRequestStore(Protocol):
    """The kept requests of platforms."""

    async def kept(self, *, caller: str, request_ids: Sequence[str]) -> Sequence[str]:
        """Return which of some kept ids a caller has; raises UnavailableError (STORE_UNAVAILABLE)."""
        ...


class RepeatedRequests(Protocol):
    """Recognises repeats of requests that were kept under another version of the request key."""

    async def answer(self, work: Callable[[], Awaitable[T]], *, caller: str, request_id: str) -> T:
        """Do the work, under the version of the first time if this repeats a request; raises as it does."""
        ...


@dataclass(frozen=True, slots=True)
class SealedValue:
    """Something stored under a version of a key.

    where: its kind. row: what identifies it in its store. bound: what it is sealed for. version: "" if the
    data names it.
    """

    where: str
    row: tuple[str | int, ...]
    bound: tuple[str, ...]
    version: str
    data: bytes = field(repr=False)


class SealedStore(Protocol):
    """The stored values of one kind. Every method raises UnavailableError (STORE_UNAVAILABLE)."""

    async def counts(self) -> Mapping[str, int]:
        """Return how many values there are under each version."""
        ...

    async def some(self, *, versions: Sequence[str], limit: int) -> Sequence[SealedValue]:
        """Return up to `limit` values that are under one of some versions."""
        ...

    async def replace(self, former: SealedValue, later: SealedValue) -> bool:
        """Replace a value in one atomic step unless it has changed meanwhile; return whether it was.

        Raises DamagedError (RECORD_DAMAGED) if another row has the later value and only one may have it.
        """
        ...


class EndingStore(Protocol):
    """Counts what cannot be sealed again. Every method raises UnavailableError (STORE_UNAVAILABLE)."""

    async def requests_before(self, *, table: str, before: datetime) -> int:
        """Return how many requests were made before a business time; table: requests, person_requests."""
        ...

    async def tip_offs(self) -> Mapping[int, int]:
        """Return how many reports have their secret under each version; reporters count for the first."""
        ...


class Rewrapper(Protocol):
    """Seals a stored value again under the version in use."""

    def rewrapped(self, value: SealedValue) -> SealedValue:
        """Return the value under the version in use; raises DamagedError (RECORD_DAMAGED)."""
        ...


class KeyDestroyer(Protocol):
    """The key file from which versions are destroyed."""

    async def destroyed(self, purpose: str, versions: Sequence[int], *, successor: int) -> Sequence[int]:
        """Remove versions durably; return those that the file had. successor: the version in use."""
        ...
