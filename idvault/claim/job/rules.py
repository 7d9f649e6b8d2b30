"""The state machine that settles one claim exactly once against a registry.

- READY: no check was sent. A check may be sent once SENDING is committed.
- A check for which our own rate cap had no room keeps its place. One that did not reach the registry waits
  longer each time.
- SENDING: a check is being sent. If the lease ends in this state, the job becomes UNKNOWN.
- UNKNOWN: the check may have been decided. Query it, at the earliest 10 s after it was sent, but at once if
  the registry says that it has a check with this ai (after a restore, one that was decided before).
- IN_PROGRESS: the registry is working on it. Poll.
- "No such check" is believed after two such answers in a row, 5 s apart. The same ai is then sent again and
  counted as a resend.
- If a registry cannot be queried, the same check is sent again under the same ai. From UNKNOWN that is a
  resend, counted, with a longer wait each time; from IN_PROGRESS it is a poll.
- If the name has a second spelling, a mismatch of the first one leads to a second check with another ai.
- DONE: settled. No more calls are made.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from idvault_verify.registry import DECIDED, RegistryAnswer

QUERY_DELAY = timedelta(seconds=10)
MISSING_INTERVAL = timedelta(seconds=5)
BAN = timedelta(seconds=60)
_FIRST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(seconds=60)
_LONGEST_POLL = timedelta(seconds=240)  # the registry keeps an answer for 300 s after it was first read
_LONGEST_RESEND = timedelta(minutes=10)  # a registry that forgets unread answers charges each resend


class JobState(StrEnum):
    """The state of a job."""

    READY = "READY"
    SENDING = "SENDING"
    UNKNOWN = "UNKNOWN"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"


@dataclass(frozen=True, slots=True)
class JobProgress:
    """The part of a job that the state machine changes. All times are real time.

    check_index: which spelling is being checked, 0 or 1. attempts: undecided answers in a row.
    missing: "no such check" answers in a row. resends: how often a check was sent again, in total.
    """

    state: JobState
    check_index: int
    sent_at: datetime | None
    next_at: datetime
    attempts: int = 0
    missing: int = 0
    resends: int = 0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to work on a job until a real time; lease_id: the fencing token, 16 random bytes in hex."""

    lease_id: str
    until: datetime


class RegistryCall(StrEnum):
    """The next call to the registry."""

    CHECK = "CHECK"
    QUERY = "QUERY"


@dataclass(frozen=True, slots=True)
class Step:
    """The result of an answer: the progress to store, and the final answer if there is one."""

    progress: JobProgress
    final: RegistryAnswer | None = None


def born(*, now: datetime) -> JobProgress:
    """Return the progress of a job that act `open` creates, which is already SENDING."""
    return JobProgress(JobState.SENDING, 0, sent_at=now, next_at=now)


def queued(*, progress: JobProgress, now: datetime) -> JobProgress:
    """Return the progress of a new job that must wait behind others: READY, nothing sent."""
    return replace(progress, state=JobState.READY, sent_at=None, next_at=now)


def was_sent(*, sent_at: datetime | None, check_index: int, resends: int) -> bool:
    """Return whether a check was sent, or may have been, of a job with this progress."""
    return sent_at is not None or check_index > 0 or resends > 0


def take_up(*, progress: JobProgress, now: datetime) -> JobProgress:
    """Return the progress of a job just leased; an interrupted check becomes UNKNOWN."""
    if progress.state is JobState.SENDING:
        return _doubtful(progress, now)
    return progress


def next_call(*, progress: JobProgress, can_query: bool) -> RegistryCall:
    """Return the next call; raises ValueError when DONE. can_query: whether the registry supports queries."""
    if progress.state is JobState.DONE:
        raise ValueError("a settled claim needs no registry call")
    asked = progress.state in (JobState.UNKNOWN, JobState.IN_PROGRESS)
    return RegistryCall.QUERY if asked and can_query else RegistryCall.CHECK


def send(*, progress: JobProgress, now: datetime) -> JobProgress:
    """Return the progress to commit before a check is sent; SENDING and IN_PROGRESS stay unchanged."""
    if progress.state not in (JobState.READY, JobState.UNKNOWN):
        return progress
    resends = progress.resends + (progress.state is JobState.UNKNOWN)
    return replace(progress, state=JobState.SENDING, sent_at=now, missing=0, resends=resends)


