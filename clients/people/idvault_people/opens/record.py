"""Opens a sealed record from the shares of M custodians, or from its data key, and the record's shred value.

- A record whose registry outcome is not a match is refused: nobody confirmed what it says.
"""

from collections.abc import Mapping

from idvault_people.opens import combining
from idvault_people.opens.share import check_share
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.payload import Payload
from idvault_verify.attest.sealed_record import open_with_key
from idvault_verify.record import SealedRecord
from idvault_verify.sharing import SharingError


def open_record(*, record: SealedRecord, shares: Mapping[str, bytes], shred_value: bytes) -> Payload:
    """Return the sealed payload.

    shares: 33-byte shares by custodian name. shred_value: 32 bytes derived from this version's shred key.
    Raises ShareError, naming the custodian, for a wrong share, UnconfirmedError for an identity that the
    registry did not confirm, and UnsealError for anything else: too few shares, another record's shred value,
    or a modified record.
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
        return combining.combine(shares=tuple(shares.values()))
    except SharingError as error:
        raise UnsealError from error
