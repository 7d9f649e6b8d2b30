"""The comparison at start-up: what is refused, and a log that only grows meanwhile.

It is called itself: processes make it before they serve anything.
"""

from collections.abc import Callable
from typing import Any, cast

import pytest

from idvault.core.db.database import Database
from idvault.log.acts.witness import (
    Compared,
    LogForkedError,
    LogOlderError,
    NoCheckpointError,
    StrangeWitnessError,
    UnwitnessedError,
    begin,
    check,
    check_kept,
)
from idvault.log.store import SIGNED
from idvault_verify.error import DamagedError, PreconditionError, Reason, UnavailableError
from idvault_verify.transparency import checkpoint, note
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.tree import EMPTY_ROOT
from tests.support.fakes.memory_log import MemoryLog
from tools.support.fakes.log import FakeWitness
from tools.support.merkle import log_of, signer, witness

ORIGIN = "log.example/idvault"
SIGNER = signer(ORIGIN)
COSIGNER = witness("witness.example", seed=2)
EMPTY = checkpoint.sign(Checkpoint(ORIGIN, 0, EMPTY_ROOT), [SIGNER])


class Growing:
    """A shred database; a worker acts just after the signed checkpoint is read."""

    def __init__(self, log: MemoryLog, *, after: Callable[[], None]) -> None:
        self._shred = log.shred
        self._after = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._shred, name)

    async def one(self, name: str, statement: Any, /, **parameters: Any) -> Any:
        found = await self._shred.one(name, statement, **parameters)
        if parameters["which"] == SIGNED:
            self._after()
        return found


def databases(size: int, *, signed: int | None = None, leaves: list[bytes] | None = None) -> MemoryLog:
    """Return databases with `size` entries, of which the first `signed` are signed."""
    log = MemoryLog(origin=ORIGIN, signer=SIGNER)
    entries = (leaves or log_of(size))[:size]
    first = size if signed is None else signed
    log.append(*entries[:first])
    log.sign()
    log.append(*entries[first:])
    return log


def seen(size: int) -> FakeWitness:
    """Return a witness that has cosigned a size."""
    made = FakeWitness(COSIGNER)
    log = databases(size)
    assert log.note is not None
    made.seen = checkpoint.parse(log.note.decode().rpartition("\n\n")[0] + "\n") if size else None
    return made


def compared(log: MemoryLog, asked: FakeWitness, *, shred: Growing | None = None) -> Compared:
    """Return the comparison with one witness."""
    second = log.shred if shred is None else cast(Database, shred)
    return Compared(main=log.main, shred=second, witnesses={COSIGNER.key: asked}, quorum=1)


@pytest.mark.parametrize(
    ("size", "signed", "witnessed"),
    [(0, 0, 0), (5, 5, 5), (5, 5, 0), (300, 290, 7), (300, 290, 256), (300, 290, 290), (5, 0, 0)],
)
async def test_databases_that_the_witness_knows_or_can_follow(size: int, signed: int, witnessed: int) -> None:
    """A witness at or before the last signed checkpoint cosigns; newer entries may be unsigned."""
    asked = seen(witnessed)
    assert await check(compared(databases(size, signed=signed), asked)) == signed
    assert signed == 0 or (asked.seen is not None and asked.seen.size == signed)


@pytest.mark.parametrize(("size", "witnessed"), [(0, 5), (4, 5), (7, 300)])
async def test_old_copies_are_refused(size: int, witnessed: int) -> None:
    """If both databases are restored to an older state, the error line has both sizes."""
    asked = seen(witnessed)
    with pytest.raises(LogOlderError) as caught:
        await check(compared(databases(size), asked))
    line = f"log: database is older than the witnessed checkpoint ({size} < {witnessed}): "
    assert str(caught.value) == line + "`idvault restore --check` tells what is lost"
    assert isinstance(caught.value, DamagedError)
    assert asked.seen is not None
    assert asked.seen.size == witnessed


@pytest.mark.parametrize(("witnessed", "by"), [(9, "witnessed"), (5, "witnessed"), (3, "signed")])
async def test_an_old_copy_of_the_main_database_is_refused(witnessed: int, by: str) -> None:
    """If only the main database is restored, it is older than the witnessed or signed checkpoint."""
    log, old = databases(9), databases(4)
    old.note = log.note
    known = 9 if by == "signed" else witnessed
    with pytest.raises(LogOlderError) as caught:
        await check(compared(old, seen(witnessed)))
    line = f"log: database is older than the {by} checkpoint (4 < {known}): "
    assert str(caught.value).startswith(line)


