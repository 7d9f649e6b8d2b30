"""The acts and reads of public accounts (ports.public_account.PublicAccountStore)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from idvault.account.store import rows as account
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.policy import PublicAccountLimits
from idvault.core.request import Request
from idvault.log.store import entry as log
from idvault.public_account.ports import Owned, Present
from idvault.public_account.rules import public_account as rules
from idvault.public_account.rules.owner import Closing
from idvault.public_account.rules.values import Application, PublicAccountState, RejectReason
from idvault.public_account.store import closing, lists, operator, rows, steps
from idvault.verify.event import Event
from idvault.verify.public_account import Licence

_FIRST_DAY = date(1970, 1, 1)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlPublicAccountStore:
    """Public accounts in the main database.

    Rows are locked in this order: request, the owner's account with the public account, person.
    """

    database: Database

    @act("public_account.apply")
    async def apply(
        self,
        connection: Connection,
        application: Application,
        *,
        request: Request,
        present: Present,
        event: Event,
    ) -> Owned:
        """Store an application."""
        repeated = await steps.repeated(
            connection, request, application.account_token, application.public_account_id, present
        )
        if repeated is not None:
            return repeated
        owner = await account.lock_of(
            connection, account_token=application.account_token, relying_party=application.relying_party
        )
        made = rules.apply(application=application, owner=owner, today=present.today, now=present.time)
        await rows.add(connection, made, now=present.time)
        await log.append(connection, event)
        return Owned(made, owner)

    @act("public_account.approve")
    async def approve(
        self,
        connection: Connection,
        found: Owned,
        *,
        limits: PublicAccountLimits,
        request: Request,
        present: Present,
        approved: Event,
        rejected: Event,
    ) -> Owned:
        """Approve an application, or reject it if its owner is not eligible."""
        if (repeated := await steps.repeated_for(connection, request, found, present)) is not None:
            return repeated
        stored = await steps.lock(connection, found)
        public_account, owner = stored.public_account, stored.owner
        made = rules.approve(
            public_account=public_account,
            owner=owner,
            eligible=await steps.is_eligible(
                connection, public_account, owner, limits=limits, present=present
            ),
            days=limits.days,
            today=present.today,
            now=present.time,
        )
        event = approved if made.state is PublicAccountState.ACTIVE else rejected
        return await steps.put(connection, stored, made, present, event)

    @act("public_account.reject")
    async def reject(
        self,
        connection: Connection,
        found: Owned,
        *,
        reason: RejectReason,
        limits: PublicAccountLimits,
        request: Request,
        present: Present,
        event: Event,
    ) -> Owned:
        """Reject an application."""
        if (repeated := await steps.repeated_for(connection, request, found, present)) is not None:
            return repeated
        stored = await steps.lock(connection, found)
        # Read as an approval reads them: neither its statements nor its time tell what an approval found.
        await steps.is_eligible(
            connection, stored.public_account, stored.owner, limits=limits, present=present
        )
        made = rules.reject(
            public_account=stored.public_account,
            owner=stored.owner,
            reason=reason,
            today=present.today,
            now=present.time,
        )
        return await steps.put(connection, stored, made, present, event)

    @act("public_account.renew")
    async def renew(
        self,
        connection: Connection,
        found: Owned,
        *,
        licence: Licence | None,
        days: int,
        request: Request,
        present: Present,
        event: Event,
    ) -> Owned:
        """Begin another term."""
        if (repeated := await steps.repeated_for(connection, request, found, present)) is not None:
            return repeated
        stored = await steps.lock(connection, found)
        made = rules.renew(
            public_account=stored.public_account,
            owner=stored.owner,
            licence=licence,
            days=days,
            today=present.today,
            now=present.time,
        )
        return await steps.put(connection, stored, made, present, event)

    @act("public_account.close")
    async def close(
        self, connection: Connection, found: Owned, *, request: Request, present: Present, event: Event
    ) -> Owned:
        """Close a public account for its owner."""
        if (repeated := await steps.repeated_for(connection, request, found, present)) is not None:
            return repeated
        stored = await steps.lock(connection, found)
        made = rules.close(
            public_account=stored.public_account,
            owner=stored.owner,
            disputed=await steps.is_disputed(connection, stored, present),
            today=present.today,
            now=present.time,
        )
        return await steps.put(connection, stored, made, present, event)

    @act("public_account.fall")
    async def fall(self, connection: Connection, found: Owned, *, present: Present, event: Event) -> bool:
        """Store the next step that is due, unless the public account has changed since it was read."""
        stored = await steps.lock(connection, found)
        due_on = stored.public_account.due_on
        unchanged = stored.public_account.revision == found.public_account.revision
        if not unchanged or due_on is None or due_on > present.today:
            return False
        await steps.put(connection, stored, rules.step(public_account=stored.public_account), present, event)
        return True

    @read("public_account.due")
    async def due(self, connection: Connection, *, today: date, limit: int) -> list[Owned]:
        """Return public accounts with a step that is due, the longest due first."""
        return await connection.all(lists.DUE, today=today, limit=limit)

    @read("public_account.get")
    async def get(self, connection: Connection, *, relying_party: str, public_account_id: str) -> Owned:
        """Return a public account; raises NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND)."""
        return await steps.get(connection, relying_party, public_account_id)

    @read("public_account.owned")
    async def owned(self, connection: Connection, *, relying_party: str, person_id: str) -> Sequence[Owned]:
        """Return the public accounts of a person or organisation that are stored as live."""
        return await rows.of_person(connection, relying_party, person_id)

    @read("public_account.closings")
    async def closings(
        self, connection: Connection, *, relying_party: str, person_id: str
    ) -> Sequence[Closing]:
        """Return what closes public accounts of a person, or the accounts that have them."""
        return await closing.of_person(connection, relying_party, person_id)

    @read("public_account.expiring")
    async def expiring(
        self,
        connection: Connection,
        *,
        relying_party: str,
        until: date,
        after: tuple[date, str] | None,
        limit: int,
        present: Present,
    ) -> list[Owned]:
        """Return live public accounts whose expire_date comes by a day, the first to expire first."""
        day, last = after or (_FIRST_DAY, "")
        found = await connection.all(
            lists.EXPIRING,
            party=relying_party,
            until=until,
            day=day,
            after=last,
            limit=limit,
            lapsed=lists.lapsed(present),
            now=present.time,
        )
        return await operator.joined(connection, found)

    @read("public_account.list")
    async def list(
        self,
        connection: Connection,
        *,
        relying_party: str,
        account_token: str | None,
        state: PublicAccountState | None,
        after: str,
        limit: int,
        present: Present,
    ) -> list[Owned]:
        """Return public accounts that follow another one, oldest first."""
        place = await lists.place_of(connection, relying_party, after)
        common = {"party": relying_party, **place, "limit": limit}
        if account_token is not None:
            found = await connection.all(lists.OF_OWNER, **common, token=account_token)
        elif state is None:
            found = await connection.all(lists.OF_PARTY, **common)
        else:
            asked = lists.IN_STATE[state]
            found = await connection.all(asked, **common, **lists.dates(state, present))
        return await operator.joined(connection, found)
