"""The one encoding for all that is bound, signed or hashed, and what each sealed blob is bound to."""

from hashlib import sha256

Part = str | int | bytes


def encode(purpose: str, *parts: Part) -> bytes:
    """Encode a purpose and its parts so that no two different lists give the same bytes.

    Each of purpose and parts is its 4-byte big-endian length and its bytes; text is UTF-8, an integer
    is ASCII decimal.
    """
    return b"".join(_framed(part) for part in (purpose, *parts))


def _framed(part: Part) -> bytes:
    data = part if isinstance(part, bytes) else str(part).encode()
    return len(data).to_bytes(4, "big") + data


def shred_info(*, record_id: str) -> bytes:
    """Return the HKDF info that derives one record's shred value from its account's shred key."""
    return encode("idvault/shred/v1", record_id)


def record_info(
    *, format_version: int, relying_party: str, account_token: str, record_id: str, quorum_id: str
) -> bytes:
    """Return what a record's key and ciphertext are bound to."""
    return encode("idvault/record/v1", format_version, relying_party, account_token, record_id, quorum_id)


def share_info(*, account_token: str, record_id: str, quorum_id: str, custodian: str) -> bytes:
    """Return the HPKE info of one custodian's share; the quorum id is the present one."""
    return encode("idvault/share/v1", account_token, record_id, quorum_id, custodian)


def intake_info(*, relying_party: str, account_token: str, claim_id: str, day: str) -> bytes:
    """Return the HPKE info of a waiting claim; day is YYYY-MM-DD of the day key."""
    return encode("idvault/intake/v1", relying_party, account_token, claim_id, day)


def quorum_id(*, threshold: int, members: tuple[tuple[str, bytes], ...]) -> str:
    """Return the hex id of a quorum: its threshold and each custodian's name and HPKE public key in order."""
    flat = [part for member in members for part in member]
    return sha256(encode("idvault/quorum/v1", threshold, *flat)).hexdigest()
