"""The state machine that settles a claim exactly once."""

from datetime import datetime, timedelta

import pytest

from idvault.claim.job import rules as job_rules
from idvault.claim.job.rules import JobProgress, JobState, RegistryCall, Step
from idvault_verify.registry import DECIDED, RegistryAnswer
from tools.support.builders import NOW

MIDNIGHT = NOW + timedelta(hours=12)
SENDING = job_rules.born(now=NOW)
UNKNOWN = job_rules.take_up(progress=SENDING, now=NOW)
S = timedelta(seconds=1)


def _check(
    answer: RegistryAnswer, progress: JobProgress = SENDING, spellings: int = 1, can_query: bool = True
) -> Step:
    return job_rules.after_check(
        progress=progress,
        answer=answer,
        spellings=spellings,
        can_query=can_query,
        now=NOW + S,
        midnight=MIDNIGHT,
    )


def _query(answer: RegistryAnswer, progress: JobProgress = UNKNOWN, spellings: int = 1) -> Step:
    return job_rules.after_query(progress=progress, answer=answer, spellings=spellings, now=NOW + 10 * S)


def test_a_job_is_born_sending() -> None:
    """The first check needs no further commit."""
    assert SENDING.state is JobState.SENDING
    assert job_rules.send(progress=SENDING, now=NOW + S) == SENDING
    assert job_rules.next_call(progress=SENDING, can_query=True) is RegistryCall.CHECK


def test_a_born_job_that_queues_has_sent_nothing() -> None:
    """A queued new job is READY: its check has not been sent."""
    queued = job_rules.queued(progress=SENDING, now=NOW + S)
    assert queued == JobProgress(JobState.READY, 0, sent_at=None, next_at=NOW + S)
    assert job_rules.next_call(progress=queued, can_query=True) is RegistryCall.CHECK


@pytest.mark.parametrize("answer", sorted(DECIDED))
@pytest.mark.parametrize("call", [_check, _query])
def test_a_deciding_answer_is_final(answer: RegistryAnswer, call: object) -> None:
    """The answer is final from a check and from a query."""
    assert callable(call)
    assert call(answer).final is answer


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (RegistryAnswer.NOT_SENT, 1 * S),
        (RegistryAnswer.REJECTED_CALLER, 1 * S),
        (RegistryAnswer.RATE_LIMITED, job_rules.BAN),
    ],
)
def test_a_check_that_was_not_taken_is_ready_again(answer: RegistryAnswer, wait: timedelta) -> None:
    """The check may be sent again without a query; a ban causes a pause of one minute."""
    progress = _check(answer).progress
    assert (progress.state, progress.next_at, progress.sent_at) == (JobState.READY, NOW + S + wait, None)
    assert job_rules.next_call(progress=progress, can_query=True) is RegistryCall.CHECK


@pytest.mark.parametrize("start", [SENDING, _check(RegistryAnswer.IN_PROGRESS).progress])
def test_who_had_no_turn_keeps_its_place(start: JobProgress) -> None:
    """A full rate cap is not a failure of the registry, so the next turn is not delayed."""
    progress = start
    for _ in range(5):
        progress = _check(RegistryAnswer.NO_TURN, progress).progress
    assert (progress.next_at, progress.attempts) == (NOW + S, start.attempts)
    assert progress.state is (JobState.READY if start.state is JobState.SENDING else JobState.IN_PROGRESS)


def test_the_daily_limit_waits_for_midnight() -> None:
    """The registry accepts no more checks today."""
    progress = _check(RegistryAnswer.DAILY_LIMIT).progress
    assert (progress.state, progress.next_at) == (JobState.READY, MIDNIGHT)


@pytest.mark.parametrize("answer", [RegistryAnswer.UNKNOWN, RegistryAnswer.NOT_FOUND])
def test_a_check_in_doubt_is_asked_about_ten_seconds_after_it_was_sent(answer: RegistryAnswer) -> None:
    """The check may have been decided, so it is queried before it is sent again."""
    progress = _check(answer).progress
    assert (progress.state, progress.next_at) == (JobState.UNKNOWN, NOW + job_rules.QUERY_DELAY)
    assert job_rules.next_call(progress=progress, can_query=True) is RegistryCall.QUERY


def test_a_lease_that_runs_out_while_sending_leaves_a_check_in_doubt() -> None:
    """The process that leases the job next queries the check first."""
    assert UNKNOWN.state is JobState.UNKNOWN
    late = job_rules.take_up(progress=SENDING, now=NOW + 30 * S)
    assert late.next_at == NOW + 30 * S
    ready = _check(RegistryAnswer.NOT_SENT).progress
    assert job_rules.take_up(progress=ready, now=NOW) == ready


