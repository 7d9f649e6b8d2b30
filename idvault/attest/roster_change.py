"""What a later version of a roster may not do to a quorum that goes on under its name (docs/hand-over.md).

- M is never lowered: what needs two people today does not need one tomorrow.
- Who stays keeps the own place, by name and by key: the place is the x of the shares, and a person who moved
  would come to hold two shares of one record.
- A quorum of another shape gets another name; the records of the old one stay with its custodians.
"""

from idvault.attest.quorum import Quorum
from idvault.attest.reading import RosterError
from idvault.attest.roster import Roster
from idvault.attest.roster_member import RosterMember


def check(roster: Roster, *, previous: Roster) -> None:
    """Raise RosterError for a change that would take something away from the records that are sealed."""
    for before in previous.quorums:
        after = going_on(before, roster)
        if after is not None:
            _check_quorum(before, after)


def going_on(quorum: Quorum, roster: Roster) -> Quorum | None:
    """Return what a quorum is in another version, None where its name has ended."""
    return next((found for found in roster.quorums if found.name == quorum.name), None)


def is_same(one: RosterMember, other: RosterMember) -> bool:
    """Tell whether two entries are one person with the same keys: who has a new key is somebody new."""
    return (one.name, one.hpke_public_key, one.ed25519) == (other.name, other.hpke_public_key, other.ed25519)


def is_same_holder(one: RosterMember, other: RosterMember) -> bool:
    """Tell whether two entries are one person with the same key for shares, whatever became of other keys."""
    return (one.name, one.hpke_public_key) == (other.name, other.hpke_public_key)


def _check_quorum(before: Quorum, after: Quorum) -> None:
    where = f"quorum {after.name}"
    if after.threshold < before.threshold:
        raise RosterError(
            f"{where}: threshold {after.threshold} is less than the {before.threshold} of the version before"
        )
    for former, roster_member in enumerate(before.custodians, start=1):
        for place, found in enumerate(after.custodians, start=1):
            is_one = (
                found.name == roster_member.name or found.hpke_public_key == roster_member.hpke_public_key
            )
            if is_one and place != former:
                raise RosterError(
                    f"{where}: {roster_member.name} must stay in place {former}, where the others count on "
                    f"{roster_member.name}; put who comes into the place of who goes"
                )
