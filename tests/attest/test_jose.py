"""The JWS implementation against another one, and everything that it refuses."""

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws, jwt
from joserfc.jwk import OKPKey

from idvault_verify.attest import jose
from idvault_verify.attest.jose import JoseError, JwkSet, PublicKey

# RFC 9864 prefers the name "Ed25519" for the same algorithm; existing verifiers know "EdDSA".
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated:joserfc.errors.SecurityWarning")

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC = KEY.public_key().public_bytes_raw()
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
KEYS = jose.key_set([PublicKey(PUBLIC, "a")])
CLAIMS = {"sub": "x", "iat": 1}
TYPE = "test+jwt"
# The point of order 1: without a check, one signature verifies under it for every token.
WEAK = b"\x01" + bytes(31)


def token(claims: dict[str, Any] | None = None, **changes: Any) -> str:
    return jose.sign(
        CLAIMS if claims is None else claims, typ=changes.pop("typ", TYPE), public_key=PUBLIC, signer=KEY.sign
    )


def headed(header: Any, payload: bytes = b"{}", key: Ed25519PrivateKey = KEY) -> str:
    """Return a token with any header, validly signed."""
    data = header if isinstance(header, bytes) else json.dumps(header).encode()
    signed = f"{jose.encode(data)}.{jose.encode(payload)}"
    return f"{signed}.{jose.encode(key.sign(signed.encode()))}"


def test_another_implementation_reads_our_tokens() -> None:
    """joserfc reads a token and its key set."""
    (listed,) = json.loads(KEYS.to_bytes())["keys"]
    found = jwt.decode(token(), OKPKey.import_key(listed), algorithms=["EdDSA"])
    assert found.claims == CLAIMS
    assert found.header == {"alg": "EdDSA", "kid": jose.kid(PUBLIC), "typ": TYPE}


def test_we_read_another_implementations_tokens() -> None:
    """A token signed by joserfc verifies; its thumbprint is our kid."""
    key = OKPKey.import_key(
        {"kty": "OKP", "crv": "Ed25519", "x": jose.encode(PUBLIC), "d": jose.encode(bytes(range(32)))}
    )
    assert key.thumbprint() == jose.kid(PUBLIC)
    header = {"alg": "EdDSA", "kid": jose.kid(PUBLIC), "typ": TYPE}
    made = jws.serialize_compact(header, json.dumps(CLAIMS), key, algorithms=["EdDSA"])
    assert jose.verify(made, KEYS, typ=TYPE) == CLAIMS


def test_the_published_thumbprint() -> None:
    """RFC 8037 appendix A.3: the thumbprint of the key of appendix A.2."""
    public = jose.decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
    assert jose.kid(public) == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"


