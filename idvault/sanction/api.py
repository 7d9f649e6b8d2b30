"""The methods of SanctionService about sanctions, and their messages.

- A statement of reasons that is refused names every part that is missing or wrong.
- The sanction to impose comes from a call of its own or from a decision about a report.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.core.act import Vault
from idvault.core.day import read_day
from idvault.core.edge.call import Caller
from idvault.core.edge.convert import PAGE_FIELD, numbers, page_size
from idvault.moderator import api as moderator_api
from idvault.moderator.acts import Moderators
from idvault.moderator.api import EPOCH, HEX_ID, an_id, invalid, read_time
from idvault.sanction import acts
from idvault.sanction.acts import WaitingLock
from idvault.sanction.rules import NewSanction, Sanction, SanctionFilter
from idvault_verify import statement as verify_statement
from idvault_verify import token
from idvault_verify.attest import sanction as papers
from idvault_verify.clock import ClockReading
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.sanction import (
    AuthorityOrder,
    Automation,
    Degree,
    Ground,
    IssuerKind,
    Origin,
    SanctionCategory,
    SanctionState,
    Scope,
    StatementOfReasons,
)
from idvault_verify.v1 import sanction_pb2 as pb

_Word = TypeVar("_Word", bound=Enum)

GROUNDS = numbers(Ground, pb.StatementOfReasons.Ground.Value, "GROUND_")
CATEGORIES = numbers(SanctionCategory, pb.StatementOfReasons.Category.Value, "CATEGORY_")
_ORIGINS = numbers(Origin, pb.StatementOfReasons.Origin.Value, "ORIGIN_")
_AUTOMATIONS = numbers(Automation, pb.StatementOfReasons.Automation.Value, "AUTOMATION_")
_ISSUERS = numbers(IssuerKind, pb.StatementOfReasons.IssuerKind.Value, "ISSUER_KIND_")


def from_message(message: pb.StatementOfReasons, *, now: datetime) -> StatementOfReasons:
    """Return the statement; raises InvalidError (INVALID_MESSAGE) if something is not chosen or unreadable.

    The error then names what sanction.rules refuses, too.
    """
    missing: list[Violation] = []
    made = StatementOfReasons(
        ground=chosen(GROUNDS, message.ground, "statement.ground", missing),
        category=chosen(CATEGORIES, message.category, "statement.category", missing),
        rule_reference=message.rule_reference,
        case_reference=message.case_reference,
        evidence=tuple(message.evidence_digests),
        origin=chosen(_ORIGINS, message.origin, "statement.origin", missing),
        detection=chosen(_AUTOMATIONS, message.detection, "statement.detection", missing),
        decision=chosen(_AUTOMATIONS, message.decision, "statement.decision", missing),
        territory=message.territory,
        redress=message.redress,
        issuer_kind=chosen(_ISSUERS, message.issuer_kind, "statement.issuer_kind", missing),
        end_at=_end(message, missing),
        tip_off=message.tip_off,
        order=read_order(message.order, missing, "statement.order") if message.HasField("order") else None,
    )
    if missing:
        raise InvalidError(Reason.INVALID_MESSAGE, *missing, *_refused(made, missing, now))
    return made


def to_message(statement: StatementOfReasons) -> pb.StatementOfReasons:
    """Return the message of a statement."""
    message = pb.StatementOfReasons(
        ground=GROUNDS[statement.ground],
        category=CATEGORIES[statement.category],
        rule_reference=statement.rule_reference,
        case_reference=statement.case_reference,
        evidence_digests=statement.evidence,
        origin=_ORIGINS[statement.origin],
        tip_off=statement.tip_off,
        detection=_AUTOMATIONS[statement.detection],
        decision=_AUTOMATIONS[statement.decision],
        territory=statement.territory,
        redress=statement.redress,
        issuer_kind=_ISSUERS[statement.issuer_kind],
    )
    if statement.end_at is None:
        message.without_end = True
    else:
        message.end_time.FromDatetime(statement.end_at)
    if statement.order is not None:
        message.order.CopyFrom(order_message(statement.order))
    return message


def order_message(order: AuthorityOrder) -> pb.AuthorityOrder:
    """Return the message of an order."""
    return pb.AuthorityOrder(
        authority=order.authority,
        reference=order.reference,
        order_date=order.issued_on.isoformat(),
        digest=order.digest,
    )


def chosen(choices: Mapping[_Word, int], number: int, path: str, missing: list[Violation]) -> _Word:
    """Return the chosen word; a missing or unknown one is noted, and any word stands for it."""
    words = {value: word for word, value in choices.items()}
    if number not in words:
        code = FieldCode.CHARACTER if number else FieldCode.REQUIRED
        missing.append(Violation(path, code))
    return words.get(number, next(iter(choices)))


def _end(message: pb.StatementOfReasons, missing: list[Violation]) -> datetime | None:
    if message.WhichOneof("until") == "end_time":
        end = read_time(message.end_time)
        if end is None:
            missing.append(Violation("statement.end_time", FieldCode.CHARACTER))
        return end
    if not message.without_end:
        missing.append(Violation("statement.end_time", FieldCode.REQUIRED))
    return None


def read_order(message: pb.AuthorityOrder, missing: list[Violation], path: str) -> AuthorityOrder:
    """Return an order; notes its day if that is missing or none."""
    day = read_day(message.order_date)
    if day is None:
        code = FieldCode.CHARACTER if message.order_date else FieldCode.REQUIRED
        missing.append(Violation(f"{path}.order_date", code))
    return AuthorityOrder(message.authority, message.reference, day or EPOCH.date(), message.digest)


def _refused(made: StatementOfReasons, missing: list[Violation], now: datetime) -> list[Violation]:
    """Return what the rules refuse besides, without the fields that are noted already."""
    noted = {violation.field for violation in missing}
    try:
        verify_statement.check(made, now=now)
    except InvalidError as error:
        # What depends on a word that was not chosen is not known to be wrong.
        unknown = {"statement.issuer_kind": "statement.order", "statement.origin": "statement.tip_off"}
        left = noted | {field for word, field in unknown.items() if word in noted}
        return [violation for violation in error.violations if violation.field not in left]
    return []


DEGREES = numbers(Degree, pb.Sanction.Degree.Value, "DEGREE_")
SCOPES = numbers(Scope, pb.Sanction.Scope.Value, "SCOPE_")
_STATES = numbers(SanctionState, pb.Sanction.State.Value, "STATE_")


class Page(Protocol):
    """A request for a page of a list."""

    page_size: int
    page_token: str


def degree(number: int) -> Degree:
    """Return a degree; raises InvalidError (INVALID_MESSAGE, degree)."""
    for word, value in DEGREES.items():
        if value == number:
            return word
    raise invalid("degree", FieldCode.CHARACTER if number else FieldCode.REQUIRED)


def scope(number: int) -> Scope:
    """Return a scope, ACCOUNT unless one is chosen; raises InvalidError (INVALID_MESSAGE, scope)."""
    if not number:
        return Scope.ACCOUNT
    for word, value in SCOPES.items():
        if value == number:
            return word
    raise invalid("scope", FieldCode.CHARACTER)


def state(number: int) -> SanctionState | None:
    """Return the state to list, None for all; raises InvalidError (INVALID_MESSAGE, state)."""
    if not number:
        return None
    for word, value in _STATES.items():
        if value == number:
            return word
    raise invalid("state", FieldCode.CHARACTER)


def sanction_filter(message: pb.ListSanctionsRequest) -> SanctionFilter:
    """Return which sanctions to list; raises InvalidError (also INVALID_MESSAGE if several are chosen)."""
    account = token.check(message.account_token) if message.account_token else None
    if message.operation_id and account:
        raise invalid("operation_id", FieldCode.CHARACTER)
    if message.order_id and (account or message.operation_id):
        raise invalid("order_id", FieldCode.CHARACTER)
    return SanctionFilter(
        account,
        an_id(message.operation_id, "operation_id") if message.operation_id else None,
        an_id(message.order_id, "order_id") if message.order_id else None,
    )


def page(message: Page) -> tuple[str, int]:
    """Return the id to continue after, and the length of a page; raises InvalidError."""
    size = page_size(message.page_size)
    # The caller has seen what was listed, so the token may be its id.
    if message.page_token and not HEX_ID.fullmatch(message.page_token):
        raise invalid(PAGE_FIELD, FieldCode.CHARACTER)
    return message.page_token, size


def sanction(value: Sanction) -> pb.Sanction:
    """Return the message of a sanction, which must be as of now."""
    return pb.Sanction(
        sanction_id=value.sanction_id,
        account_token=value.account_token,
        degree=DEGREES[value.degree],
        measure=value.measure,
        statement=to_message(value.statement),
        state=_STATES[value.state],
        impose_moderator_id=value.imposed_by,
        impose_time=time(value.imposed_at),
        paper_digest=papers.digest(value.paper),
        start_time=time(value.started_at),
        confirm_moderator_id=value.confirmed_by or "",
        lapse_time=time(value.due_at),
        finish_time=time(value.ended_at),
        lift_moderator_id=value.ended_by or "",
        lift_reason=value.end_reason,
        scope=SCOPES[value.scope],
        operation_id=value.operation_id or "",
        public_account_id=value.public_account_id or "",
    )


def time(value: datetime | None) -> Timestamp | None:
    """Return the message of a time, None for none."""
    if value is None:
        return None
    message = Timestamp()
    message.FromDatetime(value)
    return message


def read(message: pb.ImposeSanctionRequest, *, now: ClockReading, within: str = "") -> NewSanction:
    """Return the sanction; raises InvalidError. within: the prefix of the account's path in an error."""
    return NewSanction(
        account_token=token.check(message.account_token, field=f"{within}account_token"),
        scope=scope(message.scope),
        degree=degree(message.degree),
        measure=message.measure,
        statement=from_message(message.statement, now=now.business),
        operation_id=_optional(message.operation_id, "operation_id"),
        public_account_id=_optional(message.public_account_id, "public_account_id"),
    )


