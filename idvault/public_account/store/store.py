"""The acts and reads of public accounts (public_account.ports.PublicAccountStore).

Whether an account, or one of its public accounts, is in a dispute that nobody may escape.

Reads what keeps a person from another public account: sanctions in force that closed one.

The steps that the acts of public accounts share.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import literal_column, select, union_all

from idvault.account.store import person as account_person
from idvault.account.store import rows as account_rows
from idvault.core import account_request as requests
from idvault.core import log_entry
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.db.types import Micros
from idvault.core.policy import PublicAccountLimits
from idvault.core.request import Request
from idvault.core.tables.account import accounts
from idvault.core.tables.public_account import public_accounts
from idvault.core.tables.sanction import appeals, sanctions
from idvault.public_account.ports import Owned, Present
from idvault.public_account.rules import owner as public_account_owner
from idvault.public_account.rules import public_account as public_account_rules
from idvault.public_account.rules.owner import Closing, OwnerFacts
from idvault.public_account.rules.public_account import (
    Application,
    PublicAccount,
    PublicAccountState,
    RejectReason,
)
from idvault.public_account.store import lists as public_account_lists
from idvault.public_account.store import rows as public_account_rows
from idvault.verify.account import Account
from idvault.verify.event import Event
from idvault.verify.public_account import Licence
from idvault.verify.sanction import AppealState, Degree, SanctionState

_ABOUT = sanctions.c.public_account_id.is_(None) | (sanctions.c.public_account_id == param("public"))
_OPEN: Statement[Any] = statement(
    union_all(
        select(sanctions.c.sanction_id).where(
            sanctions.c.account_token == param("token"),
            sanctions.c.state == literal_column(f"'{SanctionState.PROPOSED.value}'"),
            sanctions.c.due_at > param("now", Micros),
            _ABOUT,
        ),
        select(appeals.c.sanction_id)
        .join_from(
            appeals,
            sanctions,
            (sanctions.c.account_token == appeals.c.account_token)
            & (sanctions.c.sanction_id == appeals.c.sanction_id),
        )
        .where(
            appeals.c.account_token == param("token"),
            appeals.c.state == literal_column(f"'{AppealState.FILED.value}'"),
            _ABOUT,
        ),
    ).limit(literal_column("1")),
    scalar,
)


async def exists(
    connection: Connection, *, account_token: str, public_account_id: str, now: datetime
) -> bool:
    """Return whether a sanction of a public account, or of its locked owner, is proposed or appealed."""
    which = {"token": account_token, "public": public_account_id}
    return await connection.one(_OPEN, **which, now=now) is not None


def _closing(row: Any) -> Closing:
    return Closing(
        public_account_rows.owned(row).public_account,
        row.closed_alone is not None,
        row.closed_at,
        row.closed_until,
    )


_OF_PERSON: Statement[Closing] = statement(
    select(
        *public_account_rows.COLUMNS,
        sanctions.c.public_account_id.label("closed_alone"),
        sanctions.c.started_at.label("closed_at"),
        sanctions.c.end_at.label("closed_until"),
    )
    .join_from(public_accounts, accounts, accounts.c.account_token == public_accounts.c.account_token)
    .join(sanctions, sanctions.c.account_token == public_accounts.c.account_token)
    .where(
        public_accounts.c.relying_party == param("party"),
        public_accounts.c.person_id == param("person_id"),
        sanctions.c.state == literal_column(f"'{SanctionState.IN_FORCE.value}'"),
        sanctions.c.degree == literal_column(f"'{Degree.CLOSE.value}'"),
        sanctions.c.public_account_id.is_(None)
        | (sanctions.c.public_account_id == public_accounts.c.public_account_id),
    ),
    _closing,
)


async def of_person(connection: Connection, relying_party: str, person_id: str) -> Sequence[Closing]:
    """Return each CLOSE in force of a person's public accounts and of the accounts that have them."""
    return await connection.all(_OF_PERSON, party=relying_party, person_id=person_id)


async def repeated_step(
    connection: Connection, request: Request, account_token: str, public_account_id: str, present: Present
) -> Owned | None:
    """Store a new request and return None, or return as it is now what a repeat has made or changed."""
    made = await requests.remember_for_account(
        connection, request, account_token=account_token, made=public_account_id, now=present.time
    )
    return None if made is None else await get(connection, request.caller, made.made_id)


async def repeated_for(
    connection: Connection, request: Request, found: Owned, present: Present
) -> Owned | None:
    """Do what `repeated` does, for a request about a public account."""
    public_account = found.public_account
    return await repeated_step(
        connection, request, public_account.account_token, public_account.public_account_id, present
    )


async def get(connection: Connection, relying_party: str, public_account_id: str) -> Owned:
    """Return a public account with its operators; raises NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND)."""
    found = await public_account_rows.get(connection, relying_party, public_account_id)
    return (await public_account_rows.joined(connection, [found]))[0]


async def lock(connection: Connection, found: Owned) -> Owned:
    """Return a public account, its owner and its operators as they are stored now; both rows are locked."""
    stored = await public_account_rows.lock(connection, found)
    return (await public_account_rows.joined(connection, [stored]))[0]


async def is_eligible(
    connection: Connection,
    public_account: PublicAccount,
    owner: Account,
    *,
    limits: PublicAccountLimits,
    present: Present,
) -> bool:
    """Return whether somebody may own a public account; locks the person, so that acts decide in turn.

    owner: an account whose row this act has locked.
    """
    party, person_id = owner.relying_party, owner.person_id
    if person_id is None:
        return False
    barred = await account_person.lock_by_id(
        connection, relying_party=party, person_id=person_id, now=present.time
    )
    owned = await public_account_rows.of_person(connection, party, person_id)
    # Read last: of a closing at the same time, either the count or this sees it.
    closings = await of_person(connection, party, person_id)
    return public_account_owner.is_eligible(
        public_account=public_account,
        owner=owner,
        facts=OwnerFacts(barred, tuple((each.public_account, each.owner) for each in owned), tuple(closings)),
        limits=limits,
        zone=present.zone,
        now=present.time,
    )


