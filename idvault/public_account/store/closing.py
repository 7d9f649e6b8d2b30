"""Reads what keeps a person from another public account: sanctions in force that closed one."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import literal_column, select

from idvault.core.db.connection import Connection
from idvault.core.db.statement import Statement, param, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.public_account import public_accounts
from idvault.core.tables.sanction import sanctions
from idvault.public_account.rules.owner import Closing
from idvault.public_account.store import rows
from idvault.verify.sanction import Degree, SanctionState


def _closing(row: Any) -> Closing:
    return Closing(
        rows.owned(row).public_account, row.closed_alone is not None, row.closed_at, row.closed_until
    )


_OF_PERSON: Statement[Closing] = statement(
    select(
        *rows.COLUMNS,
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
