"""Asks all witnesses of the log at once for cosignatures of one checkpoint (C2SP tlog-witness).

- The answers are complete once enough witnesses have cosigned, after a short grace for the others, or after
  five seconds: a witness that hangs delays nobody.
- A cosignature counts only if it verifies under the key of the witness that was asked.
- A witness that has seen another history, or more of this one, is reported as such; the caller decides.
"""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from idvault.log.acts.tree import LogTree
from idvault.log.ports.witness import Ahead, Cosigned, Witness, WitnessRefusedError
from idvault.verify.error import Reason, UnavailableError
from idvault.verify.transparency import note
from idvault.verify.transparency.note import NoteError, NoteSignature, VerifierKey
from idvault.verify.transparency.tree import LogError

PATIENCE = 5.0
_GRACE = 0.25
_TRIES = 3
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
    """The witnesses of one log, with the size that each has cosigned last as far as this process knows."""

    def __init__(self, *, witnesses: Witnesses, tree: LogTree, patience: float = PATIENCE) -> None:
        """Set up. patience: seconds for one round."""
        self._witnesses = dict(witnesses)
        self._tree = tree
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
            proof = await self._tree.consistency(old=old, new=submission.size)
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
