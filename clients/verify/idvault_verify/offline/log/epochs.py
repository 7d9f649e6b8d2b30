"""The statements by which a log went on after it had lost entries, verified without the operator.

Each must be of this log, follow the one before, and be signed by M custodians of each quorum of the version
of the roster that it names. The checkpoint that it names as the last one must have been cosigned as this
version or one before it required. They must agree with one another (transparency.stated).
"""

from collections.abc import Sequence

from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.offline import witness_policy
from idvault_verify.offline.proof import UnverifiedError, signed_by_any
from idvault_verify.transparency import checkpoint, epoch, stated
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.epoch import Break, Epoch
from idvault_verify.transparency.note import VerifierKey
from idvault_verify.transparency.tree import EMPTY_ROOT, LogError

MOST_BYTES = statements.MOST_BYTES


class EpochRefusedError(UnverifiedError):
    """The statements of the log's epochs do not verify, or one is missing."""

    def __init__(self, text: str) -> None:
        """Set the text."""
        super().__init__("EPOCH_INVALID", text)


def parse(data: bytes) -> tuple[EpochStatement, ...]:
    """Return the statements in a public file; raises EpochRefusedError."""
    try:
        return statements.parse_chain(data)
    except RosterError as error:
        raise EpochRefusedError(f"the statements of the log's epochs: {error}") from error


def verified(
    listed: Sequence[EpochStatement],
    *,
    versions: Sequence[Roster],
    log_key: VerifierKey,
    more_keys: Sequence[VerifierKey] = (),
    is_chain: bool = True,
) -> tuple[Break, ...]:
    """Return what the statements say of the log; raises EpochRefusedError.

    versions: the verified roster, from the first version on. more_keys: the log's other keys. is_chain:
    whether they are all, from the first one on; else the first one names a statement that is not at hand.
    """
    keys = (log_key, *more_keys)
    first = statements.SECOND, ""
    if listed and not is_chain:
        first = listed[0].epoch, listed[0].previous
    try:
        found = statements.verify_chain(listed, versions=versions, number=first[0], previous=first[1])
        for each in found:
            if each.log not in map(str, keys):
                raise EpochRefusedError(f"the statement of epoch {each.epoch} is of another log")
            check_cosigned(each, versions, keys)
        breaks = tuple(epoch.read(each) for each in found)
        stated.check(breaks)
        return breaks
    except (RosterError, LogError) as error:
        raise EpochRefusedError(f"the statements of the log's epochs: {error}") from error


def check_in_force(
    last: EpochStatement,
    *,
    versions: Sequence[Roster],
    keys: Sequence[VerifierKey],
    shown: bytes | None,
) -> None:
    """Raise EpochRefusedError unless those who are in force vouch for the last of a log's statements.

    It names the version of the roster in force, whose custodians signed it and with it all before. Or the
    witnesses of this version have cosigned a shown checkpoint of the epoch: otherwise custodians who were
    replaced could still let the log lose entries.
    """
    if last.roster == versions[-1].digest():
        return
    if shown is None:
        raise EpochRefusedError(
            f"the statement of epoch {last.epoch} names a former version of the roster: add --checkpoint "
            "with the public checkpoint, which the witnesses of the version in force have cosigned"
        )
    try:
        found = checkpoint.verify(shown, witness_policy.of_roster(versions[-1], *keys)).checkpoint
        is_of_it = epoch.of(found) == Epoch(last.epoch, last.digest())
    except (LogError, RosterError) as error:
        raise EpochRefusedError(f"the checkpoint does not vouch for the statement: {error}") from error
    if not is_of_it:
        raise EpochRefusedError(f"the checkpoint is not of epoch {last.epoch} as the statement begins it")


def of(statement: EpochStatement, versions: Sequence[Roster]) -> Roster:
    """Return the version of the roster that a statement names; raises EpochRefusedError."""
    for roster in versions:
        if roster.digest() == statement.roster:
            return roster
    raise EpochRefusedError("the statement names a version of the roster that is not known here")


def told(found: Checkpoint) -> dict[str, str]:
    """Return what a proof shows about the epoch of its checkpoint, by name: nothing in the first one."""
    number = epoch.of(found).number
    if number == epoch.FIRST:
        return {}
    return {"log_epoch": f"{number}: the log has lost entries before (epochs.json of its public directory)"}


def beginning(origin: str) -> Checkpoint:
    """Return the empty log, which every log continues: nothing of it is known yet."""
    return Checkpoint(origin, 0, EMPTY_ROOT)


def check_cosigned(
    statement: EpochStatement, versions: Sequence[Roster], keys: Sequence[VerifierKey]
) -> None:
    """Raise EpochRefusedError unless the checkpoint that a statement names as the last one was cosigned.

    As for a receipt with the version of the roster that it names as the last: as this one required, or one
    before that might be in force; at any time. A version without witnesses would let anybody take back what
    others have seen.
    """
    last = of(statement, versions)
    try:
        policy = witness_policy.of_chain(versions[: last.version], *keys)
        # Of which epoch it has to be, `epoch.read` says.
        signed_by_any(statement.former, policy)
    except (LogError, RosterError) as error:
        raise EpochRefusedError(f"the last checkpoint that the statement names: {error}") from error