def test_sending_is_committed_before_a_check_is_sent_again() -> None:
    """The commit stores the time from which the query delay is counted."""
    ready = _check(RegistryAnswer.NOT_SENT).progress
    sending = job_rules.send(progress=ready, now=NOW + 5 * S)
    assert (sending.state, sending.sent_at) == (JobState.SENDING, NOW + 5 * S)


def test_in_progress_is_polled_at_growing_intervals_that_stay_below_300_s() -> None:
    """The registry keeps an answer for 300 s after it was first read."""
    progress = _check(RegistryAnswer.IN_PROGRESS).progress
    waits = []
    for _ in range(12):
        assert progress.state is JobState.IN_PROGRESS
        waits.append(progress.next_at)
        progress = _query(RegistryAnswer.IN_PROGRESS, progress).progress
    assert progress.next_at == NOW + 10 * S + timedelta(seconds=240)
    assert waits[0] == NOW + S + 2 * S


@pytest.mark.parametrize("start", [UNKNOWN, _check(RegistryAnswer.IN_PROGRESS).progress])
def test_no_such_check_counts_only_twice(start: JobProgress) -> None:
    """The first may be a race inside the registry; the second leads to a counted resend under the same ai."""
    once = _query(RegistryAnswer.NOT_FOUND, start).progress
    assert (once.state, once.missing, once.resends) == (start.state, 1, 0)
    assert once.next_at == NOW + 10 * S + job_rules.MISSING_INTERVAL
    twice = _query(RegistryAnswer.NOT_FOUND, once).progress
    assert (twice.state, twice.missing, twice.resends) == (JobState.READY, 0, 1)
    assert twice.check_index == start.check_index


@pytest.mark.parametrize("start", [UNKNOWN, _check(RegistryAnswer.IN_PROGRESS).progress])
@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (RegistryAnswer.UNKNOWN, 1 * S),
        (RegistryAnswer.NOT_SENT, 1 * S),
        (RegistryAnswer.RATE_LIMITED, job_rules.BAN),
    ],
)
def test_a_query_without_answer_leaves_doubt(
    start: JobProgress, answer: RegistryAnswer, wait: timedelta
) -> None:
    """The 300 s of a decided check may be running, so the state is UNKNOWN at once."""
    once = _query(RegistryAnswer.NOT_FOUND, start).progress
    progress = _query(answer, once).progress
    assert (progress.state, progress.missing) == (JobState.UNKNOWN, 0)
    assert progress.next_at == NOW + 10 * S + wait


def test_waits_double_up_to_a_minute() -> None:
    """A registry that is unreachable for long is not called too often."""
    progress = SENDING
    waits = []
    for _ in range(9):
        progress = _check(RegistryAnswer.NOT_SENT, progress).progress
        waits.append((progress.next_at - NOW - S).total_seconds())
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]


@pytest.mark.parametrize("call", [_check, _query])
@pytest.mark.parametrize(
    "answer", [RegistryAnswer.MISMATCH, RegistryAnswer.NO_RECORD, RegistryAnswer.INVALID_INPUT]
)
def test_a_second_spelling_is_asked_after_the_first_fails(call: object, answer: RegistryAnswer) -> None:
    """There are at most two checks, each with its own ai; the second answer is final."""
    assert callable(call)
    step = call(answer, spellings=2)
    assert step.final is None
    assert (step.progress.state, step.progress.check_index) == (JobState.READY, 1)
    second = job_rules.send(progress=step.progress, now=NOW)
    assert _check(answer, second, spellings=2).final is answer


def test_a_match_of_the_first_spelling_asks_no_second() -> None:
    """A match of the first spelling is final."""
    assert _check(RegistryAnswer.MATCH, spellings=2).final is RegistryAnswer.MATCH


def test_a_settled_claim_asks_nothing() -> None:
    """A DONE job has no next call."""
    with pytest.raises(ValueError, match="settled"):
        job_rules.next_call(progress=job_rules.done(progress=SENDING), can_query=True)


@pytest.mark.parametrize("progress", [UNKNOWN, SENDING, _check(RegistryAnswer.IN_PROGRESS).progress])
def test_a_registry_without_queries_is_asked_by_the_check_again(progress: JobProgress) -> None:
    """Without queries, the next call is always the check."""
    assert job_rules.next_call(progress=progress, can_query=False) is RegistryCall.CHECK


