"""What a provider signs that vouches for a person without a name: this session's, and nothing besides."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_verify.attest import assertion, jose
from idvault_verify.attest.assertion import (
    HOLDER_TYPE,
    LIFETIME,
    RESULT_TYPE,
    SKEW,
    Awaited,
    EndedProof,
    ProofEnd,
    RefusedAssertionError,
    Typed,
)
from idvault_verify.claim import OpaqueIdentity
from tools.support import builders

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KEY, OTHER = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
SESSION = "ab" * 16
AWAITED = Awaited(
    issuer="https://provider.example",
    key=KEY.public_key().public_bytes_raw(),
    audience="https://vault.example/log",
    session="s" * 26,
    nonce="n" * 26,
)
OPAQUE = "A-_z" * 6
BOUND = assertion.opened(session_id=SESSION, nonce=AWAITED.nonce)
CLAIMS: dict[str, Any] = {
    "iss": AWAITED.issuer,
    "aud": AWAITED.audience,
    "session": AWAITED.session,
    "nonce": AWAITED.nonce,
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + LIFETIME,
    "outcome": "CONFIRMED",
    "opaque_id": OPAQUE,
}


def signed(typ: str = RESULT_TYPE, key: Ed25519PrivateKey = KEY, **changes: Any) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not ...}
    return jose.sign(claims, typ=typ, public_key=key.public_key().public_bytes_raw(), signer=key.sign)


def result(text: str, *, seconds: float = 0, bound: bytes = BOUND) -> EndedProof:
    now = NOW + timedelta(seconds=seconds)
    ended, guarded = assertion.result(text, AWAITED, session_id=SESSION, bound=bound, now=now)
    assert not guarded
    return ended


def reason_of(text: str, **given: Any) -> str:
    with pytest.raises(RefusedAssertionError) as refused:
        result(text, **given)
    assert refused.value.__cause__ is None
    return refused.value.reason


def test_whom_a_provider_vouches_for() -> None:
    """The id is known together with who made it; whoever is not vouched for is nobody."""
    assert result(signed()) == EndedProof(ProofEnd.CONFIRMED, OpaqueIdentity(AWAITED.issuer, OPAQUE))
    for ended in (ProofEnd.DENIED, ProofEnd.CANCELLED):
        assert result(signed(outcome=ended.value, opaque_id=...)) == EndedProof(ended)
        assert reason_of(signed(outcome=ended.value)) == "CLAIMS_INVALID"
    assert OPAQUE not in repr(result(signed()))


def test_its_times_are_those_of_every_assertion() -> None:
    """At most a minute ahead, at most ten minutes long."""
    assert result(signed(), seconds=-SKEW).end is ProofEnd.CONFIRMED
    assert result(signed(), seconds=LIFETIME - 1).end is ProofEnd.CONFIRMED
    assert reason_of(signed(), seconds=-SKEW - 1) == "NOT_YET_VALID"
    assert reason_of(signed(), seconds=LIFETIME) == "EXPIRED"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://other.example"}, "ISSUER_WRONG"),
        ({"aud": "https://other.example"}, "AUDIENCE_WRONG"),
        ({"session": "o" * 26}, "SESSION_WRONG"),
        ({"nonce": "o" * 26}, "NONCE_WRONG"),
        ({"outcome": "PERHAPS"}, "CLAIMS_INVALID"),
        ({"name": builders.NAME}, "CLAIMS_INVALID"),
        ({"number": builders.NUMBER}, "CLAIMS_INVALID"),
        ({"presence": "FACE"}, "CLAIMS_INVALID"),
        ({"opaque_id": builders.NUMBER}, "CLAIMS_INVALID"),
        ({"opaque_id": "a" * 21}, "CLAIMS_INVALID"),
        ({"opaque_id": "a" * 129}, "CLAIMS_INVALID"),
        ({"opaque_id": "a" * 22 + "\n"}, "CLAIMS_INVALID"),
        ({"opaque_id": "名" * 22}, "CLAIMS_INVALID"),
        ({"opaque_id": ["a" * 22]}, "CLAIMS_INVALID"),
        *(({name: ...}, "CLAIMS_INVALID") for name in CLAIMS),
    ],
)
def test_what_is_not_what_the_session_waits_for(changes: dict[str, Any], reason: str) -> None:
    """Each claim is compared, none may be missing or be one more, and no number passes for an id."""
    assert reason_of(signed(**changes)) == reason


def test_what_is_not_signed_as_such_an_assertion() -> None:
    """Another key, another type; and a HOLDER's is not this one's, nor the reverse."""
    assert reason_of(signed(key=OTHER)) == "KEY_UNKNOWN"
    assert reason_of(signed(HOLDER_TYPE)) == "TYPE_WRONG"
    assert reason_of("") == "TOKEN_MALFORMED"
    with pytest.raises(RefusedAssertionError, match="TYPE_WRONG"):
        assertion.holder(signed(), AWAITED, session_id=SESSION, bound=BOUND, now=NOW)


def test_it_is_of_the_proof_that_was_begun() -> None:
    """What the session keeps is of its id and nonce, and is not what a HOLDER's proof is bound to."""
    assert reason_of(signed(), bound=b"") == "SESSION_WRONG"
    typed = assertion.binding(session_id=SESSION, nonce=AWAITED.nonce, typed=Typed(builders.identity()))
    assert reason_of(signed(), bound=typed) == "SESSION_WRONG"
    made = {
        assertion.opened(session_id=session, nonce=nonce)
        for session in (SESSION, "cd" * 16)
        for nonce in ("n" * 26, "o" * 26)
    }
    assert len(made) == 4
