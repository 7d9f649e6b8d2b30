"""The encoding of everything that is bound, signed or hashed, and what each sealed blob is bound to."""

from hashlib import sha256

Part = str | int | bytes


def encode(purpose: str, *parts: Part) -> bytes:
    """Encode a purpose and its parts; different inputs never give the same bytes.

    The purpose and each part are written as a 4-byte big-endian length and their bytes. Text is UTF-8; an
    integer is ASCII decimal.
    """
    # A sign-up encodes twenty times. A bytearray that grows takes a third of the time of a join of parts.
    encoded = bytearray()
    for part in (purpose, *parts):
        data = part if isinstance(part, bytes) else str(part).encode()
        encoded += len(data).to_bytes(4, "big")
        encoded += data
    return bytes(encoded)


def split(encoded: bytes) -> list[bytes]:
    """Return the purpose and the parts of an encoding, as bytes; raises ValueError for anything else."""
    parts: list[bytes] = []
    place = 0
    while place < len(encoded):
        end = place + 4 + int.from_bytes(encoded[place : place + 4], "big")
        if end > len(encoded):
            raise ValueError("no encoding")
        parts.append(encoded[place + 4 : end])
        place = end
    return parts


def shred_info(*, record_id: str) -> bytes:
    """Return the HKDF info that derives a version's shred value from its shred key."""
    return encode("idvault/shred/v1", record_id)


def record_info(
    *, format_version: int, relying_party: str, account_token: str, record_id: str, quorum_id: str
) -> bytes:
    """Return what a record's key and ciphertext are bound to."""
    return encode("idvault/record/v1", format_version, relying_party, account_token, record_id, quorum_id)


def share_info(*, account_token: str, record_id: str, quorum_id: str, custodian: str) -> bytes:
    """Return the HPKE info of one custodian's share; quorum_id: the present one."""
    return encode("idvault/share/v1", account_token, record_id, quorum_id, custodian)


def intake_info(*, relying_party: str, account_token: str, claim_id: str, day: str) -> bytes:
    """Return the HPKE info of an intake; day: the day key's, YYYY-MM-DD."""
    return encode("idvault/intake/v1", relying_party, account_token, claim_id, day)


def second_factor_info(*, member: str, actor_id: str, request_id: str) -> bytes:
    """Return the HPKE info of a new second factor that is sent to its roster member."""
    return encode("idvault/second-factor/v1", member, actor_id, request_id)


def second_factor_at_rest_info(*, actor_id: str) -> bytes:
    """Return what a second factor's stored secret is bound to."""
    return encode("idvault/second-factor-at-rest/v1", actor_id)


def reseal_info(*, request_digest: bytes, custodian: str, share_index: int) -> bytes:
    """Return the HPKE info of a share that is re-sealed to an auditor's one-time key.

    request_digest: SHA-256 of the signed request that the share is released for.
    """
    return encode("idvault/reseal/v1", request_digest, custodian, share_index)


def one_time_key_info(*, disclosure_id: str) -> bytes:
    """Return the HPKE info of a one-time key that the auditor stores until the record is opened."""
    return encode("idvault/one-time-key/v1", disclosure_id)


def sealed_evidence_info(*, disclosure_id: str, reader: str, destroy_after: str) -> bytes:
    """Return the HPKE info of evidence that is sealed to a reader's roster key; destroy_after: YYYY-MM-DD."""
    return encode("idvault/sealed-evidence/v2", disclosure_id, reader, destroy_after)


def denial_info(*, disclosure_id: str, custodian: str) -> bytes:
    """Return what the sealed text of a custodian's denial is bound to."""
    return encode("idvault/denial-text/v1", disclosure_id, custodian)


def case_text_info(*, disclosure_id: str) -> bytes:
    """Return what the stored text of a disclosure's request is bound to."""
    return encode("idvault/case-text/v1", disclosure_id)


def moderation_text_info(*, relying_party: str, case_id: str, field: str, key_version: str) -> bytes:
    """Return what the stored text of an appeal or report is bound to."""
    return encode("idvault/moderation-text/v1", relying_party, case_id, field, key_version)


def moderation_text_key_info(*, relying_party: str, case_id: str, field: str, key_version: str) -> bytes:
    """Return what the stored data key of such a text is bound to."""
    return encode("idvault/moderation-text-key/v1", relying_party, case_id, field, key_version)


def quorum_id(*, threshold: int, members: tuple[tuple[str, bytes], ...]) -> str:
    """Return the hex id of a quorum: its threshold and each custodian's name and HPKE public key in order."""
    flat = [part for member in members for part in member]
    return sha256(encode("idvault/quorum/v1", threshold, *flat)).hexdigest()
