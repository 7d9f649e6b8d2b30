"""One step of the log: sequence new entries, then sign, store, cosign and complete the checkpoint.

In this order; after a crash the next step continues:
* Every known checkpoint must match the stored tree: the last one signed, the newest complete one, the
  published one, and this process's last one; one of an earlier epoch as far as that is left. A database that
  was edited or rolled back is refused: from then on nothing is sequenced or signed, and a minute later every
  change is refused, until an operator has repaired it and restarts the worker.
* Entries without an index get the next ones.
* If the log has grown, its checkpoint is signed and stored in the second database before it is published. The
  empty log has a checkpoint too.
* All witnesses are asked at once to cosign it. If so many of them have seen another history that the others
  are not enough, the log is refused.
* A checkpoint with the K cosignatures that the policy requires is complete and replaces the former one. It is
  cosigned again every five minutes while the log is idle, because clients refuse old cosignatures.

The policy comes from the roster in force, which clients pin. If it requires cosignatures, clients refuse a
checkpoint without them, so the former one stays in place while fewer than K witnesses are reachable. If it
requires none, a checkpoint is complete without them, and they are added when the witnesses are reachable.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from idvault.core.db.database import Database
from idvault.log import store
from idvault.log.acts import stored_log
from idvault.log.acts.epoch import LogEpochs
from idvault.log.acts.witness import (
    Cosignature,
    Cosigning,
    Submission,
    WitnessAnswers,
    Witnesses,
    cosignatures,
)
from idvault.log.ports import PublicFiles
from idvault.log.store import SIGNED
from idvault.sealing.ports import Signer
from idvault_verify.clock import ClockReading
from idvault_verify.error import DamagedError, PreconditionError, Reason, UnavailableError
from idvault_verify.transparency import checkpoint, epoch, note
from idvault_verify.transparency.checkpoint import Checkpoint, CosignaturePolicy, QuorumError, RolledBackError
from idvault_verify.transparency.epoch import EarlierEpochError
from idvault_verify.transparency.note import NoteSignature, NoteSigner, VerifierKey
from idvault_verify.transparency.proof import ConsistencyError
from idvault_verify.transparency.tile import CHECKPOINT_PATH
from idvault_verify.transparency.tree import CompactRange, LogError

_BATCH = 1_000
_BATCHES = 20
# A third of the age at which clients refuse a cosignature.
_RENEW_SECONDS = 300
_LONGEST_SHOWN = 60


class LogRefusedError(PreconditionError):
    """The stored log contradicts a signed checkpoint; the text says how and contains only sizes."""

    def __init__(self, why: str) -> None:
        """Keep the explanation and the published reason."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.why = why

    def __str__(self) -> str:
        """Return the explanation."""
        return self.why


class _OvertakenError(Exception):
    """Another worker was faster, so this step is finished."""


@dataclass(frozen=True, slots=True)
class _StoredNote:
    """A stored note and its checkpoint."""

    raw: bytes
    checkpoint: Checkpoint


@dataclass(frozen=True, slots=True)
class _Known:
    """The checkpoints signed so far, from all places where they are stored."""

    signed: _StoredNote | None
    complete: _StoredNote | None
    checkpoints: tuple[Checkpoint, ...]

    @property
    def newest(self) -> Checkpoint | None:
        """The largest checkpoint."""
        return max(self.checkpoints, key=lambda one: one.size, default=None)


async def sequence(main: Database, *, limit: int, now: datetime) -> int:
    """Assign the next indices to up to limit entries that have none; return how many.

    0 if another sequencer was faster, rather than an index twice. Raises DamagedError and UnavailableError.
    """
    try:
        return await main.act("log.sequence", lambda one: store.sequence(one, limit=limit, now=now))
    except store.HeadMovedError:
        return 0


