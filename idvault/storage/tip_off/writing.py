"""Writes changed reports, each with the events of what has changed."""

from collections.abc import Sequence
from functools import partial

from idvault.domain.clock import ClockReading
from idvault.domain.tip_off import history
from idvault.domain.tip_off import tip_off as rules
from idvault.domain.tip_off.tip_off import TipOff
from idvault.ports.tip_off import EventMaker, Rule
from idvault.storage.base.connection import Connection
from idvault.storage.log import entry as log
from idvault.storage.tip_off import rows


async def write(
    connection: Connection, stored: TipOff, rule: Rule, make: EventMaker, now: ClockReading
) -> TipOff:
    """Store what a rule makes of a locked report, after the reminders that are due; return it."""
    present = rules.fall(tip_off=stored, now=now.business)
    changed = rule(present)
    if changed == stored:
        return stored
    await rows.put(connection, changed)
    for before, after in ((stored, present), (present, changed)):
        for kind, fields in history.happenings(before, after):
            await log.append(connection, make(kind, fields))
    return changed


async def join(
    connection: Connection, merged: Sequence[TipOff], into: TipOff, make: EventMaker, now: ClockReading
) -> list[TipOff]:
    """Bring merged reports to the state of the report that they belong to; return them."""
    rule = partial(rules.join, into=into, now=now.business)
    return [await write(connection, one, lambda it: rule(tip_off=it), make, now) for one in merged]
