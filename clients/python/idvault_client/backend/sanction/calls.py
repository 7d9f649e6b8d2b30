"""The calls of SanctionService. What a moderator decides is signed here, at the time of the call."""

import os
from datetime import UTC, datetime
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp

from idvault.sanction import rules as sanction_rules
from idvault.v1 import sanction_pb2 as pb
from idvault.verify.attest import sanction as papers
from idvault.verify.attest.moderator_key import ModeratorKey
from idvault.verify.attest.registration import Registration, Signing
from idvault.verify.attest.sanction import SigningOccasion
from idvault.verify.sanction import Degree, SanctionState, Scope, StatementOfReasons
from idvault.verify.seal import Part
from idvault_client.backend.rpc import RequestId, Rpc, account, choice, chosen_id, rpc, text
from idvault_client.backend.sanction import statements
from idvault_client.backend.sanction.values import (
    AccountSanction,
    PlatformOperation,
    RegisteredModerator,
    SanctionPage,
)

_SERVICE = pb.DESCRIPTOR.services_by_name["SanctionService"]
_KINDS = pb.Sanction.DESCRIPTOR.enum_types_by_name


def register_moderator(registration: Registration) -> Rpc[RegisteredModerator]:
    """Register a key that two moderators have countersigned; `key.of(answer.moderator_id)` can then sign.

    A key is one moderator for ever. Raises PreconditionFailed (MODERATORS_TOO_FEW) while your platform has
    fewer than two moderators: the vault's operator names the next one.
    """
    request = pb.RegisterModeratorRequest(
        request_id=registration.request_id,
        public_key=registration.public_key,
        signature=_signing(registration.own),
        countersignatures=[_signing(each) for each in registration.countersignatures],
    )
    chosen = chosen_id(registration.request_id)
    return rpc(_SERVICE, "RegisterModerator", request, _read_moderator, request_id=chosen)


def revoke_moderator(moderator_id: str, *, request_id: RequestId = None) -> Rpc[RegisteredModerator]:
    """Revoke a moderator for good; raises NotFound."""
    chosen = chosen_id(request_id)
    request = pb.RevokeModeratorRequest(
        request_id=chosen, moderator_id=text(moderator_id, field="moderator_id")
    )
    return rpc(_SERVICE, "RevokeModerator", request, _read_moderator, request_id=chosen)


def get_moderator(moderator_id: str) -> Rpc[RegisteredModerator]:
    """Return a moderator, revoked or not; raises NotFound."""
    request = pb.GetModeratorRequest(moderator_id=text(moderator_id, field="moderator_id"))
    return rpc(_SERVICE, "GetModerator", request, _read_moderator)


def find_moderator(public_key: bytes) -> Rpc[RegisteredModerator]:
    """Return the moderator who has a key, revoked or not; raises NotFound."""
    request = pb.GetModeratorRequest(public_key=public_key)
    return rpc(_SERVICE, "GetModerator", request, _read_moderator)


def impose(
    account_token: str,
    degree: Degree,
    statement: StatementOfReasons,
    *,
    key: ModeratorKey,
    measure: str = "",
    scope: Scope = Scope.ACCOUNT,
    operation: PlatformOperation | None = None,
    public_account_id: str = "",
    request_id: RequestId = None,
) -> Rpc[AccountSanction]:
    """Impose a sanction; CLOSE and scope PERSON are only proposed until another moderator confirms them.

    measure: your code for how publishing is limited, for LIMIT only. scope: PERSON also reaches the owner's
    other accounts, each at its next verification or renewal. operation: an open one that it belongs to.
    public_account_id: the target is this public account of the account's.
    Raises InvalidFields, which names every missing part of the statement, NotFound and PreconditionFailed.
    """
    chosen = chosen_id(request_id)
    request = imposition(
        account_token,
        degree,
        statement,
        key=key,
        measure=measure,
        scope=scope,
        operation_id="" if operation is None else operation.operation_id,
        public_account_id=public_account_id,
        signed_id=chosen,
    )
    request.request_id = chosen
    return rpc(_SERVICE, "ImposeSanction", request, _read_sanction, request_id=chosen)


def imposition(
    account_token: str,
    degree: Degree,
    statement: StatementOfReasons,
    *,
    key: ModeratorKey,
    measure: str,
    scope: Scope,
    operation_id: str = "",
    public_account_id: str = "",
    signed_id: str,
) -> pb.ImposeSanctionRequest:
    """Return a signed sanction without a request id, to send by itself or within a decision.

    signed_id: the request id of the message that it is sent with.
    """
    message, occasion = statements.to_message(statement), key.occasion(signed_id, now=datetime.now(UTC))
    paper = papers.imposition(
        occasion,
        account_token=account(account_token),
        scope=scope,
        degree=degree,
        measure=text(measure, field="measure"),
        operation_id=operation_id or None,
        public_account_id=text(public_account_id, field="public_account_id") or None,
        statement=sanction_rules.in_seconds(statement),
    )
    return pb.ImposeSanctionRequest(
        account_token=account_token,
        degree=pb.Sanction.Degree.Value(f"DEGREE_{degree.value}"),
        measure=measure,
        statement=message,
        signature=signed(key, occasion, paper),
        scope=pb.Sanction.Scope.Value(f"SCOPE_{scope.value}"),
        operation_id=operation_id,
        public_account_id=public_account_id,
    )


