"""The acts and reads of reports (tip_off.ports.TipOffStore).

Writes changed reports, each with the events of what has changed.

Tries of references by people who follow a report: counted for each report and day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import partial

from sqlalchemy import delete, select, update

from idvault.core import account_request as requests
from idvault.core import log_entry
from idvault.core.db.act import act, read
from idvault.core.db.connection import Connection
from idvault.core.db.database import Database
from idvault.core.db.statement import Statement, param, scalar, statement, upsert
from idvault.core.request import Request
from idvault.core.tables.account import accounts
from idvault.core.tables.tip_off import tip_off_tries
from idvault.moderator import store as moderator_store
from idvault.public_account.store import rows as public_account_rows
from idvault.sanction.operation import rules as operation_rules
from idvault.sanction.operation.store import ROWS as OPERATIONS
from idvault.sanction.rules import Sanction
from idvault.sanction.store import store as sanction_store
from idvault.tip_off import rules as tip_off_rules
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
from idvault.tip_off.reporter import store as reporter_store
from idvault.tip_off.rules import MOST_MERGED, ReporterStanding
from idvault.tip_off.store import lists as tip_off_lists
from idvault.tip_off.store import rows as tip_off_rows
from idvault.verify import moderator as moderator_rules
from idvault.verify.clock import ClockReading
from idvault.verify.error import FieldCode, InvalidError, NotFoundError, Reason, Violation
from idvault.verify.event import Event, EventType
from idvault.verify.seal import Part
from idvault.verify.tip_off import TargetKind, TipOff, TipOffState


async def write(
    connection: Connection, stored: TipOff, rule: Rule, make: EventMaker, now: ClockReading
) -> TipOff:
    """Store what a rule makes of a locked report, after the reminders that are due; return it."""
    present = tip_off_rules.fall(tip_off=stored, now=now.business)
    changed = rule(present)
    if changed == stored:
        return stored
    await tip_off_rows.put(connection, changed)
    for before, after in ((stored, present), (present, changed)):
        for kind, fields in tip_off_rules.happenings(before, after):
            await log_entry.append(connection, make(kind, fields))
    return changed


async def join(
    connection: Connection, merged: Sequence[TipOff], into: TipOff, make: EventMaker, now: ClockReading
) -> list[TipOff]:
    """Bring merged reports to the state of the report that they belong to; return them."""
    rule = partial(tip_off_rules.join, into=into, now=now.business)
    return [await write(connection, one, lambda it: rule(tip_off=it), make, now) for one in merged]


_NEW = upsert(tip_off_tries)
_CHARGE: Statement[int] = statement(
    _NEW.on_conflict_do_update(
        index_elements=[
            tip_off_tries.c.relying_party,
            tip_off_tries.c.reference,
            tip_off_tries.c.day,
        ],
        set_={"count": tip_off_tries.c.count + _NEW.excluded["count"]},
    ).returning(tip_off_tries.c.count),
    scalar,
)
_REFUND = statement(
    update(tip_off_tries)
    .where(
        tip_off_tries.c.relying_party == param("party"),
        tip_off_tries.c.reference == param("reference"),
        tip_off_tries.c.day == param("day"),
    )
    .values(count=tip_off_tries.c["count"] - 1)
)
_FORGET = statement(delete(tip_off_tries).where(tip_off_tries.c.day < param("before")))


async def charge(connection: Connection, *, relying_party: str, reference: str, day: date) -> int:
    """Count a try; return the day's tries with this one."""
    return await connection.only(_CHARGE, relying_party=relying_party, reference=reference, day=day, count=1)


async def refund(connection: Connection, *, relying_party: str, reference: str, day: date) -> None:
    """Refund one try of a reference on a day."""
    await connection.run(_REFUND, party=relying_party, reference=reference, day=day)


