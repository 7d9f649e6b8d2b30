"""How long the log has been without the cosignatures that the roster demands.

- Below K reachable witnesses people sign up all the same, and openings and receipts wait. So a process must
  say how long that lasts: to the metrics at each look, and once a minute as a line of its log.
- It is said if entries wait for cosignatures for half a minute, or if an idle log has not been cosigned again
  for ten minutes, twice the time after which the worker asks again.
- The lag of a witness is the number of entries that it has not cosigned, as far as the complete checkpoints
  have shown since the process began to look.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from idvault.log.acts import stored
from idvault.log.acts.cosigning import cosignatures
from idvault.log.ports.log import CheckpointStore, LogStore
from idvault.verify.transparency.note import VerifierKey

LONGEST_WAIT = timedelta(seconds=30)
LONGEST_IDLE = timedelta(minutes=10)
_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Demand:
    """How many of which witnesses must cosign."""

    quorum: int
    keys: Collection[VerifierKey]


def _ignore(_lags: Mapping[str, int]) -> None:
    """No-op observer."""


@dataclass(kw_only=True, eq=False, repr=False)
class CosignedAge:
    """Looks at the newest complete checkpoint. demand: of the roster in force.

    observe: receives the age in seconds. tell: receives it if the log has been without for too long.
    lag: receives the lag of each witness by its name.
    """

    log: LogStore
    complete: CheckpointStore
    demand: Callable[[], Demand]
    observe: Callable[[float], None]
    tell: Callable[[float], None]
    lag: Callable[[Mapping[str, int]], None] = _ignore
    _cosigned: dict[str, int] = field(default_factory=dict, init=False)
    _began: datetime | None = field(default=None, init=False)
    _told: datetime | None = field(default=None, init=False)

    async def look(self, *, now: datetime) -> None:
        """Report the age; raises UnavailableError, DamagedError."""
        demand = self.demand()
        if not demand.quorum:
            return
        raw = await self.complete.latest()
        size = stored.size(raw)
        self._began = self._began or now
        at = None if raw is None else cosigned_at(raw, demand)
        age = max(now - (at or self._began), timedelta(0))
        self.observe(age.total_seconds())
        entries = (await self.log.head()).size
        self.lag(self._lags(raw, demand, size=size, entries=entries))
        waits = age > LONGEST_WAIT and entries > size
        if (waits or age > LONGEST_IDLE) and (self._told is None or now - self._told >= _EVERY):
            self._told = now
            self.tell(round(age.total_seconds()))

    def _lags(self, raw: bytes | None, demand: Demand, *, size: int, entries: int) -> dict[str, int]:
        if raw is not None:
            self._cosigned |= {key.name: size for key in cosignatures(raw, demand.keys)}
        return {key.name: max(entries - self._cosigned.get(key.name, 0), 0) for key in demand.keys}


def cosigned_at(raw: bytes, demand: Demand) -> datetime | None:
    """Return when the last of the demanded witnesses cosigned a note, None if fewer than that have."""
    times = sorted((each.time for each in cosignatures(raw, demand.keys).values()), reverse=True)
    if not 0 < demand.quorum <= len(times):
        return None
    return datetime.fromtimestamp(times[demand.quorum - 1], UTC)
