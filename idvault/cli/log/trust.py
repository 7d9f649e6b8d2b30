"""Whose signatures `idvault log` requires: the log's key, and witnesses that must have cosigned."""

from collections.abc import Sequence
from dataclasses import dataclass

from idvault.cli.errors import wrong_usage
from idvault.transparency import checkpoint
from idvault.transparency.checkpoint import Checkpoint, CheckpointError, CosignaturePolicy, QuorumError
from idvault.transparency.note import NoteError, VerifierKey, parse_key
from idvault.transparency.tree import LogError


@dataclass(frozen=True, slots=True)
class LogTrust:
    """The required signatures; the name of the log's key is the log's origin."""

    policy: CosignaturePolicy

    def checkpoints(self, notes: Sequence[bytes]) -> list[Checkpoint]:
        """Verify signed notes and return their checkpoints, the largest first.

        Each must be signed by the log, and the largest one by the witnesses too. Raises LogError.
        """
        found = [(self.checkpoint(note), note) for note in notes]
        found.sort(key=lambda one: one[0].size, reverse=True)
        self._check_cosigned([note for one, note in found if one.size == found[0][0].size])
        return [one for one, _ in found]

    def checkpoint(self, note: bytes) -> Checkpoint:
        """Return the checkpoint of a note that the log has signed; raises LogError."""
        return checkpoint.verify(note, CosignaturePolicy(self.policy.origin, self.policy.log_keys)).checkpoint

    def _check_cosigned(self, largest: Sequence[bytes]) -> None:
        if self.policy.quorum == 0:
            return
        refusal: LogError = QuorumError("there is no checkpoint that a witness could have cosigned")
        for note in largest:
            try:
                checkpoint.verify(note, self.policy)
            except LogError as error:
                refusal = error
            else:
                return
        raise refusal


def read(*, public_key: str, witness: Sequence[str], quorum: int | None) -> LogTrust:
    """Read the options; raises CommandError (wrong usage) that names the wrong one."""
    log_key = key(public_key, "--public-key")
    witnesses = tuple(key(text, "--witness") for text in witness)
    demanded = len({each.public_key for each in witnesses}) if quorum is None else quorum
    try:
        return LogTrust(CosignaturePolicy(log_key.name, (log_key,), witnesses, demanded))
    except CheckpointError as error:
        raise wrong_usage(str(error), field="--witness") from error


def key(text: str, option: str) -> VerifierKey:
    """Read a verifier key; raises CommandError (wrong usage) that names the option."""
    try:
        return parse_key(text)
    except NoteError as error:
        raise wrong_usage(f"{option}: {error}", field=option) from error
