"""What the service stores or hands out under its own keys (formats.md, sections 5 and 6)."""

import hmac
import secrets
from collections.abc import Sequence
from hashlib import sha256
from typing import Any
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from tools.support.reference import hpke, payload
from tools.support.reference.encoding import Part, RefusedError, base64url, check, crockford, encode
from tools.support.reference.payload import Identity


def mac(key: bytes, message: bytes) -> bytes:
    return hmac.digest(key, message, "sha256")


def person_index(
    keys: list[bytes], *, relying_party: str, document_type: str, number: str
) -> tuple[bytes, bytes]:
    """Return the blind index under the newest key, and the sub-key for limits."""
    value = encode("idvault/index/v1", relying_party, document_type, number)
    return _chained(keys, value), mac(keys[-1], encode("idvault/limiter-key/v1"))


def opaque_index(keys: list[bytes], *, relying_party: str, provider: str, opaque_id: str) -> bytes:
    """Return the blind index of a person without a number under the newest key."""
    return _chained(keys, encode("idvault/opaque-index/v1", relying_party, provider, opaque_id))


def _chained(keys: list[bytes], value: bytes) -> bytes:
    for key in keys:
        value = mac(key, value)
    return value


def limiter_key(sub_key: bytes, index: bytes, day: str) -> bytes:
    return mac(sub_key, encode("idvault/limiter/v1", index, day))


Shared = Sequence[Sequence[Any]]
"""Pairs of a field's number and its value: a text, a number, bytes, {"hex": …}, or such pairs."""


def request_content(fields: Shared) -> bytes:
    """Return what is hashed of a request's fields."""
    return b"".join(encode(str(number), _content(value)) for number, value in fields)


def _content(value: Any) -> Part:
    if isinstance(value, dict):
        return bytes.fromhex(value["hex"])
    return request_content(value) if isinstance(value, list | tuple) else value


def fingerprint(key: bytes, method: str, fields: Shared) -> bytes:
    return mac(key, encode("idvault/request/v2", method, request_content(fields)))


def kept_id(key: bytes, relying_party: str, request_id: str) -> str:
    return str(UUID(bytes=mac(key, encode("idvault/request-id/v1", relying_party, request_id))[:16]))


def reference(key: bytes, relying_party: str, given: str) -> bytes:
    return mac(key, encode("idvault/reference/v1", relying_party, given))


def invitation_code(key: bytes, account_token: str, campaign_id: str, batch_id: str) -> str:
    sub_key = mac(key, encode("idvault/invitation-code-key/v1"))
    return crockford(
        mac(sub_key, encode("idvault/invitation-code/v1", account_token, campaign_id, batch_id))[:16]
    )


def invitation_hash(account_token: str, code: str) -> bytes:
    return sha256(encode("idvault/invitation-code-hash/v1", account_token, code)).digest()


def tip_off_secret(key: bytes, party: str, tip_off_id: str, request_id: str) -> str:
    derived = mac(key, encode("idvault/tip-off-secret/v1", party, tip_off_id, request_id))
    return f"{int.from_bytes(derived[:8], 'big') % 10**16:016}"


def tip_off_proof(key: bytes, party: str, tip_off_id: str, secret: str) -> bytes:
    return mac(key, encode("idvault/tip-off-proof/v1", party, tip_off_id, secret))


def tip_off_reporter(key: bytes, party: str, kind: str, value: str) -> str:
    return mac(key, encode("idvault/tip-off-reporter/v1", party, kind, value))[:16].hex()


def tip_off_reference(tip_off_id: str) -> str:
    return f"{int(tip_off_id[:16], 16) % 10**12:012}"


def page_token(place: int, of: str) -> str:
    """Return the token that continues a list at a place."""
    data = place.to_bytes(8, "big")
    return base64url(data + sha256(encode("idvault/page-token/v1", of, data)).digest()[:7])


def pairwise_subject(key: bytes, audience: str, account_token: str) -> str:
    return base64url(mac(key, encode("idvault/pairwise-subject/v1", audience, account_token)))


def seal_intake(
    identity: Identity,
    *,
    suite: str,
    public: bytes,
    info: bytes,
    ephemeral: bytes | None = None,
) -> bytes:
    """Return a waiting claim: format, KEM id, HPKE message."""
    sealed = hpke.seal(suite, public, payload.encode(identity), info, ephemeral=ephemeral)
    return b"\x01" + hpke.KEM_IDS[suite].to_bytes(2, "big") + sealed


