"""Follows a log into its new epochs, each once, with the statements that its custodians signed.

Statements are followed if, in this order,
* they are of a known log, and the log's key signed the checkpoint that each names as the last one,
* M custodians of each quorum of the version of the roster that each names signed it,
* the last one names the newest version: so custodians who were replaced begin no epoch,
* the first is of the epoch after the followed one, and each names the statement before it,
* they hide nothing that this witness has cosigned (verify.transparency.epoch).
From then on the witness cosigns only checkpoints of the new epoch that begin with the entries that are left.
A witness that was away, or that is new, follows all that are missing at once.
"""

from collections.abc import Iterable, Sequence

from idvault.processes.witness.state import WitnessState
from idvault_verify.attest import epoch as statements
from idvault_verify.attest.epoch import EpochStatement
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError
from idvault_verify.transparency import epoch
from idvault_verify.transparency.checkpoint import Checkpoint
from idvault_verify.transparency.epoch import Carried, Epoch, LostPart
from idvault_verify.transparency.note import VerifierKey
from idvault_verify.transparency.tree import EMPTY_ROOT, LogError


class EpochNotFollowedError(Exception):
    """A statement is not followed; the text gives the cause."""


def follow(
    state: WitnessState,
    given: Sequence[EpochStatement],
    *,
    keys: Iterable[VerifierKey],
    versions: Sequence[Roster],
) -> Carried | None:
    """Follow statements durably; return what stays and what is lost, None if all were followed before.

    keys: of the known logs. versions: the verified roster, from the first version on. Raises
    EpochNotFollowedError, OSError.
    """
    known_keys = {str(key) for key in keys}
    if not given or any(each.log not in known_keys for each in given):
        raise EpochNotFollowedError("the statement is of a log that this witness does not know")
    try:
        known = state.latest(epoch.read(given[0]).kept.origin)
        new = _after(epoch.of(known), given)
        if not new:
            return None
        steps, lost = list[tuple[EpochStatement, Checkpoint]](), list[LostPart]()
        _check_signed(new, epoch.of(known), versions)
        for each in new:
            found = epoch.read(each)
            newer = Checkpoint(found.kept.origin, 0, EMPTY_ROOT, found.epoch.extensions)
            carried = epoch.carry(known, newer, [found])
            stays = carried.checkpoint
            known = Checkpoint(stays.origin, stays.size, stays.root, found.epoch.extensions)
            steps.append((each, known))
            lost += carried.lost
    except (RosterError, LogError) as error:
        raise EpochNotFollowedError(str(error)) from error
    # In order: after a crash the next start goes on with those that are left.
    for each, begun in steps:
        state.begin_epoch(each.digest(), each.to_bytes(), begun)
    return Carried(known, tuple(lost))


def _after(present: Epoch, given: Sequence[EpochStatement]) -> Sequence[EpochStatement]:
    """Return the statements after those that are followed; raises EpochNotFollowedError."""
    for each in given:
        if each.epoch == present.number and each.digest() != present.digest:
            raise EpochNotFollowedError(
                f"there are two statements for epoch {each.epoch}: this witness follows the other one"
            )
    new = [each for each in given if each.epoch > present.number]
    if new and (new[0].epoch, new[0].previous) != (present.number + 1, present.digest):
        raise EpochNotFollowedError(
            f"this witness follows epoch {present.number}, and the statement is of "
            f"epoch {new[0].epoch} or follows another one: give all of them (the public epochs.json)"
        )
    return new


def _check_signed(new: Sequence[EpochStatement], present: Epoch, versions: Sequence[Roster]) -> None:
    """Raise EpochStatementError or EpochNotFollowedError unless custodians signed the statements."""
    statements.verify_chain(new, versions=versions, number=present.number + 1, previous=present.digest)
    if new[-1].roster != versions[-1].digest():
        raise EpochNotFollowedError(
            f"the statement of epoch {new[-1].epoch} names a former version of the roster: ask the "
            "custodians in force whether it holds, and give the file of the former version as --roster"
        )
