"""The rows of credentials, status lists and their keys."""

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Integer,
    String,
    delete,
    exists,
    func,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from idvault.account.store.rows import from_row
from idvault.core.db.connection import Connection
from idvault.core.db.listing import among, listed
from idvault.core.db.statement import (
    Micros,
    Statement,
    for_change,
    param,
    scalar,
    statement,
    upsert,
)
from idvault.core.tables.account import accounts, status_feed
from idvault.core.tables.credential import (
    credential_counts,
    status_credentials,
    status_keys,
    status_lists,
    status_marks,
)
from idvault.core.tables.public_account import public_accounts
from idvault.public_account.rules import public_account as public_account_rules
from idvault.public_account.rules.owner import Owned
from idvault.public_account.store import rows as public_account_rows
from idvault.status.credential import rules as credential_rules
from idvault.status.credential.rules import Credential, CredentialIssue, StoredList, TurningEntry
from idvault_verify.account import Account, MinimumAssurance
from idvault_verify.attest.status_list import INVALID, VALID, StatusList
from idvault_verify.clock import ClockReading
from idvault_verify.error import NotFoundError, Reason, UnavailableError
from idvault_verify.signing_key import StatusKey

_FAST = 1


def credential(row: Any) -> Credential:
    """Return the credential in a row of `status_credentials`."""
    return Credential(
        row.credential_id,
        row.account_token,
        row.audience,
        row.number,
        row.place,
        row.issued_at,
        row.expires_at,
        row.public_account_id,
        _minimum(row.minimum_assurance),
    )


def _minimum(word: str | None) -> MinimumAssurance:
    return MinimumAssurance.ANY if word is None else MinimumAssurance(word)


def _word(minimum: MinimumAssurance) -> str | None:
    return None if minimum is MinimumAssurance.ANY else minimum.value


def stored_list(row: Any) -> StoredList:
    """Return the list in a row of `status_lists`."""
    return StoredList(row.number, row.version, zlib.decompress(row.entries))


def key(row: Any) -> StatusKey:
    """Return the key in a row of `status_keys`."""
    return StatusKey(row.public_key, row.purpose, row.announced_at, row.note or b"")


def packed(entries: StatusList) -> bytes:
    """Return entries in the form in which they are stored."""
    return zlib.compress(bytes(entries.data), _FAST)


_PER_BYTE = 8
_UNFOLLOWED = status_feed.c.listed < status_feed.c.changes
_DUE_NOW = status_credentials.c.turns_at <= param("now")
PENDING = statement(select(status_feed.c.account_token).where(_UNFOLLOWED).limit(1), scalar)
TURNING = statement(select(status_credentials.c.account_token).where(_DUE_NOW).limit(1), scalar)
_DUE: Statement[str] = statement(
    select(status_credentials.c.account_token)
    .where(_DUE_NOW)
    .order_by(status_credentials.c.turns_at)
    .limit(param("limit", Integer)),
    scalar,
)
_TURNS = listed("turns", token=String, credential=String, former=Micros, at=Micros)
_TURN = statement(
    update(status_credentials)
    .where(
        status_credentials.c.account_token == _TURNS.c.token,
        status_credentials.c.credential_id == _TURNS.c.credential,
        # Else somebody has asked for the credential again since: its time is now.
        status_credentials.c.turns_at.is_not_distinct_from(_TURNS.c.former),
    )
    .values(turns_at=_TURNS.c.at)
)
_CHANGED = statement(
    select(status_feed.c.account_token, status_feed.c.changes)
    .where(_UNFOLLOWED)
    .order_by(status_feed.c.account_token)
    .limit(param("limit", Integer))
)
_SEEN = listed("seen", token=String, changes=BigInteger)
# A change made since then has a higher count, so it is not marked as listed.
_FOLLOW = statement(
    update(status_feed)
    .where(status_feed.c.account_token == _SEEN.c.token, status_feed.c.listed < _SEEN.c.changes)
    .values(listed=_SEEN.c.changes)
)
# A removed account keeps its entries until they expire; they are INVALID.
_ENTRY = (
    status_credentials.c.number,
    status_credentials.c.place,
    status_credentials.c.account_token.label("whose"),
    status_credentials.c.credential_id,
    status_credentials.c.turns_at,
    status_credentials.c.withdrawn_at,
    status_credentials.c.minimum_assurance,
)
_ENTRIES = select(*_ENTRY, *accounts.c).join_from(
    status_credentials,
    accounts,
    accounts.c.account_token == status_credentials.c.account_token,
    isouter=True,
)
_OF_ACCOUNT = status_credentials.c.public_account_id.is_(None)
_OF_TOKENS = among(status_credentials.c.account_token, "tokens")
_ENTRIES_OF_ACCOUNTS = statement(
    _ENTRIES.where(_OF_ACCOUNT, _OF_TOKENS).order_by(status_credentials.c.number)
)
# A public account that has another owner since is missing, and its entries are INVALID.
_PUBLIC_ENTRIES = (
    select(*_ENTRY, *public_account_rows.COLUMNS)
    .join_from(
        status_credentials,
        public_accounts,
        (public_accounts.c.account_token == status_credentials.c.account_token)
        & (public_accounts.c.public_account_id == status_credentials.c.public_account_id),
        isouter=True,
    )
    .join(accounts, accounts.c.account_token == public_accounts.c.account_token, isouter=True)
    .where(status_credentials.c.public_account_id.is_not(None))
)


