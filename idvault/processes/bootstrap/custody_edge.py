"""Builds the edge that auditors, custodians, operators and monitors call."""

from contextlib import AsyncExitStack

from idvault.core.edge.access import Access
from idvault.core.edge.server import GrpcServer
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.base import Base, load_custody_keys
from idvault.processes.bootstrap.disclosure import build_disclosures
from idvault.processes.bootstrap.drill import build_drills
from idvault.processes.bootstrap.edge import build_server
from idvault.processes.bootstrap.key.version import follow_keys
from idvault.processes.bootstrap.log import build_guard
from idvault.processes.bootstrap.people import build_people
from idvault.processes.bootstrap.request_key import member_repeats
from idvault.processes.bootstrap.transparency import build_transparency


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
