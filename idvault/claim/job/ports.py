"""Storage of jobs: leases and progress. It makes no decision about a claim, so it writes no log entry."""

from datetime import datetime
from typing import Protocol

from idvault.claim.job.rules import JobProgress
from idvault.claim.ports import Job, Lease
from idvault.verify.account import SubjectKind


class JobStore(Protocol):
    """The jobs of PENDING claims, in real time. Every method raises UnavailableError (STORE_UNAVAILABLE)."""

    async def lease(self, *, lease: Lease, now: datetime, limit: int) -> list[Job]:
        """Lease up to limit due jobs that have an intake: not DONE, next_at <= now, no lease beyond now.

        Jobs that are SENDING or UNKNOWN come first. After them the queue is fair between relying parties: one
        job of each in turn, also from one call to the next. Within a party, sign-ups come before
        re-verifications, then jobs that a worker has leased before, then the job that has been due longest.
        Each job must be leased by one process only (compare-and-set; SKIP LOCKED on PostgreSQL), with its
        progress stored as rules.take_up returns it. The cost must not grow with the number of waiting
        jobs. The result may be shorter than limit although more jobs are due, but empty only if none is due.
        """
        ...

    async def is_waiting(
        self, *, relying_party: str, kind: SubjectKind, sign_up: bool, now: datetime
    ) -> bool:
        """Return whether a due job of a relying party would come before a new one of a kind of subject.

        Each kind has a registry of its own, so another kind's jobs do not count. Only jobs that are READY or
        IN_PROGRESS count, and only sign-ups if the new job is a sign-up.
        """
        ...

    async def take(self, *, account_token: str, claim_id: str, lease: Lease, now: datetime) -> Job | None:
        """Lease the job of a claim without an intake, for a caller that repeats its request.

        Returns None if the job is DONE, has an intake, or is leased beyond now. Progress is stored as in
        `lease`.
        """
        ...

    async def advance(self, job: Job, *, progress: JobProgress, keep_lease: bool) -> Job | None:
        """Store progress durably and keep or give up the lease; None if the lease is no longer held."""
        ...

    async def backlog(self) -> dict[str, int]:
        """Return how many jobs of each relying party are not DONE; parties without such jobs are left out."""
        ...

    async def oldest(self) -> datetime | None:
        """Return when the oldest open claim was opened (business time); None if no claim is open."""
        ...
