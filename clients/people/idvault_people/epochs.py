"""The statements of the log's epochs that a member's client follows: epochs.json beside its checkpoint.

A member follows a statement by hand, after reading it: until then, the client refuses the log's new epoch. A
member who was away follows all that are missing at once, from the public epochs.json.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from idvault_people import roster_mark
from idvault_verify import durable_file, small_file
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.offline import witness_policy
from idvault_verify.offline.log import epochs
from idvault_verify.offline.log.epochs import EpochRefusedError
from idvault_verify.transparency import checkpoint, epoch, stated
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.epoch import Break, Carried
from idvault_verify.transparency.note import VerifierKey
from idvault_verify.transparency.tree import EMPTY_ROOT, LogError


def kept(state: Path) -> tuple[EpochStatement, ...]:
    """Return the statements that are followed; state: the file of the last checkpoint seen."""
    try:
        return epochs.parse(small_file.read(_file(state), limit=epochs.MOST_BYTES))
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
    keys = (log_key, *more_keys)
    before = kept(state)
    if len(_joined(before, [statement])) != len(before) + 1:
        raise EpochRefusedError(f"you have followed the statement of epoch {statement.epoch} already")
    if statement.log not in map(str, keys):
        raise EpochRefusedError("the statement is of another log than yours")
    if statement.roster != versions[-1].digest():
        raise EpochRefusedError("the statement names another version of the roster than the one in force")
    epochs.check_cosigned(statement, versions, keys)
    known = epochs.verified(before, versions=versions, log_key=log_key, more_keys=more_keys)
    try:
        found = [*known, epoch.read(statement)]
        stated.check(found)
        return _carried(state, keys, found)
    except LogError as error:
        raise EpochRefusedError(str(error)) from error


def follow(
    state: Path,
    given: Sequence[EpochStatement],
    *,
    versions: Sequence[Roster],
    log_key: VerifierKey,
    more_keys: Sequence[VerifierKey] = (),
    shown: bytes | None = None,
) -> list[Carried]:
    """Follow signed statements, in order; return what is lost by each, empty if all are followed already.

    shown: a checkpoint of the log in its newest epoch, which is needed if the last statement names a former
    version of the roster. Nothing changes if one is refused. Raises EpochRefusedError.
    """
    keys = (log_key, *more_keys)
    before = kept(state)
    chain = _joined(before, given)
    if len(chain) == len(before):
        return []
    found = epochs.verified(chain, versions=versions, log_key=log_key, more_keys=more_keys)
    epochs.check_in_force(chain[-1], versions=versions, keys=keys, shown=shown)
    try:
        carried = [_carried(state, keys, found[: at + 1]) for at in range(len(before), len(found))]
    except LogError as error:
        raise EpochRefusedError(str(error)) from error
    if any(each.lost for each in carried):
        # What the log had signed: its successor replaces it in the file.
        number = epoch.of(_seen(state, keys)).number
        durable_file.replace(state.with_name(f"{state.name}.epoch-{number}"), small_file.read(state))
    written = statements.encode_chain(chain)
    if len(written) > epochs.MOST_BYTES:
        raise EpochRefusedError("the statements of the log's epochs are too long together")
    # Entries from there on are logged again: what was logged before a version of the roster ends there, too.
    roster_mark.lower(state, size=min(each.size for each in chain[len(before) :]))
    durable_file.replace(_file(state), written)
    return carried


def _joined(before: Sequence[EpochStatement], given: Sequence[EpochStatement]) -> tuple[EpochStatement, ...]:
    """Return the followed statements with the given ones that come after; raises EpochRefusedError."""
    try:
        return statements.join(before, given)
    except RosterError as error:
        raise EpochRefusedError(f"{error}: compare with the public epochs.json, and follow that") from error


def _carried(state: Path, keys: Sequence[VerifierKey], found: Sequence[Break]) -> Carried:
    """Return what the last of the breaks leaves of what was seen, and what is lost by it; raises LogError."""
    last = found[-1].epoch
    seen = _seen(state, keys)
    if epoch.of(seen).number > last.number:
        return Carried(seen)  # the statements were lost from the folder, and are followed again
    newer = Checkpoint(keys[0].name, 0, EMPTY_ROOT, last.extensions)
    carried = epoch.carry(seen, newer, found)
    return replace(carried, lost=tuple(part for part in carried.lost if part.epoch == last))


def _seen(state: Path, keys: Sequence[VerifierKey]) -> Checkpoint:
    try:
        raw = small_file.read(state)
    except FileNotFoundError:
        return epochs.beginning(keys[0].name)
    return checkpoint.verify(raw, witness_policy.of_log(*keys)).checkpoint


def _file(state: Path) -> Path:
    return state.with_name(statements.FILE)
