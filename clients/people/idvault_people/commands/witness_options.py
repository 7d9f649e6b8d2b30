"""The witness policy on the command line of `idvault-people roster`: read from options, and shown."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from idvault_people import identity_folder
from idvault_people.identity_folder import IdentityFolderError
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.witness import WitnessPolicy
from idvault_verify.commands.errors import CommandError, ExitCode, wrong_usage
from idvault_verify.transparency.note import Algorithm, NoteError, VerifierKey, parse_key


def policy(before: Roster | None, witness: Sequence[str], quorum: int | None) -> WitnessPolicy | None:
    """Return the policy of the options, or that of the previous version if none is given.

    Raises CommandError (wrong usage).
    """
    former = before.witness if before is not None else None
    witnesses = tuple(_witness(text) for text in witness) or (former.witnesses if former else ())
    if not witnesses:
        if quorum is not None:
            raise wrong_usage("--witness-quorum needs --witness", field="--witness-quorum")
        return None
    if quorum is None:
        quorum = len(witnesses) // 2 + 1 if witness or former is None else former.threshold
    if quorum > len(witnesses):
        raise wrong_usage("there are fewer witnesses than --witness-quorum", field="--witness-quorum")
    return WitnessPolicy(quorum, witnesses)


def check_apart(found: Roster, *, log_key: str | None, identity: Path | None) -> None:
    """Raise RosterError if a witness of a roster is the vault itself, as far as is known.

    log_key: the log's key, if an option gives it. identity: the member's folder, which knows the key once it
    is connected.
    """
    key = _log_key(log_key) if log_key is not None else _pinned(identity)
    if key is not None:
        found.check_apart(origin=key.name, keys=(key.public_key,))


def lines(shown: WitnessPolicy | None) -> Iterator[str]:
    """Yield the policy as lines of `roster show`."""
    if shown is None:
        yield "witnesses  none"
        return
    yield f"witnesses  {shown.threshold} of {len(shown.witnesses)} must cosign"
    for name, key in shown.witnesses:
        yield f"witness    {VerifierKey(name, key, Algorithm.COSIGNATURE_V1)}"


def _witness(text: str) -> tuple[str, bytes]:
    try:
        key = parse_key(text)
    except NoteError as error:
        raise wrong_usage(f"--witness: {error}", field="--witness") from error
    if key.algorithm is not Algorithm.COSIGNATURE_V1:
        raise wrong_usage("--witness: this is the key of a log, not of a witness", field="--witness")
    return key.name, key.public_key


def _log_key(text: str) -> VerifierKey:
    try:
        key = parse_key(text)
    except NoteError as error:
        raise wrong_usage(f"--log-key: {error}", field="--log-key") from error
    if key.algorithm is not Algorithm.ED25519:
        raise wrong_usage("--log-key: this is the key of a witness, not of a log", field="--log-key")
    return key


def _pinned(folder: Path | None) -> VerifierKey | None:
    if folder is None or not (folder / identity_folder.CONNECTION).exists():
        return None
    try:
        return identity_folder.load(folder).log_key
    except IdentityFolderError as error:
        raise CommandError(
            ExitCode.REFUSED, str(error), reason="NOT_CONNECTED", field="--identity"
        ) from error
