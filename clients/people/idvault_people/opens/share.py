"""Opens a custodian's share of a sealed record."""

from hashlib import sha256
from hmac import compare_digest

from idvault_people.opens.identity import PersonalIdentity
from idvault_verify import seal
from idvault_verify.error import DamagedError, Reason
from idvault_verify.record import SealedRecord

SHARE_SIZE = 33


class ShareError(DamagedError):
    """A share is not the one that was sealed; names its custodian so that the cause can be investigated."""

    def __init__(self, custodian: str) -> None:
        """Keep the custodian's name."""
        super().__init__(Reason.RECORD_DAMAGED)
        self.custodian = custodian

    def __str__(self) -> str:
        """Name the custodian of the wrong share."""
        return f"the share of {self.custodian} is not the one that was sealed"


def open_share(*, identity: PersonalIdentity, record: SealedRecord, index: int) -> bytes:
    """Return the 33 bytes of a custodian's share.

    index: the custodian's place in the present quorum, from 1. Raises UnsealError if the sealed share
    cannot be opened with these keys for this record, and ShareError if its content does not match the stored
    hash.
    """
    if not 1 <= index <= len(record.shares):
        raise ShareError(identity.name)
    return open_sealed_share(
        identity=identity,
        account_token=record.account_token,
        record_id=record.record_id,
        quorum_id=record.share_quorum_id(index),
        suite=record.suite,
        index=index,
        sealed=record.shares[index - 1],
        share_hash=record.share_hashes[index - 1],
    )


def open_sealed_share(
    *,
    identity: PersonalIdentity,
    account_token: str,
    record_id: str,
    quorum_id: str,
    suite: str,
    index: int,
    sealed: bytes,
    share_hash: bytes,
) -> bytes:
    """Return the 33 bytes of a custodian's share, given without its record; raises as open_share does.

    quorum_id: the quorum that the share is sealed under. share_hash: the expected SHA-256 of the share.
    """
    info = seal.share_info(
        account_token=account_token, record_id=record_id, quorum_id=quorum_id, custodian=identity.name
    )
    share = identity.unseal(sealed, suite=suite, info=info)
    if len(share) != SHARE_SIZE or share[0] != index:
        raise ShareError(identity.name)
    if not compare_digest(sha256(share).digest(), share_hash):
        raise ShareError(identity.name)
    return share


def check_share(share: bytes, *, record: SealedRecord, custodian: str) -> None:
    """Raise ShareError unless the share matches one of the record's share hashes."""
    if len(share) != SHARE_SIZE or not 1 <= share[0] <= len(record.share_hashes):
        raise ShareError(custodian)
    if not compare_digest(sha256(share).digest(), record.share_hashes[share[0] - 1]):
        raise ShareError(custodian)
