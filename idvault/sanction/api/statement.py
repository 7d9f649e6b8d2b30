"""Converts statements of reasons; a refusal names every part that is missing or wrong."""

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import TypeVar

from idvault.core.day import read_day
from idvault.core.edge.convert import numbers
from idvault.moderator.api import EPOCH, read_time
from idvault.sanction.rules import statement as rules
from idvault.v1 import sanction_pb2 as pb
from idvault.verify.error import FieldCode, InvalidError, Reason, Violation
from idvault.verify.sanction import (
    AuthorityOrder,
    Automation,
    Ground,
    IssuerKind,
    Origin,
    SanctionCategory,
    StatementOfReasons,
)
from idvault.verify.seal import Part

_Word = TypeVar("_Word", bound=Enum)

_GROUNDS = numbers(Ground, pb.StatementOfReasons.Ground.Value, "GROUND_")
_CATEGORIES = numbers(SanctionCategory, pb.StatementOfReasons.Category.Value, "CATEGORY_")
_ORIGINS = numbers(Origin, pb.StatementOfReasons.Origin.Value, "ORIGIN_")
_AUTOMATIONS = numbers(Automation, pb.StatementOfReasons.Automation.Value, "AUTOMATION_")
_ISSUERS = numbers(IssuerKind, pb.StatementOfReasons.IssuerKind.Value, "ISSUER_KIND_")


def parts(message: pb.StatementOfReasons) -> tuple[Part, ...]:
    """Return all fields in field-number order, as received; a list follows its length."""
    return (
        message.ground,
        message.category,
        message.rule_reference,
        message.case_reference,
        len(message.evidence_digests),
        *message.evidence_digests,
        message.origin,
        message.tip_off,
        message.detection,
        message.decision,
        message.end_time.seconds,
        message.end_time.nanos,
        message.without_end,
        message.territory,
        message.redress,
        message.issuer_kind,
        message.order.authority,
        message.order.reference,
        message.order.order_date,
        message.order.digest,
    )


def from_message(message: pb.StatementOfReasons, *, now: datetime) -> StatementOfReasons:
    """Return the statement; raises InvalidError (INVALID_MESSAGE) if something is not chosen or unreadable.

    The error then names what domain.sanction.statement refuses, too.
    """
    missing: list[Violation] = []
    made = StatementOfReasons(
        ground=_chosen(_GROUNDS, message.ground, "ground", missing),
        category=_chosen(_CATEGORIES, message.category, "category", missing),
        rule_reference=message.rule_reference,
        case_reference=message.case_reference,
        evidence=tuple(message.evidence_digests),
        origin=_chosen(_ORIGINS, message.origin, "origin", missing),
        detection=_chosen(_AUTOMATIONS, message.detection, "detection", missing),
        decision=_chosen(_AUTOMATIONS, message.decision, "decision", missing),
        territory=message.territory,
        redress=message.redress,
        issuer_kind=_chosen(_ISSUERS, message.issuer_kind, "issuer_kind", missing),
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
        ground=_GROUNDS[statement.ground],
        category=_CATEGORIES[statement.category],
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


def _chosen(choices: Mapping[_Word, int], number: int, field: str, missing: list[Violation]) -> _Word:
    """Return the chosen word; a missing or unknown one is noted, and any word stands for it."""
    words = {value: word for word, value in choices.items()}
    if number not in words:
        code = FieldCode.CHARACTER if number else FieldCode.REQUIRED
        missing.append(Violation(f"statement.{field}", code))
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
        rules.check(made, now=now)
    except InvalidError as error:
        # What depends on a word that was not chosen is not known to be wrong.
        unknown = {"statement.issuer_kind": "statement.order", "statement.origin": "statement.tip_off"}
        left = noted | {field for word, field in unknown.items() if word in noted}
        return [violation for violation in error.violations if violation.field not in left]
    return []
