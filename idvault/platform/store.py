"""The registered platforms, monitors and web processes with their pinned keys (platform.ports)."""

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Integer, literal_column, select, update

from idvault.core import log_entry
from idvault.core import person_request as member_request
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.platform import Platform
from idvault.core.request import Request
from idvault.core.tables.platform import platform_keys, platform_pages, platforms
from idvault.core.tables.sanction import moderators
from idvault.platform.ports import PlatformPages, PresentedPlatform
from idvault.verify.clock import ClockReading
from idvault.verify.error import AlreadyExistsError, NotFoundError, PreconditionError, Reason
from idvault.verify.event import Event


def _platform(row: Any) -> Platform:
    revoked = row.revoked_at or row.moderator_revoked_at
    own = (row.name, row.role, row.actor_id, row.spki, row.registered_at)
    return Platform(*own, revoked, row.relying_party or "")


_MODERATOR = "moderator"
_KEYS = (
    select(
        platforms,
        platform_keys.c.spki,
        platform_keys.c.registered_at,
        platform_keys.c.revoked_at,
        moderators.c.relying_party,
        moderators.c.revoked_at.label("moderator_revoked_at"),
    )
    .join(platform_keys, platform_keys.c.name == platforms.c.name)
    .outerjoin(
        moderators,
        (platforms.c.role == literal_column(f"'{_MODERATOR}'"))
        & (moderators.c.moderator_id == platforms.c.name),
    )
)
_IS_MODERATOR: Statement[bool] = statement(
    select(moderators.c.revoked_at).where(moderators.c.moderator_id == param("name")),
    lambda row: row.revoked_at is None,
)
_THE_KEY = platform_keys.c.spki == param("spki")
_OF_NAME = platform_keys.c.name == param("name")

_ALL = statement(
    _KEYS.order_by(platforms.c.name, platform_keys.c.registered_at, platform_keys.c.spki), _platform
)
_FIND = statement(_KEYS.where(_THE_KEY), _platform)
_ADD_NAME = statement(upsert(platforms).on_conflict_do_nothing(index_elements=[platforms.c.name]))
_LOCK_NAME = statement(for_change(select(platforms.c.role).where(platforms.c.name == param("name"))), scalar)
_ADD_KEY = statement(
    upsert(platform_keys)
    .on_conflict_do_nothing(index_elements=[platform_keys.c.spki])
    .returning(platform_keys.c.spki)
)
_LOCK_KEY = statement(for_change(_KEYS.where(_THE_KEY, _OF_NAME), of=platform_keys), _platform)
_REVOKE = statement(update(platform_keys).where(_THE_KEY).values(revoked_at=param("now")))