def _optional(text: str, field: str) -> str | None:
    return moderator_api.an_id(text, field) if text else None


@dataclass(kw_only=True, eq=False, repr=False)
class SanctionMethods:
    """The methods about sanctions. signers: the moderators, who may be remembered: the acts check them.

    waiting: what is decided by a proposed sanction once that is confirmed.
    """

    vault: Vault
    signers: Moderators
    waiting: WaitingLock

    async def ImposeSanction(
        self, request: pb.ImposeSanctionRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Sanction:
        """Impose or propose a sanction."""
        wanted = read(request, now=now)
        call = moderator_api.signed(request, caller=caller, signature=request.signature)
        return sanction(await acts.impose(self.vault, call, now, wanted, signers=self.signers))

    async def ConfirmSanction(
        self,
        request: pb.ConfirmSanctionRequest,
        *,
        caller: Caller,
        now: ClockReading,
        remaining: float | None,
    ) -> pb.Sanction:
        """Put a proposed sanction into force."""
        sanction_id = moderator_api.an_id(request.sanction_id, "sanction_id")
        call = moderator_api.signed(request, caller=caller, signature=request.signature)
        confirmed = await acts.confirm(
            self.vault, call, now, sanction_id, signers=self.signers, waiting=self.waiting
        )
        return sanction(confirmed)

    async def LiftSanction(
        self, request: pb.LiftSanctionRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Sanction:
        """End a sanction before its end, or withdraw a proposal."""
        sanction_id = moderator_api.an_id(request.sanction_id, "sanction_id")
        call = moderator_api.signed(request, caller=caller, signature=request.signature)
        lifted = await acts.lift(
            self.vault,
            call,
            now,
            sanction_id,
            reason=request.reason,
            signers=self.signers,
            waiting=self.waiting,
        )
        return sanction(lifted)

    async def GetSanction(
        self, request: pb.GetSanctionRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.Sanction:
        """Return one sanction as of now."""
        sanction_id = moderator_api.an_id(request.sanction_id, "sanction_id")
        return sanction(await acts.get(self.vault, caller.name, sanction_id, now=now))

    async def ListSanctions(
        self, request: pb.ListSanctionsRequest, *, caller: Caller, now: ClockReading, remaining: float | None
    ) -> pb.ListSanctionsResponse:
        """Return a page of sanctions, oldest first."""
        after, limit = page(request)
        found, following = await acts.page(
            self.vault,
            caller.name,
            sanction_filter(request),
            state=state(request.state),
            after=after,
            limit=limit,
            now=now,
        )
        return pb.ListSanctionsResponse(
            sanctions=[sanction(each) for each in found], next_page_token=following
        )
