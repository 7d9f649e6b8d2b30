"""Rows of inquiries, of the lists that were asked for, and of the accounts that a list has."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    LargeBinary,
    Select,
    delete,
    exists,
    func,
    literal_column,
    select,
    update,
)

from idvault.account.store.person import PRESENT_ID
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among, listed, one_of
from idvault.core.db.statement import Micros, Statement, by_index, param, scalar, statement, upsert
from idvault.core.tables import NAME
from idvault.core.tables.account import accounts, withdrawals
from idvault.core.tables.claim import claims, persons, receipts
from idvault.core.tables.disclosure import disclosure_openings, disclosures
from idvault.core.tables.log import log_entries
from idvault.core.tables.session import account_lists, disavowals, inquiries, waiting_disavowals
from idvault.session.inquiry.rules import FoundAccount, Inquiry, ToldAccess, ToldDisclosure
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

_D, _O, _W, _C = disclosures.c, disclosure_openings.c, withdrawals.c, claims.c
_IS_TOLD = _D.disclosed_at < param("horizon", Micros)


def _of_withdrawn(*columns: ColumnElement[Any], entry_id: ColumnElement[str], opened: bool) -> Select[Any]:
    """Return a query of what was disclosed of the withdrawn verifications of persons; `_SOUGHT` names them.

    A verification belongs to the person whom its claim names; an account may have had several. opened: of
    the openings, and not of the releases. entry_id: of the log's entry, whose index is the last column.
    """
    found: FromClause = (
        _SOUGHT.join(
            persons,
            (persons.c.relying_party == _SOUGHT.c.party) & (persons.c.person_index == _SOUGHT.c.person_index),
        )
        .join(withdrawals, (_W.person_id == PRESENT_ID) & (_W.relying_party == persons.c.relying_party))
        .join(claims, (_C.account_token == _W.account_token) & (_C.person_id == _W.person_id))
        .join(
            receipts,
            (receipts.c.account_token == _C.account_token) & (receipts.c.claim_id == _C.claim_id),
        )
        .join(
            disclosures,
            (_D.account_token == receipts.c.account_token) & (_D.record_digest == receipts.c.record_digest),
        )
    )
    if opened:
        of_disclosure = (_O.account_token == _D.account_token) & (_O.disclosure_id == _D.disclosure_id)
        found = found.join(disclosure_openings, of_disclosure)
    found = found.outerjoin(log_entries, log_entries.c.entry_id == entry_id)
    # Of an account that was withdrawn twice, each is found twice.
    query = select(_W.relying_party, *columns, log_entries.c.log_index, entry_id).distinct()
    # SQLite has no statistics, and would begin with a table that has more rows.
    return by_index(
        query.select_from(found).where(_C.withdrawn_at.is_not(None), _IS_TOLD),
        withdrawals,
        "ix_withdrawals_whose",
    )


DISCLOSED: Statement[ToldDisclosure] = statement(
    _of_withdrawn(
        _D.disclosure_id,
        _D.disclosed_at,
        _D.auditor_actor_id,
        _D.legal_basis,
        entry_id=_D.disclose_entry_id,
        opened=False,
    ).order_by(_D.disclosed_at, _D.disclose_entry_id),
    lambda row: ToldDisclosure(
        row.disclosure_id,
        row.relying_party,
        row.disclosed_at,
        row.auditor_actor_id,
        row.legal_basis or "",
        row.log_index,
    ),
)
OPENED: Statement[ToldAccess] = statement(
    _of_withdrawn(_O.disclosure_id, _O.opened_at, _O.auditor_actor_id, entry_id=_O.entry_id, opened=True)
    .where(_O.opened_at < param("horizon", Micros))
    .order_by(_O.opened_at, _O.entry_id),
    lambda row: ToldAccess(
        row.disclosure_id, row.relying_party, row.opened_at, row.auditor_actor_id, row.log_index
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


async def disclosed_of(
    connection: Connection, sought: Sequence[tuple[str, bytes]], *, horizon: datetime
) -> list[ToldDisclosure]:
    """Return the releases before the horizon of what was withdrawn of persons, oldest first."""
    return await connection.all(DISCLOSED, sought=sought, horizon=horizon)


async def opened_of(
    connection: Connection, sought: Sequence[tuple[str, bytes]], *, horizon: datetime
) -> list[ToldAccess]:
    """Return the openings of these releases before the horizon, oldest first."""
    return await connection.all(OPENED, sought=sought, horizon=horizon)
