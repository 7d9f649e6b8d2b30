"""Gives and withdraws an authority's orders, and lists them for it.

- What is signed is checked against the roster in force before anything else. Its member signed it, so an
  order cannot be altered or given for somebody else; it names one platform, and is delivered to no other.
- A code is spent after all other checks but the budget, and never for a repeat.
- Nothing is looked up about a target: neither the answer nor its time tells whether there is one.
- Rows are locked in this order: the member's request, the budget, the orders.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo

from idvault.authority import rules, store
from idvault.core.act import Tx, Vault, known, member_mutation
from idvault.core.db.connection import Connection
from idvault.core.request import MemberAsked
from idvault.core.second_factor import SecondFactorCheck
from idvault.disclosure.store import rows as disclosure_rows
from idvault.people import rules as people_rules
from idvault.people.acts import RosterSource
from idvault.sanction.order import rules as order_rules
from idvault.sanction.order.rules import IssuedTerms, RecordedOrder
from idvault_verify import order as order_values
from idvault_verify.attest import order as order_papers
from idvault_verify.attest.disclosure import PaperError
from idvault_verify.attest.order import OrderTerms, WithdrawalTerms
from idvault_verify.attest.people.roster_member import RosterMember
from idvault_verify.clock import ClockReading
from idvault_verify.event import EventType
from idvault_verify.sanction import OrderState

_ORDERS, _WITHDRAWAL = "signed_orders", "signed_withdrawal"


@dataclass(kw_only=True, eq=False, repr=False)
class AuthorityContext:
    """What authorities need beside the vault. zone: in whose days their calls are counted."""

    vault: Vault
    rosters: RosterSource
    second_factor: SecondFactorCheck
    zone: tzinfo


async def _issued_again(
    connection: Connection, _answer: bytes, issuer: str, given: Sequence[RecordedOrder], *_: object
) -> list[RecordedOrder]:
    return [await store.get(connection, issuer, each.order_id) for each in given]


async def _again(
    connection: Connection, _answer: bytes, issuer: str, order_id: str, *_: object
) -> RecordedOrder:
    return await store.get(connection, issuer, order_id)


@member_mutation("authority.issue", again=_issued_again)
async def issue_stored(
    tx: Tx, issuer: str, given: Sequence[RecordedOrder], today: date
) -> list[RecordedOrder]:
    """Store orders that were checked before, all or none.

    Raises ExhaustedError (TOO_MANY_ATTEMPTS), NotFoundError (PLATFORM_NOT_FOUND), and AlreadyExistsError
    (REQUEST_ID_REUSED) if one was given before.
    """
    # Auditors and authorities are different members, so each has a budget of its own.
    used = await disclosure_rows.charge(
        tx.connection, actor_id=issuer, day=today, daily=rules.MOST_CALLS_A_DAY
    )
    rules.check_budget(used=used)
    await store.check_platforms(tx.connection, [each.relying_party for each in given])
    for each in given:
        await store.add(tx.connection, each)
        signed = each.issued.signed if each.issued else b""
        party = each.relying_party
        await tx.log(EventType.ORDER_ISSUE, party=party, order_id=each.order_id, order=signed)
    return list(given)


@member_mutation("authority.withdraw", again=_again)
async def withdraw_stored(
    tx: Tx, issuer: str, order_id: str, terms: WithdrawalTerms, signed: bytes
) -> RecordedOrder:
    """Store the withdrawal of an order; raises NotFoundError, PaperError, TransitionError and others."""
    found = await store.lock(tx.connection, issuer, order_id)
    if terms.order_digest != found.order.digest:
        raise PaperError(_WITHDRAWAL, "the withdrawal is of another order")
    withdrawn = order_rules.withdraw(order=found, signed=signed, now=tx.now.business)
    await store.withdraw(tx.connection, issuer, withdrawn)
    party = withdrawn.relying_party
    await tx.log(EventType.ORDER_WITHDRAW, party=party, order_id=order_id, withdrawal=signed)
    return withdrawn


async def issue(
    context: AuthorityContext, call: MemberAsked, now: ClockReading, *, signed: Sequence[bytes], code: str
) -> list[RecordedOrder]:
    """Give orders; a repeat needs no code. Raises InvalidError, PreconditionError and others."""
    vault = context.vault
    await vault.guard.check(now=now)
    rules.check_count(signed)
    member = context.rosters.member(call.actor_id)
    terms = [_terms(each, member) for each in signed]
    given = [_order(one, each, member, now) for one, each in zip(terms, signed, strict=True)]
    asked = call.request(vault.fingerprinter)
    if await known(vault, asked) is None:
        in_force = context.rosters.current.digest()
        for one in terms:
            people_rules.check_roster(named=one.roster_digest, in_force=in_force)
            people_rules.check_fresh(created_at=one.created_at, now=now.real, field=_ORDERS)
            order_values.check_notice(deadline=one.deadline_at, received_at=now.business)
        await check_platforms(vault, [one.platform for one in terms])
        await context.second_factor.check(actor_id=call.actor_id, code=code, now=now)
    return await issue_stored.run(vault, call, now, asked, call.actor_id, given, now.today(context.zone))


async def withdraw(
    context: AuthorityContext, call: MemberAsked, now: ClockReading, *, signed: bytes, code: str
) -> RecordedOrder:
    """Withdraw an order; a repeat needs no code. Raises InvalidError, NotFoundError and others."""
    vault = context.vault
    await vault.guard.check(now=now)
    member = context.rosters.member(call.actor_id)
    terms = order_papers.parse_withdrawal(signed)
    terms.check()
    people_rules.check_signed(signed, terms.authority, member, _WITHDRAWAL)
    asked = call.request(vault.fingerprinter)
    if await known(vault, asked) is None:
        people_rules.check_fresh(created_at=terms.created_at, now=now.real, field=_WITHDRAWAL)
        await context.second_factor.check(actor_id=call.actor_id, code=code, now=now)
    return await withdraw_stored.run(vault, call, now, asked, call.actor_id, terms.order_id, terms, signed)


async def check_platforms(vault: Vault, names: Sequence[str]) -> None:
    """Raise NotFoundError (PLATFORM_NOT_FOUND) before a code is spent; the act that stores asks again."""
    await vault.read("authority.platforms", lambda one: store.check_platforms(one, names))


async def get(vault: Vault, issuer: str, order_id: str) -> RecordedOrder:
    """Return an order of an authority; raises NotFoundError (ORDER_NOT_FOUND)."""
    return await vault.read("authority.get", lambda one: store.get(one, issuer, order_id))


async def page(
    vault: Vault, issuer: str, *, state: OrderState | None, after: str, limit: int, now: ClockReading
) -> tuple[list[RecordedOrder], str]:
    """Return a page of an authority's orders, and the last one's id if there are more, else ""."""
    found = await vault.read(
        "authority.list",
        lambda one: store.page(one, issuer, state=state, after=after, limit=limit + 1, now=now.business),
    )
    shown = found[:limit]
    return shown, shown[-1].order_id if len(found) > limit else ""


def _terms(signed: bytes, member: RosterMember) -> OrderTerms:
    terms = order_papers.parse_order(signed, field=_ORDERS)
    terms.check()
    people_rules.check_signed(signed, terms.authority, member, _ORDERS)
    return terms


def _order(terms: OrderTerms, signed: bytes, member: RosterMember, now: ClockReading) -> RecordedOrder:
    return RecordedOrder(
        order_id=terms.order_id,
        relying_party=terms.platform,
        order=order_papers.named(terms, signed=signed, organisation=member.organisation),
        deadline=terms.deadline_at,
        recorded_at=now.business,
        issued=IssuedTerms(member.actor_id, signed, terms.target_kind, terms.target, terms.measure),
    )
