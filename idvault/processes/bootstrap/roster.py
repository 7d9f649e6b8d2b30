"""Builds the live roster of a process: reads and follows it; counts what waits for a hand-over."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack
from functools import partial

from idvault.core.db.database import Database
from idvault.core.telemetry.logs import describe, log
from idvault.core.telemetry.watching import cancel
from idvault.custody.handover import acts as handover_acts
from idvault.custody.handover import store as handover_store
from idvault.custody.handover.acts import Count
from idvault.people import store as people_store
from idvault.people.acts import RosterHolder
from idvault.processes.bootstrap.base import Base
from idvault.processes.bootstrap.vault import vault_of
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.people.roster_chain import WatchedChain
from idvault_verify.attest.reading import RosterError
from idvault_verify.error import IdvaultError

_PERIOD = 0.5

Changed = Callable[[], Awaitable[None]]


async def read_rosters(base: Base, *, keys: Collection[bytes] = ()) -> RosterHolder:
    """Return the roster holder, which has not adopted anything yet.

    keys: the Ed25519 keys of this process, which no witness may have. Raises RosterError if file or database
    do not verify.
    """
    settings = base.settings
    origin = settings.log_origin or settings.trust_domain
    holder = RosterHolder(
        vault=vault_of(base.main),
        chain=WatchedChain(settings.roster),
        accept=partial(check_purpose, development=settings.development, origin=origin, keys=keys),
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


async def count_records(main: Database, versions: Callable[[], Sequence[Roster]]) -> Count:
    """Return how many records each quorum's custodians hold the shares of."""
    # Read before the hand-overs: each quorum in it was stored with its holders, so the later read has them
    # all.
    by_quorum = await main.read("handover.by_quorum", handover_store.by_quorum)
    handed = await main.read("handover.handed", people_store.handed)
    ended = await main.read("handover.ended", handover_store.ended)
    return handover_acts.count(versions(), by_quorum=by_quorum, handed=handed, ended=ended)
