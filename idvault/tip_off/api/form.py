"""TipOffFormService: reports from the public, for the hosted pages. A refusal names the field."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Protocol, TypeVar

from idvault.core.act import Vault
from idvault.core.edge import repetition
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import PAGE_FIELD, page_size
from idvault.core.edge.repetition import RepeatableRequest
from idvault.moderator import api as moderator_api
from idvault.moderator.acts import ModerationCall
from idvault.platform.rules import PresentedPlatform
from idvault.sanction import api as sanction_api
from idvault.sanction.content_measure import api as content_measure_api
from idvault.sanction.content_measure.rules import NewContentMeasure
from idvault.tip_off.acts import filing as acts
from idvault.tip_off.acts import supplement as supplements
from idvault.tip_off.acts.case import TipOffCall, TipOffContext
from idvault.tip_off.acts.filing import NewTipOff, ReporterView
from idvault.tip_off.acts.tip_off import TipOffDecision
from idvault.tip_off.api import convert
from idvault.tip_off.contact import acts as contact_acts
from idvault.tip_off.contact import rules as contact_rules
from idvault.tip_off.rules import QueuePlace, TipOffFilter
from idvault_verify import token
from idvault_verify.attest import sanction as papers
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, NotFoundError, Reason, Violation
from idvault_verify.seal import Part
from idvault_verify.tip_off import TargetKind, TipOffChannel, TipOffTarget
from idvault_verify.v1 import sanction_pb2
from idvault_verify.v1 import tip_off_pb2 as pb

MOST_AT_ONCE = 100
WITH_TEXT = frozenset({"AddTipOffNote", "AnswerTipOff", "ResolveTipOff", "TakeTipOff"})
"""The methods that write a text."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_REFERENCE = re.compile(r"[0-9]{12}")
_PLACE = re.compile(r"([0-3])-([0-9]{1,17})-([0-9a-f]{32})")
_Word = TypeVar("_Word", bound=Enum)


class SignedRequest(RepeatableRequest, Protocol):
    """A request that a moderator signs."""

    @property
    def signature(self) -> sanction_pb2.ModeratorSignature:
        """The moderator's signature."""
        ...


def read_call(message: RepeatableRequest, caller: Caller) -> TipOffCall:
    """Return a mutation's caller and content; raises InvalidError (INVALID_REQUEST_ID)."""
    asked = repetition.asked(message, caller)
    return TipOffCall(asked.relying_party, asked.actor_id, asked.request_id, asked.method, asked.content)


def decided(request: SignedRequest, *fields: Part, caller: Caller, text: str = "") -> TipOffCall:
    """Return a call that a moderator decides and signs; raises InvalidError.

    fields: what is signed, without the text, which is signed by its mark. What the call says about who acts
    (moderator_id) must be the signer, except of an assignment.
    """
    signature, method = request.signature, repetition.method(request)
    mark = (moderator_api.text_mark(text, signature),) if method in WITH_TEXT else ()
    made = moderator_api.signed(request, *fields, *mark, caller=caller, signature=signature)
    acting = getattr(request, "moderator_id", made.moderator_id)
    if method != "AssignTipOff" and acting != made.moderator_id:
        raise invalid("signature.moderator_id", FieldCode.CHARACTER)
    return replace(read_call(request, caller), decision=made)


def chosen(choices: Mapping[_Word, int], number: int, field: str) -> _Word:
    """Return the value that a number stands for; raises InvalidError (INVALID_MESSAGE)."""
    found = perhaps(choices, number, field)
    if found is None:
        raise invalid(field, FieldCode.REQUIRED)
    return found


def perhaps(choices: Mapping[_Word, int], number: int, field: str) -> _Word | None:
    """Return the value that a number stands for, None for 0; raises InvalidError (INVALID_MESSAGE)."""
    if not number:
        return None
    for word, value in choices.items():
        if value == number:
            return word
    raise invalid(field, FieldCode.CHARACTER)


def optional_id(text: str, field: str) -> str | None:
    """Return an id, None if it is empty; raises InvalidError (INVALID_MESSAGE)."""
    return moderator_api.an_id(text, field) if text else None


def filing(message: pb.FileTipOffRequest) -> NewTipOff:
    """Return the report to file."""
    reporter = message.reporter_account_token
    return NewTipOff(
        channel=chosen(convert.CHANNELS, message.channel, "channel"),
        target=convert.target(message.target),
        category=chosen(convert.CATEGORIES, message.category, "category"),
        text=message.text,
        contact=message.contact,
        reporter_token=token.check(reporter, field="reporter_account_token") if reporter else None,
        evidence=tuple(message.evidence_digests),
        content=message.content_copy,
        operation_id=optional_id(message.operation_id, "operation_id"),
    )


def taking(message: pb.TakeTipOffRequest) -> NewTipOff:
    """Return the report that a moderator took down."""
    return NewTipOff(
        channel=chosen(convert.CHANNELS, message.channel, "channel"),
        target=convert.target(message.target),
        category=chosen(convert.CATEGORIES, message.category, "category"),
        text=message.text,
        contact=message.contact,
        evidence=tuple(message.evidence_digests),
        operation_id=optional_id(message.operation_id, "operation_id"),
    )


