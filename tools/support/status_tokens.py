"""Tokens, credentials and lists for tests, signed with test keys."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_verify.account import AccountState, Assurance, Standing, Status, SubjectKind
from idvault_verify.attest import jose, status_token
from idvault_verify.attest.jose import PublicKey
from idvault_verify.attest.status_list import INVALID, VALID, StatusList

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ISSUER = status_token.issuer("vault.example/log")
AUDIENCE = "https://taxi.example"
TOKEN_KEY, LIST_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
KEYS = jose.key_set(
    [
        PublicKey(TOKEN_KEY.public_key().public_bytes_raw(), status_token.TOKEN_PURPOSE),
        PublicKey(LIST_KEY.public_key().public_bytes_raw(), status_token.LIST_PURPOSE),
    ]
)
SUBJECT = status_token.subject(key=b"k" * 32, audience=AUDIENCE, account_token="acct_1")
INDEX = 7


def signed(claims: dict[str, Any], typ: str, key: Ed25519PrivateKey = TOKEN_KEY) -> str:
    return jose.sign(claims, typ=typ, public_key=key.public_key().public_bytes_raw(), signer=key.sign)


def status(state: AccountState = AccountState.VERIFIED, standing: Standing = Standing.GOOD) -> Status:
    """Return an account's published status."""
    expires = date(2027, 3, 1) if state is AccountState.VERIFIED else None
    return Status(
        "acct_1",
        SubjectKind.INDIVIDUAL,
        state,
        standing,
        frozenset({Assurance.REGISTRY_MATCH}),
        2,
        None,
        expires,
    )


def status_claims(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "issued_by": ISSUER,
        "subject": SUBJECT,
        "audience": AUDIENCE,
        "status": status(),
        "own": False,
        "issued_at": NOW,
        "expires_at": NOW + status_token.TOKEN_LIFETIME,
    }
    return status_token.status_claims(**{**made, **changes})


_CREDENTIAL: dict[str, Any] = {
    "issued_by": ISSUER,
    "subject": SUBJECT,
    "audience": AUDIENCE,
    "list_number": 0,
    "list_index": INDEX,
    "issued_at": NOW,
    "expires_at": NOW + status_token.CREDENTIAL_LIFETIME,
}


def credential_claims(**changes: Any) -> dict[str, Any]:
    return status_token.credential_claims(**{**_CREDENTIAL, **changes})


def public_account_claims(**changes: Any) -> dict[str, Any]:
    return status_token.public_account_claims(**{**_CREDENTIAL, "public_account_id": "pub_1", **changes})


def list_claims(
    *, valid: bool = True, issued_at: datetime = NOW, size: int = 64, bits: int = 1
) -> dict[str, Any]:
    entries = StatusList.filled(INVALID, bits=bits, size=size)
    if size > INDEX:
        entries.set(INDEX, VALID if valid else INVALID)
    return status_token.list_claims(issued_by=ISSUER, number=0, entries=entries, issued_at=issued_at)


def status_list(*, valid: bool = True, issued_at: datetime = NOW, size: int = 64) -> str:
    return signed(list_claims(valid=valid, issued_at=issued_at, size=size), status_token.LIST_TYPE, LIST_KEY)


def later(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)