async def forget(connection: Connection, *, before: date) -> int:
    """Delete the counts of the days before one; return how many."""
    return await connection.run(_FORGET, before=before)


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
            return await tip_off_rows.get(connection, request.caller, repeated)
        for token in filing.accounts:
            if await connection.one(_IS_THERE, token=token, party=made.relying_party) is None:
                raise NotFoundError(Reason.ACCOUNT_NOT_FOUND)
        if made.target.kind is TargetKind.PUBLIC_ACCOUNT:
            await public_account_rows.get(connection, made.relying_party, made.target.key)
        if made.operation_id is not None:
            named = await OPERATIONS.get(connection, made.relying_party, made.operation_id)
            operation_rules.check_open(named)
        if made.reporter_id is not None:
            made = replace(made, trusted=await _count(connection, filing, made.reporter_id, now))
        flood = await _flood(connection, filing) if filing.by_form else None
        made = replace(made, flooded=flood is not None)
        await tip_off_rows.add(connection, made)
        await tip_off_rows.put_texts(connection, made, filing.texts, now=now.business)
        fields: dict[str, Part] = {"tip_off_id": made.tip_off_id, "evidence": b"".join(made.evidence)}
        await log_entry.append(connection, make(EventType.TIP_OFF_FILE, fields))
        if flood is not None and tip_off_rules.begins(filed=flood.filed, most=flood.most):
            begun: dict[str, Part] = {"day": filing.today.isoformat(), "limit": flood.most}
            await log_entry.append(connection, make(EventType.TIP_OFF_FLOOD, begun))
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
            await sanction_store.impose(connection, sanction, now=now, event=event)
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
        found = await tip_off_rows.lock_many(connection, party, [tip_off_id, *duplicates])
        merged = await tip_off_rows.lock_merged(connection, party, [tip_off_id, *duplicates])
        joining = [one for one in merged if one.merged_into != tip_off_id]
        if len(merged) + len(duplicates) > MOST_MERGED:
            too_many = Violation("duplicate_ids", FieldCode.LENGTH)
            raise InvalidError(Reason.TOO_MANY_ITEMS, too_many)
        into = tip_off_rules.fall(tip_off=found[tip_off_id], now=now.business)
        tip_off_rules.check_gathers(tip_off=into, moderator_id=moderator_id)
        direct = partial(tip_off_rules.merge, into=into, moderator_id=moderator_id, now=now.business)
        closed = [
            await write(connection, found[one], lambda it: direct(tip_off=it), make, now)
            for one in duplicates
        ]
        closed += await join(connection, joining, into, make, now)
        await write(connection, found[tip_off_id], lambda it: it, make, now)
        if into.state is TipOffState.RESOLVED:
            await _judge(connection, into, closed, now)
        return into

    @act("tip_off.remind")
    async def remind(
        self, connection: Connection, tip_off: TipOff, *, make: EventMaker, now: ClockReading
    ) -> bool:
        """Store the reminders that are due."""
        stored = await tip_off_rows.lock(connection, tip_off.relying_party, tip_off.tip_off_id)
        return await write(connection, stored, lambda it: it, make, now) != stored

    @act("tip_off.delete_texts")
    async def delete_texts(
        self, connection: Connection, tip_off: TipOff, *, make: EventMaker, now: ClockReading
    ) -> bool:
        """Delete every text of a closed report, and who reported."""
        stored = await tip_off_rows.lock(connection, tip_off.relying_party, tip_off.tip_off_id)
        if stored.deleted_at is not None:
            return False
        await tip_off_rows.delete_all(connection, stored)
        rule = partial(tip_off_rules.delete_texts, now=now.business)
        await write(connection, stored, lambda it: rule(tip_off=it), make, now)
        return True

    @act("tip_off.purge")
    async def purge(
        self, connection: Connection, *, before: date, today: date, make: EventMaker, now: ClockReading
    ) -> int:
        """Delete tries and ordinary reporters whose last day is before this one, and old days of forms."""
        count = await forget(connection, before=before)
        count += await reporter_store.forget(connection, before=before)
        count += await tip_off_lists.forget(connection, today=today)
        if count:
            fields: dict[str, Part] = {"before": before.isoformat(), "count": count}
            await log_entry.append(connection, make(EventType.TIP_OFF_PURGE, fields))
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
        if await tip_off_rows.of_reference(connection, relying_party, reference) is None:
            return None
        count = await charge(connection, relying_party=relying_party, reference=reference, day=day)
        if count == limit + 1:
            await log_entry.append(connection, make(EventType.TIP_OFF_EXHAUST, {"day": day.isoformat()}))
        return count

    @act("tip_off.refund")
    async def refund(self, connection: Connection, *, relying_party: str, reference: str, day: date) -> None:
        """Refund one try of a reference on a day."""
        await refund(connection, relying_party=relying_party, reference=reference, day=day)

    @read("tip_off.due")
    async def due(self, connection: Connection, *, now: ClockReading, limit: int) -> list[TipOff]:
        """Return reports with a reminder that is due, the longest due first."""
        return await connection.all(tip_off_lists.DUE, now=now.business, limit=limit)

    @read("tip_off.kept_too_long")
    async def kept_too_long(self, connection: Connection, *, before: datetime, limit: int) -> list[TipOff]:
        """Return reports that were closed before a time and still have their texts, the oldest first."""
        return await connection.all(tip_off_lists.KEPT, before=before, limit=limit)

    @read("tip_off.follow")
    async def follow(self, connection: Connection, *, relying_party: str, reference: str) -> FollowedReport:
        """Return what the reporter of a report may read; raises NotFoundError (TIP_OFF_NOT_FOUND)."""
        found = await tip_off_rows.of_reference(connection, relying_party, reference)
        if found is None:
            raise NotFoundError(Reason.TIP_OFF_NOT_FOUND)
        leading, reply = None, None
        if found.merged_into is not None:
            leading = await tip_off_rows.get(connection, relying_party, found.merged_into)
            reply = await tip_off_rows.reply(connection, leading)
        own = await tip_off_rows.reply(connection, found) if reply is None else None
        of = leading if reply is not None and leading is not None else found
        return FollowedReport(found, leading, reply or own, of.tip_off_id)

    @read("tip_off.requested")
    async def requested(self, connection: Connection, request: Request) -> TipOff | None:
        """Return the report that a request made or changed; None if the request is new."""
        made = await requests.find(connection, request)
        return None if made is None else await tip_off_rows.get(connection, request.caller, made)

    @read("tip_off.get")
    async def get(self, connection: Connection, *, relying_party: str, tip_off_id: str) -> TipOff:
        """Return a report; raises NotFoundError (TIP_OFF_NOT_FOUND)."""
        return await tip_off_rows.get(connection, relying_party, tip_off_id)

    @read("tip_off.texts")
    async def texts(self, connection: Connection, *, relying_party: str, tip_off_id: str) -> list[TipOffText]:
        """Return the texts of a report, oldest first."""
        return await tip_off_rows.of(connection, party=relying_party, tip_off_id=tip_off_id)

    @read("tip_off.counts")
    async def counts(
        self, connection: Connection, *, now: ClockReading
    ) -> tuple[dict[TipOffState, int], int]:
        """Return how many reports are in each open state, and how many are overdue."""
        states = {TipOffState(row.state): row.count for row in await connection.all(tip_off_lists.OPEN)}
        return states, await connection.only(tip_off_lists.OVERDUE, now=now.business)

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
        return await tip_off_lists.page(connection, relying_party, wanted, after=after, limit=limit)


