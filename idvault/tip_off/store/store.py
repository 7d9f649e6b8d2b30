"""The acts and reads of reports (ports.tip_off.TipOffStore)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from sqlalchemy import select

from idvault.core import account_request as requests
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import param, scalar, statement
from idvault.core.request import Request
from idvault.core.tables.account import accounts
from idvault.log.store import entry as log
from idvault.moderator import store as moderator
from idvault.public_account.store import rows as public_account
from idvault.sanction.operation import rules as operation_rules
from idvault.sanction.operation import store as operation
from idvault.sanction.rules.sanction import Sanction
from idvault.sanction.store import store as sanctions
from idvault.tip_off.ports import (
    EventMaker,
    FollowedReport,
    QueuePage,
    QueuePlace,
    Rule,
    TipOffFiling,
    TipOffFilter,
    TipOffText,
)
from idvault.tip_off.reporter import store as reporter
from idvault.tip_off.rules import flood as flood_rules
from idvault.tip_off.rules import reporter as reporter_rules
from idvault.tip_off.rules import tip_off as rules
from idvault.tip_off.rules.reporter import ReporterStanding
from idvault.tip_off.rules.tip_off import MOST_MERGED
from idvault.tip_off.store import form_day, lists, rows, texts, tries, writing
from idvault.verify import moderator as moderator_rules
from idvault.verify.clock import ClockReading
from idvault.verify.error import FieldCode, InvalidError, NotFoundError, Reason, Violation
from idvault.verify.event import Event, EventType
from idvault.verify.seal import Part
from idvault.verify.tip_off import TargetKind, TipOff, TipOffState

_IS_THERE = statement(
    select(accounts.c.account_token).where(
        accounts.c.account_token == param("token"), accounts.c.relying_party == param("party")
    ),
    scalar,
)


@dataclass(kw_only=True, eq=False, repr=False)
class SqlTipOffStore:
    """Reports in the main database. Rows are locked in the order request, report, merged ones, reporters.

    The row of a form's day is locked last, by an act that locks no reporter.
    """

    database: Database

    @act("tip_off.file")
    async def file(
        self,
        connection: Connection,
        filing: TipOffFiling,
        *,
        request: Request,
        make: EventMaker,
        now: ClockReading,
    ) -> TipOff:
        """Store a new report with its texts."""
        made = filing.tip_off
        repeated = await requests.remember(connection, request, made=made.tip_off_id, now=now.business)
        if repeated is not None:
            return await rows.get(connection, request.caller, repeated)
        for token in filing.accounts:
            if await connection.one(_IS_THERE, token=token, party=made.relying_party) is None:
                raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        if made.target.kind is TargetKind.PUBLIC_ACCOUNT:
            await public_account.get(connection, made.relying_party, made.target.key)
        if made.operation_id is not None:
            named = await operation.get(connection, made.relying_party, made.operation_id)
            operation_rules.check_open(named)
        if made.reporter_id is not None:
            made = replace(made, trusted=await _count(connection, filing, made.reporter_id, now))
        flood = await _flood(connection, filing) if filing.by_form else None
        made = replace(made, flooded=flood is not None)
        await rows.add(connection, made)
        await texts.put(connection, made, filing.texts, now=now.business)
        fields: dict[str, Part] = {"tip_off_id": made.tip_off_id, "evidence": b"".join(made.evidence)}
        await log.append(connection, make(EventType.TIP_OFF_FILE, fields))
        if flood is not None and flood_rules.begins(filed=flood.filed, most=flood.most):
            begun: dict[str, Part] = {"day": filing.today.isoformat(), "limit": flood.most}
            await log.append(connection, make(EventType.TIP_OFF_FLOOD, begun))
        return made

    @act("tip_off.change")
    async def change(
        self,
        connection: Connection,
        tip_off_id: str,
        rule: Rule,
        *,
        moderator_id: str,
        texts: Sequence[TipOffText],
        request: Request,
        make: EventMaker,
        now: ClockReading,
    ) -> TipOff:
        """Store what a rule makes of a report."""
        if (repeated := await _repeated(connection, request, tip_off_id, now)) is not None:
            return repeated
        await _check_signs(connection, request.caller, moderator_id)
        changed, _ = await _apply(connection, (request.caller, tip_off_id), rule, make, now)
        await _write_texts(connection, changed, texts, make, now)
        return changed

    @act("tip_off.resolve")
    async def resolve(
        self,
        connection: Connection,
        tip_off_id: str,
        rule: Rule,
        *,
        moderator_id: str,
        texts: Sequence[TipOffText],
        imposition: tuple[Sanction, Event] | None,
        request: Request,
        make: EventMaker,
        now: ClockReading,
    ) -> TipOff:
        """Store a decision, and its sanction."""
        if (repeated := await _repeated(connection, request, tip_off_id, now)) is not None:
            return repeated
        await _check_signs(connection, request.caller, moderator_id)
        changed, merged = await _apply(connection, (request.caller, tip_off_id), rule, make, now)
        await _write_texts(connection, changed, texts, make, now)
        if imposition is not None:
            sanction, event = imposition
            sanction = await _inheriting(connection, sanction, changed)
            await sanctions.impose(connection, sanction, now=now, event=event)
        await _judge(connection, changed, [changed, *merged], now)
        return changed

    @act("tip_off.merge")
    async def merge(
        self,
        connection: Connection,
        tip_off_id: str,
        duplicates: Sequence[str],
        *,
        moderator_id: str,
        request: Request,
        make: EventMaker,
        now: ClockReading,
    ) -> TipOff:
        """Merge reports into one, with those that were merged into them."""
        party = request.caller
        if (repeated := await _repeated(connection, request, tip_off_id, now)) is not None:
            return repeated
        await _check_signs(connection, party, moderator_id)
        found = await rows.lock_many(connection, party, [tip_off_id, *duplicates])
        merged = await rows.lock_merged(connection, party, [tip_off_id, *duplicates])
        joining = [one for one in merged if one.merged_into != tip_off_id]
        if len(merged) + len(duplicates) > MOST_MERGED:
            too_many = Violation("duplicate_ids", FieldCode.LENGTH)
            raise InvalidError(Reason.TOO_MANY_ITEMS, too_many)
        into = rules.fall(tip_off=found[tip_off_id], now=now.business)
        rules.check_gathers(tip_off=into, moderator_id=moderator_id)
        direct = partial(rules.merge, into=into, moderator_id=moderator_id, now=now.business)
        closed = [
            await writing.write(connection, found[one], lambda it: direct(tip_off=it), make, now)
            for one in duplicates
        ]
        closed += await writing.join(connection, joining, into, make, now)
        await writing.write(connection, found[tip_off_id], lambda it: it, make, now)
        if into.state is TipOffState.RESOLVED:
            await _judge(connection, into, closed, now)
        return into

    @act("tip_off.remind")
    async def remind(
        self, connection: Connection, tip_off: TipOff, *, make: EventMaker, now: ClockReading
    ) -> bool:
        """Store the reminders that are due."""
        stored = await rows.lock(connection, tip_off.relying_party, tip_off.tip_off_id)
        return await writing.write(connection, stored, lambda it: it, make, now) != stored

    @act("tip_off.delete_texts")
    async def delete_texts(
        self, connection: Connection, tip_off: TipOff, *, make: EventMaker, now: ClockReading
    ) -> bool:
        """Delete every text of a closed report, and who reported."""
        stored = await rows.lock(connection, tip_off.relying_party, tip_off.tip_off_id)
        if stored.deleted_at is not None:
            return False
        await texts.delete_all(connection, stored)
        rule = partial(rules.delete_texts, now=now.business)
        await writing.write(connection, stored, lambda it: rule(tip_off=it), make, now)
        return True

    @act("tip_off.purge")
    async def purge(
        self, connection: Connection, *, before: date, today: date, make: EventMaker, now: ClockReading
    ) -> int:
        """Delete tries and ordinary reporters whose last day is before this one, and old days of forms."""
        count = await tries.forget(connection, before=before)
        count += await reporter.forget(connection, before=before)
        count += await form_day.forget(connection, today=today)
        if count:
            fields: dict[str, Part] = {"before": before.isoformat(), "count": count}
            await log.append(connection, make(EventType.TIP_OFF_PURGE, fields))
        return count

    @act("tip_off.charge")
    async def charge(
        self,
        connection: Connection,
        *,
        relying_party: str,
        reference: str,
        day: date,
        limit: int,
        make: EventMaker,
        now: ClockReading,
    ) -> int | None:
        """Count a try of a report that exists; None for an unknown reference."""
        # Within the act, so that an unknown reference waits for its turn as a known one does.
        if await rows.of_reference(connection, relying_party, reference) is None:
            return None
        count = await tries.charge(connection, relying_party=relying_party, reference=reference, day=day)
        if count == limit + 1:
            await log.append(connection, make(EventType.TIP_OFF_EXHAUST, {"day": day.isoformat()}))
        return count

    @act("tip_off.refund")
    async def refund(self, connection: Connection, *, relying_party: str, reference: str, day: date) -> None:
        """Refund one try of a reference on a day."""
        await tries.refund(connection, relying_party=relying_party, reference=reference, day=day)

    @read("tip_off.due")
    async def due(self, connection: Connection, *, now: ClockReading, limit: int) -> list[TipOff]:
        """Return reports with a reminder that is due, the longest due first."""
        return await connection.all(lists.DUE, now=now.business, limit=limit)

    @read("tip_off.kept_too_long")
    async def kept_too_long(self, connection: Connection, *, before: datetime, limit: int) -> list[TipOff]:
        """Return reports that were closed before a time and still have their texts, the oldest first."""
        return await connection.all(lists.KEPT, before=before, limit=limit)

    @read("tip_off.follow")
    async def follow(self, connection: Connection, *, relying_party: str, reference: str) -> FollowedReport:
        """Return what the reporter of a report may read; raises NotFoundError (TIP_OFF_NOT_FOUND)."""
        found = await rows.of_reference(connection, relying_party, reference)
        if found is None:
            raise NotFoundError(Reason.TIP_OFF_NOT_FOUND)
        leading, reply = None, None
        if found.merged_into is not None:
            leading = await rows.get(connection, relying_party, found.merged_into)
            reply = await texts.reply(connection, leading)
        own = await texts.reply(connection, found) if reply is None else None
        of = leading if reply is not None and leading is not None else found
        return FollowedReport(found, leading, reply or own, of.tip_off_id)

    @read("tip_off.requested")
    async def requested(self, connection: Connection, request: Request) -> TipOff | None:
        """Return the report that a request made or changed; None if the request is new."""
        made = await requests.find(connection, request)
        return None if made is None else await rows.get(connection, request.caller, made)

    @read("tip_off.get")
    async def get(self, connection: Connection, *, relying_party: str, tip_off_id: str) -> TipOff:
        """Return a report; raises NotFoundError (TIP_OFF_NOT_FOUND)."""
        return await rows.get(connection, relying_party, tip_off_id)

    @read("tip_off.texts")
    async def texts(self, connection: Connection, *, relying_party: str, tip_off_id: str) -> list[TipOffText]:
        """Return the texts of a report, oldest first."""
        return await texts.of(connection, party=relying_party, tip_off_id=tip_off_id)

    @read("tip_off.counts")
    async def counts(
        self, connection: Connection, *, now: ClockReading
    ) -> tuple[dict[TipOffState, int], int]:
        """Return how many reports are in each open state, and how many are overdue."""
        states = {TipOffState(row.state): row.count for row in await connection.all(lists.OPEN)}
        return states, await connection.only(lists.OVERDUE, now=now.business)

    @read("tip_off.operation_counts")
    async def operation_counts(
        self, connection: Connection, *, relying_party: str, operation_id: str
    ) -> dict[TipOffState, int]:
        """Return how many reports of an operation are in each state."""
        found = await connection.all(lists.IN_OPERATION, party=relying_party, operation=operation_id)
        return {TipOffState(row.state): row.count for row in found}

    @read("tip_off.list")
    async def list(
        self,
        connection: Connection,
        *,
        relying_party: str,
        wanted: TipOffFilter,
        after: QueuePlace | None,
        limit: int,
    ) -> QueuePage:
        """Return reports after a place, in the order of the queue."""
        return await lists.page(connection, relying_party, wanted, after=after, limit=limit)


async def _flood(connection: Connection, filing: TipOffFiling) -> form_day.FormDay | None:
    """Count a report of a form; return its day if the form is flooded."""
    party = filing.tip_off.relying_party
    day = await form_day.count(connection, relying_party=party, today=filing.today)
    return day if flood_rules.is_flooded(filed=day.filed, most=day.most) else None


async def _repeated(
    connection: Connection, request: Request, tip_off_id: str, now: ClockReading
) -> TipOff | None:
    made = await requests.remember(connection, request, made=tip_off_id, now=now.business)
    return None if made is None else await rows.get(connection, request.caller, made)


async def _check_signs(connection: Connection, relying_party: str, moderator_id: str) -> None:
    moderator_rules.check_signs(await moderator.get(connection, relying_party, moderator_id))


async def _apply(
    connection: Connection,
    key: tuple[str, str],
    rule: Rule,
    make: EventMaker,
    now: ClockReading,
) -> tuple[TipOff, list[TipOff]]:
    """Change a report, and the reports that were merged into it; return both. key: its platform and id."""
    stored = await rows.lock(connection, *key)
    changed = await writing.write(connection, stored, rule, make, now)
    if (changed.answered_at, changed.state) == (stored.answered_at, stored.state):
        return changed, []
    merged = await rows.lock_merged(connection, key[0], [key[1]])
    return changed, await writing.join(connection, merged, changed, make, now)


async def _inheriting(connection: Connection, sanction: Sanction, tip_off: TipOff) -> Sanction:
    """Return a sanction with the operation that it names or inherits from the report that it answers."""
    if tip_off.operation_id is None:
        return sanction
    reported = await operation.get(connection, tip_off.relying_party, tip_off.operation_id)
    inherited = operation_rules.inherit(named=sanction.operation_id, reported=reported)
    return replace(sanction, operation_id=inherited)


async def _write_texts(
    connection: Connection,
    tip_off: TipOff,
    given: Sequence[TipOffText],
    make: EventMaker,
    now: ClockReading,
) -> None:
    for note in (one for one in given if one.moderator_id is not None):
        await texts.check_room(connection, tip_off)
        fields = {"tip_off_id": tip_off.tip_off_id, "moderator_id": note.moderator_id or ""}
        await log.append(connection, make(EventType.TIP_OFF_NOTE, fields))
    await texts.put(connection, tip_off, given, now=now.business)


async def _count(connection: Connection, filing: TipOffFiling, reporter_id: str, now: ClockReading) -> bool:
    """Count a report for its reporter; return whether that is a trusted flagger."""
    party = filing.tip_off.relying_party
    known = await reporter.obtain(connection, party, reporter_id, today=filing.today)
    counted = reporter_rules.file(
        known, limit=filing.limit, today=filing.today, day_ends=filing.day_ends, now=now.business
    )
    await reporter.put(connection, counted)
    return counted.standing is ReporterStanding.TRUSTED


async def _judge(
    connection: Connection, leading: TipOff, decided: Sequence[TipOff], now: ClockReading
) -> None:
    """Count a decision for the reporters of the reports that it is about."""
    # In one order, so that two decisions never wait for each other.
    for one in sorted(decided, key=lambda each: each.reporter_id or ""):
        if one.reporter_id is None:
            continue
        outcome = rules.judged(tip_off=one, leading=leading)
        known = await reporter.obtain(connection, one.relying_party, one.reporter_id, today=date.min)
        judged = reporter_rules.judge(known, outcome=outcome, now=now.business)
        await reporter.put(connection, judged)
