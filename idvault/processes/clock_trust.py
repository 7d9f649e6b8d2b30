"""Whether this host's clock may be acted on: what cannot be undone waits until it agrees with others.

- With the clock of each database's host, if that is a server.
- If the roster demands witnesses: with the times of as many cosignatures as it demands. Those of an idle log
  are up to five minutes old, so the witnesses are asked for new ones.
- If it demands none: the clock has not jumped against the monotonic clock since the start. At the start it
  was not before the time at which the log was last sequenced, and not a day after a worker last trusted its
  clock, unless an operator says that it is right. The log is sequenced under any clock, so its own time would
  confirm a wrong one at the next start.

A minute is allowed. What was found holds for ten seconds, if the clock does not jump within them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from idvault.core.db.database import Database
from idvault.log.acts import stored_log
from idvault.log.acts.witness import Cosigning, Demand, Submission, cosignatures
from idvault.log.store import CLOCK
from idvault_verify.error import IdvaultError

TOLERANCE = timedelta(minutes=1)
LONGEST_REST = timedelta(days=1)
"""How long a vault without witnesses may have been off before an operator must confirm the clock."""
_GOOD_SECONDS = 10.0
_KEPT_EVERY = timedelta(minutes=10)
_ADVICE = "start the worker with --clock-agrees once the clock is right"


class DoubtfulClockError(Exception):
    """The clock is not confirmed; the text says why, and what to do.

    is_wrong: somebody contradicts it; else nobody could be asked.
    """

    def __init__(self, why: str, *, is_wrong: bool = True) -> None:
        """Keep both."""
        super().__init__(why)
        self.why, self.is_wrong = why, is_wrong


@dataclass(frozen=True, slots=True)
class TwoClocks:
    """A reading of the real clock and of the monotonic one, in seconds."""

    real: datetime
    monotonic: float

    def agrees(self, later: "TwoClocks") -> bool:
        """Return whether both clocks have advanced by the same time, up to a minute."""
        passed = timedelta(seconds=later.monotonic - self.monotonic)
        return abs(later.real - self.real - passed) <= TOLERANCE


@dataclass(kw_only=True, eq=False, repr=False)
class WitnessedTime:
    """Compares a time with cosignatures. demand: of the roster in force."""

    shred: Database
    cosigning: Cosigning
    demand: Callable[[], Demand]

    @property
    def is_demanded(self) -> bool:
        """Whether the roster in force demands any witness."""
        return self.demand().quorum > 0

    async def check(self, *, now: datetime) -> None:
        """Raise DoubtfulClockError unless as many witnesses as demanded cosign within a minute of now.

        Raises UnavailableError and DamagedError.
        """
        demand, raw = self.demand(), await stored_log.latest_note(self.shred)
        if raw is None:
            raise DoubtfulClockError("the log has no cosigned checkpoint yet", is_wrong=False)
        known = [each.time for each in cosignatures(raw, demand.keys).values()]
        if _near(known, now) >= demand.quorum:
            return
        size = stored_log.size_of(raw)
        # A new roster may name a witness whose address this process does not have.
        asked = [key for key in self.cosigning.keys if key in demand.keys]
        answers = await self.cosigning.ask(Submission(raw, size, size), asked, enough=demand.quorum)
        times = {key: each.time for key, each in answers.cosigned.items()}
        missing = demand.quorum - _near(tuple(times.values()), now)
        if missing > 0 and (others := [key for key in asked if key not in times]):
            # Of those that answer first, one may lie.
            answers = await self.cosigning.ask(Submission(raw, size, size), others, enough=missing)
            times |= {key: each.time for key, each in answers.cosigned.items()}
        near = _near(tuple(times.values()), now)
        if near >= demand.quorum:
            return
        if len(demand.keys) - (len(times) - near) >= demand.quorum:
            why = "fewer witnesses than the roster demands confirm the time"
            raise DoubtfulClockError(why, is_wrong=False)
        raise DoubtfulClockError("the clock differs from the witnesses' by more than a minute: run NTP")


def _near(times: Sequence[int], now: datetime) -> int:
    return sum(abs(datetime.fromtimestamp(each, UTC) - now) <= TOLERANCE for each in times)


@dataclass(frozen=True, eq=False, repr=False)
class TrustedTime:
    """When a worker last trusted its clock, up to ten minutes before."""

    shred: Database

    async def latest(self, *, otherwise: datetime) -> datetime:
        """Return the time; before the first one the other time, which then stays until a clock is trusted.

        Raises UnavailableError.
        """
        raw = await stored_log.latest_note(self.shred, CLOCK)
        if raw is not None:
            return _time(raw)
        await stored_log.replace_note(self.shred, CLOCK, former=None, note=_text(otherwise))
        return otherwise

    async def keep(self, now: datetime) -> None:
        """Note that the clock is trusted; raises UnavailableError."""
        raw = await stored_log.latest_note(self.shred, CLOCK)
        if raw is None or not timedelta(0) <= now - _time(raw) < _KEPT_EVERY:
            await stored_log.replace_note(self.shred, CLOCK, former=raw, note=_text(now))


def _text(time: datetime) -> bytes:
    return time.astimezone(UTC).isoformat().encode()


def _time(raw: bytes) -> datetime:
    """Return the time of a note; one that is damaged confirms nothing, until an operator has."""
    try:
        return datetime.fromisoformat(raw.decode()).astimezone(UTC)
    except ValueError:
        return datetime.min.replace(tzinfo=UTC)


@dataclass(kw_only=True, eq=False, repr=False)
class ClockTrust:
    """The confirmation of one process's clock.

    servers: the clocks of the databases' hosts; each returns None if that is this host. start: the clocks at
    the start. sequenced_at, trusted_at: when the log was last sequenced and a clock last trusted before, None
    if never or if an operator has confirmed the clock. keep: notes a time at which the clock is trusted.
    monotonic: seconds, which go on while the machine sleeps.
    """

    servers: Sequence[Callable[[], Awaitable[datetime | None]]]
    witnesses: WitnessedTime
    start: TwoClocks
    sequenced_at: datetime | None
    trusted_at: datetime | None
    keep: Callable[[datetime], Awaitable[None]]
    monotonic: Callable[[], float]
    _found: tuple[TwoClocks, DoubtfulClockError | None] | None = field(default=None, init=False)
    _checking: asyncio.Lock = field(default_factory=asyncio.Lock, init=False)

    async def check(self, *, now: datetime) -> None:
        """Raise DoubtfulClockError unless the real time `now` is confirmed."""
        async with self._checking:
            reading = TwoClocks(now, self.monotonic())
            if self._found is None or not _holds(self._found[0], reading):
                self._found = reading, await self._doubt(reading)
            if (doubt := self._found[1]) is not None:
                raise DoubtfulClockError(doubt.why, is_wrong=doubt.is_wrong)

    async def is_wrong(self, *, now: datetime) -> bool:
        """Return whether the real time `now` is contradicted; an unconfirmed one is not."""
        try:
            await self.check(now=now)
        except DoubtfulClockError as error:
            return error.is_wrong
        return False

    async def _doubt(self, reading: TwoClocks) -> DoubtfulClockError | None:
        try:
            await self._confirm(reading)
        except DoubtfulClockError as error:
            return error
        except IdvaultError:
            return DoubtfulClockError("nobody could be asked for the time", is_wrong=False)
        return None

    async def _confirm(self, reading: TwoClocks) -> None:
        for read in self.servers:
            theirs = await read()
            if theirs is not None and abs(reading.real - theirs) > TOLERANCE:
                raise DoubtfulClockError("the clock differs from a database's by more than a minute: run NTP")
        if self.witnesses.is_demanded:
            await self.witnesses.check(now=reading.real)
        else:
            self._check_alone(reading)
        await self.keep(reading.real)

    def _check_alone(self, reading: TwoClocks) -> None:
        if not self.start.agrees(reading):
            raise DoubtfulClockError(
                "the clock has jumped since the start: restart the worker when it is right"
            )
        if self.sequenced_at is not None and self.start.real < self.sequenced_at - TOLERANCE:
            raise DoubtfulClockError(f"the log was sequenced later than now: {_ADVICE}")
        if self.trusted_at is not None and self.start.real > self.trusted_at + LONGEST_REST:
            raise DoubtfulClockError(f"a clock was last trusted days ago: {_ADVICE}")


def _holds(found: TwoClocks, reading: TwoClocks) -> bool:
    return reading.monotonic - found.monotonic < _GOOD_SECONDS and found.agrees(reading)
