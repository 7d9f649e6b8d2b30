"""Announces the log's later keys, publishes the announcements, and says which keys sign at a time.

* A key is announced as soon as the worker finds it in its key file, signed by the former key and itself.
* A week later it begins to sign beside the former one, so that whoever knows either finds a signature.
* The former key signs for a year more, and then no longer; the worker destroys it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from idvault.log.ports.log import CheckpointStore, Publication
from idvault.verify.clock import ClockReading
from idvault.verify.error import DamagedError, Reason, UnavailableError
from idvault.verify.transparency import log_key
from idvault.verify.transparency.log_key import LogKeyChange, LogKeyError
from idvault.verify.transparency.note import NoteSigner, VerifierKey

ANNOUNCED_FOR = timedelta(days=7)
BOTH_FOR = timedelta(days=365)
_ALWAYS, _NEVER = (each.replace(tzinfo=UTC) for each in (datetime.min, datetime.max))


@dataclass(eq=False, repr=False)
class LogKeys:
    """The log's keys of one worker. find: reads every key in the key file, the oldest first."""

    store: CheckpointStore
    files: Publication
    find: Callable[[], Sequence[NoteSigner]]

    def __post_init__(self) -> None:
        """Begin with the keys of the file, whose announcements are not read yet."""
        self._held = tuple(self.find())
        self._changes: tuple[LogKeyChange, ...] = ()

    async def run(self, *, now: ClockReading) -> None:
        """Announce what is new in the key file, and publish every announcement.

        Raises DamagedError if the stored announcements do not verify, and UnavailableError.
        """
        self._held = tuple(self.find())
        raw = await self.store.latest()
        changes = _longer(_read(raw), await self.files.read(log_key.FILE))
        changes = (*changes, *self._new(changes, now.real))
        is_new = bool(changes) and log_key.encode(changes) != raw
        if is_new and not await self.store.replace(former=raw, note=log_key.encode(changes)):
            raise UnavailableError(Reason.STORE_UNAVAILABLE)  # another worker was faster
        self._changes = changes
        await self._publish()

    def signers(self, now: datetime) -> list[NoteSigner]:
        """Return the keys that sign at a real time, the oldest first."""
        found = [each for each in self._held if self._begins(each.key) <= now < self._ends(each.key)]
        # A file whose keys are all to come, or are over, still has its newest one.
        return found or [self._held[-1]]

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """Every key of the log, those that are no longer in the file among them."""
        held = tuple(each.key for each in self._held)
        return tuple(dict.fromkeys((*held, *log_key.every(held[0], self._changes))))

    def over(self, now: datetime) -> list[VerifierKey]:
        """Return the keys of the file that never sign again."""
        return [each.key for each in self._held if self._ends(each.key) <= now]

    def _new(self, changes: Sequence[LogKeyChange], now: datetime) -> list[LogKeyChange]:
        last = changes[-1].later if changes else self._held[0].key
        known = [each.key for each in self._held]
        if last not in known:
            return []  # the file of another machine is newer
        following = self._held[known.index(last) :]
        begins = int((now + ANNOUNCED_FOR).timestamp())
        return [
            log_key.parse(log_key.announce(former, later, signs_from=begins))
            for former, later in pairwise(following)
        ]

    def _begins(self, key: VerifierKey) -> datetime:
        change = next((each for each in self._changes if each.later == key), None)
        if change is not None:
            return _time(change)
        return _ALWAYS if key == self._held[0].key else _NEVER

    def _ends(self, key: VerifierKey) -> datetime:
        change = next((each for each in self._changes if each.former == key), None)
        return _NEVER if change is None else _time(change) + BOTH_FOR

    async def _publish(self) -> None:
        if not self._changes:
            return
        content, former = log_key.encode(self._changes), await self.files.read(log_key.FILE)
        if content != former:
            await self.files.replace(log_key.FILE, former=former, content=content)


def _time(change: LogKeyChange) -> datetime:
    return datetime.fromtimestamp(change.signs_from, tz=UTC)


def _longer(stored: tuple[LogKeyChange, ...], raw: bytes | None) -> tuple[LogKeyChange, ...]:
    """Return what was published if it continues what is stored: readers follow it, and have its times.

    A restored database may be older. What is published wrong is replaced, if it can be.
    """
    try:
        published = _read(raw)
    except DamagedError:
        if stored:
            return stored
        raise
    begins = [each.raw for each in published[: len(stored)]]
    return published if begins == [each.raw for each in stored] else stored


def _read(raw: bytes | None) -> tuple[LogKeyChange, ...]:
    try:
        return () if raw is None else log_key.decode(raw)
    except LogKeyError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error
