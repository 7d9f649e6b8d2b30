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

A provider of RESULT_ONLY proofs is told neither, and says neither: it vouches for a person by an opaque id
that it makes for this vault. Its assertion has a type of its own and the first four checks, and then:

5. it has no other claim, so that no name is sealed unseen,
6. the id has at least 128 bits: no number of a document passes for one.
"""

import re
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
from idvault_verify.claim import AnyIdentity, Identity, OpaqueIdentity
from idvault_verify.document import REVIEWED, Document, DocumentType

HOLDER_TYPE = "idvault-holder+jwt"
RESULT_TYPE = "idvault-result+jwt"
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
_OPEN = "idvault/proof-open/v1"
_OPAQUE_ID = re.compile(r"[A-Za-z0-9_-]{22,128}")
_RESULT = frozenset({"iss", "aud", "session", "nonce", "iat", "exp", "outcome"})


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
    """What an assertion says. identity: None if it says nothing of anybody. former: if one was typed."""

    end: ProofEnd
    identity: AnyIdentity | None = None
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


def opened(*, session_id: str, nonce: str) -> bytes:
    """Return what is kept of a proof for which nothing was typed, 32 bytes."""
    return sha256(seal.encode(_OPEN, session_id, nonce)).digest()


def holder(
    assertion: str, awaited: Awaited, *, session_id: str, bound: bytes, now: datetime
) -> tuple[EndedProof, bool]:
    """Return how a HOLDER's proof ended, and whether an adult was confirmed for a child.

    bound: `binding` of what was typed. Raises RefusedAssertionError.
    """
    end, claims = _checked(assertion, awaited, typ=HOLDER_TYPE, now=now)
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
    if kind is None or kind in REVIEWED:  # of those, reviewers say what they saw
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


def result(
    assertion: str, awaited: Awaited, *, session_id: str, bound: bytes, now: datetime
) -> tuple[EndedProof, bool]:
    """Return how a RESULT_ONLY proof ended, with whom the provider vouches for only if CONFIRMED, and False.

    It cannot tell an age or a former number: no adult stands beside a child here, and nobody is joined.
    bound: `opened` of this proof. Raises RefusedAssertionError.
    """
    end, claims = _checked(assertion, awaited, typ=RESULT_TYPE, now=now)
    confirmed = end is ProofEnd.CONFIRMED
    if claims.keys() != (_RESULT | {"opaque_id"} if confirmed else _RESULT):
        raise RefusedAssertionError("CLAIMS_INVALID")
    if not compare_digest(opened(session_id=session_id, nonce=awaited.nonce), bound):
        raise RefusedAssertionError("SESSION_WRONG")
    if not confirmed:
        return EndedProof(end), False
    opaque_id = _word(claims, "opaque_id")
    if not _OPAQUE_ID.fullmatch(opaque_id):
        raise RefusedAssertionError("CLAIMS_INVALID")
    return EndedProof(end, OpaqueIdentity(awaited.issuer, opaque_id)), False


def issuer_of(assertion: str) -> str | None:
    """Return who an assertion in a record says that he signed it, None without one; nothing is checked.

    The vault checked the signature when it sealed the record; the assertion is there to check it again.
    """
    try:
        claims = strict_json.parse_object(jose.decode(assertion.split(".")[1]), limit=LONGEST)
        return _word(claims, "iss")
    except (ValueError, IndexError):
        return None


def _checked(
    assertion: str, awaited: Awaited, *, typ: str, now: datetime
) -> tuple[ProofEnd, Mapping[str, Any]]:
    keys: JwkSet = jose.key_set([PublicKey(awaited.key)])
    try:
        claims = jose.verify(assertion, keys, typ=typ, limit=LONGEST)
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
