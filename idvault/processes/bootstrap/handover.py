"""Counts the records that wait for a hand-over, for the worker and the doctor."""

import asyncio
from collections.abc import Callable, Sequence
from functools import partial

from idvault.core.config import Settings
from idvault.core.db.database import Database
from idvault.custody.handover import acts as handover_acts
from idvault.custody.handover import store
from idvault.custody.handover.acts import Count
from idvault.people import store as people_store
from idvault_verify.attest.people import roster as rosters
from idvault_verify.attest.people import roster_chain
from idvault_verify.attest.people.roster import Roster
from idvault_verify.attest.reading import RosterError


async def check_handed_over(settings: Settings, main: Database) -> None:
    """Raise AilmentError if a custodian has yet to hand over; an invalid roster is left to another check."""
    try:
        versions = await asyncio.to_thread(roster_chain.load_all, settings.roster)
        newer = partial(people_store.after, version=len(versions))
        for row in await main.read("roster.after", newer):
            following = roster_chain.verified((rosters.parse(row.file),), previous=versions[-1])
            versions = (*versions, *following)
    except (RosterError, OSError):
        return
    handover_acts.check_handed_over(await count_records(main, lambda: versions))


async def count_records(main: Database, versions: Callable[[], Sequence[Roster]]) -> Count:
    """Return how many records each quorum's custodians hold the shares of."""
    # Read before the hand-overs: each quorum in it was stored with its holders, so the later read has them
    # all.
    by_quorum = await main.read("handover.by_quorum", store.by_quorum)
    handed = await main.read("handover.handed", people_store.handed)
    ended = await main.read("handover.ended", store.ended)
    return handover_acts.count(versions(), by_quorum=by_quorum, handed=handed, ended=ended)
