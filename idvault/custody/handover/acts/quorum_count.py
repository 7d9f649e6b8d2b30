"""Counts records by who holds their shares, which shows the progress of hand-overs and any lost shares.

- PRESENT: every share is with the custodian who has its place now. If the roster no longer has a quorum of
  that name, the former custodians keep their places.
- WAITING: a custodian who lost the place, but is still in the roster, has yet to hand over.
- LOST: a custodian who lost the place is no longer in the roster, or has ended the hand-over to the present
  successor, so the share is not handed over. M other custodians can still open the record.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from idvault.core.ailment import AilmentError
from idvault.verify.attest import succession
from idvault.verify.attest.people.roster import Roster
from idvault.verify.attest.people.roster_change import going_on, is_same_holder
from idvault.verify.attest.people.roster_member import RosterMember
from idvault.verify.attest.quorum import Quorum

BETWEEN = "between"
"""Stands for the version of a quorum that is in no roster: one leaver has handed over before another."""


class Holders(StrEnum):
    """Who holds the shares of a record."""

    PRESENT = "PRESENT"
    WAITING = "WAITING"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class Count:
    """records: by roster version (the newest that has the quorum, or BETWEEN) and holders.

    leavers: how many records wait for each custodian who has yet to hand over. missed: for each custodian who
    is no longer in the roster, how many records with a share of theirs have fewer than M custodians in the
    roster.
    """

    records: Mapping[tuple[str, Holders], int]
    leavers: Mapping[str, int]
    missed: Mapping[str, int] = field(default_factory=dict)


def count(
    versions: Sequence[Roster],
    *,
    by_quorum: Mapping[str, int],
    handed: Mapping[str, Sequence[str]],
    ended: Collection[tuple[str, str]] = (),
) -> Count:
    """Return the count. by_quorum: records of each present quorum; handed: quorums that hand-overs created.

    ended: hand-overs that their leavers have ended, by the quorum of the successor and the leaver's actor id.
    versions: verified, from the first to the current one.
    """
    records, leavers, missed = Counter[tuple[str, Holders]](), Counter[str](), Counter[str]()
    for quorum_id, number in by_quorum.items():
        version, quorum = _find(versions, quorum_id, handed)
        gone = list(_gone(quorum, versions[-1])) if quorum else []
        after = going_on(quorum, versions[-1]) if quorum else None
        over = {actor_id for quorum_id, actor_id in ended if after is not None and after.id == quorum_id}
        named = [each for each in gone if _is_named(each, versions[-1])]
        waiting = [each.name for each in named if each.actor_id not in over]
        records[version, _holders(quorum, gone, waiting)] += number
        leavers.update(dict.fromkeys(waiting, number))
        missed.update(dict.fromkeys(_missed(quorum, versions[-1]) if quorum else (), number))
    return Count(records, leavers, missed)


def check_handed_over(found: Count) -> None:
    """Raise AilmentError if a custodian has yet to hand over; the text has names and record counts."""
    if found.missed:
        missed = ", ".join(f"{number} of {name}" for name, number in sorted(found.missed.items()))
        raise AilmentError(
            f"some records have fewer than M custodians in the roster; missing are {missed}: put them back "
            "into the next roster with the same keys, and have them hand over"
        )
    if found.leavers:
        waiting = ", ".join(f"{number} of {name}" for name, number in sorted(found.leavers.items()))
        raise AilmentError(
            f"shares wait to be handed over, {waiting}: have each of them run `idvault custodian hand-over` "
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
    """Yield the custodians who hold a share but no longer have its place."""
    after = going_on(quorum, roster)
    for place, roster_member in enumerate(quorum.custodians):
        if after is None:
            if not _is_named(roster_member, roster):
                yield roster_member
        elif place >= len(after.custodians) or not is_same_holder(roster_member, after.custodians[place]):
            yield roster_member


def _missed(quorum: Quorum, roster: Roster) -> list[str]:
    """Return who must be in the roster again so that M custodians can open; empty if M are in it."""
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