def after_check(
    *,
    progress: JobProgress,
    answer: RegistryAnswer,
    spellings: int,
    can_query: bool,
    now: datetime,
    midnight: datetime,
) -> Step:
    """Return the step after the answer to a check; midnight: the next local one, in real time."""
    if answer in DECIDED or answer is RegistryAnswer.IN_PROGRESS:
        return _answered(progress, answer, spellings, now)
    if answer is RegistryAnswer.DAILY_LIMIT:
        return Step(_unsent(progress, midnight))
    if answer is RegistryAnswer.RATE_LIMITED:
        return Step(_unsent(progress, now + BAN))
    if answer is RegistryAnswer.NO_TURN:
        # If it lost its place, later jobs would go first, re-verifications among them.
        return Step(replace(_unsent(progress, now), attempts=progress.attempts))
    if answer in (RegistryAnswer.NOT_SENT, RegistryAnswer.REJECTED_CALLER):
        return Step(_unsent(progress, now + _wait(progress.attempts, _LONGEST_WAIT)))
    doubt = _in_use if answer is RegistryAnswer.IN_USE else _doubtful
    return Step(doubt(progress, now) if can_query else _unheard(progress, now))


def after_query(*, progress: JobProgress, answer: RegistryAnswer, spellings: int, now: datetime) -> Step:
    """Return the step after the answer to a query."""
    if answer in DECIDED or answer is RegistryAnswer.IN_PROGRESS:
        return _answered(progress, answer, spellings, now)
    if answer is RegistryAnswer.NOT_FOUND:
        return Step(_missing(progress, now))
    # The 300 s of an in-progress check may be running unseen, so the job becomes UNKNOWN at once.
    pause = BAN if answer is RegistryAnswer.RATE_LIMITED else _wait(progress.attempts, _LONGEST_WAIT)
    return Step(
        replace(
            progress,
            state=JobState.UNKNOWN,
            attempts=progress.attempts + 1,
            missing=0,
            next_at=now + pause,
        )
    )


def done(*, progress: JobProgress) -> JobProgress:
    """Return the progress of a settled claim."""
    return replace(progress, state=JobState.DONE)


def _answered(progress: JobProgress, answer: RegistryAnswer, spellings: int, now: datetime) -> Step:
    if answer is RegistryAnswer.IN_PROGRESS:
        return Step(_in_progress(progress, now))
    other = progress.check_index + 1
    if answer is not RegistryAnswer.MATCH and other < spellings:
        return Step(JobProgress(JobState.READY, other, None, next_at=now, resends=progress.resends))
    return Step(progress, final=answer)


def _in_progress(progress: JobProgress, now: datetime) -> JobProgress:
    attempts = progress.attempts + 1 if progress.state is JobState.IN_PROGRESS else 0
    return replace(
        progress,
        state=JobState.IN_PROGRESS,
        attempts=attempts,
        missing=0,
        next_at=now + _wait(attempts + 1, _LONGEST_POLL),
    )


def _unsent(progress: JobProgress, next_at: datetime) -> JobProgress:
    attempts = progress.attempts + 1
    if progress.state is JobState.IN_PROGRESS:  # a poll that was not sent
        return replace(progress, attempts=attempts, next_at=next_at)
    return replace(progress, state=JobState.READY, sent_at=None, attempts=attempts, next_at=next_at)


def _doubtful(progress: JobProgress, now: datetime) -> JobProgress:
    sent_at = progress.sent_at or now
    return replace(
        progress, state=JobState.UNKNOWN, attempts=0, missing=0, next_at=max(now, sent_at + QUERY_DELAY)
    )


def _in_use(progress: JobProgress, now: datetime) -> JobProgress:
    """Query at once; later each time the registry has not found what it said is in use."""
    pause = _wait(progress.resends, _LONGEST_WAIT) if progress.resends else timedelta(0)
    return replace(progress, state=JobState.UNKNOWN, attempts=0, missing=0, next_at=now + pause)


def is_due(*, progress: JobProgress, now: datetime) -> bool:
    """Return whether a check that is in doubt may be queried already."""
    return progress.state is JobState.UNKNOWN and progress.next_at <= now


def _unheard(progress: JobProgress, now: datetime) -> JobProgress:
    pause = min(QUERY_DELAY * (1 << min(progress.resends, 16)), _LONGEST_RESEND)
    return replace(progress, state=JobState.UNKNOWN, attempts=0, missing=0, next_at=now + pause)


def _missing(progress: JobProgress, now: datetime) -> JobProgress:
    if progress.missing == 0:
        return replace(progress, missing=1, next_at=now + MISSING_INTERVAL)
    return replace(
        progress,
        state=JobState.READY,
        sent_at=None,
        missing=0,
        attempts=0,
        resends=progress.resends + 1,
        next_at=now,
    )


def _wait(attempts: int, longest: timedelta) -> timedelta:
    """Return 1 s doubled with each attempt, up to the longest."""
    return min(_FIRST_WAIT * (1 << min(attempts, 16)), longest)
