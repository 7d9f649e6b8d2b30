"""Checkpoints: the log's size and root as a signed note, and the required signers (C2SP tlog-checkpoint).

A checkpoint is accepted if, checked in this order, it
* is a note in which every signature of a known key verifies,
* is signed by a key of the log,
* names the log's origin, and the root of the empty tree if it has size 0,
* is cosigned by as many different witnesses as the policy requires.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from idvault_verify import strict_base64
from idvault_verify.strict_base64 import Base64Error
from idvault_verify.transparency.log_key import LogKeyChange
from idvault_verify.transparency.note import (
    Algorithm,
    NoteSigner,
    OpenedNote,
    VerifierKey,
    open_note,
    sign_note,
)
from idvault_verify.transparency.proof import verify_consistency
from idvault_verify.transparency.tree import EMPTY_ROOT, HASH_SIZE, MAX_SIZE, LogError

_SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


# An idle log is cosigned again well before this, so older cosignatures mean that an old copy is shown.
MAX_AGE = 900.0


class CheckpointError(LogError):
    """A checkpoint, or a policy of one, is refused."""


class MalformedCheckpointError(CheckpointError):
    """The text is not a checkpoint."""


class PolicyError(CheckpointError):
    """The policy can never be met by its keys, or requires nothing at all."""

    reason = "KEY_INVALID"


class OriginError(CheckpointError):
    """The checkpoint belongs to another log."""

    reason = "OTHER_LOG"


class UnsignedCheckpointError(CheckpointError):
    """No key of the log signed the checkpoint."""

    reason = "SIGNATURE_INVALID"


class QuorumError(CheckpointError):
    """Too few witnesses cosigned the checkpoint."""

    reason = "NOT_COSIGNED"


class StaleError(QuorumError):
    """Too few witnesses cosigned the checkpoint lately."""

    reason = "STALE"


class RolledBackError(CheckpointError):
    """The log has fewer entries than before."""

    reason = "ROLLED_BACK"

    def __init__(self, *, size: int, known: int) -> None:
        """Keep both sizes."""
        super().__init__(f"the log is older than a known checkpoint ({size} < {known})")
        self.size = size
        self.known = known


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A log's origin, number of entries and root (32 bytes); extension lines have no meaning here."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Refuse values that cannot be written as the lines of a checkpoint."""
        lines = (self.origin, *self.extensions)
        if not all(lines) or any("\n" in line for line in lines):
            raise MalformedCheckpointError("the origin or an extension is empty or more than one line")
        if not 0 <= self.size <= MAX_SIZE or len(self.root) != HASH_SIZE:
            raise MalformedCheckpointError("the size or the root is not valid for a tree")

    @property
    def text(self) -> str:
        """The note's text."""
        lines = (self.origin, str(self.size), strict_base64.encode_standard(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)


@dataclass(frozen=True, slots=True)
class CosignaturePolicy:
    """The signatures that a checkpoint needs: by one of the log's keys and by `quorum` different witnesses.

    A witness key counts once even if it has several names, since a cosignature does not cover the name.
    former: what former versions of a roster demanded; a paper that was kept since may meet one of them
    instead (offline.proof.covering). version: of the roster that demands the witnesses.

    preceding: how the log came to its keys. The keys before them count for what the witnesses have cosigned;
    without witnesses their thief could have signed it.
    """

    origin: str
    log_keys: tuple[VerifierKey, ...]
    witness_keys: tuple[VerifierKey, ...] = ()
    quorum: int = 0
    former: tuple["CosignaturePolicy", ...] = ()
    version: int | None = None
    preceding: tuple[LogKeyChange, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a policy that can never be met, or in which the log's key counts as a witness."""
        log = {key.public_key for key in (*self.log_keys, *(each.former for each in self.preceding))}
        witnesses = {key.public_key for key in self.witness_keys}
        if not self.log_keys or any(key.algorithm is not Algorithm.ED25519 for key in self.log_keys):
            raise PolicyError("a log needs an Ed25519 key")
        if any(key.algorithm is not Algorithm.COSIGNATURE_V1 for key in self.witness_keys) or log & witnesses:
            raise PolicyError("a witness needs a cosignature/v1 key that differs from the log's keys")
        if not 0 <= self.quorum <= len(witnesses):
            raise PolicyError("the quorum is greater than the number of witnesses")

    def keys(self, *, at: float | None = None) -> tuple[VerifierKey, ...]:
        """Return the keys of the log that count, former ones only if witnesses are demanded.

        at: the time, in seconds since 1970, of what no witness signs. A former key does not count for it from
        the time on from which any key after it signs: the thief of one may announce that another came before
        it, and until when.
        """
        if not self.quorum:
            return self.log_keys
        counting = takewhile(lambda each: at is None or at < each.signs_from, reversed(self.preceding))
        return tuple(dict.fromkeys((*self.log_keys, *(each.former for each in counting))))


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """A checkpoint that met a policy, and its cosigning witnesses, each with its latest time in seconds.

    version: of the roster whose witnesses the policy demanded.
    """

    checkpoint: Checkpoint
    cosigned: tuple[tuple[VerifierKey, int], ...]
    version: int | None = None


def parse(text: str) -> Checkpoint:
    """Parse the text of a checkpoint; raises MalformedCheckpointError if it is not one."""
    match text.split("\n"):
        case [origin, size, root, *extensions, ""] if _SIZE.fullmatch(size):
            return Checkpoint(origin, int(size), _root(root), tuple(extensions))
        case _:
            raise MalformedCheckpointError("the lines are not an origin, a size and a root")


def sign(checkpoint: Checkpoint, signers: Sequence[NoteSigner]) -> bytes:
    """Return the checkpoint as a note signed by the log; check it with `verify_successor` before."""
    return sign_note(checkpoint.text, signers)


def verify(raw: bytes, policy: CosignaturePolicy) -> SignedCheckpoint:
    """Parse a signed checkpoint and check it against the policy.

    Raises the errors of `note.open_note`, and MalformedCheckpointError, OriginError, UnsignedCheckpointError,
    QuorumError.
    """
    log_keys = policy.keys()
    opened = open_note(raw, (*log_keys, *policy.witness_keys))
    if not any(signature.key in log_keys for signature in opened.verified):
        raise UnsignedCheckpointError("no key of the log signed the checkpoint")
    checkpoint = parse(opened.text)
    if checkpoint.origin != policy.origin:
        raise OriginError("the checkpoint belongs to another log")
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise MalformedCheckpointError("the root of an empty tree is wrong")
    cosigned = _cosigned(opened)
    witnesses = len({key.public_key for key, _ in cosigned})
    if witnesses < policy.quorum:
        raise QuorumError(f"{witnesses} of {policy.quorum} witnesses cosigned the checkpoint")
    return SignedCheckpoint(checkpoint, cosigned, policy.version)


def check_fresh(
    signed: SignedCheckpoint, policy: CosignaturePolicy, *, now: float, max_age: float = MAX_AGE
) -> None:
    """Raise StaleError unless enough witnesses cosigned within max_age seconds of a time.

    A cosignature from the future is refused like an old one, because it would stay fresh for too long.
    """
    fresh = {key.public_key for key, time in signed.cosigned if abs(now - time) <= max_age}
    if len(fresh) < policy.quorum:
        newest = max((time for _, time in signed.cosigned), default=0)
        raise StaleError(
            f"the checkpoint is stale: {len(fresh)} of {policy.quorum} witnesses cosigned it within "
            f"{max_age:g} s, the last of all {now - newest:.0f} s ago"
        )


def verify_successor(old: Checkpoint, new: Checkpoint, proof: Sequence[bytes]) -> None:
    """Check that a checkpoint follows an older one of its log.

    Raises OriginError, RolledBackError, and ConsistencyError (a fork or a wrong proof).
    """
    if old.origin != new.origin:
        raise OriginError("the checkpoints belong to different logs")
    if new.size < old.size:
        raise RolledBackError(size=new.size, known=old.size)
    verify_consistency(old=old.size, new=new.size, old_root=old.root, new_root=new.root, proof=proof)


def _root(text: str) -> bytes:
    try:
        return strict_base64.standard(text)
    except Base64Error as error:
        raise MalformedCheckpointError("the root is not base64") from error


def _cosigned(opened: OpenedNote) -> tuple[tuple[VerifierKey, int], ...]:
    latest: dict[VerifierKey, int] = {}
    for signature in opened.verified:
        if signature.time is not None:
            latest[signature.key] = max(signature.time, latest.get(signature.key, 0))
    return tuple(latest.items())
