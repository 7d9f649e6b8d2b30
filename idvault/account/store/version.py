"""Former versions of sealed records, kept for some days after their successor (`kept_records`).

- A version stays while a disclosure of it is open, and for some days after the last one has ended.
- A held version stays until its hold ends, also after an erasure.
- A version whose end is decided (`ended_at`) is found no more. Its row goes once its key is in no file.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, case, delete, exists, insert, or_, select, update

from idvault.account.store import rows as account_rows
from idvault.account.store.rows import record_from_row
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among_words
from idvault.core.db.statement import Micros, Statement, param, scalar, statement, upsert
from idvault.core.tables.account import accounts, records
from idvault.core.tables.claim import receipts
from idvault.core.tables.disclosure import disclosures, kept_records
from idvault_verify.disclosure import Disclosure
from idvault_verify.record import SealedRecord

_D, _K, _R = disclosures.c, kept_records.c, records.c
_MINE = _K.account_token == param("token")
_IS_VERSION = _MINE & (_K.record_id == param("record_id"))
_LASTS = _K.ended_at.is_(None)
_NAMES = [column.name for column in records.c]

_KEEP = statement(
    upsert(kept_records)
    .from_select(
        [*_NAMES, "due_at"],
        select(*(_R[name] for name in _NAMES), param("due_at", Micros)).where(
            _R.account_token == param("token")
        ),
    )
    .on_conflict_do_nothing(index_elements=[_K.account_token, _K.record_id])
)
_SET_ASIDE = statement(insert(kept_records).values({name: param(name) for name in (*_NAMES, "due_at")}))
_MAKE_DUE = statement(update(kept_records).where(_IS_VERSION, _LASTS).values(due_at=param("now", Micros)))
_FIND = statement(select(kept_records).where(_IS_VERSION, _LASTS), record_from_row)
_END_REQUEST = statement(
    # A version whose last request has ended is due some days later, or later still.
    update(kept_records)
    .where(_IS_VERSION, or_(_K.due_at.is_(None), _K.due_at < param("later", Micros)))
    .values(due_at=param("later", Micros))
)
_IS_DUE = (
    _K.due_at <= param("now", Micros),
    or_(_K.kept_until.is_(None), _K.kept_until <= param("now", Micros)),
    ~exists().where(
        _D.account_token == _K.account_token, _D.record_id == _K.record_id, _D.ended_at.is_(None)
    ),
)


@dataclass(frozen=True, slots=True)
class FormerVersion:
    """A former version that is due, or whose end is decided; relying_party: of its account."""

    relying_party: str
    account_token: str
    record_id: str


@dataclass(frozen=True, slots=True)
class HeldVersion:
    """A version with a hold. until: the end of the hold. ends: whether its end is decided."""

    record_id: str
    until: datetime
    ends: bool


_DUE: Statement[FormerVersion] = statement(
    select(_K.relying_party, _K.account_token, _K.record_id)
    .where(*_IS_DUE)
    .order_by(_K.due_at)
    .limit(param("limit", Integer)),
    lambda row: FormerVersion(*row),
)
_END = statement(
    update(kept_records).where(_IS_VERSION, _LASTS, *_IS_DUE).values(ended_at=param("now", Micros))
)
_ENDED: Statement[str] = statement(select(_K.record_id).where(_IS_VERSION, _K.ended_at.is_not(None)), scalar)
_REMOVE = statement(delete(kept_records).where(_IS_VERSION, _K.ended_at.is_not(None)))
_LASTING: Statement[str] = statement(
    select(_R.record_id)
    .where(_R.account_token == param("token"))
    .union_all(select(_K.record_id).where(_MINE, _LASTS)),
    scalar,
)
_HELD: Statement[HeldVersion] = statement(
    select(_K.record_id, _K.kept_until, _K.ended_at).where(_MINE, _K.kept_until.is_not(None)),
    lambda row: HeldVersion(row.record_id, row.kept_until, row.ended_at is not None),
)
_HOLD = statement(
    update(kept_records)
    .where(_IS_VERSION, _LASTS)
    .values(
        kept_until=param("until", Micros),
        settle_entry_id=param("entry_id"),
        # Not looked at before.
        due_at=case(
            (or_(_K.due_at.is_(None), _K.due_at < param("until", Micros)), param("until", Micros)),
            else_=_K.due_at,
        ),
    )
)
_LIFT = statement(
    update(kept_records).where(_IS_VERSION, _LASTS).values(kept_until=None, settle_entry_id=None)
)
_TAKE = statement(delete(records).where(_R.account_token == param("token")))
_PUT_BACK = statement(
    insert(records).from_select(_NAMES, select(*(_K[name] for name in _NAMES)).where(_IS_VERSION, _LASTS))
)
_GIVE_BACK = statement(delete(kept_records).where(_IS_VERSION, _LASTS))
_SETTLED_BY: Statement[str] = statement(
    select(receipts.c.entry_id).where(
        receipts.c.account_token == param("token"), receipts.c.record_digest == param("digest")
    ),
    scalar,
)
_PRESENT_OF: Statement[tuple[str, str]] = statement(
    select(_R.account_token, _R.record_id).where(among_words(_R.account_token, "tokens")),
    lambda row: (row[0], row[1]),
)
_FORMER_OF: Statement[tuple[str, str]] = statement(
    select(_K.account_token, _K.record_id).where(among_words(_K.account_token, "tokens")),
    lambda row: (row[0], row[1]),
)
_VERIFYING: Statement[str] = statement(
    select(accounts.c.account_token).where(
        among_words(accounts.c.account_token, "tokens"), accounts.c.open_claim_id.is_not(None)
    ),
    scalar,
)


async def keep(connection: Connection, *, account_token: str, due_at: datetime) -> None:
    """Keep the account's present record until due_at at least; the caller then replaces it.

    The caller must hold the lock of the account's row.
    """
    await connection.later(_KEEP, token=account_token, due_at=due_at)


async def set_aside(connection: Connection, record: SealedRecord, *, due_at: datetime) -> None:
    """Keep a record until due_at that is not the account's yet; the caller holds the account's lock."""
    await connection.later(_SET_ASIDE, due_at=due_at, **account_rows.record_values(record))


async def take_back(connection: Connection, *, account_token: str, record_id: str) -> None:
    """Forget a version that was set aside, because it is the account's record now."""
    await connection.run(_GIVE_BACK, token=account_token, record_id=record_id)


