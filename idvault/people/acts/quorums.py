"""Finds in the verified rosters who decides about a record: its present quorum and a custodian's place."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from idvault.verify.attest import succession
from idvault.verify.attest.people.roster import Roster
from idvault.verify.attest.people.roster_change import is_same_holder
from idvault.verify.attest.people.roster_member import RosterMember
from idvault.verify.attest.quorum import Quorum
from idvault.verify.disclosure import DecidingQuorum, QuorumMember
from idvault.verify.error import DeniedError, PreconditionError, Reason
from idvault.verify.record import SealedRecord


class RosterSource(Protocol):
    """The verified rosters of a process (flows.people.roster_holder)."""

    @property
    def current(self) -> Roster:
        """The current roster."""
        ...

    def version(self, number: int) -> Roster:
        """Return a verified version."""
        ...

    def member(self, actor_id: str) -> RosterMember:
        """Return a member of the current roster; raises DeniedError (ACCESS_DENIED)."""
        ...


def quorum_of(*, rosters: RosterSource, quorum_id: str) -> Quorum:
    """Return a quorum of any version: records keep a former quorum until they are handed over.

    Raises PreconditionError (QUORUM_INVALID) if no version has it.
    """
    for number in range(rosters.current.version, 0, -1):
        for quorum in rosters.version(number).quorums:
            if quorum.id == quorum_id:
                return quorum
    raise PreconditionError(Reason.QUORUM_INVALID)


def quorum_of_record(*, rosters: RosterSource, record: SealedRecord) -> Quorum:
    """Return the quorum that holds a record's shares; raises PreconditionError (QUORUM_INVALID)."""
    if not record.share_quorum_ids:
        return quorum_of(rosters=rosters, quorum_id=record.present_quorum_id)
    return holders(rosters=rosters, quorum_ids=record.share_quorum_ids)


def holders(*, rosters: RosterSource, quorum_ids: Sequence[str]) -> Quorum:
    """Return the quorum of the custodians who hold the shares; quorum_ids: of each share, in index order.

    During a hand-over it may be one that no version has. Raises PreconditionError (QUORUM_INVALID).
    """
    return succession.holders(
        lambda quorum_id: quorum_of(rosters=rosters, quorum_id=quorum_id), quorum_ids=quorum_ids
    )


def versions(rosters: RosterSource) -> list[Roster]:
    """Return every version, from the first to the current one."""
    return [rosters.version(number) for number in range(1, rosters.current.version + 1)]


def deciding_quorum(*, quorum: Quorum) -> DecidingQuorum:
    """Return the id, threshold and size of a quorum."""
    return DecidingQuorum(quorum.id, quorum.threshold, len(quorum.custodians))


def member_of(*, quorum: Quorum, roster_member: RosterMember) -> QuorumMember:
    """Return a roster member's place; raises DeniedError (ACCESS_DENIED) if the member has none."""
    for place, custodian in enumerate(quorum.custodians, start=1):
        if is_same_holder(custodian, roster_member):
            return QuorumMember(roster_member.name, roster_member.actor_id, place)
    raise DeniedError(Reason.ACCESS_DENIED, why="not_in_the_quorum_of_the_record")


def quorum_ids(
    *, rosters: RosterSource, roster_member: RosterMember, handed: Iterable[Sequence[str]] = ()
) -> frozenset[str]:
    """Return the ids of all quorums in which a roster member holds shares, of rosters and of hand-overs.

    handed: for each present quorum that a hand-over created, the quorum of each share.
    """
    known = [quorum for roster in versions(rosters) for quorum in roster.quorums]
    between = [holders(rosters=rosters, quorum_ids=each) for each in handed]
    return frozenset(
        quorum.id
        for quorum in (*known, *between)
        if any(is_same_holder(custodian, roster_member) for custodian in quorum.custodians)
    )
