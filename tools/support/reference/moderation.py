"""What moderators sign (formats.md, section 7)."""

from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256

from tools.support.reference import paper
from tools.support.reference.encoding import RefusedError, encode

Part = str | int | bytes


@dataclass(frozen=True)
class Occasion:
    """What each paper begins with."""

    platform: str
    request_id: str
    moderator_id: str
    time: int


def content(purpose: str, occasion: Occasion, *parts: Part) -> bytes:
    """Return the signed bytes of a purpose."""
    begin = (occasion.platform, occasion.request_id, occasion.moderator_id, occasion.time)
    return encode(f"idvault/{purpose}", *begin, *parts)


def act(occasion: Occasion, method: str, parts: Iterable[Part]) -> bytes:
    """Return the signed bytes of a decision by method."""
    return content("moderator-act/v1", occasion, method, *parts)


def mark(text: str, salt: bytes) -> bytes:
    """Return what is signed of a text that is deleted later."""
    return sha256(salt + text.encode()).digest() if text else b""


def check(signed: bytes, public: bytes, expected: bytes) -> None:
    """Check that a paper is these bytes, signed by this key."""
    if paper.content(signed, public) != expected:
        raise RefusedError("another paper was signed")
