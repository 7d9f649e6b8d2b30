"""The rows of erasures and of their memos, and what an erasure deletes or takes from a person.

Rows are locked in this order: request, account, person, then whatever belongs to the account.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    Select,
    String,
    and_,
    case,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    true,
    union_all,
    update,
)

from idvault.account.store import forgetting
from idvault.account.store import person as account_person
from idvault.account.store import rows as account_rows
from idvault.account.store import withdrawal as withdrawal_store
from idvault.core.db.connection import Connection
from idvault.core.db.deadline import PlatformDeadlines, by_platform
from idvault.core.db.listing import among_words, one_of
from idvault.core.db.statement import Micros, Statement, param, scalar, statement, upsert
from idvault.core.rows import Rows
from idvault.core.tables.account import accounts, records, withdrawals
from idvault.core.tables.campaign import invitations
from idvault.core.tables.claim import account_attempts, claims, intakes, receipts, representatives, reviews
from idvault.core.tables.disclosure import (
    disclosure_decisions,
    disclosure_openings,
    disclosures,
    kept_records,
)
from idvault.core.tables.erasure import erasure_memos, erasures
from idvault.core.tables.log import log_openings
from idvault.core.tables.notice import account_notices
from idvault.core.tables.public_account import public_account_versions, public_accounts
from idvault.core.tables.sanction import followers, sanctions
from idvault.erasure.rules import Erasure, ErasureLevels, ErasureMemo
from idvault_verify.account import Account, AccountState
from idvault_verify.claim import ClaimState
from idvault_verify.erasure import ErasureOrigin, ErasureState
from idvault_verify.error import Reason
from idvault_verify.sanction import SanctionState

_GONE = [
    statement(delete(table).where(table.c.account_token == param("token")))
    for table in (records, intakes, account_attempts, account_notices, representatives, reviews)
]


def _no_receipts(*but: ColumnElement[bool]) -> Statement[Any]:
    """Return what deletes an account's receipts, but those of withdrawn verifications; but: of which."""
    kept = exists().where(
        claims.c.account_token == receipts.c.account_token,
        claims.c.claim_id == receipts.c.claim_id,
        claims.c.withdrawn_at.is_not(None),
        *but,
    )
    return statement(delete(receipts).where(receipts.c.account_token == param("token"), ~kept))


# The account shows nothing of them, and their person finds by them what was opened.
_NO_RECEIPTS = _no_receipts()
# A claim may name another person: one whose number replaced the owner's. Nothing forgets that one later.
_NAMED_BY_WITHDRAWAL = exists().where(
    withdrawals.c.account_token == claims.c.account_token, withdrawals.c.person_id == claims.c.person_id
)
_NO_IDLE_RECEIPTS = _no_receipts(_NAMED_BY_WITHDRAWAL)
_K, _D, _M, _O = kept_records.c, disclosures.c, disclosure_decisions.c, disclosure_openings.c
# A version with a hold, also one that is over, goes in its own time (erasure.former_version).
_NO_VERSIONS = statement(
    delete(kept_records).where(_K.account_token == param("token"), _K.kept_until.is_(None))
)
_SPARED = select(_K.record_id).where(_K.account_token == param("token"), _K.kept_until.is_not(None))
_OF_SPARED = select(_D.disclosure_id).where(_D.account_token == param("token"), _D.record_id.in_(_SPARED))
_NO_SHARES = statement(
    update(disclosure_decisions)
    .where(_M.account_token == param("token"), _M.disclosure_id.not_in(_OF_SPARED))
    .values(resealed=None)
)


def _of_disclosures(entry_id: ColumnElement[str], table: FromClause) -> Select[str]:
    mine = (table.c.account_token == param("token")) & table.c.disclosure_id.in_(_OF_SPARED)
    return select(entry_id).select_from(table).where(mine, entry_id.is_not(None))


