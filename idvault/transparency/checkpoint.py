"""Checkpoints: the log's size and root as a signed note, and who must have signed it (C2SP tlog-checkpoint).

A checkpoint is accepted, in this order, if it
* is a note whose signatures of known keys all verify,
* is signed by a key of the log,
* names the log's origin,
* is cosigned by as many different witnesses as the policy demands.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass

from idvault.transparency.note import (
    Algorithm,
    NoteSigner,
    OpenedNote,
    VerifierKey,
    open_note,
    sign_note,
)
from idvault.transparency.proof import verify_consistency
from idvault.transparency.tree import HASH_SIZE, MAX_SIZE, LogError

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_ROOT = re.compile(r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=", re.ASCII)


class CheckpointError(LogError):
    """A checkpoint, or a policy of one, is refused."""


class MalformedCheckpointError(CheckpointError):
    """The text is not that of a checkpoint."""


class PolicyError(CheckpointError):
    """The policy demands what its keys can never meet, or nothing at all."""


class OriginError(CheckpointError):
    """The checkpoint is that of another log."""


class UnsignedCheckpointError(CheckpointError):
    """No key of the log signed the checkpoint."""


class QuorumError(CheckpointError):
    """Too few witnesses cosigned the checkpoint."""


class RolledBackError(CheckpointError):
    """The log shows fewer entries than it did before."""

    def __init__(self, *, size: int, known: int) -> None:
        """Keep both sizes."""
        super().__init__(f"the log is older than a known checkpoint ({size} < {known})")
        self.size = size
        self.known = known


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The origin of a log, its number of entries, its root (32 bytes); extension lines say nothing."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse what a checkpoint's lines cannot carry."""
        lines = (self.origin, *self.extensions)
        if not all(lines) or any("\n" in line for line in lines):
            raise MalformedCheckpointError("the origin or an extension line is empty, or more than a line")
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_SIZE:
            raise MalformedCheckpointError("the size or the root is not that of a tree")

    @property
    def text(self) -> str:
        """The note's text."""
        lines = (self.origin, str(self.size), b64encode(self.root).decode(), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class CosignaturePolicy:
    """Whose signatures a checkpoint needs: one of the log's keys, and those of `quorum` different witnesses.

    A witness counts once, however many names its key goes by: a cosignature does not say which name made it.
    """

    origin: str
    log_keys: tuple[VerifierKey, ...]
    witness_keys: tuple[VerifierKey, ...] = ()
    quorum: int = 0

    def __post_init__(self) -> None:
        """Refuse a policy that is satisfied by nobody, or by the log alone where it speaks of witnesses."""
        log = {key.public_key for key in self.log_keys}
        witnesses = {key.public_key for key in self.witness_keys}
        if not log or any(key.algorithm is not Algorithm.ED25519 for key in self.log_keys):
            raise PolicyError("a log needs an Ed25519 key")
        if any(key.algorithm is not Algorithm.COSIGNATURE_V1 for key in self.witness_keys) or log & witnesses:
            raise PolicyError("a witness needs a cosignature/v1 key that is not the log's")
        if not 0 <= self.quorum <= len(witnesses):
            raise PolicyError("the quorum is greater than the number of witnesses")


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that met a policy, and each witness that cosigned it with the latest time (in seconds)."""

    checkpoint: Checkpoint
    cosigned: tuple[tuple[VerifierKey, int], ...]


def parse(text: str) -> Checkpoint:
    """Read the text of a checkpoint; raise MalformedCheckpointError if it is another text."""
    match text.split("\n"):
        case [origin, size, root, *extensions, ""] if _SIZE.fullmatch(size) and _ROOT.fullmatch(root):
            return Checkpoint(origin, int(size), b64decode(root), tuple(extensions))
        case _:
            raise MalformedCheckpointError("these are not an origin, a size and a root")


def sign(checkpoint: Checkpoint, signers: Sequence[NoteSigner]) -> bytes:
    """Return the checkpoint as a note signed by the log; it must follow the last one (`verify_successor`)."""
    return sign_note(checkpoint.text, signers)


def verify(raw: bytes, policy: CosignaturePolicy) -> SignedCheckpoint:
    """Read a signed checkpoint and check it against the policy.

    Raises the errors of `note.open_note`, and MalformedCheckpointError, OriginError, UnsignedCheckpointError,
    QuorumError.
    """
    opened = open_note(raw, (*policy.log_keys, *policy.witness_keys))
    if not any(signature.key in policy.log_keys for signature in opened.verified):
        raise UnsignedCheckpointError("no key of the log signed the checkpoint")
    checkpoint = parse(opened.text)
    if checkpoint.origin != policy.origin:
        raise OriginError("the checkpoint is that of another log")
    cosigned = _cosigned(opened)
    witnesses = len({key.public_key for key, _ in cosigned})
    if witnesses < policy.quorum:
        raise QuorumError(f"{witnesses} of {policy.quorum} witnesses cosigned the checkpoint")
    return SignedCheckpoint(checkpoint, cosigned)


def verify_successor(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Check that a checkpoint follows an older one of its log.

    Raises OriginError, RolledBackError, and ConsistencyError (a fork, or a proof of something else).
    """
    if old.origin != new.origin:
        raise OriginError("the checkpoints are those of two logs")
    if new.size < old.size:
        raise RolledBackError(size=new.size, known=old.size)
    verify_consistency(old=old.size, new=new.size, old_root=old.root, new_root=new.root, proof=proof)


def _cosigned(opened: OpenedNote) -> tuple[tuple[VerifierKey, int], ...]:
    latest: dict[VerifierKey, int] = {}
    for signature in opened.verified:
        if signature.time is not None:
            latest[signature.key] = max(signature.time, latest.get(signature.key, 0))
    return tuple(latest.items())
