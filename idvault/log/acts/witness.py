"""Asks the log's witnesses: for cosignatures, and before a start whether the databases are the newest.

- Both databases must know the same epochs of the log: otherwise one was restored from before a loss.
- The last signed checkpoint must be one that K witnesses have cosigned or cosign now.
- If fewer do, and one has seen more than both databases contain or another history, an old copy was restored,
  and the process does not start.
- With fewer than K reachable and none against it, a process starts against the last checkpoint that K have
  cosigned, and compares again later.
- The main database's entries must match that checkpoint.
- The signing process signs the empty log first, so that there is always a checkpoint to submit.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from idvault.core.db.database import Database
from idvault.log.acts import epoch as log_epoch
from idvault.log.acts import stored_log
from idvault.log.ports import Ahead, Cosigned, Witness, WitnessRefusedError
from idvault.log.store import SIGNED
from idvault_verify.error import DamagedError, PreconditionError, Reason, UnavailableError
from idvault_verify.transparency import note
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.note import NoteError, NoteSignature, VerifierKey
from idvault_verify.transparency.tree import LogError

PATIENCE = 5.0
_GRACE = 0.25
# A guess, what the witness has cosigned, and what each statement of a loss calls left that it has not seen.
_TRIES = 6
# 422: the proof does not verify. 409: another root at the size that the witness has cosigned.
_FORK = frozenset({422, 409})

Witnesses = Mapping[VerifierKey, Witness]


@dataclass(frozen=True, slots=True)
class Cosignature:
    """A verified cosignature line and its time in seconds."""

    line: NoteSignature
    time: int


@dataclass(slots=True)
class WitnessAnswers:
    """What each witness said: cosigned, has seen more (the size), saw a fork, refuses, or nothing."""

    cosigned: dict[VerifierKey, Cosignature] = field(default_factory=dict)
    ahead: dict[VerifierKey, int] = field(default_factory=dict)
    forks: set[VerifierKey] = field(default_factory=set)
    refused: dict[VerifierKey, WitnessRefusedError] = field(default_factory=dict)
    away: set[VerifierKey] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Submission:
    """A signed checkpoint. old: the size that a witness has probably cosigned last."""

    raw: bytes
    size: int
    old: int


def cosignatures(raw: bytes, keys: Iterable[VerifierKey]) -> dict[VerifierKey, Cosignature]:
    """Return the newest cosignature of each key in a note; lines that do not verify are left out."""
    found: dict[VerifierKey, Cosignature] = {}
    parsed = note.parse(raw)
    for key in keys:
        for line in parsed.signatures:
            if (line.name, line.key_id) == (key.name, key.key_id):
                try:
                    opened = note.open_note(note.Note(parsed.text, (line,)).encode(), [key])
                except NoteError:
                    continue
                time = opened.verified[0].time or 0
                if key not in found or found[key].time < time:
                    found[key] = Cosignature(line, time)
    return found


class Cosigning:
    """The witnesses of one log, with the size that each has cosigned last as far as this process knows.

    - The answers are complete once enough witnesses have cosigned, after a short grace for the others, or
      after five seconds: a witness that hangs delays nobody.
    - A cosignature counts only if it verifies under the key of the witness that was asked.
    - A witness that has seen another history, or more of this one, is reported as such; the caller decides.
    """

    def __init__(self, *, witnesses: Witnesses, main: Database, patience: float = PATIENCE) -> None:
        """Set up. main: has the log; patience: seconds for one round."""
        self._witnesses = dict(witnesses)
        self._main = main
        self._patience = patience
        self._sizes: dict[VerifierKey, int] = {}

    @property
    def keys(self) -> tuple[VerifierKey, ...]:
        """The keys of all witnesses that are asked."""
        return tuple(self._witnesses)

    async def ask(
        self, submission: Submission, keys: Sequence[VerifierKey], *, enough: int
    ) -> WitnessAnswers:
        """Return the answers of these witnesses. enough: how many cosignatures the caller waits for."""
        answers = WitnessAnswers()
        tasks = {asyncio.create_task(self._one(self._witnesses[key], key, submission)): key for key in keys}
        try:
            pending = await self._collect(tasks, answers, enough)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        answers.away |= {tasks[task] for task in pending}
        return answers

    async def _collect(
        self,
        tasks: Mapping[asyncio.Task[Cosignature | Ahead], VerifierKey],
        answers: WitnessAnswers,
        enough: int,
    ) -> set[asyncio.Task[Cosignature | Ahead]]:
        """Wait for answers; return the tasks that are still waiting at the end."""
        loop = asyncio.get_running_loop()
        end = loop.time() + self._patience
        pending = set(tasks)
        while pending:
            done, pending = await asyncio.wait(
                pending, timeout=max(0.0, end - loop.time()), return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                break
            had = len(answers.cosigned)
            for task in done:
                self._take(task, tasks[task], answers)
            if had < enough <= len(answers.cosigned):
                end = min(end, loop.time() + _GRACE)
        return pending

    def _take(
        self, task: asyncio.Task[Cosignature | Ahead], key: VerifierKey, answers: WitnessAnswers
    ) -> None:
        try:
            found = task.result()
        except WitnessRefusedError as error:
            if error.status in _FORK:
                answers.forks.add(key)
            else:
                answers.refused[key] = error
        except (UnavailableError, TimeoutError):
            answers.away.add(key)
        else:
            if isinstance(found, Ahead):
                answers.ahead[key] = found.size
            else:
                answers.cosigned[key] = found

    async def _one(self, witness: Witness, key: VerifierKey, submission: Submission) -> Cosignature | Ahead:
        old = min(self._sizes.get(key, submission.old), submission.size)
        for _ in range(_TRIES):
            proof = await stored_log.consistency_proof(self._main, old=old, new=submission.size)
            answer = await witness.add_checkpoint(old=old, proof=proof, note=submission.raw)
            if isinstance(answer, Cosigned):
                found = _checked(answer, submission.raw, key)
                self._sizes[key] = submission.size
                return found
            if answer.size > submission.size:
                return answer
            old = answer.size
        raise UnavailableError(Reason.LOG_UNAVAILABLE)


def _checked(answer: Cosigned, raw: bytes, key: VerifierKey) -> Cosignature:
    """Return the cosignature in an answer; raises UnavailableError if it is not one by this key."""
    try:
        lines = note.parse_signatures(answer.lines)
        return cosignatures(note.parse(raw).with_signatures(lines).encode(), [key])[key]
    except (LogError, KeyError) as error:
        raise UnavailableError(Reason.LOG_UNAVAILABLE) from error


# The log may grow while it is compared, about once a second; a round takes milliseconds.
_ROUNDS = 10
_OTHER_EPOCH = 428


class LogOlderError(DamagedError):
    """A database contains less than was signed or witnessed: an old copy was restored."""

    def __init__(self, *, size: int, known: int, by: str = "witnessed") -> None:
        """Keep the number of stored entries, the number of known entries, and which checkpoint has them."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.size = size
        self.known = known
        self._by = by

    def __str__(self) -> str:
        """Return the published line."""
        return (
            f"log: database is older than the {self._by} checkpoint ({self.size} < {self.known}): "
            "`idvault restore --check` tells what is lost"
        )


