"""Converts receipts."""

from idvault.claim.acts.receipt import Receipt
from idvault.disclosure.api import convert_history
from idvault.v1 import disclosure_pb2, transparency_pb2, verification_pb2
from idvault.verify.attest.quorum import Quorum
from idvault.verify.record import SealedRecord


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
