"""Rows of invitations."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select, update

from idvault.domain.account import Account, AccountState
from idvault.domain.campaign import invitation as rules
from idvault.domain.campaign.campaign import ReverificationMethod
from idvault.domain.campaign.invitation import Invitation, InvitationState
from idvault.storage.base.connection import Connection
from idvault.storage.base.locking import for_change
from idvault.storage.campaign.progress import COLUMNS
from idvault.storage.campaign.tables import invitations
from idvault.storage.dialect import insert

_KEY = ("account_token", "campaign_id")


def from_row(row: Row[Any]) -> Invitation:
    """Return the invitation of a row that has all columns of its table."""
    return Invitation(
        account_token=row.account_token,
        campaign_id=row.campaign_id,
        method=ReverificationMethod(row.method),
        state=InvitationState(row.state),
        deliveries=row.deliveries,
        due_at=row.due_at,
        leased_until=row.leased_until,
        code_expires_at=row.code_expires_at,
        reached={
            stage: day for stage, column in COLUMNS.items() if (day := getattr(row, column.name)) is not None
        },
    )


def values(invitation: Invitation) -> dict[str, object]:
    """Return an invitation as columns, without its batch and its code's hash."""
    return {
        "account_token": invitation.account_token,
        "campaign_id": invitation.campaign_id,
        "method": invitation.method.value,
        "state": invitation.state.value,
        "deliveries": invitation.deliveries,
        "due_at": invitation.due_at,
        "leased_until": invitation.leased_until,
        "code_expires_at": invitation.code_expires_at,
        **{column.name: invitation.reached.get(stage) for stage, column in COLUMNS.items()},
    }


async def lock(connection: Connection, account_token: str, campaign_id: str) -> Invitation | None:
    """Return an invitation and keep its row."""
    query = select(invitations).where(
        invitations.c.account_token == account_token, invitations.c.campaign_id == campaign_id
    )
    row = (await connection.execute(for_change(query))).first()
    return None if row is None else from_row(row)


async def put(connection: Connection, invitation: Invitation) -> None:
    """Store an invitation, new or not; its batch and its code's hash stay as they are."""
    await put_all(connection, [values(invitation)])


async def put_all(connection: Connection, rows: Sequence[Mapping[str, object]]) -> None:
    """Store invitations, new or not; columns that the rows leave out stay as they are."""
    statement = insert(connection, invitations)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in (*_KEY, "method")}
    await connection.execute(
        statement.on_conflict_do_update(index_elements=list(_KEY), set_=changed), list(rows)
    )


async def use_code(connection: Connection, *, account_token: str, code_hash: bytes, now: datetime) -> None:
    """Spend a code of a locked account; raises PreconditionError unless it counts still."""
    used = await connection.execute(
        update(invitations)
        .where(
            invitations.c.account_token == account_token,
            invitations.c.code_hash == code_hash,
            invitations.c.code_used.is_(False),
            invitations.c.code_expires_at > now,
        )
        .values(code_used=True)
    )
    if used.rowcount != 1:
        raise rules.refuse_code()


async def conclude(connection: Connection, owner: Account, *, succeeded: bool, today: date) -> None:
    """Tell the invitations of a locked account how a claim of it ended; only imported ones have any."""
    if owner.state is not AccountState.UNVERIFIED:
        return
    query = select(invitations).where(invitations.c.account_token == owner.account_token)
    for row in list(await connection.execute(for_change(query))):
        concluded = rules.conclude(invitation=from_row(row), succeeded=succeeded, today=today)
        await put(connection, concluded)
