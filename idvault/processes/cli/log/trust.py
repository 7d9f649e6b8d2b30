"""Whose signatures `idvault log` requires: the log's key, and witnesses that must have cosigned."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.reading import RosterError
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.offline.log import epochs
from idvault_verify.offline.log.epochs import EpochRefusedError
from idvault_verify.transparency import checkpoint, epoch
from idvault_verify.transparency.checkpoint import Checkpoint, CheckpointError, CosignaturePolicy, QuorumError
from idvault_verify.transparency.epoch import Break
from idvault_verify.transparency.note import NoteError, VerifierKey, parse_key
from idvault_verify.transparency.tree import LogError


@dataclass(frozen=True, slots=True)
class LogTrust:
    """The required signatures; the name of the log's key is the log's origin."""

    policy: CosignaturePolicy
    breaks: tuple[Break, ...] = ()

    def checkpoints(self, notes: Sequence[bytes]) -> list[Checkpoint]:
        """Verify signed notes and return their checkpoints, the largest first.

        Each must be signed by the log, and the largest one of the newest epoch by the witnesses too. One of
        an earlier epoch stands for what is left of it. Raises LogError.
        """
        found = [(self.checkpoint(note), note) for note in notes]
        found.sort(key=lambda one: (epoch.of(one[0]).number, one[0].size), reverse=True)
        self._check_cosigned([note for one, note in found if one == found[0][0]])
        return [epoch.carry(one, found[0][0], self.breaks).checkpoint for one, _ in found]

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


def read(
    *,
    public_key: str,
    witness: Sequence[str],
    quorum: int | None,
    epochs_file: Path | None = None,
    roster: Path | None = None,
) -> LogTrust:
    """Read the options; raises CommandError (wrong usage) that names the wrong one."""
    log_key = key(public_key, "--public-key")
    witnesses = tuple(key(text, "--witness") for text in witness)
    demanded = len({each.public_key for each in witnesses}) if quorum is None else quorum
    try:
        policy = CosignaturePolicy(log_key.name, (log_key,), witnesses, demanded)
        return LogTrust(policy, _breaks(log_key, epochs_file, roster))
    except CheckpointError as error:
        raise wrong_usage(str(error), field="--witness") from error


def _breaks(log_key: VerifierKey, path: Path | None, roster: Path | None) -> tuple[Break, ...]:
    """Return the breaks of the log that its custodians signed for; raises CommandError."""
    if path is None:
        return ()
    if roster is None:
        raise wrong_usage("--epochs needs --roster, whose custodians signed", field="--roster")
    try:
        versions = roster_chain.load_all(roster)
        return epochs.verified(epochs.parse(path.read_bytes()), versions=versions, log_key=log_key)
    except (EpochRefusedError, RosterError) as error:
        raise CommandError(ExitCode.UNVERIFIED, f"log: {error}", reason="EPOCH_INVALID") from error


def key(text: str, option: str) -> VerifierKey:
    """Read a verifier key; raises CommandError (wrong usage) that names the option."""
    try:
        return parse_key(text)
    except NoteError as error:
        raise wrong_usage(f"{option}: {error}", field=option) from error