_PLATFORM = "platform"
_PAGES: Statement[PlatformPages] = statement(
    select(platform_pages.c.title, platform_pages.c.origins).where(platform_pages.c.name == param("name")),
    lambda row: PlatformPages(row.title, tuple(row.origins.splitlines())),
)
_HAS_KEY = (
    select(platform_keys.c.spki)
    .where(platform_keys.c.name == platform_pages.c.name, platform_keys.c.revoked_at.is_(None))
    .exists()
)
_PRESENTED = select(platform_pages.c.name, platform_pages.c.title).where(_HAS_KEY)
_LIST: Statement[PresentedPlatform] = statement(
    _PRESENTED.where(platform_pages.c.name > param("after"))
    .order_by(platform_pages.c.name)
    .limit(param("limit", Integer)),
    lambda row: PresentedPlatform(row.name, row.title or row.name),
)
_PRESENTED_AS: Statement[PresentedPlatform] = statement(
    _PRESENTED.where(platform_pages.c.name == param("name")),
    lambda row: PresentedPlatform(row.name, row.title or row.name),
)
_NEW_PAGES = upsert(platform_pages)
_PUT_PAGES = statement(
    _NEW_PAGES.on_conflict_do_update(
        index_elements=[platform_pages.c.name],
        set_={"title": _NEW_PAGES.excluded.title, "origins": _NEW_PAGES.excluded.origins},
    )
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlPlatformStore:
    """Platforms in the main database. A key belongs to one name forever."""

    database: Database

    @act("platform.register")
    async def register(
        self,
        connection: Connection,
        platform: Platform,
        *,
        now: ClockReading,
        event: Event,
        request: Request | None = None,
    ) -> Platform:
        """Store a key with its event and return it as stored."""
        if await _is_repeated(connection, request, now):
            return await _get(connection, platform.spki)
        return await _register(connection, platform, now, event)

    @act("platform.revoke")
    async def revoke(
        self,
        connection: Connection,
        *,
        name: str,
        spki: str,
        now: ClockReading,
        event: Event,
        request: Request | None = None,
    ) -> Platform:
        """Revoke a key with its event; raises NotFoundError if it is unknown."""
        await _is_repeated(connection, request, now)
        stored = await connection.one(_LOCK_KEY, name=name, spki=spki)
        if stored is None:
            raise NotFoundError(Reason.ILLEGAL_TRANSITION)
        if stored.revoked_at is not None:
            return stored
        await connection.run(_REVOKE, spki=spki, now=now.business)
        await log_entry.append(connection, _about(event, stored))
        return replace(stored, revoked_at=now.business)

    @act("platform.present")
    async def present(self, connection: Connection, pages: PlatformPages, *, name: str, event: Event) -> None:
        """Replace how the pages present a platform."""
        if await connection.one(_LOCK_NAME, name=name) != _PLATFORM:
            raise NotFoundError(Reason.ILLEGAL_TRANSITION)
        if await connection.one(_PAGES, name=name) == pages:
            return
        origins = "\n".join(pages.origins)
        await connection.run(_PUT_PAGES, name=name, title=pages.title, origins=origins)
        await log_entry.append(connection, event.with_fields(name=name, title=pages.title, origins=origins))

    @read("platform.pages")
    async def pages(self, connection: Connection, *, name: str) -> PlatformPages:
        """Return how the pages present a platform."""
        return await connection.one(_PAGES, name=name) or PlatformPages()

    @read("platform.presented")
    async def presented(self, connection: Connection, *, after: str, limit: int) -> list[PresentedPlatform]:
        """Return platforms that the pages present, by name."""
        return await connection.all(_LIST, after=after, limit=limit)

    @read("platform.presented_as")
    async def presented_as(self, connection: Connection, *, name: str) -> PresentedPlatform:
        """Return how the pages present one of them; raises NotFoundError."""
        found = await connection.one(_PRESENTED_AS, name=name)
        if found is None:
            raise NotFoundError(Reason.PLATFORM_NOT_FOUND)
        return found

    @read("platform.all")
    async def all(self, connection: Connection) -> list[Platform]:
        """Return every key, including revoked ones."""
        return await connection.all(_ALL)


async def _is_repeated(connection: Connection, request: Request | None, now: ClockReading) -> bool:
    return request is not None and await member_request.remember(connection, request, now=now) is not None


async def _register(connection: Connection, asked: Platform, now: ClockReading, event: Event) -> Platform:
    if asked.role == _MODERATOR:
        await _check_moderator(connection, asked.name)
    await connection.run(_ADD_NAME, name=asked.name, role=asked.role, actor_id=asked.actor_id)
    if await connection.one(_LOCK_NAME, name=asked.name) != asked.role:
        raise AlreadyExistsError(Reason.ILLEGAL_TRANSITION)
    new = await connection.one(
        _ADD_KEY, spki=asked.spki, name=asked.name, registered_at=now.business, revoked_at=None
    )
    stored = await _get(connection, asked.spki)
    if stored.name != asked.name or stored.revoked_at is not None:
        raise AlreadyExistsError(Reason.ILLEGAL_TRANSITION)
    if new is not None:
        await log_entry.append(connection, _about(event, stored))
    return stored


async def _check_moderator(connection: Connection, moderator_id: str) -> None:
    found = await connection.all(_IS_MODERATOR, name=moderator_id)
    if len(found) != 1:
        raise NotFoundError(Reason.MODERATOR_NOT_FOUND)
    if not found[0]:
        raise PreconditionError(Reason.MODERATOR_REVOKED)


async def _get(connection: Connection, spki: str) -> Platform:
    (found,) = await connection.all(_FIND, spki=spki)
    return found


def _about(event: Event, platform: Platform) -> Event:
    return event.with_fields(name=platform.name, role=platform.role, spki=platform.spki)