def open_intake(intake: bytes, *, private: bytes, info: bytes) -> Identity:
    suites = {number: suite for suite, number in hpke.KEM_IDS.items()}
    check(intake[:1] == b"\x01", "the format is not known")
    suite = suites[int.from_bytes(intake[1:3], "big")]
    return payload.decode(hpke.unseal(suite, private, intake[3:], info))


def intake_info(relying_party: str, account_token: str, claim_id: str, key_name: str) -> bytes:
    return encode("idvault/intake/v1", relying_party, account_token, claim_id, key_name)


def seal_case_text(key: bytes, disclosure_id: str, text: bytes, *, nonce: bytes | None = None) -> bytes:
    chosen = nonce or secrets.token_bytes(12)
    return b"\x01" + chosen + AESGCM(key).encrypt(chosen, text, encode("idvault/case-text/v1", disclosure_id))


def open_case_text(key: bytes, disclosure_id: str, stored: bytes) -> bytes:
    check(stored[:1] == b"\x01", "the format is not known")
    return _decrypt(key, stored[1:], encode("idvault/case-text/v1", disclosure_id))


def seal_denial(
    key: bytes, disclosure_id: str, custodian: str, signed: bytes, *, nonce: bytes | None = None
) -> bytes:
    chosen = nonce or secrets.token_bytes(12)
    info = encode("idvault/denial-text/v1", disclosure_id, custodian)
    return b"\x01" + chosen + AESGCM(key).encrypt(chosen, signed, info)


def open_denial(key: bytes, disclosure_id: str, custodian: str, stored: bytes) -> bytes:
    check(stored[:1] == b"\x01", "the format is not known")
    return _decrypt(key, stored[1:], encode("idvault/denial-text/v1", disclosure_id, custodian))


def seal_moderation_text(
    key: bytes, place: tuple[str, str, str, str], text: str, *, random: bytes | None = None
) -> bytes:
    """Seal a text of an appeal. place: platform, case, field, key version; random: data key, two nonces."""
    chosen = random or secrets.token_bytes(32 + 12 + 12)
    data_key, first, second = chosen[:32], chosen[32:44], chosen[44:]
    wrapped = AESGCM(key).encrypt(first, data_key, encode("idvault/moderation-text-key/v1", *place))
    padded = payload.padded(text.encode())
    sealed = AESGCM(data_key).encrypt(second, padded, encode("idvault/moderation-text/v1", *place))
    return b"\x01" + first + wrapped + second + sealed


def open_moderation_text(key: bytes, place: tuple[str, str, str, str], stored: bytes) -> str:
    check(stored[:1] == b"\x01", "the format is not known")
    data_key = _decrypt(key, stored[1:61], encode("idvault/moderation-text-key/v1", *place))
    padded = _decrypt(data_key, stored[61:], encode("idvault/moderation-text/v1", *place))
    return payload.unpadded(padded).decode()


def seal_second_factor(
    key: bytes, version: str, actor_id: str, secret: bytes, *, nonce: bytes | None = None
) -> bytes:
    chosen, named = nonce or secrets.token_bytes(12), version.encode()
    sealed = AESGCM(key).encrypt(chosen, secret, encode("idvault/second-factor-at-rest/v1", actor_id))
    return bytes([1, len(named)]) + named + chosen + sealed


def open_second_factor(keys: dict[str, bytes], actor_id: str, stored: bytes) -> bytes:
    check(stored[:1] == b"\x01", "the format is not known")
    end = 2 + stored[1]
    key = keys[stored[2:end].decode()]
    return _decrypt(key, stored[end:], encode("idvault/second-factor-at-rest/v1", actor_id))


def _decrypt(key: bytes, data: bytes, bound: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(data[:12], data[12:], bound)
    except InvalidTag:
        raise RefusedError("decryption failed") from None


def session_link_code(key: bytes, relying_party: str, request_id: str) -> str:
    """Return the code of a hosted session's link."""
    sub_key = mac(key, encode("idvault/session-link-key/v1"))
    return crockford(mac(sub_key, encode("idvault/session-link-code/v1", relying_party, request_id))[:16])


def session_hash(purpose: str, *parts: str) -> bytes:
    """Return what is kept or derived of a session's secret, for a purpose such as link."""
    return sha256(encode(f"idvault/session-{purpose}/v1", *parts)).digest()


def session_request_id(session_id: str, step: str, browser_key: str) -> str:
    return str(UUID(bytes=session_hash("request", session_id, step, browser_key)[:16], version=4))
