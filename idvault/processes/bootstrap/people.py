"""Builds what roster members use on the custody edge: RosterService and second factors."""

from collections.abc import Callable
from dataclasses import dataclass

from idvault.core.edge.server import Service
from idvault.core.entropy import Entropy
from idvault.core.person_request import SqlMemberRequestStore
from idvault.core.person_request_ports import MemberRequestStore
from idvault.core.request import Fingerprinter
from idvault.log.acts.guard import LogGuard
from idvault.people.acts import RosterFlow, RosterHolder
from idvault.people.ports import RosterStore
from idvault.people.second_factor.acts import SecondFactorFlow
from idvault.people.second_factor.ports import SecondFactorSealer, SecondFactorStore
from idvault.people.second_factor.store import SqlSecondFactorStore
from idvault.people.store import SqlRosterStore
from idvault.processes.bootstrap.base import ENTROPY, Base
from idvault.processes.bootstrap.request_key import fingerprinter_of
from idvault.processes.bootstrap.vault import custody_vault
from idvault.processes.services.roster import RosterServicer
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.second_factor import TotpSealer
from idvault.v1 import roster_pb2
from idvault.verify.attest.people.roster_member import RosterMember


@dataclass(frozen=True, slots=True)
class People:
    """RosterService and the second factors of a custody edge."""

    service: Service
    second_factors: SecondFactorFlow


def wire_rosters(
    *,
    store: RosterStore,
    holder: RosterHolder,
    fingerprinter: Fingerprinter,
    guard: LogGuard,
    entropy: Entropy,
) -> RosterFlow:
    """Connect the roster's flow to its ports; production and tests differ only in the ports."""
    return RosterFlow(store=store, holder=holder, fingerprinter=fingerprinter, guard=guard, entropy=entropy)


def wire_second_factors(
    *,
    store: SecondFactorStore,
    requests: MemberRequestStore,
    sealer: SecondFactorSealer,
    fingerprinter: Fingerprinter,
    guard: LogGuard,
    entropy: Entropy,
    roster_member: Callable[[str], RosterMember],
    on_refused: Callable[[], None],
) -> SecondFactorFlow:
    """Connect the second factors' flow to its ports."""
    return SecondFactorFlow(
        store=store,
        requests=requests,
        sealer=sealer,
        fingerprinter=fingerprinter,
        guard=guard,
        entropy=entropy,
        roster_member=roster_member,
        on_refused=on_refused,
    )


async def build_people(
    base: Base, rosters: RosterHolder, *, keys: LocalKeyProvider, guard: LogGuard
) -> People:
    """Build RosterService and the second factors; keys: the custody edge's."""
    fingerprinter = fingerprinter_of(keys, Purpose.PERSON_REQUEST)
    flow = wire_rosters(
        store=SqlRosterStore(database=base.main),
        holder=rosters,
        fingerprinter=fingerprinter,
        guard=guard,
        entropy=ENTROPY,
    )
    await flow.complete(now=base.clock())
    second_factors = wire_second_factors(
        store=SqlSecondFactorStore(database=base.main),
        requests=SqlMemberRequestStore(database=base.main),
        sealer=TotpSealer(keys=keys, entropy=ENTROPY),
        fingerprinter=fingerprinter,
        guard=guard,
        entropy=ENTROPY,
        roster_member=rosters.member,
        on_refused=base.metrics.second_factor_refused,
    )
    servicer = RosterServicer(
        vault=custody_vault(base, keys=keys, guard=guard),
        rosters=flow,
        second_factor=second_factors,
        second_factors=second_factors,
    )
    return People(Service(roster_pb2.DESCRIPTOR.services_by_name["RosterService"], servicer), second_factors)
