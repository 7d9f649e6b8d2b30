"""Withdraws an announced version of a key that is lost."""

from datetime import datetime, timedelta

from idvault.core.config import Settings
from idvault.core.db.clock import SqlServerClock
from idvault.core.db.database import Database
from idvault.core.event_factory import EventFactory
from idvault.key.acts import WithdrawalFlow
from idvault.key.store.sealed import SqlEndingStore
from idvault.key.store.version import SqlKeyVersionStore
from idvault.processes.bootstrap.base import ENTROPY, load_keys, urls
from idvault.processes.bootstrap.key.rewrap import rewrap_flows
from idvault.processes.bootstrap.operator import main_database
from idvault.sealing import key_version as rules
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.key_version import KeyVersion
from idvault.verify.clock import ClockReading

_REQUESTS = {Purpose.REQUEST: "requests", Purpose.PERSON_REQUEST: "person_requests"}
_AFTER_ALL = timedelta(days=1)


def withdrawal_flow(
    main: Database, keys: LocalKeyProvider, purpose: Purpose, *, now: ClockReading
) -> WithdrawalFlow:
    """Return the withdrawal of one purpose's newest version; raises KeyMissingError."""
    keys.keys(purpose)

    async def stored(version: KeyVersion, since: datetime) -> int:
        ending = SqlEndingStore(database=main)
        if purpose is Purpose.TIP_OFF:
            return (await ending.tip_offs()).get(version.version, 0)
        if purpose in _REQUESTS:
            table, until = _REQUESTS[purpose], now.business + _AFTER_ALL
            before = await ending.requests_before(table=table, before=since)
            return await ending.requests_before(table=table, before=max(until, since)) - before
        return (await rewrap_flows(main, keys)[purpose].counts()).get(version.version, 0)

    return WithdrawalFlow(
        purpose=purpose.value,
        versions=SqlKeyVersionStore(database=main),
        events=EventFactory(entropy=ENTROPY),
        stored=stored,
    )


async def withdraw(settings: Settings, *, purpose: str, now: ClockReading) -> int:
    """Withdraw the newest version of a purpose, which the file of IDVAULT_KEYS lacks; return its number.

    Raises KeyKeptError, KeyClockError.
    """
    keys = load_keys(settings)
    async with main_database(settings) as main:
        theirs = await SqlServerClock(database=main, url=urls(settings)[0]).read()
        rules.check_clock(theirs=theirs, now=now.real)
        flow = withdrawal_flow(main, keys, Purpose(purpose), now=now)
        return await flow.withdraw(held=await keys.held(), now=now)
