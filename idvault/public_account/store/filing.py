"""Reads the public accounts of a time in the past from what every act left (ports.public_account)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, exists, func, literal_column, or_, select

from idvault.account.store import periods
from idvault.core.db.act import read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.listing import one_of
from idvault.core.db.statement import Statement, param, statement
from idvault.core.db.types import Micros
from idvault.core.tables.erasure import erasures
from idvault.core.tables.public_account import public_account_versions as versions
from idvault.core.tables.sanction import follower_closings, sanctions
from idvault.public_account.ports import Version
from idvault.public_account.rules.values import PublicAccount, PublicAccountState
from idvault.verify.account import Standing
from idvault.verify.public_account import Licence, PublicAccountCategory, PublicAccountKind
from idvault.verify.sanction import Degree

_columns = versions.c
_later = versions.alias("later")
_AT = param("at", Micros)
_LAST = (
    select(func.max(_later.c.revision))
    .where(
        _later.c.relying_party == _columns.relying_party,
        _later.c.public_account_id == _columns.public_account_id,
        _later.c.changed_at <= _AT,
    )
    .scalar_subquery()
)


def _in_force_until(column: Any) -> Any:
    return or_(column.is_(None), column > _AT)


# A sanction of the owner's account that was in force then, whatever happened to it, or one of its owner that
# it followed; or its erasure.
_OWNER_CLOSED = or_(
    exists().where(
        sanctions.c.account_token == _columns.account_token,
        sanctions.c.public_account_id.is_(None),
        sanctions.c.degree == literal_column(f"'{Degree.CLOSE.value}'"),
        sanctions.c.started_at <= _AT,
        _in_force_until(sanctions.c.ended_at),
        _in_force_until(sanctions.c.end_at),
    ),
    exists().where(
        follower_closings.c.account_token == _columns.account_token,
        follower_closings.c.started_at <= _AT,
        _in_force_until(follower_closings.c.ended_at),
        _in_force_until(follower_closings.c.end_at),
    ),
    exists().where(erasures.c.account_token == _columns.account_token, erasures.c.erased_at <= _AT),
)


def _version(row: Any) -> Version:
    licence = row.licence_category and Licence(
        PublicAccountCategory(row.licence_category), row.licence_reference, row.licence_expire_date
    )
    public_account = PublicAccount(
        row.public_account_id,
        row.relying_party,
        row.account_token,
        row.person_id,
        PublicAccountKind(row.kind),
        PublicAccountCategory(row.owner_category),
        PublicAccountState(row.state),
        row.revision,
        row.applied_at,
        licence or None,
        since=row.since,
        expire_date=row.expire_date,
        owner_changed_on=row.owner_changed_on,
        standing=Standing(row.standing),
        standing_until=row.standing_until,
        later_standings=periods.unpack(row.later_standings),
    )
    return Version(public_account, bool(row.owner_closed))


VERSIONS: Statement[Version] = statement(
    select(versions, _OWNER_CLOSED.label("owner_closed"))
    .where(
        _columns.relying_party == param("party"),
        _columns.public_account_id > param("after", String),
        _columns.changed_at <= _AT,
        _columns.revision == _LAST,
        one_of(_columns.state, (PublicAccountState.ACTIVE.value, PublicAccountState.GRACE.value)),
    )
    .order_by(_columns.public_account_id)
    .limit(param("limit", Integer)),
    _version,
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlFilingStore:
    """The history of public accounts in the main database."""

    database: Database

    @read("public_account.versions")
    async def versions(
        self, connection: Connection, *, relying_party: str, at: datetime, after: str, limit: int
    ) -> Sequence[Version]:
        """Return public accounts that were stored as live at a time, in the order of their ids."""
        return await connection.all(VERSIONS, party=relying_party, at=at, after=after, limit=limit)
