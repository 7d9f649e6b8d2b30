"""The moderators' work on reports: assign, hand back, note, answer, resolve, merge, read.

A mutation of reports: its caller and content, and how it makes events.
"""

from base64 import b64decode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from idvault.core.entropy import Entropy
from idvault.core.event_factory import EventFactory
from idvault.core.request import Fingerprinter, Request
from idvault.log.acts.guard import LogGuard
from idvault.moderator.acts import ModerationCall, ModeratorSource, signed_act
from idvault.sanction.acts import NewSanction, SanctionFlow
from idvault.sanction.rules import Sanction
from idvault.sealing.moderation_text_ports import CaseField, ModerationTextSealer
from idvault.tip_off import rules as tip_off_rules
from idvault.tip_off.ports import (
    EventMaker,
    QueuePage,
    QueuePlace,
    Rule,
    TipOffFilter,
    TipOffStore,
    TipOffText,
)
from idvault.verify.clock import ClockReading
from idvault.verify.error import (
    FieldCode,
    IdvaultError,
    InvalidError,
    NotFoundError,
    PreconditionError,
    Reason,
    Violation,
)
from idvault.verify.event import FIELDS, Event, EventType
from idvault.verify.sanction import Origin
from idvault.verify.seal import Part
from idvault.verify.tip_off import Dismissal, TargetKind, TipOff, TipOffOutcome


@dataclass(frozen=True, slots=True)
class TipOffCall:
    """A mutation's caller and content.

    fields: all fields except request_id, in field-number order, as received. A text may be personal, so the
    fingerprint covers the request id, too, which is not stored: nobody can test a guess against it.
    decision: what a moderator signed of it; None of what no moderator decides.
    """

    relying_party: str
    actor_id: str
    request_id: str
    method: str
    fields: tuple[Part, ...] = field(repr=False)
    decision: ModerationCall | None = None

    def request(self, fingerprinter: Fingerprinter) -> Request:
        """Return the request with its fingerprint."""
        parts = (self.request_id, *self.fields)
        fingerprint = fingerprinter.fingerprint(method=self.method, fields=parts)
        kept_id = fingerprinter.kept_id(relying_party=self.relying_party, request_id=self.request_id)
        signer = self.decision.moderator_id if self.decision else ""
        return Request(self.relying_party, kept_id, fingerprint, signer)


async def signed(moderators: ModeratorSource, call: TipOffCall, *, now: ClockReading) -> bytes:
    """Return the paper of a decision; raises as moderator.acts.signed_paper does."""
    if call.decision is None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("signature", FieldCode.REQUIRED))
    return await signed_act(moderators, call.decision, now=now)


def maker(events: EventFactory, actor_id: str, now: ClockReading, *, paper: bytes = b"") -> EventMaker:
    """Return what makes the events of an act. None of them names an account. paper: of a moderator's."""

    def make(kind: EventType, fields: Mapping[str, Part]) -> Event:
        if "paper" in FIELDS[kind]:
            fields = {**fields, "paper": paper}
        return events.event(kind, actor_id=actor_id, now=now).with_fields(**fields)

    return make


_NOTE = "note-"
_REPLY = "reply"
_SALT = "salt-"
# What a repetition may be refused with: its signature is old, or its moderator revoked meanwhile.
_PERHAPS_OLD = (InvalidError, NotFoundError, PreconditionError)


@dataclass(frozen=True, slots=True)
class TipOffDecision:
    """What a moderator decides about a report. sanction: signed as `call`; both None unless it is UPHELD."""

    outcome: TipOffOutcome
    dismissal: Dismissal | None = None
    reply: str = field(default="", repr=False)
    sanction: NewSanction | None = None
    call: ModerationCall | None = None


@dataclass(frozen=True, slots=True)
class WrittenNote:
    """A moderator's note."""

    moderator_id: str
    written_at: datetime
    note: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ReadReport:
    """A report with its texts, which are empty once they are deleted."""

    tip_off: TipOff
    text: str = field(repr=False)
    contact: str = field(repr=False)
    content: bytes = field(repr=False)
    reply: str = field(repr=False)
    notes: tuple[WrittenNote, ...] = field(repr=False)


