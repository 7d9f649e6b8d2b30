"""Rows of accounts and of their sealed records, and the change feed that learns of each change.

- An account has one record, the present version, with its shares packed in one column. Former versions:
  account.store.version.
- The standings that follow an account's present one are in one column: `STANDING END`, separated by
  semicolons. An end is in microseconds since 1970, and `-` for a standing without an end.
- A change of a status is queued for the feed in the act's transaction; the feed numbers it later.
"""

from collections.abc import Mapping
from datetime import date, datetime
from itertools import combinations
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    cast,
    func,
    insert,
    literal_column,
    select,
    type_coerce,
    update,
)

from idvault.core.db.connection import Connection
from idvault.core.db.listing import among
from idvault.core.db.look_up import KEYS, PARTY, LookUp
from idvault.core.db.statement import for_change, from_micros, param, scalar, statement, to_micros, upsert
from idvault.core.rows import KeptAs
from idvault.core.tables.account import accounts, records, status_feed
from idvault_verify.account import (
    Account,
    AccountState,
    Assurance,
    Assurances,
    Standing,
    StandingPeriod,
    SubjectKind,
)
from idvault_verify.error import NotFoundError, Reason
from idvault_verify.organization import OrganizationCategory
from idvault_verify.record import SealedRecord

_LENGTH_SIZE = 4
_ID_DIGITS = 64


def record_from_row(row: Any) -> SealedRecord:
    """Return the record stored in a row of `records`."""
    return SealedRecord(
        account_token=row.account_token,
        relying_party=row.relying_party,
        record_id=row.record_id,
        format_version=row.format_version,
        sealing_quorum_id=row.sealing_quorum_id,
        present_quorum_id=row.present_quorum_id,
        suite=row.suite,
        salt=row.salt,
        commitment=row.commitment,
        ciphertext=row.ciphertext,
        share_hashes=unpack_parts(row.share_hashes),
        shares=unpack_parts(row.shares),
        share_quorum_ids=unpack_ids(row.share_quorum_ids),
    )


RECORD = statement(select(records).where(records.c.account_token == param("token")), record_from_row)
_NEW = upsert(records)
_PUT_RECORD = statement(
    _NEW.on_conflict_do_update(
        index_elements=[records.c.account_token],
        set_={column.key: _NEW.excluded[column.key] for column in records.c if not column.primary_key},
    )
)


async def put_record(connection: Connection, record: SealedRecord) -> None:
    """Store a record, replacing the account's previous one."""
    await connection.later(_PUT_RECORD, **record_values(record))


def record_values(record: SealedRecord) -> dict[str, object]:
    """Return a record's columns."""
    return {
        "account_token": record.account_token,
        "relying_party": record.relying_party,
        "record_id": record.record_id,
        "format_version": record.format_version,
        "sealing_quorum_id": record.sealing_quorum_id,
        "present_quorum_id": record.present_quorum_id,
        "suite": record.suite,
        "salt": record.salt,
        "commitment": record.commitment,
        "ciphertext": record.ciphertext,
        "share_hashes": pack(record.share_hashes),
        "shares": pack(record.shares),
        "share_quorum_ids": pack_ids(record.share_quorum_ids),
    }


async def find_record(connection: Connection, account_token: str) -> SealedRecord | None:
    """Return the present record of an account."""
    return await connection.one(RECORD, token=account_token)


def pack(parts: tuple[bytes, ...]) -> bytes:
    """Pack the parts into one value: for each, its 4-byte big-endian length and its bytes."""
    return b"".join(len(part).to_bytes(_LENGTH_SIZE, "big") + part for part in parts)


def pack_ids(quorum_ids: tuple[str, ...]) -> bytes | None:
    """Pack hex quorum ids into one value; None if there are none."""
    return bytes.fromhex("".join(quorum_ids)) or None


def unpack_ids(packed: bytes | None) -> tuple[str, ...]:
    """Unpack the hex ids."""
    digits = (packed or b"").hex()
    return tuple(digits[at : at + _ID_DIGITS] for at in range(0, len(digits), _ID_DIGITS))


def unpack_parts(packed: bytes) -> tuple[bytes, ...]:
    """Unpack the parts; raises ValueError if a length exceeds the data."""
    parts, at = [], 0
    while at < len(packed):
        begin = at + _LENGTH_SIZE
        at = begin + int.from_bytes(packed[at:begin], "big")
        if at > len(packed):
            raise ValueError("packed parts are cut off")
        parts.append(packed[begin:at])
    return tuple(parts)


_NO_END = "-"


def pack_periods(periods: tuple[StandingPeriod, ...]) -> str | None:
    """Return the column's text; None if nothing follows."""
    return ";".join(f"{each.standing.value} {_end(each.until)}" for each in periods) or None


def unpack_periods(packed: str | None) -> tuple[StandingPeriod, ...]:
    """Return the standings in the column."""
    return () if packed is None else tuple(_period(*each.split(" ")) for each in packed.split(";"))


