"""The machinery that settles claims: leases and progress. It decides nothing, so it writes no log entry."""

from datetime import datetime
from typing import Protocol

from idvault.domain.job import JobProgress
from idvault.ports.claim import Job, Lease


class JobStore(Protocol):
    """The jobs of PENDING claims. All times are real times. Raises UnavailableError like every store."""

    async def lease(self, *, lease: Lease, now: datetime, limit: int) -> list[Job]:
        """Win up to limit due jobs that have an intake: not DONE, next_at <= now, no lease beyond now.

        A job that is SENDING or UNKNOWN comes first; then the queue is fair between relying parties (one of
        each in turn, from one lease to the next), within a party sign-ups before re-verifications, then those
        that a worker has had before, then the one that is due longest. Each job is won by one process only
        (compare-and-set; SKIP LOCKED on PostgreSQL) and its stored progress is domain.job.take_up's. The cost
        must not grow with how many jobs wait. Fewer than limit may be won although more are due; none only
        if none is.
        """
        ...

    async def is_waiting(self, *, relying_party: str, sign_up: bool, now: datetime) -> bool:
        """Return whether a due job of a relying party comes before one that would be new.

        Such a job is not in doubt, and it is a sign-up unless the new one is a re-verification itself.
        """
        ...

    async def take(self, *, account_token: str, claim_id: str, lease: Lease, now: datetime) -> Job | None:
        """Win the job of a claim that has no intake, for the caller who repeats its request.

        None if it is DONE, has an intake, or is leased beyond now. Progress as in `lease`.
        """
        ...

    async def advance(self, job: Job, *, progress: JobProgress, keep_lease: bool) -> Job | None:
        """Store progress, durable before it returns; keep or give up the lease; None without it."""
        ...

    async def backlog(self) -> int:
        """Return how many jobs are not DONE."""
        ...

    async def oldest(self) -> datetime | None:
        """Return when the oldest claim that is still open was opened (business time); None if none is."""
        ...
