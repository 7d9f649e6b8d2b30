"""Writes changed reports, each with the events of what has changed."""

from collections.abc import Sequence
from functools import partial

from idvault.core.db.connection import Connection
from idvault.log.store import entry as log
from idvault.tip_off.ports import EventMaker, Rule
from idvault.tip_off.rules import history
from idvault.tip_off.rules import tip_off as rules
from idvault.tip_off.store import rows
from idvault.verify.clock import ClockReading
from idvault.verify.tip_off import TipOff


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
