"""Converts messages of SanctionService to domain values and back."""

from datetime import datetime
from typing import Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.core.edge.convert import numbers
from idvault.core.edge.page_token import FIELD
from idvault.moderator.api import HEX_ID, an_id, invalid
from idvault.sanction.api import statement as statements
from idvault.sanction.ports import SanctionFilter
from idvault.sanction.rules.sanction import Sanction
from idvault.v1 import sanction_pb2 as pb
from idvault.verify import token
from idvault.verify.attest import sanction as papers
from idvault.verify.error import FieldCode
from idvault.verify.sanction import Degree, SanctionState, Scope

PAGE_LIMIT = 1_000
_PAGE = 100
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
    if not 0 <= message.page_size <= PAGE_LIMIT:
        raise invalid("page_size", FieldCode.LENGTH)
    # The caller has seen what was listed, so the token may be its id.
    if message.page_token and not HEX_ID.fullmatch(message.page_token):
        raise invalid(FIELD, FieldCode.CHARACTER)
    return message.page_token, message.page_size or _PAGE


def sanction(value: Sanction) -> pb.Sanction:
    """Return the message of a sanction, which must be as of now."""
    return pb.Sanction(
        sanction_id=value.sanction_id,
        account_token=value.account_token,
        degree=DEGREES[value.degree],
        measure=value.measure,
        statement=statements.to_message(value.statement),
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
