"""Account subjects for third parties, under a key."""

import hmac

from idvault.sealing.identity import KeyedPairwise
from idvault_verify import seal
from idvault_verify.attest import jose

KEY, OTHER = bytes(32), bytes([1]) * 32


def test_a_subject_is_hashed_under_the_key() -> None:
    """HMAC-SHA256 of audience and token, in order, as base64url."""
    expected = hmac.digest(KEY, seal.encode("idvault/pairwise-subject/v1", "taxi", "acct_a"), "sha256")
    found = KeyedPairwise(key=KEY).subject(audience="taxi", account_token="acct_a")
    assert found == jose.encode(expected)


def test_subjects_differ_by_key_audience_and_account() -> None:
    """Two audiences cannot compare users, and nobody without the key can test an account."""
    subjects = {
        KeyedPairwise(key=key).subject(audience=audience, account_token=token)
        for key in (KEY, OTHER)
        for audience in ("taxi", "payment")
        for token in ("acct_a", "acct_b")
    }
    assert len(subjects) == 8