def _end(until: datetime | None) -> str:
    return _NO_END if until is None else str(to_micros(until))


def _period(standing: str, end: str) -> StandingPeriod:
    return StandingPeriod(Standing(standing), None if end == _NO_END else from_micros(int(end)))


_ADD_FEED = statement(insert(status_feed))
_NOTE = upsert(status_feed)
_CHANGED = statement(
    _NOTE.on_conflict_do_update(
        index_elements=[status_feed.c.account_token],
        set_={"revision": _NOTE.excluded.revision, "sequence": None, "changes": status_feed.c.changes + 1},
        where=status_feed.c.revision < _NOTE.excluded.revision,
    )
)
_OWN = update(status_feed).where(status_feed.c.account_token == param("token"))
_REMOVED = statement(_OWN.values(sequence=None, changes=status_feed.c.changes + 1))
_PUBLISHED = statement(
    _OWN.values(sequence=None, changes=status_feed.c.changes + 1, publishes=literal_column("TRUE"))
)
_ATTESTED = statement(_OWN.values(changes=status_feed.c.changes + 1))


async def added(connection: Connection, account: Account) -> None:
    """Queue a new account."""
    await connection.later(_ADD_FEED, account_token=account.account_token, sequence=None, **first(account))


async def changed(connection: Connection, account: Account) -> None:
    """Queue a changed account; does nothing if its revision is already queued."""
    await connection.later(_CHANGED, account_token=account.account_token, sequence=None, **first(account))


def first(account: Account) -> dict[str, object]:
    """Return the columns of an account's first feed row, except its token."""
    return {
        "relying_party": account.relying_party,
        "revision": account.revision,
        "changes": 1,
        "listed": 0,
        "publishes": None,
    }


async def removed(connection: Connection, *, account_token: str) -> None:
    """Queue the removal of an account."""
    await connection.later(_REMOVED, token=account_token)


async def published(connection: Connection, *, account_token: str) -> None:
    """Queue an account whose public account changed; its status need not have changed."""
    await connection.later(_PUBLISHED, token=account_token)


async def attested(connection: Connection, *, account_token: str) -> None:
    """Record that an account got another status list entry; its status did not change."""
    await connection.later(_ATTESTED, token=account_token)


# A look-up in a dict costs a tenth of a call of the enum.
_SUBJECT_KINDS = {kind.value: kind for kind in SubjectKind}
_STATES = {state.value: state for state in AccountState}
_STANDINGS = {standing.value: standing for standing in Standing}
_FACTS = [fact for fact in Assurance if fact is not Assurance.NONE]
# The column has the facts in the order of the alphabet, or NONE.
_WORDS: dict[Assurances, str] = {
    frozenset(facts): ",".join(sorted(facts)) or Assurance.NONE.value
    for size in range(len(_FACTS) + 1)
    for facts in combinations(_FACTS, size)
}
_ASSURANCES: dict[str, Assurances] = {word: facts for facts, word in _WORDS.items()}
FACTS: Mapping[str, Assurances] = _ASSURANCES
"""Every set of facts by the word that stands for it in the column."""
ASSURANCES = KeptAs(column="assurance", read=_ASSURANCES.__getitem__, write=_WORDS.__getitem__)
"""How other rows keep what an account had proved."""


def from_row(row: Any) -> Account:
    """Return the account in a row that holds every column of `accounts`."""
    return Account(
        account_token=row.account_token,
        relying_party=row.relying_party,
        subject_kind=_SUBJECT_KINDS[row.subject_kind],
        state=_STATES[row.state],
        standing=_STANDINGS[row.standing],
        assurances=_ASSURANCES[row.assurance],
        revision=row.revision,
        verify_date=row.verify_date,
        expire_date=row.expire_date,
        person_id=row.person_id,
        open_claim_id=row.open_claim_id,
        organization_category=_category(row.organization_category),
        standing_until=row.standing_until,
        later_standings=unpack_periods(row.later_standings),
        erase_at=row.erase_at,
    )


SHOWN = (
    accounts.c.account_token,
    accounts.c.subject_kind,
    accounts.c.state,
    accounts.c.standing,
    accounts.c.assurance,
    accounts.c.revision,
    accounts.c.verify_date,
    accounts.c.expire_date,
    accounts.c.organization_category,
    accounts.c.standing_until,
    accounts.c.later_standings,
    accounts.c.erase_at,
)
_NUMBERS = ("revision", "standing_until", "erase_at")


def _packed() -> ColumnElement[str]:
    text: ColumnElement[str] = literal_column("''", String)
    for column in SHOWN[1:]:
        shown = cast(column, String) if column.name in _NUMBERS else type_coerce(column, String)
        known = func.coalesce(shown, literal_column("''")) if column.nullable else shown
        text = text + literal_column("'|'", String) + known
    return text


PACKED = _packed().label("shown")
"""What a status shows besides the token, as one text: a row object for each account would cost more than
reading it. NULL in an outer join that finds no account."""


