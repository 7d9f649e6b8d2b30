"""The rows of contests.

Rows and lists of contests.

The acts and reads of contests (session.contest.ports.ContestStore).
"""

from dataclasses import dataclass

from idvault.account import rules as account_rules
from idvault.account.store import rows as account_rows
from idvault.core import account_request as requests
from idvault.core import log_entry
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.request import Request
from idvault.core.tables.session import contests
from idvault.sanction.objection.store import ObjectionLists, ObjectionRows
from idvault.sealing.moderation_text_ports import SealedModerationText
from idvault.session import store as session_store
from idvault.session.contest import rules
from idvault.session.contest.ports import ContestDecision, ContestFiling, ContestFilter
from idvault.session.contest.rules import Contest, ContestState
from idvault.verify.account import AccountState
from idvault.verify.clock import ClockReading
from idvault.verify.error import NotFoundError, PreconditionError, Reason
from idvault.verify.event import Event

ROWS: ObjectionRows[Contest] = ObjectionRows(
    contests,
    key="contest_id",
    against="claim_id",
    state=ContestState,
    make=Contest,
    unknown=Reason.CONTEST_NOT_FOUND,
)
LISTS = ObjectionLists(ROWS)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlContestStore:
    """Contests in the main database. Rows are locked in this order: request, account, contest."""

    database: Database

    @act("contest.file")
    async def file(
        self,
        connection: Connection,
        filing: ContestFiling,
        *,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> Contest:
        """Store a new contest and its text."""
        token, claim_id = filing.account_token, filing.claim_id
        repeated = await _repeated(connection, request, token, filing.contest_id, now)
        if repeated is not None:
            return repeated
        owner = await account_rows.lock_of(
            connection, account_token=token, relying_party=filing.relying_party
        )
        if owner.state is AccountState.ERASED:
            raise PreconditionError(Reason.ACCOUNT_ERASED)
        claim = await session_store.claim(connection, token, claim_id)
        if claim is None:
            raise NotFoundError(Reason.VERIFICATION_NOT_FOUND)
        made = rules.file(
            contest_id=filing.contest_id,
            relying_party=filing.relying_party,
            account_token=token,
            claim_id=claim_id,
            claim_state=claim.state,
            terms=filing.terms,
            now=now.business,
        )
        if await ROWS.against_id(connection, account_token=token, id_=claim_id) is not None:
            raise PreconditionError(Reason.CONTEST_EXISTS)
        await account_rows.put_standing(connection, account_rules.renumber(account=owner, now=now.business))
        await ROWS.add(connection, made, filing.text)
        await log_entry.append(connection, event)
        return made

    @act("contest.decide")
    async def decide(
        self,
        connection: Connection,
        decision: ContestDecision,
        *,
        request: Request,
        now: ClockReading,
        event: Event,
        overdue: Event,
    ) -> Contest:
        """Store a decision."""
        given = decision.contest
        repeated = await _repeated(connection, request, given.account_token, given.contest_id, now)
        if repeated is not None:
            return repeated
        owner = await account_rows.lock_of(
            connection, account_token=given.account_token, relying_party=given.relying_party
        )
        stored = await ROWS.lock(connection, given)
        noted = rules.note_overdue(contest=stored, now=now.business)
        decided = rules.decide(
            contest=noted,
            verdict=decision.verdict,
            reason=decision.reason,
            terms=decision.terms,
            now=now.business,
        )
        if noted is not stored:
            await log_entry.append(connection, overdue)
        await account_rows.put_standing(connection, account_rules.renumber(account=owner, now=now.business))
        await ROWS.put(connection, decided)
        await log_entry.append(connection, event)
        return decided

    @read("contest.undecided")
    async def undecided(self, connection: Connection, *, now: ClockReading, limit: int) -> list[Contest]:
        """Return overdue contests whose entry is not written, the longest due first."""
        return await connection.all(LISTS.NOT_NOTED, due_before=now.business, limit=limit)

    @act("contest.note_overdue")
    async def note_overdue(
        self, connection: Connection, contest: Contest, *, now: ClockReading, event: Event
    ) -> bool:
        """Store that a contest is overdue, unless it has changed since it was read."""
        stored = await _lock_contest(connection, contest)
        noted = rules.note_overdue(contest=stored, now=now.business)
        if noted is stored:
            return False
        await ROWS.put(connection, noted)
        await log_entry.append(connection, event)
        return True

    @read("contest.deletable")
    async def deletable(self, connection: Connection, *, now: ClockReading, limit: int) -> list[Contest]:
        """Return contests whose text must be deleted, the longest due first."""
        return await connection.all(LISTS.DELETABLE, now=now.business, limit=limit)

    @act("contest.delete_text")
    async def delete_text(
        self, connection: Connection, contest: Contest, *, now: ClockReading, event: Event
    ) -> bool:
        """Delete a contest's text, unless that was done since it was read."""
        stored = await _lock_contest(connection, contest)
        bare = rules.delete_text(contest=stored, now=now.business)
        if bare is stored:
            return False
        await ROWS.put(connection, bare)
        await ROWS.delete_text(connection, bare)
        await log_entry.append(connection, event)
        return True

    @read("contest.overdue")
    async def overdue(self, connection: Connection, *, now: ClockReading) -> int:
        """Return how many contests are overdue, at all relying parties."""
        return await connection.only(LISTS.COUNT_OVERDUE, due_before=now.business)

    @read("contest.get")
    async def get(self, connection: Connection, *, relying_party: str, contest_id: str) -> Contest:
        """Return a contest; raises NotFoundError (CONTEST_NOT_FOUND)."""
        return await ROWS.get(connection, relying_party, contest_id)

    @read("contest.text")
    async def text(self, connection: Connection, contest: Contest) -> SealedModerationText | None:
        """Return the sealed text of a contest; None once it is deleted."""
        return await ROWS.text(connection, contest)

    @read("contest.list")
    async def list(
        self, connection: Connection, wanted: ContestFilter, *, after: str, limit: int, now: ClockReading
    ) -> list[Contest]:
        """Return contests that follow another one, oldest first."""
        return await LISTS.page(connection, wanted, after=after, limit=limit, now=now.business)


async def _repeated(
    connection: Connection, request: Request, account_token: str, contest_id: str, now: ClockReading
) -> Contest | None:
    made = await requests.remember_for_account(
        connection, request, account_token=account_token, made=contest_id, now=now.business
    )
    return None if made is None else await ROWS.get(connection, request.caller, made.made_id)


async def _lock_contest(connection: Connection, contest: Contest) -> Contest:
    """Return the contest as it is stored now, locked behind its account's row."""
    await account_rows.lock(connection, account_token=contest.account_token)
    return await ROWS.lock(connection, contest)
