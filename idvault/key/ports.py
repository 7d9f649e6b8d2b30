"""What the flows of keys need.

What a sweep found missing.

The service's keys and their versions, as announced in the main database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from idvault.sealing.key_version import HeldKey, KeyVersion
from idvault.sealing.ports import SealedValue, UsedVersions
from idvault.verify.event import Event


@dataclass(frozen=True, slots=True)
class Absence:
    """What a look at the files of both databases showed.

    account_tokens: those whose destruction can be told. promised: whether the bytes of their keys are in no
    file; False if the database cannot promise it.
    """

    account_tokens: frozenset[str]
    promised: bool


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