def test_the_published_signature() -> None:
    """RFC 8037 appendix A.4: the signer gives the published signature, and it verifies."""
    key = Ed25519PrivateKey.from_private_bytes(jose.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"))
    signed = b"eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    expected = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    assert jose.encode(key.sign(signed)) == expected


def test_a_key_is_for_one_purpose() -> None:
    """A key of a set verifies nothing for another purpose."""
    assert jose.verify(token(), KEYS.of("a"), typ=TYPE) == CLAIMS
    with pytest.raises(JoseError) as caught:
        jose.verify(token(), KEYS.of("b"), typ=TYPE)
    assert caught.value.reason == "KEY_UNKNOWN"
    assert jose.parse_keys(KEYS.to_bytes()) == KEYS


def test_bytes_and_line_ends() -> None:
    """A token may come from a file with a trailing newline."""
    assert jose.verify(token().encode() + b"\n", KEYS, typ=TYPE) == CLAIMS


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ("", "TOKEN_MALFORMED"),
        ("a.b", "TOKEN_MALFORMED"),
        ("a.b.c.d", "TOKEN_MALFORMED"),
        ("\u00e9".encode() + b".b.c", "TOKEN_MALFORMED"),
        ("\u00e9.b.c", "TOKEN_MALFORMED"),
        ("." * (jose.MOST_BYTES + 1), "TOO_LONG"),
        (headed(b"no json"), "TOKEN_MALFORMED"),
        (headed([]), "TOKEN_MALFORMED"),
        (headed(b'{"alg":"none","alg":"EdDSA"}'), "TOKEN_MALFORMED"),
        (headed(b"[" * 100_000), "TOKEN_MALFORMED"),
        (headed({"alg": "EdDSA", "kid": jose.kid(PUBLIC), "typ": TYPE}, b"[]"), "TOKEN_MALFORMED"),
        (headed({"alg": "EdDSA", "kid": jose.kid(PUBLIC), "typ": TYPE}, b"\xff"), "TOKEN_MALFORMED"),
        (headed({"alg": "none", "kid": jose.kid(PUBLIC), "typ": TYPE}), "ALGORITHM_REFUSED"),
        (headed({"alg": "HS256", "kid": jose.kid(PUBLIC), "typ": TYPE}), "ALGORITHM_REFUSED"),
        (headed({"kid": jose.kid(PUBLIC), "typ": TYPE}), "ALGORITHM_REFUSED"),
        (
            headed({"alg": "EdDSA", "kid": jose.kid(PUBLIC), "typ": TYPE, "crit": ["b64"]}),
            "ALGORITHM_REFUSED",
        ),
        (headed({"alg": "EdDSA", "kid": jose.kid(PUBLIC), "typ": TYPE, "jwk": {}}), "ALGORITHM_REFUSED"),
        (headed({"alg": "EdDSA", "kid": jose.kid(PUBLIC), "typ": "JWT"}), "TYPE_WRONG"),
        (headed({"alg": "EdDSA", "kid": jose.kid(PUBLIC)}), "TYPE_WRONG"),
        (headed({"alg": "EdDSA", "kid": "x", "typ": TYPE}), "KEY_UNKNOWN"),
        (headed({"alg": "EdDSA", "kid": ["x"], "typ": TYPE}), "KEY_UNKNOWN"),
        (headed({"alg": "EdDSA", "typ": TYPE}), "KEY_UNKNOWN"),
        (headed({"alg": "EdDSA", "kid": jose.kid(PUBLIC), "typ": TYPE}, key=OTHER), "SIGNATURE_INVALID"),
    ],
)
def test_what_is_refused(wrong: str | bytes, reason: str) -> None:
    """Each kind of invalid token has its own reason, and none passes."""
    with pytest.raises(JoseError) as caught:
        jose.verify(wrong, KEYS, typ=TYPE)
    assert caught.value.reason == reason


def test_every_changed_character_is_noticed() -> None:
    """Changing any character of a token is detected."""
    made = token()
    for place, character in enumerate(made):
        other = "A" if character != "A" else "B"
        with pytest.raises(JoseError):
            jose.verify(made[:place] + other + made[place + 1 :], KEYS, typ=TYPE)


@pytest.mark.parametrize(
    "wrong",
    [
        b"",
        b"[]",
        b"{}",
        b'{"keys": {}}x',
        b'{"keys": ["x"]}',
        b'{"keys": [{"kty": "OKP", "crv": "Ed25519"}]}',
        b'{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "x", "x": 1}]}',
        b'{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "x", "x": "AA"}]}',
        json.dumps(
            {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "x", "x": jose.encode(PUBLIC)}]}
        ).encode(),
        json.dumps({"keys": json.loads(KEYS.to_bytes())["keys"] * 2}).encode(),
        json.dumps(
            {
                "keys": [
                    {
                        "kty": "OKP",
                        "crv": "Ed25519",
                        "kid": jose.kid(PUBLIC[:31]),
                        "x": jose.encode(PUBLIC[:31]),
                    }
                ]
            }
        ).encode(),
        json.dumps(
            {"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": jose.kid(WEAK), "x": jose.encode(WEAK)}]}
        ).encode(),
        KEYS.to_bytes().replace(b'"purpose": "', b'"purpose": 7, "other": "'),
        KEYS.to_bytes().decode().encode("utf-16"),
        b"\xef\xbb\xbf" + KEYS.to_bytes(),
    ],
)
def test_what_is_no_key_set(wrong: bytes) -> None:
    """A set with a key that does not match its kid is refused as a whole."""
    with pytest.raises(JoseError) as caught:
        jose.parse_keys(wrong)
    assert caught.value.reason == "JWKS_INVALID"


def test_foreign_keys_are_left_out() -> None:
    """A set may contain keys of other types; they are ignored."""
    both = {"keys": [*json.loads(KEYS.to_bytes())["keys"], {"kty": "EC", "crv": "P-256", "kid": "p"}]}
    assert jose.parse_keys(json.dumps(both).encode()) == KEYS
    assert jose.parse_keys(b'{"keys": []}') == JwkSet({})


@pytest.mark.parametrize("text", ["x", "AB", "AA==", "A A", "AA\n"])
def test_base64url_has_one_spelling(text: str) -> None:
    """Padding, white space, spare bits and half bytes are refused."""
    with pytest.raises(ValueError, match="base64url"):
        jose.decode(text)