def unpack(packed: str) -> Account:
    """Return the account of its token and `PACKED`; what they do not contain is None or empty."""
    fields = packed.split("|")
    token, kind, state, standing, assurance, revision, verified, expires, category, until, later, erased = (
        fields
    )
    return Account(
        account_token=token,
        relying_party="",
        subject_kind=SubjectKind(kind),
        state=AccountState(state),
        standing=Standing(standing),
        assurances=_ASSURANCES[assurance],
        revision=int(revision),
        verify_date=date.fromisoformat(verified) if verified else None,
        expire_date=date.fromisoformat(expires) if expires else None,
        person_id=None,
        open_claim_id=None,
        organization_category=_category(category or None),
        standing_until=from_micros(int(until)) if until else None,
        later_standings=unpack_periods(later or None),
        erase_at=from_micros(int(erased)) if erased else None,
    )


def _category(word: str | None) -> OrganizationCategory | None:
    return None if word is None else OrganizationCategory(word)


GET = LookUp(
    "status.get",
    statement(
        select(accounts).where(
            among(accounts.c.account_token, KEYS), accounts.c.relying_party == param(PARTY)
        ),
        from_row,
    ),
    key=lambda account: account.account_token,
)
_MINE = accounts.c.account_token == param("token")
_STATE = statement(select(accounts.c.state).where(_MINE), scalar)
_LOCK = statement(for_change(select(accounts).where(_MINE)), from_row)
_LOCK_OWN = statement(
    for_change(select(accounts).where(_MINE, accounts.c.relying_party == param("party"))), from_row
)
_ADD = statement(insert(accounts))
_PUT = statement(
    update(accounts)
    .where(_MINE)
    .values({column: param(column.key) for column in accounts.c if not column.primary_key})
)
_SANCTION = statement(
    update(accounts)
    .where(_MINE)
    .values(
        standing=param("standing"),
        standing_until=param("standing_until"),
        later_standings=param("later_standings"),
        erase_at=param("erase_at"),
        revision=param("revision"),
    )
)
_EXPIRE = statement(
    update(accounts)
    .where(_MINE)
    .values(state=param("state"), expire_date=param("expire_date"), revision=param("revision"))
)


async def is_erased(connection: Connection, *, account_token: str) -> bool:
    """Return whether an account was erased; for custody, which serves no platform."""
    return await connection.one(_STATE, token=account_token) == AccountState.ERASED.value


async def lock(
    connection: Connection, *, account_token: str, relying_party: str | None = None
) -> Account | None:
    """Return the account and lock its row, and so its claims, until this act ends."""
    if relying_party is None:
        return await connection.one(_LOCK, token=account_token)
    return await connection.one(_LOCK_OWN, token=account_token, party=relying_party)


async def lock_of(connection: Connection, *, account_token: str, relying_party: str) -> Account:
    """Return a relying party's account, locked as by `lock`; raises NotFoundError (ACCOUNT_NOT_FOUND)."""
    found = await lock(connection, account_token=account_token, relying_party=relying_party)
    if found is None:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    return found


async def add(connection: Connection, account: Account) -> None:
    """Insert an account and queue it for the change feed."""
    await added(connection, account)
    await connection.later(_ADD, account_token=account.account_token, claim_ended_at=None, **values(account))


async def put(connection: Connection, account: Account, *, claim_ended_at: datetime | None) -> None:
    """Store an account whose row this act has locked; claim_ended_at is None while a claim is open."""
    await changed(connection, account)
    await connection.later(
        _PUT, token=account.account_token, claim_ended_at=claim_ended_at, **values(account)
    )


async def put_standing(connection: Connection, account: Account) -> None:
    """Store the standing, and when it is erased, of an account whose row this act has locked."""
    await changed(connection, account)
    await connection.later(
        _SANCTION, token=account.account_token, revision=account.revision, **_standing(account)
    )


async def put_expiry(connection: Connection, account: Account) -> None:
    """Store that the verification of an account, whose row this act has locked, has ended."""
    await changed(connection, account)
    await connection.later(
        _EXPIRE,
        token=account.account_token,
        state=account.state.value,
        expire_date=account.expire_date,
        revision=account.revision,
    )


def values(account: Account) -> dict[str, object]:
    """Return an account's columns, except its token."""
    return {
        "relying_party": account.relying_party,
        "subject_kind": account.subject_kind.value,
        "state": account.state.value,
        "assurance": _WORDS[account.assurances],
        "revision": account.revision,
        "verify_date": account.verify_date,
        "expire_date": account.expire_date,
        "person_id": account.person_id,
        "open_claim_id": account.open_claim_id,
        "organization_category": account.organization_category and account.organization_category.value,
        **_standing(account),
    }


def _standing(account: Account) -> dict[str, object]:
    return {
        "standing": account.standing.value,
        "standing_until": account.standing_until,
        "later_standings": pack_periods(account.later_standings),
        "erase_at": account.erase_at,
    }
