"""The registered platforms and monitors with their pinned keys (ports.platform)."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Row, Select, select, update

from idvault.domain.error import AlreadyExistsError, NotFoundError, Reason
from idvault.domain.event import Event
from idvault.domain.moment import Moment
from idvault.domain.request import Request
from idvault.ports.platform import Platform
from idvault.storage.base.connection import Connection
from idvault.storage.base.database import Database
from idvault.storage.base.locking import for_change
from idvault.storage.dialect import insert_if_absent
from idvault.storage.log import entry as log
from idvault.storage.people import request as person_request
from idvault.storage.platform.tables import platform_keys, platforms


class SqlPlatformStore:
    """Platforms in the main database. A key belongs to one name for ever."""

    def __init__(self, *, database: Database) -> None:
        """Take the main database."""
        self._database = database

    async def register(
        self, platform: Platform, *, now: Moment, event: Event, request: Request | None = None
    ) -> Platform:
        """Store a key with its event and return it as stored."""

        async def work(connection: Connection) -> Platform:
            if await _is_repeated(connection, request, now):
                return await _get(connection, platform.spki)
            return await _register(connection, platform, now, event)

        return await self._database.act("platform.register", work)

    async def revoke(
        self, *, name: str, spki: str, now: Moment, event: Event, request: Request | None = None
    ) -> Platform:
        """Revoke a key with its event; raises NotFoundError if it is unknown."""

        async def work(connection: Connection) -> Platform:
            await _is_repeated(connection, request, now)
            return await _revoke(connection, name, spki, now, event)

        return await self._database.act("platform.revoke", work)

    async def all(self) -> list[Platform]:
        """Return every key, revoked ones too."""
        query = _query().order_by(platforms.c.name, platform_keys.c.registered_at, platform_keys.c.spki)

        async def read(connection: Connection) -> list[Platform]:
            return [_platform(row) for row in await connection.execute(query)]

        return await self._database.read("platform.all", read)


async def _is_repeated(connection: Connection, request: Request | None, now: Moment) -> bool:
    return request is not None and await person_request.remember(connection, request, now=now) is not None


async def _register(connection: Connection, asked: Platform, now: Moment, event: Event) -> Platform:
    await insert_if_absent(connection, platforms, name=asked.name, role=asked.role, actor_id=asked.actor_id)
    known = (
        await connection.execute(for_change(select(platforms).where(platforms.c.name == asked.name)))
    ).one()
    if known.role != asked.role:
        raise AlreadyExistsError(Reason.ILLEGAL_TRANSITION)
    new = await insert_if_absent(
        connection,
        platform_keys,
        spki=asked.spki,
        name=asked.name,
        registered_at=now.business,
        revoked_at=None,
    )
    stored = await _get(connection, asked.spki)
    if stored.name != asked.name or stored.revoked_at is not None:
        raise AlreadyExistsError(Reason.ILLEGAL_TRANSITION)
    if new:
        await log.append(connection, _about(event, stored))
    return stored


async def _revoke(connection: Connection, name: str, spki: str, now: Moment, event: Event) -> Platform:
    is_key = (platform_keys.c.spki == spki) & (platform_keys.c.name == name)
    row = (await connection.execute(for_change(select(platform_keys).where(is_key)))).first()
    if row is None:
        raise NotFoundError(Reason.ILLEGAL_TRANSITION)
    stored = await _get(connection, spki)
    if stored.revoked_at is not None:
        return stored
    await connection.execute(update(platform_keys).where(is_key).values(revoked_at=now.business))
    await log.append(connection, _about(event, stored))
    return replace(stored, revoked_at=now.business)


async def _get(connection: Connection, spki: str) -> Platform:
    return _platform((await connection.execute(_query().where(platform_keys.c.spki == spki))).one())


def _query() -> Select[Any]:
    return select(
        platforms,
        platform_keys.c.spki,
        platform_keys.c.registered_at,
        platform_keys.c.revoked_at,
    ).join(platform_keys, platform_keys.c.name == platforms.c.name)


def _platform(row: Row[Any]) -> Platform:
    return Platform(row.name, row.role, row.actor_id, row.spki, row.registered_at, row.revoked_at)


def _about(event: Event, platform: Platform) -> Event:
    return event.with_fields(name=platform.name, role=platform.role, spki=platform.spki)
