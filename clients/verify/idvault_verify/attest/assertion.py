"""What the provider of a proof vouches for: a signed assertion (JWS compact, Ed25519), and its check.

- The vault opens a proof under a nonce of 128 bits, which it does not keep, and gives the provider a
  reference of the session that nobody else can compute.
- The provider says how the proof ended. CONFIRMED and DENIED name whom it asked about, by name and number.
- The vault keeps one hash of session, nonce, name and number. Without the nonce no guess can be compared with
  it; with the assertion it shows that both are those that were typed in this session.

The checks, in this order; anything missing or unknown is refused:

1. it has the type of an assertion and is signed by the provider's key,
2. it is from this provider, for this vault, this session and this nonce,
3. it is not from the future, lives no longer than ten minutes, and has not expired,
4. its ended is one of the three,
5. name and number are those that were typed, and so is the former number, if there is one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import Any

from idvault_verify import seal, strict_json
from idvault_verify.attest import jose
from idvault_verify.attest.jose import JoseError, JwkSet, PublicKey
from idvault_verify.claim import Identity
from idvault_verify.document import Document, DocumentType

HOLDER_TYPE = "idvault-holder+jwt"
LONGEST = 4 * 1024
"""Of an assertion, in bytes."""
LIFETIME = 600
"""How many seconds an assertion may live."""
SKEW = 60
"""How many seconds the provider's clock may be ahead of the vault's."""
FORMER = ("former", "former_document_type", "former_number")
"""The claims about the number that somebody had before."""
_BINDING = "idvault/proof-binding/v1"
_GUARDED = "idvault/proof-binding/guarded/v1"


class ProofEnd(StrEnum):
    """How a proof ended at its provider. CANCELLED: the person went away."""

    CONFIRMED = "CONFIRMED"
    DENIED = "DENIED"
    CANCELLED = "CANCELLED"


class RefusedAssertionError(ValueError):
    """An assertion is not accepted; reason: a machine-readable code. Neither holds what it says."""

    def __init__(self, reason: str) -> None:
        """Keep the reason, which is also the text."""
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Awaited:
    """What the assertion of an open proof must say. key: the provider's, 32 bytes."""

    issuer: str
    key: bytes = field(repr=False)
    audience: str
    session: str
    nonce: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FormerNumber:
    """The number that somebody had before.

    confirmed: whether the provider says that it was the same person's.
    """

    document: Document
    confirmed: bool


@dataclass(frozen=True, slots=True)
class EndedProof:
    """What an assertion says. identity: None if the proof was cancelled. former: if one was typed."""

    end: ProofEnd
    identity: Identity | None = None
    former: FormerNumber | None = None


@dataclass(frozen=True, slots=True)
class Typed:
    """What somebody typed, and whether an adult was confirmed beside a child."""

    identity: Identity = field(repr=False)
    former: Document | None = field(default=None, repr=False)
    guarded: bool = False


def binding(*, session_id: str, nonce: str, typed: Typed) -> bytes:
    """Return what is kept of what was typed until its proof has ended, 32 bytes.

    Without the nonce nobody can tell whether there was an adult, or a former number.
    """
    document, former = typed.identity.document, typed.former
    parts = [session_id, nonce, document.type.value, document.number, typed.identity.name]
    parts += [] if former is None else [former.type.value, former.number]
    return sha256(seal.encode(_GUARDED if typed.guarded else _BINDING, *parts)).digest()


def holder(
    assertion: str, awaited: Awaited, *, session_id: str, bound: bytes, now: datetime
) -> tuple[EndedProof, bool]:
    """Return how a HOLDER's proof ended, and whether an adult was confirmed for a child.

    bound: `binding` of what was typed. Raises RefusedAssertionError.
    """
    end, claims = _checked(assertion, awaited, now=now)
    if end is ProofEnd.CANCELLED:
        return EndedProof(end), False
    identity = Identity(_word(claims, "name"), _document(claims, ""))
    former = _former(claims)
    for guarded in (False, True):
        typed = Typed(identity, None if former is None else former.document, guarded)
        if compare_digest(binding(session_id=session_id, nonce=awaited.nonce, typed=typed), bound):
            return EndedProof(end, identity, former), guarded
    raise RefusedAssertionError("NUMBER_WRONG")


def _document(claims: Mapping[str, Any], prefix: str) -> Document:
    kind = DocumentType.__members__.get(_word(claims, f"{prefix}document_type"))
    if kind is None:
        raise RefusedAssertionError("CLAIMS_INVALID")
    return Document(kind, _word(claims, f"{prefix}number"))


def _former(claims: Mapping[str, Any]) -> FormerNumber | None:
    """Return what is said of a former number; all of its claims are there, or none."""
    if not any(name in claims for name in FORMER):
        return None
    end = ProofEnd.__members__.get(_word(claims, "former"))
    if end not in (ProofEnd.CONFIRMED, ProofEnd.DENIED):
        raise RefusedAssertionError("CLAIMS_INVALID")
    return FormerNumber(_document(claims, "former_"), end is ProofEnd.CONFIRMED)


def issuer_of(assertion: str) -> str | None:
    """Return who an assertion in a record says that he signed it, None without one; nothing is checked.

    The vault checked the signature when it sealed the record; the assertion is there to check it again.
    """
    try:
        claims = strict_json.parse_object(jose.decode(assertion.split(".")[1]), limit=LONGEST)
        return _word(claims, "iss")
    except (ValueError, IndexError):
        return None


def _checked(assertion: str, awaited: Awaited, *, now: datetime) -> tuple[ProofEnd, Mapping[str, Any]]:
    keys: JwkSet = jose.key_set([PublicKey(awaited.key)])
    try:
        claims = jose.verify(assertion, keys, typ=HOLDER_TYPE, limit=LONGEST)
    except JoseError as error:
        # The cause may quote what was signed.
        raise RefusedAssertionError(error.reason) from None
    for name, wanted, reason in (
        ("iss", awaited.issuer, "ISSUER_WRONG"),
        ("aud", awaited.audience, "AUDIENCE_WRONG"),
        ("session", awaited.session, "SESSION_WRONG"),
        ("nonce", awaited.nonce, "NONCE_WRONG"),
    ):
        if not compare_digest(_word(claims, name).encode(), wanted.encode()):
            raise RefusedAssertionError(reason)
    _check_times(_number(claims, "iat"), _number(claims, "exp"), int(now.timestamp()))
    ended = ProofEnd.__members__.get(_word(claims, "outcome"))
    if ended is None:
        raise RefusedAssertionError("CLAIMS_INVALID")
    return ended, claims


def _check_times(issued_at: int, expires_at: int, seconds: int) -> None:
    if issued_at > seconds + SKEW:
        raise RefusedAssertionError("NOT_YET_VALID")
    if expires_at <= seconds:
        raise RefusedAssertionError("EXPIRED")
    if expires_at - issued_at > LIFETIME:
        raise RefusedAssertionError("CLAIMS_INVALID")


def _word(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise RefusedAssertionError("CLAIMS_INVALID")
    return value


def _number(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise RefusedAssertionError("CLAIMS_INVALID")
    return value
