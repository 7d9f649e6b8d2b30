"""What the owners' objections have in common: filed once, read, listed, overdue, deleted.

- Rows are locked in this order: request, account, what the objection is against, the objection.
- Filing and deciding raise the revision of the account, so that its change feed tells of both.
"""

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Generic, TypeVar

from idvault.account import rules as account_rules
from idvault.account.store import rows as account_rows
from idvault.core.act import SYSTEM, Act, Tx, Vault, sweep
from idvault.core.db.connection import Connection
from idvault.core.db.deadline import PlatformDeadlines
from idvault.core.log_entry import Late
from idvault.sanction.objection import rules
from idvault.sanction.objection.rules import Objection, ObjectionFilter
from idvault.sanction.objection.store import ObjectionRows
from idvault.sealing.ports import CaseField, ModerationTextSealer, SealedModerationText
from idvault_verify.account import Account
from idvault_verify.clock import ClockReading
from idvault_verify.error import PreconditionError, Reason
from idvault_verify.event import EventType

FIELD = "text"
T = TypeVar("T", bound=Objection)
R = TypeVar("R")
Terms = TypeVar("Terms")


@dataclass(frozen=True, slots=True)
class ObjectionContext(Generic[Terms]):
    """What the acts of one kind need beside the vault: the operator's terms, and what seals the texts."""

    terms: Terms
    sealer: ModerationTextSealer


@dataclass(frozen=True, slots=True)
class ObjectionWords:
    """How the log and the refusals name one kind. noun: in the names of its acts."""

    noun: str
    file: EventType
    overdue: EventType
    delete: EventType
    exists: Reason


async def renumber(tx: Tx, owner: Account) -> None:
    """Raise the revision of an account whose row this act has locked."""
    after = account_rules.renumber(account=owner, now=tx.now.business)
    await account_rows.put_standing(tx.connection, after)


