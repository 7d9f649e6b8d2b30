"""Fakes of the log's ports: waiting entries, a witness that follows C2SP tlog-witness, a directory."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from idvault.log.ports import Ahead, Cosigned, WitnessRefusedError
from idvault.log.rules import Unsequenced
from idvault_verify.error import Reason, UnavailableError
from idvault_verify.transparency import checkpoint, note
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.note import NoteSigner
from idvault_verify.transparency.proof import ConsistencyError, verify_consistency

# 2026-03-01 00:00 UTC, as in tools.support.log_world.
_MIDNIGHT = 1_772_323_200.0


class WaitingLog:
    """How many entries of a log wait, and since when."""

    def __init__(self) -> None:
        self.count = 0
        self.oldest: datetime | None = None
        self.asked = 0
        self.refuse = False

    async def unsequenced(self) -> Unsequenced:
        """Return the waiting entries, or raise UnavailableError."""
        self.asked += 1
        await asyncio.sleep(0)
        if self.refuse:
            raise UnavailableError(Reason.STORE_UNAVAILABLE)
        return Unsequenced(self.count, self.oldest)


class FakeWitness:
    """Cosigns checkpoints that follow the last one; can be unreachable, hang, or lose its answer."""

    def __init__(self, signer: NoteSigner, *, time: Callable[[], float] = lambda: _MIDNIGHT) -> None:
        """Set its key and its clock."""
        self._signer = signer
        self._time = time
        self.seen: Checkpoint | None = None
        self.away = False
        self.hang = False
        self.lose_answer = False
        self.status: int | None = None
        self.garble = False
        self.asked: list[int] = []

    async def add_checkpoint(self, *, old: int, proof: Sequence[bytes], note: bytes) -> Cosigned | Ahead:
        """Cosign, return the size that it has seen, or refuse."""
        self.asked.append(old)
        if self.hang:
            await asyncio.Event().wait()
        if self.away:
            raise UnavailableError(Reason.LOG_UNAVAILABLE)
        if self.status is not None:
            raise WitnessRefusedError(self.status)
        answer = self._cosign(old, proof, note)
        if self.lose_answer and isinstance(answer, Cosigned):
            raise UnavailableError(Reason.LOG_UNAVAILABLE)
        return answer

    def _cosign(self, old: int, proof: Sequence[bytes], raw: bytes) -> Cosigned | Ahead:
        new = checkpoint.parse(note.parse(raw).text)
        size = 0 if self.seen is None else self.seen.size
        if old > new.size:
            raise WitnessRefusedError(400)
        if old != size:
            return Ahead(size)
        if self.seen is not None:
            self._check(self.seen, new, proof)
        self.seen = new
        line = note.sign(self._signer, new.text, time=int(self._time())).line
        return Cosigned(line.replace("A", "B") if self.garble else line)

    def _check(self, seen: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
        if seen.size == new.size and seen.root != new.root:
            raise WitnessRefusedError(409)
        try:
            verify_consistency(
                old=seen.size, new=new.size, old_root=seen.root, new_root=new.root, proof=proof
            )
        except ConsistencyError as error:
            raise WitnessRefusedError(422) from error
