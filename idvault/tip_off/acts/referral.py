"""Refers reports to authorities, and lets each authority read and answer what was referred to it.

- The act that refers is a moderator's decision (acts.tip_off); what it does with the referral is here.
- What an authority signs is checked against the roster in force before anything else.
- A code is spent after all other checks, and never for a repeat. Answers have no budget of their own: each
  needs a code, and a referral that waits.
- Rows are locked in this order: the member's request, the report, merged reports, reporters. A referral has
  no lock of its own: whoever changes it has locked its report.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import partial

from idvault.core.act import Tx, Vault, known, member_mutation
from idvault.core.db.connection import Connection
from idvault.core.request import MemberAsked
from idvault.core.second_factor import SecondFactorCheck
from idvault.people import rules as people_rules
from idvault.people.acts import RosterSource
from idvault.tip_off.acts.case import TipOffContext, join, judge, write
from idvault.tip_off.referral import rules, store
from idvault.tip_off.referral.rules import NewReferral, Referral
from idvault.tip_off.store import rows
from idvault_verify import deadline
from idvault_verify.attest import order as papers
from idvault_verify.attest.order import AnswerTerms
from idvault_verify.clock import ClockReading
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.tip_off import ReferralState, TipOff

_FIELD, _ROLE = "signed_answer", "authority"


@dataclass(frozen=True, slots=True)
class BegunReferral:
    """A referral to store. salt: marks the target in the answer. today: the operator's, until day_ends."""

    made: NewReferral
    salt: bytes = field(repr=False)
    today: date
    day_ends: datetime


@dataclass(kw_only=True, eq=False, repr=False)
class ReferralContext:
    """What the authorities' side needs beside the vault."""

    vault: Vault
    rosters: RosterSource
    second_factor: SecondFactorCheck


def begin(vault: Vault, name: str, *, now: ClockReading, context: TipOffContext) -> BegunReferral | None:
    """Return a referral to the authority of a name, None without one.

    Raises NotFoundError (AUTHORITY_NOT_FOUND).
    """
    if not name:
        return None
    for member in context.rosters.current.people:
        if (member.name, member.role) == (name, _ROLE):
            break
    else:
        raise NotFoundError(Reason.AUTHORITY_NOT_FOUND)
    zone, today = context.policy.zone, now.today(context.policy.zone)
    until = deadline.due_at(start=now.business, days=rules.REFERRAL_DAYS, zone=zone)
    made = NewReferral(vault.new_id(), member.name, member.actor_id, until)
    salt = bytes.fromhex(vault.new_id() + vault.new_id())
    return BegunReferral(made, salt, today, deadline.end_of_day(today, zone=zone))


async def add(tx: Tx, begun: BegunReferral, tip_off: TipOff) -> None:
    """Store the referral of a locked report; raises ExhaustedError (TIP_OFF_LIMIT_REACHED)."""
    count = await rows.refer(
        tx.connection, relying_party=tx.party, moderator_id=tip_off.assignee or "", day=begun.today
    )
    rules.check_referred(referred=count, remaining=begun.day_ends - tx.now.business)
    await store.add(tx.connection, begun.made, tip_off, salt=begun.salt, now=tx.now.business)


async def _again(
    connection: Connection, _answer: bytes, authority_id: str, terms: AnswerTerms, *_: object
) -> Referral:
    return await store.get(connection, authority_id, terms.referral_id)


@member_mutation("referral.answer", again=_again)
async def answer_stored(tx: Tx, authority_id: str, terms: AnswerTerms, signed: bytes) -> Referral:
    """Store the answer to a referral, and what it makes of the report.

    Raises NotFoundError (REFERRAL_NOT_FOUND), TransitionError, PaperError.
    """
    # Neither report nor platform of a referral ever changes.
    found = await store.get(tx.connection, authority_id, terms.referral_id)
    stored = await rows.lock(tx.connection, found.relying_party, found.tip_off_id)
    # Again: while this one waited for the report, another answer may have been stored.
    found = await store.get(tx.connection, authority_id, terms.referral_id)
    now = tx.now.business
    rules.check_answer(referral=found, terms=terms, now=now)
    # This call's time may be before a lapse that another one has stored while this one waited.
    rules.check_waits(tip_off=stored, terms=terms)
    accepted = terms.answer is ReferralState.ACCEPTED
    await store.answer(tx.connection, found, accepted=accepted, signed=signed, now=now)
    if accepted:
        await _accept(tx, stored, signed)
    else:
        await write(tx, stored, rules.decline, paper=signed)
    return replace(found, accepted=accepted, answered_at=now, answer=signed)


async def _accept(tx: Tx, stored: TipOff, signed: bytes) -> None:
    """Decide the report, and close those that were merged into it."""
    decided = await write(tx, stored, partial(rules.accept, now=tx.now.business), paper=signed)
    merged = await rows.lock_merged(tx.connection, decided.relying_party, [decided.tip_off_id])
    closed = await join(tx, merged, decided, paper=signed)
    await judge(tx, decided, [decided, *closed])


async def answer(
    context: ReferralContext, call: MemberAsked, now: ClockReading, *, signed: bytes, code: str
) -> Referral:
    """Accept or decline a referral; a repeat needs no code. Raises InvalidError, NotFoundError and others."""
    vault = context.vault
    await vault.guard.check(now=now)
    member = context.rosters.member(call.actor_id)
    terms = papers.parse_answer(signed)
    terms.check()
    people_rules.check_signed(signed, terms.authority, member, _FIELD)
    asked = call.request(vault.fingerprinter)
    if await known(vault, asked) is None:
        in_force = context.rosters.current.digest()
        people_rules.check_roster(named=terms.roster_digest, in_force=in_force)
        people_rules.check_fresh(created_at=terms.created_at, now=now.real, field=_FIELD)
        found = await get(vault, call.actor_id, terms.referral_id)
        rules.check_answer(referral=found, terms=terms, now=now.business)
        await context.second_factor.check(actor_id=call.actor_id, code=code, now=now)
    return await answer_stored.run(vault, call, now, asked, call.actor_id, terms, signed)


async def get(vault: Vault, authority_id: str, referral_id: str) -> Referral:
    """Return a referral to an authority; raises NotFoundError (REFERRAL_NOT_FOUND)."""
    return await vault.read("referral.get", lambda one: store.get(one, authority_id, referral_id))


async def last_of(vault: Vault, tip_off: TipOff) -> Referral | None:
    """Return the last referral of a report, None if it was never referred."""
    if tip_off.authority_id is None or tip_off.referral_id is None:
        return None
    return await get(vault, tip_off.authority_id, tip_off.referral_id)


async def page(
    vault: Vault,
    authority_id: str,
    *,
    state: ReferralState | None,
    after: str,
    limit: int,
    now: ClockReading,
) -> tuple[Sequence[Referral], str]:
    """Return a page of the referrals to an authority, and the last one's id if there are more, else ""."""
    found = await vault.read(
        "referral.list",
        lambda one: store.page(
            one, authority_id, state=state, after=after, limit=limit + 1, now=now.business
        ),
    )
    shown = found[:limit]
    return shown, shown[-1].referral_id if len(found) > limit else ""
