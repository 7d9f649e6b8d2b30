"""Rows of inquiries, of the lists that were asked for, and of the accounts that a list has."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import LargeBinary, delete, exists, func, literal_column, select, update

from idvault.account.store.person import PRESENT_ID
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among, listed, one_of
from idvault.core.db.statement import Statement, by_index, param, scalar, statement, upsert
from idvault.core.tables import NAME
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import persons
from idvault.core.tables.session import account_lists, disavowals, inquiries, waiting_disavowals
from idvault.session.inquiry.rules import FoundAccount, Inquiry
from idvault_verify.account import AccountState
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.session import DisavowalState

_I, _L, _A = inquiries.c, account_lists.c, accounts.c
_MINE = _I.inquiry_id == param("inquiry")


def _inquiry(row: Any) -> Inquiry:
    return Inquiry(row.inquiry_id, bytes(row.proof_hash), row.began_at, row.shown_at)


_GET: Statement[Inquiry] = statement(select(inquiries).where(_MINE), _inquiry)
_ADD = statement(upsert(inquiries).on_conflict_do_nothing(index_elements=[_I.inquiry_id]))
_SHOW = statement(update(inquiries).where(_MINE, _I.shown_at.is_(None)).values(shown_at=param("now")))
_PURGE = statement(delete(inquiries).where(_I.began_at < param("before")))
_PURGE_LISTS = statement(delete(account_lists).where(_L.asked_at <= param("before")))
_INDEXED = among(_L.person_index, "indexes")
_ASKED_AT: Statement[datetime | None] = statement(select(func.max(_L.asked_at)).where(_INDEXED), scalar)
_ASK = statement(upsert(account_lists).on_conflict_do_nothing(index_elements=[_L.person_index]))
_FORGET = statement(delete(account_lists).where(_INDEXED))
_FORGET_OVER = statement(delete(account_lists).where(_INDEXED, _L.asked_at <= param("before")))

_SOUGHT = listed("sought", party=NAME, person_index=LargeBinary)
_WAITS = exists().where(waiting_disavowals.c.account_token == _A.account_token).label("waits")
_HAS_OPEN = (
    exists()
    .where(
        disavowals.c.account_token == _A.account_token,
        disavowals.c.state == literal_column(f"'{DisavowalState.FILED.value}'"),
    )
    .label("has_open")
)
# SQLite has no statistics, and would read every account that is VERIFIED.
FOUND: Statement[FoundAccount] = statement(
    by_index(
        select(
            _A.account_token,
            _A.relying_party,
            _A.person_id,
            _A.state,
            _A.verify_date,
            _A.expire_date,
            _WAITS,
            _HAS_OPEN,
        )
        .join_from(
            _SOUGHT,
            persons,
            (persons.c.relying_party == _SOUGHT.c.party) & (persons.c.person_index == _SOUGHT.c.person_index),
        )
        .join(accounts, _A.person_id == PRESENT_ID)
        .where(
            _A.relying_party == persons.c.relying_party,
            one_of(_A.state, [AccountState.VERIFIED.value, AccountState.EXPIRED.value]),
        )
        .order_by(_A.relying_party, _A.account_token),
        accounts,
        "ix_accounts_person",
    ),
    lambda row: FoundAccount(
        row.account_token,
        row.relying_party,
        row.person_id,
        AccountState(row.state),
        row.verify_date,
        row.expire_date,
        bool(row.waits),
        bool(row.has_open),
    ),
)


async def get(connection: Connection, inquiry_id: str) -> Inquiry:
    """Return an inquiry; raises NotFoundError (SESSION_NOT_FOUND)."""
    found = await connection.one(_GET, inquiry=inquiry_id)
    if found is None:
        raise NotFoundError(Reason.SESSION_NOT_FOUND)
    return found


async def add(connection: Connection, inquiry: Inquiry) -> bool:
    """Insert an inquiry; False if one of this browser's key is there."""
    row = {"inquiry_id": inquiry.inquiry_id, "proof_hash": inquiry.proof_hash, "began_at": inquiry.began_at}
    return await connection.run(_ADD, **row, shown_at=None) > 0


async def show(connection: Connection, inquiry_id: str, *, now: datetime) -> bool:
    """Store that the list was shown; False if it was shown before."""
    return await connection.run(_SHOW, inquiry=inquiry_id, now=now) > 0


async def purge(connection: Connection, *, before: datetime, lists_before: datetime) -> int:
    """Delete old inquiries and lists; return how many."""
    count = await connection.run(_PURGE, before=before)
    return count + await connection.run(_PURGE_LISTS, before=lists_before)


async def asked_at(connection: Connection, indexes: Sequence[bytes]) -> datetime | None:
    """Return when somebody asked for the list of a person, by every index that the person may have."""
    return await connection.one(_ASKED_AT, indexes=indexes)


async def ask(
    connection: Connection, indexes: Sequence[bytes], *, over_before: datetime, now: datetime
) -> bool:
    """Store that the list of a person was asked for, unless it is; False if it is. The first index is new."""
    await connection.run(_FORGET_OVER, indexes=indexes, before=over_before)
    if await asked_at(connection, indexes) is not None:
        return False
    return await connection.run(_ASK, person_index=indexes[0], asked_at=now) > 0


async def forget(connection: Connection, indexes: Sequence[bytes]) -> bool:
    """Delete the list of a person; False if none was asked for."""
    return await connection.run(_FORGET, indexes=indexes) > 0


async def accounts_of(connection: Connection, sought: Sequence[tuple[str, bytes]]) -> list[FoundAccount]:
    """Return the accounts of persons. sought: platforms, each with an index."""
    return await connection.all(FOUND, sought=sought)
