"""Rows of invitations."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import literal, select, update

from idvault.campaign.invitation import rules
from idvault.campaign.invitation.rules import Invitation, InvitationState, Stage
from idvault.campaign.rules import ReverificationMethod
from idvault.core.db.connection import Connection
from idvault.core.db.locking import for_change
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.tables.campaign import invitations
from idvault.verify.account import Account, AccountState

COLUMNS = {stage: invitations.c[f"{stage.lower()}_on"] for stage in Stage}
"""The column that holds the first day of each stage."""

_DAYS = [(stage, column.name) for stage, column in COLUMNS.items()]


def from_row(row: Any) -> Invitation:
    """Return the invitation in a row that holds every column of `invitations`."""
    return Invitation(
        account_token=row.account_token,
        campaign_id=row.campaign_id,
        method=ReverificationMethod(row.method),
        state=InvitationState(row.state),
        deliveries=row.deliveries,
        due_at=row.due_at,
        leased_until=row.leased_until,
        code_expires_at=row.code_expires_at,
        reached={stage: day for stage, name in _DAYS if (day := getattr(row, name)) is not None},
    )


def values(invitation: Invitation) -> dict[str, object]:
    """Return an invitation's columns, without its batch and its code's hash."""
    return {
        "account_token": invitation.account_token,
        "campaign_id": invitation.campaign_id,
        "method": invitation.method.value,
        "state": invitation.state.value,
        "deliveries": invitation.deliveries,
        "due_at": invitation.due_at,
        "leased_until": invitation.leased_until,
        "code_expires_at": invitation.code_expires_at,
        **{name: invitation.reached.get(stage) for stage, name in _DAYS},
    }


_KEY = ("account_token", "campaign_id")
_MADE_ONCE = frozenset({*_KEY, "method"})
_OF_BATCH = frozenset({"batch_id", "code_hash", "code_tries"})


def _put(*, kept: frozenset[str]) -> Statement[Any]:
    """Return the upsert of an invitation; the `kept` columns of a stored one do not change."""
    given = {
        column.name: param(column.name) for column in invitations.c if column.name not in _OF_BATCH & kept
    }
    new = upsert(invitations).values(**{"code_tries": literal(0), **given})
    changed = {name: new.excluded[name] for name in given if name not in kept}
    return statement(new.on_conflict_do_update(index_elements=list(_KEY), set_=changed))


_PUT = _put(kept=_MADE_ONCE | _OF_BATCH)
_PUT_IN_BATCH = _put(kept=_MADE_ONCE)
_OF_ACCOUNT = select(invitations).where(invitations.c.account_token == param("token"))
_LOCK = statement(for_change(_OF_ACCOUNT.where(invitations.c.campaign_id == param("campaign"))), from_row)
_LOCK_ALL = statement(for_change(_OF_ACCOUNT), from_row)
_FIND_ALL = statement(_OF_ACCOUNT, from_row)
_IS_VALID = (
    invitations.c.account_token == param("token"),
    invitations.c.code_hash == param("hash"),
    invitations.c.state != InvitationState.VERIFIED.value,
    invitations.c.code_expires_at > param("now"),
)
_IS_USABLE = (*_IS_VALID, invitations.c.code_tries < rules.CODE_TRIES)
_VALID = statement(select(invitations.c.campaign_id).where(*_IS_VALID), scalar)
_USE_CODE = statement(update(invitations).where(*_IS_USABLE).values(code_tries=invitations.c.code_tries + 1))
_USABLE = statement(select(invitations.c.campaign_id).where(*_IS_USABLE), scalar)


async def lock(connection: Connection, account_token: str, campaign_id: str) -> Invitation | None:
    """Return an invitation and lock its row."""
    return await connection.one(_LOCK, token=account_token, campaign=campaign_id)


async def of_account(connection: Connection, account_token: str) -> dict[str, Invitation]:
    """Return the invitations of an account by campaign id."""
    return {one.campaign_id: one for one in await connection.all(_FIND_ALL, token=account_token)}


async def put(connection: Connection, invitation: Invitation) -> None:
    """Store an invitation, new or not; its batch and its code's hash stay as they are."""
    await connection.run(_PUT, **values(invitation))


async def put_batch(
    connection: Connection, batch_id: str, leased: Sequence[Invitation], hashes: Mapping[str, bytes]
) -> None:
    """Store the invitations of a batch, new or not.

    hashes: the hashes of new codes by account token. Every previous code is replaced, or removed if there is
    no new one.
    """
    await connection.many(
        _PUT_IN_BATCH,
        [
            {
                **values(one),
                "batch_id": batch_id,
                "code_hash": hashes.get(one.account_token),
                "code_tries": 0,
            }
            for one in leased
        ],
    )


async def use_code(connection: Connection, *, account_token: str, code_hash: bytes, now: datetime) -> None:
    """Spend a try of a locked account's code; raises PreconditionError if the code is no longer valid."""
    if await connection.run(_USE_CODE, token=account_token, hash=code_hash, now=now) != 1:
        raise rules.refuse_code()


async def check_code(connection: Connection, *, account_token: str, code_hash: bytes, now: datetime) -> str:
    """Return the campaign of a code that has a try left; raises PreconditionError for any other code."""
    found = await connection.one(_USABLE, token=account_token, hash=code_hash, now=now)
    if found is None:
        raise rules.refuse_code()
    return str(found)


async def campaign_of(connection: Connection, *, account_token: str, code_hash: bytes, now: datetime) -> str:
    """Return the campaign of a code, also one without tries; raises PreconditionError for any other code."""
    found = await connection.one(_VALID, token=account_token, hash=code_hash, now=now)
    if found is None:
        raise rules.refuse_code()
    return str(found)


async def conclude(connection: Connection, owner: Account, *, succeeded: bool, today: date) -> None:
    """Update the invitations of a locked account after its claim ended; only imported accounts have any."""
    if owner.state is not AccountState.UNVERIFIED:
        return
    for one in await connection.all(_LOCK_ALL, token=owner.account_token):
        await put(connection, rules.conclude(invitation=one, succeeded=succeeded, today=today))