def taken(message: pb.TakeTipOffRequest, caller: Caller) -> TipOffCall:
    """Return the call of a moderator who took a report down; raises InvalidError.

    What somebody said is signed by marks under one salt, and so is the target: no log names it.
    """
    target, salt = message.target, message.signature.text_salt
    said = (target.account_token, target.public_account_id, target.content, message.contact)
    marks = (papers.text_mark(each, salt=salt) for each in said)
    fields: list[Part] = [message.channel, message.category]
    fields += [*message.evidence_digests, message.operation_id, *marks]
    return decided(message, *fields, caller=caller, text=message.text)


def read_decision(message: pb.ResolveTipOffRequest, *, caller: Caller, now: ClockReading) -> TipOffDecision:
    """Return a decision with its signed sanction, and its signed measure on content."""
    given, sanction, signed = message.sanction, None, None
    measure, measure_call = _measure(message, caller=caller, now=now)
    if message.HasField("sanction"):
        if given.request_id:
            raise invalid("sanction.request_id", FieldCode.CHARACTER)
        sanction = sanction_api.read(given, now=now, within="sanction.")
        signed = moderator_api.signed(message, caller=caller, signature=given.signature)
        if signed.moderator_id != message.moderator_id:
            raise invalid("sanction.signature.moderator_id", FieldCode.CHARACTER)
    return TipOffDecision(
        measure=measure,
        measure_call=measure_call,
        outcome=chosen(convert.OUTCOMES, message.outcome, "outcome"),
        dismissal=perhaps(convert.DISMISSALS, message.dismissal, "dismissal"),
        reply=message.reply,
        sanction=sanction,
        call=signed,
        authority=message.authority,
    )


def _measure(
    message: pb.ResolveTipOffRequest, *, caller: Caller, now: ClockReading
) -> tuple[NewContentMeasure | None, ModerationCall | None]:
    given = message.content_measure
    if not message.HasField("content_measure"):
        return None, None
    if given.request_id:
        raise invalid("content_measure.request_id", FieldCode.CHARACTER)
    signed = moderator_api.signed(message, caller=caller, signature=given.signature)
    if signed.moderator_id != message.moderator_id:
        raise invalid("content_measure.signature.moderator_id", FieldCode.CHARACTER)
    return content_measure_api.read(given, now=now), signed


def duplicates(message: pb.MergeTipOffsRequest) -> list[str]:
    """Return 1 to 100 ids; raises InvalidError."""
    if not message.duplicate_ids:
        raise invalid("duplicate_ids", FieldCode.REQUIRED)
    if len(message.duplicate_ids) > MOST_AT_ONCE:
        raise InvalidError(Reason.TOO_MANY_ITEMS, Violation("duplicate_ids", FieldCode.LENGTH))
    return [
        moderator_api.an_id(each, f"duplicate_ids[{place}]")
        for place, each in enumerate(message.duplicate_ids)
    ]


def wanted(message: pb.ListTipOffsRequest) -> TipOffFilter:
    """Return the filter of a list; raises InvalidError."""
    due = message.due_before_time
    return TipOffFilter(
        state=perhaps(convert.STATES, message.state, "state"),
        open_only=message.open_only,
        due_before=convert.time_of(due, "due_before_time") if message.HasField("due_before_time") else None,
        assignee=optional_id(message.moderator_id, "moderator_id"),
        target=convert.target(message.target) if message.HasField("target") else None,
        category=perhaps(convert.CATEGORIES, message.category, "category"),
        operation_id=optional_id(message.operation_id, "operation_id"),
        reference=_reference(message.reference),
    )


def _reference(text: str) -> str | None:
    """Return a report's reference, None if it is empty; raises InvalidError (INVALID_MESSAGE)."""
    if text and _REFERENCE.fullmatch(text) is None:
        raise invalid("reference", FieldCode.CHARACTER)
    return text or None


def place(text: str) -> QueuePlace | None:
    """Return where a list continues; raises InvalidError (INVALID_MESSAGE, page_token).

    The token tells the place of a report that the caller has seen, so it needs no secret; it is not the
    report's id, because a report that is decided meanwhile has moved.
    """
    if not text:
        return None
    match = _PLACE.fullmatch(text)
    if match is None:
        raise invalid(PAGE_FIELD, FieldCode.CHARACTER)
    return QueuePlace(int(match[1]), _EPOCH + int(match[2]) * _MICROSECOND, match[3])


def place_token(found: QueuePlace | None) -> str:
    """Return the token of a place, empty at the end."""
    if found is None:
        return ""
    return f"{found.group}-{(found.due_at - _EPOCH) // _MICROSECOND}-{found.tip_off_id}"


def invalid(field: str, code: FieldCode) -> InvalidError:
    """Return the refusal of one field."""
    return InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))


_T = TypeVar("_T")
STEP = 0.1
"""In seconds: many times what a look-up and a write take, and nothing to somebody who mistyped."""
BETWEEN = 0.0025
"""Seconds between two refusals of one caller."""