async def test_an_old_copy_of_the_second_database_is_refused() -> None:
    """If only the second database is restored, its checkpoint is older than the witnessed one."""
    log = databases(9)
    log.note = databases(4).note
    with pytest.raises(LogOlderError) as caught:
        await check(compared(log, seen(9)))
    assert (caught.value.size, caught.value.known) == (4, 9)


FORK = [*log_of(3), *(b"fork %d" % number for number in range(9))]


@pytest.mark.parametrize(("size", "witnessed"), [(5, 5), (8, 5), (8, 4)])
async def test_a_fork_is_refused(size: int, witnessed: int) -> None:
    """Databases with another history of at least the witnessed size are refused and not cosigned."""
    asked = seen(witnessed)
    before = asked.seen
    with pytest.raises(LogForkedError) as caught:
        await check(compared(databases(size, leaves=FORK), asked))
    assert str(caught.value) == (
        f"log: database has forked from the witnessed log (one of the first {size} entries differs)"
    )
    assert isinstance(caught.value, DamagedError)
    assert asked.seen == before


async def test_entries_of_another_history_are_refused() -> None:
    """A main database whose entries differ from the witnessed checkpoint is refused, whatever its size."""
    for size in (9, 12):
        other = databases(size, leaves=FORK)
        other.note = databases(9).note
        with pytest.raises(LogForkedError) as caught:
            await check(compared(other, seen(9)))
        assert caught.value.size == 9


async def test_without_a_checkpoint_there_is_nothing_to_ask_with() -> None:
    """Before the first checkpoint the error says that a worker must run."""
    log = MemoryLog(origin=ORIGIN, signer=SIGNER)
    log.append(*log_of(3))
    checked = compared(log, seen(0))
    with pytest.raises(NoCheckpointError, match=r"^log: there is no checkpoint .*`idvault work`"):
        await check(checked)
    await begin(log.shred, empty=EMPTY)
    assert log.note == EMPTY
    assert await check(checked) == 0
    signed = log.sign()
    before = log.note
    await begin(log.shred, empty=EMPTY)
    assert (log.note, signed.size) == (before, 3)


async def test_a_second_database_that_forgot_everything_is_refused() -> None:
    """An empty second database is a rollback if the witness has seen entries."""
    log = databases(5)
    log.note = None
    checked = compared(log, seen(5))
    await begin(log.shred, empty=EMPTY)
    with pytest.raises(LogOlderError, match=r"\(0 < 5\)"):
        await check(checked)


async def test_a_log_that_grows_meanwhile_is_no_fault() -> None:
    """If a worker was faster and the witness has seen more, the comparison is repeated."""
    log, asked = databases(4), seen(9)

    def grow() -> None:
        if log.size == 4:
            log.append(*log_of(9)[4:])
            log.sign()

    assert await check(compared(log, asked, shred=Growing(log, after=grow))) == 9


async def test_a_log_that_never_holds_still_is_told() -> None:
    """If the witness is always ahead, the check ends as if the witness were unreachable."""
    log, asked = databases(4), seen(5)

    def grow() -> None:
        """Sign one more entry, and have it witnessed at once."""
        log.append(b"more")
        newer = log.sign()
        asked.seen = Checkpoint(ORIGIN, newer.size, newer.root)

    with pytest.raises(UnwitnessedError, match="grew during every comparison"):
        await check(compared(log, asked, shred=Growing(log, after=grow)))


async def test_a_witness_that_is_away_stops_the_start() -> None:
    """If the witness is unreachable, the process does not start."""
    asked = seen(5)
    asked.away = True
    with pytest.raises(UnwitnessedError) as caught:
        await check(compared(databases(5), asked))
    assert str(caught.value) == "log: too few witnesses can be reached"
    assert isinstance(caught.value, UnavailableError)


async def test_why_a_witness_cannot_be_reached_is_told() -> None:
    """The error for an invalid answer says why."""

    class Odd(FakeWitness):
        async def add_checkpoint(self, **_what: object) -> None:  # type: ignore[override]
            raise UnwitnessedError("it speaks of the weather")

    with pytest.raises(UnwitnessedError, match=r"can be reached: log: it speaks of the weather$"):
        await check(compared(databases(5), Odd(SIGNER)))


