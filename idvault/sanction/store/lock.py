"""Locks what an act on a sanction changes, with one statement for a moderator's decision.

It refuses a moderator who may not sign. The moderator's row is read, not locked: a concurrent revocation
comes before or after the decision.
"""

from typing import Any, NamedTuple

from sqlalchemy import select

from idvault.account.store import rows as account_rows
from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, for_change, param, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.sanction import moderators, sanctions
from idvault.sanction.rules import Sanction
from idvault.sanction.store import rows as sanction_rows
from idvault.sanction.store.rows import ROWS
from idvault_verify.account import Account
from idvault_verify.error import NotFoundError, PreconditionError, Reason
from idvault_verify.sanction import SanctionState

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
_SANCTION = [column.label(f"sanction_row_{column.name}") for column in ROWS.query.selected_columns]
_MINE = (accounts.c.account_token == param("token")) & (accounts.c.relying_party == param("party"))


class _Locked(NamedTuple):
    owner: Account
    sanction: Sanction | None
    signer_id: str | None
    revoked: bool
    proposer_revoked: bool = False


def _owner(row: Any) -> _Locked:
    return _Locked(account_rows.from_row(row), None, row.signer_id, row.signer_revoked_at is not None)


def _both(row: Any) -> _Locked:
    found = ROWS.from_row(row[len(accounts.c) :])
    return _owner(row)._replace(sanction=found, proposer_revoked=row.proposer_revoked_at is not None)


_OWNER: Statement[_Locked] = statement(for_change(select(*accounts.c, *_SIGNED_BY).where(_MINE)), _owner)
_BOTH: Statement[_Locked] = statement(
    for_change(
        select(
            *accounts.c,
            *_SANCTION,
            *_SIGNED_BY,
            _PROPOSER_REVOKED,
        )
        .join_from(accounts, sanctions, sanctions.c.account_token == accounts.c.account_token)
        .where(_MINE, sanctions.c.sanction_id == param("sanction"))
    ),
    _both,
)


async def lock(connection: Connection, known: Sanction) -> tuple[Account, Sanction]:
    """Return a sanction and its account as they are stored now, locked.

    An account with sanctions is never removed, so it is missing only if the sanction is.
    """
    owner = await account_rows.lock(connection, account_token=known.account_token)
    if owner is None:
        raise NotFoundError(Reason.SANCTION_NOT_FOUND)
    return owner, await sanction_rows.lock(connection, known)


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
    """Return the same for a moderator's decision; raises as `locked_owner` does."""
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
