"""The acts and reads of sanctions (sanction.ports.SanctionStore).

Locks what a moderator's decision changes, with one statement, and refuses a moderator who may not sign.

The moderator's row is read, not locked: a concurrent revocation comes before or after the decision.

Stores what a sanction does to its target: the standing of an account, or of one of its public accounts.

What every act on a sanction does: lock it behind its account, and end it with what follows from that.
"""

from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from sqlalchemy import literal_column, select

from idvault.account import rules as account_rules
from idvault.account.ports import DueFollower
from idvault.account.store import person as account_person
from idvault.account.store import rows as account_rows
from idvault.core import account_request as requests
from idvault.core import log_entry
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, statement
from idvault.core.request import Request
from idvault.core.tables.account import accounts
from idvault.core.tables.sanction import moderators, sanctions
from idvault.public_account.rules import public_account as public_account_rules
from idvault.public_account.rules.public_account import PublicAccount
from idvault.public_account.store import rows as public_account_rows
from idvault.sanction import rules as sanction_rules
from idvault.sanction.operation import rules as operation_rules
from idvault.sanction.operation.store import ROWS as OPERATIONS
from idvault.sanction.order import store as order_store
from idvault.sanction.ports import SanctionFilter, SanctionLevels
from idvault.sanction.rules import Sanction
from idvault.sanction.store import rows as sanction_rows
from idvault.sanction.store import standing
from idvault.verify.account import Account, StandingPeriod
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, PreconditionError, Reason
from idvault.verify.event import Event
from idvault.verify.sanction import STANDINGS, Degree, SanctionState

