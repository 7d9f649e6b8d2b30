"""Statements of reasons as messages, and back."""

from datetime import UTC, date

from idvault.sanction import rules as sanction_rules
from idvault.v1 import sanction_pb2 as pb
from idvault.verify.sanction import (
    AuthorityOrder,
    Automation,
    Ground,
    IssuerKind,
    Origin,
    SanctionCategory,
    StatementOfReasons,
)
from idvault_client.backend.rpc import choice, text

_KINDS = pb.StatementOfReasons.DESCRIPTOR.enum_types_by_name


def to_message(given: StatementOfReasons) -> pb.StatementOfReasons:
    """Return the message of a statement; the vault checks it."""
    message = pb.StatementOfReasons(
        ground=pb.StatementOfReasons.Ground.Value(f"GROUND_{given.ground.value}"),
        category=pb.StatementOfReasons.Category.Value(f"CATEGORY_{given.category.value}"),
        rule_reference=_text(given.rule_reference, "rule_reference"),
        case_reference=_text(given.case_reference, "case_reference"),
        evidence_digests=given.evidence,
        origin=pb.StatementOfReasons.Origin.Value(f"ORIGIN_{given.origin.value}"),
        tip_off=_text(given.tip_off, "tip_off"),
        detection=pb.StatementOfReasons.Automation.Value(f"AUTOMATION_{given.detection.value}"),
        decision=pb.StatementOfReasons.Automation.Value(f"AUTOMATION_{given.decision.value}"),
        territory=_text(given.territory, "territory"),
        redress=_text(given.redress, "redress"),
        issuer_kind=pb.StatementOfReasons.IssuerKind.Value(f"ISSUER_KIND_{given.issuer_kind.value}"),
    )
    end_at = sanction_rules.whole(given.end_at)
    if end_at is None:
        message.without_end = True
    else:
        message.end_time.FromDatetime(end_at)
    if given.order is not None:
        message.order.CopyFrom(order_message(given.order, "statement.order"))
    return message


def order_message(order: AuthorityOrder, path: str) -> pb.AuthorityOrder:
    """Return the message of an order; path: where it is in the request."""
    return pb.AuthorityOrder(
        authority=text(order.authority, field=f"{path}.authority"),
        reference=text(order.reference, field=f"{path}.reference"),
        order_date=order.issued_on.isoformat(),
        digest=order.digest,
    )


def from_message(message: pb.StatementOfReasons) -> StatementOfReasons | None:
    """Return the statement; None if it holds a word that this client does not know."""
    ground = choice(Ground, _KINDS["Ground"], message.ground)
    category = choice(SanctionCategory, _KINDS["Category"], message.category)
    origin = choice(Origin, _KINDS["Origin"], message.origin)
    detection = choice(Automation, _KINDS["Automation"], message.detection)
    decision = choice(Automation, _KINDS["Automation"], message.decision)
    issuer_kind = choice(IssuerKind, _KINDS["IssuerKind"], message.issuer_kind)
    if not (ground and category and origin and detection and decision and issuer_kind):
        return None
    return StatementOfReasons(
        ground=ground,
        category=category,
        rule_reference=message.rule_reference,
        case_reference=message.case_reference,
        evidence=tuple(message.evidence_digests),
        origin=origin,
        detection=detection,
        decision=decision,
        territory=message.territory,
        redress=message.redress,
        issuer_kind=issuer_kind,
        end_at=message.end_time.ToDatetime(UTC) if message.WhichOneof("until") == "end_time" else None,
        tip_off=message.tip_off,
        order=read_order(message.order) if message.HasField("order") else None,
    )


def read_order(message: pb.AuthorityOrder) -> AuthorityOrder:
    """Return the order of a message; raises ValueError for an invalid day."""
    return AuthorityOrder(
        message.authority, message.reference, date.fromisoformat(message.order_date), message.digest
    )


def _text(value: str, field: str) -> str:
    return text(value, field=f"statement.{field}")