@dataclass(frozen=True, kw_only=True, eq=False)
class EvenRefusals:
    """The steps of one process. clock: in seconds.

    A known reference costs a write and an unknown one does not, and both fit into a step. Only refusals wait,
    so somebody with the right numbers does not.

    Those of one caller leave one after another. Somebody who tries numbers replaces each refused call at
    once; a thousand refusals at the end of one step would keep everybody else's calls waiting.
    """

    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _last: dict[str, float] = field(default_factory=dict)

    async def of(self, work: Awaitable[_T], *, caller: str) -> _T:
        """Return the result of a caller's look-up.

        Raises NotFoundError at the end of a step, or later after the caller's last one; other errors at once.
        """
        begun = self.clock()
        try:
            return await work
        except NotFoundError:
            now = self.clock()
            step_ends = now + STEP - (now - begun) % STEP
            leaves = self._last[caller] = max(step_ends, self._last.get(caller, 0.0) + BETWEEN)
            await self.sleep(leaves - now)
            raise


_NAME = re.compile(r"[a-z0-9-]{1,63}")


@dataclass(kw_only=True, eq=False, repr=False)
class TipOffFormMethods:
    """The methods of TipOffFormService."""

    vault: Vault
    context: TipOffContext
    refusals: EvenRefusals = field(default_factory=EvenRefusals)

    async def ListTipOffForms(
        self,
        request: pb.ListTipOffFormsRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.ListTipOffFormsResponse:
        """Return a page of platforms with a form."""
        after = _name(request.page_token, PAGE_FIELD) if request.page_token else ""
        found, following = await acts.forms(self.vault, after=after, limit=page_size(request.page_size))
        return pb.ListTipOffFormsResponse(
            forms=[_form(each) for each in found],
            next_page_token=following,
            proves_contact=await contact_acts.is_offered(self.vault, now),
        )

    async def FileTipOffForm(
        self, request: pb.FileTipOffFormRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.FiledTipOffForm:
        """File a report."""
        name = platform_name(request.platform)
        wanted = _filing(request)
        call = replace(read_call(request, caller), relying_party=name)
        await acts.serve(self.vault, name)
        filed = await acts.file(self.vault, call, now, wanted, self.context)
        told = convert.tip_off(filed.tip_off)
        return pb.FiledTipOffForm(reference=told.reference, secret=filed.secret, due_time=told.due_time)

    async def FollowTipOffForm(
        self,
        request: pb.FollowTipOffFormRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.FollowedTipOff:
        """Return what a reporter may read."""
        look_up = self._follow(platform_name(request.platform), request, now)
        return convert.followed(await self.refusals.of(look_up, caller=caller.holder))

    async def SupplementTipOffForm(
        self,
        request: pb.SupplementTipOffFormRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.FollowedTipOff:
        """Add what a reporter answers to the reply."""
        name = platform_name(request.platform)
        call = replace(read_call(request, caller), relying_party=name)
        work = self._supplement(call, request, now)
        return convert.followed(await self.refusals.of(work, caller=caller.holder))

    async def _supplement(
        self, call: TipOffCall, request: pb.SupplementTipOffFormRequest, now: ClockReading
    ) -> ReporterView:
        await acts.serve(self.vault, call.relying_party)
        return await supplements.supplement(
            self.vault,
            call,
            now,
            reference=request.reference,
            secret=request.secret,
            text=request.text,
            context=self.context,
        )

    async def _follow(
        self, name: str, request: pb.FollowTipOffFormRequest, now: ClockReading
    ) -> ReporterView:
        """Look the report up; a platform without a form is refused at the end of a step, too."""
        await acts.serve(self.vault, name)
        return await acts.follow(
            self.vault,
            name,
            reference=request.reference,
            secret=request.secret,
            context=self.context,
            now=now,
        )


def platform_name(text: str) -> str:
    """Return the name of a platform; raises InvalidError (INVALID_MESSAGE, platform)."""
    return _name(text, "platform")


def _name(text: str, field: str) -> str:
    if not text:
        raise invalid(field, FieldCode.REQUIRED)
    if not _NAME.fullmatch(text):
        raise invalid(field, FieldCode.CHARACTER)
    return text


def _form(platform: PresentedPlatform) -> pb.TipOffForm:
    return pb.TipOffForm(platform=platform.name, platform_title=platform.title)


def _filing(message: pb.FileTipOffFormRequest) -> NewTipOff:
    """Return the report to file; raises InvalidError. A proved contact is the address as it was proved."""
    proof = optional_id(message.contact_proof_id, "contact_proof_id") or ""
    contact = contact_rules.check_address(message.contact, field="contact") if proof else message.contact
    return NewTipOff(
        channel=TipOffChannel.WEB,
        target=TipOffTarget(TargetKind.CONTENT, message.content),
        category=chosen(convert.CATEGORIES, message.category, "category"),
        text=message.text,
        contact=contact,
        content=message.content_copy,
        by_form=True,
        proof_id=proof,
    )
