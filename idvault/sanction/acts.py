"""Imposes, confirms, lifts, ends and reads sanctions, and publishes the statements of reasons of each week.

- What a moderator signed is built again from the call and checked before anything is stored. A repeat may
  carry an old signature, and an end that has come.
- Rows are locked in this order: request, what waits for a proposal, account, sanction, person, followers or
  order. So the later of two decisions sees the earlier one, and stores the standing that everything in force
  gives the account then.
- A sanction of scope PERSON changes no other account; those follow it by the settlements of claims.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from idvault.account import rules as account_rules
from idvault.account.rules import DueFollower
from idvault.account.store import person as account_person
from idvault.account.store import rows as account_rows
from idvault.core.act import Actor, Tx, Vault, act, sweep
from idvault.core.db.connection import Connection
from idvault.log.ports import Publication
from idvault.moderator.acts import ModerationCall, ModeratorPaper, Moderators, decision
from idvault.public_account.rules import public_account as public_account_rules
from idvault.public_account.rules.public_account import PublicAccount
from idvault.public_account.store import rows as public_account_rows
from idvault.sanction import rules
from idvault.sanction.operation import rules as operation_rules
from idvault.sanction.operation.store import ROWS as OPERATIONS
from idvault.sanction.order import rules as order_rules
from idvault.sanction.order import store as order_store
from idvault.sanction.rules import NewSanction, Sanction, SanctionFilter, SanctionLevels, StatementWeek
from idvault.sanction.store import lock, publication, rows, standing
from idvault_verify.account import Account, StandingPeriod
from idvault_verify.attest import sanction as papers
from idvault_verify.clock import ClockReading
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.event import EventType
from idvault_verify.sanction import AuthorityOrder, SanctionState, Scope

Follow = Callable[[Sanction], Awaitable[None]]
"""Called within the act with the sanction as it is then: in force, withdrawn or lapsed."""


class WaitingLock(Protocol):
    """Locks what is decided by a sanction once that is confirmed, which stands on a floor above sanctions."""

    async def __call__(self, tx: Tx, proposed: Sanction) -> Follow | None:
        """Lock what waits for a sanction, which may be in any state; return what follows its end.

        Called before the account is locked, and must lock nothing that is locked after accounts. None if
        nothing waits: for a sanction that is not proposed this must cost no statement.
        """
        ...


async def log(tx: Tx, sanction: Sanction, verb: str, *, by: Actor | None = None, **fields: bytes) -> None:
    """Write the entry of what happens to a sanction; scope and degree are in its type."""
    noun = "person" if sanction.scope is Scope.PERSON else "sanction"
    await tx.log(
        EventType(f"{noun}:{sanction.degree.value.lower()}:{verb}"),
        by=by,
        account_token=sanction.account_token,
        party=sanction.relying_party,
        sanction_id=sanction.sanction_id,
        **fields,
    )


async def impose(
    vault: Vault, call: ModerationCall, now: ClockReading, wanted: NewSanction, *, signers: Moderators
) -> Sanction:
    """Impose or propose a sanction; raises InvalidError, NotFoundError, PreconditionError and others."""
    await vault.guard.check(now=now)
    request = call.request(vault.fingerprinter).of_account(wanted.account_token)
    made = await store_imposition.of_paper(
        vault,
        now,
        _imposition(call, wanted, signers, now),
        request,
        vault.new_id(),
        wanted,
        call.moderator_id,
    )
    return rules.fall(sanction=made, now=now.business)


def _imposition(
    call: ModerationCall, wanted: NewSanction, signers: Moderators, now: ClockReading
) -> ModeratorPaper:
    """Return the paper of a sanction that a moderator wants to impose."""

    def text() -> bytes:
        return papers.imposition(call.occasion, rules.check_wanted(wanted, now=now.business))

    return ModeratorPaper(signers, call, text)


@decision("sanction.impose", again=rows.get)
async def store_imposition(
    tx: Tx, sanction_id: str, paper: bytes, wanted: NewSanction, signer: str
) -> Sanction:
    """Store a new sanction and the standing that it gives; raises as `add` does."""
    made = rules.impose(
        wanted,
        sanction_id=sanction_id,
        relying_party=tx.party,
        moderator_id=signer,
        paper=paper,
        now=tx.now.business,
    )
    return await add(tx, made)


async def signed(
    vault: Vault, call: ModerationCall, now: ClockReading, wanted: NewSanction, *, signers: Moderators
) -> Sanction:
    """Return a new sanction that a moderator has signed, for an act that adds it beside something else."""
    paper = await _imposition(call, wanted, signers, now).paper(now=now)
    return rules.impose(
        wanted,
        sanction_id=vault.new_id(),
        relying_party=call.relying_party,
        moderator_id=call.moderator_id,
        paper=paper,
        now=now.business,
    )


async def add(tx: Tx, sanction: Sanction) -> Sanction:
    """Store a new sanction and the standing that it gives, within any act; return it as stored.

    Raises NotFoundError (ACCOUNT_NOT_FOUND, OPERATION_NOT_FOUND), PreconditionError (OPERATION_CLOSED,
    MODERATOR_REVOKED), and as sanction.rules.admit does. An order that it carries out is marked.
    """
    if sanction.operation_id is not None:
        named = await OPERATIONS.get(tx.connection, sanction.relying_party, sanction.operation_id)
        operation_rules.check_open(operation=named, now=tx.now.business)
    owner = await lock.locked_owner(
        tx.connection,
        account_token=sanction.account_token,
        relying_party=sanction.relying_party,
        signer=sanction.imposed_by,
    )
    admitted = rules.admit(account=owner, sanction=sanction)
    if admitted.public_account_id is not None and await _public_account(tx, admitted) is None:
        raise NotFoundError(Reason.PUBLIC_ACCOUNT_NOT_FOUND)
    if admitted.state is SanctionState.IN_FORCE:
        await _begin(tx, owner, admitted)
    await rows.add(tx.connection, admitted)
    verb = "propose" if admitted.state is SanctionState.PROPOSED else "impose"
    await log(tx, admitted, verb, paper=admitted.paper)
    return admitted


async def confirm(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    sanction_id: str,
    *,
    signers: Moderators,
    waiting: WaitingLock,
) -> Sanction:
    """Confirm a proposed sanction; raises TransitionError, DeniedError (SELF_APPROVAL) and others.

    Raises PreconditionError (MODERATOR_REVOKED) also if who proposed the sanction was revoked, and
    PERSON_UNKNOWN if the verification of a person's account was withdrawn since.
    """
    await vault.guard.check(now=now)
    found = await find(vault, call.relying_party, sanction_id)
    text = partial(
        papers.confirmation, call.occasion, sanction_id=sanction_id, paper_digest=papers.digest(found.paper)
    )
    request = call.request(vault.fingerprinter).of_account(found.account_token)
    confirmed = await store_confirmation.of_paper(
        vault,
        now,
        ModeratorPaper(signers, call, text),
        request,
        sanction_id,
        found,
        call.moderator_id,
        waiting=waiting,
    )
    return rules.fall(sanction=confirmed, now=now.business)


@decision("sanction.confirm", again=rows.get)
async def store_confirmation(
    tx: Tx, sanction_id: str, paper: bytes, known: Sanction, signer: str, *, waiting: WaitingLock
) -> Sanction:
    """Put a proposed sanction into force, and what waits for it."""
    follow = await waiting(tx, known)
    owner, stored = await lock.proposal(tx.connection, known, signer=signer)
    confirmed = rules.confirm(sanction=stored, moderator_id=signer, paper=paper, now=tx.now.business)
    rules.check_owner(account=owner, sanction=confirmed)
    await _begin(tx, owner, confirmed)
    await rows.put(tx.connection, confirmed)
    await log(tx, confirmed, "impose", paper=paper)
    if follow is not None:
        await follow(confirmed)
    return confirmed


async def lift(
    vault: Vault,
    call: ModerationCall,
    now: ClockReading,
    sanction_id: str,
    *,
    reason: str,
    signers: Moderators,
    waiting: WaitingLock,
) -> Sanction:
    """Lift a sanction or withdraw a proposal; raises TransitionError and others.

    Every account that follows it ends with it, after the delay that was drawn for the account.
    """
    await vault.guard.check(now=now)
    rules.check_reason(reason)
    found = await find(vault, call.relying_party, sanction_id)
    digest = papers.digest(found.paper)
    text = partial(papers.lift, call.occasion, sanction_id=sanction_id, paper_digest=digest, reason=reason)
    request = call.request(vault.fingerprinter).of_account(found.account_token)
    paper = ModeratorPaper(signers, call, text)
    lifted = await store_lift.of_paper(
        vault,
        now,
        paper,
        request,
        sanction_id,
        found,
        signer=call.moderator_id,
        reason=reason,
        waiting=waiting,
    )
    return rules.fall(sanction=lifted, now=now.business)


@decision("sanction.lift", again=rows.get)
async def store_lift(
    tx: Tx,
    sanction_id: str,
    paper: bytes,
    known: Sanction,
    *,
    signer: str,
    reason: str,
    waiting: WaitingLock,
) -> Sanction:
    """Lift a sanction, or withdraw a proposal and what waits for it."""
    follow = await waiting(tx, known)
    owner, stored = await lock.locked_sanction(tx.connection, known, signer=signer)
    ended = rules.lift(sanction=stored, moderator_id=signer, reason=reason, paper=paper, now=tx.now.business)
    await end(tx, owner, former=stored, ended=ended)
    await log(tx, ended, "withdraw" if stored.state is SanctionState.PROPOSED else "lift", paper=paper)
    if follow is not None:
        await follow(ended)
    return ended


@act("sanction.lapse")
async def lapse(tx: Tx, known: Sanction, *, waiting: WaitingLock) -> bool:
    """Store a lapse that is due, unless the sanction has changed since it was read."""
    follow = await waiting(tx, known)
    owner, stored = await lock.lock(tx.connection, known)
    lapsed = rules.fall(sanction=stored, now=tx.now.business)
    if stored.state is not known.state or lapsed.state is not SanctionState.LAPSED:
        tx.unchanged("the sanction has changed")
        return False
    await end(tx, owner, former=stored, ended=lapsed)
    await log(tx, lapsed, "expire" if stored.state is SanctionState.PROPOSED else "lapse")
    if follow is not None:
        await follow(lapsed)
    return True


async def lapse_all(vault: Vault, now: ClockReading, *, limit: int, waiting: WaitingLock) -> int:
    """Store the lapses that are due; return how many. Any number of workers may do so at any time."""

    async def due() -> list[Sanction]:
        return await vault.read("sanction.due", lambda one: rows.due(one, now=now.business, limit=limit))

    return await sweep(vault, now, due=due, each=partial(lapse, waiting=waiting))


@act("sanction.release")
async def release(tx: Tx, due: DueFollower) -> bool:
    """End what an account follows, unless that has changed since it was read."""
    owner = await account_rows.lock(tx.connection, account_token=due.account_token)
    if owner is None or not await account_person.remove_due(tx.connection, due, now=tx.now.business):
        tx.unchanged("the account follows something else, or is gone")
        return False
    settled = await standing.settled(tx.connection, owner, now=tx.now.business)
    await account_rows.put_standing(tx.connection, settled)
    followed = await account_person.followed(tx.connection, due.account_token)
    await tx.log(EventType.PERSON_FOLLOW, account_token=due.account_token, standings=followed)
    return True


async def release_all(vault: Vault, now: ClockReading, *, limit: int) -> int:
    """End what accounts follow of ended sanctions; return how many were due."""

    async def due() -> list[DueFollower]:
        return await vault.read(
            "sanction.due_followers", lambda one: account_person.due(one, now=now.business, limit=limit)
        )

    return await sweep(vault, now, due=due, each=release)


async def end(tx: Tx, owner: Account, *, former: Sanction, ended: Sanction, by_appeal: bool = False) -> None:
    """Store a sanction that has ended, and the standing that its target then has.

    by_appeal: the target gets a new revision in any case, and what others follow ends, however the sanction
    had ended before.
    """
    if former.state is SanctionState.IN_FORCE:
        await _count(tx, ended, by=-1)
    lifted = ended.state is SanctionState.LIFTED and former.state is SanctionState.IN_FORCE
    if ended.person_id is not None and (lifted or by_appeal):
        await account_person.lifted(
            tx.connection,
            relying_party=ended.relying_party,
            sanction_id=ended.sanction_id,
            now=tx.now.business,
        )
    if ended.public_account_id is None:
        await _end_of_account(tx, owner, ended, by_appeal=by_appeal)
    else:
        await _end_of_public_account(tx, ended, by_appeal=by_appeal)
    await rows.put(tx.connection, ended)


async def _begin(tx: Tx, owner: Account, sanction: Sanction) -> None:
    """Store what a sanction changes when it comes into force, except its own row."""
    await _count(tx, sanction, by=1)
    carried = sanction.statement.order
    if carried is not None:
        await _carry_out(tx, sanction, carried)
    if sanction.public_account_id is None:
        after = standing.added(owner, sanction, now=tx.now.business)
        await account_rows.put_standing(tx.connection, after)
        return
    stored = await _public_account(tx, sanction)
    if stored is None:
        raise NotFoundError(Reason.PUBLIC_ACCOUNT_NOT_FOUND)
    own = rules.period(sanction)
    periods = public_account_rules.schedule(public_account=stored, now=tx.now.business)
    await _put(tx, stored, periods if own is None else [*periods, own])


async def _carry_out(tx: Tx, sanction: Sanction, named: AuthorityOrder) -> None:
    """Store which order a sanction carries out, if any; raises PreconditionError (ORDER_WITHDRAWN)."""
    order = await order_store.lock_named(tx.connection, sanction.relying_party, named.digest)
    if order is not None and order_rules.carries_out(
        order=order,
        account_token=sanction.account_token,
        public_account_id=sanction.public_account_id,
        degree=sanction.degree,
    ):
        await order_store.carry_out(tx.connection, order, now=tx.now.business)


async def _end_of_account(tx: Tx, owner: Account, sanction: Sanction, *, by_appeal: bool) -> None:
    # Read before the sanction is stored: PostgreSQL then gets everything that is written at once.
    now = tx.now.business
    after = await standing.settled(tx.connection, owner, now=now, without=sanction.sanction_id)
    if by_appeal and after.revision == account_rules.fall(account=owner, now=now).revision:
        after = account_rules.renumber(account=after, now=now)
    await account_rows.put_standing(tx.connection, after)


async def _end_of_public_account(tx: Tx, sanction: Sanction, *, by_appeal: bool) -> None:
    stored = await _public_account(tx, sanction)
    if stored is not None:  # else its end had come when it got another owner, whom it does not concern
        periods = await standing.of_public_account(tx.connection, sanction)
        await _put(tx, stored, periods, renumbered=by_appeal)


async def _public_account(tx: Tx, sanction: Sanction) -> PublicAccount | None:
    """Return the sanctioned public account, locked; None if it has another owner by now."""
    found = await public_account_rows.lock_of(
        tx.connection,
        account_token=sanction.account_token,
        public_account_id=sanction.public_account_id or "",
    )
    return None if found is None else found.public_account


async def _put(
    tx: Tx, stored: PublicAccount, periods: list[StandingPeriod], *, renumbered: bool = False
) -> None:
    after = public_account_rules.sanction(public_account=stored, sources=periods, now=tx.now.business)
    if renumbered:
        after = replace(after, revision=after.revision + 1)
    await public_account_rows.put(tx.connection, after, token=stored.account_token, now=tx.now.business)


async def _count(tx: Tx, sanction: Sanction, *, by: int) -> None:
    """Count the sanctions of a person, so that settlements of all others read nothing more."""
    if sanction.person_id is not None:
        await account_person.count_sanction(
            tx.connection, relying_party=sanction.relying_party, person_id=sanction.person_id, by=by
        )


async def find(vault: Vault, party: str, sanction_id: str) -> Sanction:
    """Return a sanction as it is stored; raises NotFoundError (SANCTION_NOT_FOUND)."""
    return await vault.read("sanction.get", lambda one: rows.get(one, party, sanction_id))


async def get(vault: Vault, party: str, sanction_id: str, *, now: ClockReading) -> Sanction:
    """Return a sanction as of now; raises NotFoundError (SANCTION_NOT_FOUND)."""
    return rules.fall(sanction=await find(vault, party, sanction_id), now=now.business)


async def page(
    vault: Vault,
    party: str,
    of: SanctionFilter,
    *,
    state: SanctionState | None,
    after: str,
    limit: int,
    now: ClockReading,
) -> tuple[list[Sanction], str]:
    """Return a page of sanctions as of now, and the last one's id if there are more, else "".

    Raises NotFoundError (ORDER_NOT_FOUND), and as sanction.store.rows.page does.
    """

    async def work(connection: Connection) -> list[Sanction]:
        digest = None
        if of.order_id is not None:
            digest = (await order_store.get(connection, party, of.order_id)).order.digest
        return await rows.page(
            connection, party, of, digest=digest, state=state, after=after, limit=limit + 1, now=now.business
        )

    found = await vault.read("sanction.list", work)
    shown = [rules.fall(sanction=one, now=now.business) for one in found[:limit]]
    return shown, shown[-1].sanction_id if len(found) > limit else ""


async def levels(vault: Vault, *, now: ClockReading) -> SanctionLevels:
    """Return how many sanctions are proposed, and since when the oldest end is not stored."""
    return await vault.read("sanction.levels", lambda one: rows.levels(one, now=now.business))


def path_of(week: StatementWeek) -> str:
    """Return the path of a week's file in the public directory."""
    return f"report/statements/{week.label}.ndjson"


@dataclass(kw_only=True, eq=False, repr=False)
class StatementFiles:
    """The published statements. Any number of workers may write them: a file is written once for ever."""

    vault: Vault
    files: Publication
    _done: StatementWeek | None = field(default=None, init=False)

    async def publish(self, *, now: ClockReading) -> int:
        """Write the files of weeks that have ended and have none; return how many."""
        newest = rules.newest(now=now.business)
        if self._done is not None and self._done >= newest:
            return 0
        begun = await self.vault.read("statement.first", publication.first)
        # Without a sanction, the first week is one that has not ended.
        week, written = newest.following() if begun is None else rules.week_of(begun), 0
        while week <= newest:
            written += await self._write(week)
            week = week.following()
        self._done = newest
        return written

    async def _write(self, week: StatementWeek) -> bool:
        path = path_of(week)
        if await self.files.read(path) is not None:
            return False
        counts = await self.vault.read("statement.counts", lambda one: publication.counts(one, week))
        return await self.files.replace(path, former=None, content=rules.render(counts=counts, week=week))
