"""The signature of a registry's notice (Ed25519, RFC 8032).

The signed bytes are encode("idvault/registry-notice/v1", id, kind, day, document type, number, new document
type, new number, reversed id). What a notice has not is empty. A signature is a digest of the number that it
covers: whoever has it can try numbers. So it is checked and kept nowhere.
"""

from collections.abc import Sequence

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from idvault_verify import seal
from idvault_verify.document import Document
from idvault_verify.error import FieldCode, InvalidError, Reason, Violation
from idvault_verify.notice import RegistryNotice

_PURPOSE = "idvault/registry-notice/v1"


def canonical(notice: RegistryNotice) -> bytes:
    """Return the bytes that the registry signs."""
    return seal.encode(
        _PURPOSE,
        notice.notice_id,
        notice.kind.value,
        notice.day.isoformat(),
        *_parts(notice.document),
        *_parts(notice.new_document),
        notice.reversed_id,
    )


def check_signature(notice: RegistryNotice, signature: bytes, *, public_keys: Sequence[bytes]) -> bytes:
    """Return which of the keys signed the notice; raises InvalidError (INVALID_MESSAGE, signature)."""
    message = canonical(notice)
    for each in public_keys:
        if _is_signed(message, signature, each):
            return each
    raise InvalidError(Reason.INVALID_MESSAGE, Violation("signature", FieldCode.CHARACTER))


def _is_signed(message: bytes, signature: bytes, key: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _parts(document: Document | None) -> tuple[str, str]:
    return ("", "") if document is None else (document.type.value, document.number)
