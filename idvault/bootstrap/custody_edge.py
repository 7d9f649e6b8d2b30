"""Builds the edge that auditors, custodians, operators and monitors call."""

from contextlib import AsyncExitStack

from idvault.api.edge.access import Access
from idvault.api.edge.server import GrpcServer
from idvault.bootstrap.base import Base, load_custody_keys
from idvault.bootstrap.disclosure import build_disclosures
from idvault.bootstrap.drill import build_drills
from idvault.bootstrap.edge import build_server
from idvault.bootstrap.key.version import follow_keys
from idvault.bootstrap.log import build_guard
from idvault.bootstrap.people import build_people
from idvault.bootstrap.request_key import member_repeats
from idvault.bootstrap.transparency import build_transparency
from idvault.flows.people.roster_holder import RosterHolder


async def build_custody_edge(
    stack: AsyncExitStack, base: Base, rosters: RosterHolder, access: Access, *, alone: bool
) -> GrpcServer:
    """Return the server of the custody edge.

    alone: whether this process serves no other edge; its key file is then IDVAULT_KEYS.
    """
    keys = load_custody_keys(base.settings, alone=alone)
    await follow_keys(stack, base, keys)
    guard = build_guard(base)
    people = await build_people(base, rosters, keys=keys, guard=guard)
    services = [
        build_transparency(base),
        people.service,
        *build_disclosures(base, rosters, keys=keys, guard=guard, second_factor=people.second_factors),
        build_drills(base, rosters, keys=keys, guard=guard, second_factor=people.second_factors),
    ]
    return build_server(base, base.settings.addresses[-1], services, access, repeats=member_repeats(keys))