class _PublicEntry(NamedTuple):
    """An entry of a public account; owned: None if it has another owner since."""

    number: int
    place: int
    whose: str
    credential_id: str
    turns_at: datetime | None
    withdrawn_at: datetime | None
    owned: Owned | None


def _public_entry(row: Any) -> _PublicEntry:
    owned = None if row.own_public_account_id is None else public_account_rows.owned(row)
    return _PublicEntry(
        row.number, row.place, row.whose, row.credential_id, row.turns_at, row.withdrawn_at, owned
    )


_PUBLIC_ENTRIES_OF_ACCOUNTS = statement(_PUBLIC_ENTRIES.where(_OF_TOKENS), _public_entry)
PAGE = 2**14
"""How many entries of a list an act rebuilds: a whole list may have a million, too many for one."""
_OF_PAGE = (
    status_credentials.c.number == param("number"),
    status_credentials.c.place.between(param("first"), param("last")),
)
_ENTRIES_OF_PAGE = statement(_ENTRIES.where(_OF_ACCOUNT, *_OF_PAGE))
_PUBLIC_ENTRIES_OF_PAGE = statement(_PUBLIC_ENTRIES.where(*_OF_PAGE), _public_entry)
_REMOVE_OLD = statement(
    delete(status_credentials).where(*_OF_PAGE, status_credentials.c.expires_at < param("now"))
)

_NUMBERS: Statement[int] = statement(select(status_lists.c.number).order_by(status_lists.c.number), scalar)
_LOCK = statement(for_change(select(status_lists.c.number).order_by(status_lists.c.number)))
_LISTS = statement(select(status_lists).where(among(status_lists.c.number, "numbers")), stored_list)
_PUT = statement(
    update(status_lists)
    .where(status_lists.c.number == param("which"))
    .values(version=param("version"), entries=param("entries"))
)
_ANNOUNCE = statement(upsert(status_keys).on_conflict_do_nothing(index_elements=[status_keys.c.public_key]))
_VOUCH = statement(
    update(status_keys).where(status_keys.c.public_key == param("which")).values(note=param("note"))
)
_KEYS = statement(select(status_keys), key)


