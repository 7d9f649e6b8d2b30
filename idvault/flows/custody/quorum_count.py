"""Counts records by who holds their shares: how far hand-overs are, and what was lost.

- PRESENT: every share is with who has the place now; a quorum whose name has ended keeps its custodians.
- WAITING: a custodian who has lost the place, and is named still, has yet to hand over.
- LOST: nobody can hand a share over any more, since its custodian is named no more; M others open the record.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from idvault.attest import succession
from idvault.attest.quorum import Quorum
from idvault.attest.roster import Roster
from idvault.attest.roster_change import going_on, is_same_holder
from idvault.attest.roster_member import RosterMember
from idvault.flows.doctor import AilmentError

BETWEEN = "between"
"""In the place of a version for a quorum that no version has: one leaver has handed over before another."""


class Holders(StrEnum):
    """With whom the shares of a record are."""

    PRESENT = "PRESENT"
    WAITING = "WAITING"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Count:
    """records: by roster version (the newest that has the quorum, or BETWEEN) and holders.

    leavers: how many records wait for each custodian who has yet to hand over. missed: of how many records
    each custodian who is named no more holds a share, where those who are named are fewer than M.
    """

    records: Mapping[tuple[str, Holders], int]
    leavers: Mapping[str, int]
    missed: Mapping[str, int] = field(default_factory=dict)


def count(
    versions: Sequence[Roster], *, by_quorum: Mapping[str, int], handed: Mapping[str, Sequence[str]]
) -> Count:
    """Return the count; by_quorum: records of each present quorum, handed: what hand-overs have made.

    versions: verified, from the first to the one in force.
    """
    records, leavers, missed = Counter[tuple[str, Holders]](), Counter[str](), Counter[str]()
    for quorum_id, number in by_quorum.items():
        version, quorum = _find(versions, quorum_id, handed)
        gone = list(_gone(quorum, versions[-1])) if quorum else []
        waiting = [roster_member.name for roster_member in gone if _is_named(roster_member, versions[-1])]
        records[version, _holders(quorum, gone, waiting)] += number
        leavers.update(dict.fromkeys(waiting, number))
        missed.update(dict.fromkeys(_missed(quorum, versions[-1]) if quorum else (), number))
    return Count(records, leavers, missed)


def check_handed_over(found: Count) -> None:
    """Raise AilmentError while somebody has yet to hand over; it says who, and of how many records."""
    if found.missed:
        missed = ", ".join(f"{number} of {name}" for name, number in sorted(found.missed.items()))
        raise AilmentError(
            f"fewer than M custodians who are named hold shares of some records, and {missed} are missing: "
            "name them again with the same keys in the next roster, and let them hand over"
        )
    if found.leavers:
        waiting = ", ".join(f"{number} of {name}" for name, number in sorted(found.leavers.items()))
        raise AilmentError(
            f"shares wait to be handed over, {waiting}: let each of them run `idvault custodian hand-over` "
            "before they leave the roster"
        )


def _find(
    versions: Sequence[Roster], quorum_id: str, handed: Mapping[str, Sequence[str]]
) -> tuple[str, Quorum | None]:
    known = {quorum.id: (roster, quorum) for roster in versions for quorum in roster.quorums}
    if quorum_id in known:
        roster, quorum = known[quorum_id]
        return str(roster.version), quorum
    ids = handed.get(quorum_id, ())
    if not ids or not known.keys() >= set(ids):
        return BETWEEN, None
    return BETWEEN, succession.holders(lambda each: known[each][1], quorum_ids=ids)


def _gone(quorum: Quorum, roster: Roster) -> Iterator[RosterMember]:
    """Give those who hold shares and have the place no more."""
    after = going_on(quorum, roster)
    for place, roster_member in enumerate(quorum.custodians):
        if after is None:
            if not _is_named(roster_member, roster):
                yield roster_member
        elif place >= len(after.custodians) or not is_same_holder(roster_member, after.custodians[place]):
            yield roster_member


def _missed(quorum: Quorum, roster: Roster) -> list[str]:
    """Return who would have to be named again so that M custodians can open; nobody where M are."""
    unnamed = [
        roster_member.name for roster_member in quorum.custodians if not _is_named(roster_member, roster)
    ]
    return unnamed if len(quorum.custodians) - len(unnamed) < quorum.threshold else []


def _is_named(roster_member: RosterMember, roster: Roster) -> bool:
    return any(is_same_holder(roster_member, each) for each in roster.people)


def _holders(quorum: Quorum | None, gone: Sequence[RosterMember], waiting: Sequence[str]) -> Holders:
    if waiting:
        return Holders.WAITING
    return Holders.LOST if gone or quorum is None else Holders.PRESENT
