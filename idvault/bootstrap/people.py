"""Builds what roster members use: the live roster, RosterService and second factors."""

import asyncio
from collections.abc import Awaitable, Callable, Collection
from contextlib import AsyncExitStack
from dataclasses import dataclass

from idvault.api.edge.directory import Pin
from idvault.api.edge.server import Service
from idvault.api.people import RosterServicer
from idvault.attest.reading import RosterError
from idvault.attest.roster import Roster
from idvault.attest.roster_chain import WatchedChain
from idvault.bootstrap.base import ENTROPY, Base, cancel
from idvault.domain.error import IdvaultError
from idvault.flows.log.guard import LogGuard
from idvault.flows.people.roster import RosterFlow
from idvault.flows.people.roster_holder import RosterHolder
from idvault.flows.people.second_factor import SecondFactorFlow
from idvault.flows.platform import OperatorFlow, PlatformFlow
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.request import KeyedFingerprinter
from idvault.sealing.second_factor import TotpSealer
from idvault.storage.people.request import SqlMemberRequestStore
from idvault.storage.people.roster import SqlRosterStore
from idvault.storage.people.second_factor import SqlSecondFactorStore
from idvault.storage.platform.store import SqlPlatformStore
from idvault.telemetry.logs import describe, log
from idvault.v1 import roster_pb2

_PERIOD = 0.5

Changed = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class People:
    """RosterService and the second factors of a custody edge."""

    service: Service
    second_factors: SecondFactorFlow


async def read_rosters(base: Base, *, keys: Collection[bytes] = ()) -> RosterHolder:
    """Return the roster holder, which has not adopted anything yet.

    keys: the Ed25519 keys of this process, which no witness may have. Raises RosterError if file or database
    do not verify.
    """
    settings = base.settings
    chain = WatchedChain(settings.roster)
    holder = RosterHolder(
        store=SqlRosterStore(database=base.main),
        chain=chain,
        accept=lambda newest: check_purpose(
            newest,
            development=settings.development,
            origin=settings.log_origin or settings.trust_domain,
            keys=keys,
        ),
        entropy=ENTROPY,
        alarm=lambda version, why: log().error("roster_refused", version=version, why=why),
    )
    await holder.read()
    return holder


def check_purpose(newest: Roster, *, development: bool, origin: str, keys: Collection[bytes]) -> None:
    """Raise RosterError unless a version may be in force in this process.

    Checked before adoption: an adopted roster is permanent, a development quorum may be a single member, and
    without witnesses, or with the vault itself as one, nobody would notice a second copy of the log.
    """
    if newest.development and not development:
        raise RosterError(f"version {newest.version} is for development, but IDVAULT_DEVELOPMENT is not 1")
    if not development:
        newest.check_in_force()
        newest.check_apart(origin=origin, keys=keys)


def follow_rosters(stack: AsyncExitStack, base: Base, rosters: RosterHolder, *changed: Changed) -> None:
    """Check for new versions twice a second until the stack closes; call `changed` after each new version."""
    stack.push_async_callback(cancel, asyncio.create_task(_follow(base, rosters, changed)))


async def _follow(base: Base, rosters: RosterHolder, changed: tuple[Changed, ...]) -> None:
    while True:
        await asyncio.sleep(_PERIOD)
        try:
            if await rosters.refresh(now=base.clock()):
                log().info("roster_adopted", version=rosters.current.version)
                for tell in changed:
                    await tell()
        except (IdvaultError, OSError, ValueError) as error:
            log().warning("roster_not_read", **describe(error))


def pins(rosters: RosterHolder) -> list[Pin]:
    """Return the certificate keys of the current roster's members."""
    return [Pin(found.name, found.role, found.actor_id, found.spki) for found in rosters.current.people]


async def build_people(
    base: Base, rosters: RosterHolder, *, keys: LocalKeyProvider, guard: LogGuard
) -> People:
    """Build RosterService and the second factors; keys: the custody edge's."""
    fingerprinter = KeyedFingerprinter(key=keys.primary(Purpose.PERSON_REQUEST))
    flow = RosterFlow(
        store=SqlRosterStore(database=base.main),
        holder=rosters,
        fingerprinter=fingerprinter,
        guard=guard,
        entropy=ENTROPY,
    )
    await flow.complete(now=base.clock())
    second_factors = SecondFactorFlow(
        store=SqlSecondFactorStore(database=base.main),
        requests=SqlMemberRequestStore(database=base.main),
        sealer=TotpSealer(keys=keys, entropy=ENTROPY),
        fingerprinter=fingerprinter,
        guard=guard,
        entropy=ENTROPY,
        roster_member=rosters.member,
        on_refused=base.metrics.second_factor_refused,
    )
    operator = OperatorFlow(
        platforms=PlatformFlow(store=SqlPlatformStore(database=base.main), guard=guard, entropy=ENTROPY),
        fingerprinter=fingerprinter,
    )
    servicer = RosterServicer(rosters=flow, platforms=operator, second_factors=second_factors)
    return People(Service(roster_pb2.DESCRIPTOR.services_by_name["RosterService"], servicer), second_factors)
