"""What a sanction's statement of reasons, measure and target may be.

Checked where a moderator signs it, and again by the service.
"""

from dataclasses import replace
from datetime import datetime

from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.sanction import AuthorityOrder, Degree, IssuerKind, Origin, Scope, StatementOfReasons

MOST_EVIDENCE = 50
DIGEST_SIZE = 32
_SHORT, _LONG, _REDRESS = 64, 200, 500


def whole(end_at: datetime | None) -> datetime | None:
    """Return an end in whole seconds."""
    return None if end_at is None else end_at.replace(microsecond=0)


def in_seconds(statement: StatementOfReasons) -> StatementOfReasons:
    """Return the statement with its end in whole seconds."""
    return replace(statement, end_at=whole(statement.end_at))


def check(statement: StatementOfReasons, *, now: datetime) -> StatementOfReasons:
    """Return the statement with its end in whole seconds; raises InvalidError (INVALID_MESSAGE).

    The error names every invalid part.
    """
    statement = in_seconds(statement)
    ends_early = statement.end_at is not None and statement.end_at <= now
    codes = {
        **template_codes(
            rule_reference=statement.rule_reference, territory=statement.territory, redress=statement.redress
        ),
        "case_reference": text_code(statement.case_reference, limit=_LONG),
        "evidence_digests": _evidence_code(statement.evidence),
        "tip_off": _tip_off_code(statement),
        "end_time": FieldCode.LENGTH if ends_early else None,
        **_order_codes(statement),
    }
    wrong = [Violation(f"statement.{name}", code) for name, code in codes.items() if code is not None]
    if wrong:
        raise InvalidError(Reason.INVALID_MESSAGE, *wrong)
    return statement


def template_codes(*, rule_reference: str, territory: str, redress: str) -> dict[str, FieldCode | None]:
    """Return what is wrong with each text that a template gives a statement, None if nothing is."""
    return {
        "rule_reference": text_code(rule_reference, limit=_LONG),
        "territory": text_code(territory, limit=_SHORT),
        "redress": text_code(redress, limit=_REDRESS),
    }


def text_code(text: str, *, limit: int) -> FieldCode | None:
    """Return what is wrong with a required text, None if nothing is."""
    if not text.strip():
        return FieldCode.REQUIRED
    if len(text) > limit:
        return FieldCode.LENGTH
    return None if text.isprintable() else FieldCode.CHARACTER


def _evidence_code(digests: tuple[bytes, ...]) -> FieldCode | None:
    if not digests:
        return FieldCode.REQUIRED
    fits = len(digests) <= MOST_EVIDENCE and all(len(digest) == DIGEST_SIZE for digest in digests)
    return None if fits else FieldCode.LENGTH


def _tip_off_code(statement: StatementOfReasons) -> FieldCode | None:
    if statement.origin is Origin.TIP_OFF:
        return text_code(statement.tip_off, limit=_SHORT)
    return FieldCode.CHARACTER if statement.tip_off else None


def _order_codes(statement: StatementOfReasons) -> dict[str, FieldCode | None]:
    order = statement.order
    if statement.issuer_kind is IssuerKind.PLATFORM:
        return {"order": None if order is None else FieldCode.CHARACTER}
    if order is None:
        return {"order": FieldCode.REQUIRED}
    return order_codes(order)


def order_codes(order: AuthorityOrder) -> dict[str, FieldCode | None]:
    """Return what is wrong with each part of an order, None if nothing is."""
    return {
        "order.authority": text_code(order.authority, limit=_LONG),
        "order.reference": text_code(order.reference, limit=_LONG),
        "order.digest": None if len(order.digest) == DIGEST_SIZE else FieldCode.LENGTH,
    }


_MEASURE_LENGTH = 64


def check_measure(*, degree: Degree, measure: str) -> str:
    """Return the measure unchanged; LIMIT needs one and no other degree has one.

    Raises InvalidError (INVALID_MESSAGE, measure).
    """
    code = measure_code(degree=degree, measure=measure)
    if code is not None:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("measure", code))
    return measure


def measure_code(*, degree: Degree, measure: str) -> FieldCode | None:
    """Return what is wrong with a measure of a degree, None if nothing is."""
    if degree is Degree.LIMIT:
        return text_code(measure, limit=_MEASURE_LENGTH)
    return FieldCode.CHARACTER if measure else None


def check_target(*, scope: Scope, public_account_id: str | None) -> None:
    """Raise InvalidError (INVALID_MESSAGE, public_account_id) for a public account in scope PERSON."""
    if public_account_id is not None and scope is Scope.PERSON:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("public_account_id", FieldCode.CHARACTER))
