"""Reads and writes the message of a sealed record; what the record digest does not cover is left out."""

from idvault_verify.record import SealedRecord
from idvault_verify.v1 import disclosure_pb2


def sealed_record(message: disclosure_pb2.SealedRecord) -> SealedRecord:
    """Return the record of a message, which has no shares; raises DamagedError (RECORD_DAMAGED)."""
    return SealedRecord(
        account_token=message.account_token,
        relying_party=message.relying_party,
        record_id=message.record_id,
        format_version=message.format_version,
        sealing_quorum_id=message.sealing_quorum_id,
        present_quorum_id=message.present_quorum_id,
        suite=message.suite,
        salt=message.salt,
        commitment=message.commitment,
        ciphertext=message.ciphertext,
        share_hashes=tuple(message.share_hashes),
        shares=(),
    )


def covered(message: disclosure_pb2.SealedRecord) -> disclosure_pb2.SealedRecord:
    """Return a copy with only the fields that the record digest covers."""
    copy = disclosure_pb2.SealedRecord()
    copy.CopyFrom(message)
    copy.ClearField("present_quorum_id")
    copy.ClearField("suite")
    return copy
