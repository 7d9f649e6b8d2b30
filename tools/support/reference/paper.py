"""What people sign: requests, decisions, drills and hand-overs (formats.md, section 7)."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from hashlib import sha256

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from tools.support.reference import hpke
from tools.support.reference.ed25519 import check_key
from tools.support.reference.encoding import (
    RefusedError,
    check,
    encode,
    number_of,
    text_of,
    unpack,
)

REQUEST = "idvault/disclosure-request/v1"
APPROVAL = "idvault/disclosure-approval/v1"
DENIAL = "idvault/disclosure-denial/v2"
_LATEST = 253_402_300_799


@dataclass(frozen=True)
class Request:
    """The fields of a request, in their order."""

    disclosure_id: str
    auditor: str
    account_token: str
    case_reference: str
    legal_basis: str
    purpose: str
    suite: str
    public_key: bytes
    openings: int
    create_time: int
    expire_time: int
    roster_digest: str


def sign(private: bytes, content: bytes) -> bytes:
    """Return a paper: the content and its signature."""
    return content + Ed25519PrivateKey.from_private_bytes(private).sign(content)


def verify(public: bytes, signature: bytes, content: bytes) -> None:
    """Check an Ed25519 signature; a key of small order is refused."""
    check_key(public)
    check(len(signature) == 64, "a signature has 64 bytes")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, content)
    except InvalidSignature:
        raise RefusedError("the signature does not verify") from None


def content(signed: bytes, public: bytes) -> bytes:
    """Return the content of a paper whose signature verifies."""
    verify(public, signed[-64:], signed[:-64])
    return signed[:-64]


def request_content(request: Request) -> bytes:
    return encode(REQUEST, *astuple(request))


def read_request(signed: bytes, public: bytes) -> Request:
    """Return a request signed by the holder of this key."""
    data = content(signed, public)
    parts = unpack(data)
    check(len(parts) == 13 and text_of(parts[0]) == REQUEST, "this is not a request")
    request = Request(
        text_of(parts[1]),
        text_of(parts[2]),
        text_of(parts[3]),
        text_of(parts[4]),
        text_of(parts[5]),
        text_of(parts[6]),
        text_of(parts[7]),
        parts[8],
        number_of(parts[9]),
        number_of(parts[10]),
        number_of(parts[11]),
        text_of(parts[12]),
    )
    check(request_content(request) == data, "the request is not in its only spelling")
    check(max(request.openings, request.create_time, request.expire_time) <= _LATEST, "a time beyond 9999")
    hpke.check_public_key(request.suite, request.public_key)
    return request


def approval_content(*, signed_request: bytes, custodian: str, place: int, resealed: bytes) -> bytes:
    return encode(APPROVAL, sha256(signed_request).digest(), custodian, place, sha256(resealed).digest())


def denial_content(*, signed_request: bytes, custodian: str, place: int, reason: str) -> bytes:
    return encode(DENIAL, sha256(signed_request).digest(), custodian, place, reason)


def reseal(
    share: bytes, *, request: Request, signed_request: bytes, custodian: str, ephemeral: bytes | None = None
) -> bytes:
    """Seal a share to the one-time key of a request."""
    info = reseal_info(signed_request, custodian, share[0])
    return hpke.seal(request.suite, request.public_key, share, info, ephemeral=ephemeral)


def reseal_info(signed_request: bytes, custodian: str, place: int) -> bytes:
    return encode("idvault/reseal/v1", sha256(signed_request).digest(), custodian, place)


def drill_content(*, record_id: str, quorum_id: str, custodian: str, seconds: int) -> bytes:
    return encode("idvault/drill/v1", record_id, quorum_id, custodian, seconds)


def notice_content(notice_id: str, kind: str, day: str, *fields: str) -> bytes:
    """Return what a registry signs. fields: both documents' types and numbers, and the reversed id."""
    return encode("idvault/registry-notice/v1", notice_id, kind, day, *fields)


@dataclass(frozen=True)
class Handed:
    """A share in a batch of a hand-over; quorum_id: the one that it was sealed for before."""

    account_token: str
    record_id: str
    quorum_id: str
    share_hash: bytes
    resealed: bytes


def hand_over_content(
    *, leaver: str, successor: str, quorum_id: str, place: int, shares: Sequence[Handed]
) -> bytes:
    parts: list[str | bytes] = []
    for each in shares:
        parts += [each.account_token, each.record_id, each.quorum_id, each.share_hash]
        parts.append(sha256(each.resealed).digest())
    digest = sha256(encode("idvault/hand-over-shares/v1", *parts)).digest()
    return encode("idvault/hand-over/v1", leaver, successor, quorum_id, place, len(shares), digest)


def hand_over_end(*, leaver: str, successor: str, quorum_id: str, place: int) -> bytes:
    return encode("idvault/hand-over-end/v1", leaver, successor, quorum_id, place)