@dataclass(kw_only=True, eq=False, repr=False)
class TipOffFlow:
    """Reports as a platform's moderators see them."""

    store: TipOffStore
    sanctions: SanctionFlow
    moderators: ModeratorSource
    sealer: ModerationTextSealer
    fingerprinter: Fingerprinter
    guard: LogGuard
    entropy: Entropy

    def __post_init__(self) -> None:
        """Make events with the entropy source."""
        self._events = EventFactory(entropy=self.entropy)

    async def assign(
        self, call: TipOffCall, *, tip_off_id: str, moderator_id: str, former: str | None, now: ClockReading
    ) -> TipOff:
        """Assign a report; raises TransitionError, PreconditionError (ASSIGNEE_CHANGED) and others."""
        rule = partial(tip_off_rules.assign, moderator_id=moderator_id, former=former)
        return await self._change(call, (tip_off_id, moderator_id), lambda it: rule(tip_off=it), (), now)

    async def hand_back(
        self, call: TipOffCall, *, tip_off_id: str, moderator_id: str, now: ClockReading
    ) -> TipOff:
        """Hand a report back to the queue; raises as `assign` does."""
        rule = partial(tip_off_rules.hand_back, moderator_id=moderator_id)
        return await self._change(call, (tip_off_id, moderator_id), lambda it: rule(tip_off=it), (), now)

    async def note(
        self, call: TipOffCall, *, tip_off_id: str, moderator_id: str, note: str, now: ClockReading
    ) -> TipOff:
        """Add a note; raises as `assign` does, and InvalidError."""
        tip_off_rules.check_lines(note, field="note", limit=tip_off_rules.NOTE_LENGTH)
        name = _NOTE + self._events.new_id()
        written = self._sealed(call, tip_off_id, name, note, moderator_id)
        rule = partial(tip_off_rules.note, moderator_id=moderator_id)
        return await self._change(call, (tip_off_id, moderator_id), lambda it: rule(tip_off=it), written, now)

    async def answer(
        self, call: TipOffCall, *, tip_off_id: str, moderator_id: str, reply: str, now: ClockReading
    ) -> TipOff:
        """Reply to the reporter, and to those of merged reports; raises as `note` does."""
        tip_off_rules.check_lines(reply, field=_REPLY, limit=tip_off_rules.REPLY_LENGTH)
        written = self._sealed(call, tip_off_id, _REPLY, reply)
        rule = partial(tip_off_rules.answer, moderator_id=moderator_id, now=now.business)
        return await self._change(call, (tip_off_id, moderator_id), lambda it: rule(tip_off=it), written, now)

    async def resolve(
        self,
        call: TipOffCall,
        *,
        tip_off_id: str,
        moderator_id: str,
        decision: TipOffDecision,
        now: ClockReading,
    ) -> TipOff:
        """Decide about a report, with its sanction; raises as `note` and SanctionFlow.impose do."""
        await self.guard.check(now=now)
        written: Sequence[TipOffText] = ()
        if decision.reply:
            tip_off_rules.check_lines(decision.reply, field=_REPLY, limit=tip_off_rules.REPLY_LENGTH)
            written = self._sealed(call, tip_off_id, _REPLY, decision.reply)
        request = call.request(self.fingerprinter)
        try:
            imposition = await self._imposition(call, tip_off_id, decision, now)
            paper = await signed(self.moderators, call, now=now)
        except IdvaultError as refused:
            return await self._repeated(request, refused)
        rule = partial(
            tip_off_rules.resolve,
            moderator_id=moderator_id,
            outcome=decision.outcome,
            dismissal=decision.dismissal,
            sanction_id=imposition[0].sanction_id if imposition else None,
            replied=bool(decision.reply),
            now=now.business,
        )
        return await self.store.resolve(
            tip_off_id,
            lambda it: rule(tip_off=it),
            moderator_id=moderator_id,
            texts=written,
            imposition=imposition,
            request=request,
            make=maker(self._events, call.actor_id, now, paper=paper),
            now=now,
        )

    async def merge(
        self,
        call: TipOffCall,
        *,
        tip_off_id: str,
        duplicates: Sequence[str],
        moderator_id: str,
        now: ClockReading,
    ) -> TipOff:
        """Merge reports into one; raises as `assign` does, and InvalidError."""
        await self.guard.check(now=now)
        if tip_off_id in duplicates or len(set(duplicates)) != len(duplicates):
            raise InvalidError(Reason.INVALID_MESSAGE, Violation("duplicate_ids", FieldCode.CHARACTER))
        request = call.request(self.fingerprinter)
        try:
            paper = await signed(self.moderators, call, now=now)
        except _PERHAPS_OLD as refused:
            return await self._repeated(request, refused)
        return await self.store.merge(
            tip_off_id,
            duplicates,
            moderator_id=moderator_id,
            request=request,
            make=maker(self._events, call.actor_id, now, paper=paper),
            now=now,
        )

    async def get(self, *, relying_party: str, tip_off_id: str, now: ClockReading) -> ReadReport:
        """Return a report as of now with its texts; raises NotFoundError (TIP_OFF_NOT_FOUND)."""
        found = await self.store.get(relying_party=relying_party, tip_off_id=tip_off_id)
        kept = await self.store.texts(relying_party=relying_party, tip_off_id=tip_off_id)
        texts = {one.name: self._opened(found, one) for one in kept}
        notes = tuple(
            WrittenNote(one.moderator_id or "", one.written_at or found.filed_at, texts[one.name])
            for one in kept
            if one.name.startswith(_NOTE)
        )
        return ReadReport(
            tip_off_rules.fall(tip_off=found, now=now.business),
            texts.get("text", ""),
            texts.get("contact", ""),
            b64decode(texts.get("content", "")),
            texts.get(_REPLY, ""),
            notes,
        )

    async def list(
        self,
        *,
        relying_party: str,
        wanted: TipOffFilter,
        after: QueuePlace | None,
        limit: int,
        now: ClockReading,
    ) -> QueuePage:
        """Return a page of reports as of now, in the order of the queue."""
        found = await self.store.list(relying_party=relying_party, wanted=wanted, after=after, limit=limit)
        present = tuple(tip_off_rules.fall(tip_off=one, now=now.business) for one in found.tip_offs)
        return QueuePage(present, found.following)

    async def _change(
        self,
        call: TipOffCall,
        ids: tuple[str, str],
        rule: Rule,
        written: Sequence[TipOffText],
        now: ClockReading,
    ) -> TipOff:
        """Store what a rule makes of a report. ids: of the report, and of the moderator."""
        await self.guard.check(now=now)
        request = call.request(self.fingerprinter)
        try:
            paper = await signed(self.moderators, call, now=now)
        except _PERHAPS_OLD as refused:
            return await self._repeated(request, refused)
        return await self.store.change(
            ids[0],
            rule,
            moderator_id=ids[1],
            texts=written,
            request=request,
            make=maker(self._events, call.actor_id, now, paper=paper),
            now=now,
        )

    async def _repeated(self, request: Request, refused: IdvaultError) -> TipOff:
        """Return what the request has changed already, whose repetition may carry an old signature."""
        repeated = await self.store.requested(request)
        if repeated is None:
            raise refused
        return repeated

    async def _imposition(
        self, call: TipOffCall, tip_off_id: str, decision: TipOffDecision, now: ClockReading
    ) -> tuple[Sanction, Event] | None:
        """Return the signed sanction of a decision, which must be about what was reported."""
        tip_off_rules.check_decision(
            outcome=decision.outcome,
            dismissal=decision.dismissal,
            sanctioned=decision.sanction is not None,
        )
        if decision.sanction is None or decision.call is None:
            return None
        found = await self.store.get(relying_party=call.relying_party, tip_off_id=tip_off_id)
        statement, target = decision.sanction.statement, found.target
        wrong = []
        if statement.origin is not Origin.TIP_OFF or statement.tip_off != found.reference:
            wrong.append(Violation("sanction.statement.tip_off", FieldCode.CHARACTER))
        if target.kind is TargetKind.ACCOUNT and decision.sanction.account_token != target.key:
            wrong.append(Violation("sanction.account_token", FieldCode.CHARACTER))
        if target.kind is TargetKind.PUBLIC_ACCOUNT and decision.sanction.public_account_id != target.key:
            wrong.append(Violation("sanction.public_account_id", FieldCode.CHARACTER))
        if wrong:
            raise InvalidError(Reason.INVALID_MESSAGE, *wrong)
        return await self.sanctions.prepare(decision.call, wanted=decision.sanction, now=now)

    def _sealed(
        self, call: TipOffCall, tip_off_id: str, name: str, text: str, moderator_id: str | None = None
    ) -> tuple[TipOffText, ...]:
        """Return a text, and the salt with which it was signed: they are deleted together."""
        sealed = self.sealer.seal(CaseField(call.relying_party, tip_off_id, name), text)
        salt, salt_name = call.decision.text_salt.hex() if call.decision else "", _SALT + name
        kept = self.sealer.seal(CaseField(call.relying_party, tip_off_id, salt_name), salt)
        return TipOffText(name, sealed, moderator_id), TipOffText(salt_name, kept)

    def _opened(self, tip_off: TipOff, text: TipOffText) -> str:
        place = CaseField(tip_off.relying_party, tip_off.tip_off_id, text.name)
        return self.sealer.open(place, text.sealed)
