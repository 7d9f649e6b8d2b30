"""References and codes under keys."""

import hmac

from idvault.core import invitation_code
from idvault.sealing.identity import KeyedReferencer
from idvault.sealing.request import KeyedInvitationCoder
from idvault_verify import seal

KEY, OTHER = bytes(32), bytes([1]) * 32


def test_a_reference_is_hashed_under_the_key() -> None:
    """HMAC-SHA256 of the relying party and the reference, in order."""
    found = KeyedReferencer(key=KEY).references(relying_party="platform-a", references=["b", "a"])
    expected = [
        hmac.digest(KEY, seal.encode("idvault/reference/v1", "platform-a", reference), "sha256")
        for reference in ("b", "a")
    ]
    assert found == expected


def test_references_differ_by_key_and_party() -> None:
    """Without the key nobody can test a reference, and hashes of two parties do not match."""
    hashes = {
        KeyedReferencer(key=key).references(relying_party=party, references=["a"])[0]
        for key in (KEY, OTHER)
        for party in ("platform-a", "platform-b")
    }
    assert len(hashes) == 4


def test_a_code_is_the_same_for_the_same_delivery_only() -> None:
    """A different account, campaign, batch or key gives a different code; every code is well-formed."""

    def code(key: bytes = KEY, account: str = "a", campaign: str = "c", batch: str = "b") -> str:
        coder = KeyedInvitationCoder(key=key)
        return coder.code(account_token=account, campaign_id=campaign, batch_id=batch)

    codes = [code(), code(OTHER), code(account="x"), code(campaign="x"), code(batch="x")]
    assert len(set(codes)) == 5
    assert code() == codes[0]
    assert [invitation_code.check_code(one) for one in codes] == codes