class Sequencer:
    """The log's part of one worker. Several workers may run it on one database at once."""

    def __init__(
        self,
        *,
        main: Database,
        shred: Database,
        files: PublicFiles,
        signer: Signer,
        policy: Callable[[], CosignaturePolicy],
        witnesses: Witnesses,
        alarm: Callable[[str], None],
        signers: Callable[[datetime], Sequence[NoteSigner]] | None = None,
    ) -> None:
        """Set up.

        policy: returns the policy of the roster in force; it contains this log's key. witnesses: those to
        ask, by key. alarm: receives texts for the operator. signers: returns the keys that sign at a real
        time; None for the signer alone.
        """
        self._main, self._shred = main, shred
        self._epochs = LogEpochs(shred=shred)
        self._files = files
        self._find_policy = policy
        self._policy = policy()
        only = NoteSigner(VerifierKey(self._policy.origin, signer.public_key), signer.sign)
        self._signers = signers or (lambda _: [only])
        self._cosigning = Cosigning(witnesses=witnesses, main=main)
        self._alarm = alarm
        self._alarmed: set[str] = set()
        self._own: Checkpoint | None = None
        self._refused: LogRefusedError | None = None

    async def run(self, *, now: ClockReading) -> bool:
        """Run one step; return whether it completed another checkpoint.

        Raises LogRefusedError, in every later step too, once the stored log contradicts a signed checkpoint;
        WitnessRefusedError if the witness does not know the log; and UnavailableError.
        """
        if self._refused is not None:
            raise LogRefusedError(self._refused.why)
        self._policy = self._find_policy()
        try:
            return await self._step(now.real)
        except _OvertakenError:
            return False
        except LogRefusedError as error:
            self._refused = error
            self._alarm(error.why)
            raise

    async def _step(self, now: datetime) -> bool:
        # In this order: signed entries were sequenced before, so a valid head is never smaller than a
        # checkpoint.
        known = await self._remembered()
        before = await self._checked(known)
        await self._sequence(now)
        head = (
            await self._checked(known) if (await stored_log.head(self._main)).size != before.size else before
        )
        return await self._finish(known, await self._sign(known, head, now), now)

    async def _sequence(self, now: datetime) -> None:
        for _ in range(_BATCHES):
            try:
                count = await sequence(self._main, limit=_BATCH, now=now)
            except DamagedError:
                _refuse("the head of the stored log is damaged")
            if count < _BATCH:
                return

    async def _remembered(self) -> _Known:
        await self._epochs.refresh()
        published = self._published(await self._files.read(CHECKPOINT_PATH))
        complete = self._kept(await stored_log.latest_note(self._shred))
        signed = self._kept(await stored_log.latest_note(self._shred, SIGNED))
        kept = (published, complete, signed)
        found = [one.checkpoint for one in kept if one is not None]
        if self._own is not None:
            found.append(self._own)
        try:
            found = [
                epoch.carry(one, self._epochs.probe(one.origin), self._epochs.breaks).checkpoint
                for one in found
            ]
        except EarlierEpochError as error:
            _refuse(f"the shred database is older than a signed checkpoint: {error}")
        except LogError as error:
            _refuse(f"a signed checkpoint contradicts the statements of the log's epochs: {error}")
        return _Known(signed, complete, tuple(dict.fromkeys(found)))

    def _kept(self, raw: bytes | None) -> _StoredNote | None:
        if raw is None:
            return None
        try:
            return self._read(raw)
        except LogError:
            _refuse("a stored checkpoint does not verify with the log's key")

    def _published(self, raw: bytes | None) -> _StoredNote | None:
        # Only a note that the log's key signed is evidence; any other file is not this log's.
        try:
            return None if raw is None else self._read(raw)
        except LogError:
            return None

    def _read(self, raw: bytes) -> _StoredNote:
        policy = CosignaturePolicy(self._policy.origin, self._policy.log_keys)
        return _StoredNote(raw, checkpoint.verify(raw, policy).checkpoint)

    async def _checked(self, known: _Known) -> Checkpoint:
        """Return the head as a checkpoint after verifying all signed checkpoints against the stored tree."""
        try:
            head = await self._head()
            for one in (*known.checkpoints, head):
                await self._check(one, head)
            if known.newest is not None and known.newest.size:
                proof = await stored_log.consistency_proof(self._main, old=known.newest.size, new=head.size)
                checkpoint.verify_successor(known.newest, head, proof)
        except RolledBackError as error:
            _refuse(f"the database is older than a signed checkpoint ({error.size} < {error.known})")
        except (LogError, DamagedError):
            _refuse("the stored log does not match its signed checkpoints: an entry or a hash was changed")
        return head

    async def _check(self, one: Checkpoint, head: Checkpoint) -> None:
        if one.size > head.size:
            raise RolledBackError(size=head.size, known=one.size)
        if await stored_log.root(self._main, one.size) != one.root:
            raise ConsistencyError("the stored tree has another root")

    async def _head(self) -> Checkpoint:
        head = await stored_log.head(self._main)
        stored = CompactRange.from_bytes(head.tree)
        if stored.size != head.size:
            raise DamagedError(Reason.RECORD_DAMAGED)
        return Checkpoint(self._policy.origin, head.size, stored.root(), self._epochs.current.extensions)

    async def _sign(self, known: _Known, head: Checkpoint, now: datetime) -> _StoredNote:
        signers = self._signers(now)
        if known.signed is not None and known.signed.checkpoint == head and _has(known.signed.raw, signers):
            return known.signed
        former = None if known.signed is None else known.signed.raw
        kept = self._read(checkpoint.sign(head, signers))
        if not await stored_log.replace_note(self._shred, SIGNED, former=former, note=kept.raw):
            raise _OvertakenError
        self._own = head
        return kept

    async def _finish(self, known: _Known, signed: _StoredNote, now: datetime) -> bool:
        """Complete the signed checkpoint and replace the newest complete one; return whether it did."""
        former = known.complete
        is_known = former is not None and former.checkpoint == signed.checkpoint
        lines = cosignatures(former.raw, self._cosigning.keys) if former is not None and is_known else {}
        wanted = [key for key in self._cosigning.keys if key not in lines or _is_old(lines[key], now)]
        is_signed = former is not None and _lines(signed.raw) <= _lines(former.raw)
        if is_known and is_signed and not wanted and self._is_complete(signed, lines):
            return False
        old = 0 if former is None else former.checkpoint.size
        lines |= await self._cosign(old, signed, wanted, have=len(lines))
        if not self._is_complete(signed, lines):
            raise UnavailableError(Reason.LOG_UNAVAILABLE)
        whole = _with(signed, lines)
        if former is not None and former.raw == whole:
            return False
        replaced = None if former is None else former.raw
        return await stored_log.replace_note(self._shred, former=replaced, note=whole)

    def _is_complete(self, signed: _StoredNote, lines: Mapping[VerifierKey, Cosignature]) -> bool:
        try:
            checkpoint.verify(_with(signed, lines), self._policy)
        except QuorumError:
            return False
        return True

    async def _cosign(
        self, old: int, signed: _StoredNote, keys: Sequence[VerifierKey], *, have: int
    ) -> dict[VerifierKey, Cosignature]:
        answers = await self._cosigning.ask(
            Submission(signed.raw, signed.checkpoint.size, old), keys, enough=self._quorum
        )
        await self._judge(answers, have=have)
        return answers.cosigned

    @property
    def _quorum(self) -> int:
        """How many witnesses must agree: all of them, if the roster does not say."""
        return self._policy.quorum or len(self._policy.witness_keys)

    async def _judge(self, answers: WitnessAnswers, *, have: int) -> None:
        """Refuse the log if its witnesses have seen another one; one witness of several cannot stop it.

        have: how many cosignatures there were before.
        """
        conflicts = dict.fromkeys(answers.forks, "it has seen another history of this log")
        is_overtaken = False
        for key, size in answers.ahead.items():
            stored = (await stored_log.head(self._main)).size
            if stored < size:
                conflicts[key] = f"the database is older than the witnessed checkpoint ({stored} < {size})"
            else:
                is_overtaken = True
        required = set(self._policy.witness_keys)
        against = [why for key, why in conflicts.items() if key in required]
        if len(against) > len(required) - self._quorum:
            _refuse(f"the witness refuses to cosign: {against[0]}")
        self._tell(
            [
                *(f"the witness {_shown(key)} refuses to cosign: {why}" for key, why in conflicts.items()),
                *(f"the witness {_shown(key)} is unreachable" for key in answers.away),
                *(
                    f"the witness {_shown(key)} {_why(error.status)}"
                    for key, error in answers.refused.items()
                ),
            ]
        )
        if is_overtaken:
            raise _OvertakenError
        if answers.refused and have + len(answers.cosigned) < self._quorum:
            raise next(iter(answers.refused.values()))

    def _tell(self, texts: Iterable[str]) -> None:
        """Raise an alarm for each text that was not in the last round's."""
        now = set(texts)
        for text in sorted(now - self._alarmed):
            self._alarm(text)
        self._alarmed = now