class LogForkedError(DamagedError):
    """A database contains a log that differs from the witnessed one."""

    def __init__(self, *, size: int) -> None:
        """Keep the size within which they differ."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.size = size

    def __str__(self) -> str:
        """Return the published line."""
        return (
            f"log: database has forked from the witnessed log (one of the first {self.size} entries differs)"
        )


class UnwitnessedError(UnavailableError):
    """The comparison is not possible now; the text says why."""

    def __init__(self, why: str) -> None:
        """Initialise; why is shown to the operator."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self._why = why

    def __str__(self) -> str:
        """Return why."""
        return f"log: {self._why}"


class NoCheckpointError(UnwitnessedError):
    """The log has no checkpoint yet: no worker has run."""

    def __init__(self) -> None:
        """Say what the operator must do."""
        super().__init__("there is no checkpoint to ask the witness with: start `idvault work` first")


class StrangeWitnessError(PreconditionError):
    """The witness does not know this log or its key."""

    def __init__(self, status: int) -> None:
        """Keep the HTTP status: 404 (unknown log) or 403 (unknown key)."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.status = status

    def __str__(self) -> str:
        """Say what the operator must do."""
        return (
            f"log: the witness does not witness this log (HTTP status {self.status}): "
            "give it the log's public key with --log-key"
        )


class OtherEpochError(DamagedError):
    """A witness follows another epoch of the log than the shred database is in."""

    def __init__(self) -> None:
        """Set the reason."""
        super().__init__(Reason.LOG_UNAVAILABLE)

    def __str__(self) -> str:
        """Say what the operator must do."""
        return (
            "log: the witness follows another epoch of the log: it must follow the custodians' statement "
            "first (`idvault witness --epoch`), or both databases are from before a statement was accepted: "
            "`idvault restore --check --epochs FILE` tells what is lost"
        )


@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Compared:
    """Two databases, and the witnesses that they are compared with.

    quorum: how many witnesses must agree, at least one.
    """

    main: Database
    shred: Database
    witnesses: Witnesses
    quorum: int


async def begin(shred: Database, *, empty: bytes) -> None:
    """Store the signed checkpoint of the empty log if there is none yet."""
    if await stored_log.latest_note(shred, SIGNED) is None:
        await stored_log.replace_note(shred, SIGNED, former=None, note=empty)


async def check(compared: Compared) -> int:
    """Return the size of a checkpoint that K witnesses confirm and whose entries are all stored.

    Raises LogOlderError, EpochOlderError, LogForkedError, DamagedError (stored data does not verify),
    UnwitnessedError (fewer than K witnesses can be reached), NoCheckpointError and StrangeWitnessError.
    """
    await log_epoch.check_ages(compared.main, compared.shred)
    found = await asyncio.gather(
        *(_check_one(compared, each) for each in compared.witnesses.values()), return_exceptions=True
    )
    confirmed = [each for each in found if isinstance(each, int)]
    if len(confirmed) >= compared.quorum:
        return min(confirmed)
    refused = [each for each in found if isinstance(each, BaseException)]
    raise min(refused, key=_weight)


async def check_kept(compared: Compared, *, keys: Collection[VerifierKey]) -> int:
    """Return the size of the last checkpoint that K of these witnesses have cosigned.

    Its entries must all be stored; a log without entries needs none. Raises LogOlderError, LogForkedError,
    DamagedError and, if there is no such checkpoint, UnwitnessedError.
    """
    await log_epoch.check_ages(compared.main, compared.shred)
    raw = await stored_log.latest_note(compared.shred)
    if raw is None and not (await stored_log.head(compared.main)).size:
        return 0
    cosigners = set() if raw is None else {key.public_key for key in _cosigners(raw, keys)}
    if raw is None or len(cosigners) < compared.quorum:
        raise UnwitnessedError("too few witnesses can be reached, and no checkpoint is cosigned by enough")
    kept = stored_log.parse_note(raw)
    await _check_entries(compared.main, kept)
    return kept.size


async def _check_one(compared: Compared, witness: Witness) -> int:
    for _ in range(_ROUNDS):
        raw, own = await _newest(compared.shred)
        seen = await _ask(compared.main, witness, raw, own)
        if seen is None:
            await _check_entries(compared.main, own)
            return own.size
        # A signing process stores a checkpoint before it submits it, so it must be here by now.
        _, newest = await _newest(compared.shred)
        if newest.size < seen:
            raise LogOlderError(size=newest.size, known=seen)
    raise UnwitnessedError("the log grew during every comparison with the witness")


async def _newest(shred: Database) -> tuple[bytes, Checkpoint]:
    # The last signed one: it is stored before a witness sees it, the complete one only afterwards.
    raw = await stored_log.latest_note(shred, SIGNED)
    if raw is None:
        raise NoCheckpointError
    return raw, stored_log.parse_note(raw)


async def _ask(main: Database, witness: Witness, raw: bytes, own: Checkpoint) -> int | None:
    """Return None if the witness cosigned the checkpoint, else the size that the witness has seen."""
    answer = await _submit(witness, raw, own, old=own.size, proof=())
    if isinstance(answer, Ahead) and answer.size < own.size:
        proof = await _proof(main, old=answer.size, own=own)
        answer = await _submit(witness, raw, own, old=answer.size, proof=proof)
    return None if isinstance(answer, Cosigned) else answer.size


async def _proof(main: Database, *, old: int, own: Checkpoint) -> tuple[bytes, ...]:
    head = await stored_log.head(main)
    if head.size < old:
        raise LogOlderError(size=head.size, known=old)
    if head.size < own.size:
        raise LogOlderError(size=head.size, known=own.size, by="signed")
    return await stored_log.consistency_proof(main, old=old, new=own.size)


async def _check_entries(main: Database, own: Checkpoint) -> None:
    head = await stored_log.head(main)
    if head.size < own.size:
        raise LogOlderError(size=head.size, known=own.size)
    if await stored_log.root(main, own.size) != own.root:
        raise LogForkedError(size=own.size)


async def _submit(
    witness: Witness, raw: bytes, own: Checkpoint, *, old: int, proof: tuple[bytes, ...]
) -> Cosigned | Ahead:
    try:
        return await witness.add_checkpoint(old=old, proof=proof, note=raw)
    except WitnessRefusedError as error:
        if error.status in {409, 422}:
            raise LogForkedError(size=own.size) from error
        if error.status == _OTHER_EPOCH:
            raise OtherEpochError from error
        raise StrangeWitnessError(error.status) from error
    except UnavailableError as error:
        told = "" if str(error) == error.reason.value else f": {error}"
        raise UnwitnessedError(f"too few witnesses can be reached{told}") from error


def _cosigners(raw: bytes, keys: Collection[VerifierKey]) -> Collection[VerifierKey]:
    try:
        return cosignatures(raw, keys).keys()
    except LogError as error:
        raise DamagedError(Reason.RECORD_DAMAGED) from error


def _weight(error: BaseException) -> int:
    """Order what the witnesses said: a conflict counts more than a refusal, and that more than silence."""
    for weight, kind in enumerate((LogOlderError, LogForkedError, DamagedError, StrangeWitnessError)):
        if isinstance(error, kind):
            return weight
    return 4 if not isinstance(error, UnwitnessedError) else 5


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

    - Below K reachable witnesses people sign up all the same, and openings and receipts wait. So a process
      must say how long that lasts: to the metrics at each look, and once a minute as a line of its log.
    - It is said if entries wait for cosignatures for half a minute, or if an idle log has not been cosigned
      again for ten minutes, twice the time after which the worker asks again.
    - The lag of a witness is the number of entries that it has not cosigned, as far as the complete
      checkpoints have shown since the process began to look.
    """

    main: Database
    shred: Database
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
        raw = await stored_log.latest_note(self.shred)
        size = stored_log.size_of(raw)
        self._began = self._began or now
        at = None if raw is None else cosigned_at(raw, demand)
        age = max(now - (at or self._began), timedelta(0))
        self.observe(age.total_seconds())
        entries = (await stored_log.head(self.main)).size
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
