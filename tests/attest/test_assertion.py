"""What a provider signs: exactly what this session waits for is accepted."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from idvault_verify.attest import assertion, jose
from idvault_verify.attest.assertion import (
    HOLDER_TYPE,
    LIFETIME,
    LONGEST,
    SKEW,
    Awaited,
    EndedProof,
    FormerNumber,
    ProofEnd,
    RefusedAssertionError,
    Typed,
)
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
WHO = builders.identity()
BOUND = assertion.binding(session_id=SESSION, nonce=AWAITED.nonce, typed=Typed(WHO))
CLAIMS: dict[str, Any] = {
    "iss": AWAITED.issuer,
    "aud": AWAITED.audience,
    "session": AWAITED.session,
    "nonce": AWAITED.nonce,
    "iat": int(NOW.timestamp()),
    "exp": int(NOW.timestamp()) + LIFETIME,
    "outcome": "CONFIRMED",
    "name": WHO.name,
    "document_type": WHO.document.type.value,
    "number": WHO.document.number,
}


def signed(typ: str = HOLDER_TYPE, key: Ed25519PrivateKey = KEY, **changes: Any) -> str:
    claims = {name: value for name, value in (CLAIMS | changes).items() if value is not ...}
    return jose.sign(claims, typ=typ, public_key=key.public_key().public_bytes_raw(), signer=key.sign)


def holder(text: str, *, seconds: float = 0, bound: bytes = BOUND) -> EndedProof:
    now = NOW + timedelta(seconds=seconds)
    return assertion.holder(text, AWAITED, session_id=SESSION, bound=bound, now=now)[0]


def reason_of(text: str, **given: Any) -> str:
    with pytest.raises(RefusedAssertionError) as refused:
        holder(text, **given)
    assert refused.value.__cause__ is None
    return refused.value.reason


def test_who_was_confirmed_and_who_was_not() -> None:
    """Both name whom the provider was asked about; a proof that was cancelled names nobody."""
    assert holder(signed()) == EndedProof(ProofEnd.CONFIRMED, WHO)
    assert holder(signed(outcome="DENIED")) == EndedProof(ProofEnd.DENIED, WHO)
    nobody: dict[str, Any] = {"name": ..., "number": ..., "document_type": ...}
    assert holder(signed(outcome="CANCELLED", **nobody)) == EndedProof(ProofEnd.CANCELLED)


def test_the_times_of_an_assertion() -> None:
    """It may be a minute ahead, and is over at its end, at most ten minutes later."""
    assert holder(signed(), seconds=-SKEW).end is ProofEnd.CONFIRMED
    assert holder(signed(), seconds=LIFETIME - 1).end is ProofEnd.CONFIRMED
    assert reason_of(signed(), seconds=-SKEW - 1) == "NOT_YET_VALID"
    assert reason_of(signed(), seconds=LIFETIME) == "EXPIRED"
    assert reason_of(signed(exp=CLAIMS["exp"] + 1)) == "CLAIMS_INVALID"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": "https://other.example"}, "ISSUER_WRONG"),
        ({"aud": "https://other.example"}, "AUDIENCE_WRONG"),
        ({"session": "o" * 26}, "SESSION_WRONG"),
        ({"nonce": "o" * 26}, "NONCE_WRONG"),
        ({"name": "错一一"}, "NUMBER_WRONG"),
        ({"number": "110000190101040016"}, "NUMBER_WRONG"),
        ({"document_type": "RESIDENCE_PERMIT"}, "NUMBER_WRONG"),
        ({"document_type": "PASSPORT"}, "CLAIMS_INVALID"),
        ({"outcome": "PERHAPS"}, "CLAIMS_INVALID"),
        *(({name: ...}, "CLAIMS_INVALID") for name in CLAIMS),
        *(({name: 1}, "CLAIMS_INVALID") for name in ("iss", "name", "outcome")),
        ({"iss": ""}, "CLAIMS_INVALID"),
        *(({"iat": wrong}, "CLAIMS_INVALID") for wrong in (True, "1772366400", None)),
    ],
)
def test_what_is_not_what_the_session_waits_for(changes: dict[str, Any], reason: str) -> None:
    """Each claim is compared, and none may be missing."""
    assert reason_of(signed(**changes)) == reason


def test_what_is_not_signed_as_an_assertion() -> None:
    """Another key, another type, other bytes."""
    assert reason_of(signed(key=OTHER)) == "KEY_UNKNOWN"
    assert reason_of(signed("statuslist+jwt")) == "TYPE_WRONG"
    assert reason_of(signed()[:-4] + "AAAA") == "SIGNATURE_INVALID"
    assert reason_of(signed() + " " * LONGEST) == "TOO_LONG"
    assert reason_of("") == "TOKEN_MALFORMED"


def test_another_binding() -> None:
    """Session, nonce, name and number are in it, each apart from the others."""
    assert reason_of(signed(), bound=b"") == "NUMBER_WRONG"
    made = {
        assertion.binding(session_id=session, nonce=nonce, typed=Typed(who))
        for session in (SESSION, "cd" * 16)
        for nonce in ("n" * 26, "o" * 26)
        for who in (WHO, replace(WHO, name="错一一"), builders.identity(number="110000190101040016"))
    }
    assert len(made) == 12


def test_a_binding_says_whether_an_adult_took_part() -> None:
    """Either is accepted as what was typed; which one it is, only whoever has the nonce can tell."""
    for guarded in (False, True):
        bound = assertion.binding(session_id=SESSION, nonce=AWAITED.nonce, typed=Typed(WHO, None, guarded))
        found = assertion.holder(signed(), AWAITED, session_id=SESSION, bound=bound, now=NOW)
        assert found == (EndedProof(ProofEnd.CONFIRMED, WHO), guarded)


FORMER: dict[str, Any] = {
    "former": "CONFIRMED",
    "former_document_type": "RESIDENT_ID",
    "former_number": "110000190101040016",
}
WITH_FORMER = assertion.binding(
    session_id=SESSION,
    nonce=AWAITED.nonce,
    typed=Typed(WHO, builders.identity(number="110000190101040016").document),
)


def test_what_is_said_of_a_former_number() -> None:
    """That it was the same person's, or that it was not; the number is the one that was typed."""
    document = builders.identity(number="110000190101040016").document
    for end, confirmed in (("CONFIRMED", True), ("DENIED", False)):
        found = holder(signed(**FORMER | {"former": end}), bound=WITH_FORMER)
        assert found == EndedProof(ProofEnd.CONFIRMED, WHO, FormerNumber(document, confirmed))