# What proves a held version: its settlement, and each step of a disclosure of it.
_PROOFS = union_all(
    select(_K.settle_entry_id).where(
        _K.account_token == param("token"), _K.record_id.in_(_SPARED), _K.settle_entry_id.is_not(None)
    ),
    _of_disclosures(_D.entry_id, disclosures),
    _of_disclosures(_D.disclose_entry_id, disclosures),
    _of_disclosures(_M.entry_id, disclosure_decisions),
    _of_disclosures(_M.release_entry_id, disclosure_decisions),
    _of_disclosures(_O.entry_id, disclosure_openings),
)
_NO_LOG_OPENINGS = statement(
    delete(log_openings).where(
        log_openings.c.account_token == param("token"), log_openings.c.entry_id.not_in(_PROOFS)
    )
)
_NO_OTHER_LOG_OPENINGS = statement(
    delete(log_openings).where(
        log_openings.c.account_token == param("token"),
        log_openings.c.entry_id.not_in(_PROOFS),
        log_openings.c.entry_id != param("last"),
    )
)
_NO_CODES = statement(
    update(invitations).where(invitations.c.account_token == param("token")).values(code_hash=None)
)
_OPEN = one_of(sanctions.c.state, [SanctionState.PROPOSED.value, SanctionState.IN_FORCE.value])


