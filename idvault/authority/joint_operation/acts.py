"""Opens and reads joint operations; what belongs to one is the platforms' own, and only counted here."""

from collections.abc import Sequence
from datetime import date

from idvault.authority import acts as authority_acts
from idvault.authority import rules as authority_rules
from idvault.authority import store as authority_store
from idvault.authority.acts import AuthorityContext
from idvault.authority.joint_operation import rules, store
from idvault.authority.joint_operation.rules import JointOperation, PlatformCount
from idvault.core.act import Tx, Vault, known, member_mutation
from idvault.core.db.connection import Connection
from idvault.core.request import MemberAsked
from idvault.disclosure.store import rows as disclosure_rows
from idvault.people import rules as people_rules
from idvault_verify.attest import order as papers
from idvault_verify.attest.order import JointTerms
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType

_FIELD = "signed_operation"


async def _again(
    connection: Connection, _answer: bytes, operation: JointOperation, *_: object
) -> JointOperation:
    return await store.get(connection, operation.issuer, operation.operation_id)


@member_mutation("joint_operation.open", again=_again)
async def open_stored(tx: Tx, operation: JointOperation, terms: JointTerms, today: date) -> JointOperation:
    """Store an operation that was checked before, for each of its platforms.

    Raises ExhaustedError (TOO_MANY_ATTEMPTS), NotFoundError (PLATFORM_NOT_FOUND), and AlreadyExistsError
    (REQUEST_ID_REUSED) if it was opened before.
    """
    used = await disclosure_rows.charge(
        tx.connection, actor_id=operation.issuer, day=today, daily=authority_rules.MOST_CALLS_A_DAY
    )
    authority_rules.check_budget(used=used)
    await authority_store.check_platforms(tx.connection, terms.platforms)
    await store.add(tx.connection, operation, title=terms.title, platforms=terms.platforms)
    await tx.log(EventType.OPERATION_JOIN, operation_id=operation.operation_id, operation=operation.signed)
    return operation


async def begin(
    context: AuthorityContext, call: MemberAsked, now: ClockReading, *, signed: bytes, code: str
) -> JointOperation:
    """Open an operation; a repeat needs no code. Raises InvalidError, PreconditionError and others."""
    vault = context.vault
    await vault.guard.check(now=now)
    member = context.rosters.member(call.actor_id)
    terms = papers.parse_operation(signed)
    terms.check()
    people_rules.check_signed(signed, terms.authority, member, _FIELD)
    made = rules.opened(
        terms=terms, signed=signed, issuer=member.actor_id, zone=context.zone, now=now.business
    )
    asked = call.request(vault.fingerprinter)
    if await known(vault, asked) is None:
        in_force = context.rosters.current.digest()
        people_rules.check_roster(named=terms.roster_digest, in_force=in_force)
        people_rules.check_fresh(created_at=terms.created_at, now=now.real, field=_FIELD)
        await authority_acts.check_platforms(vault, terms.platforms)
        await context.second_factor.check(actor_id=call.actor_id, code=code, now=now)
    return await open_stored.run(vault, call, now, asked, made, terms, now.today(context.zone))


async def get(vault: Vault, issuer: str, operation_id: str) -> tuple[JointOperation, Sequence[PlatformCount]]:
    """Return an operation of an authority with its counts; raises NotFoundError (OPERATION_NOT_FOUND)."""

    async def work(connection: Connection) -> tuple[JointOperation, Sequence[PlatformCount]]:
        found = await store.get(connection, issuer, operation_id)
        platforms = papers.parse_operation(found.signed).platforms
        counts = await store.counts(connection, found, platforms)
        return found, [
            rules.counted(platform=name, sanctions=sanctions, reports=reports)
            for name, (sanctions, reports) in counts.items()
        ]

    return await vault.read("joint_operation.get", work)


async def page(vault: Vault, issuer: str, *, after: str, limit: int) -> tuple[list[JointOperation], str]:
    """Return a page of an authority's operations, and the last one's id if there are more, else ""."""
    found = await vault.read(
        "joint_operation.list", lambda one: store.page(one, issuer, after=after, limit=limit + 1)
    )
    shown = found[:limit]
    return shown, shown[-1].operation_id if len(found) > limit else ""