def confirm(
    sanction: AccountSanction, *, key: ModeratorKey, request_id: RequestId = None
) -> Rpc[AccountSanction]:
    """Put a proposed sanction into force, by another moderator's key; read its statement first.

    Raises AccessDenied (SELF_APPROVAL), and PreconditionFailed with both states.
    """
    chosen = chosen_id(request_id)
    occasion = key.occasion(chosen, now=datetime.now(UTC))
    paper = papers.confirmation(
        occasion, sanction_id=sanction.sanction_id, paper_digest=sanction.paper_digest
    )
    request = pb.ConfirmSanctionRequest(
        request_id=chosen, sanction_id=sanction.sanction_id, signature=signed(key, occasion, paper)
    )
    return rpc(_SERVICE, "ConfirmSanction", request, _read_sanction, request_id=chosen)


def lift(
    sanction: AccountSanction, reason: str, *, key: ModeratorKey, request_id: RequestId = None
) -> Rpc[AccountSanction]:
    """End a sanction before its end, or withdraw a proposal; raises PreconditionFailed with both states."""
    chosen = chosen_id(request_id)
    occasion = key.occasion(chosen, now=datetime.now(UTC))
    paper = papers.lift(
        occasion,
        sanction_id=sanction.sanction_id,
        paper_digest=sanction.paper_digest,
        reason=text(reason, field="reason"),
    )
    request = pb.LiftSanctionRequest(
        request_id=chosen,
        sanction_id=sanction.sanction_id,
        reason=reason,
        signature=signed(key, occasion, paper),
    )
    return rpc(_SERVICE, "LiftSanction", request, _read_sanction, request_id=chosen)


def get(sanction_id: str) -> Rpc[AccountSanction]:
    """Return a sanction as of now; raises NotFound."""
    request = pb.GetSanctionRequest(sanction_id=text(sanction_id, field="sanction_id"))
    return rpc(_SERVICE, "GetSanction", request, _read_sanction)


def list_page(
    *,
    account_token: str | None = None,
    operation_id: str = "",
    order_id: str = "",
    state: SanctionState | None = None,
    page_size: int = 100,
    page_token: str = "",
) -> Rpc[SanctionPage]:
    """Return a page of sanctions, oldest first: of all, or of one account, operation or order."""
    request = pb.ListSanctionsRequest(
        operation_id=text(operation_id, field="operation_id"),
        order_id=text(order_id, field="order_id"),
        account_token=account(account_token) if account_token else "",
        state=pb.Sanction.State.Value(f"STATE_{state.value}") if state else pb.Sanction.STATE_UNSPECIFIED,
        page_size=page_size,
        page_token=text(page_token, field="page_token"),
    )
    return rpc(_SERVICE, "ListSanctions", request, _read_page)


def signed(key: ModeratorKey, occasion: SigningOccasion, paper: bytes) -> pb.ModeratorSignature:
    """Return the signature of a paper, as a message."""
    message = pb.ModeratorSignature(moderator_id=key.moderator_id, signature=key.sign(paper))
    message.sign_time.FromDatetime(occasion.signed_at)
    return message


def act(
    key: ModeratorKey, request_id: str, method: str, *fields: Part, words: str | None = None
) -> pb.ModeratorSignature:
    """Return the signature of a decision that has no paper of its own kind.

    fields: of the request, in field-number order. words: a text that the vault deletes later; None if the
    method has none.
    """
    salt = os.urandom(papers.SALT_SIZE) if words else b""
    mark = () if words is None else (papers.text_mark(words, salt=salt),)
    occasion = key.occasion(request_id, now=datetime.now(UTC))
    message = signed(key, occasion, papers.act(occasion, method=method, fields=(*fields, *mark)))
    message.text_salt = salt
    return message


def _signing(signing: Signing) -> pb.ModeratorSignature:
    message = pb.ModeratorSignature(moderator_id=signing.moderator_id, signature=signing.signature)
    message.sign_time.FromDatetime(signing.signed_at)
    return message


def _read_moderator(data: bytes) -> RegisteredModerator:
    answer = pb.Moderator.FromString(data)
    if not answer.moderator_id:
        raise ValueError("a moderator without id")
    revoked = answer.HasField("revoke_time")
    return RegisteredModerator(
        answer.moderator_id,
        _time(answer.register_time),
        _time(answer.revoke_time) if revoked else None,
        answer.public_key,
    )


def _read_sanction(data: bytes) -> AccountSanction:
    return _sanction(pb.Sanction.FromString(data))


def _read_page(data: bytes) -> SanctionPage:
    answer = pb.ListSanctionsResponse.FromString(data)
    return SanctionPage(tuple(_sanction(one) for one in answer.sanctions), answer.next_page_token)


def _sanction(message: pb.Sanction) -> AccountSanction:
    if not message.sanction_id or not message.account_token:
        raise ValueError("a sanction without id or account")
    times = {name: time_of(message, name) for name in ("start_time", "lapse_time", "finish_time")}
    return AccountSanction(
        sanction_id=message.sanction_id,
        account_token=message.account_token,
        degree=choice(Degree, _KINDS["Degree"], message.degree),
        state=choice(SanctionState, _KINDS["State"], message.state),
        measure=message.measure,
        statement=statements.from_message(message.statement),
        impose_moderator_id=message.impose_moderator_id,
        impose_time=_time(message.impose_time),
        paper_digest=message.paper_digest,
        start_time=times["start_time"],
        confirm_moderator_id=message.confirm_moderator_id,
        lapse_time=times["lapse_time"],
        finish_time=times["finish_time"],
        lift_moderator_id=message.lift_moderator_id,
        lift_reason=message.lift_reason,
        scope=choice(Scope, _KINDS["Scope"], message.scope),
        operation_id=message.operation_id,
        public_account_id=message.public_account_id,
    )


def time_of(message: Any, name: str) -> datetime | None:
    """Return a time of a message, None if it is unset."""
    return _time(getattr(message, name)) if message.HasField(name) else None


def _time(value: Timestamp) -> datetime:
    return value.ToDatetime(UTC)
