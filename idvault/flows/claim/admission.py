"""Whether a new claim may come at all, and whether it may be asked about at once or waits for its turn."""

import asyncio
from datetime import datetime, timedelta

from idvault.domain.clock import ClockReading
from idvault.domain.error import ExhaustedError, NotFoundError, Reason
from idvault.domain.request import Request
from idvault.flows.policy import OperatorPolicy
from idvault.ports.claim import VerificationStore
from idvault.ports.job import JobStore

_LIMIT = timedelta(hours=24)
_COUNT_AGE = timedelta(seconds=1)
_LONGEST_COUNT_AGE = timedelta(seconds=30)
_NEWCOMERS = 10_000  # in a second: more than any deployment has
_LOOK_AGE = timedelta(milliseconds=250)


class QueueFlow:
    """Looks at the queue on behalf of new claims. What it saw a moment ago is good enough: looking costs.

    Claims that come while it looks wait for that one look: a crowd of them would else count a long queue as
    often as there are callers, just when it is longest.
    """

    def __init__(self, *, store: VerificationStore, jobs: JobStore, policy: OperatorPolicy) -> None:
        """Take the ports and the policy."""
        self._store = store
        self._jobs = jobs
        self._cap = policy.registry_calls_per_second
        self._count = 0
        self._count_until: datetime | None = None
        self._counting = asyncio.Lock()
        self._looks: dict[tuple[str, bool], tuple[bool, datetime]] = {}
        self._looking: dict[tuple[str, bool], asyncio.Lock] = {}

    async def check(self, request: Request, *, now: ClockReading) -> None:
        """Refuse a new claim that could not be asked within 24 h; one that exists is always answered.

        Raises ExhaustedError (REGISTRY_BACKLOG).
        """
        wait = timedelta(seconds=await self._counted(now.real) / self._cap)
        if wait < _LIMIT:
            return
        try:
            await self._store.find(relying_party=request.caller, request_id=request.request_id)
        except NotFoundError:
            raise ExhaustedError(
                Reason.REGISTRY_BACKLOG, retry_after=wait - _LIMIT + timedelta(minutes=1)
            ) from None

    async def is_waiting(self, *, relying_party: str, sign_up: bool, now: ClockReading) -> bool:
        """Say whether claims of this relying party wait that come before a new one.

        Whoever has none waiting may ask at once: below its share of the cap a relying party has no queue.
        """
        key = (relying_party, sign_up)
        async with self._looking.setdefault(key, asyncio.Lock()):
            known = self._looks.get(key)
            if known is None or abs(now.real - known[1]) >= _LOOK_AGE:
                waits = await self._jobs.is_waiting(
                    relying_party=relying_party, sign_up=sign_up, now=now.real
                )
                known = self._looks[key] = (waits, now.real)
            return known[0]

    async def _counted(self, now: datetime) -> int:
        async with self._counting:
            return await self._recounted(now)

    async def _recounted(self, now: datetime) -> int:
        if self._count_until is None or now > self._count_until:
            self._count = await self._jobs.backlog()
            # The queue cannot grow by more than the newcomers of that time, so a far limit stays far.
            room = timedelta(seconds=(self._cap * _LIMIT.total_seconds() - self._count) / _NEWCOMERS)
            self._count_until = now + min(max(_COUNT_AGE, room), _LONGEST_COUNT_AGE)
        return self._count
