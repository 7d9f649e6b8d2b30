"""Opens a sealed record from the shares of M custodians, or from its data key, and the record's shred value.

- A record whose registry outcome is not a match is refused: nobody confirmed what it says.
"""

from collections.abc import Mapping

from idvault.opens.share import check_share
from idvault.verify import sharing
from idvault.verify.attest import payload, record_key
from idvault.verify.attest.hpke import UnsealError
from idvault.verify.attest.payload import Payload
from idvault.verify.record import FORMAT_VERSION, SealedRecord, check_confirmed
from idvault.verify.sharing import SharingError

KEY_SIZE = 32


def open_record(*, record: SealedRecord, shares: Mapping[str, bytes], shred_value: bytes) -> Payload:
    """Return the sealed payload.

    shares: 33-byte shares by custodian name. shred_value: 32 bytes derived from the account's shred key for
    this record. Raises ShareError, naming the custodian, for a wrong share, UnconfirmedError for an identity
    that the registry did not confirm, and UnsealError for anything else: too few shares, another record's
    shred value, or a modified record.
    """
    key = data_key(record=record, shares=shares)
    return open_with_key(record=record, data_key=key, shred_value=shred_value)


def data_key(*, record: SealedRecord, shares: Mapping[str, bytes]) -> bytes:
    """Return the 32-byte data key that the shares give; raises ShareError and UnsealError.

    Too few shares give a wrong key, which opens nothing.
    """
    for custodian, share in shares.items():
        check_share(share, record=record, custodian=custodian)
    try:
        return sharing.combine(shares=tuple(shares.values()))
    except SharingError as error:
        raise UnsealError from error


def open_with_key(*, record: SealedRecord, data_key: bytes, shred_value: bytes) -> Payload:
    """Return the sealed payload; raises UnconfirmedError and UnsealError.

    The record's commitment is checked first, so that no other key opens the record to something else.
    """
    if record.format_version != FORMAT_VERSION or len(data_key) != KEY_SIZE:
        raise UnsealError
    info = record_key.info_of(record)
    key = record_key.derive(data_key=data_key, shred_value=shred_value, salt=record.salt, info=info)
    opened = payload.decode(key.decrypt(record=record, info=info))
    check_confirmed(opened.answer)
    return opened
