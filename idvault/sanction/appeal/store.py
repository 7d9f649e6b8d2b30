"""The rows of appeals.

Rows and lists of appeals.

The acts and reads of appeals (sanction.appeal.ports.AppealStore).
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
from idvault.core.tables.sanction import appeals
from idvault.sanction import rules as sanction_rules
from idvault.sanction.appeal import rules
from idvault.sanction.appeal.ports import AppealDecision, AppealFiling, AppealFilter, DecisionEvents
from idvault.sanction.appeal.rules import Appeal
from idvault.sanction.objection.store import ObjectionLists, ObjectionRows
from idvault.sanction.rules import Sanction
from idvault.sanction.store import store as sanction_store
from idvault.sealing.moderation_text_ports import SealedModerationText
from idvault.verify.account import Account
from idvault.verify.clock import ClockReading
from idvault.verify.error import PreconditionError, Reason
from idvault.verify.event import Event
from idvault.verify.sanction import AppealState, SanctionState

ROWS: ObjectionRows[Appeal] = ObjectionRows(
    appeals,
    key="appeal_id",
    against="sanction_id",
    state=AppealState,
    make=Appeal,
    decided=("decided_by", "paper", "outside_body", "outside_until"),
    unknown=Reason.APPEAL_NOT_FOUND,
)
LISTS = ObjectionLists(ROWS)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlAppealStore:
    """Appeals in the main database. Rows are locked in this order: request, account, sanction, appeal."""

    database: Database

    @act("appeal.file")
    async def file(
        self,
        connection: Connection,
        filing: AppealFiling,
        *,
        request: Request,
        now: ClockReading,
        event: Event,
    ) -> Appeal:
        """Store a new appeal and its text."""
        sanction = filing.sanction
        repeated = await _repeated(connection, request, sanction.account_token, filing.appeal_id, now)
        if repeated is not None:
            return repeated
        owner, stored = await sanction_store.lock(connection, sanction)
        made = rules.file(appeal_id=filing.appeal_id, sanction=stored, terms=filing.terms, now=now.business)
        found = await ROWS.against_id(connection, account_token=stored.account_token, id_=stored.sanction_id)
        if found is not None:
            raise PreconditionError(Reason.APPEAL_EXISTS)
        await account_rows.put_standing(connection, account_rules.renumber(account=owner, now=now.business))
        await ROWS.add(connection, made, filing.text)
        await log_entry.append(connection, event)
        return made

    @act("appeal.decide")
    async def decide(
        self,
        connection: Connection,
        decision: AppealDecision,
        *,
        request: Request,
        now: ClockReading,
        events: DecisionEvents,
    ) -> Appeal:
        """Store a decision, and what it does to the sanction and to the account's standing."""
        given = decision.appeal
        repeated = await _repeated(connection, request, given.account_token, given.appeal_id, now)
        if repeated is not None:
            return repeated
        owner, sanction = await sanction_store.locked_sanction(
            connection, decision.sanction, signer=decision.moderator_id
        )
        stored = await ROWS.lock(connection, given)
        noted = rules.note_overdue(appeal=stored, now=now.business)
        decided = rules.decide(
            appeal=noted,
            sanction=sanction,
            verdict=decision.verdict,
            moderator_id=decision.moderator_id,
            reason=decision.reason,
            paper=decision.paper,
            terms=decision.terms,
            now=now.business,
        )
        if noted is not stored:
            await log_entry.append(connection, events.overdue)
        if decided.state is AppealState.UPHELD:
            await _overturn(
                connection, owner=owner, sanction=sanction, appeal=decided, events=events, now=now
            )
        else:
            after = account_rules.renumber(account=owner, now=now.business)
            await account_rows.put_standing(connection, after)
        await ROWS.put(connection, decided)
        await log_entry.append(connection, events.decided)
        return decided

    @read("appeal.undecided")
    async def undecided(self, connection: Connection, *, now: ClockReading, limit: int) -> list[Appeal]:
        """Return overdue appeals whose entry is not written, the longest due first."""
        return await connection.all(LISTS.NOT_NOTED, due_before=now.business, limit=limit)

    @act("appeal.note_overdue")
    async def note_overdue(
        self, connection: Connection, appeal: Appeal, *, now: ClockReading, event: Event
    ) -> bool:
        """Store that an appeal is overdue, unless it has changed since it was read."""
        stored = await _lock_appeal(connection, appeal)
        noted = rules.note_overdue(appeal=stored, now=now.business)
        if noted is stored:
            return False
        await ROWS.put(connection, noted)
        await log_entry.append(connection, event)
        return True

    @read("appeal.deletable")
    async def deletable(self, connection: Connection, *, now: ClockReading, limit: int) -> list[Appeal]:
        """Return appeals whose text must be deleted, the longest due first."""
        return await connection.all(LISTS.DELETABLE, now=now.business, limit=limit)

    @act("appeal.delete_text")
    async def delete_text(
        self, connection: Connection, appeal: Appeal, *, now: ClockReading, event: Event
    ) -> bool:
        """Delete an appeal's text, unless that was done since it was read."""
        stored = await _lock_appeal(connection, appeal)
        bare = rules.delete_text(appeal=stored, now=now.business)
        if bare is stored:
            return False
        await ROWS.put(connection, bare)
        await ROWS.delete_text(connection, bare)
        await log_entry.append(connection, event)
        return True

    @read("appeal.overdue")
    async def overdue(self, connection: Connection, *, now: ClockReading) -> int:
        """Return how many appeals are overdue, at all relying parties."""
        return await connection.only(LISTS.COUNT_OVERDUE, due_before=now.business)

    @read("appeal.requested")
    async def requested(self, connection: Connection, request: Request) -> Appeal | None:
        """Return the appeal that a request made or changed; None if the request is new."""
        made = await requests.find(connection, request)
        return None if made is None else await ROWS.get(connection, request.caller, made)

    @read("appeal.get")
    async def get(self, connection: Connection, *, relying_party: str, appeal_id: str) -> Appeal:
        """Return an appeal; raises NotFoundError (APPEAL_NOT_FOUND)."""
        return await ROWS.get(connection, relying_party, appeal_id)

    @read("appeal.text")
    async def text(self, connection: Connection, appeal: Appeal) -> SealedModerationText | None:
        """Return the sealed text of an appeal; None once it is deleted."""
        return await ROWS.text(connection, appeal)

    @read("appeal.list")
    async def list(
        self, connection: Connection, wanted: AppealFilter, *, after: str, limit: int, now: ClockReading
    ) -> list[Appeal]:
        """Return appeals that follow another one, oldest first."""
        return await LISTS.page(connection, wanted, after=after, limit=limit, now=now.business)