@dataclass(slots=True)
class Turning:
    """What entries become at a time. draw: returns the delay of one that waits, at most a longest one.

    turned: the entries whose time has changed, with the former one and the new one.
    """

    today: date
    now: ClockReading
    draw: Callable[[timedelta], timedelta]
    turned: list[tuple[str, str, datetime | None, datetime | None]] = field(default_factory=list)

    def valid(self, row: Any, *, former: int) -> int:
        """Return what the list says of an entry now. former: what it said."""
        holds, at_once = self._standing(row)
        withdrawn = row.withdrawn_at is not None
        entry = TurningEntry(former == VALID, row.turns_at)
        longest = credential_rules.longest_turn(turns_at=row.turns_at, withdrawn=withdrawn, now=self.now.real)
        after = credential_rules.turn(
            entry=entry,
            holds=holds and not withdrawn,
            at_once=at_once,
            longest=longest,
            now=self.now.real,
        )
        after = after or TurningEntry(entry.valid, self.now.real + self.draw(longest))
        if after.turns_at != entry.turns_at:
            self.turned.append((row.whose, row.credential_id, entry.turns_at, after.turns_at))
        return VALID if after.valid else INVALID

    def _standing(self, row: Any) -> tuple[bool, bool]:
        """Return whether an entry is attested, and whether a change of that is published at once."""
        today, now = self.today, self.now.business
        if isinstance(row, _PublicEntry):
            owned = row.owned
            holds = owned is not None and public_account_rules.attests(
                public_account=owned.public_account, owner=owned.owner, today=today, now=now
            )
            return holds, row.withdrawn_at is None or (owned is not None and self._protects(owned.owner))
        if row.account_token is None:
            return False, True
        account = from_row(row)
        minimum = _minimum(row.minimum_assurance)
        holds = credential_rules.holds(account=account, minimum=minimum, today=today, now=now)
        return holds, self._protects(account)

    def _protects(self, account: Account) -> bool:
        today, now = self.today, self.now.business
        return credential_rules.protects_others(account=account, today=today, now=now)

    async def store(self, connection: Connection) -> None:
        """Store when the entries turn."""
        if self.turned:
            await connection.run(_TURN, turns=self.turned)


async def follow(connection: Connection, turning: Turning, *, limit: int) -> int:
    """Update the entries of up to `limit` changed accounts, and of as many whose time has come.

    Return the greater of both numbers.
    """
    # An act that changes a list first locks the rows of all, then reads.
    await connection.all(_LOCK)
    changed = await connection.all(_CHANGED, limit=limit)
    due = await connection.all(_DUE, now=turning.now.real, limit=limit)
    tokens = list(dict.fromkeys([*(row.account_token for row in changed), *due]))
    entries = [
        *await connection.all(_ENTRIES_OF_ACCOUNTS, tokens=tokens),
        *await connection.all(_PUBLIC_ENTRIES_OF_ACCOUNTS, tokens=tokens),
    ]
    entries.sort(key=lambda entry: int(entry.number))
    await _change(connection, entries, turning)
    await turning.store(connection)
    if changed:
        await connection.run(_FOLLOW, seen=changed)
    return max(len(changed), len(due))


async def rebuild(connection: Connection, number: int, start: int, turning: Turning) -> None:
    """Rebuild a page of a list from the accounts; entries that expired before now (real) are deleted.

    What waits for its time still waits.
    """
    await connection.all(_LOCK)
    page = {"number": number, "first": start, "last": start + PAGE - 1}
    await connection.run(_REMOVE_OLD, now=turning.now.real, **page)
    entries = StatusList.filled(INVALID, size=PAGE)
    rows_of_page = [
        *await connection.all(_ENTRIES_OF_PAGE, **page),
        *await connection.all(_PUBLIC_ENTRIES_OF_PAGE, **page),
    ]
    former = await get_list(connection, number)
    before = StatusList(bits=1, data=former.entries)
    for row in rows_of_page:
        entries.set(row.place - start, turning.valid(row, former=before.get(row.place)))
    await turning.store(connection)
    begin, end = start // _PER_BYTE, (start + PAGE) // _PER_BYTE
    if entries.data != former.entries[begin:end]:
        data = former.entries[:begin] + entries.data + former.entries[end:]
        await connection.run(_PUT, **_changed(former, StatusList(bits=1, data=data)))


