"""Opens a sealed record with its data key, which only the auditor of one disclosure has."""

from idvault_verify.attest import payload, record_key, review
from idvault_verify.attest.hpke import UnsealError
from idvault_verify.attest.payload import Payload
from idvault_verify.record import FORMAT_VERSION, SealedRecord, check_confirmed

KEY_SIZE = 32


def open_with_key(*, record: SealedRecord, data_key: bytes, shred_value: bytes) -> Payload:
    """Return the sealed payload; raises UnconfirmedError and UnsealError.

    The record's commitment is checked first, so that no other key opens the record to something else. Of a
    reviewed document, the reviewers must have signed exactly what is sealed (attest.review).
    """
    if record.format_version != FORMAT_VERSION or len(data_key) != KEY_SIZE:
        raise UnsealError
    info = record_key.info_of(record)
    key = record_key.derive(data_key=data_key, shred_value=shred_value, salt=record.salt, info=info)
    opened = payload.decode(key.decrypt(record=record, info=info))
    check_confirmed(opened.answer)
    review.check(
        opened.review,
        identity=opened.identity,
        relying_party=record.relying_party,
        account_token=record.account_token,
        policy_version=opened.consent.policy_version if opened.consent else "",
    )
    return opened