async def _flood(connection: Connection, filing: TipOffFiling) -> tip_off_lists.FormDay | None:
    """Count a report of a form; return its day if the form is flooded."""
    party = filing.tip_off.relying_party
    day = await tip_off_lists.count(connection, relying_party=party, today=filing.today)
    return day if tip_off_rules.is_flooded(filed=day.filed, most=day.most) else None


async def _repeated(
    connection: Connection, request: Request, tip_off_id: str, now: ClockReading
) -> TipOff | None:
    made = await requests.remember(connection, request, made=tip_off_id, now=now.business)
    return None if made is None else await tip_off_rows.get(connection, request.caller, made)


async def _check_signs(connection: Connection, relying_party: str, moderator_id: str) -> None:
    moderator_rules.check_signs(await moderator_store.ROWS.get(connection, relying_party, moderator_id))


async def _apply(
    connection: Connection,
    key: tuple[str, str],
    rule: Rule,
    make: EventMaker,
    now: ClockReading,
) -> tuple[TipOff, list[TipOff]]:
    """Change a report, and the reports that were merged into it; return both. key: its platform and id."""
    stored = await tip_off_rows.lock(connection, *key)
    changed = await write(connection, stored, rule, make, now)
    if (changed.answered_at, changed.state) == (stored.answered_at, stored.state):
        return changed, []
    merged = await tip_off_rows.lock_merged(connection, key[0], [key[1]])
    return changed, await join(connection, merged, changed, make, now)


async def _inheriting(connection: Connection, sanction: Sanction, tip_off: TipOff) -> Sanction:
    """Return a sanction with the operation that it names or inherits from the report that it answers."""
    if tip_off.operation_id is None:
        return sanction
    reported = await OPERATIONS.get(connection, tip_off.relying_party, tip_off.operation_id)
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
        await tip_off_rows.check_room(connection, tip_off)
        fields = {"tip_off_id": tip_off.tip_off_id, "moderator_id": note.moderator_id or ""}
        await log_entry.append(connection, make(EventType.TIP_OFF_NOTE, fields))
    await tip_off_rows.put_texts(connection, tip_off, given, now=now.business)


async def _count(connection: Connection, filing: TipOffFiling, reporter_id: str, now: ClockReading) -> bool:
    """Count a report for its reporter; return whether that is a trusted flagger."""
    party = filing.tip_off.relying_party
    known = await reporter_store.obtain(connection, party, reporter_id, today=filing.today)
    counted = tip_off_rules.file(
        known, limit=filing.limit, today=filing.today, day_ends=filing.day_ends, now=now.business
    )
    await reporter_store.put(connection, counted)
    return counted.standing is ReporterStanding.TRUSTED


async def _judge(
    connection: Connection, leading: TipOff, decided: Sequence[TipOff], now: ClockReading
) -> None:
    """Count a decision for the reporters of the reports that it is about."""
    # In one order, so that two decisions never wait for each other.
    for one in sorted(decided, key=lambda each: each.reporter_id or ""):
        if one.reporter_id is None:
            continue
        outcome = tip_off_rules.judged(tip_off=one, leading=leading)
        known = await reporter_store.obtain(connection, one.relying_party, one.reporter_id, today=date.min)
        judged = tip_off_rules.judge(known, outcome=outcome, now=now.business)
        await reporter_store.put(connection, judged)
