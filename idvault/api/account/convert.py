"""Converts messages of feeds, tokens, credentials and receipts to domain values and back."""

from idvault.api import page_token
from idvault.api.disclosure import convert_history
from idvault.api.edge.call import Caller
from idvault.api.public_account import identifier
from idvault.attest.quorum import Quorum
from idvault.domain import credential, token
from idvault.domain import request as request_rules
from idvault.domain.error import FieldCode, InvalidError, Reason, Violation
from idvault.domain.record import SealedRecord
from idvault.flows.claim.receipt import Receipt
from idvault.flows.credential.status_token import CredentialCommand, Issued
from idvault.v1 import disclosure_pb2, status_pb2, transparency_pb2, verification_pb2

_FEED = "WatchStatuses/"


def cursor(place: int, *, relying_party: str) -> str:
    """Return the cursor with which a feed continues after a place."""
    return page_token.encode(place, of=_FEED + relying_party)


def place(text: str, *, relying_party: str) -> int:
    """Return the place of a cursor, 0 if empty; raises InvalidError (INVALID_MESSAGE, cursor)."""
    if not text:
        return 0
    try:
        return page_token.decode(text, of=_FEED + relying_party)
    except InvalidError:
        raise InvalidError(Reason.INVALID_MESSAGE, Violation("cursor", FieldCode.CHARACTER)) from None


def credential_command(
    request: status_pb2.IssueStatusCredentialRequest, *, caller: Caller
) -> CredentialCommand:
    """Return the credential that a request asks for; raises InvalidError."""
    return CredentialCommand(
        relying_party=caller.name,
        actor_id=caller.actor_id,
        request_id=request_rules.check_id(request.request_id),
        fields=(request.account_token, request.audience, request.public_account_id),
        account_token=token.check(request.account_token),
        audience=credential.check_audience(request.audience),
        public_account_id=identifier.check(request.public_account_id) if request.public_account_id else None,
    )


def status_token(issued: Issued) -> status_pb2.IssueStatusTokenResponse:
    """Return the message of a status token."""
    message = status_pb2.IssueStatusTokenResponse(status_token=issued.token)
    message.expire_time.FromDatetime(issued.expires_at)
    return message


def status_credential(issued: Issued) -> status_pb2.IssueStatusCredentialResponse:
    """Return the message of a credential."""
    message = status_pb2.IssueStatusCredentialResponse(status_credential=issued.token)
    message.expire_time.FromDatetime(issued.expires_at)
    return message


def receipt(value: Receipt) -> verification_pb2.Receipt:
    """Return the message of a receipt."""
    message = verification_pb2.Receipt(
        account_token=value.account_token,
        claim_id=value.claim_id,
        record_digest=value.record_digest,
        quorum=_text(value.quorum) if value.quorum else "",
        entry=convert_history.logged(value.entry),
    )
    if value.record is not None and value.quorum is not None:
        message.record.CopyFrom(_covered(value.record))
        message.sealing_quorum.CopyFrom(quorum(value.quorum))
    if value.note:
        message.checkpoint.CopyFrom(transparency_pb2.Checkpoint(note=value.note))
    return message


def _text(quorum: Quorum) -> str:
    return f"{quorum.threshold} of {len(quorum.custodians)}"


def _covered(record: SealedRecord) -> disclosure_pb2.SealedRecord:
    """Return the fields of a record that its digest covers."""
    message = convert_history.sealed_record(record)
    message.ClearField("present_quorum_id")
    message.ClearField("suite")
    return message


def quorum(value: Quorum) -> verification_pb2.SealingQuorum:
    """Return the message of a quorum."""
    return verification_pb2.SealingQuorum(
        threshold=value.threshold,
        custodians=[
            verification_pb2.SealingCustodian(custodian=each.name, hpke_public_key=each.hpke_public_key)
            for each in value.custodians
        ],
    )
