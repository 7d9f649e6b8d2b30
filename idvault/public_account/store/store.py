"""What the acts of public accounts read and lock: one with its operators, disputes, and what bars a person.

- Nobody escapes a dispute about an account, or about one of its public accounts.
- A sanction in force that closed one keeps its person from another one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import literal_column, select, union_all

from idvault.account.store import rows as account_rows
from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, scalar, statement
from idvault.core.db.types import Micros
from idvault.core.tables.account import accounts
from idvault.core.tables.public_account import public_accounts
from idvault.core.tables.sanction import appeals, sanctions
from idvault.public_account.rules.owner import Closing, Owned
from idvault.public_account.store import rows as public_account_rows
from idvault_verify.account import Account
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.sanction import AppealState, Degree, SanctionState

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


async def is_disputed(connection: Connection, found: Owned, *, now: datetime) -> bool:
    """Return whether a sanction of a public account or of its locked owner is proposed or appealed."""
    which = {"token": found.owner.account_token, "public": found.public_account.public_account_id}
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


async def closings(connection: Connection, relying_party: str, person_id: str) -> Sequence[Closing]:
    """Return each CLOSE in force of a person's public accounts and of the accounts that have them."""
    return await connection.all(_OF_PERSON, party=relying_party, person_id=person_id)


async def get(connection: Connection, relying_party: str, public_account_id: str) -> Owned:
    """Return a public account with its operators; raises NotFoundError (PUBLIC_ACCOUNT_NOT_FOUND)."""
    found = await public_account_rows.get(connection, relying_party, public_account_id)
    return (await public_account_rows.joined(connection, [found]))[0]


async def lock(connection: Connection, found: Owned) -> Owned:
    """Return a public account, its owner and its operators as they are stored now; both rows are locked."""
    stored = await public_account_rows.lock(connection, found)
    return (await public_account_rows.joined(connection, [stored]))[0]


async def lock_with(connection: Connection, found: Owned, account_token: str) -> tuple[Owned, Account]:
    """Return the public account, and another account of the platform; all rows are locked.

    Accounts are locked in the order of their tokens, so that two acts never wait for each other. Raises
    NotFoundError (ACCOUNT_NOT_FOUND).
    """
    party, other = found.public_account.relying_party, None
    first = account_token < found.public_account.account_token
    if first:
        other = await account_rows.lock(connection, account_token=account_token, relying_party=party)
    stored = await lock(connection, found)
    if not first:
        other = await account_rows.lock(connection, account_token=account_token, relying_party=party)
    if other is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    return stored, other