async def numbers(connection: Connection) -> list[int]:
    """Return the numbers of the lists, in order."""
    return await connection.all(_NUMBERS)


async def announce(connection: Connection, key: StatusKey) -> None:
    """Store a key unless it is stored already: a known key keeps its first announced_at."""
    await connection.run(
        _ANNOUNCE,
        public_key=key.public_key,
        purpose=key.purpose,
        announced_at=key.announced_at,
        note=key.note or None,
    )


async def vouch(connection: Connection, public_key: bytes, note: bytes) -> None:
    """Store the note in which the log's key vouches for a key."""
    await connection.run(_VOUCH, which=public_key, note=note)


async def all_keys(connection: Connection) -> list[StatusKey]:
    """Return every key ever announced."""
    return await connection.all(_KEYS)


async def _change(connection: Connection, entries: Sequence[Any], turning: Turning) -> None:
    """Update entries of any lists. entries: must be sorted by list."""
    of_lists = {number: list(group) for number, group in groupby(entries, key=lambda row: row.number)}
    changes = []
    for former in await connection.all(_LISTS, numbers=list(of_lists)):
        made = StatusList(bits=1, data=former.entries)
        for row in of_lists[former.number]:
            made.set(row.place, turning.valid(row, former=made.get(row.place)))
        if made.data != former.entries:
            changes.append(_changed(former, made))
    await connection.many(_PUT, changes)


def _changed(former: StoredList, entries: StatusList) -> dict[str, Any]:
    return {"which": former.number, "version": former.version + 1, "entries": packed(entries)}


async def get_list(connection: Connection, number: int) -> StoredList:
    """Return a list; raises NotFoundError."""
    found = await connection.all(_LISTS, numbers=[number])
    if not found:
        raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
    return found[0]


_ADD = statement(insert(status_credentials))
_HASTEN = statement(
    update(status_credentials)
    .where(
        status_credentials.c.account_token == param("token"),
        status_credentials.c.credential_id == param("credential_id"),
        or_(
            status_credentials.c.turns_at.is_not(None),
            # The worker has not seen yet what the account has become.
            exists().where(status_feed.c.account_token == status_credentials.c.account_token, _UNFOLLOWED),
        ),
    )
    .values(turns_at=param("at"))
)
_WITHDRAW = statement(
    update(status_credentials)
    .where(status_credentials.c.account_token == param("token"), status_credentials.c.withdrawn_at.is_(None))
    .values(withdrawn_at=param("now"))
)
_FIND = statement(
    select(status_credentials).where(
        status_credentials.c.account_token == param("token"),
        status_credentials.c.credential_id == param("credential_id"),
    ),
    credential,
)
_NEWEST = statement(
    select(status_credentials)
    .where(
        status_credentials.c.withdrawn_at.is_(None),
        status_credentials.c.account_token == param("token"),
        status_credentials.c.audience == param("audience"),
        func.coalesce(status_credentials.c.public_account_id, literal_column("''")) == param("public"),
        func.coalesce(status_credentials.c.minimum_assurance, literal_column("''")) == param("minimum"),
    )
    .order_by(status_credentials.c.expires_at.desc())
    .limit(literal_column("1")),
    credential,
)
_COUNT: Statement[int] = statement(
    upsert(credential_counts)
    .values(relying_party=param("party"), day=param("day"), issued=1)
    .on_conflict_do_update(
        index_elements=list(credential_counts.primary_key), set_={"issued": credential_counts.c.issued + 1}
    )
    .returning(credential_counts.c.issued),
    scalar,
)
_ISSUED: Statement[tuple[str, int]] = statement(
    select(credential_counts.c.relying_party, credential_counts.c.issued)
    .where(credential_counts.c.day == param("day"))
    .order_by(credential_counts.c.relying_party),
    tuple,
)
_FORGET_COUNTS = statement(
    delete(credential_counts).where(
        credential_counts.c.relying_party == param("party"), credential_counts.c.day < param("day")
    )
)
_NEWEST_LIST: Statement[int | None] = statement(select(func.max(status_lists.c.number)), scalar)
_BEGIN_LIST = statement(upsert(status_lists).on_conflict_do_nothing(index_elements=[status_lists.c.number]))
_MARK = statement(
    upsert(status_marks)
    .on_conflict_do_nothing(index_elements=[status_marks.c.number, status_marks.c.place])
    .returning(status_marks.c.place)
)


