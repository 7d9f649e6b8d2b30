"""Rules for changing a quorum that keeps its name in a later roster version (docs/hand-over.md).

- M is never lowered: records sealed for two custodians must not become openable by one.
- A custodian who stays keeps the same place, by name and by key. The place is the x coordinate of the shares;
  a custodian who moved could come to hold two shares of one record.
- A quorum of a different shape needs a new name; the records of the old one stay with its custodians.
"""

from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.reading import RosterError


def check(roster: Roster, *, previous: Roster) -> None:
    """Raise RosterError for a change that would weaken the protection of sealed records."""
    for before in previous.quorums:
        after = going_on(before, roster)
        if after is not None:
            _check_quorum(before, after)


def going_on(quorum: Quorum, roster: Roster) -> Quorum | None:
    """Return the quorum of the same name in another version, or None if there is none."""
    return next((found for found in roster.quorums if found.name == quorum.name), None)


def is_same(one: RosterMember, other: RosterMember) -> bool:
    """Tell whether two entries are the same member with the same keys; new keys make a new member."""
    return (one.name, one.hpke_public_key, one.ed25519) == (other.name, other.hpke_public_key, other.ed25519)


def is_same_holder(one: RosterMember, other: RosterMember) -> bool:
    """Tell whether two entries are the same member with the same key for shares; other keys may differ."""
    return (one.name, one.hpke_public_key) == (other.name, other.hpke_public_key)


def _check_quorum(before: Quorum, after: Quorum) -> None:
    where = f"quorum {after.name}"
    if after.threshold < before.threshold:
        raise RosterError(
            f"{where}: threshold {after.threshold} is less than {before.threshold} in the previous version"
        )
    for former, roster_member in enumerate(before.custodians, start=1):
        for place, found in enumerate(after.custodians, start=1):
            is_one = (
                found.name == roster_member.name or found.hpke_public_key == roster_member.hpke_public_key
            )
            if is_one and place != former:
                raise RosterError(
                    f"{where}: {roster_member.name} must stay in place {former}; "
                    "put a new custodian into the place of the one who leaves"
                )
