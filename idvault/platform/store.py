"""Rows of registered platforms, monitors and web processes. A key belongs to one name for ever."""

from datetime import datetime
from typing import Any

from sqlalchemy import Integer, literal_column, select, update

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, for_change, param, scalar, statement, upsert
from idvault.core.platform import Platform
from idvault.core.tables.platform import platform_keys, platform_pages, platforms
from idvault.core.tables.sanction import moderators
from idvault.platform import rules
from idvault.platform.rules import PlatformPages, PresentedPlatform
from idvault_verify.error import NotFoundError, PreconditionError, Reason
from idvault_verify.session import ACCEPTED, Proof


def _platform(row: Any) -> Platform:
    revoked = row.revoked_at or row.moderator_revoked_at
    own = (row.name, row.role, row.actor_id, row.spki, row.registered_at)
    return Platform(*own, revoked, row.relying_party or "", proofs=_unpacked(row.proofs))


def _unpacked(proofs: str | None) -> frozenset[Proof]:
    return ACCEPTED if proofs is None else frozenset(map(Proof, proofs.split()))


MODERATOR = "moderator"
PLATFORM = "platform"
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
        (platforms.c.role == literal_column(f"'{MODERATOR}'"))
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
_NAMES: Statement[str] = statement(
    select(platforms.c.name).where(platforms.c.role == param("role")).order_by(platforms.c.name), scalar
)
_ADD_NAME = statement(upsert(platforms).on_conflict_do_nothing(index_elements=[platforms.c.name]))
_LOCK_NAME = statement(for_change(select(platforms.c.role).where(platforms.c.name == param("name"))), scalar)
_ROLE: Statement[str] = statement(select(platforms.c.role).where(platforms.c.name == param("name")), scalar)
_PROOFS: Statement[frozenset[Proof]] = statement(
    select(platforms.c.proofs).where(platforms.c.name == param("name")), lambda row: _unpacked(row.proofs)
)
_PUT_PROOFS = statement(
    update(platforms).where(platforms.c.name == param("name")).values(proofs=param("proofs"))
)
_ADD_KEY = statement(
    upsert(platform_keys)
    .on_conflict_do_nothing(index_elements=[platform_keys.c.spki])
    .returning(platform_keys.c.spki)
)
_LOCK_KEY = statement(for_change(_KEYS.where(_THE_KEY, _OF_NAME), of=platform_keys), _platform)
_REVOKE = statement(update(platform_keys).where(_THE_KEY).values(revoked_at=param("now")))

_PAGES: Statement[PlatformPages] = statement(
    select(platform_pages).where(platform_pages.c.name == param("name")),
    lambda row: PlatformPages(row.title, tuple(row.origins.splitlines()), row.colour),
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
        set_={name: _NEW_PAGES.excluded[name] for name in ("title", "origins", "colour")},
    )
)


async def check_moderator(connection: Connection, moderator_id: str) -> None:
    """Raise NotFoundError (MODERATOR_NOT_FOUND), PreconditionError (MODERATOR_REVOKED)."""
    found = await connection.all(_IS_MODERATOR, name=moderator_id)
    if len(found) != 1:
        raise NotFoundError(Reason.MODERATOR_NOT_FOUND)
    if not found[0]:
        raise PreconditionError(Reason.MODERATOR_REVOKED)


async def check_new(connection: Connection, name: str, role: str, spki: str) -> None:
    """Raise what keeps a key from being registered, as the store is now; locks nothing.

    Raises AlreadyExistsError (ILLEGAL_TRANSITION), and as `check_moderator` for a moderator's.
    """
    if role == MODERATOR:
        await check_moderator(connection, name)
    role_of_name = await connection.one(_ROLE, name=name)
    stored = await connection.one(_FIND, spki=spki)
    rules.check_key(name=name, role=role, role_of_name=role_of_name, stored=stored)


async def check_known(connection: Connection, name: str, spki: str) -> None:
    """Raise NotFoundError (ILLEGAL_TRANSITION) for a key that the name does not have."""
    found = await connection.one(_FIND, spki=spki)
    if found is None or found.name != name:
        raise NotFoundError(Reason.ILLEGAL_TRANSITION)


async def names(connection: Connection) -> list[str]:
    """Return the name of every platform that ever had a key."""
    return await connection.all(_NAMES, role=PLATFORM)


async def add_name(connection: Connection, name: str, role: str, *, actor_id: str) -> str | None:
    """Insert a name if it is new, lock it, and return its role."""
    await connection.run(_ADD_NAME, name=name, role=role, actor_id=actor_id, proofs=None)
    return await lock_name(connection, name)


async def lock_name(connection: Connection, name: str) -> str | None:
    """Lock a name and return its role, None if it is unknown."""
    return await connection.one(_LOCK_NAME, name=name)


async def add_key(connection: Connection, name: str, spki: str, *, now: datetime) -> bool:
    """Insert a key of a name; False if somebody has it."""
    row = {"spki": spki, "name": name, "registered_at": now, "revoked_at": None}
    return await connection.one(_ADD_KEY, **row) is not None


async def get(connection: Connection, spki: str) -> Platform:
    """Return a registered key."""
    return await connection.only(_FIND, spki=spki)


async def lock(connection: Connection, name: str, spki: str) -> Platform:
    """Return a key of a name, locked; raises NotFoundError (ILLEGAL_TRANSITION)."""
    found = await connection.one(_LOCK_KEY, name=name, spki=spki)
    if found is None:
        raise NotFoundError(Reason.ILLEGAL_TRANSITION)
    return found


async def revoke(connection: Connection, spki: str, *, now: datetime) -> None:
    """Store that a locked key is revoked."""
    await connection.run(_REVOKE, spki=spki, now=now)


async def keys(connection: Connection) -> list[Platform]:
    """Return every key, including revoked ones; a revoked moderator's keys count as revoked."""
    return await connection.all(_ALL)


async def put_pages(connection: Connection, name: str, *, title: str, origins: str, colour: str) -> None:
    """Replace how the pages present a platform. origins: one a line."""
    await connection.run(_PUT_PAGES, name=name, title=title, origins=origins, colour=colour)


async def pages(connection: Connection, name: str) -> PlatformPages | None:
    """Return how the pages present a platform, None if that was never set."""
    return await connection.one(_PAGES, name=name)


async def proofs(connection: Connection, name: str) -> frozenset[Proof]:
    """Return the proofs of people that a platform accepts."""
    return await connection.only(_PROOFS, name=name)


async def put_proofs(connection: Connection, name: str, accepted: frozenset[Proof]) -> None:
    """Replace the proofs of people that a locked platform accepts."""
    await connection.run(_PUT_PROOFS, name=name, proofs=" ".join(sorted(accepted)))


async def presented(connection: Connection, *, after: str, limit: int) -> list[PresentedPlatform]:
    """Return platforms that the pages present and that have a live key, by name."""
    return await connection.all(_LIST, after=after, limit=limit)


async def presented_as(connection: Connection, name: str) -> PresentedPlatform:
    """Return how the pages present one of them; raises NotFoundError (PLATFORM_NOT_FOUND)."""
    found = await connection.one(_PRESENTED_AS, name=name)
    if found is None:
        raise NotFoundError(Reason.PLATFORM_NOT_FOUND)
    return found