async def make_due(connection: Connection, *, account_token: str, record_id: str, now: datetime) -> None:
    """Let a version that was set aside end now."""
    await connection.later(_MAKE_DUE, token=account_token, record_id=record_id, now=now)


async def find(connection: Connection, *, account_token: str, record_id: str) -> SealedRecord | None:
    """Return a version of an account's record: the present one, or a former one whose end is not decided."""
    present = await account_rows.find_record(connection, account_token)
    if present is not None and present.record_id == record_id:
        return present
    return await connection.one(_FIND, token=account_token, record_id=record_id)


async def end_request(connection: Connection, ended: Disclosure, *, due_at: datetime) -> None:
    """Keep the version of a disclosure that has ended until due_at at least, if it is a former one."""
    await connection.run(_END_REQUEST, token=ended.account_token, record_id=ended.record_id, later=due_at)


async def due(connection: Connection, *, now: datetime, limit: int) -> list[FormerVersion]:
    """Return former versions that are due, and those whose end is decided, the oldest first."""
    return await connection.all(_DUE, now=now, limit=limit)


async def end(connection: Connection, found: FormerVersion, *, now: datetime) -> bool:
    """Decide the end of a version if it is due; return whether its end is decided, now or before.

    The caller must hold the lock of the account's row.
    """
    version = {"token": found.account_token, "record_id": found.record_id}
    if await connection.run(_END, **version, now=now):
        return True
    return await connection.one(_ENDED, **version) is not None


async def remove(connection: Connection, found: FormerVersion) -> bool:
    """Delete a version whose end is decided; False if it is gone."""
    version = {"token": found.account_token, "record_id": found.record_id}
    return bool(await connection.run(_REMOVE, **version))


async def lasting(connection: Connection, account_token: str) -> list[str]:
    """Return the ids of an account's versions whose end is not decided."""
    return await connection.all(_LASTING, token=account_token)


async def held(connection: Connection, account_token: str) -> list[HeldVersion]:
    """Return the versions of an account with a hold, also one that is over, as long as they are there."""
    return await connection.all(_HELD, token=account_token)


async def hold(
    connection: Connection, *, account_token: str, record_id: str, until: datetime
) -> SealedRecord | None:
    """Hold a version; None if it is gone. The present one becomes a former one.

    The caller must hold the lock of the account's row.
    """
    version = {"token": account_token, "record_id": record_id}
    found = await find(connection, account_token=account_token, record_id=record_id)
    if found is None:
        return None
    present = await account_rows.find_record(connection, account_token)
    if present is not None and present.record_id == record_id:
        await keep(connection, account_token=account_token, due_at=until)
        await connection.run(_TAKE, token=account_token)
    entry_id = await connection.one(_SETTLED_BY, token=account_token, digest=found.digest())
    await connection.run(_HOLD, **version, until=until, entry_id=entry_id)
    return found


async def lift(connection: Connection, *, account_token: str, record_id: str, present: bool) -> bool:
    """End the hold of a version; False if it is gone. present: it is the account's present record again.

    The caller must hold the lock of the account's row; the account has no present record then.
    """
    version = {"token": account_token, "record_id": record_id}
    if not present:
        return bool(await connection.run(_LIFT, **version))
    if not await connection.run(_PUT_BACK, **version):
        return False
    return bool(await connection.run(_GIVE_BACK, **version))


async def of_accounts(connection: Connection, tokens: Sequence[str]) -> set[tuple[str, str]]:
    """Return (account token, record id) of every version of these accounts, also of those that end."""
    # Present ones twice: whichever way a version moves meanwhile, one of the looks finds it.
    looks = (_PRESENT_OF, _FORMER_OF, _PRESENT_OF)
    return {found for look in looks for found in await connection.all(look, tokens=tokens)}


async def verifying(connection: Connection, tokens: Sequence[str]) -> set[str]:
    """Return those of the accounts that have an open claim, which may store another version."""
    return set(await connection.all(_VERIFYING, tokens=tokens))
