"""The statements of the log's epochs that a member's client follows: epochs.json beside its checkpoint.

A member follows a statement by hand, after reading it: until then, the client refuses the log's new epoch.
"""

from collections.abc import Sequence
from pathlib import Path

from idvault import durable_file
from idvault.attest import epoch as statements
from idvault.attest.epoch import EpochStatement
from idvault.attest.people.roster import Roster
from idvault.transparency import checkpoint, epoch
from idvault.transparency.checkpoint import Checkpoint
from idvault.transparency.epoch import Break, Carried
from idvault.transparency.note import VerifierKey
from idvault.transparency.tree import EMPTY_ROOT, LogError
from idvault_client.offline import witness_policy
from idvault_client.offline.log import epochs
from idvault_client.offline.log.epochs import EpochRefusedError
from idvault_client.people import roster_mark


def kept(state: Path) -> tuple[EpochStatement, ...]:
    """Return the statements that are followed; state: the file of the last checkpoint seen."""
    try:
        return epochs.parse(_file(state).read_bytes())
    except FileNotFoundError:
        return ()


def breaks(
    state: Path,
    *,
    versions: Sequence[Roster],
    log_key: VerifierKey,
    more_keys: Sequence[VerifierKey] = (),
) -> tuple[Break, ...]:
    """Return what the followed statements say of the log; raises EpochRefusedError."""
    return epochs.verified(kept(state), versions=versions, log_key=log_key, more_keys=more_keys)


def check(
    state: Path,
    statement: EpochStatement,
    *,
    versions: Sequence[Roster],
    log_key: VerifierKey,
    more_keys: Sequence[VerifierKey] = (),
) -> Carried:
    """Return what would be lost of the log as this member has seen it, if a statement were followed.

    Raises EpochRefusedError if it hides something of that, or does not follow the kept statements. Its
    signatures are not verified: a custodian reads it before signing.
    """
    before = kept(state)
    previous = before[-1].digest() if before else ""
    if (statement.epoch, statement.previous) != (len(before) + statements.SECOND, previous):
        raise EpochRefusedError("the statement does not follow those that you have followed so far")
    if statement.log not in map(str, (log_key, *more_keys)):
        raise EpochRefusedError("the statement is of another log than yours")
    if statement.roster != versions[-1].digest():
        raise EpochRefusedError("the statement names another version of the roster than the one in force")
    try:
        found = epoch.read(statement)
        newer = Checkpoint(log_key.name, 0, EMPTY_ROOT, found.epoch.extensions)
        return epoch.carry(_seen(state, log_key, *more_keys), newer, [found])
    except LogError as error:
        raise EpochRefusedError(str(error)) from error


def follow(
    state: Path,
    statement: EpochStatement,
    *,
    versions: Sequence[Roster],
    log_key: VerifierKey,
    more_keys: Sequence[VerifierKey] = (),
) -> Carried:
    """Follow a signed statement; a repeat changes nothing. Raises EpochRefusedError."""
    before = kept(state)
    if statement.digest() in {each.digest() for each in before}:
        return Carried(_seen(state, log_key, *more_keys))
    carried = check(state, statement, versions=versions, log_key=log_key, more_keys=more_keys)
    epochs.verified((*before, statement), versions=versions, log_key=log_key, more_keys=more_keys)
    if carried.lost:
        # What the log had signed: its successor replaces it in the file.
        kept_aside = state.with_name(f"{state.name}.epoch-{statement.epoch - 1}")
        durable_file.replace(kept_aside, state.read_bytes())
    # Entries from there on are logged again: what was logged before a version of the roster ends there, too.
    roster_mark.lower(state, size=statement.size)
    durable_file.replace(_file(state), statements.encode_chain((*before, statement)))
    return carried


def _seen(state: Path, *keys: VerifierKey) -> Checkpoint:
    try:
        raw = state.read_bytes()
    except FileNotFoundError:
        return epochs.beginning(keys[0].name)
    return checkpoint.verify(raw, witness_policy.of_log(*keys)).checkpoint


def _file(state: Path) -> Path:
    return state.with_name(statements.FILE)
