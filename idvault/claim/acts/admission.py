"""Decides whether a new claim is accepted, and whether it is checked at once or waits in the queue."""

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

from idvault.claim.job.ports import JobStore
from idvault.claim.ports import VerificationStore
from idvault.core import caller, share
from idvault.core.policy import OperatorPolicy
from idvault.core.request import Request
from idvault.verify.account import SubjectKind
from idvault.verify.clock import ClockReading
from idvault.verify.error import ExhaustedError, NotFoundError

_LIMIT = timedelta(hours=24)
_COUNT_AGE = timedelta(seconds=1)
_LONGEST_COUNT_AGE = timedelta(seconds=30)
_NEWCOMERS = 10_000  # in a second: more than any deployment has
_LOOK_AGE = timedelta(milliseconds=250)


class QueueFlow:
    """Reads the queue for new claims, and caches the result briefly because reading is expensive.

    Claims that arrive during a read wait for its result. Otherwise a burst of claims would count the queue
    once for each caller, when the queue is longest.
    """

    def __init__(self, *, store: VerificationStore, jobs: JobStore, policy: OperatorPolicy) -> None:
        """Initialise with the ports and the policy."""
        self._store = store
        self._jobs = jobs
        self._cap = policy.registry_calls_per_second
        self._count: Mapping[str, int] = {}
        self._count_until: datetime | None = None
        self._counting = asyncio.Lock()
        self._looks: dict[tuple[str, SubjectKind, bool], tuple[bool, datetime]] = {}
        self._looking: dict[tuple[str, SubjectKind, bool], asyncio.Lock] = {}

    async def check(self, request: Request, *, now: ClockReading) -> None:
        """Refuse a new claim that would not be checked within 24 h (domain.share); a repeat always passes.

        Raises ExhaustedError (REGISTRY_BACKLOG).
        """
        backlog = await self._counted(now.real)
        try:
            share.check_queue(backlog=backlog, relying_party=request.caller, per_second=self._cap)
        except ExhaustedError as refused:
            try:
                await self._store.find(relying_party=request.caller, request_id=request.request_id)
            except NotFoundError:
                raise refused from None

    async def is_waiting(
        self, *, relying_party: str, kind: SubjectKind, sign_up: bool, now: ClockReading
    ) -> bool:
        """Return whether queued claims of this relying party come before a new one of this kind.

        If none is queued, the new claim is checked at once: a relying party below its share of the cap has no
        queue.
        """
        key = (relying_party, kind, sign_up)
        async with self._looking.setdefault(key, asyncio.Lock()):
            known = self._looks.get(key)
            if known is None or abs(now.real - known[1]) >= _LOOK_AGE:
                waits = await self._jobs.is_waiting(
                    relying_party=relying_party, kind=kind, sign_up=sign_up, now=now.real
                )
                known = self._looks[key] = (waits, now.real)
            return known[0]

    async def _counted(self, now: datetime) -> Mapping[str, int]:
        async with self._counting:
            return await self._recounted(now)

    async def _recounted(self, now: datetime) -> Mapping[str, int]:
        if self._count_until is None or now > self._count_until:
            with caller.serving(caller.NOBODY):
                self._count = await self._jobs.backlog()
            # The queue grows by at most _NEWCOMERS a second, so the count is good for longer far below the
            # limit.
            left = self._cap * _LIMIT.total_seconds() - sum(self._count.values())
            room = timedelta(seconds=left / _NEWCOMERS)
            self._count_until = now + min(max(_COUNT_AGE, room), _LONGEST_COUNT_AGE)
        return self._count