def test_a_check_in_doubt_that_is_sent_again_is_a_resend() -> None:
    """The resend is counted when it is committed, before it is sent."""
    sending = job_rules.send(progress=UNKNOWN, now=NOW + 10 * S)
    assert (sending.state, sending.resends, sending.sent_at) == (JobState.SENDING, 1, NOW + 10 * S)


def test_resends_lie_further_apart_each_time() -> None:
    """A registry that forgets unread answers charges each resend: 10 s, doubled up to 10 minutes."""
    progress, pauses = SENDING, []
    for _ in range(9):
        progress = _check(RegistryAnswer.UNKNOWN, progress, can_query=False).progress
        assert progress.state is JobState.UNKNOWN
        pauses.append((progress.next_at - NOW) // S - 1)
        progress = job_rules.send(progress=progress, now=NOW)
    assert pauses == [10, 20, 40, 80, 160, 320, 600, 600, 600]
    assert progress.resends == 9


def test_polling_by_the_check_is_no_resend() -> None:
    """A poll of a check in progress is not a resend; a poll that was not sent changes nothing."""
    waiting = _check(RegistryAnswer.IN_PROGRESS, can_query=False).progress
    assert job_rules.send(progress=waiting, now=NOW + 5 * S) == waiting
    again = _check(RegistryAnswer.IN_PROGRESS, waiting, can_query=False).progress
    assert (again.state, again.attempts, again.resends) == (JobState.IN_PROGRESS, 1, 0)
    unsent = _check(RegistryAnswer.NOT_SENT, waiting, can_query=False).progress
    assert (unsent.state, unsent.resends) == (JobState.IN_PROGRESS, 0)
    assert unsent.next_at > NOW
    assert _check(RegistryAnswer.MATCH, waiting, can_query=False).final is RegistryAnswer.MATCH


@pytest.mark.parametrize(
    ("sent_at", "check_index", "resends", "sent"),
    [(None, 0, 0, False), (NOW, 0, 0, True), (None, 1, 0, True), (None, 0, 1, True)],
)
def test_a_check_may_have_been_sent(
    sent_at: datetime | None, check_index: int, resends: int, sent: bool
) -> None:
    """A check that is out, or an earlier one, is one that the registry may have seen."""
    assert job_rules.was_sent(sent_at=sent_at, check_index=check_index, resends=resends) is sent


def test_a_check_that_the_registry_has_already_is_asked_about_at_once() -> None:
    """After a restore the registry knows a check that the vault believes unsent: its result is there."""
    step = _check(RegistryAnswer.IN_USE)
    assert step.final is None
    assert (step.progress.state, step.progress.next_at) == (JobState.UNKNOWN, NOW + S)
    assert job_rules.is_due(progress=step.progress, now=NOW + S)
    assert job_rules.next_call(progress=step.progress, can_query=True) is RegistryCall.QUERY
    assert _query(RegistryAnswer.MATCH, step.progress).final is RegistryAnswer.MATCH


def test_a_registry_that_contradicts_itself_is_asked_ever_more_seldom() -> None:
    """In use, but not found: each round is a resend, and the next query comes later, at most a minute."""
    progress, waits = SENDING, []
    for _ in range(8):
        progress = _check(RegistryAnswer.IN_USE, progress).progress
        waits.append(progress.next_at - NOW - S)
        for _ in range(2):
            progress = _query(RegistryAnswer.NOT_FOUND, progress).progress
        assert progress.state is JobState.READY
        progress = job_rules.send(progress=progress, now=NOW)
    assert waits == [0 * S, 2 * S, 4 * S, 8 * S, 16 * S, 32 * S, 60 * S, 60 * S]
    assert progress.resends == 8


def test_a_registry_without_queries_that_has_the_check_is_asked_by_it_again() -> None:
    """Without a query the check itself is repeated later, as after any answer that decides nothing."""
    step = _check(RegistryAnswer.IN_USE, can_query=False)
    assert step.progress.state is JobState.UNKNOWN
    assert not job_rules.is_due(progress=step.progress, now=NOW + S)


@pytest.mark.parametrize("state", [JobState.READY, JobState.SENDING, JobState.IN_PROGRESS, JobState.DONE])
def test_only_a_check_in_doubt_is_due_for_a_query(state: JobState) -> None:
    """Whatever had no turn, is polled or has ended is not asked about again in the same call."""
    assert not job_rules.is_due(progress=JobProgress(state, 0, None, next_at=NOW), now=NOW + S)