def held(token: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a sanction keeps an erased account among its person's accounts."""
    return or_(
        exists().where(sanctions.c.account_token == token, _OPEN),
        exists().where(followers.c.account_token == token),
    )


_HELD_REMAINS = statement(select(literal_column("1")).where(held(param("token", String))), scalar)
_UNLINK = [
    statement(update(accounts).where(accounts.c.account_token == param("token")).values(person_id=None)),
    *(
        statement(
            update(table)
            .where(table.c.account_token == param("token"), *conditions)
            .values(person_id=withdrawal_store.NOBODY)
        )
        for table, *conditions in (
            # Those of withdrawn verifications are unlinked when their person is forgotten.
            (claims, or_(claims.c.withdrawn_at.is_(None), ~_NAMED_BY_WITHDRAWAL)),
            (public_accounts,),
            (public_account_versions,),
        )
    ),
]


async def clear(connection: Connection, *, account_token: str) -> None:
    """Delete every version of the record of a locked account but those with a hold."""
    for gone in (*_GONE, _NO_RECEIPTS, _NO_VERSIONS, _NO_SHARES, _NO_CODES):
        await connection.run(gone, token=account_token)


async def destroy(connection: Connection, *, account_token: str) -> None:
    """Delete every version of the record, see `clear`, and what opens the account's log entries."""
    await clear(connection, account_token=account_token)
    await connection.run(_NO_IDLE_RECEIPTS, token=account_token)
    await connection.run(_NO_LOG_OPENINGS, token=account_token)


async def forget_log_openings(connection: Connection, account_token: str, *, last: str) -> None:
    """Delete what opens a destroyed account's log entries, but the last one and those of held versions."""
    await connection.run(_NO_OTHER_LOG_OPENINGS, token=account_token, last=last)


async def is_held(connection: Connection, owner: Account) -> bool:
    """Return whether a sanction keeps a locked account among its person's accounts."""
    if owner.person_id is None:
        return False
    return await connection.one(_HELD_REMAINS, token=owner.account_token) is not None


async def release(connection: Connection, owner: Account) -> None:
    """Unlink a locked account from its person, and delete persons of whom nothing is left.

    Also whom a claim at this account named, although it is another's.
    """
    if owner.person_id is None:
        return
    found = await forgetting.claimed(connection, owner.account_token)
    await account_person.release(connection, relying_party=owner.relying_party, person_id=owner.person_id)
    for unlink in _UNLINK:
        await connection.run(unlink, token=owner.account_token)
    await forgetting.forget(connection, found)


ROWS = Rows(
    Erasure,
    erasures,
    key="erasure_id",
    made_at="requested_at",
    unknown=Reason.ERASURE_NOT_FOUND,
    states={state: erasures.c.state == literal_column(f"'{state.value}'") for state in ErasureState},
    apart=("due_at", "held"),
)
_KEYS = {column.name for column in erasures.primary_key}
_PUT = statement(
    update(erasures)
    .where(erasures.c.account_token == param("token"), erasures.c.erasure_id == param("erasure"))
    .values({column.name: param(column.name) for column in erasures.c if column.name not in _KEYS})
)
_NEWEST = (
    ROWS.query.where(erasures.c.account_token == param("token"))
    # One that was requested in the second in which another was cancelled is the newer one.
    .order_by(erasures.c.requested_at.desc(), erasures.c.cancelled_at.is_(None).desc())
    .limit(literal_column("1"))
)
_NEWEST_ROW: Statement[Erasure] = statement(_NEWEST, ROWS.from_row)
NEWEST_OF_PARTY: Statement[Erasure] = statement(
    _NEWEST.where(erasures.c.relying_party == param("party")), ROWS.from_row
)
"""The newest erasure of a relying party's account."""
MATCHED_AT: Statement[datetime | None] = statement(
    # Not a condition on the state: its index would read the claims of every account.
    select(
        func.max(
            case(
                (
                    and_(
                        claims.c.state == literal_column(f"'{ClaimState.SUCCEEDED.value}'"),
                        claims.c.withdrawn_at.is_(None),
                    ),
                    claims.c.ended_at,
                )
            )
        )
    ).where(claims.c.account_token == param("token")),
    scalar,
)
"""When the last verification of an account succeeded that was not withdrawn."""


async def newest(connection: Connection, account_token: str) -> Erasure | None:
    """Return the newest erasure of an account."""
    return await connection.one(_NEWEST_ROW, token=account_token)


async def add(connection: Connection, erasure: Erasure) -> None:
    """Insert an erasure."""
    await ROWS.add(connection, erasure, due_at=erasure.due_at, held=None)


async def put(connection: Connection, erasure: Erasure, *, held: bool = False) -> None:
    """Store an erasure whose row this act has locked, as it has become. held: by a sanction."""
    changes = {name: value for name, value in ROWS.columns(erasure).items() if name not in _KEYS}
    await connection.later(
        _PUT,
        token=erasure.account_token,
        erasure=erasure.erasure_id,
        **changes,
        due_at=erasure.due_at,
        held=True if held else None,
    )


async def lock(connection: Connection, erasure: Erasure) -> tuple[Account, Erasure]:
    """Return the account and the erasure as they are stored now, locked."""
    party = erasure.relying_party
    owner = await account_rows.lock_of(connection, account_token=erasure.account_token, relying_party=party)
    return owner, await ROWS.lock(connection, party, erasure.erasure_id)


_LIMIT = param("limit", Integer)
# Worded like the index, so that it is used.
_NEXT = (erasures.c.due_at.is_not(None), erasures.c.due_at <= param("now"))
_DUE: Statement[Erasure] = statement(
    ROWS.query.where(*_NEXT, erasures.c.state == param("state")).order_by(erasures.c.due_at).limit(_LIMIT),
    ROWS.from_row,
)
_FIRST_DUE: Statement[datetime | None] = statement(
    select(erasures.c.due_at).where(*_NEXT).order_by(erasures.c.due_at).limit(literal_column("1")), scalar
)
DEADLINES: Statement[PlatformDeadlines] = by_platform(
    erasures, erasures.c.due_at, erasures.c.due_at.is_not(None), index="ix_erasures_due"
)
_RELEASABLE: Statement[Erasure] = statement(
    ROWS.query.where(erasures.c.held.is_not(None), ~held(erasures.c.account_token))
    .order_by(erasures.c.account_token)
    .limit(_LIMIT),
    ROWS.from_row,
)
_WAITING: Statement[Any] = statement(
    select(erasures.c.state, func.count(true()).label("count"))
    .where(erasures.c.due_at.is_not(None))
    .group_by(erasures.c.state)
)
_HELD: Statement[int] = statement(
    select(func.count()).select_from(erasures).where(erasures.c.held.is_not(None)), scalar
)


async def due(connection: Connection, state: ErasureState, *, now: datetime, limit: int) -> list[Erasure]:
    """Return erasures in a state whose next step is due, the oldest first."""
    return await connection.all(_DUE, state=state.value, now=now, limit=limit)


async def releasable(connection: Connection, *, limit: int) -> list[Erasure]:
    """Return destroyed erasures whose accounts were held by a sanction and are not any more."""
    return await connection.all(_RELEASABLE, limit=limit)


async def levels(connection: Connection, *, now: datetime) -> ErasureLevels:
    """Return what the operator watches."""
    waiting = dict(await connection.all(_WAITING))
    return ErasureLevels(
        waiting.get(ErasureState.REQUESTED.value, 0),
        waiting.get(ErasureState.ERASED.value, 0),
        await connection.only(_HELD),
        await connection.one(_FIRST_DUE, now=now),
    )


async def deadlines(connection: Connection, *, now: datetime) -> list[PlatformDeadlines]:
    """Return the erasures of each platform's accounts whose next step has its time."""
    return await connection.all(DEADLINES, now=now)


def _memo(row: Any) -> ErasureMemo:
    return ErasureMemo(
        row.account_token,
        row.erasure_id,
        ErasureOrigin(row.origin),
        row.requested_at,
        row.erase_at,
        row.erased_at,
        row.destroy_at,
        row.destroyed_at,
    )


_TAKEN_EFFECT = erasures.c.erased_at.is_not(None)
_BY_TOKEN = (erasures.c.account_token > param("after"), _TAKEN_EFFECT)
_EVERY_ERASED: Statement[Erasure] = statement(
    ROWS.query.where(*_BY_TOKEN).order_by(erasures.c.account_token).limit(_LIMIT), ROWS.from_row
)
# The index of what is due has them, and no destroyed one.
_UNDESTROYED: Statement[Erasure] = statement(
    ROWS.query.where(
        erasures.c.due_at.is_not(None), erasures.c.state == literal_column(f"'{ErasureState.ERASED.value}'")
    ),
    ROWS.from_row,
)
_STATES: Statement[tuple[str, AccountState]] = statement(
    select(accounts.c.account_token, accounts.c.state).where(among_words(accounts.c.account_token, "tokens")),
    lambda row: (row[0], AccountState(row[1])),
)
_KEEP_MEMO: Statement[str] = statement(
    upsert(erasure_memos)
    .on_conflict_do_nothing(index_elements=[erasure_memos.c.account_token])
    .returning(erasure_memos.c.account_token),
    scalar,
)
_MARK_MEMO = statement(
    update(erasure_memos)
    .where(erasure_memos.c.account_token == param("token"), erasure_memos.c.destroyed_at.is_(None))
    .values(destroyed_at=param("at", Micros))
)
_MEMOS: Statement[ErasureMemo] = statement(
    select(erasure_memos)
    .where(erasure_memos.c.account_token > param("after"))
    .order_by(erasure_memos.c.account_token)
    .limit(_LIMIT),
    _memo,
)
_REMEMBERED: Statement[str] = statement(
    select(erasure_memos.c.account_token).where(among_words(erasure_memos.c.account_token, "tokens")), scalar
)


async def every_erased(connection: Connection, *, after: str, limit: int) -> list[Erasure]:
    """Return erasures that have taken effect, of accounts greater than `after`, in order."""
    return await connection.all(_EVERY_ERASED, after=after, limit=limit)


async def undestroyed(connection: Connection) -> list[Erasure]:
    """Return every erasure that has taken effect, and whose keys are not destroyed."""
    return await connection.all(_UNDESTROYED)


async def states(connection: Connection, tokens: Sequence[str]) -> dict[str, AccountState]:
    """Return the states of those of the accounts that a main database has."""
    return dict(await connection.all(_STATES, tokens=tokens))


async def keep_memos(connection: Connection, memos: Sequence[ErasureMemo]) -> int:
    """Insert the memos that a shred database does not have; return how many."""
    added = 0
    for each in memos:
        values = {**asdict(each), "origin": each.origin.value}
        added += await connection.one(_KEEP_MEMO, **values) is not None
        if each.destroyed_at is not None:
            await mark_memo(connection, each.account_token, at=each.destroyed_at)
    return added


async def mark_memo(connection: Connection, account_token: str, *, at: datetime) -> None:
    """Remember when the shred key of an account was deleted, unless that is known."""
    await connection.run(_MARK_MEMO, token=account_token, at=at)


async def memos(connection: Connection, *, after: str, limit: int) -> list[ErasureMemo]:
    """Return a shred database's memos of accounts greater than `after`, in order."""
    return await connection.all(_MEMOS, after=after, limit=limit)


async def remembered(connection: Connection, tokens: Sequence[str]) -> set[str]:
    """Return those of the accounts of which a shred database has a memo."""
    return set(await connection.all(_REMEMBERED, tokens=tokens))
