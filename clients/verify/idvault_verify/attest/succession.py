"""Who takes whose place in a quorum, derived only from the verified roster versions (docs/hand-over.md).

The service and the leaving custodian's client both use this module.

- In the version in force, another custodian must hold the place, in the quorum of the same name, M and N.
- The successor must have a key of the same suite and must never have held another place in this quorum: no
  custodian may come to hold two shares of one record.
- A custodian who is no longer in the roster cannot hand over: leaving the roster gives up the shares.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_change import is_same_holder
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.attest.quorum import Quorum
from idvault_verify.attest.reading import RosterError


class SuccessionError(RosterError):
    """Shares must not be handed over although the place has a successor; the text gives the cause."""


@dataclass(frozen=True, slots=True)
class Succession:
    """One custodian's place in one quorum, taken by another.

    quorum: the quorum in the version in force, with the successor in the place. former_ids: the ids of
    earlier versions of the quorum under which the leaver's shares may be sealed.
    """

    quorum: Quorum
    place: int
    leaver: RosterMember
    former_ids: frozenset[str]

    @property
    def successor(self) -> RosterMember:
        """The custodian who holds the place now."""
        return self.quorum.custodians[self.place - 1]


def find(versions: Sequence[Roster], *, leaver: RosterMember) -> tuple[Succession, ...]:
    """Return each place that a custodian has passed to a successor and still has shares for.

    versions: verified, from the first to the one in force. leaver: the entry in the version in force. Raises
    SuccessionError.
    """
    found = [_of_quorum(quorum, versions, leaver) for quorum in versions[-1].quorums]
    return tuple(each for each in found if each is not None)


def holders(quorum_of: Callable[[str], Quorum], *, quorum_ids: Sequence[str]) -> Quorum:
    """Return the quorum of the custodians who hold a record's shares.

    quorum_ids: for each share, in order of place, the quorum that it is sealed under. quorum_of: returns a
    quorum of the roster, or raises. All of them have the same M, which is the record's.
    """
    quorums = [quorum_of(quorum_id) for quorum_id in quorum_ids]
    custodians = tuple(each.custodians[place] for place, each in enumerate(quorums))
    return Quorum(quorums[0].name, quorums[0].threshold, custodians)


def _of_quorum(quorum: Quorum, versions: Sequence[Roster], leaver: RosterMember) -> Succession | None:
    if any(is_same_holder(found, leaver) for found in quorum.custodians):
        return None
    formers = list(_formers(quorum, versions))
    held = {place for former in formers for place in _places(former, leaver)}
    if not held:
        return None
    if len(held) > 1:
        raise SuccessionError(f"quorum {quorum.name}: {leaver.name} has held more than one place in it")
    place = held.pop()
    ids = frozenset(former.id for former in formers if _places(former, leaver) and _is_alike(former, quorum))
    if place > len(quorum.custodians) or not ids:
        return None
    found = Succession(quorum, place, leaver, ids)
    _check_successor(found, formers)
    return found


def _formers(quorum: Quorum, versions: Sequence[Roster]) -> Iterator[Quorum]:
    for roster in versions:
        yield from (found for found in roster.quorums if found.name == quorum.name)


def _places(quorum: Quorum, roster_member: RosterMember) -> list[int]:
    return [
        place
        for place, found in enumerate(quorum.custodians, start=1)
        if is_same_holder(found, roster_member)
    ]


def _is_alike(former: Quorum, quorum: Quorum) -> bool:
    return (former.threshold, len(former.custodians)) == (quorum.threshold, len(quorum.custodians))


def _check_successor(found: Succession, formers: Sequence[Quorum]) -> None:
    successor, where = found.successor, f"quorum {found.quorum.name}"
    if successor.suite != found.leaver.suite:
        raise SuccessionError(f"{where}: {successor.name} has a key of another HPKE suite")
    for former in formers:
        for place, other in enumerate(former.custodians, start=1):
            is_one = other.name == successor.name or other.hpke_public_key == successor.hpke_public_key
            if is_one and place != found.place:
                raise SuccessionError(f"{where}: {successor.name} has held another place in it")
