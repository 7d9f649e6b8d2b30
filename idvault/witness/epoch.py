"""Follows a log into a new epoch, once, with the statement that its custodians signed.

A statement is followed if, in this order,
* it is of a known log, and the log's key signed the checkpoint that it names as the last one,
* M custodians of each quorum of the newest version of the roster signed it,
* its epoch is the one after the followed one, and it names the statement before it,
* it hides nothing that this witness has cosigned (transparency.epoch).
From then on the witness cosigns only checkpoints of the new epoch that begin with the entries that are left.
"""

from collections.abc import Iterable, Sequence

from idvault.attest import epoch as statements
from idvault.attest.epoch import EpochStatement
from idvault.attest.people.roster import Roster
from idvault.attest.reading import RosterError
from idvault.transparency import epoch
from idvault.transparency.checkpoint import Checkpoint
from idvault.transparency.epoch import Carried
from idvault.transparency.note import VerifierKey
from idvault.transparency.tree import EMPTY_ROOT, LogError
from idvault.witness.state import WitnessState


class EpochNotFollowedError(Exception):
    """A statement is not followed; the text gives the cause."""


def follow(
    state: WitnessState, statement: EpochStatement, *, keys: Iterable[VerifierKey], versions: Sequence[Roster]
) -> Carried | None:
    """Follow a statement durably; return what stays and what is lost, None if it was followed before.

    keys: of the known logs. versions: the verified roster, from the first version on. Raises
    EpochNotFollowedError, OSError.
    """
    if statement.log not in {str(key) for key in keys}:
        raise EpochNotFollowedError("the statement is of a log that this witness does not know")
    try:
        statements.verify(statement, roster=versions[-1])
        found = epoch.read(statement)
        known = state.latest(found.kept.origin)
        if epoch.of(known) == found.epoch:
            return None
        if epoch.of(known).number != found.epoch.number - 1 or epoch.of(known).digest != statement.previous:
            raise EpochNotFollowedError(
                f"this witness follows epoch {epoch.of(known).number}, and the statement is of "
                f"epoch {found.epoch.number} or follows another one"
            )
        newer = Checkpoint(found.kept.origin, 0, EMPTY_ROOT, found.epoch.extensions)
        carried = epoch.carry(known, newer, [found])
    except (RosterError, LogError) as error:
        raise EpochNotFollowedError(str(error)) from error
    stays = carried.checkpoint
    begun = Checkpoint(stays.origin, stays.size, stays.root, found.epoch.extensions)
    state.begin_epoch(statement.digest(), statement.to_bytes(), begun)
    return Carried(begun, carried.lost)