class Objections(Generic[T]):
    """The acts, sweeps and reads of one kind."""

    def __init__(self, rows: ObjectionRows[T], words: ObjectionWords) -> None:
        """Name the acts."""
        self._rows, self._words = rows, words
        self.note_overdue: Act[[T], bool] = Act(f"{words.noun}.note_overdue", self._note_overdue)
        self.delete_text: Act[[T], bool] = Act(f"{words.noun}.delete_text", self._delete_text)

    async def add(self, tx: Tx, owner: Account, made: T, text: SealedModerationText) -> T:
        """Store a new one; raises PreconditionError if there is one against the same thing.

        owner: the account, locked.
        """
        rows = self._rows
        against = getattr(made, rows.against)
        if await rows.find_against(tx.connection, tx.party, made.account_token, against) is not None:
            raise PreconditionError(self._words.exists)
        await renumber(tx, owner)
        await rows.add(tx.connection, made, key_version=text.key_version, text=text.data)
        await self._log_filing(tx, made, text)
        return made

    async def _log_filing(self, tx: Tx, made: T, text: SealedModerationText) -> None:
        ids = {name: getattr(made, name) for name in (self._rows.key, self._rows.against)}
        # Of the sealed bytes: once they are deleted, nobody can test texts against it.
        digest = sha256(text.data).digest()
        await tx.log(self._words.file, account_token=made.account_token, **ids, text_digest=digest)

    async def replace(self, tx: Tx, owner: Account, made: T, text: SealedModerationText) -> T:
        """Store a new one, and its text, in the place of one that has its id and ended. owner: locked."""
        await renumber(tx, owner)
        await self._rows.put(tx.connection, made)
        await self._rows.put_text(tx.connection, made, text)
        await self._log_filing(tx, made, text)
        return made

    async def lock(self, tx: Tx, party: str, objection_id: str) -> T:
        """Return one whose account this act has locked, marked and logged as overdue if it is."""
        stored = await self._rows.lock(tx.connection, party, objection_id)
        noted = rules.note_overdue(stored, now=tx.now.business)
        if noted is not stored:
            late = Late(noted.relying_party, noted.filed_at)
            await tx.log_miss(self._words.overdue, late, **self._logged(noted))
        return noted

    async def _note_overdue(self, tx: Tx, objection: T) -> bool:
        """Store that one is overdue; False if it is not, or was stored before."""
        await account_rows.lock(tx.connection, account_token=objection.account_token)
        noted = await self.lock(tx, objection.relying_party, self._rows.id_of(objection))
        if not tx.told:
            tx.unchanged("it was decided, or noted before")
            return False
        await self._rows.put(tx.connection, noted)
        return True

    async def _delete_text(self, tx: Tx, objection: T) -> bool:
        """Delete a text; False if that is not due, or was done before."""
        rows = self._rows
        await account_rows.lock(tx.connection, account_token=objection.account_token)
        stored = await rows.lock(tx.connection, objection.relying_party, rows.id_of(objection))
        bare = rules.delete_text(stored, now=tx.now.business)
        if bare is stored:
            tx.unchanged("the text was deleted before")
            return False
        await rows.put(tx.connection, bare)
        await rows.delete_text(tx.connection, bare)
        await tx.log(self._words.delete, **self._logged(bare))
        return True

    def _logged(self, objection: T) -> Any:
        """Return what every entry of the service itself says of one."""
        which = {self._rows.key: self._rows.id_of(objection)}
        return {"by": SYSTEM, "account_token": objection.account_token, **which}

    async def _read(self, vault: Vault, name: str, work: Callable[[Connection], Coroutine[Any, Any, R]]) -> R:
        return await vault.read(f"{self._words.noun}.{name}", work)

    async def note_all_overdue(self, vault: Vault, now: ClockReading, *, limit: int) -> int:
        """Log each that has become overdue, once; return how many."""
        due = {"due_before": now.business, "limit": limit}

        def found() -> Awaitable[list[T]]:
            return self._read(vault, "undecided", lambda one: one.all(self._rows.NOT_NOTED, **due))

        return await sweep(vault, now, due=found, each=self.note_overdue)

    async def delete_texts(self, vault: Vault, now: ClockReading, *, limit: int) -> int:
        """Delete the texts that are due, each with its log entry; return how many."""
        due = {"now": now.business, "limit": limit}

        def found() -> Awaitable[list[T]]:
            return self._read(vault, "deletable", lambda one: one.all(self._rows.DELETABLE, **due))

        return await sweep(vault, now, due=found, each=self.delete_text)

    async def overdue(self, vault: Vault, *, now: ClockReading) -> int:
        """Return how many are overdue, at all relying parties."""
        return await self._read(
            vault,
            "overdue",
            lambda one: one.only(self._rows.COUNT_OVERDUE, due_before=now.business),
        )

    async def deadlines(self, vault: Vault, *, now: ClockReading) -> list[PlatformDeadlines]:
        """Return what each platform must decide."""
        return await self._read(
            vault, "deadlines", lambda one: one.all(self._rows.DEADLINES, now=now.business)
        )

    async def find(self, vault: Vault, party: str, objection_id: str) -> T:
        """Return one as it is stored; raises NotFoundError."""
        return await self._read(vault, "get", lambda one: self._rows.get(one, party, objection_id))

    async def find_against(self, vault: Vault, party: str, account_token: str, against: str) -> T | None:
        """Return the one of an account against a thing, None without one or for another party's account."""
        return await self._read(
            vault, "against", lambda one: self._rows.find_against(one, party, account_token, against)
        )

    async def get(
        self, vault: Vault, party: str, objection_id: str, *, now: ClockReading, sealer: ModerationTextSealer
    ) -> tuple[T, str]:
        """Return one and its text, which is empty as soon as its deletion is due.

        Raises NotFoundError and DamagedError (RECORD_DAMAGED).
        """
        found = await self.find(vault, party, objection_id)
        present = rules.delete_text(found, now=now.business)
        sealed = None
        if present.text_deleted_at is None:
            sealed = await self._read(vault, "text", lambda one: self._rows.text(one, found))
        if sealed is None:
            return present, ""
        return found, sealer.open(CaseField(party, objection_id, FIELD), sealed)

    async def page(
        self,
        vault: Vault,
        party: str,
        wanted: ObjectionFilter,
        *,
        after: str,
        limit: int,
        now: ClockReading,
    ) -> tuple[list[T], str]:
        """Return a page, oldest first, and the last one's id if there are more, else "".

        Raises InvalidError (INVALID_MESSAGE, page_token) for an unknown `after`. One that is filed meanwhile
        does not move another.
        """
        asked: dict[str, Any] = {"after": after, "limit": limit, "now": now.business}
        return await self._read(vault, "list", lambda one: self._rows.listed(one, party, wanted, **asked))
