"""Finds in the verified rosters who decides about a record: its present quorum, a custodian's place in it."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from idvault.attest import succession
from idvault.attest.quorum import Quorum
from idvault.attest.roster import Roster
from idvault.attest.roster_change import is_same_holder
from idvault.attest.roster_member import RosterMember
from idvault.domain.disclosure import DecidingQuorum, QuorumMember
from idvault.domain.error import DeniedError, PreconditionError, Reason
from idvault.domain.record import SealedRecord


class RosterSource(Protocol):
    """The verified rosters of a process (flows.people.roster_holder)."""

    @property
    def current(self) -> Roster:
        """The roster in force."""
        ...

    def version(self, number: int) -> Roster:
        """Return a verified version."""
        ...

    def member(self, actor_id: str) -> RosterMember:
        """Return a person of the roster in force; raises DeniedError (ACCESS_DENIED)."""
        ...


def quorum_of(*, rosters: RosterSource, quorum_id: str) -> Quorum:
    """Return a quorum of any version, newest first: records keep it until they were handed over.

    Raises PreconditionError (QUORUM_INVALID) if no version has it.
    """
    for number in range(rosters.current.version, 0, -1):
        for quorum in rosters.version(number).quorums:
            if quorum.id == quorum_id:
                return quorum
    raise PreconditionError(Reason.QUORUM_INVALID)


def quorum_of_record(*, rosters: RosterSource, record: SealedRecord) -> Quorum:
    """Return the quorum of those who hold a record's shares; raises PreconditionError (QUORUM_INVALID)."""
    if not record.share_quorum_ids:
        return quorum_of(rosters=rosters, quorum_id=record.present_quorum_id)
    return holders(rosters=rosters, quorum_ids=record.share_quorum_ids)


def holders(*, rosters: RosterSource, quorum_ids: Sequence[str]) -> Quorum:
    """Return the quorum of the holders of shares; quorum_ids: that of each share, in index order.

    While a hand-over runs it may be one that no version has. Raises PreconditionError (QUORUM_INVALID).
    """
    return succession.holders(
        lambda quorum_id: quorum_of(rosters=rosters, quorum_id=quorum_id), quorum_ids=quorum_ids
    )


def versions(rosters: RosterSource) -> list[Roster]:
    """Return every version, from the first to the one in force."""
    return [rosters.version(number) for number in range(1, rosters.current.version + 1)]


def deciding_quorum(*, quorum: Quorum) -> DecidingQuorum:
    """Return how many of how many decide in a quorum."""
    return DecidingQuorum(quorum.id, quorum.threshold, len(quorum.custodians))


def member_of(*, quorum: Quorum, roster_member: RosterMember) -> QuorumMember:
    """Return a person's place; raises DeniedError (ACCESS_DENIED) for everybody who holds no share in it."""
    for place, custodian in enumerate(quorum.custodians, start=1):
        if is_same_holder(custodian, roster_member):
            return QuorumMember(roster_member.name, roster_member.actor_id, place)
    raise DeniedError(Reason.ACCESS_DENIED)


def quorum_ids(
    *, rosters: RosterSource, roster_member: RosterMember, handed: Iterable[Sequence[str]] = ()
) -> frozenset[str]:
    """Return the ids of all quorums in which a person holds shares: of any version, and those in between.

    handed: of each present quorum that a hand-over has made, the quorums of its shares.
    """
    known = [quorum for roster in versions(rosters) for quorum in roster.quorums]
    between = [holders(rosters=rosters, quorum_ids=each) for each in handed]
    return frozenset(
        quorum.id
        for quorum in (*known, *between)
        if any(is_same_holder(custodian, roster_member) for custodian in quorum.custodians)
    )
