"""A witness that cosigns checkpoints (C2SP tlog-witness)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from idvault.verify.error import PreconditionError, Reason


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The witness's signature lines (C2SP cosignature/v1), to be added to the note."""

    lines: str


@dataclass(frozen=True, slots=True)
class Ahead:
    """The witness has cosigned a size other than the one that the proof starts from."""

    size: int


class WitnessRefusedError(PreconditionError):
    """The witness refuses to cosign: the checkpoint forks, or it does not know the log or its key."""

    def __init__(self, status: int) -> None:
        """Keep the witness's HTTP status: 422, 404 or 403."""
        super().__init__(Reason.LOG_UNAVAILABLE)
        self.status = status


class Witness(Protocol):
    """One witness. Raises UnavailableError if it cannot be reached, WitnessRefusedError if it refuses."""

    async def add_checkpoint(self, *, old: int, proof: Sequence[bytes], note: bytes) -> Cosigned | Ahead:
        """Submit a signed checkpoint with the consistency proof from size old.

        Ahead (409) gives the size that the proof must start from. WitnessRefusedError: the proof does not
        verify (422), or the log or its key is unknown (404, 403).
        """
        ...