_SIGNER = (moderators.c.relying_party == param("party")) & (moderators.c.moderator_id == param("signer"))
_SIGNED_BY = (
    select(moderators.c.moderator_id).where(_SIGNER).scalar_subquery().label("signer_id"),
    select(moderators.c.revoked_at).where(_SIGNER).scalar_subquery().label("signer_revoked_at"),
)
_PROPOSER_REVOKED = (
    select(moderators.c.revoked_at)
    .where(
        moderators.c.relying_party == accounts.c.relying_party,
        moderators.c.moderator_id == sanctions.c.imposed_by,
    )
    .correlate(accounts, sanctions)
    .scalar_subquery()
    .label("proposer_revoked_at")
)
# Both tables have columns of the same names.
_PREFIX = "sanction_row_"
_MINE = (accounts.c.account_token == param("token")) & (accounts.c.relying_party == param("party"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _OfSanction:
    """The columns of the sanction in a row that also holds an account."""

    both: Any

    def __getattr__(self, name: str) -> Any:
        return getattr(self.both, _PREFIX + name)


class _Locked(NamedTuple):
    owner: Account
    sanction: Sanction | None
    signer_id: str | None
    revoked: bool
    proposer_revoked: bool = False


def _owner(row: Any) -> _Locked:
    return _Locked(account_rows.from_row(row), None, row.signer_id, row.signer_revoked_at is not None)


def _both(row: Any) -> _Locked:
    found = sanction_rows.from_row(_OfSanction(both=row))
    return _owner(row)._replace(sanction=found, proposer_revoked=row.proposer_revoked_at is not None)


_OWNER: Statement[_Locked] = statement(for_change(select(*accounts.c, *_SIGNED_BY).where(_MINE)), _owner)
_BOTH: Statement[_Locked] = statement(
    for_change(
        select(
            *accounts.c,
            *(column.label(_PREFIX + column.name) for column in sanctions.c),
            *_SIGNED_BY,
            _PROPOSER_REVOKED,
        )
        .join_from(accounts, sanctions, sanctions.c.account_token == accounts.c.account_token)
        .where(_MINE, sanctions.c.sanction_id == param("sanction"))
    ),
    _both,
)


async def locked_owner(
    connection: Connection, *, account_token: str, relying_party: str, signer: str
) -> Account:
    """Return an account, locked; raises NotFoundError and PreconditionError (MODERATOR_REVOKED).

    signer: the moderator who decides.
    """
    found = await connection.one(_OWNER, token=account_token, party=relying_party, signer=signer)
    return _checked(found, Reason.ACCOUNT_NOT_FOUND).owner


async def locked_sanction(
    connection: Connection, known: Sanction, *, signer: str
) -> tuple[Account, Sanction]:
    """Return a sanction and its account as they are stored now, locked; raises as `owner` does."""
    found = await _found(connection, known, signer)
    return found.owner, found.sanction or known


async def proposal(connection: Connection, known: Sanction, *, signer: str) -> tuple[Account, Sanction]:
    """Return the same for a confirmation; raises PreconditionError also if who proposed it was revoked.

    A person with a new key must not confirm with it what was proposed with the former one.
    """
    found = await _found(connection, known, signer)
    stored = found.sanction or known
    if found.proposer_revoked and stored.state is SanctionState.PROPOSED:
        raise PreconditionError(Reason.MODERATOR_REVOKED)
    return found.owner, stored


async def _found(connection: Connection, known: Sanction, signer: str) -> _Locked:
    found = await connection.one(
        _BOTH,
        token=known.account_token,
        party=known.relying_party,
        sanction=known.sanction_id,
        signer=signer,
    )
    return _checked(found, Reason.SANCTION_NOT_FOUND)


def _checked(found: _Locked | None, missing: Reason) -> _Locked:
    if found is None:
        raise NotFoundError(missing)
    if found.signer_id is None:
        raise NotFoundError(Reason.MODERATOR_NOT_FOUND)
    if found.revoked:
        raise PreconditionError(Reason.MODERATOR_REVOKED)
    return found


# What sets the standing of a public account: its own sanctions in force, found by its owner's token.
_SOURCES: Statement[Any] = statement(
    select(sanctions.c.sanction_id, sanctions.c.degree, sanctions.c.end_at).where(
        sanctions.c.account_token == param("token"),
        sanctions.c.public_account_id == param("public"),
        sanctions.c.state == literal_column(f"'{SanctionState.IN_FORCE.value}'"),
    )
)


async def check(connection: Connection, sanction: Sanction) -> None:
    """Raise NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND) unless a sanctioned public account is the account's."""
    if sanction.public_account_id is not None:
        await _locked(connection, sanction)


async def begin(connection: Connection, owner: Account, sanction: Sanction, now: ClockReading) -> None:
    """Store the standing of the target of a sanction that comes into force; the account's row is locked."""
    if sanction.public_account_id is None:
        await account_rows.put_standing(connection, standing.added(owner, sanction, now=now.business))
        return
    stored = await _locked(connection, sanction)
    own = sanction_rules.period(sanction)
    periods = public_account_rules.schedule(public_account=stored, now=now.business)
    await _put(connection, stored, periods if own is None else [*periods, own], now)


async def end(
    connection: Connection, owner: Account, sanction: Sanction, now: ClockReading, *, by_appeal: bool
) -> None:
    """Store the standing of the target of a sanction that ends; the account's row is locked.

    by_appeal: the target gets a new revision in any case.
    """
    if sanction.public_account_id is None:
        await _end_of_account(connection, owner, sanction, now, by_appeal=by_appeal)
        return
    stored = await _find(connection, sanction)
    if stored is None:
        return  # Its end had come when the public account got another owner, whom it does not concern.
    found = await connection.all(_SOURCES, token=sanction.account_token, public=sanction.public_account_id)
    periods = [
        StandingPeriod(STANDINGS[Degree(row.degree)], row.end_at)
        for row in found
        if row.sanction_id != sanction.sanction_id
    ]
    await _put(connection, stored, periods, now, renumbered=by_appeal)


async def _end_of_account(
    connection: Connection, owner: Account, sanction: Sanction, now: ClockReading, *, by_appeal: bool
) -> None:
    # Read before the sanction is stored: PostgreSQL then gets everything that is written at once.
    after = await standing.settled(connection, owner, now=now.business, without=sanction.sanction_id)
    if by_appeal and after.revision == account_rules.fall(account=owner, now=now.business).revision:
        after = account_rules.renumber(account=after, now=now.business)
    await account_rows.put_standing(connection, after)


async def _locked(connection: Connection, sanction: Sanction) -> PublicAccount:
    found = await _find(connection, sanction)
    if found is None:
        raise NotFoundError(Reason.PUBLIC_ACCOUNT_NOT_FOUND)
    return found


async def _find(connection: Connection, sanction: Sanction) -> PublicAccount | None:
    """Return the sanctioned public account, locked; None if it has another owner by now."""
    found = await public_account_rows.lock_of(
        connection, account_token=sanction.account_token, public_account_id=sanction.public_account_id or ""
    )
    return None if found is None else found.public_account


async def _put(
    connection: Connection,
    stored: PublicAccount,
    periods: list[StandingPeriod],
    now: ClockReading,
    *,
    renumbered: bool = False,
) -> None:
    after = public_account_rules.sanction(public_account=stored, sources=periods, now=now.business)
    if renumbered:
        after = replace(after, revision=after.revision + 1)
    await public_account_rows.put(connection, after, token=stored.account_token, now=now.business)


async def lock(connection: Connection, sanction: Sanction) -> tuple[Account, Sanction]:
    """Return the account and the sanction as they are stored now, locked.

    An account with sanctions is never removed, so it is missing only if the sanction is.
    """
    owner = await account_rows.lock(connection, account_token=sanction.account_token)
    if owner is None:
        raise NotFoundError(Reason.SANCTION_NOT_FOUND)
    return owner, await sanction_rows.lock(connection, sanction)


async def end_sanction(
    connection: Connection,
    *,
    owner: Account,
    former: Sanction,
    ended: Sanction,
    now: ClockReading,
    by_appeal: bool = False,
) -> None:
    """Store a sanction that has ended, and the standing that its target then has.

    by_appeal: the target gets a new revision in any case, and what others follow ends, however the sanction
    had ended before.
    """
    if former.state is SanctionState.IN_FORCE:
        await count(connection, ended, by=-1)
    lifted = ended.state is SanctionState.LIFTED and former.state is SanctionState.IN_FORCE
    if ended.person_id is not None and (lifted or by_appeal):
        await account_person.lifted(
            connection,
            relying_party=ended.relying_party,
            sanction_id=ended.sanction_id,
            now=now.business,
        )
    await end(connection, owner, ended, now, by_appeal=by_appeal)
    await sanction_rows.put(connection, ended)


async def count(connection: Connection, sanction: Sanction, *, by: int) -> None:
    """Count the sanctions of a person, so that settlements of all others read nothing more."""
    if sanction.person_id is not None:
        await account_person.count_sanction(
            connection, relying_party=sanction.relying_party, person_id=sanction.person_id, by=by
        )


@dataclass(kw_only=True, eq=False, repr=False)
class SqlSanctionStore:
    """Sanctions in the main database.

    Rows are locked in this order: request, account, sanction, person, followers or order.
    """

    database: Database

    @act("sanction.impose")
    async def impose(
        self, connection: Connection, sanction: Sanction, *, request: Request, now: ClockReading, event: Event
    ) -> Sanction:
        """Store a new sanction and the standing that it gives."""
        if (repeated := await _repeated(connection, request, sanction, now)) is not None:
            return repeated
        return await impose(connection, sanction, now=now, event=event)

    @act("sanction.confirm")
    async def confirm(
        self,
        connection: Connection,
        sanction: Sanction,
        *,
        moderator_id: str,
        paper: bytes,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> Sanction:
        """Put a proposed sanction into force."""
        if (repeated := await _repeated(connection, request, sanction, now)) is not None:
            return repeated
        owner, stored = await proposal(connection, sanction, signer=moderator_id)
        confirmed = sanction_rules.confirm(
            sanction=stored, moderator_id=moderator_id, paper=paper, now=now.business
        )
        await _begin(connection, owner, confirmed, now)
        await sanction_rows.put(connection, confirmed)
        await log_entry.append(connection, event)
        return confirmed

    @act("sanction.lift")
    async def lift(
        self,
        connection: Connection,
        sanction: Sanction,
        *,
        moderator_id: str,
        reason: str,
        paper: bytes,
        request: Request,
        now: ClockReading,
        lifted: Event,
        withdrawn: Event,
    ) -> Sanction:
        """Lift a sanction, or withdraw a proposal."""
        if (repeated := await _repeated(connection, request, sanction, now)) is not None:
            return repeated
        owner, stored = await locked_sanction(connection, sanction, signer=moderator_id)
        ended = sanction_rules.lift(
            sanction=stored, moderator_id=moderator_id, reason=reason, paper=paper, now=now.business
        )
        await end_sanction(connection, owner=owner, former=stored, ended=ended, now=now)
        await log_entry.append(connection, withdrawn if stored.state is SanctionState.PROPOSED else lifted)
        return ended

    @act("sanction.lapse")
    async def lapse(
        self, connection: Connection, sanction: Sanction, *, now: ClockReading, event: Event
    ) -> bool:
        """Store a lapse that is due, unless the sanction has changed since it was read."""
        owner, stored = await lock(connection, sanction)
        lapsed = sanction_rules.fall(sanction=stored, now=now.business)
        if stored.state is not sanction.state or lapsed.state is not SanctionState.LAPSED:
            return False
        await end_sanction(connection, owner=owner, former=stored, ended=lapsed, now=now)
        await log_entry.append(connection, event)
        return True

    @act("sanction.release")
    async def release(
        self, connection: Connection, due: DueFollower, *, now: ClockReading, event: Event
    ) -> bool:
        """End what an account follows, unless that has changed since it was read."""
        owner = await account_rows.lock(connection, account_token=due.account_token)
        if owner is None or not await account_person.remove_due(connection, due, now=now.business):
            return False
        await account_rows.put_standing(
            connection, await standing.settled(connection, owner, now=now.business)
        )
        standings = await account_person.followed(connection, due.account_token)
        await log_entry.append(connection, event.with_fields(standings=standings))
        return True

    @read("sanction.levels")
    async def levels(self, connection: Connection, *, now: ClockReading) -> SanctionLevels:
        """Return how many sanctions are proposed, and since when the oldest end is not stored."""
        latest = now.business + sanction_rules.CONFIRM_WITHIN
        proposed = await connection.only(sanction_rows.PROPOSED, now=now.business, latest=latest)
        first = await connection.all(sanction_rows.FIRST_DUE, now=now.business)
        return SanctionLevels(proposed, first[0] if first else None)

    @read("sanction.due_followers")
    async def due_followers(
        self, connection: Connection, *, now: ClockReading, limit: int
    ) -> list[DueFollower]:
        """Return accounts whose standing must no longer follow a sanction, the longest due first."""
        return await connection.all(account_person.DUE, now=now.business, limit=limit)

    @read("sanction.due")
    async def due(self, connection: Connection, *, now: ClockReading, limit: int) -> list[Sanction]:
        """Return sanctions whose lapse is due, the longest due first."""
        return await connection.all(sanction_rows.DUE, now=now.business, limit=limit)

    @read("sanction.requested")
    async def requested(self, connection: Connection, request: Request) -> Sanction | None:
        """Return the sanction that a request made or changed; None if the request is new."""
        made = await requests.find(connection, request)
        return None if made is None else await sanction_rows.get(connection, request.caller, made)

    @read("sanction.get")
    async def get(self, connection: Connection, *, relying_party: str, sanction_id: str) -> Sanction:
        """Return a sanction; raises NotFoundError (SANCTION_NOT_FOUND)."""
        return await sanction_rows.get(connection, relying_party, sanction_id)

    @read("sanction.list")
    async def list(
        self,
        connection: Connection,
        *,
        relying_party: str,
        of: SanctionFilter,
        state: SanctionState | None,
        after: str,
        limit: int,
        now: ClockReading,
    ) -> list[Sanction]:
        """Return sanctions that follow another one, oldest first."""
        place = await sanction_rows.SANCTIONS.place_of(connection, relying_party, after)
        common = {"party": relying_party, **place, "limit": limit}
        narrowed = await _narrowed(connection, relying_party, of)
        if narrowed is not None:
            asked, which = narrowed
            word = "" if state is None else state.value
            return await connection.all(asked, **common, **which, state=word, now=now.business)
        if state is None:
            return await connection.all(sanction_rows.OF_PARTY, **common)
        return await connection.all(sanction_rows.IN_STATE, **common, state=state.value, now=now.business)


async def _narrowed(
    connection: Connection, relying_party: str, of: SanctionFilter
) -> tuple[Statement[Sanction], dict[str, object]] | None:
    """Return the list of one account, operation or order; None for all of a relying party."""
    if of.account_token is not None:
        return sanction_rows.OF_ACCOUNT, {"token": of.account_token}
    if of.operation_id is not None:
        return sanction_rows.OF_OPERATION, {"operation": of.operation_id}
    if of.order_id is not None:
        carried = await order_store.get(connection, relying_party, of.order_id)
        return sanction_rows.OF_ORDER, {"digest": carried.order.digest}
    return None


async def impose(connection: Connection, sanction: Sanction, *, now: ClockReading, event: Event) -> Sanction:
    """Store a new sanction and the standing that it gives, with its event, within any act; return it as
    stored.

    Raises what sanction.ports.SanctionStore.impose raises.
    """
    if sanction.operation_id is not None:
        named = await OPERATIONS.get(connection, sanction.relying_party, sanction.operation_id)
        operation_rules.check_open(named)
    owner = await locked_owner(
        connection,
        account_token=sanction.account_token,
        relying_party=sanction.relying_party,
        signer=sanction.imposed_by,
    )
    admitted = sanction_rules.admit(account=owner, sanction=sanction)
    await check(connection, admitted)
    if admitted.state is SanctionState.IN_FORCE:
        await _begin(connection, owner, admitted, now)
    await sanction_rows.add(connection, admitted)
    await log_entry.append(connection, event)
    return admitted


async def _repeated(
    connection: Connection, request: Request, sanction: Sanction, now: ClockReading
) -> Sanction | None:
    made = await requests.remember_for_account(
        connection,
        request,
        account_token=sanction.account_token,
        made=sanction.sanction_id,
        now=now.business,
    )
    return None if made is None else await sanction_rows.get(connection, request.caller, made.made_id)


async def _begin(connection: Connection, owner: Account, sanction: Sanction, now: ClockReading) -> None:
    """Store what a sanction changes when it comes into force, except its own row."""
    await count(connection, sanction, by=1)
    carried = sanction.statement.order
    if carried is not None:
        await order_store.carry_out(
            connection, relying_party=sanction.relying_party, digest=carried.digest, now=now.business
        )
    await begin(connection, owner, sanction, now)
