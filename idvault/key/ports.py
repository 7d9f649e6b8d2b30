"""What key files offer to the acts of keys, and what seals a stored value again."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from idvault.sealing.key_version import HeldKey
from idvault.sealing.ports import SealedValue, UsedVersions


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
