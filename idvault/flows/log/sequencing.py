"""One step of the log: sequence new entries, then sign, store, cosign and complete the checkpoint.

In this order; after a crash the next step continues:
* * Every known checkpoint must match the stored tree: the last one signed, the newest complete one, the
  published one, and this process's last one. A database that was edited or rolled back is refused: from then
  on nothing is sequenced or signed, and a minute later every change is refused, until an operator has
  repaired it and restarts the worker.
* Entries without an index get the next ones.
* If the log has grown, its checkpoint is signed and stored in the second database before it is published. The
  empty log has a checkpoint too.
* The witness, if there is one, cosigns it. If the witness finds a fork, the log is refused.
* A checkpoint with the cosignatures that the policy requires is complete and replaces the former one.

The policy comes from the roster, which clients pin. If it requires cosignatures, clients refuse a checkpoint
without them, so the former one stays in place while the witness is unreachable. If it requires none, a
checkpoint is complete without them, and the cosignature is added when the witness is reachable again.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NoReturn

from idvault.domain.clock import ClockReading
from idvault.domain.error import DamagedError, PreconditionError, Reason, UnavailableError
from idvault.flows.log.tree import LogTree
from idvault.ports.log.store import CheckpointStore, LogSigner, LogStore, PublicFiles
from idvault.ports.log.witness import Cosigned, Witness, WitnessRefusedError
from idvault.transparency import checkpoint, note
from idvault.transparency.checkpoint import Checkpoint, CosignaturePolicy, QuorumError, RolledBackError
from idvault.transparency.note import NoteSignature, NoteSigner, VerifierKey
from idvault.transparency.proof import ConsistencyError
from idvault.transparency.tile import CHECKPOINT_PATH
from idvault.transparency.tree import CompactRange, LogError

_BATCH = 1_000
_BATCHES = 20
_WITNESS_PATIENCE = 5.0
_WITNESS_TRIES = 3
# 422: the proof does not verify. 409: another root at the size that the witness has cosigned.
_FORK = frozenset({422, 409})


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
class _Kept:
    """A stored note and its checkpoint."""

    raw: bytes
    checkpoint: Checkpoint
    cosigned: bool


@dataclass(frozen=True, slots=True)
class _Known:
    """The checkpoints signed so far, from all places where they are stored."""

    signed: _Kept | None
    complete: _Kept | None
    checkpoints: tuple[Checkpoint, ...]

    @property
    def newest(self) -> Checkpoint | None:
        """The largest checkpoint."""
        return max(self.checkpoints, key=lambda one: one.size, default=None)


class LogFlow:
    """The sequencer. Several workers may run it on one database at once."""

    def __init__(
        self,
        *,
        store: LogStore,
        signed: CheckpointStore,
        complete: CheckpointStore,
        files: PublicFiles,
        signer: LogSigner,
        policy: CosignaturePolicy,
        witness: Witness | None,
        alarm: Callable[[str], None],
    ) -> None:
        """Initialise with the ports. policy: contains this log's key; alarm: receives texts for the operator.

        Raises ValueError if the policy and the witness do not match.
        """
        if bool(policy.witness_keys) is (witness is None):
            raise ValueError("the policy must contain witness keys if and only if there is a witness")
        self._store = store
        self._tree = LogTree(store=store)
        self._signed = signed
        self._complete = complete
        self._files = files
        self._signer = NoteSigner(VerifierKey(policy.origin, signer.public_key), signer.sign)
        self._policy = policy
        self._kept_policy = replace(policy, quorum=0)
        self._witness = witness
        self._witness_away = False
        self._alarm = alarm
        self._own: Checkpoint | None = None
        self._refused: LogRefusedError | None = None

    async def run(self, *, now: ClockReading) -> None:
        """Run one step.

        Raises LogRefusedError, in every later step too, once the stored log contradicts a signed checkpoint;
        WitnessRefusedError if the witness does not know the log; and UnavailableError.
        """
        if self._refused is not None:
            raise LogRefusedError(self._refused.why)
        try:
            await self._step(now.real)
        except _OvertakenError:
            return
        except LogRefusedError as error:
            self._refused = error
            self._alarm(error.why)
            raise

    async def _step(self, now: datetime) -> None:
        # In this order: signed entries were sequenced before, so a valid head is never smaller than a
        # checkpoint.
        known = await self._remembered()
        before = await self._checked(known)
        await self._sequence(now)
        head = await self._checked(known) if (await self._store.head()).size != before.size else before
        await self._finish(known, await self._sign(known, head))

    async def _sequence(self, now: datetime) -> None:
        for _ in range(_BATCHES):
            try:
                count = await self._store.sequence(limit=_BATCH, now=now)
            except DamagedError:
                _refuse("the head of the stored log is damaged")
            if count < _BATCH:
                return

    async def _remembered(self) -> _Known:
        published = self._published(await self._files.read(CHECKPOINT_PATH))
        complete = self._kept(await self._complete.latest())
        signed = self._kept(await self._signed.latest())
        kept = (published, complete, signed)
        found = [one.checkpoint for one in kept if one is not None]
        if self._own is not None:
            found.append(self._own)
        return _Known(signed, complete, tuple(dict.fromkeys(found)))

    def _kept(self, raw: bytes | None) -> _Kept | None:
        if raw is None:
            return None
        try:
            return self._read(raw)
        except LogError:
            _refuse("a stored checkpoint does not verify with the log's key")

    def _published(self, raw: bytes | None) -> _Kept | None:
        # Only a note that the log's key signed is evidence; any other file is not this log's.
        try:
            return None if raw is None else self._read(raw)
        except LogError:
            return None

    def _read(self, raw: bytes) -> _Kept:
        found = checkpoint.verify(raw, self._kept_policy)
        return _Kept(raw, found.checkpoint, cosigned=bool(found.cosigned))

    async def _checked(self, known: _Known) -> Checkpoint:
        """Return the head as a checkpoint after verifying all signed checkpoints against the stored tree."""
        try:
            head = await self._head()
            for one in (*known.checkpoints, head):
                await self._check(one, head)
            if known.newest is not None and known.newest.size:
                proof = await self._tree.consistency(old=known.newest.size, new=head.size)
                checkpoint.verify_successor(known.newest, head, proof)
        except RolledBackError as error:
            _refuse(f"the database is older than a signed checkpoint ({error.size} < {error.known})")
        except (LogError, DamagedError):
            _refuse("the stored log does not match its signed checkpoints: an entry or a hash was changed")
        return head

    async def _check(self, one: Checkpoint, head: Checkpoint) -> None:
        if one.size > head.size:
            raise RolledBackError(size=head.size, known=one.size)
        if await self._tree.root(one.size) != one.root:
            raise ConsistencyError("the stored tree has another root")

    async def _head(self) -> Checkpoint:
        head = await self._store.head()
        tree = CompactRange.from_bytes(head.tree)
        if tree.size != head.size:
            raise DamagedError(Reason.RECORD_DAMAGED)
        return Checkpoint(self._policy.origin, head.size, tree.root())

    async def _sign(self, known: _Known, head: Checkpoint) -> _Kept:
        if known.signed is not None and known.signed.checkpoint == head:
            return known.signed
        former = None if known.signed is None else known.signed.raw
        kept = self._read(checkpoint.sign(head, [self._signer]))
        if not await self._signed.replace(former=former, note=kept.raw):
            raise _OvertakenError
        self._own = head
        return kept

    async def _finish(self, known: _Known, signed: _Kept) -> None:
        """Complete the signed checkpoint and replace the newest complete one."""
        former = known.complete
        if former is not None and former.checkpoint == signed.checkpoint and self._is_done(former):
            return
        whole = note.parse(signed.raw).with_signatures(await self._cosign(former, signed)).encode()
        try:
            checkpoint.verify(whole, self._policy)
        except QuorumError as error:
            raise UnavailableError(Reason.LOG_UNAVAILABLE) from error
        if former is None or former.raw != whole:
            await self._complete.replace(former=None if former is None else former.raw, note=whole)

    def _is_done(self, kept: _Kept) -> bool:
        return self._witness is None or kept.cosigned

    async def _cosign(self, former: _Kept | None, signed: _Kept) -> tuple[NoteSignature, ...]:
        if self._witness is None:
            return ()
        try:
            async with asyncio.timeout(_WITNESS_PATIENCE):
                signatures = await self._submit(self._witness, former, signed)
        except WitnessRefusedError as error:
            if error.status in _FORK:
                _refuse("the witness refuses to cosign: it has seen another history of this log")
            raise
        except (UnavailableError, TimeoutError) as error:
            if self._policy.quorum:
                raise UnavailableError(Reason.LOG_UNAVAILABLE) from error
            self._tell_away()
            return ()
        self._witness_away = False
        return signatures

    def _tell_away(self) -> None:
        if not self._witness_away:
            self._alarm("the witness is unreachable: checkpoints continue without its cosignature")
        self._witness_away = True

    async def _submit(
        self, witness: Witness, former: _Kept | None, signed: _Kept
    ) -> tuple[NoteSignature, ...]:
        size = signed.checkpoint.size
        # The witness most likely cosigned the former complete checkpoint last; if not, it answers with its
        # size.
        old = 0 if former is None else former.checkpoint.size
        for _ in range(_WITNESS_TRIES):
            proof = await self._tree.consistency(old=old, new=size)
            answer = await witness.add_checkpoint(old=old, proof=proof, note=signed.raw)
            if isinstance(answer, Cosigned):
                return self._signatures(answer, signed)
            if answer.size > size:
                await self._overtaken(answer.size)
            old = answer.size
        raise UnavailableError(Reason.LOG_UNAVAILABLE)

    async def _overtaken(self, size: int) -> NoReturn:
        """Find out whether another worker is ahead of this one or the database is older than the witness."""
        head = await self._store.head()
        if head.size < size:
            _refuse(f"the database is older than the witnessed checkpoint ({head.size} < {size})")
        raise _OvertakenError

    def _signatures(self, answer: Cosigned, signed: _Kept) -> tuple[NoteSignature, ...]:
        """Return the signatures of known witnesses; raises UnavailableError if one does not verify."""
        known = {(key.name, key.key_id) for key in self._policy.witness_keys}
        try:
            lines = note.parse_signatures(answer.lines)
            ours = tuple(line for line in lines if (line.name, line.key_id) in known)
            self._read(note.parse(signed.raw).with_signatures(ours).encode())
        except LogError as error:
            raise UnavailableError(Reason.LOG_UNAVAILABLE) from error
        return ours


def _refuse(why: str) -> NoReturn:
    raise LogRefusedError(why)