async def _repeated(
    connection: Connection, request: Request, account_token: str, appeal_id: str, now: ClockReading
) -> Appeal | None:
    made = await requests.remember_for_account(
        connection, request, account_token=account_token, made=appeal_id, now=now.business
    )
    return None if made is None else await ROWS.get(connection, request.caller, made.made_id)


async def _lock_appeal(connection: Connection, appeal: Appeal) -> Appeal:
    """Return the appeal as it is stored now, locked behind its account's row."""
    await account_rows.lock(connection, account_token=appeal.account_token)
    return await ROWS.lock(connection, appeal)


async def _overturn(
    connection: Connection,
    *,
    owner: Account,
    sanction: Sanction,
    appeal: Appeal,
    events: DecisionEvents,
    now: ClockReading,
) -> None:
    """Store the sanction as overturned, and the standing that its account has without it."""
    present = sanction_rules.fall(sanction=sanction, now=now.business)
    after = sanction_rules.overturn(
        sanction=sanction,
        moderator_id=appeal.decided_by or "",
        reason=appeal.reason,
        paper=appeal.paper or b"",
        now=now.business,
    )
    await sanction_store.end_sanction(
        connection, owner=owner, former=sanction, ended=after, now=now, by_appeal=True
    )
    if sanction.public_account_id is not None:  # then only the public account has changed
        await account_rows.put_standing(connection, account_rules.renumber(account=owner, now=now.business))
    # Of a sanction that has ended, only the shown state changes: its end is already in the log.
    if present.state is SanctionState.IN_FORCE:
        await log_entry.append(connection, events.overturned)
    elif sanction.state is SanctionState.IN_FORCE:
        await log_entry.append(connection, events.lapsed)
