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
    """Return what was sealed.

    shares: the 33-byte share of each custodian who gave one, by name. shred_value: the 32 bytes of the
    account's shred key that are for this record. Raises ShareError that names the custodian of a wrong share,
    UnsealError for everything else: too few shares, another record's value, any change of the record.
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
