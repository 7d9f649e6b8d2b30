"""Registers and revokes the certificate keys of platforms, monitors and web processes; what platforms state.

Registering is refused while the log is unavailable, like every change. Revoking is not: it only removes
access, and it must be possible when something is wrong.
"""

from collections.abc import Collection
from dataclasses import replace

from idvault.core.act import Actor, MemberAsking, Tx, Vault, act, known, member_mutation, unless_repeated
from idvault.core.platform import Platform
from idvault.core.request import MemberAsked
from idvault.core.second_factor import SecondFactorCheck
from idvault.platform import rules, store
from idvault.platform.rules import PlatformPages, PresentedPlatform
from idvault_verify import return_address
from idvault_verify.clock import ClockReading
from idvault_verify.error import (
    FieldCode,
    InvalidError,
    NotFoundError,
    Reason,
    Violation,
)
from idvault_verify.event import EventType
from idvault_verify.session import Proof


@member_mutation("platform.register", again=lambda one, _answer, _name, _role, spki: store.get(one, spki))
async def _register(tx: Tx, name: str, role: str, spki: str) -> Platform:
    connection = tx.connection
    if role == store.MODERATOR:
        await store.check_moderator(connection, name)
    found = await store.add_name(connection, name, role, actor_id=tx.events.new_id())
    is_new = await store.add_key(connection, name, spki, now=tx.now.business)
    stored = await store.get(connection, spki)
    rules.check_key(name=name, role=role, role_of_name=found, stored=stored)
    if is_new:
        await tx.log(EventType.PLATFORM_REGISTER, name=name, role=role, spki=spki)
    else:
        tx.unchanged("the key is registered")
    return stored


async def register(
    vault: Vault, by: MemberAsking, now: ClockReading, *, name: str, role: str, spki: str
) -> Platform:
    """Pin a certificate key; a registered one stays as it is, and a known name keeps its actor id.

    Raises InvalidError for a name that nobody can have (platform.rules), AlreadyExistsError for a revoked key
    and for a name of another role, NotFoundError (MODERATOR_NOT_FOUND), PreconditionError (MODERATOR_REVOKED)
    and UnavailableError.
    """
    rules.check_platform(name)
    return await _register(vault, by, now, name, role, spki)


@member_mutation("platform.revoke", again=lambda one, _answer, name, spki: store.lock(one, name, spki))
async def _revoke(tx: Tx, name: str, spki: str) -> Platform:
    found = await store.lock(tx.connection, name, spki)
    if found.revoked_at is not None:
        tx.unchanged("the key is revoked")
        return found
    await store.revoke(tx.connection, spki, now=tx.now.business)
    await tx.log(EventType.PLATFORM_REVOKE, name=found.name, role=found.role, spki=found.spki)
    return replace(found, revoked_at=tx.now.business)


async def revoke(vault: Vault, by: MemberAsking, now: ClockReading, name: str, spki: str) -> Platform:
    """Revoke a pinned key, also without the log; raises NotFoundError (ILLEGAL_TRANSITION)."""
    return await _revoke.run(vault, by, now, by.request(vault.fingerprinter), name, spki)


async def register_with_code(
    vault: Vault,
    call: MemberAsked,
    now: ClockReading,
    *,
    name: str,
    role: str,
    spki: str,
    code: str,
    second_factor: SecondFactorCheck,
) -> Platform:
    """Pin a key as an operator asks; a repeat needs no code. Raises as `register` and the code's check."""
    rules.check_platform(name)
    await vault.guard.check(now=now)
    request = call.request(vault.fingerprinter)
    if await known(vault, request) is None:
        # No code is spent on what would be refused.
        await vault.read("platform.check_new", lambda one: store.check_new(one, name, role, spki))
        async with unless_repeated(vault, request):
            await second_factor.check(actor_id=call.actor_id, code=code, now=now)
    return await _register.run(vault, call, now, request, name, role, spki)