@pytest.mark.parametrize(
    ("changes", "bound", "reason"),
    [
        (FORMER, BOUND, "NUMBER_WRONG"),
        ({}, WITH_FORMER, "NUMBER_WRONG"),
        (FORMER | {"former_number": WHO.document.number}, WITH_FORMER, "NUMBER_WRONG"),
        (FORMER | {"former_document_type": "RESIDENCE_PERMIT"}, WITH_FORMER, "NUMBER_WRONG"),
        (FORMER | {"former_document_type": "PASSPORT"}, WITH_FORMER, "CLAIMS_INVALID"),
        (FORMER | {"former": "CANCELLED"}, WITH_FORMER, "CLAIMS_INVALID"),
        (FORMER | {"former": "PERHAPS"}, WITH_FORMER, "CLAIMS_INVALID"),
        *((FORMER | {name: ...}, WITH_FORMER, "CLAIMS_INVALID") for name in FORMER),
    ],
)
def test_a_former_number_that_was_not_typed(changes: dict[str, Any], bound: bytes, reason: str) -> None:
    """All of its claims are there, or none, and they are about what was typed."""
    assert reason_of(signed(**changes), bound=bound) == reason


def test_who_says_that_he_signed_it() -> None:
    """What a record holds is shown without a check; what is no assertion names nobody."""
    assert assertion.issuer_of(signed()) == AWAITED.issuer
    assert [assertion.issuer_of(text) for text in ("", "a.b.c", signed(iss=...))] == [None, None, None]