async def is_disputed(connection: Connection, found: Owned, present: Present) -> bool:
    """Return whether a sanction of a public account or of its locked owner is proposed or appealed."""
    return await exists(
        connection,
        account_token=found.owner.account_token,
        public_account_id=found.public_account.public_account_id,
        now=present.time,
    )


async def put(
    connection: Connection, stored: Owned, made: PublicAccount, present: Present, event: Event
) -> Owned:
    """Store what an act made of a public account that it has locked, with its event."""
    await public_account_rows.put(
        connection, made, token=stored.public_account.account_token, now=present.time
    )
    await log_entry.append(connection, event)
    return replace(stored, public_account=made)


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
        repeated = await repeated_step(
            connection, request, application.account_token, application.public_account_id, present
        )
        if repeated is not None:
            return repeated
        owner = await account_rows.lock_of(
            connection, account_token=application.account_token, relying_party=application.relying_party
        )
        made = public_account_rules.apply(
            application=application, owner=owner, today=present.today, now=present.time
        )
        await public_account_rows.add(connection, made, now=present.time)
        await log_entry.append(connection, event)
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
        if (repeated := await repeated_for(connection, request, found, present)) is not None:
            return repeated
        stored = await lock(connection, found)
        public_account, owner = stored.public_account, stored.owner
        made = public_account_rules.approve(
            public_account=public_account,
            owner=owner,
            eligible=await is_eligible(connection, public_account, owner, limits=limits, present=present),
            days=limits.days,
            today=present.today,
            now=present.time,
        )
        event = approved if made.state is PublicAccountState.ACTIVE else rejected
        return await put(connection, stored, made, present, event)

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
        if (repeated := await repeated_for(connection, request, found, present)) is not None:
            return repeated
        stored = await lock(connection, found)
        # Read as an approval reads them: neither its statements nor its time tell what an approval found.
        await is_eligible(connection, stored.public_account, stored.owner, limits=limits, present=present)
        made = public_account_rules.reject(
            public_account=stored.public_account,
            owner=stored.owner,
            reason=reason,
            today=present.today,
            now=present.time,
        )
        return await put(connection, stored, made, present, event)

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
        if (repeated := await repeated_for(connection, request, found, present)) is not None:
            return repeated
        stored = await lock(connection, found)
        made = public_account_rules.renew(
            public_account=stored.public_account,
            owner=stored.owner,
            licence=licence,
            days=days,
            today=present.today,
            now=present.time,
        )
        return await put(connection, stored, made, present, event)

    @act("public_account.close")
    async def close(
        self, connection: Connection, found: Owned, *, request: Request, present: Present, event: Event
    ) -> Owned:
        """Close a public account for its owner."""
        if (repeated := await repeated_for(connection, request, found, present)) is not None:
            return repeated
        stored = await lock(connection, found)
        made = public_account_rules.close(
            public_account=stored.public_account,
            owner=stored.owner,
            disputed=await is_disputed(connection, stored, present),
            today=present.today,
            now=present.time,
        )
        return await put(connection, stored, made, present, event)

    @act("public_account.fall")
    async def fall(self, connection: Connection, found: Owned, *, present: Present, event: Event) -> bool:
        """Store the next step that is due, unless the public account has changed since it was read."""
        stored = await lock(connection, found)
        due_on = stored.public_account.due_on
        unchanged = stored.public_account.revision == found.public_account.revision
        if not unchanged or due_on is None or due_on > present.today:
            return False
        await put(
            connection,
            stored,
            public_account_rules.step(public_account=stored.public_account),
            present,
            event,
        )
        return True

    @read("public_account.due")
    async def due(self, connection: Connection, *, today: date, limit: int) -> list[Owned]:
        """Return public accounts with a step that is due, the longest due first."""
        return await connection.all(public_account_lists.DUE, today=today, limit=limit)

    @read("public_account.get")
    async def get(self, connection: Connection, *, relying_party: str, public_account_id: str) -> Owned:
        """Return a public account; raises NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND)."""
        return await get(connection, relying_party, public_account_id)

    @read("public_account.owned")
    async def owned(self, connection: Connection, *, relying_party: str, person_id: str) -> Sequence[Owned]:
        """Return the public accounts of a person or organisation that are stored as live."""
        return await public_account_rows.of_person(connection, relying_party, person_id)

    @read("public_account.closings")
    async def closings(
        self, connection: Connection, *, relying_party: str, person_id: str
    ) -> Sequence[Closing]:
        """Return what closes public accounts of a person, or the accounts that have them."""
        return await of_person(connection, relying_party, person_id)

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
            public_account_lists.EXPIRING,
            party=relying_party,
            until=until,
            day=day,
            after=last,
            limit=limit,
            lapsed=public_account_lists.lapsed(present),
            now=present.time,
        )
        return await public_account_rows.joined(connection, found)

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
        place = await public_account_lists.place_of(connection, relying_party, after)
        common = {"party": relying_party, **place, "limit": limit}
        if account_token is not None:
            found = await connection.all(public_account_lists.OF_OWNER, **common, token=account_token)
        elif state is None:
            found = await connection.all(public_account_lists.OF_PARTY, **common)
        else:
            asked = public_account_lists.IN_STATE[state]
            found = await connection.all(asked, **common, **public_account_lists.dates(state, present))
        return await public_account_rows.joined(connection, found)
