"""The state machine that settles one claim exactly once against a registry.

- READY: nothing was sent; a check may be sent once SENDING is committed.
- A check that our own cap left no room for keeps its place; one that did not reach the registry waits longer
  each time.
- SENDING: a check is on its way; a lease that runs out here means UNKNOWN.
- UNKNOWN: it may have been decided; ask by query, not before 10 s after it was sent.
- IN_PROGRESS: the registry works on it; poll.
- "No such check" counts only twice in a row, 5 s apart; then the same ai is sent again: a resend, counted.
- A registry that cannot be queried is asked by the same check under the same ai: out of UNKNOWN that is a
  resend, counted and further apart each time; of a check in progress it is a poll.
- A mismatch of the first spelling of a name with a second one moves on to the second check, with its own ai.
- DONE: settled; nothing is called any more.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from idvault.domain.registry import DECIDED, RegistryAnswer

QUERY_DELAY = timedelta(seconds=10)
MISSING_INTERVAL = timedelta(seconds=5)
BAN = timedelta(seconds=60)
_FIRST_WAIT = timedelta(seconds=1)
_LONGEST_WAIT = timedelta(seconds=60)
_LONGEST_POLL = timedelta(seconds=240)  # an answer lives 300 s after it was first heard
_LONGEST_RESEND = timedelta(minutes=10)  # a registry that forgets what nobody heard charges each resend


class JobState(StrEnum):
    """Where the settling of a claim stands."""

    READY = "READY"
    SENDING = "SENDING"
    UNKNOWN = "UNKNOWN"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"


@dataclass(frozen=True, slots=True)
class JobProgress:
    """The part of a job that the machine moves. All times are real time.

    check_index: which spelling is asked, 0 or 1. attempts: answers in a row that decided nothing.
    missing: "no such check" answers in a row. resends: how often a check was sent again, in all.
    """

    state: JobState
    check_index: int
    sent_at: datetime | None
    next_at: datetime
    attempts: int = 0
    missing: int = 0
    resends: int = 0


class RegistryCall(StrEnum):
    """What to ask the registry next."""

    CHECK = "CHECK"
    QUERY = "QUERY"


@dataclass(frozen=True, slots=True)
class Step:
    """What an answer leads to: progress to store, and the final answer if there is one."""

    progress: JobProgress
    final: RegistryAnswer | None = None


def born(*, now: datetime) -> JobProgress:
    """Return the progress of a job that act `open` creates: already SENDING."""
    return JobProgress(JobState.SENDING, 0, sent_at=now, next_at=now)


def queued(*, progress: JobProgress, now: datetime) -> JobProgress:
    """Return the progress of a born job that lets those before it go first: nothing was sent."""
    return replace(progress, state=JobState.READY, sent_at=None, next_at=now)


def take_up(*, progress: JobProgress, now: datetime) -> JobProgress:
    """Return the progress of a job whose lease was just won: a check cut short may have been decided."""
    if progress.state is JobState.SENDING:
        return _doubtful(progress, now)
    return progress


def next_call(*, progress: JobProgress, can_query: bool) -> RegistryCall:
    """Return what to ask; raises ValueError when DONE. can_query: whether the registry has queries at all."""
    if progress.state is JobState.DONE:
        raise ValueError("a settled claim asks nothing")
    asked = progress.state in (JobState.UNKNOWN, JobState.IN_PROGRESS)
    return RegistryCall.QUERY if asked and can_query else RegistryCall.CHECK


def send(*, progress: JobProgress, now: datetime) -> JobProgress:
    """Return the progress to commit before a check is sent; SENDING and IN_PROGRESS are unchanged."""
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
    """Return what the answer to a check leads to; midnight is the next local one, in real time."""
    if answer in DECIDED or answer is RegistryAnswer.IN_PROGRESS:
        return _answered(progress, answer, spellings, now)
    if answer is RegistryAnswer.DAILY_LIMIT:
        return Step(_unsent(progress, midnight))
    if answer is RegistryAnswer.RATE_LIMITED:
        return Step(_unsent(progress, now + BAN))
    if answer is RegistryAnswer.NO_TURN:
        # Were it put back, those who came later would have the next turn, re-verifications among them.
        return Step(replace(_unsent(progress, now), attempts=progress.attempts))
    if answer in (RegistryAnswer.NOT_SENT, RegistryAnswer.REJECTED_CALLER):
        return Step(_unsent(progress, now + _wait(progress.attempts, _LONGEST_WAIT)))
    return Step(_doubtful(progress, now) if can_query else _unheard(progress, now))


def after_query(*, progress: JobProgress, answer: RegistryAnswer, spellings: int, now: datetime) -> Step:
    """Return what the answer to a query leads to."""
    if answer in DECIDED or answer is RegistryAnswer.IN_PROGRESS:
        return _answered(progress, answer, spellings, now)
    if answer is RegistryAnswer.NOT_FOUND:
        return Step(_missing(progress, now))
    # Without an answer the 300 s of an in-progress check may be running: it is in doubt at once.
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