async def test_a_lost_answer_is_cosigned_the_next_time() -> None:
    """A cosignature whose answer is lost stops one start; the next one finds the same size."""
    asked = seen(3)
    asked.lose_answer = True
    checked = compared(databases(5), asked)
    with pytest.raises(UnwitnessedError):
        await check(checked)
    asked.lose_answer = False
    assert await check(checked) == 5


@pytest.mark.parametrize("status", [400, 403, 404])
async def test_a_witness_of_other_logs_is_told(status: int) -> None:
    """The error for a witness without this log or its key says how to configure it."""
    asked = seen(5)
    asked.status = status
    with pytest.raises(StrangeWitnessError, match=rf"^log: .*\(HTTP status {status}\).*--log-key") as caught:
        await check(compared(databases(5), asked))
    assert isinstance(caught.value, PreconditionError)
    assert caught.value.reason is Reason.LOG_UNAVAILABLE


async def test_a_damaged_note_is_told() -> None:
    """An invalid stored checkpoint does not verify."""
    log = databases(5)
    for damaged in (
        b"",
        b"\xff",
        b"text\n\nno signature\n",
        (log.note or b"").replace(b"\n5\n", b"\nfive\n"),
    ):
        log.note = damaged
        with pytest.raises(DamagedError) as caught:
            await check(compared(log, seen(5)))
        assert caught.value.reason is Reason.RECORD_DAMAGED


SEVERAL = [witness(f"witness.example/w{number}", seed=40 + number) for number in range(3)]


def asked_of(log: MemoryLog, *fakes: FakeWitness, quorum: int) -> Compared:
    """Return the comparison with several witnesses."""
    named = {each.key: fake for each, fake in zip(SEVERAL, fakes, strict=True)}
    return Compared(main=log.main, shred=log.shred, witnesses=named, quorum=quorum)


def three(*sizes: int) -> list[FakeWitness]:
    """Return three witnesses that have cosigned these sizes."""
    made = []
    for each, size in zip(SEVERAL, sizes, strict=True):
        fake = FakeWitness(each)
        fake.seen = seen(size).seen
        made.append(fake)
    return made


async def test_enough_witnesses_confirm_the_log() -> None:
    """With two of three required, one may be away, and one may claim a fork."""
    fakes = three(5, 3, 5)
    fakes[0].away = True
    assert await check(asked_of(databases(5), *fakes, quorum=2)) == 5
    fakes[0].away, fakes[0].status = False, 409
    assert await check(asked_of(databases(5), *fakes, quorum=2)) == 5


@pytest.mark.parametrize("away", [False, True])
async def test_one_contradiction_counts_if_too_few_confirm(away: bool) -> None:
    """Below the quorum, a witness that has seen more is believed at once, whoever else is away."""
    fakes = three(9, 4, 9)
    fakes[2].away = away
    with pytest.raises(LogOlderError) as caught:
        await check(asked_of(databases(5), *fakes, quorum=2))
    assert (caught.value.size, caught.value.known) == (5, 9)


async def test_too_few_witnesses_leave_the_last_cosigned_checkpoint() -> None:
    """The database must have its entries; a log without entries needs none."""
    fakes = three(5, 5, 5)
    for fake in fakes[:2]:
        fake.away = True
    keys = [each.key for each in SEVERAL]
    log = databases(5)
    of_three = asked_of(log, *fakes, quorum=2)
    with pytest.raises(UnwitnessedError, match="too few witnesses"):
        await check(of_three)
    with pytest.raises(UnwitnessedError, match="no checkpoint is cosigned by enough"):
        await check_kept(of_three, keys=keys)
    assert log.note is not None
    parsed = note.parse(log.note)
    lines = [note.sign(each, parsed.text, time=1) for each in SEVERAL[:2]]
    log.note = parsed.with_signatures(lines).encode()
    assert await check_kept(of_three, keys=keys) == 5
    with pytest.raises(UnwitnessedError):
        await check_kept(of_three, keys=keys[1:])
    old = databases(3)
    old.note = log.note
    with pytest.raises(LogOlderError):
        await check_kept(asked_of(old, *fakes, quorum=2), keys=keys)
    other = databases(7, leaves=FORK)
    other.note = log.note
    with pytest.raises(LogForkedError):
        await check_kept(asked_of(other, *fakes, quorum=2), keys=keys)
    old.note = b"noise"
    with pytest.raises(DamagedError):
        await check_kept(asked_of(old, *fakes, quorum=2), keys=keys)
    empty = MemoryLog(origin=ORIGIN, signer=SIGNER)
    assert await check_kept(asked_of(empty, *fakes, quorum=2), keys=keys) == 0
