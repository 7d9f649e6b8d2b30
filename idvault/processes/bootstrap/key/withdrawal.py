"""Withdraws an announced version of a key that is lost."""

from datetime import datetime, timedelta

from idvault.core.act import Vault
from idvault.core.config import Settings
from idvault.core.db.clock import SqlServerClock
from idvault.key.acts import version as acts
from idvault.key.acts.rewrap import reports_end, requests_before
from idvault.processes.bootstrap.base import load_keys, urls
from idvault.processes.bootstrap.key.rewrap import rewrappings
from idvault.processes.bootstrap.operator import main_database
from idvault.processes.bootstrap.vault import vault_of
from idvault.sealing import key_version as rules
from idvault.sealing.key_provider import LocalKeyProvider
from idvault.sealing.key_set import Purpose
from idvault.sealing.key_version import KeyVersion
from idvault_verify.clock import ClockReading

_REQUESTS = {Purpose.REQUEST: "requests", Purpose.PERSON_REQUEST: "person_requests"}
_AFTER_ALL = timedelta(days=1)


async def withdraw_newest(
    vault: Vault, keys: LocalKeyProvider, purpose: Purpose, *, now: ClockReading
) -> int:
    """Withdraw the newest version of a purpose; raises KeyMissingError, KeyKeptError."""
    keys.keys(purpose)

    async def stored(version: KeyVersion, since: datetime) -> int:
        if purpose is Purpose.TIP_OFF:
            return await reports_end(vault, version)
        if purpose in _REQUESTS:
            table, until = _REQUESTS[purpose], now.business + _AFTER_ALL
            before = await requests_before(vault, table, since)
            return await requests_before(vault, table, max(until, since)) - before
        return (await rewrappings(vault, keys)[purpose].counts()).get(version.version, 0)

    return await acts.withdraw(vault, purpose.value, now, held=await keys.held(), stored=stored)


async def withdraw(settings: Settings, *, purpose: str, now: ClockReading) -> int:
    """Withdraw the newest version of a purpose, which the file of IDVAULT_KEYS lacks; return its number.

    Raises KeyKeptError, KeyClockError.
    """
    keys = load_keys(settings)
    async with main_database(settings) as main:
        theirs = await SqlServerClock(database=main, url=urls(settings)[0]).read()
        rules.check_clock(theirs=theirs, now=now.real)
        return await withdraw_newest(vault_of(main), keys, Purpose(purpose), now=now)