async def revoke_with_code(
    vault: Vault,
    call: MemberAsked,
    now: ClockReading,
    name: str,
    spki: str,
    *,
    code: str,
    second_factor: SecondFactorCheck,
) -> Platform:
    """Revoke a key as an operator asks; a repeat needs no code. Raises as `revoke` and the code's check."""
    request = call.request(vault.fingerprinter)
    if await known(vault, request) is None:
        # No code is spent on what would be refused.
        await vault.read("platform.check_known", lambda one: store.check_known(one, name, spki))
        async with unless_repeated(vault, request):
            await second_factor.check(actor_id=call.actor_id, code=code, now=now)
    return await _revoke.run(vault, call, now, request, name, spki)


@act("platform.present")
async def _present(tx: Tx, name: str, pages: PlatformPages) -> None:
    if await store.lock_name(tx.connection, name) != store.PLATFORM:
        raise NotFoundError(Reason.ILLEGAL_TRANSITION)
    if await store.pages(tx.connection, name) == pages:
        tx.unchanged("the platform is presented so")
        return
    title, origins = pages.title, "\n".join(pages.origins)
    await store.put_pages(tx.connection, name, title=title, origins=origins, colour=pages.colour)
    # The colour is mere presentation: the entry says that the pages changed, and what names and leads people.
    await tx.log(EventType.PLATFORM_PRESENT, name=name, title=title, origins=origins)


async def present(
    vault: Vault,
    by: Actor,
    now: ClockReading,
    name: str,
    *,
    title: str,
    origins: tuple[str, ...],
    colour: str = "",
) -> None:
    """Replace how the pages present a platform, and where they may send a browser.

    Raises InvalidError (title, return_origin, colour), NotFoundError for an unknown platform and for the name
    of another role, UnavailableError.
    """
    return_address.check_title(title)
    if len(origins) > return_address.ORIGINS:
        raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("return_origin", FieldCode.LENGTH))
    checked = tuple(return_address.check_origin(each) for each in dict.fromkeys(origins))
    pages = PlatformPages(title, checked, return_address.check_colour(colour))
    await vault.guard.check(now=now)
    await _present(vault, by, now, name, pages)


@act("platform.accept")
async def _accept(tx: Tx, name: str, proofs: frozenset[Proof]) -> None:
    if await store.lock_name(tx.connection, name) != store.PLATFORM:
        raise NotFoundError(Reason.ILLEGAL_TRANSITION)
    if await store.proofs(tx.connection, name) == proofs:
        tx.unchanged("the platform accepts these")
        return
    await store.put_proofs(tx.connection, name, proofs)
    await tx.log(EventType.PLATFORM_ACCEPT, name=name, proofs=" ".join(sorted(proofs)))


async def accept(
    vault: Vault,
    by: Actor,
    now: ClockReading,
    name: str,
    *,
    proofs: Collection[Proof],
    separate_persons: bool = False,
) -> None:
    """Replace the proofs of people that a platform accepts (platform.rules).

    Edges heed it a second later; a session that was made before goes on. Raises InvalidError (proof),
    NotFoundError for an unknown platform and for the name of another role, UnavailableError.
    """
    checked = rules.check_proofs(proofs=proofs, separate_persons=separate_persons)
    await vault.guard.check(now=now)
    await _accept(vault, by, now, name, checked)


async def keys(vault: Vault) -> list[Platform]:
    """Return every key, including revoked ones; a revoked moderator's keys count as revoked."""
    return await vault.read("platform.all", store.keys)


async def names(vault: Vault) -> list[str]:
    """Return the names of all platforms, also of those whose keys are revoked."""
    return await vault.read("platform.names", store.names)


async def pages(vault: Vault, name: str) -> PlatformPages:
    """Return how the pages present a platform; without origins if that was never set."""
    return await vault.read("platform.pages", lambda one: store.pages(one, name)) or PlatformPages()


async def presented(vault: Vault, *, after: str, limit: int) -> list[PresentedPlatform]:
    """Return up to limit platforms whose names follow `after`, by name.

    Only those that `present` was called for and that have a key which is not revoked.
    """
    return await vault.read("platform.presented", lambda one: store.presented(one, after=after, limit=limit))


async def presented_as(vault: Vault, name: str) -> PresentedPlatform:
    """Return one platform of `presented`; raises NotFoundError (PLATFORM_NOT_FOUND)."""
    return await vault.read("platform.presented_as", lambda one: store.presented_as(one, name))