_REFUSALS = {
    403: "knows no key of this log that has signed: give it every key with --log-key",
    404: "does not know this log: give it its public key with --log-key",
    428: "follows another epoch of the log: give it the statement with --epoch",
}


def _why(status: int) -> str:
    return _REFUSALS.get(status, f"refuses with HTTP status {status}")


def _shown(key: VerifierKey) -> str:
    """Return a witness's name for a line of the process log, which has only short ASCII texts."""
    name = key.name.encode("ascii", "backslashreplace").decode()
    if len(name) <= _LONGEST_SHOWN:
        return name
    return f"{name[: _LONGEST_SHOWN - 12]}...+{key.key_id.hex()}"


def _with(signed: _StoredNote, lines: Mapping[VerifierKey, Cosignature]) -> bytes:
    return note.parse(signed.raw).with_signatures(each.line for each in lines.values()).encode()


def _lines(raw: bytes) -> set[NoteSignature]:
    return set(note.parse(raw).signatures)


def _has(raw: bytes, signers: Sequence[NoteSigner]) -> bool:
    """Return whether a note has a line of each of these keys."""
    named = {(line.name, line.key_id) for line in _lines(raw)}
    return all((each.key.name, each.key.key_id) in named for each in signers)


def _is_old(cosignature: Cosignature, now: datetime) -> bool:
    return abs(now.timestamp() - cosignature.time) >= _RENEW_SECONDS


def _refuse(why: str) -> NoReturn:
    raise LogRefusedError(why)
