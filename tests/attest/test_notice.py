"""The signature of a registry's notice."""

from dataclasses import replace
from datetime import date

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_verify.attest import notice as signed_notice
from idvault_verify.document import Document, DocumentType
from idvault_verify.error import InvalidError
from idvault_verify.notice import NoticeKind, RegistryNotice
from tools.support.reference.encoding import encode

KEYS = [Ed25519PrivateKey.from_private_bytes(bytes([number]) * 32) for number in (1, 2)]
PUBLIC = [key.public_key().public_bytes_raw() for key in KEYS]
OLD, NEW = (
    Document(DocumentType.RESIDENT_ID, number) for number in ("110000190101010001", "110000190101020007")
)
NOTICE = RegistryNotice("ab" * 16, NoticeKind.NUMBER_REPLACED, date(2026, 3, 1), OLD, NEW)
REVERSAL = RegistryNotice("cd" * 16, NoticeKind.REVERSED, date(2026, 3, 2), reversed_id="ab" * 16)


def test_what_is_signed() -> None:
    """Every field is covered; what a notice has not is empty."""
    assert signed_notice.canonical(NOTICE) == encode(
        "idvault/registry-notice/v1", "ab" * 16, "NUMBER_REPLACED", "2026-03-01",
        "RESIDENT_ID", OLD.number, "RESIDENT_ID", NEW.number, "",
    )  # fmt: skip
    assert signed_notice.canonical(REVERSAL) == encode(
        "idvault/registry-notice/v1", "cd" * 16, "REVERSED", "2026-03-02", "", "", "", "", "ab" * 16
    )


@pytest.mark.parametrize("key", KEYS)
def test_any_of_the_keys_may_have_signed(key: Ed25519PrivateKey) -> None:
    """While the registry replaces its key, both are accepted."""
    for notice in (NOTICE, REVERSAL):
        signature = key.sign(signed_notice.canonical(notice))
        signed_notice.check_signature(notice, signature, public_keys=PUBLIC)


@pytest.mark.parametrize(
    "other",
    [
        replace(NOTICE, notice_id="ee" * 16),
        replace(NOTICE, kind=NoticeKind.PERSON_ENDED),
        replace(NOTICE, day=date(2026, 3, 3)),
        replace(NOTICE, document=NEW),
        replace(NOTICE, new_document=None),
        replace(NOTICE, reversed_id="ab" * 16),
    ],
)
def test_another_notice_is_not_signed(other: RegistryNotice) -> None:
    """A signature counts for one notice."""
    signature = KEYS[0].sign(signed_notice.canonical(NOTICE))
    with pytest.raises(InvalidError):
        signed_notice.check_signature(other, signature, public_keys=PUBLIC)


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(63)])
def test_what_is_no_signature_is_refused(signature: bytes) -> None:
    """Also without any key."""
    for keys in (PUBLIC, [], [bytes(32)], [b"short"]):
        with pytest.raises(InvalidError):
            signed_notice.check_signature(NOTICE, signature, public_keys=keys)
