"""A worker that has run all along: it has looked whenever an entry of a status list was to turn."""

from datetime import datetime, timedelta, tzinfo

from sqlalchemy import select

from idvault.core.act import Vault
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.tables.credential import status_credentials
from idvault.status.credential import acts
from idvault.status.credential.rules import AT_ONCE
from idvault_verify.clock import ClockReading

_AT = status_credentials.c.turns_at
_SOONEST = AT_ONCE + timedelta(microseconds=1)
_WAITING: Statement[datetime] = statement(
    select(_AT).where(_AT.between(_SOONEST, param("until"))).distinct().order_by(_AT), scalar
)


async def waiting(vault: Vault, until: datetime) -> list[datetime]:
    """Return the times that were drawn, up to a real time."""
    return await vault.read("test", lambda one: one.all(_WAITING, until=until))


async def looked(vault: Vault, until: ClockReading, zone: tzinfo) -> None:
    """Update the lists at each time that was drawn, up to a time."""
    for each in await waiting(vault, until.real):
        now = ClockReading(until.business - (until.real - each), each)
        while await acts.update(vault, now, today=now.today(zone), limit=9):
            pass
