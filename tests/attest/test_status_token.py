"""The JWT claims of tokens, credentials and lists."""

from dataclasses import replace
from datetime import UTC, datetime

from idvault_verify.account import AccountState, MinimumAssurance, Standing
from idvault_verify.attest import status_token
from tools.support.status_tokens import (
    AUDIENCE,
    INDEX,
    ISSUER,
    SUBJECT,
    credential_claims,
    list_claims,
    status,
    status_claims,
)


def test_a_subject_is_pairwise() -> None:
    """A different audience, account or key gives a different subject; none contains the account token."""
    key = b"k" * 32
    one = {"key": key, "audience": AUDIENCE, "account_token": "acct_1"}
    others = [{**one, "audience": "b"}, {**one, "account_token": "acct_2"}, {**one, "key": b"j" * 32}]
    subjects = {status_token.subject(**each) for each in (one, *others)}  # type: ignore[arg-type]
    assert len(subjects) == 4
    assert SUBJECT in subjects
    assert "acct_1" not in SUBJECT
    assert len(SUBJECT) == 43


def test_the_claims_of_a_status_token() -> None:
    """It states the state, and more only to the account's own platform; it has no list entry."""
    claims = status_claims()
    assert claims == {
        "iss": ISSUER,
        "sub": SUBJECT,
        "aud": AUDIENCE,
        "iat": 1772366400,
        "exp": 1772366400 + 600,
        "state": "VERIFIED",
    }
    assert status_claims(minimum=MinimumAssurance.HOLDER) == claims | {"minimum_assurance": "HOLDER"}
    own = {
        "assurances": ["REGISTRY_MATCH"],
        "subject_kind": "INDIVIDUAL",
        "expire_date": "2027-03-01",
        "standing": "WARNED",
    }
    assert status_claims(own=True, status=status(standing=Standing.WARNED)) == claims | own
    assert "expire_date" not in status_claims(own=True, status=status(AccountState.PENDING))


def test_a_closed_account_is_attested_to_nobody() -> None:
    """Another audience is told UNVERIFIED, in the same claims; the platform is told all."""
    closed = replace(status(standing=Standing.CLOSED), standing_until=datetime(2026, 3, 2, tzinfo=UTC))
    told = status_claims(status=closed)
    assert told["state"] == "UNVERIFIED"
    assert told.keys() == status_claims().keys()
    own = status_claims(own=True, status=closed)
    assert (own["state"], own["standing"], own["standing_until"]) == ("VERIFIED", "CLOSED", 1772409600)
    expired = status_claims(status=replace(closed, state=AccountState.EXPIRED))
    assert expired["state"] == "UNVERIFIED"


def test_the_claims_of_a_credential() -> None:
    """It refers to its list entry and does not state the status."""
    assert credential_claims() == {
        "iss": ISSUER,
        "sub": SUBJECT,
        "aud": AUDIENCE,
        "iat": 1772366400,
        "exp": 1772366400 + 30 * 86_400,
        "status": {"status_list": {"idx": INDEX, "uri": f"{ISSUER}/status/0.jwt"}},
    }
    stated = credential_claims(minimum=MinimumAssurance.HOLDER_OR_DOCUMENT_SEEN)
    assert stated == credential_claims() | {"minimum_assurance": "HOLDER_OR_DOCUMENT_SEEN"}


def test_the_claims_of_a_list() -> None:
    """A list is named by its URL, expires after an hour, and should be fetched again after five minutes."""
    claims = list_claims()
    entries = claims.pop("status_list")
    assert claims == {
        "iss": ISSUER,
        "sub": f"{ISSUER}/status/0.jwt",
        "iat": 1772366400,
        "exp": 1772366400 + 3600,
        "ttl": 300,
    }
    assert entries.keys() == {"bits", "lst"}
