"""Opens a sealed record from the shares of M custodians and the record's shred value."""

from collections.abc import Mapping

from idvault.attest import payload, record_key
from idvault.attest.hpke import UnsealError
from idvault.attest.payload import Payload
from idvault.custody.share import check_share
from idvault.domain import sharing
from idvault.domain.record import FORMAT_VERSION, SealedRecord
from idvault.domain.sharing import SharingError


def open_record(*, record: SealedRecord, shares: Mapping[str, bytes], shred_value: bytes) -> Payload:
    """Return the sealed payload.

    shares: 33-byte shares by custodian name. shred_value: 32 bytes derived from the account's shred key for
    this record. Raises ShareError, naming the custodian, for a wrong share, and UnsealError for
    anything else: too few shares, another record's shred value, or a modified record.
    """
    if record.format_version != FORMAT_VERSION:
        raise UnsealError
    for custodian, share in shares.items():
        check_share(share, record=record, custodian=custodian)
    try:
        data_key = sharing.combine(shares=tuple(shares.values()))
    except SharingError as error:
        raise UnsealError from error
    info = record_key.info_of(record)
    key = record_key.derive(data_key=data_key, shred_value=shred_value, salt=record.salt, info=info)
    return payload.decode(key.decrypt(record=record, info=info))
