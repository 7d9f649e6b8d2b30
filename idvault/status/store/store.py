"""The acts and reads of accounts and their status (ports.account)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from operator import itemgetter

from sqlalchemy import Integer, delete, exists, select, update

from idvault.account.rules import account as account_rules
from idvault.account.store import feed_rows as feed_row
from idvault.account.store.rows import PACKED, from_row, unpack
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.listing import among, among_words, as_one_text
from idvault.core.db.locking import for_change
from idvault.core.db.look_up import KEYS, LookUp
from idvault.core.db.statement import param, statement
from idvault.core.tables.account import accounts
from idvault.core.tables.claim import claims, intakes, jobs
from idvault.core.tables.erasure import erasures
from idvault.core.tables.sanction import sanctions
from idvault.log.store import entry as log
from idvault.verify.account import Account, AccountState
from idvault.verify.clock import ClockReading
from idvault.verify.event import Event

_MINE = accounts.c.account_token == param("token")
_OF_PARTY = accounts.c.relying_party == param("party")
_UNCHANGED = accounts.c.revision == param("stored")
_VERIFIED = accounts.c.state == AccountState.VERIFIED.value
_NEVER_VERIFIED = (
    (accounts.c.state == AccountState.REJECTED.value)
    & accounts.c.person_id.is_(None)
    & accounts.c.open_claim_id.is_(None)
    # The history of a sanction stays.
    & ~exists().where(sanctions.c.account_token == accounts.c.account_token)
)
_LIMIT = param("limit", Integer)

_GET = LookUp(
    "status.get",
    statement(select(accounts).where(among(accounts.c.account_token, KEYS)), from_row),
    key=lambda account: account.account_token,
)
_PACKED = LookUp(
    "status.get",
    statement(
        select(accounts.c.account_token, PACKED, accounts.c.relying_party).where(
            among(accounts.c.account_token, KEYS)
        )
    ),
    key=itemgetter(0),
)
_PACKED_MANY = statement(
    select(PACKED, as_one_text(accounts.c.account_token))
    .where(among_words(accounts.c.account_token, "tokens"), _OF_PARTY)
    .group_by(PACKED)
)
_EXPIRING = statement(
    select(accounts)
    .where(_VERIFIED, accounts.c.expire_date <= param("today"))
    .order_by(accounts.c.expire_date)
    .limit(_LIMIT),
    from_row,
)
_EXPIRE = statement(
    update(accounts)
    .where(_MINE, _UNCHANGED, _VERIFIED)
    .values(state=param("state"), revision=param("revision"))
)
_ABANDONED = statement(
    select(accounts)
    .where(_NEVER_VERIFIED, accounts.c.claim_ended_at < param("before"))
    .order_by(accounts.c.claim_ended_at)
    .limit(_LIMIT),
    from_row,
)
_LOCK_REMOVABLE = statement(for_change(select(accounts).where(_MINE, _UNCHANGED, _NEVER_VERIFIED)))
_REMOVALS = [
    statement(delete(table).where(table.c.account_token == param("token")))
    for table in (erasures, intakes, jobs, claims, accounts)
]


@dataclass(kw_only=True, eq=False, repr=False)
class SqlStatusStore:
    """Accounts in the main database."""

    database: Database

    async def get(self, *, relying_party: str, account_token: str) -> Account | None:
        """Return the account, or None if it is unknown or belongs to another relying party."""
        # The accounts of several relying parties may be read together, so the owner is checked here.
        found = await self.database.get(_GET, account_token)
        return found if found is not None and found.relying_party == relying_party else None

    async def packed(self, *, relying_party: str, account_token: str) -> str | None:
        """Return the account that `get` returns, as one text."""
        found = await self.database.get(_PACKED, account_token)
        if found is None or found.relying_party != relying_party:
            return None
        return f"{found.account_token}{found.shown}"

    @read("status.packed_many")
    async def packed_many(
        self, connection: Connection, *, relying_party: str, account_tokens: Sequence[str]
    ) -> dict[str, str]:
        """Return this relying party's accounts: the tokens for each text that may follow one."""
        found = await connection.all(_PACKED_MANY, tokens=account_tokens, party=relying_party)
        return dict(found)

    def unpack(self, packed: str) -> Account:
        """Return the account of such a text."""
        return unpack(packed)

    @read("status.expiring")
    async def expiring(self, connection: Connection, *, today: date, limit: int) -> list[Account]:
        """Return VERIFIED accounts whose expire_date is today or earlier."""
        return await connection.all(_EXPIRING, today=today, limit=limit)

    async def expire(self, account: Account, *, today: date, now: ClockReading, event: Event) -> bool:
        """Store that a verification expired; False if the stored revision differs from the account's."""
        expired = account_rules.expire(account=account, today=today)
        return expired != account and await self._expire(account, expired, event)

    @act("status.expire")
    async def _expire(self, connection: Connection, owner: Account, expired: Account, event: Event) -> bool:
        # Only what expiry changes is written: a claim may have been opened since the account was read.
        if not await connection.run(
            _EXPIRE,
            token=owner.account_token,
            stored=owner.revision,
            state=expired.state.value,
            revision=expired.revision,
        ):
            return False
        await feed_row.changed(connection, expired)
        await log.append(connection, event.with_fields(expire_date=str(owner.expire_date)))
        return True

    @read("status.abandoned")
    async def abandoned(self, connection: Connection, *, before: datetime, limit: int) -> list[Account]:
        """Return REJECTED accounts with no person and no open claim whose last claim ended before a time."""
        return await connection.all(_ABANDONED, before=before, limit=limit)

    @act("status.remove")
    async def remove(
        self, connection: Connection, account: Account, *, now: ClockReading, event: Event
    ) -> bool:
        """Delete a REJECTED account that was never verified; False if the stored revision differs."""
        token = account.account_token
        if await connection.one(_LOCK_REMOVABLE, token=token, stored=account.revision) is None:
            return False
        for removal in _REMOVALS:
            await connection.run(removal, token=token)
        await feed_row.removed(connection, account_token=token)
        await log.append(connection, event)
        return True
