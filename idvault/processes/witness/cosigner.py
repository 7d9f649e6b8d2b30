"""Decides the answer to a submitted checkpoint (C2SP tlog-witness), in this order:

* the request, its note or its checkpoint is malformed: 400;
* the log is unknown: 404; none of its keys signed, or one of its signatures does not verify: 403;
* the old size is greater than the checkpoint's: 400;
* the checkpoint is of another epoch of the log than this witness follows: 428;
* the old size is not that of the last cosigned checkpoint: 409, with that size;
* the size is the same but the root differs: 409, a fork;
* the consistency proof does not verify: 422;
* a later one of the log's keys, in the order given, has signed before and does not sign this: 403;
* otherwise the checkpoint is stored durably, then cosigned: 200.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.witness import WitnessMetrics
from idvault.processes.witness import wire
from idvault.processes.witness.state import WitnessState
from idvault.processes.witness.wire import AddCheckpoint, WitnessWireError
from idvault_verify.transparency import checkpoint, epoch, note
from idvault_verify.transparency.checkpoint import Checkpoint, MalformedCheckpointError, verify_successor
from idvault_verify.transparency.note import (
    Algorithm,
    InvalidSignatureError,
    MalformedNoteError,
    NoteSigner,
    UnsignedNoteError,
    VerifierKey,
)
from idvault_verify.transparency.proof import ConsistencyError

Logs = Mapping[str, Sequence[VerifierKey]]


@dataclass(frozen=True, slots=True)
class CosignerAnswer:
    """An HTTP answer; the body is text."""

    status: int
    body: str
    content_type: str = wire.SIGNATURES_TYPE


class _RefusalError(Exception):
    def __init__(self, answer: CosignerAnswer) -> None:
        super().__init__(answer.body)
        self.answer = answer


class KeyKindError(ValueError):
    """A key given for a log is a witness's key."""


def known_logs(keys: Sequence[VerifierKey]) -> dict[str, list[VerifierKey]]:
    """Group keys by log: a log's origin is the name of its keys. Raises KeyKindError."""
    logs: dict[str, list[VerifierKey]] = {}
    for key in keys:
        if key.algorithm is not Algorithm.ED25519:
            raise KeyKindError(f"{key.name} is the key of a witness, not of a log")
        logs.setdefault(key.name, []).append(key)
    return logs


class Cosigner:
    """Answers submissions from several threads; checks and stores them one at a time."""

    def __init__(
        self,
        *,
        logs: Logs,
        signer: NoteSigner,
        state: WitnessState,
        clock: Callable[[], datetime],
        metrics: WitnessMetrics | None = None,
        successor: NoteSigner | None = None,
    ) -> None:
        """Set up. logs: each known log's keys by origin, the latest last. signer: the witness's key.

        clock: real time.
        successor: the key that will take its place; until then both sign, so that whoever knows either of
        them finds a cosignature.
        """
        self._logs = logs
        self.metrics = metrics or WitnessMetrics()
        for origin in logs:
            self.metrics.known(origin, state.latest(origin).size)
        self._signer, self._successor = signer, successor
        self._state = state
        self._clock = clock
        self._one_at_a_time = threading.Lock()

    @property
    def key(self) -> VerifierKey:
        """The witness's public key."""
        return self._signer.key

    @property
    def next_key(self) -> VerifierKey | None:
        """The public key that will take its place, None if none is announced."""
        return None if self._successor is None else self._successor.key

    def add_checkpoint(self, body: bytes) -> CosignerAnswer:
        """Answer one submission; if the state cannot be written, answers 500 and cosigns nothing."""
        answer = self._answer(body)
        self.metrics.answered(answer.status)
        return answer

    def _answer(self, body: bytes) -> CosignerAnswer:
        try:
            return self._judge(body)
        except _RefusalError as refused:
            return refused.answer
        except (WitnessWireError, MalformedNoteError, MalformedCheckpointError) as error:
            return CosignerAnswer(400, f"{error}\n")
        except OSError as error:
            log().error("witness_state_not_written", **describe(error))
            return CosignerAnswer(500, "the state cannot be written\n")

    def _judge(self, body: bytes) -> CosignerAnswer:
        request = wire.parse(body)
        submitted, signer = self._verified(request.note)
        if request.old > submitted.size:
            raise _RefusalError(CosignerAnswer(400, "the old size is greater than the checkpoint's\n"))
        # Check, store and sign under one lock: a slower request must neither replace a newer checkpoint with
        # an older one nor get a cosignature with a later time than the newer one.
        with self._one_at_a_time:
            self._check_follows(request, submitted)
            self._check_signer(submitted, signer)
            if submitted.size > self._state.latest(submitted.origin).size:
                self._state.keep(submitted)
            time = int(self._clock().timestamp())
            signers = [each for each in (self._signer, self._successor) if each is not None]
            lines = [note.sign(each, submitted.text, time=time).line for each in signers]
            self.metrics.cosigned(submitted.origin, submitted.size)
            return CosignerAnswer(200, "".join(lines))

    def _verified(self, raw: bytes) -> tuple[Checkpoint, VerifierKey]:
        """Return the checkpoint, and the latest of the log's keys that signed it."""
        origin = note.parse(raw).text.partition("\n")[0]
        keys = self._logs.get(origin)
        if keys is None:
            raise _RefusalError(CosignerAnswer(404, "the log is unknown\n"))
        try:
            opened = note.open_note(raw, keys)
        except (UnsignedNoteError, InvalidSignatureError) as error:
            log().warning("witness_refused", code=403)
            raise _RefusalError(CosignerAnswer(403, f"{error}\n")) from error
        return checkpoint.parse(opened.text), max((each.key for each in opened.verified), key=keys.index)

    def _check_signer(self, submitted: Checkpoint, signer: VerifierKey) -> None:
        """Refuse what only a former key signed once a later one signs: its thief may have made it."""
        known = [str(each) for each in self._logs[submitted.origin]]
        latest = self._state.signer(submitted.origin)
        if latest in known[known.index(str(signer)) + 1 :]:
            log().error("witness_refused", code=403, count=submitted.size)
            raise _RefusalError(CosignerAnswer(403, "a later key of the log must sign, too\n"))
        if latest != str(signer):
            self._state.keep_signer(submitted.origin, str(signer))

    def _check_follows(self, request: AddCheckpoint, submitted: Checkpoint) -> None:
        known = self._state.latest(submitted.origin)
        # Before the sizes: a log that was restored is smaller than what this witness has seen.
        if epoch.of(submitted) != epoch.of(known):
            log().error("witness_refused", code=wire.OTHER_EPOCH, count=submitted.size)
            raise _RefusalError(CosignerAnswer(wire.OTHER_EPOCH, "this witness follows another epoch\n"))
        if request.old != known.size:
            raise _RefusalError(CosignerAnswer(409, wire.encode_size(known.size), wire.SIZE_TYPE))
        if submitted.size == known.size > 0 and submitted.root != known.root:
            log().error("witness_saw_a_fork", code=409, count=known.size)
            self._state.keep_fork(request.note)
            raise _RefusalError(CosignerAnswer(409, "a different root was cosigned at this size\n"))
        try:
            verify_successor(known, submitted, request.proof)
        except ConsistencyError as error:
            log().error("witness_refused", code=422, count=submitted.size)
            raise _RefusalError(CosignerAnswer(422, f"{error}\n")) from error
