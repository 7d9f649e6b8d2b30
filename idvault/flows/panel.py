"""Finds in the verified rosters who decides about a record: its present quorum, a custodian's place in it."""

from typing import Protocol

from idvault.attest.person import Person
from idvault.attest.quorum import Quorum
from idvault.attest.roster import Roster
from idvault.domain.disclosure import Member, Panel
from idvault.domain.error import DeniedError, PreconditionError, Reason


class Rosters(Protocol):
    """The verified rosters of a process (flows.roster_holder)."""

    @property
    def current(self) -> Roster:
        """The roster in force."""
        ...

    def version(self, number: int) -> Roster:
        """Return a verified version."""
        ...

    def person(self, actor_id: str) -> Person:
        """Return a person of the roster in force; raises DeniedError (ACCESS_DENIED)."""
        ...


def quorum_of(*, rosters: Rosters, quorum_id: str) -> Quorum:
    """Return a quorum of any version, newest first: records keep it until they were handed over.

    Raises PreconditionError (QUORUM_INVALID) if no version has it.
    """
    for number in range(rosters.current.version, 0, -1):
        for quorum in rosters.version(number).quorums:
            if quorum.id == quorum_id:
                return quorum
    raise PreconditionError(Reason.QUORUM_INVALID)


def panel_of(*, quorum: Quorum) -> Panel:
    """Return how many of how many decide in a quorum."""
    return Panel(quorum.id, quorum.threshold, len(quorum.custodians))


def member_of(*, quorum: Quorum, person: Person) -> Member:
    """Return a person's place; raises DeniedError (ACCESS_DENIED) for everybody who holds no share in it."""
    for place, custodian in enumerate(quorum.custodians, start=1):
        if custodian.name == person.name and custodian.hpke_public_key == person.hpke_public_key:
            return Member(person.name, person.actor_id, place)
    raise DeniedError(Reason.ACCESS_DENIED)


def quorum_ids(*, rosters: Rosters, person: Person) -> frozenset[str]:
    """Return the ids of all quorums, of any version, in which a person holds shares."""
    return frozenset(
        quorum.id
        for number in range(1, rosters.current.version + 1)
        for quorum in rosters.version(number).quorums
        if any(
            custodian.name == person.name and custodian.hpke_public_key == person.hpke_public_key
            for custodian in quorum.custodians
        )
    )
