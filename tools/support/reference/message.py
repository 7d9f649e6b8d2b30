"""The JSON form of messages (formats.md, section 1): receipts, erasures, histories."""

import re
from datetime import UTC, datetime
from typing import Any

from tools.support.reference.encoding import RefusedError, check, from_base64, from_json

_PROOF = {"index": "int64", "treeSize": "int64", "hashes": ["bytes"]}
_ENTRY = {"leaf": "bytes", "openingKey": "bytes", "proof": _PROOF}
_NOTE = {"note": "bytes"}
_RECORD = {
    "accountToken": "text",
    "relyingParty": "text",
    "recordId": "text",
    "formatVersion": "int32",
    "sealingQuorumId": "text",
    "presentQuorumId": "text",
    "suite": "text",
    "salt": "bytes",
    "commitment": "bytes",
    "ciphertext": "bytes",
    "shareHashes": ["bytes"],
}
RECEIPT = {
    "accountToken": "text",
    "claimId": "text",
    "recordDigest": "bytes",
    "quorum": "text",
    "entry": _ENTRY,
    "checkpoint": _NOTE,
    "sealingQuorum": {
        "threshold": "int32",
        "custodians": [{"custodian": "text", "hpkePublicKey": "bytes"}],
    },
    "record": _RECORD,
}
_STATES = ("STATE_UNSPECIFIED", "STATE_REQUESTED", "STATE_CANCELLED", "STATE_ERASED", "STATE_DESTROYED")
ERASURE = {
    "erasureId": "text",
    "accountToken": "text",
    "state": _STATES,
    "requestTime": "time",
    "eraseTime": "time",
    "destroyTime": "time",
    "absentTime": "time",
    "entry": _ENTRY,
    "checkpoint": _NOTE,
    "origin": ("ORIGIN_UNSPECIFIED", "ORIGIN_OWNER", "ORIGIN_PLATFORM"),
    "keptUntilTime": "time",
}
HISTORY = {
    "accountToken": "text",
    "horizonTime": "time",
    "disclosures": [
        {
            "disclosureId": "text",
            "recordDigest": "bytes",
            "auditorActorId": "text",
            "legalBasis": "text",
            "entry": _ENTRY,
        }
    ],
    "openings": [{"disclosureId": "text", "recordDigest": "bytes", "entry": _ENTRY}],
    "checkpoint": _NOTE,
    "statement": {
        "makeTime": "time",
        "disclosureCount": "int32",
        "openingCount": "int32",
        "signature": "bytes",
        "keyNote": "bytes",
    },
}
_EMPTY = {"text": "", "bytes": b"", "int64": 0, "int32": 0}
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", re.ASCII)
_DECIMAL = re.compile(r"0|-?[1-9][0-9]*", re.ASCII)


def read(data: bytes | str, shape: dict[str, Any], *, limit: int) -> dict[str, Any]:
    """Return a message: every member of its shape, None for a message or a time that is not there."""
    return _message(from_json(data, limit=limit), shape)


def seconds(time: str) -> int:
    """Return a time in seconds since 1970."""
    check(_TIME.fullmatch(time) is not None, "not a time in whole seconds")
    try:
        return int(datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise RefusedError("a time that never was") from None


def _message(value: Any, shape: dict[str, Any]) -> dict[str, Any]:
    check(isinstance(value, dict) and value.keys() <= shape.keys(), "a member is not known")
    found = {}
    for name, kind in shape.items():
        if name in value:
            found[name] = _list(value[name], kind) if isinstance(kind, list) else _value(value[name], kind)
        elif isinstance(kind, tuple):
            found[name] = kind[0]
        else:
            found[name] = (
                [] if isinstance(kind, list) else _EMPTY.get(kind) if isinstance(kind, str) else None
            )
    return found


def _list(value: Any, kind: list[Any]) -> list[Any]:
    check(isinstance(value, list), "not a list")
    return [_value(each, kind[0]) for each in value]


def _value(value: Any, kind: Any) -> Any:
    if isinstance(kind, dict):
        return _message(value, kind)
    if kind == "int32":
        check(type(value) is int and abs(value) < 2**31, "not a number of 32 bits")
        return value
    check(isinstance(value, str), "not a text")
    if isinstance(kind, tuple):
        check(value in kind, "not a value of the enum")
    elif kind == "bytes":
        return from_base64(value)
    elif kind == "int64":
        check(_DECIMAL.fullmatch(value) is not None and len(value) < 18, "not a whole number")
        check(abs(int(value)) < 2**53, "too large a number")
        return int(value)
    elif kind == "time":
        seconds(value)
    return value
