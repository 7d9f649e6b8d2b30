"""A log entry as a leaf of the tree: encodes, hashes and decodes it (RFC 9162 section 2.1.1).

- leaf = encode("idvault/log-entry/v1", type, time to the minute, actor id, commitment), or
  encode("idvault/log-entry/v2", the same four, platform, tag) if it names a platform. It is stored as encoded
  and never encoded again; these encodings must never change.
- A platform is named by missed deadlines alone (verify.event.names_platform). Nothing has a tag yet.
- commitment = HMAC-SHA256(opening key, encode("idvault/log-commitment/v1", account token or empty, details)).
- leaf hash = SHA-256(0x00 + leaf).
"""

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256

from idvault_verify import seal
from idvault_verify.error import DamagedError, Reason
from idvault_verify.event import PLATFORM_NAME, SYSTEM_ACTOR, Event, EventType, details, names_platform

_LEAF = "idvault/log-entry/v1"
_NAMED_LEAF = "idvault/log-entry/v2"
_COMMITMENT = "idvault/log-commitment/v1"
_LEAF_PREFIX = b"\x00"
_TYPE = re.compile(r"[a-z_]+:[a-z_]+:[a-z_]+")
_ACTOR = re.compile(rf"[0-9a-f]{{32}}|{SYSTEM_ACTOR}")
# Newer versions of Python also parse the hour 24.
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T(?!24)[0-9]{2}:[0-9]{2}Z")
_PLATFORM = re.compile(rf"(?:{PLATFORM_NAME.pattern})?")
_TAG_SIZES = (0, 16)
_PARTS, _NAMED_PARTS = 5, 7
_LENGTH = 4


class EntryError(DamagedError):
    """The bytes are not a leaf of this log."""

    def __init__(self) -> None:
        """Set the reason without detail."""
        super().__init__(Reason.RECORD_DAMAGED)


@dataclass(frozen=True, slots=True)
class Entry:
    """The public content of a leaf. type: text, because the log may use types newer than this program.

    occurred_at: to the minute, UTC. actor_id: 16 bytes in hex, or "system". commitment: 32 bytes. platform:
    whose deadline passed, empty if the entry says nothing of that. tag: 16 bytes, or none.
    """

    type: str
    occurred_at: datetime
    actor_id: str
    commitment: bytes
    platform: str = ""
    tag: bytes = b""


def commitment(event: Event) -> bytes:
    """Return the 32 bytes that commit to an event's account and details without revealing them."""
    return _commit(event.opening_key, event.account_token, event.details())


def check_opened(
    leaf: bytes, *, type: EventType, opening_key: bytes, account_token: str, fields: Mapping[str, seal.Part]
) -> Entry:
    """Return a leaf's entry if it is of this type and commits to this account and these fields.

    fields: the fields listed for the type in verify.event. Raises EntryError.
    """
    entry = decode_leaf(leaf)
    expected = _commit(opening_key, account_token, details(type, fields))
    if entry.type != type.value or not hmac.compare_digest(entry.commitment, expected):
        raise EntryError
    return entry


def _commit(opening_key: bytes, account_token: str, text: bytes) -> bytes:
    return hmac.digest(opening_key, seal.encode(_COMMITMENT, account_token, text), "sha256")


def encode_leaf(event: Event) -> bytes:
    """Return the leaf of an event; raises ValueError for a naive time and a platform that it may not name."""
    if event.occurred_at.utcoffset() is None:
        raise ValueError("an event needs an aware time")
    minute = event.occurred_at.astimezone(UTC).replace(second=0, microsecond=0, tzinfo=None)
    text = minute.isoformat(timespec="minutes") + "Z"
    own = (event.type.value, text, event.actor_id, commitment(event))
    if not event.platform:
        return seal.encode(_LEAF, *own)
    if not names_platform(event.type.value) or not _PLATFORM.fullmatch(event.platform):
        raise ValueError("an entry of this type names no platform, or none has this name")
    return seal.encode(_NAMED_LEAF, *own, event.platform, b"")


def leaf_hash(leaf: bytes) -> bytes:
    """Return the 32-byte hash of a leaf in the tree."""
    return sha256(_LEAF_PREFIX + leaf).digest()


def decode_leaf(leaf: bytes) -> Entry:
    """Return the content of a leaf; raises EntryError unless it has exactly the form of one of both versions.

    A leaf that names a platform, and whose type may not, is none.
    """
    purpose, kind, time, actor_id, bound, *more = _parts(leaf)
    platform, tag = more or (b"", b"")
    if purpose != (_NAMED_LEAF if more else _LEAF).encode() or len(bound) != sha256().digest_size:
        raise EntryError
    entry = Entry(
        _text(kind, _TYPE),
        _time(_text(time, _TIME)),
        _text(actor_id, _ACTOR),
        bound,
        _text(platform, _PLATFORM),
        tag,
    )
    if len(tag) not in _TAG_SIZES or (platform and not names_platform(entry.type)):
        raise EntryError
    return entry


def _parts(leaf: bytes) -> list[bytes]:
    parts, rest = [], leaf
    while rest:
        size = int.from_bytes(rest[:_LENGTH], "big")
        parts.append(rest[_LENGTH : _LENGTH + size])
        if len(rest) < _LENGTH + size or len(parts) > _NAMED_PARTS:
            raise EntryError
        rest = rest[_LENGTH + size :]
    if len(parts) not in (_PARTS, _NAMED_PARTS):
        raise EntryError
    return parts


def _text(data: bytes, form: re.Pattern[str]) -> str:
    text = data.decode("latin-1")
    if not form.fullmatch(text):
        raise EntryError
    return text


def _time(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise EntryError from error
