"""Versions of the service's keys: when one is used, and when it is over.

- A version is announced in the main database before it is used. The first ones of a purpose are used at once,
  a later one an hour after its announcement: by then every process must hold it.
- The newest version that may be used is in use. The others stay readable until they are over.
- A version is over once nothing that is stored needs it, and ten minutes after its successor came into use at
  the earliest: by then no process writes under it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from idvault_verify.error import Reason, UnavailableError

ROLLED_OUT = timedelta(hours=1)
SETTLED = timedelta(minutes=10)
CLOCK_DIFFERENCE = timedelta(minutes=1)


class KeyConflictError(UnavailableError):
    """A key file has another key under a version that the vault knows: not a copy of the vault's."""

    def __init__(self, purpose: str, version: int) -> None:
        """Name purpose and version."""
        super().__init__(Reason.STORE_UNAVAILABLE)
        self.purpose = purpose
        self.version = version

    def __str__(self) -> str:
        """Return which version differs."""
        return f"version {self.version} of {self.purpose} in the key file is not the vault's"


class KeyBehindError(UnavailableError):
    """A key file lacks the version that is in use: the file of another machine is newer."""

    def __init__(self, purpose: str, version: int) -> None:
        """Name purpose and version."""
        super().__init__(Reason.STORE_UNAVAILABLE)
        self.purpose = purpose
        self.version = version

    def __str__(self) -> str:
        """Return which version is missing."""
        return f"the key file lacks version {self.version} of {self.purpose}, which is in use"


class KeyClockError(UnavailableError):
    """This machine's clock is wrong: what is in use, and what is over, cannot be decided by it."""

    def __init__(self, seconds: int) -> None:
        """Keep by how much it differs."""
        super().__init__(Reason.STORE_UNAVAILABLE)
        self.seconds = seconds

    def __str__(self) -> str:
        """Return by how much, and what to do."""
        return f"this machine's clock differs from the main database's by {self.seconds} s: run NTP on both"


class KeyKeptError(Exception):
    """A version cannot be withdrawn; the text says why."""


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A version in a key file. check: tells two keys apart, and reveals neither."""

    purpose: str
    version: int
    check: bytes


@dataclass(frozen=True, slots=True)
class KeyVersion:
    """An announced version. over_at: since when nothing needs it, None while something may. Real times."""

    purpose: str
    version: int
    check: bytes
    announced_at: datetime
    over_at: datetime | None = None


def of(versions: Iterable[KeyVersion], purpose: str) -> list[KeyVersion]:
    """Return the versions of a purpose, the oldest first."""
    return sorted((each for each in versions if each.purpose == purpose), key=lambda each: each.version)


def usable_from(versions: Sequence[KeyVersion], key: KeyVersion) -> datetime:
    """Return when a version may come into use. versions: all of its purpose."""
    first = min(each.announced_at for each in versions)
    return key.announced_at if key.announced_at == first else key.announced_at + ROLLED_OUT


def in_use(versions: Sequence[KeyVersion], *, now: datetime) -> KeyVersion | None:
    """Return the version of one purpose that is in use, None if none is announced."""
    usable = [each for each in versions if usable_from(versions, each) <= now]
    return max(usable, key=lambda each: each.version, default=None)


def is_settled(versions: Sequence[KeyVersion], *, now: datetime) -> bool:
    """Return whether the version in use has been so for long enough that nobody writes under another one."""
    current = in_use(versions, now=now)
    return current is not None and usable_from(versions, current) + SETTLED <= now


def before(versions: Sequence[KeyVersion], *, now: datetime) -> list[KeyVersion]:
    """Return the versions before the one in use, over or not."""
    current = in_use(versions, now=now)
    return [each for each in versions if current and each.version < current.version]


def former(versions: Sequence[KeyVersion], *, now: datetime) -> list[KeyVersion]:
    """Return the versions before the one in use that are not over."""
    return [each for each in before(versions, now=now) if each.over_at is None]


def confirmed(*, announced: Iterable[KeyVersion], held: Iterable[HeldKey]) -> frozenset[int]:
    """Return which versions of a key file are the vault's. announced: all versions of one purpose."""
    known = {(each.purpose, each.version, each.check) for each in announced}
    return frozenset(each.version for each in held if (each.purpose, each.version, each.check) in known)


def check(*, announced: Iterable[KeyVersion], held: Iterable[HeldKey]) -> None:
    """Raise KeyConflictError if a key file has another key under an announced version."""
    known = {(each.purpose, each.version): each.check for each in announced}
    for each in held:
        if known.get((each.purpose, each.version), each.check) != each.check:
            raise KeyConflictError(each.purpose, each.version)


def check_current(*, announced: Iterable[KeyVersion], held: Iterable[HeldKey], now: datetime) -> None:
    """Raise KeyBehindError unless a key file has the version in use of each of its purposes."""
    everything, own = list(announced), {(each.purpose, each.version) for each in held}
    for purpose in sorted({each for each, _ in own}):
        current = in_use(of(everything, purpose), now=now)
        if current is not None and (purpose, current.version) not in own:
            raise KeyBehindError(purpose, current.version)


def check_clock(*, theirs: datetime | None, now: datetime) -> None:
    """Raise KeyClockError if the main database has a clock of its own, and this machine's is not like it."""
    if theirs is not None and abs(now - theirs) > CLOCK_DIFFERENCE:
        raise KeyClockError(round((now - theirs).total_seconds()))


def lacking(*, announced: Iterable[KeyVersion], held: Iterable[HeldKey], now: datetime) -> list[KeyVersion]:
    """Return what is announced and not in use yet, and a key file lacks although it has the purpose."""
    everything, own = list(announced), {(each.purpose, each.version) for each in held}
    found = []
    for purpose in sorted({each for each, _ in own}):
        versions = of(everything, purpose)
        current = in_use(versions, now=now)
        later = [each for each in versions if current is None or each.version > current.version]
        found += [each for each in later if (purpose, each.version) not in own]
    return found


def withdrawable(versions: Sequence[KeyVersion], *, held: Iterable[HeldKey]) -> KeyVersion:
    """Return the newest version of a purpose if a key file lacks its key; raises KeyKeptError.

    A file that has it would announce it again. The first version is the only one that was never a rotation.
    """
    if not versions[1:]:
        raise KeyKeptError("there is no later version of this purpose")
    newest = versions[-1]
    if any((each.version, each.check) == (newest.version, newest.check) for each in held):
        raise KeyKeptError(
            f"the file in IDVAULT_KEYS has version {newest.version}: copy it to the other machines"
        )
    if versions[-2].over_at is not None:
        raise KeyKeptError(f"version {versions[-2].version}, before it, is over")
    return newest
