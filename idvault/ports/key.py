"""The service's keys and their versions, as announced in the main database."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from idvault.domain.event import Event
from idvault.domain.key import HeldKey, KeyVersion
from idvault.ports.sealing import Fingerprinter

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class UsedVersions:
    """What a process does with a purpose's versions: seals under one, and need not look under those over."""

    version: int
    over: frozenset[int]


class KeyRing(Protocol):
    """The key file of a process."""

    async def held(self) -> Sequence[HeldKey]:
        """Return the versions of every purpose whose versions are announced, reading a changed file anew.

        Raises UnavailableError (STORE_UNAVAILABLE) if the file cannot be used, or has another key under a
        version that it had before; the keys then stay as they were.
        """
        ...

    def use(self, used: Mapping[str, UsedVersions]) -> None:
        """Use these versions from now on, by purpose; one that is missing makes its purpose unavailable."""
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
