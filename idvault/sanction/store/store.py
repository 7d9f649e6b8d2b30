"""The acts and reads of sanctions (ports.sanction.SanctionStore)."""

from dataclasses import dataclass

from idvault.account.ports.follower import DueFollower
from idvault.account.store import follower as person
from idvault.account.store import rows as account
from idvault.core import account_request as requests
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement
from idvault.core.request import Request
from idvault.log.store import entry as log
from idvault.sanction.operation import rules as operation_rules
from idvault.sanction.operation import store as operation
from idvault.sanction.order import store as order
from idvault.sanction.ports import SanctionFilter, SanctionLevels
from idvault.sanction.rules import sanction as rules
from idvault.sanction.rules.sanction import Sanction
from idvault.sanction.store import ending, lists, locked, rows, standing, target
from idvault.verify.account import Account
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event
from idvault.verify.sanction import SanctionState


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
        owner, stored = await locked.proposal(connection, sanction, signer=moderator_id)
        confirmed = rules.confirm(sanction=stored, moderator_id=moderator_id, paper=paper, now=now.business)
        await _begin(connection, owner, confirmed, now)
        await rows.put(connection, confirmed)
        await log.append(connection, event)
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
        owner, stored = await locked.sanction(connection, sanction, signer=moderator_id)
        ended = rules.lift(
            sanction=stored, moderator_id=moderator_id, reason=reason, paper=paper, now=now.business
        )
        await ending.end(connection, owner=owner, former=stored, ended=ended, now=now)
        await log.append(connection, withdrawn if stored.state is SanctionState.PROPOSED else lifted)
        return ended

    @act("sanction.lapse")
    async def lapse(
        self, connection: Connection, sanction: Sanction, *, now: ClockReading, event: Event
    ) -> bool:
        """Store a lapse that is due, unless the sanction has changed since it was read."""
        owner, stored = await ending.lock(connection, sanction)
        lapsed = rules.fall(sanction=stored, now=now.business)
        if stored.state is not sanction.state or lapsed.state is not SanctionState.LAPSED:
            return False
        await ending.end(connection, owner=owner, former=stored, ended=lapsed, now=now)
        await log.append(connection, event)
        return True

    @act("sanction.release")
    async def release(
        self, connection: Connection, due: DueFollower, *, now: ClockReading, event: Event
    ) -> bool:
        """End what an account follows, unless that has changed since it was read."""
        owner = await account.lock(connection, account_token=due.account_token)
        if owner is None or not await person.remove_due(connection, due, now=now.business):
            return False
        await account.put_standing(connection, await standing.settled(connection, owner, now=now.business))
        standings = await person.followed(connection, due.account_token)
        await log.append(connection, event.with_fields(standings=standings))
        return True

    @read("sanction.levels")
    async def levels(self, connection: Connection, *, now: ClockReading) -> SanctionLevels:
        """Return how many sanctions are proposed, and since when the oldest end is not stored."""
        latest = now.business + rules.CONFIRM_WITHIN
        proposed = await connection.only(lists.PROPOSED, now=now.business, latest=latest)
        first = await connection.all(lists.FIRST_DUE, now=now.business)
        return SanctionLevels(proposed, first[0] if first else None)

    @read("sanction.due_followers")
    async def due_followers(
        self, connection: Connection, *, now: ClockReading, limit: int
    ) -> list[DueFollower]:
        """Return accounts whose standing must no longer follow a sanction, the longest due first."""
        return await connection.all(person.DUE, now=now.business, limit=limit)

    @read("sanction.due")
    async def due(self, connection: Connection, *, now: ClockReading, limit: int) -> list[Sanction]:
        """Return sanctions whose lapse is due, the longest due first."""
        return await connection.all(lists.DUE, now=now.business, limit=limit)

    @read("sanction.requested")
    async def requested(self, connection: Connection, request: Request) -> Sanction | None:
        """Return the sanction that a request made or changed; None if the request is new."""
        made = await requests.find(connection, request)
        return None if made is None else await rows.get(connection, request.caller, made)

    @read("sanction.get")
    async def get(self, connection: Connection, *, relying_party: str, sanction_id: str) -> Sanction:
        """Return a sanction; raises NotFoundError (SANCTION_NOT_FOUND)."""
        return await rows.get(connection, relying_party, sanction_id)

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
        place = await lists.SANCTIONS.place_of(connection, relying_party, after)
        common = {"party": relying_party, **place, "limit": limit}
        narrowed = await _narrowed(connection, relying_party, of)
        if narrowed is not None:
            asked, which = narrowed
            word = "" if state is None else state.value
            return await connection.all(asked, **common, **which, state=word, now=now.business)
        if state is None:
            return await connection.all(lists.OF_PARTY, **common)
        return await connection.all(lists.IN_STATE, **common, state=state.value, now=now.business)


async def _narrowed(
    connection: Connection, relying_party: str, of: SanctionFilter
) -> tuple[Statement[Sanction], dict[str, object]] | None:
    """Return the list of one account, operation or order; None for all of a relying party."""
    if of.account_token is not None:
        return lists.OF_ACCOUNT, {"token": of.account_token}
    if of.operation_id is not None:
        return lists.OF_OPERATION, {"operation": of.operation_id}
    if of.order_id is not None:
        carried = await order.get(connection, relying_party, of.order_id)
        return lists.OF_ORDER, {"digest": carried.order.digest}
    return None


async def impose(connection: Connection, sanction: Sanction, *, now: ClockReading, event: Event) -> Sanction:
    """Store a new sanction and the standing that it gives, with its event, within any act; return it as
    stored.

    Raises what ports.sanction.SanctionStore.impose raises.
    """
    if sanction.operation_id is not None:
        named = await operation.get(connection, sanction.relying_party, sanction.operation_id)
        operation_rules.check_open(named)
    owner = await locked.owner(
        connection,
        account_token=sanction.account_token,
        relying_party=sanction.relying_party,
        signer=sanction.imposed_by,
    )
    admitted = rules.admit(account=owner, sanction=sanction)
    await target.check(connection, admitted)
    if admitted.state is SanctionState.IN_FORCE:
        await _begin(connection, owner, admitted, now)
    await rows.add(connection, admitted)
    await log.append(connection, event)
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
    return None if made is None else await rows.get(connection, request.caller, made.made_id)


async def _begin(connection: Connection, owner: Account, sanction: Sanction, now: ClockReading) -> None:
    """Store what a sanction changes when it comes into force, except its own row."""
    await ending.count(connection, sanction, by=1)
    carried = sanction.statement.order
    if carried is not None:
        await order.carry_out(
            connection, relying_party=sanction.relying_party, digest=carried.digest, now=now.business
        )
    await target.begin(connection, owner, sanction, now)