async def find(connection: Connection, account_token: str, credential_id: str) -> Credential:
    """Return a credential; raises NotFoundError (REQUEST_NOT_FOUND)."""
    found = await connection.one(_FIND, token=account_token, credential_id=credential_id)
    if found is None:  # it has expired, or the account was erased
        raise NotFoundError(Reason.REQUEST_NOT_FOUND)
    return found


async def newest(connection: Connection, issue: CredentialIssue) -> Credential | None:
    """Return the credential that ends last of those of an account, audience and minimum."""
    return await connection.one(
        _NEWEST,
        token=issue.account_token,
        audience=issue.audience,
        public=issue.public_account_id or "",
        minimum=_word(issue.minimum) or "",
    )


async def count(connection: Connection, party: str, day: date) -> int:
    """Count a new credential of a relying party; return how many it has got this day, with this one."""
    today = {"party": party, "day": day}
    issued = await connection.only(_COUNT, **today)
    if issued == 1:
        await connection.run(_FORGET_COUNTS, **today)
    return issued


async def add(connection: Connection, made: Credential) -> None:
    """Insert a credential."""
    await connection.run(
        _ADD,
        account_token=made.account_token,
        credential_id=made.credential_id,
        audience=made.audience,
        number=made.list_number,
        place=made.list_index,
        issued_at=made.issued_at,
        expires_at=made.expires_at,
        public_account_id=made.public_account_id,
        turns_at=credential_rules.AT_ONCE,
        withdrawn_at=None,
        minimum_assurance=_word(made.minimum),
    )


async def withdraw(connection: Connection, account_token: str, *, now: datetime) -> None:
    """Let no credential of a locked account attest anything any more. now: real time."""
    await connection.run(_WITHDRAW, token=account_token, now=now)


async def hasten(connection: Connection, found: Credential) -> None:
    """Let what waits of a credential's entry be published at once: it is asked for again."""
    await connection.run(
        _HASTEN, token=found.account_token, credential_id=found.credential_id, at=credential_rules.AT_ONCE
    )


async def place_of(connection: Connection, candidates: tuple[int, ...]) -> tuple[int, int]:
    """Reserve a free index in the newest list, or in a new list if the newest is too full.

    It was never used, and the mark that it is stays for ever and names no account.
    """
    newest = await connection.one(_NEWEST_LIST)
    if newest is not None and (place := await _mark(connection, newest, candidates)) is not None:
        return newest, place
    number = 0 if newest is None else newest + 1
    # Every entry of a new list is INVALID.
    fresh = packed(StatusList.filled(INVALID))
    await connection.run(_BEGIN_LIST, number=number, version=0, entries=fresh)
    if (place := await _mark(connection, number, candidates)) is not None:
        return number, place
    raise UnavailableError(Reason.STORE_UNAVAILABLE)


async def _mark(connection: Connection, number: int, candidates: tuple[int, ...]) -> int | None:
    """Reserve the first candidate index that was never used and return it; None if all were used."""
    for place in candidates:
        if await connection.one(_MARK, number=number, place=place) is not None:
            return place
    return None


async def issued(connection: Connection, *, day: date) -> dict[str, int]:
    """Return how many new credentials each platform got on a day; earlier days are soon deleted."""
    return dict(await connection.all(_ISSUED, day=day))
