"""When each custodian of the current quorum last passed a drill, and when the next one is due."""

from collections.abc import Sequence

from idvault.custody.drill import rules
from idvault.custody.drill.ports import DrillHistory
from idvault.custody.drill.rules import DrillStanding
from idvault.people.acts.quorums import RosterSource
from idvault.verify.attest.people.roster import Roster
from idvault.verify.attest.people.roster_member import RosterMember


def versions(rosters: RosterSource) -> list[Roster]:
    """Return all versions of a roster, oldest first."""
    return [rosters.version(number) for number in range(1, rosters.current.version + 1)]


def standings(*, versions: Sequence[Roster], history: DrillHistory) -> list[DrillStanding]:
    """Return the standing of each custodian of the current quorum who has had a drill record.

    versions: of the roster, oldest first. A pass under a former quorum counts for the same custodian and key.
    """
    custodians = versions[-1].quorums[0].custodians
    found = [_standing(custodian, _own_quorums(custodian, versions), history) for custodian in custodians]
    return [each for each in found if each is not None]


def _standing(
    custodian: RosterMember, quorum_ids: frozenset[str], history: DrillHistory
) -> DrillStanding | None:
    return rules.standing(
        custodian=custodian.name,
        made=[made for quorum_id, made in history.made.items() if quorum_id in quorum_ids],
        passed=[
            passed
            for (quorum_id, actor_id), passed in history.passed.items()
            if quorum_id in quorum_ids and actor_id == custodian.actor_id
        ],
    )


def _own_quorums(custodian: RosterMember, versions: Sequence[Roster]) -> frozenset[str]:
    return frozenset(
        quorum.id
        for roster in versions
        for quorum in roster.quorums
        if any(
            (each.name, each.hpke_public_key) == (custodian.name, custodian.hpke_public_key)
            for each in quorum.custodians
        )
    )
