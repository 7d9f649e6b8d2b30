"""Rows of the operators of public accounts, each with the operator's own account."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import delete, insert, select

from idvault.account.store import rows as account
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.public_account import public_account_operators
from idvault.public_account.ports import Owned
from idvault.verify.account import Account
from idvault.verify.public_account import PublicAccountKind

_columns = public_account_operators.c


class _Row(NamedTuple):
    """An operator of a public account, by token."""

    public_account_id: str
    operator_token: str


# Found by the owners' tokens: an owner has few public accounts. The operators' accounts may be in other
# units, so they are read by themselves.
_OF_OWNERS: Statement[_Row] = statement(
    select(_columns.public_account_id, _columns.operator_token)
    .where(among(_columns.account_token, "tokens"))
    .order_by(_columns.added_at, _columns.operator_token),
    lambda row: _Row(row.public_account_id, row.operator_token),
)
_ACCOUNTS: Statement[Account] = statement(
    select(accounts).where(among(accounts.c.account_token, "tokens")), account.from_row
)
_OF_PUBLIC_ACCOUNT = (_columns.account_token == param("token")) & (
    _columns.public_account_id == param("public")
)
_ADD = statement(insert(public_account_operators))
_REMOVE = statement(
    delete(public_account_operators).where(_OF_PUBLIC_ACCOUNT, _columns.operator_token == param("operator"))
)
_REMOVE_ALL = statement(delete(public_account_operators).where(_OF_PUBLIC_ACCOUNT))


async def joined(connection: Connection, found: Sequence[Owned]) -> list[Owned]:
    """Return public accounts with their operators; a person's has none."""
    tokens = {
        each.public_account.account_token
        for each in found
        if each.public_account.kind is not PublicAccountKind.INDIVIDUAL
    }
    if not tokens:
        return list(found)
    rows = await connection.all(_OF_OWNERS, tokens=sorted(tokens))
    named = {row.operator_token for row in rows}
    read = await connection.all(_ACCOUNTS, tokens=sorted(named)) if named else []
    theirs = {each.account_token: each for each in read}
    operators: defaultdict[str, list[Account]] = defaultdict(list)
    for row in rows:
        operators[row.public_account_id].append(theirs[row.operator_token])
    return [
        replace(each, operators=tuple(operators[each.public_account.public_account_id])) for each in found
    ]


async def add(connection: Connection, found: Owned, operator: Account, *, now: datetime) -> None:
    """Insert an operator of a public account that this act has locked."""
    await connection.later(
        _ADD,
        account_token=found.public_account.account_token,
        public_account_id=found.public_account.public_account_id,
        operator_token=operator.account_token,
        added_at=now,
    )


async def remove(connection: Connection, found: Owned, operator_token: str) -> None:
    """Delete an operator of a public account that this act has locked."""
    await connection.later(_REMOVE, **_key(found), operator=operator_token)


async def remove_all(connection: Connection, found: Owned) -> None:
    """Delete all operators of a public account that this act has locked."""
    await connection.later(_REMOVE_ALL, **_key(found))


def _key(found: Owned) -> dict[str, str]:
    return {
        "token": found.public_account.account_token,
        "public": found.public_account.public_account_id,
    }
