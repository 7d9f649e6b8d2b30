"""Converts messages of SanctionService to domain values and back."""

import re
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Protocol

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.api.convert import numbers
from idvault.api.edge.call import Caller
from idvault.api.page_token import FIELD
from idvault.api.sanction import statement as statements
from idvault.attest import sanction as papers
from idvault.attest.registration import Registration, Signing
from idvault.domain import request as request_rules
from idvault.domain import token
from idvault.domain.error import DeniedError, FieldCode, InvalidError, Reason, Violation
from idvault.domain.sanction.moderator import Moderator
from idvault.domain.sanction.sanction import Degree, Sanction, SanctionState, Scope
from idvault.domain.seal import Part
from idvault.flows.sanction.moderator import ModerationCall
from idvault.ports.sanction import SanctionFilter
from idvault.v1 import sanction_pb2 as pb

PAGE_LIMIT = 1_000
_PAGE = 100
_ID = re.compile(r"[0-9a-f]{32}")
DEGREES = numbers(Degree, pb.Sanction.Degree.Value, "DEGREE_")
SCOPES = numbers(Scope, pb.Sanction.Scope.Value, "SCOPE_")
_STATES = numbers(SanctionState, pb.Sanction.State.Value, "STATE_")


class Page(Protocol):
    """A request for a page of a list."""

    page_size: int
    page_token: str


def call(
    request_id: str,
    method: str,
    *fields: Part,
    caller: Caller,
    signature: pb.ModeratorSignature | None = None,
) -> ModerationCall:
    """Return a mutation's caller and content; raises InvalidError.

    signature: None for a call that no moderator decides. A text that is deleted later stands in fields by its
    mark (`text_mark`).
    """
    request_rules.check_id(request_id)
    if signature is None:
        check_signer(caller, ())
        return ModerationCall(caller.name, caller.actor_id, request_id, method, fields)
    signing = _signing(signature, "signature")
    check_signer(caller, (signing.moderator_id,))
    return ModerationCall(
        caller.name,
        caller.actor_id,
        request_id,
        method,
        fields,
        signing.moderator_id,
        signing.signed_at,
        signing.signature,
        signature.text_salt,
    )


def check_signer(caller: Caller, signers: Collection[str]) -> None:
    """Raise DeniedError (ACCESS_DENIED) unless a desk's own moderator is among those who signed."""
    if caller.role == "moderator" and caller.moderator_id not in signers:
        raise DeniedError(Reason.ACCESS_DENIED, why="other_moderator")


def text_mark(text: str, signature: pb.ModeratorSignature) -> bytes:
    """Return what is signed of a text that is deleted later; raises InvalidError (signature.text_salt)."""
    size = papers.SALT_SIZE if text else 0
    if len(signature.text_salt) != size:
        raise _invalid("signature.text_salt", FieldCode.LENGTH)
    return papers.text_mark(text, salt=signature.text_salt)


def registration(
    party: str,
    request_id: str,
    public_key: bytes,
    signature: pb.ModeratorSignature,
    countersignatures: Iterable[pb.ModeratorSignature] = (),
) -> Registration:
    """Return the registration of a key; raises InvalidError."""
    return Registration(
        party,
        request_rules.check_id(request_id),
        public_key,
        _signing(signature, "signature", is_new=True),
        tuple(_signing(each, f"countersignatures[{place}]") for place, each in enumerate(countersignatures)),
    )


def _signing(signature: pb.ModeratorSignature, field: str, *, is_new: bool = False) -> Signing:
    """Return a signature's parts; raises InvalidError. is_new: by a key that has no moderator yet."""
    moderator_id = "" if is_new else an_id(signature.moderator_id, f"{field}.moderator_id")
    signed_at = statements.read_time(signature.sign_time) if signature.HasField("sign_time") else None
    if signed_at is None:
        raise _invalid(f"{field}.sign_time", FieldCode.REQUIRED)
    if len(signature.signature) != papers.SIGNATURE_SIZE:
        raise _invalid(f"{field}.signature", FieldCode.LENGTH)
    return Signing(moderator_id, signed_at, signature.signature)


def an_id(text: str, field: str) -> str:
    """Return an id of 32 hex digits unchanged; raises InvalidError (INVALID_MESSAGE)."""
    if not text:
        raise _invalid(field, FieldCode.REQUIRED)
    if not _ID.fullmatch(text):
        raise _invalid(field, FieldCode.CHARACTER)
    return text


def degree(number: int) -> Degree:
    """Return a degree; raises InvalidError (INVALID_MESSAGE, degree)."""
    for word, value in DEGREES.items():
        if value == number:
            return word
    raise _invalid("degree", FieldCode.CHARACTER if number else FieldCode.REQUIRED)


def scope(number: int) -> Scope:
    """Return a scope, ACCOUNT unless one is chosen; raises InvalidError (INVALID_MESSAGE, scope)."""
    if not number:
        return Scope.ACCOUNT
    for word, value in SCOPES.items():
        if value == number:
            return word
    raise _invalid("scope", FieldCode.CHARACTER)


def state(number: int) -> SanctionState | None:
    """Return the state to list, None for all; raises InvalidError (INVALID_MESSAGE, state)."""
    if not number:
        return None
    for word, value in _STATES.items():
        if value == number:
            return word
    raise _invalid("state", FieldCode.CHARACTER)


def sanction_filter(message: pb.ListSanctionsRequest) -> SanctionFilter:
    """Return which sanctions to list; raises InvalidError (also INVALID_MESSAGE if several are chosen)."""
    account = token.check(message.account_token) if message.account_token else None
    if message.operation_id and account:
        raise _invalid("operation_id", FieldCode.CHARACTER)
    if message.order_id and (account or message.operation_id):
        raise _invalid("order_id", FieldCode.CHARACTER)
    return SanctionFilter(
        account,
        an_id(message.operation_id, "operation_id") if message.operation_id else None,
        an_id(message.order_id, "order_id") if message.order_id else None,
    )


def page(message: Page) -> tuple[str, int]:
    """Return the id to continue after, and the length of a page; raises InvalidError."""
    if not 0 <= message.page_size <= PAGE_LIMIT:
        raise _invalid("page_size", FieldCode.LENGTH)
    # The caller has seen what was listed, so the token may be its id.
    if message.page_token and not _ID.fullmatch(message.page_token):
        raise _invalid(FIELD, FieldCode.CHARACTER)
    return message.page_token, message.page_size or _PAGE


def moderator(value: Moderator) -> pb.Moderator:
    """Return the message of a moderator."""
    message = pb.Moderator(moderator_id=value.moderator_id, public_key=value.public_key)
    message.register_time.FromDatetime(value.registered_at)
    if value.revoked_at is not None:
        message.revoke_time.FromDatetime(value.revoked_at)
    return message


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


def _invalid(field: str, code: FieldCode) -> InvalidError:
    return InvalidError(Reason.INVALID_MESSAGE, Violation(field, code))
